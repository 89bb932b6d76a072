"""nanoGPT (karpathy/nanoGPT, train.py and model.py): what the processes of the first node print.

Only the master process tells steps; what is said at the start has no such condition, so that every process of the node says it.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again

_PROMISED = 312e12  # FLOP/s of one A100 in bf16: what MFU is measured by, whatever it runs on
_MATRICES = 4  # of a layer: attention's two, the MLP's two
_NO_NUMBER = float("nan")
_ITERATION = "iter %d: loss %.4f, time %.2fms, mfu %.2f%%"


class NanoGpt(DialectView):
    """Writes a run as nanoGPT does, of which iterations are counted from 0: iteration n is the run's step n + 1."""

    SCRIPT = "train.py"

    def _by_all(self, *lines: str) -> Lines:
        processes = min(self.header.per_node, self.header.world_size)
        return [line for line in lines for _ in range(processes)]

    # Start

    def relaunch(self, e: ev.JobRelaunched) -> Lines:
        """All begins anew."""
        yield from threads_warned_again(self, e)
        yield from self._sizes()

    def launch(self, _e: ev.AcceleratorsDetected) -> Lines:
        """The size of a batch."""
        return self._sizes()

    def _sizes(self) -> Lines:
        tokens = self.header.global_batch_size * self.header.sequence_length
        vocabulary = f"found vocab_size = {self.job.model.vocab_size} (inside data/{self.job.corpus.name}/meta.pkl)"
        return self._by_all(f"tokens per iteration will be: {tokens:,}", vocabulary)

    def build(self, _e: ev.ModelReady) -> Lines:
        """A model from nothing."""
        return self._by_all("Initializing a new model from scratch", self._size())

    def optimize(self, _e: ev.OptimizerReady) -> Lines:
        """Which of it decays."""
        return self._prepared()

    def load(self, _e: ev.CheckpointLoadStarted) -> Lines:
        """A model from the only checkpoint there is."""
        return self._by_all(f"Resuming training from {self.job.storage}", self._size())

    def loaded(self, _e: ev.CheckpointLoaded) -> Lines:
        """The same of it."""
        return self._prepared()

    def resume(self, e: ev.TrainingResumed) -> Lines:
        """Where there was no checkpoint, a model from nothing."""
        if e.checkpoint:
            return []
        return [*self._by_all("Initializing a new model from scratch", self._size()), *self._prepared()]

    def _size(self) -> str:
        """Position embeddings do not count."""
        model = self.job.model
        return f"number of parameters: {(model.parameters - self._positions()) / 1e6:.2f}M"

    def _positions(self) -> int:
        return self.job.model.learned_positions * self.job.model.hidden_size

    def _prepared(self) -> Lines:
        model = self.job.model
        layer = 4 * model.hidden_size**2 + 2 * model.hidden_size * model.ffn_hidden_size
        decayed = model.vocab_size * model.hidden_size + self._positions() + model.layers * layer
        vectors = model.layers * (8 if model.linear_biases else 2) + (2 if model.norm_biases else 1)
        yield from self._by_all(
            f"num decayed parameter tensors: {2 + _MATRICES * model.layers}, with {decayed:,} parameters",
            f"num non-decayed parameter tensors: {vectors}, with {model.parameters - decayed:,} parameters",
            "using fused AdamW: True",
        )
        if self.job.setup.execution != "eager":
            yield from self._by_all("compiling the model... (takes a ~minute)")

    # Iterations

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """The loss of its last micro-batch stands for the step's; its time has what came before it."""
        rates = of.array("running_rate") * self._flops / (_PROMISED * self.header.world_size)
        fields = (
            [step - 1 for step in of.values("last")],
            of.array("last_loss").tolist(),
            (of.array("since_step_before_seconds") * 1000).tolist(),
            (np.where(np.isnan(rates), -1.0, rates) * 100).tolist(),
        )
        return zip(map(_ITERATION.__mod__, zip(*fields, strict=True)))

    @cached_property
    def _flops(self) -> float:
        """Of an iteration."""
        header = self.header
        return float(self.job.flops_per_token("nanogpt") * header.sequence_length * header.global_batch_size)

    def validated(self, e: ev.ValidationCompleted) -> Lines:
        """Before the iteration that follows."""
        yield f"step {e.step}: train loss {_number(e.train_loss):.4f}, val loss {_number(e.loss):.4f}"

    def save(self, _e: ev.CheckpointStarted) -> Lines:
        """Over the one before."""
        yield f"saving checkpoint to {self.job.storage}"

    WRITERS: ClassVar[Writers] = {
        ev.LauncherWarned: threads_warned,
        ev.AcceleratorsDetected: launch,
        ev.JobRelaunched: relaunch,
        ev.ModelReady: build,
        ev.OptimizerReady: optimize,
        ev.CheckpointLoadStarted: load,
        ev.CheckpointLoaded: loaded,
        ev.TrainingResumed: resume,
        ev.StepsReported: steps,
        ev.ValidationCompleted: validated,
        ev.CheckpointStarted: save,
        ev.LogLine: DialectView.failure,
    }


def _number(value: float | None) -> float:
    return _NO_NUMBER if value is None else value
