"""NeMo 2 (NVIDIA/NeMo 8cfedd72 on Lightning 2.6): what rank 0 prints with the progress printer, which is for logs, and checkpoints that are waited for.

Steps are printed as they are; records of NeMo's own logger have its prefix, those of Lightning's none.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import product
from typing import ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers
from pysim.views.dialects.lightning import joined, joining, on_this_node
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again

_LOGGER = {"I": "nemo_logging:393", "W": "nemo_logging:405"}
_VOCABULARY_MULTIPLE = 128
_SANITY_BATCHES = 2
_NO_NUMBER = float("nan")
_CONSUMED = " | consumed_samples: %s"
_STEP = (
    "Training epoch 0, iteration %d/TOTAL | lr: %s | global_batch_size: %s | global_step: %d | reduced_train_loss: %s | "
    "train_step_timing in s: %s%s%s"
)
_ORDER = ("tp", "cp", "dp", "pp")  # ranks count through these, the first one fastest


class Nemo(DialectView):
    """Writes a run as NeMo does, which counts steps from 0 and, trained by samples, has one epoch."""

    # How it writes

    def _record(self, time_seconds: float, level: str, text: str) -> str:
        return f"[NeMo {level} {self.moment(time_seconds):%Y-%m-%d %H:%M:%S} {_LOGGER[level]}] {text}"

    def _checkpoint(self, step: int) -> str:
        return f"{self.job.storage}/checkpoints/step={step - 1}-last"

    # Start

    def relaunch(self, e: ev.JobRelaunched) -> Lines:
        """All begins anew."""
        yield from threads_warned_again(self, e)
        yield from self.launch(e)

    def launch(self, e: ev.AcceleratorsDetected | ev.JobRelaunched) -> Lines:
        """Trainer and loggers."""
        info, warn = (partial(self._record, e.time_seconds, level) for level in "IW")
        yield "GPU available: True (cuda), used: True"
        yield "TPU available: False, using: 0 TPU cores"
        yield warn("No version folders would be created under the log folder as 'resume_if_exists' is enabled.")
        yield info(f"Experiments will be logged at {self.job.storage}")
        if isinstance(e, ev.AcceleratorsDetected):
            yield warn(
                "There were no checkpoints found in checkpoint_dir or no checkpoint folder at checkpoint_dir "
                f":{self.job.storage}/checkpoints. Training from scratch."
            )
        for text in self._groups():
            yield info(text)
        yield from joining(self)

    def connect(self, _e: ev.DistributedInitialised | ev.GroupsRejoined) -> Lines:
        """Who is there."""
        yield from joined(self)
        visible = ",".join(map(str, on_this_node(self)))
        for rank in on_this_node(self):
            yield f"LOCAL_RANK: {rank} - CUDA_VISIBLE_DEVICES: [{visible}]"

    def build(self, e: ev.ModelReady) -> Lines:
        """A model from nothing."""
        return self._model(e.time_seconds)

    def _model(self, time_seconds: float) -> Lines:
        size = self.job.model.vocab_size
        multiple = _VOCABULARY_MULTIPLE * self.header.tensor_parallel
        padded = -(-size // multiple) * multiple
        yield self._record(
            time_seconds,
            "I",
            f"Padded vocab_size: {padded}, original vocab_size: {size}, dummy tokens: {padded - size}.",
        )
        parameters = self.job.stage(0).parameters
        yield self._record(
            time_seconds,
            "I",
            f" > number of parameters on (tensor, pipeline) model parallel rank (0 ,0): {parameters}",
        )

    def resume(self, e: ev.TrainingResumed) -> Lines:
        """Where there was no checkpoint, a model from nothing."""
        if not e.checkpoint:
            yield from self._model(e.time_seconds)
            yield from self._check()

    def begin(self, _e: ev.TrainingStarted) -> Lines:
        """Whether validation works at all."""
        return self._check()

    def _check(self) -> Lines:
        for batch in range(1, min(_SANITY_BATCHES, self.header.validation_batches) + 1):
            yield f"Sanity checking Validation: iteration {batch}/{min(_SANITY_BATCHES, self.header.validation_batches)}"

    def load(self, e: ev.CheckpointLoadStarted) -> Lines:
        """After a restart the model is built anew, and then filled."""
        yield from self._model(e.time_seconds)
        yield f"Restoring states from the checkpoint path at {self._checkpoint(e.step)}"

    def loaded(self, e: ev.CheckpointLoaded) -> Lines:
        """How long that took."""
        began = self.header.start_time + e.time_seconds - e.seconds
        yield self._record(
            e.time_seconds,
            "I",
            f"Global Checkpoint Load : Rank : 0 : Start time : {began:.3f}s : Time spent in load_checkpoint: "
            f"{e.seconds:.3f}s",
        )
        yield f"Restored all states from the checkpoint at {self._checkpoint(e.step)}"

    # The groups of rank 0, as ranks are laid out

    def _groups(self) -> Iterator[str]:
        data, both, context = self._ranks("dp"), self._ranks("cp", "dp"), self._ranks("cp")
        yield f"Rank 0 has data parallel group : {data[0]}"
        yield f"Rank 0 has combined group of data parallel and context parallel : {both[0]}"
        yield f"All data parallel group ranks with context parallel combined: {both}"
        yield "Ranks 0 has data parallel rank: 0"
        yield f"Rank 0 has context parallel group: {context[0]}"
        yield f"All context parallel group ranks: {context}"
        yield "Ranks 0 has context parallel rank: 0"
        model, tensor, pipeline = self._ranks("tp", "pp"), self._ranks("tp"), self._ranks("pp")
        yield f"Rank 0 has model parallel group: {model[0]}"
        yield f"All model parallel group ranks: {model}"
        yield f"Rank 0 has tensor model parallel group: {tensor[0]}"
        yield f"All tensor model parallel group ranks: {tensor}"
        yield "Rank 0 has tensor model parallel rank: 0"
        yield f"Rank 0 has pipeline model parallel group: {pipeline[0]}"
        yield f"Rank 0 has embedding group: {pipeline[0][:1] + pipeline[0][1:][-1:]}"
        yield f"All pipeline model parallel group ranks: {pipeline}"
        yield "Rank 0 has pipeline model parallel rank 0"
        yield f"All embedding group ranks: {pipeline}"
        yield "Rank 0 has embedding rank: 0"

    def _ranks(self, *varied: str) -> list[list[int]]:
        """Groups of the ranks that differ in some places only."""
        header = self.header
        degrees = (header.tensor_parallel, header.context_parallel, 0, header.pipeline_parallel)
        data = header.world_size // (degrees[0] * degrees[1] * degrees[3])
        sizes = dict(zip(_ORDER, (*degrees[:2], data, degrees[3]), strict=True))
        strides, stride = {}, 1
        for name in _ORDER:
            strides[name] = stride
            stride *= sizes[name]

        def offsets(names: Sequence[str]) -> list[int]:
            places = product(*(range(0, sizes[name] * strides[name], strides[name]) for name in reversed(names)))
            return [sum(place) for place in places]

        fixed = [name for name in _ORDER if name not in varied]
        within = offsets([name for name in _ORDER if name in varied])
        return [[base + offset for offset in within] for base in offsets(fixed)]

    # Steps

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """Means over the interval of whatever was logged, each divided by the interval's length."""
        places = [last - 1 for last in of.values("last")]
        is_single = (of.array("first") == of.array("last")).all()
        rates, sizes, consumed = self._of_one(of) if is_single else zip(*self._of_many(of), strict=True)
        fields = (
            places,
            rates,
            sizes,
            places,
            map(_short, of.array("mean_loss").tolist()),
            map(_short, of.values("mean_step_seconds")),
            consumed,
            ["" if loss is None else f" | val_loss: {_short(loss)}" for loss in of.values("validation_loss")],
        )
        return zip(map(self._step.__mod__, zip(*fields, strict=True)))

    @cached_property
    def _step(self) -> str:
        return _STEP.replace("TOTAL", str(self.header.total_steps - 1))

    def _of_one(self, of: Columns) -> tuple[Iterable[str], Iterable[str], Iterable[str]]:
        """Rates, sizes, and what was consumed, which the first step of a process has none of yet."""
        consumed = list(map(_CONSUMED.__mod__, (of.array("tokens") // self.header.sequence_length).tolist()))
        for row in np.flatnonzero(of.array("last") == of.array("started_with")).tolist():
            consumed[row] = ""
        return map(_short, of.values("learning_rate")), map(str, of.values("global_batch_size")), consumed

    def _of_many(self, of: Columns) -> Iterator[tuple[str, str, str]]:
        """The same of intervals."""
        job = self.job
        for first, last, began in zip(of.values("first"), of.values("last"), of.values("started_with"), strict=True):
            steps = range(first, last + 1)
            rate = _mean([job.learning_rate(step) for step in steps])
            size = _mean([float(job.batch_size(step)) for step in steps])
            consumed = sum(float(job.sequences(step)) for step in steps if step != began) / len(steps)
            yield _short(rate), _short(size), _CONSUMED % _short(consumed) if last != began else ""

    def validated(self, _e: ev.ValidationCompleted) -> Lines:
        """Its batches; the loss is among the next step's metrics."""
        batches = self.header.validation_batches
        for batch in range(1, batches + 1):
            yield f"Validation: iteration {batch}/{batches}"

    def saved(self, e: ev.CheckpointCompleted) -> Lines:
        """A checkpoint that was waited for."""
        began = self.header.start_time + e.time_seconds - e.seconds
        yield self._record(
            e.time_seconds,
            "I",
            f"Global Checkpoint Save : Rank: 0 : Iteration: {e.step - 1} : Start time: {began:.3f}s : Save duration: "
            f"{e.seconds:.3f}s",
        )

    def finish(self, e: ev.ProcessesDone) -> Lines:
        """Why it ends."""
        yield f"`Trainer.fit` stopped: `max_steps={e.step}` reached."

    WRITERS: ClassVar[Writers] = {
        ev.LauncherWarned: threads_warned,
        ev.AcceleratorsDetected: launch,
        ev.JobRelaunched: relaunch,
        ev.DistributedInitialised: connect,
        ev.GroupsRejoined: connect,
        ev.ModelReady: build,
        ev.TrainingStarted: begin,
        ev.TrainingResumed: resume,
        ev.CheckpointLoadStarted: load,
        ev.CheckpointLoaded: loaded,
        ev.StepsReported: steps,
        ev.ValidationCompleted: validated,
        ev.CheckpointCompleted: saved,
        ev.ProcessesDone: finish,
        ev.LogLine: DialectView.failure,
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _number(value: float | None) -> float:
    return _NO_NUMBER if value is None else value


def _short(value: float) -> str:
    """Four significant digits, or none after the point where there are none."""
    return str(int(value)) if value.is_integer() else f"{value:.4}"
