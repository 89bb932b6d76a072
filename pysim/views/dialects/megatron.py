"""Megatron-LM (NVIDIA/Megatron-LM d98e8a64): what ranks print, and what torchrun and the libraries add, as one stream.

Step and validation lines are the last rank's, parameters and memory every rank's that begins a replica, all else rank 0's. Everything
goes to standard output, but for warnings and torchrun's words. Formats: megatron/training/training.py, checkpointing.py, initialize.py,
arguments.py, utils/common_utils.py, megatron/core/timers.py, pretrain_gpt.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import exp
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.terminal.screen import Screen
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers
from pysim.views.dialects.megatron_arguments import arguments, printed
from pysim.views.dialects.torchrun import threads_warned

_CORE_VERSION = "0.20.0"
_ENGINE_VERSION = "2.17.1+4329ff84"  # its uv.lock; it takes PyTorch 2.1 and later
_MEBIBYTE = 2**20
_LARGEST_EXPONENT = 20  # of a perplexity
_CACHED = 1.04  # what the allocator holds, over what tensors took at most [M]
_COMPILES_SECONDS = 0.06  # the index builder, which is built already [M]
_UNTIED_STEPS = 64  # in which a loss scale has found its place from its first value on
_SEED = 1234  # --seed
_PRECISIONS = {"fp32": "torch.float32", "fp16": "torch.float16"}
_TIMER_COLUMNS = 48
_SAVES_APART = 0.002  # of the time that ranks take to save, between the first and the last [M]
_STEP = (
    " [%s.%06d] iteration %8d/TOTAL | consumed samples: %12d | elapsed time per iteration (ms): %.1f | throughput per GPU "
    "(TFLOP/s/GPU): %.1f | learning rate: %.6E | global batch size: %5d |%s loss scale: %.1f |%s number of skipped iterations: %3d "
    "| number of nan iterations:   0 |"
)
_LOSS, _NORM = " lm loss: %.6E |", " grad norm: %.3f |"


class Megatron(DialectView):
    """Writes a run as Megatron-LM does."""

    def __init__(self, header: Header, screen: Screen) -> None:
        super().__init__(header, screen)
        job = self.job
        self._total = header.total_steps
        self._step = _STEP.replace("TOTAL", f"{self._total:8d}")
        self._flops = job.flops_per_token("megatron") * header.sequence_length / header.world_size / 1e12
        self._is_scaled = header.precision == "fp16"
        self._interval = job.setup.checkpoint_interval
        self._storage = job.storage
        self._sequences = job.sequences
        self._length = header.sequence_length
        self._place = (
            f"[ t 1/{header.tensor_parallel}, gtp_remat 1/1, p 1/{header.pipeline_parallel} ]"  # of rank 0, as told
        )

    # Steps

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """By the last rank, means over the log interval: losses of steps that were applied, the gradient norm of the last one."""
        seconds = of.array("mean_step_seconds")
        rates = self._flops * of.array("global_batch_size") / seconds
        lines = map(
            self._step.__mod__,
            zip(
                *self.stamps.each(of.array("time_seconds")),
                of.values("last"),
                [tokens // self._length for tokens in of.values("tokens")],
                (seconds * 1e3).tolist(),
                rates.tolist(),
                of.values("learning_rate"),
                of.values("global_batch_size"),
                self._losses(of),
                of.values("loss_scale"),
                ["" if norm is None else _NORM % norm for norm in of.values("last_grad_norm")],
                of.values("skipped_steps"),
                strict=True,
            ),
        )
        begins = np.flatnonzero(of.array("first") == of.array("started_with")).tolist()
        if not begins:
            return zip(lines)
        told: list[Lines] = list(zip(lines))
        for row in begins:
            told[row] = (*told[row], *self._memory(f"(after {of.values('last')[row]} iterations)", stepped=True))
        return told

    def _losses(self, of: Columns) -> list[str]:
        """None where the mean is not a number; that of no step is zero, once there was one."""
        first, last = (of.array(name) for name in ("first", "last"))
        losses = self.finer_each(of.array("applied_loss"), "loss", first << 32 | last)
        told = [_LOSS % loss for loss in losses.tolist()]
        for row in np.flatnonzero(np.isnan(losses)).tolist():
            is_of_none = of.values("skipped_steps")[row] == last[row] - first[row] + 1 and last[row] > _UNTIED_STEPS
            told[row] = _LOSS % 0.0 if is_of_none else ""
        return told

    def _memory(self, when: str, *, stepped: bool) -> Lines:
        """By every rank that begins a replica: what tensors take now, and took at most."""
        for rank, stage in self._first_replica():
            held = self.job.stage(stage)
            most = held.state_bytes + (held.activation_bytes if stepped else 0)
            reserved = most * _CACHED
            sizes = (held.state_bytes, most, reserved, reserved)
            now, top, cached, top_cached = (f"{size / _MEBIBYTE:.2f}" for size in sizes)
            yield (
                f"[Rank {rank}] {when} memory (MB) | allocated: {now} | max allocated: {top} | reserved: {cached} | "
                f"max reserved: {top_cached}"
            )

    def _first_replica(self) -> Iterator[tuple[int, int]]:
        """Ranks that hold the first replica's shards in order, and their stages; ranks go by tensor, context, data, pipeline."""
        header = self.header
        per_stage = header.world_size // header.pipeline_parallel
        for stage in range(header.pipeline_parallel):
            for rank in range(header.tensor_parallel * header.context_parallel):
                yield stage * per_stage + rank, stage

    # Start-up

    def launched(self, e: ev.AcceleratorsDetected) -> Lines:
        """Rank 0 reads its arguments before anything else."""
        yield from self._begin(e.time_seconds)

    def relaunched(self, e: ev.JobRelaunched) -> Lines:
        """The same after a restart."""
        yield from self._begin(e.time_seconds)

    def _begin(self, _time_seconds: float) -> Lines:
        header, setup, programs = self.header, self.job.setup, self.job.programs
        yield f"> PyTorch version ................ {programs.framework.rpartition(' ')[2]}.0"
        yield f"> Megatron-Core version .......... {_CORE_VERSION}"
        yield f"> Transformer Engine version ... {_ENGINE_VERSION}"
        yield (
            f"using world size: {header.world_size}, data-parallel size: {setup.data_parallel}, context-parallel size: "
            f"{header.context_parallel}, hierarchical context-parallel sizes: None, tensor-model-parallel size: "
            f"{header.tensor_parallel}, pipeline-model-parallel size: {header.pipeline_parallel}"
        )
        if setup.virtual_pipeline == 1 and header.pipeline_parallel > 1:
            yield (
                "WARNING: Setting args.overlap_p2p_comm and args.align_param_gather to False since non-interleaved "
                "schedule does not support overlapping p2p communication and aligned param AG"
            )
        virtual = setup.virtual_pipeline if setup.virtual_pipeline > 1 else None
        yield f"Number of virtual stages per pipeline stage: {virtual}"
        if header.precision not in _PRECISIONS:
            yield "accumulate and all-reduce gradients in fp32 for bfloat16 data type."
        yield f"using {_PRECISIONS.get(header.precision, 'torch.bfloat16')} for parameters ..."
        yield from printed("arguments", arguments(header))
        yield "> initializing torch distributed ..."

    def connected(self, e: ev.DistributedInitialised) -> Lines:
        """Process groups exist."""
        yield from self._initialised(e.time_seconds, e.time_seconds)

    def rejoined(self, e: ev.GroupsRejoined) -> Lines:
        """The same after a restart."""
        yield from self._initialised(e.time_seconds, e.seconds)

    def _initialised(self, time_seconds: float, took_seconds: float) -> Lines:
        header, stamp = self.header, self.stamp(time_seconds)
        yield f"> initialized tensor model parallel with size {header.tensor_parallel}"
        yield "> initialized gtp weight remat with size 1"
        yield f"> initialized pipeline model parallel with size {header.pipeline_parallel}"
        yield f"> setting random seeds to {_SEED} ..."
        yield "> compiling dataset index builder ..."
        yield f">>> done with dataset index builder. Compilation time: {_COMPILES_SECONDS:.3f} seconds"
        yield f"time to initialize megatron (seconds): {took_seconds:.3f}"
        yield f"[after megatron is initialized] datetime: {stamp} "

    def built(self, _e: ev.ModelReady) -> Lines:
        """Every rank that begins a replica counts its parameters."""
        yield from self._parameters()
        yield f"WARNING: could not find the metadata file {self._storage}/latest_checkpointed_iteration.txt"
        yield "    will not load any checkpoints and will start from random"

    def _parameters(self) -> Lines:
        ranks = ((index % self.header.tensor_parallel, stage) for index, (_, stage) in enumerate(self._first_replica()))
        for tensor, stage in dict.fromkeys(ranks):
            number = self.job.stage(stage).parameters
            yield (
                " > number of parameters on (tensor, gtp_weight_remat, pipeline) model parallel rank "
                f"({tensor}, 0, {stage}): {number}"
            )

    def ready(self, e: ev.OptimizerReady) -> Lines:
        """Model, optimizer and data are there."""
        yield from self._set_up(e.time_seconds, 0)

    def _set_up(self, time_seconds: float, step: int) -> Lines:
        header, stamp, batches = self.header, self.stamp(time_seconds), self.header.validation_batches
        validations = (self._total // self.job.setup.validation_interval + 1) * batches
        size = header.global_batch_size
        yield f"[after model, optimizer, and learning rate scheduler are built] datetime: {stamp} "
        yield "> building train, validation, and test datasets ..."
        yield " > datasets target sizes (minimum size):"
        yield f"    train:      {self._sequences(self._total)}"
        yield f"    validation: {validations * size}"
        yield f"    test:       {batches * size}"
        yield "> building train, validation, and test datasets for GPT ..."
        yield "> finished creating GPT datasets ..."
        yield f"[after dataloaders are built] datetime: {stamp} "
        yield "done with setup ..."
        if step == 0:
            yield "training ..."

    def started(self, e: ev.TrainingStarted) -> Lines:
        """The first batch is on its way."""
        yield f"[before the start of training step] datetime: {self.stamp(e.time_seconds)} "

    def resumed(self, e: ev.TrainingResumed) -> Lines:
        """The same after a restart; where there was no checkpoint, from the beginning."""
        if e.checkpoint:
            yield f"Overwriting rerun_state_machine.current_iteration from 0 to {e.step - 1 - e.skipped_batches}..."
        else:
            yield from self._parameters()
            yield f"WARNING: could not find the metadata file {self._storage}/latest_checkpointed_iteration.txt"
            yield "    will not load any checkpoints and will start from random"
            yield from self._set_up(e.time_seconds, 0)
        yield f"[before the start of training step] datetime: {self.stamp(e.time_seconds)} "

    # Validations and checkpoints

    def evaluating(self, e: ev.ValidationStarted) -> Lines:
        """Only that after training is verbose."""
        if e.step == self._total:
            yield f"Evaluating on {e.batches * self.header.global_batch_size} samples"
            yield from (f"Evaluating iter {batch}/{e.batches}" for batch in range(1, e.batches + 1))

    def evaluated(self, e: ev.ValidationCompleted) -> Lines:
        """By the last rank, in a frame."""
        yield from _timers({"evaluate": (e.seconds, e.seconds)})
        found = float("nan") if e.loss is None else self.finer(e.loss, "validation", e.step)
        perplexity = exp(min(found, _LARGEST_EXPONENT))
        after = f"iteration {e.step}" + (" on validation set" if e.step == self._total else "")
        words = f" validation loss at {after} | lm loss value: {found:.6E} | lm loss PPL: {perplexity:.6E} | "
        frame = "-" * (len(words) + 1)
        yield from (frame, words, frame)

    def saving(self, e: ev.CheckpointStarted) -> Lines:
        """By rank 0."""
        if e.step == self._total and e.step % self._interval:
            yield f"[after training is done] datetime: {self.stamp(e.time_seconds)} "
        yield f"[{self.stamp(e.time_seconds)}] saving checkpoint at iteration {e.step:7d} to {self._storage} in torch_dist format"
        yield "Storing distributed optimizer sharded state of type dp_reshardable"

    def saved(self, e: ev.CheckpointCompleted) -> Lines:
        """By rank 0, and the time that ranks took."""
        stamp = self.stamp(e.time_seconds)
        yield f"  [{stamp}] successfully saved checkpoint from iteration {e.step:7d} to {self._storage} {self._place}"
        yield from _timers({"save-checkpoint": (e.seconds * (1.0 - _SAVES_APART), e.seconds)})

    def loading(self, e: ev.CheckpointLoadStarted) -> Lines:
        """After a restart, when the model is built."""
        yield from self._parameters()
        yield f" loading distributed checkpoint from {self._storage} at iteration {e.step}"

    def loaded(self, e: ev.CheckpointLoaded) -> Lines:
        """It goes on from there."""
        yield " checkpoint version 3.0"
        yield f"  successfully loaded checkpoint from {self._storage} {self._place} at iteration {e.step}"
        yield from _timers({"load-checkpoint": (e.seconds * (1.0 - _SAVES_APART), e.seconds)})
        yield from self._set_up(e.time_seconds, 0)

    # The end, and what comes before it

    def done(self, e: ev.TrainingCompleted) -> Lines:
        """After the last step; a last checkpoint that was not due follows it."""
        if e.step % self._interval == 0:
            yield f"[after training is done] datetime: {self.stamp(e.time_seconds)} "

    def failure(self, event: ev.LogLine) -> Lines:
        """What libraries and launchers say, and what Megatron itself says of what it has noticed."""
        if event.speaker == "trainer" and event.is_shown and event.level in ("info", "warning"):
            yield from self._remark(event)
        else:
            yield from super().failure(event)

    def _remark(self, event: ev.LogLine) -> Lines:
        if event.words.startswith("exiting program"):
            yield f"[{event.words}] datetime: {self.stamp(event.time_seconds)} "
        else:
            yield from event.words.split("\n")

    WRITERS: ClassVar[Writers] = MappingProxyType(
        {
            ev.StepsReported: steps,
            ev.LauncherWarned: threads_warned,
            ev.AcceleratorsDetected: launched,
            ev.DistributedInitialised: connected,
            ev.ModelReady: built,
            ev.OptimizerReady: ready,
            ev.TrainingStarted: started,
            ev.ValidationStarted: evaluating,
            ev.ValidationCompleted: evaluated,
            ev.CheckpointStarted: saving,
            ev.CheckpointCompleted: saved,
            ev.JobRelaunched: relaunched,
            ev.GroupsRejoined: rejoined,
            ev.CheckpointLoadStarted: loading,
            ev.CheckpointLoaded: loaded,
            ev.TrainingResumed: resumed,
            ev.TrainingCompleted: done,
            ev.LogLine: failure,
        }
    )


def _timers(seconds: Mapping[str, tuple[float, float]]) -> Lines:
    """The fastest and the slowest rank, by the last one (megatron/core/timers.py)."""
    yield "(min, max) time across ranks (ms):"
    for name, (least, most) in seconds.items():
        yield f"    {name + ' ':.<{_TIMER_COLUMNS}}: ({least * 1e3:.2f}, {most * 1e3:.2f})"
