"""litgpt 0.5.13 (litgpt/pretrain.py): what rank 0 prints, with the logger that writes to a file.

Its throughput at the end divides all tokens by the moment at which training began on the clock of the host, not by the time that
it took; that is told as it is.
"""

from collections.abc import Iterable
from datetime import timedelta
from math import exp
from typing import ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers
from pysim.views.dialects.lightning import joined, joining, on_this_node
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again

_RULE = "-" * 40
_NO_NUMBER = float("nan")
_DAY = 86_400
_LONGEST_UP = 60  # days since hosts were booted, at most [M]
_SEED = 42
_MESHES = ("nvlink3", "nvlink4", "nvlink5", "xgmi")  # where each accelerator of a node has a link to each other
_STEP = "Epoch %d | iter %d step %d | loss train: %.3f, val: %s | iter time: %.2f ms (step) remaining time: %s"


class LitGpt(DialectView):
    """Writes a run as litgpt does, of which an iteration is a micro-batch."""

    def _iteration(self, step: int) -> int:
        return step * self.job.setup.accumulation

    def _file(self, name: str) -> str:
        return f"{self.job.storage}/{name}/lit_model.pth"

    # Start

    def relaunch(self, e: ev.JobRelaunched) -> Lines:
        """All begins anew."""
        yield from threads_warned_again(self, e)
        yield from self.launch(e)

    def launch(self, _e: ev.AcceleratorsDetected | ev.JobRelaunched) -> Lines:
        """Several processes ask how they are connected, and find each other."""
        if self.header.world_size == 1:
            return
        if len(on_this_node(self)) > 1:
            yield from self._connection()
        yield from joining(self)

    def _connection(self) -> Lines:
        link = "XGMI" if self.header.vendor == "amd" else "NVLink"
        if self.job.hardware.scale_up.startswith(_MESHES):
            yield f"All GPUs are fully connected via {link}."
        else:
            yield (
                f"Warning: Not all GPUs are fully connected via {link}. Some GPUs are connected via slower interfaces. It is recommended "
                "to switch to a different machine with faster GPU connections for optimal multi-GPU training performance."
            )

    def seed(self, _e: ev.DistributedInitialised | ev.GroupsRejoined) -> Lines:
        """By every process; one that is alone has no name."""
        if self.header.world_size == 1:
            yield f"Seed set to {_SEED}"
            return
        yield from joined(self)
        yield from (f"[rank: {rank}] Seed set to {_SEED}" for rank in on_this_node(self))

    def build(self, e: ev.ModelReady) -> Lines:
        """A model from nothing."""
        yield from self._model(f"{e.time_seconds}")

    def _model(self, when: str) -> Lines:
        hundredths = 1 + self.job.model.layers // 8 + len(when) % 3  # weights are made on no device [M]
        yield f"Time to instantiate model: {hundredths / 100:.02f} seconds."
        yield f"Total parameters: {self.job.model.parameters:,}"

    def load(self, e: ev.CheckpointLoadStarted) -> Lines:
        """The last checkpoint there is."""
        yield from self._model(f"{e.time_seconds}")
        yield f"Resuming training from {self._file(f'step-{e.step:08d}')}"

    def begin(self, e: ev.TrainingStarted | ev.TrainingResumed) -> Lines:
        """Whether validation works, and what a micro-batch costs."""
        if isinstance(e, ev.TrainingResumed) and not e.checkpoint:
            yield from self._model(f"{e.time_seconds}")
        yield "Verifying settings ..."
        tokens = self.job.setup.micro_batch_size * self.header.sequence_length * self.header.world_size
        yield f"Measured TFLOPs: {self._flops_per_token() * tokens / 1e12:.2f}"

    def _flops_per_token(self) -> int:
        """As torch's counter has them: all products of matrices, attention's as if nothing were masked, forward and twice back."""
        model, length = self.job.model, self.header.sequence_length
        heads = model.attention_heads * model.head_dim
        attention = model.hidden_size * (2 * heads + 2 * model.kv_heads * model.head_dim)
        feed_forward = model.ffn_matrices * model.hidden_size * model.ffn_hidden_size
        weights = model.layers * (attention + feed_forward) + model.hidden_size * model.vocab_size
        return 3 * (2 * weights + 4 * model.layers * heads * length)

    # Steps

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """The step's loss, and the time of its last micro-batch, which is taken to be like the others."""
        each, per_epoch = self.job.setup.accumulation, self.header.steps_per_epoch
        last, began, seconds = of.array("last"), of.array("started_with"), of.array("last_step_seconds")
        elapsed = of.array("time_seconds") - of.array("started_seconds")
        left = elapsed / ((last - began + 1) * each) * ((self.header.total_steps - last) * each)
        compiled = np.where(last == began, self.header.step_seconds, seconds)  # by then
        fields = (
            (of.array("epoch") - (began - 1) // per_epoch).tolist(),  # a loader begins anew with its process
            (last * each).tolist(),
            last.tolist(),
            of.array("last_loss").tolist(),
            ["n/a" if loss is None else f"{loss:.3f}" for loss in of.values("validation_loss")],
            (compiled / each * 1000).tolist(),
            [timedelta(seconds=int(rest)) for rest in left.tolist()],
        )
        return zip(map(_STEP.__mod__, zip(*fields, strict=True)))

    def validate(self, _e: ev.ValidationStarted) -> Lines:
        """It begins."""
        yield "Validating ..."

    def validated(self, e: ev.ValidationCompleted) -> Lines:
        """The last one is told in other words."""
        loss = _number(e.loss)
        if e.step == self.header.total_steps:
            perplexity = _NO_NUMBER if e.loss is None else round(exp(e.loss), 6)
            yield f"Final evaluation | val loss: {loss:.3f} | val ppl: {perplexity:.3f}"
        else:
            yield f"iter {self._iteration(e.step)}: val loss {loss:.4f}, val time: {e.seconds * 1000:.2f} ms"

    def save(self, e: ev.CheckpointStarted) -> Lines:
        """The last one has no number."""
        name = "final" if e.step == self.header.total_steps else f"step-{e.step:08d}"
        yield f"Saving checkpoint to '{self._file(name)}'"

    # The end

    def finish(self, e: ev.ProcessesDone) -> Lines:
        """The whole in numbers, of which one is wrong."""
        began = self._clock() + e.started_seconds
        tokens = self.job.sequences(e.step) * self.header.sequence_length
        yield _RULE
        yield "| Performance"
        yield f"| - Total tokens  : {tokens:,}"
        yield f"| - Training Time : {e.time_seconds - e.started_seconds:.2f} s"
        yield f"| - Tok/sec       : {tokens / began:.2f} tok/s"
        yield f"| {_RULE}"
        yield "| Memory Usage"
        yield f"| - Memory Used   : {self.job.hardware.allocated_bytes / 1e9:.2f} GB"
        yield _RULE

    def _clock(self) -> int:
        """Seconds since the host was booted when the job was launched: its clock counts from then."""
        return _DAY + int(self.header.run_id, 36) % (_LONGEST_UP * _DAY)

    WRITERS: ClassVar[Writers] = {
        ev.LauncherWarned: threads_warned,
        ev.JobRelaunched: relaunch,
        ev.AcceleratorsDetected: launch,
        ev.DistributedInitialised: seed,
        ev.GroupsRejoined: seed,
        ev.ModelReady: build,
        ev.CheckpointLoadStarted: load,
        ev.TrainingStarted: begin,
        ev.TrainingResumed: begin,
        ev.StepsReported: steps,
        ev.ValidationStarted: validate,
        ev.ValidationCompleted: validated,
        ev.CheckpointStarted: save,
        ev.ProcessesDone: finish,
        ev.LogLine: DialectView.failure,
    }


def _number(value: float | None) -> float:
    return _NO_NUMBER if value is None else value
