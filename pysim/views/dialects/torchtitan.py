"""torchtitan (pytorch/torchtitan 0.3.0): what its run_train.sh shows, the log of the one local rank on whose stage the loss is.

torchrun's `--tee 3 --role rank` puts `[rank0]:` before each line of a worker, its `--local-ranks-filter` leaves out all others; of the
nodes of a job one is told, and of failures what that local rank of any node says. Facts: trainer.py, train.py, components/metrics.py,
components/checkpointer/dcp.py, components/validate.py, tools/utils.py, distributed/*.py of that version.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import chain
from typing import ClassVar, NamedTuple

import numpy as np

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.terminal.ansi import sgr
from pysim.terminal.screen import Screen
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Floats, Lines, Writers, alone
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again

VERSION = "0.3.0"
_GIB, _MILLISECOND_US = 2**30, 1000
_COLLECTS_EVERY = 50  # steps: training.gc_freq
_LOGS_EVERY = 10  # metrics.log_freq
_FAILED = "torchtitan.train FAILED"  # as torchrun calls what it was given with -m
_OWN_FAMILY, _TENSORS_OF_A_LAYER, _OTHER_TENSORS = "llama3", 7, 3  # as a log of it says: 45 tensors in six layers
_SLEEPS_SECONDS = 2.0
_BUILD_SECONDS = 0.2  # which a model takes to be built without its weights
_APART_SECONDS = 0.007  # between lines that nothing is waited for: 1 to 40 ms in a real log
_WEIGHT_BYTES = {"fp32": 4, "bf16": 2, "fp16": 2, "fp8": 1}
_QUANTIZED = ("fp8", "nvfp4", "mxfp4")
_RECOMPUTES = {"selective": "SelectiveAC", "op": "SelectiveAC", "full": "FullAC"}

# tools/utils.py, get_peak_flops: the first part of a name that is found decides; what is found after its marks in it.
_PEAKS = (
    ("A100", 312e12), ("A6000", 154.85e12), ("H100 NVL", 835e12), ("H100 PCIe", 756e12), ("H100", 989e12), ("H200", 989e12),
    ("H20", 148e12), ("GB200", 2.5e15), ("GB300", 2.5e15), ("B300", 2.25e15), ("B200", 2.25e15), ("MI355X", 2500e12),
    ("MI300X", 1300e12), ("MI325X", 1300e12), ("MI250X", 191.5e12),
)  # fmt: skip
_OTHER_PEAK = 312e12  # with a warning


@dataclass(frozen=True, slots=True)
class _Colors:
    """tools/utils.py, Color."""

    red: str = ""
    green: str = ""
    yellow: str = ""
    blue: str = ""
    magenta: str = ""
    cyan: str = ""
    orange: str = ""
    turquoise: str = ""
    reset: str = ""


_COLORED = _Colors(
    red=sgr(31), green=sgr(32), yellow=sgr(33), blue=sgr(34), magenta=sgr(35), cyan=sgr(36),
    orange=sgr(38, 2, 180, 60, 0), turquoise=sgr(38, 2, 54, 234, 195), reset=sgr(39),
)  # fmt: skip


class _Message(NamedTuple):
    """What is logged, how loud, and by whom."""

    words: str
    level: str = "INFO"
    name: str = "root"


def _warning(words: str) -> _Message:
    return _Message(words, "WARNING")


Said = Iterable[str | _Message]


class Told(NamedTuple):
    """What is said of a step, in numbers. Rates are per accelerator; the last is None where it is not said."""

    loss: float
    grad_norm: float
    tokens_per_second: float
    flops_per_second: float
    mfu: float | None


def _has_line(step: int, *, is_first: bool) -> bool:
    """Whether a step has one: the first of a process has none where it is not due."""
    return step == 1 or not is_first or step % _LOGS_EVERY == 0


_FRESH = "No checkpoint was provided, this is a fresh start."
_LOADS_NOTHING = _warning("initial_load_model_only=True has no effect without an initial_load_path.")
_STRUCTURED_LOGGER = "torchtitan.observability.structured_logger.jsonl_handler"


class Torchtitan(DialectView):
    """Writes a run as torchtitan does."""

    def __init__(self, header: Header, screen: Screen) -> None:
        super().__init__(header, screen)
        hardware = self.job.hardware
        pipeline = header.pipeline_parallel
        self._colors = _COLORED if screen.color else _Colors()
        self._rank = header.world_size // pipeline * (pipeline - 1)  # where the loss is: the first of the last stage
        self._local_rank = self._rank % header.per_node
        self._origin = f"[rank{self._local_rank}]:"
        self._peak = next((peak for name, peak in _PEAKS if name in header.accelerator_title), None)
        self._flops = self.job.flops_per_token("torchtitan")
        self._peak_or_other = self._peak or _OTHER_PEAK
        self._context_bytes = hardware.context_bytes
        self._is_quantized = header.precision in _QUANTIZED
        self._capacity = hardware.memory_bytes
        self._dump = self.job.storage
        self._folder = f"{self._dump}/checkpoint"
        self._model = _flavor(header)

    # What every line has

    def _line(self, seconds: float, words: str, level: str = "INFO", name: str = "root") -> str:
        second, us = self.stamps(seconds)
        return f"{self._origin}[titan] {second},{us // 1000:03d} - {name} - {level} - {words}"

    def _told(self, seconds: float, *blocks: Said) -> Lines:
        """Lines that follow each other as fast as they are written."""
        for index, each in enumerate(chain.from_iterable(blocks)):
            said = _Message(each) if isinstance(each, str) else each
            yield self._line(seconds + _APART_SECONDS * index, said.words, said.level, said.name)

    def _memory(self, taken: float) -> str:
        return f"{taken / _GIB:5.2f}GiB({100 * taken / self._capacity:.2f}%)"

    # Start

    def _begin(self, seconds: float, launch: int) -> Said:
        """What is said before the process groups exist."""
        stamp = f"{self.moment(seconds):%Y%m%d-%H%M%S}"
        unique = self.header.run_id[launch % 8 :][:6].upper()
        path = f"{self._dump}/structured_logs/training.global_rank_{self._rank}.{stamp}-{unique}.jsonl"
        yield f"torchtitan version: {VERSION} (0.0.0 means __version__ is not defined correctly)."
        yield from (_LOADS_NOTHING, _LOADS_NOTHING)
        yield _Message(f"Structured logging -> JSONL: {path}", name=_STRUCTURED_LOGGER)
        yield _warning("ENV[TORCH_NCCL_ASYNC_ERROR_HANDLING] = 1 will be overridden to 3 based on job config")

    def _build(self) -> Said:
        """Meshes, and the model, still without its weights."""
        header, color = self.header, self._colors
        degrees = self._degrees()
        told = ("pp", "dp_replicate", "dp_shard", "cp", "tp", "ep")
        mesh = ", ".join(f"{name}={degrees[name]}" for name in told)
        yield f"Building device mesh with parallelism: {mesh}"
        active = [name for name, degree in _meshes(degrees).items() if degree > 1]
        yield f"Successfully created meshes with active dimensions: {active}"
        yield "[GC] Initial GC collection took 0.00 seconds"
        yield f"Building {self._model}"
        yield f"CUDA capacity: {header.accelerator_title} with {self._capacity / _GIB:.2f}GiB memory"
        yield from self._undefined_peak()
        yield from self._experts()
        size = f"size: {self.job.model.parameters:,} total parameters"
        yield f"{color.blue}Model {self._model} {color.red}{size}{color.reset}"
        yield from self._parallelize()
        if header.pipeline_parallel > 1:
            yield from self._pipeline()

    def _parallelize(self) -> Said:
        setup = self.job.setup
        if setup.recompute in _RECOMPUTES:
            yield f"Applied {_RECOMPUTES[setup.recompute]} activation checkpointing to the model"
        if self.header.context_parallel > 1:
            yield "Applied Context Parallel (forward wrapping) to the model"
        if setup.execution != "eager":
            yield "Compiling each TransformerBlock with torch.compile"
        yield f"Applied {'HSDP' if self._degrees()['dp_replicate'] > 1 else 'FSDP'} to the model"

    def _pipeline(self) -> Said:
        setup = self.job.setup
        stages = self.header.pipeline_parallel * setup.virtual_pipeline
        name = "1F1B" if setup.virtual_pipeline == 1 else "Interleaved1F1B"
        if setup.accumulation < stages:
            yield _warning(
                f"Number of microbatches ({setup.accumulation}) is less than the total number of stages ({stages}) "
                "which may result in a bubble in the pipeline."
            )
        yield f"Using pipeline schedule {name} with {setup.accumulation} microbatches and {stages} stages."

    def _experts(self) -> Said:
        """models/utils.py: routers, shared experts and experts are sparse, all else is dense."""
        model = self.job.model
        if not model.experts:
            return
        layers, expert = model.layers - model.dense_layers, 3 * model.hidden_size * model.expert_ffn_hidden_size
        routed = layers * model.experts * expert
        always = layers * (model.hidden_size * model.experts + model.shared_experts * expert)
        dense = model.parameters - routed - always
        active = dense + always + routed * model.experts_per_token // model.experts
        yield f"Total parameter count: dense {dense:,}, sparse {routed + always:,}, vision 0, active {active:,}"

    def _undefined_peak(self) -> Said:
        if self._peak is None:
            yield _warning(f"Peak flops undefined for: {self.header.accelerator_title}, fallback to A100")

    def _weights(self) -> Said:
        """All are there, in fp32, sharded."""
        width = _WEIGHT_BYTES[self.job.optimization.weight_precision]
        taken = self.job.hardware.weight_bytes / width * _WEIGHT_BYTES["fp32"]
        yield from self._undefined_peak()
        yield f"Peak FLOPS used for computing MFU: {self._peak_or_other:.3e}"
        yield f"CUDA memory usage for model: {taken / _GIB:.2f}GiB({100 * taken / self._capacity:.2f}%)"

    def _trainer(self) -> Said:
        """Optimizer, data, checkpoints; the trainer is complete."""
        header, setup, corpus = self.header, self.job.setup, self.job.corpus
        pipelined = header.pipeline_parallel > 1
        local = setup.micro_batch_size * (setup.accumulation if pipelined else 1)
        yield from self._optimizer()
        yield "Loading tokenizer from tokenizer.json"
        yield f"Preparing {corpus.name} dataset from data/{corpus.name}"
        yield _LOADS_NOTHING
        yield f"Checkpointing active. Checkpoints will be loaded from and saved to {self._folder}"
        yield (
            f"Trainer is initialized with local batch size {local}, global batch size {header.global_batch_size}, "
            f"gradient accumulation steps {1 if pipelined else setup.accumulation}, "
            f"sequence length {header.sequence_length}, total steps {header.total_steps} "
            f"(warmup {self.job.optimization.warmup_steps})"
        )

    def _optimizer(self) -> Said:
        """How many tensors it has, where that is known: its own Llama 3, all on one stage."""
        model, chosen = self.job.model, self.job.optimization
        if model.family == _OWN_FAMILY and self.header.pipeline_parallel == 1:
            tensors = model.layers * _TENSORS_OF_A_LAYER + _OTHER_TENSORS
            adam = {
                "fused": True,
                "foreach": False,
                "lr": chosen.peak_learning_rate,
                "betas": (chosen.beta1, chosen.beta2),
            }
            adam |= {"eps": chosen.epsilon, "weight_decay": chosen.weight_decay}
            yield f"Optimizer {chosen.optimizer} (model_part=0): {tensors} params [.*] {adam}"

    def _degrees(self) -> dict[str, int]:
        """distributed/parallel_dims.py: what divides weights is dp_shard, what does not is dp_replicate."""
        header = self.header
        data = self.job.setup.data_parallel
        replicate = {"ddp": data, "hsdp": max(1, data // self.job.setup.shard_ranks)}.get(header.sharding, 1)
        return {
            "pp": header.pipeline_parallel, "dp_replicate": replicate, "dp_shard": data // replicate,
            "cp": header.context_parallel, "tp": header.tensor_parallel, "ep": header.expert_parallel,
        }  # fmt: skip

    # Life

    def _found(self, e: ev.AcceleratorsDetected) -> Lines:
        return self._told(e.time_seconds, self._begin(e.time_seconds, 0))

    def _connected(self, e: ev.DistributedInitialised) -> Lines:
        return self._told(e.time_seconds, self._build())

    def _model_ready(self, e: ev.ModelReady) -> Lines:
        return self._told(e.time_seconds, self._weights())

    def _optimizer_ready(self, e: ev.OptimizerReady) -> Lines:
        return self._told(e.time_seconds, self._trainer())

    def _started(self, e: ev.TrainingStarted) -> Lines:
        return self._told(e.time_seconds, (_FRESH, f"Training starts at step {e.first_step}"))

    def _rejoined(self, e: ev.GroupsRejoined) -> Lines:
        began = e.time_seconds - e.seconds
        yield from self._told(began, self._begin(began, e.launch))
        yield from self._told(e.time_seconds, self._build())

    def _load(self, e: ev.CheckpointLoadStarted) -> Lines:
        loads = f"Loading the checkpoint from {self._path(e.step)}."
        return self._told(e.time_seconds + _BUILD_SECONDS, self._weights(), self._trainer(), (loads,))

    def _loaded(self, e: ev.CheckpointLoaded) -> Lines:
        yield self._line(e.time_seconds, "[GC] GC collection for checkpoint loading. took 0.00 seconds")
        yield self._line(e.time_seconds, f"Finished loading the checkpoint in {e.seconds:.2f} seconds.")

    def _resumed(self, e: ev.TrainingResumed) -> Lines:
        fresh = () if e.checkpoint else chain(self._weights(), self._trainer(), (_FRESH,))
        return self._told(e.time_seconds, fresh, (f"Training starts at step {e.step}",))

    @ByColumns
    def _steps(self, of: Columns) -> Iterable[Lines]:
        """Loss and norm of the last step, rates since the line before; the first step of a process shortens its collectives' patience."""
        lasts, firsts, times = of.values("last"), of.values("started_with"), of.values("time_seconds")
        lines = map(self._step.__mod__, self._fields(of))
        rows = zip(lines, lasts, firsts, times, of.values("last_step_seconds"), of.values("last_loss"), strict=True)
        for line, last, first, seconds, took, loss in rows:
            if last != first and last % _COLLECTS_EVERY and loss is not None:
                yield (line,)
            else:
                yield self._with_others(line if loss is not None else "", last, seconds, took, is_first=last == first)

    def _with_others(self, line: str, last: int, seconds: float, took: float, *, is_first: bool) -> Lines:
        """What stands around the line of a step."""
        if last % _COLLECTS_EVERY == 0 and last > 1:
            yield self._line(seconds - took, "[GC] Performing periodic GC collection took 0.00 seconds")
        if line and _has_line(last, is_first=is_first):
            yield line
        if is_first:
            timeout = timedelta(seconds=self.job.setup.watchdog_seconds)
            yield self._line(seconds, f"Synchronizing and adjusting timeout for all ProcessGroups to {timeout}")

    @cached_property
    def _step(self) -> str:
        color = self._colors
        return (
            f"{self._origin}[titan] %s,%03d - root - INFO - {color.red}step: %2d  {color.green}loss: %8.5f  "
            f"{color.orange}grad_norm: %7.4f  {color.turquoise}memory: %5.2fGiB(%.2f%%)  {color.blue}tps: %s  "
            f"{color.cyan}tflops: %s  {color.magenta}mfu: %s{color.reset}"
        )

    def _fields(self, of: Columns) -> Iterator[tuple[object, ...]]:
        taken = of.array("memory_bytes") - self._context_bytes
        seconds, milliseconds = self.stamps.each(of.array("time_seconds"), _MILLISECOND_US)
        losses, norms, tps, flops = self._numbers(of)
        percents = (100 * flops / self._peak_or_other).tolist()
        return zip(
            seconds,
            milliseconds,
            of.values("last"),
            losses.tolist(),
            norms.tolist(),
            (taken / _GIB).tolist(),
            (100 * taken / self._capacity).tolist(),
            [f"{each:,}" for each in np.rint(tps).astype(np.int64).tolist()],
            [f"{each:,.2f}" for each in (flops / 1e12).tolist()],
            ["N/A"] * len(taken) if self._is_quantized else [f"{each:.2f}%" for each in percents],
            strict=True,
        )

    def _numbers(self, of: Columns) -> tuple[Floats, ...]:
        """The fields of `Told` but the last, of each step."""
        last, world_size = of.array("last"), self.header.world_size
        digits = self.finer_each(np.zeros(len(last)), "norm", last)
        spans = (of.values("first"), of.values("last"), of.values("started_with"))
        rates = list(map(self._rate, *spans, of.values("tokens_per_second"), of.values("time_seconds")))
        tps = np.array(rates, np.float64) / world_size
        flops = self._flops * tps
        losses, norms = self.finer_each(of.array("last_loss"), "loss", last), of.array("last_grad_norm") + 10 * digits
        return losses, norms, tps, flops

    def is_told(self, e: ev.StepsReported) -> bool:
        """Whether there is a line for it."""
        return e.last_loss is not None and _has_line(e.last, is_first=e.last == e.started_with)

    def numbers(self, e: ev.StepsReported) -> Told:
        """What it says of a step."""
        loss, norm, tps, flops = (float(column[0]) for column in self._numbers(alone(e)))
        return Told(loss, norm, tps, flops, None if self._is_quantized else flops / self._peak_or_other)

    def _rate(self, first: int, last: int, started_with: int, tokens_per_second: float, time_seconds: float) -> float:
        """Tokens per second since the line before, or since the process counts: from when its model was built."""
        is_second = first == started_with + 1 and started_with > 1  # it has told nothing of its first step
        if last != started_with and not is_second:
            return tokens_per_second
        steps = last - started_with + 1
        seconds = time_seconds - self.job.connected_us(round(time_seconds * 1e6)) / 1e6
        return steps * self.header.global_batch_size * self.header.sequence_length / seconds

    def _validate(self, e: ev.ValidationStarted) -> Lines:
        """Its data is opened anew each time."""
        corpus = f"{self.job.corpus.name}_validation"
        yield self._line(e.time_seconds, f"Preparing {corpus} dataset from data/{corpus}")

    def _validated(self, e: ev.ValidationCompleted) -> Lines:
        if e.loss is None:
            return
        color, tps = self._colors, self.validation_rate(e)
        yield self._line(
            e.time_seconds,
            f"{color.yellow}validate step: {e.step:2}  {color.green}loss: {e.loss:7.4f}  "
            f"{color.turquoise}memory: {self._memory(self.job.hardware.reserved_bytes)}  "
            f"{color.blue}tps: {round(tps):,}{color.reset}",
        )

    def validation_rate(self, e: ev.ValidationCompleted) -> float:
        """Tokens per second and accelerator since the line before: steps and batches of the validation."""
        header, before = self.header, e.step % _LOGS_EVERY
        batches, seconds = before + header.validation_batches, before * header.step_seconds + e.seconds
        return batches * header.global_batch_size * header.sequence_length / seconds / header.world_size

    def _path(self, step: int) -> str:
        return f"{self._folder}/step-{step}"

    def _save(self, e: ev.CheckpointStarted) -> Lines:
        yield self._line(e.time_seconds, "Saving the checkpoint.")
        if e.step == self.header.total_steps:
            yield self._line(e.time_seconds, f"Saving a full checkpoint at last step, step {e.step}.")

    def _saved(self, e: ev.CheckpointCompleted) -> Lines:
        yield self._line(e.time_seconds, "[GC] GC collection invoked by checkpointer. took 0.00 seconds")
        if e.step == self.header.total_steps:
            yield self._line(e.time_seconds, f"Last step checkpoint completed in {e.seconds:.2f}s")
        else:
            yield self._line(e.time_seconds, f"Finished saving the checkpoint in {e.seconds:.2f} seconds.")

    def _completed(self, e: ev.TrainingCompleted) -> Lines:
        if self._rank == 0:
            yield self._line(e.time_seconds, "Sleeping 2 seconds for other ranks to complete")
        ended = e.time_seconds + (_SLEEPS_SECONDS if self._rank == 0 else 0.0)
        yield self._line(ended, "Training completed")
        yield self._line(ended, "Process group destroyed")

    def _failed(self, e: ev.LogLine) -> Iterator[str]:
        """Launchers say all they have to say, of the workers only those that are not left out."""
        if e.rank is None:
            yield from (_FAILED if line.endswith(" FAILED") else line for line in self.failure(e))
        elif e.local_rank == self._local_rank:
            yield from (f"{self._origin}{line}" for line in self.failure(e))

    WRITERS: ClassVar[Writers] = {
        ev.LauncherWarned: threads_warned,
        ev.AcceleratorsDetected: _found,
        ev.DistributedInitialised: _connected,
        ev.ModelReady: _model_ready,
        ev.OptimizerReady: _optimizer_ready,
        ev.TrainingStarted: _started,
        ev.StepsReported: _steps,
        ev.ValidationStarted: _validate,
        ev.ValidationCompleted: _validated,
        ev.CheckpointStarted: _save,
        ev.CheckpointCompleted: _saved,
        ev.LogLine: _failed,
        ev.JobRelaunched: threads_warned_again,
        ev.GroupsRejoined: _rejoined,
        ev.CheckpointLoadStarted: _load,
        ev.CheckpointLoaded: _loaded,
        ev.TrainingResumed: _resumed,
        ev.TrainingCompleted: _completed,
    }


def _flavor(header: Header) -> str:
    """The name of a model's code and its flavour, as in `llama3 8B`: a title's last word where that is a size."""
    family, _, size = header.job.model.name.rpartition("-")
    if family and size[:1].isdigit():
        return f"{family.replace('-', '_')} {size.upper()}"
    return f"{header.job.model.name.replace('-', '_')} {header.job.model.parameters / 1e9:.0f}B"


def _meshes(degrees: dict[str, int]) -> dict[str, int]:
    """The one-dimensional meshes in their order, by degree; where no experts are spread, `efsdp` is none."""
    data = degrees["dp_replicate"] * degrees["dp_shard"]
    sparse = degrees["dp_shard"] * degrees["cp"] * degrees["tp"] // degrees["ep"] if degrees["ep"] > 1 else 1
    return {
        "pp": degrees["pp"], "batch": data, "loss": data * degrees["cp"], "dp_replicate": degrees["dp_replicate"],
        "cp": degrees["cp"], "tp": degrees["tp"], "ep": degrees["ep"], "efsdp": sparse, "dp": data,
        "dp_shard": degrees["dp_shard"],
    }  # fmt: skip
