"""OLMo-core (ai2-olmo-core 3.0.0): what rank 0 logs, in its plain form with tabs in a file and by rich on a terminal.

A line for each step, and the metrics of every fifth (`metrics_collect_interval`); warnings and errors come from any rank. Facts:
train/trainer.py, train/callbacks/*.py, train/train_module/transformer/*.py, nn/transformer/config.py, data/data_loader.py and utils.py of that
version.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate, pairwise, repeat
from math import exp
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.terminal.ansi import RESET, sgr
from pysim.terminal.screen import Screen
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Floats, Ints, Lines, Writers
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again

_GIB = 2**30
_METRICS_EVERY = 5  # steps
_EVALUATIONS_EVERY = 5  # batches
_COLLECTS_EVERY = 1000  # steps
_MILLISECOND_US = 1000
_APART_SECONDS = 0.004  # between lines that nothing is waited for
_SMALL, _WHOLE = 0.0001, 1000  # what is written with a point is between the two
_NO_PERPLEXITY_FROM = 10.0  # on
_HEADING = 3  # stamp, level, place: what rich prints before a message
_LAYER_TENSORS, _OTHER_TENSORS = 9, 3  # of a Llama: 21 in two layers, as a log says
_BACKENDS = {"flash-2": "flash_2", "flash-3": "flash_3"}
_RECOMPUTES = {"selective": "selected_modules", "op": "selected_ops", "full": "full"}
_WIDTHS = (("uint8", 2**8), ("uint16", 2**16), ("uint32", 2**32))
_CALLBACKS = ("checkpointer", "console_logger", "garbage_collector", "lm_evaluator", "gpu_monitor", "speed_monitor")
_EXCEPTION = re.compile(r"(?:[\w.]+\.)?(\w+(?:Error|Exception)): (.*)", re.DOTALL)

_TRAINER = "olmo_core.train.trainer"
_MODULE = "olmo_core.train.train_module.transformer"
_CALLBACK = "olmo_core.train.callbacks"
_CONSOLE = f"{_CALLBACK}.console_logger"
_MARKS = f"{_CONSOLE}:64"
_EVALUATOR = f"{_CALLBACK}.evaluator_callback"

# speed_monitor.py, get_device_peak_flops_per_second: dense, in half precision
_PEAKS = (
    ("H100 NVL", 835.5e12), ("H100 PCIe", 756.5e12), ("H100", 989.5e12), ("B200", 2.25e15), ("B300", 2.25e15), ("RTX PRO 6000", 504e12),
)  # fmt: skip
_OTHER_PEAK = 312e12


class Message(NamedTuple):
    """What is logged, and by which line of which module."""

    place: str
    words: str
    level: str = "INFO"


Metrics = Mapping[str, Floats]
"""Columns of metrics by name, in the order in which they are written."""


class _Chosen:
    """Some rows of columns."""

    def __init__(self, of: Columns, rows: Ints) -> None:
        self._of, self._rows = of, rows

    def array(self, name: str) -> NDArray[Any]:
        """As columns have them."""
        return self._of.array(name)[self._rows]


class Said(NamedTuple):
    """The same words of many steps: a template, and columns of what is filled in."""

    template: str
    columns: tuple[Iterable[object], ...]

    def __add__(self, more: "Said") -> "Said":  # type: ignore[override]  # it is no longer tuple that is meant
        return Said(self.template + more.template, self.columns + more.columns)

    def texts(self) -> Iterator[str]:
        """Step by step."""
        return map(self.template.__mod__, zip(*self.columns, strict=False))


class Olmo(DialectView):
    """Writes a run as OLMo-core does."""

    def __init__(self, header: Header, screen: Screen) -> None:
        super().__init__(header, screen)
        job = self.job
        self._is_plain = screen.is_unlimited
        self._total = header.total_steps
        self._hosts: dict[int, str] = {}  # by machine, each worked out once
        self._flops = job.flops_per_token(
            "megatron"
        )  # six a parameter but those of the input table, attention at half its square
        self._peak = next((peak for name, peak in _PEAKS if name in header.accelerator_title), _OTHER_PEAK)
        self._has_peak = header.precision != "fp32"
        model = job.model
        self._inner_parameters = model.parameters - model.vocab_size * model.hidden_size
        self._batch_tokens = header.global_batch_size * header.sequence_length

    # How a message is written

    def _say(self, seconds: float, place: str, words: str, level: str = "INFO") -> Lines:
        return self._written(seconds, Message(place, words, level))

    def _written(self, seconds: float, message: Message, host: str = "", local_rank: int = 0) -> Lines:
        place, words, level = message
        second, us = self.stamps(seconds)
        origin = host or self._host(seconds)
        if self._is_plain:
            heading = f"{second}.{us // 1000:03d}\t{origin}:{local_rank}\t{place}\t{level}\t"
            return (heading + words).split("\n")
        parts = (f"[{second}]", f"{level:<8}", f"[{place}, {origin}, rank={local_rank}]", words)
        return printed(parts, level, self.screen)

    def _host(self, seconds: float) -> str:
        """Of rank 0."""
        machine = self.job.machine(0, round(seconds * 1e6))
        if machine not in self._hosts:
            self._hosts[machine] = self.job.short_host(machine)
        return self._hosts[machine]

    def _all(self, seconds: float, messages: Iterable[Message]) -> Lines:
        for index, message in enumerate(messages):
            yield from self._written(seconds + _APART_SECONDS * index, message)

    # Start

    def _environment(self) -> Iterator[Message]:
        yield Message("olmo_core.utils:282", "Setting env var 'TOKENIZERS_PARALLELISM' to 'false'")
        yield Message("olmo_core.train:148", "Using distributed backend cpu:gloo,cuda:nccl")
        yield from self._model()
        yield from self._parallelism()
        yield Message(f"{_MODULE}.common:148", "Initializing model weights...")

    def _model(self) -> Iterator[Message]:
        model = self.job.model
        backend = _BACKENDS.get(self.job.setup.attention_kernel, "torch")
        place = "olmo_core.nn.transformer.config"
        sizes = f"{model.parameters:,d} total params", f"{self._inner_parameters:,d} non-embedding params"
        yield Message(f"{place}:383", f"Building transformer with {', '.join(sizes)}")
        yield from [Message("olmo_core.nn.attention:806", f"Using attention backend '{backend}'")] * model.layers
        trainable = f"{model.parameters:,d} trainable params"
        yield Message(f"{place}:458", "\n- ".join(("Built model with:", *sizes, trainable)))

    def _parallelism(self) -> Iterator[Message]:
        header, setup = self.header, self.job.setup
        mesh = _mesh(self._dimensions())
        yield Message("olmo_core.distributed.parallel:252", f"Built {mesh}")
        yield Message(f"{_MODULE}.train_module:177", f"Data parallel world size = {setup.data_parallel:,d}")
        place = f"{_MODULE}.common"
        if header.context_parallel > 1:
            applied = f"Applied context parallelism to the model with {_mesh({'cp': header.context_parallel})}"
            yield Message(f"{place}:71", applied)
        if header.tensor_parallel > 1:
            applied = f"Applied tensor parallelism to the model with {_mesh({'tp': header.tensor_parallel})}"
            yield Message(f"{place}:82", applied)
        if setup.recompute in _RECOMPUTES:
            mode = _RECOMPUTES[setup.recompute]
            yield Message(f"{place}:104", f"Applied '{mode}' activation checkpointing to the model")
        if setup.execution != "eager":
            yield Message(f"{place}:111", "Applied torch.compile() to the model")
        data = _mesh({name: degree for name, degree in self._dimensions().items() if name.startswith("dp")})
        kind, line = ("DDP", 143) if header.sharding == "ddp" else ("FSDP", 137)
        yield Message(f"{place}:{line}", f"Applied {kind} to the model with {data}")

    def _dimensions(self) -> dict[str, int]:
        """Of the mesh, in their order; what is not parallel has none."""
        header, setup = self.header, self.job.setup
        data = {"dp": setup.data_parallel}
        if header.sharding == "hsdp":
            shards = setup.shard_ranks
            data = {"dp_replicate": max(1, setup.data_parallel // shards), "dp_shard": shards}
        others = {"cp": header.context_parallel, "tp": header.tensor_parallel}
        pipeline = {"pp": header.pipeline_parallel} if header.pipeline_parallel > 1 else {}
        return pipeline | data | {name: degree for name, degree in others.items() if degree > 1}

    def _optimizer(self) -> Iterator[Message]:
        model, chosen = self.job.model, self.job.optimization
        yield Message(f"{_MODULE}.train_module:237", "Building optimizer...")
        yield Message("olmo_core.optim.config:202", "Building AdamW optimizer with 1 param group(s)...")
        if not (model.experts or model.linear_biases or model.qkv_biases or model.tied_embeddings or model.norm_biases):
            tensors = model.layers * _LAYER_TENSORS + _OTHER_TENSORS
            fields = {
                "lr": chosen.peak_learning_rate, "betas": (chosen.beta1, chosen.beta2), "eps": chosen.epsilon,
                "weight_decay": chosen.weight_decay, "amsgrad": False, "maximize": False, "foreach": None, "capturable": False,
                "differentiable": False, "fused": None, "decoupled_weight_decay": True, "initial_lr": chosen.peak_learning_rate,
            }  # fmt: skip
            listed = "".join(f"\n - {name}: {value}" for name, value in fields.items())
            yield Message("olmo_core.optim.config:210", f"Group 0, {tensors} parameter(s):{listed}")
        dtype = next(name for name, most in _WIDTHS if model.vocab_size <= most)
        yield Message("olmo_core.data.numpy_dataset:2696", f"Assuming dtype '{dtype}' based on vocab size")
        yield Message(f"{_TRAINER}:392", "Creating new process group for async bookkeeping")

    def _fresh(self) -> Iterator[Message]:
        words = f"No checkpoint found in save folder ('{self.job.storage}') or load path ('None'), will train from scratch..."
        yield Message(f"{_TRAINER}:725", words, "WARNING")

    def _fit(self, step: int, *, again: bool) -> Iterator[Message]:
        """What comes before the first batch."""
        header, hardware = self.header, self.job.hardware
        yield Message(f"{_TRAINER}:732", "Callback order:")
        yield from (
            Message(f"{_TRAINER}:734", f"  - Callback {number}: {name}") for number, name in enumerate(_CALLBACKS, 1)
        )
        yield Message(f"{_TRAINER}:737", f"Training for {header.total_steps:,d} steps")
        words = f"Automatic GC disabled for training, will run GC every {_COLLECTS_EVERY} steps"
        yield Message(f"{_CALLBACK}.garbage_collector:33", words)
        taken = (hardware.weight_bytes + hardware.optimizer_bytes) / _GIB
        name = header.accelerator_title
        yield Message(
            f"{_CALLBACK}.gpu_memory_monitor:41",
            f"GPU capacity: {name} with {hardware.memory_bytes / _GIB:.2f}GiB memory of which {taken:.2f}GiB is currently "
            f"allocated and {taken:.2f}GiB is currently reserved.",
        )
        peak = int(self._peak) if self._has_peak else None
        yield Message(f"{_CALLBACK}.speed_monitor:152", f"Device: {name}, Device peak Flops/s: {peak}")
        yield Message(f"{_TRAINER}:1666", "Starting forward/backward dry-run batch...")
        yield Message(f"{_TRAINER}:1668", "Dry-run complete")
        epoch = self._epoch(step)
        instances = self.job.corpus.tokens // header.sequence_length
        file = f"{self.job.storage}/dataset-cache/global_indices_dataset_size{instances}_epoch{epoch}_seed{header.seed}_v1.npy"
        of = f"for seed {header.seed} and epoch {epoch}"
        loader = "olmo_core.data.data_loader"
        if again:
            yield Message(f"{loader}:517", f"Using existing global indices file {of} at:\n'{file}'")
        else:
            yield Message(f"{loader}:522", f"Saving global data order indices {of} to:\n'{file}'...")
            yield Message(f"{loader}:532", f"Global data order indices saved to:\n'{file}'")

    def _epoch(self, step: int) -> int:
        return max(0, step - 1 - self.header.extra_steps) // self.header.steps_per_epoch + 1

    def _connected(self, e: ev.DistributedInitialised) -> Lines:
        return self._all(e.time_seconds, self._environment())

    def _rejoined(self, e: ev.GroupsRejoined) -> Lines:
        return self._all(e.time_seconds, (*self._environment(), *self._optimizer()))

    def _ready(self, e: ev.OptimizerReady) -> Lines:
        return self._all(e.time_seconds, self._optimizer())

    def _started(self, e: ev.TrainingStarted) -> Lines:
        yield from self._all(e.time_seconds, (*self._fresh(), *self._fit(e.first_step, again=False)))

    def _loading(self, e: ev.CheckpointLoadStarted) -> Lines:
        built = _APART_SECONDS * (self.job.model.layers + 20)  # lines that were written meanwhile
        return self._say(
            e.time_seconds + built, f"{_TRAINER}:1106", f"Loading checkpoint from '{self._path(e.step)}'..."
        )

    def _loaded(self, e: ev.CheckpointLoaded) -> Lines:
        header = self.header
        done = e.step % header.steps_per_epoch if header.epochs > 1 else e.step
        resumes = f"Data loader will resume from batch {done:,d}/{header.steps_per_epoch:,d}"
        based = f"based on batch size of {self._batch_tokens:,d} tokens"
        return self._all(
            e.time_seconds,
            (
                Message("olmo_core.data.data_loader:761", f"{resumes} {based}"),
                Message(
                    f"{_TRAINER}:1035", f"Will resume training from step {e.step}, epoch {self._epoch(e.step + 1)}"
                ),
                Message(f"{_TRAINER}:1128", "Checkpoint successfully loaded"),
            ),
        )

    def _resumed(self, e: ev.TrainingResumed) -> Lines:
        begun = Message(f"{_TRAINER}:1683", f"Starting epoch {self._epoch(e.step)}...")
        fresh = () if e.checkpoint else self._fresh()
        return self._all(e.time_seconds + 4 * _APART_SECONDS, (*fresh, *self._fit(e.step, again=True), begun))

    def _epoch_started(self, e: ev.EpochStarted) -> Lines:
        fitted = _APART_SECONDS * (len(_CALLBACKS) + 12) if e.step == 1 else 0.0  # lines that were written meanwhile
        return self._say(e.time_seconds + fitted, f"{_TRAINER}:1683", f"Starting epoch {e.epoch}...")

    def _epoch_completed(self, e: ev.EpochCompleted) -> Lines:
        if e.epoch < e.epochs:  # after the last one training is complete, and nothing more is said of it
            yield from self._say(e.time_seconds, f"{_TRAINER}:1752", "Epoch complete")

    # Steps

    @ByColumns
    def _steps(self, of: Columns) -> Iterable[Lines]:
        """Where a loss is not a number, it stops; nobody hears of it."""
        lasts = of.array("last")
        told: list[Lines] = [()] * len(lasts)
        measured = (lasts % _METRICS_EVERY == 0) | (lasts == 1)
        for rows, lines in (*self._quiet(of, np.flatnonzero(~measured)), *self._measured(of, np.flatnonzero(measured))):
            for row, each in zip(rows.tolist(), lines, strict=True):
                told[row] = each
        for row in np.flatnonzero(lasts % _COLLECTS_EVERY == 0).tolist():
            collects = self._say(
                of.values("time_seconds")[row], f"{_CALLBACK}.garbage_collector:40", "Running garbage collection"
            )
            told[row] = (*collects, *told[row])
        for row in np.flatnonzero(np.isnan(of.array("last_loss"))).tolist():
            told[row] = ()
        return told

    def _quiet(self, of: Columns, rows: Ints) -> Iterator[tuple[Ints, Iterable[Lines]]]:
        """Of steps of which nothing is measured."""
        if len(rows):
            chosen = _Chosen(of, rows)
            yield rows, self._told(chosen, _MARKS, self._mark(chosen) + Said("]", ()))

    def _measured(self, of: Columns, rows: Ints) -> Iterator[tuple[Ints, Iterable[Lines]]]:
        """Of the others; those of which the same is said together."""
        if not len(rows):
            return
        first_seconds = self.job.first_step_us(round(float(of.array("time_seconds")[0]) * 1e6)) / 1e6
        every = _Chosen(of, rows)
        losses = self.finer_each(every.array("last_loss"), "loss", every.array("last"))
        kinds = list(
            zip(
                np.isnan(every.array("last_grad_norm")).tolist(),
                (every.array("last") > every.array("started_with")).tolist(),
                (losses < _NO_PERPLEXITY_FROM).tolist(),
                strict=True,
            )
        )
        for kind in dict.fromkeys(kinds):
            alike = np.array([row for row, each in enumerate(kinds) if each == kind], np.int64)
            chosen = _Chosen(of, rows[alike])
            metrics = self._metrics(chosen, losses[alike], first_seconds, kind)
            marked = self._mark(chosen) + self._end(chosen, first_seconds)
            said = sum((below(name, values) for name, values in metrics.items()), start=marked)
            yield rows[alike], self._told(chosen, f"{_CONSOLE}:71", said)

    def _told(self, of: _Chosen, place: str, said: Said) -> Iterator[Lines]:
        """Of steps of one process: meanwhile nothing takes a machine's place."""
        times = of.array("time_seconds")
        if not self._is_plain:
            messages = (Message(place, words) for words in said.texts())
            return map(self._written, times.tolist(), messages)
        heading = self.stamps.each(times, _MILLISECOND_US)
        origin = self._host(float(times[0]))
        texts = (Said(f"%s.%03d\t{origin}:0\t{place}\tINFO\t", heading) + said).texts()
        return (text.split("\n") for text in texts) if "\n" in said.template else zip(texts, strict=True)

    def _mark(self, of: _Chosen) -> Said:
        """How the bracket begins."""
        return Said(
            "[step=%d/%d,epoch=%d", (of.array("last").tolist(), repeat(self._total), of.array("epoch").tolist())
        )

    def _metrics(self, of: _Chosen, losses: Floats, first_seconds: float, kind: tuple[bool, bool, bool]) -> Metrics:
        """What is told of steps of a kind, in order: whether they overflowed, follow others of the process, have a perplexity."""
        overflowed, goes_on, has_perplexity = kind
        metrics = {**self._memory(of), "optim/LR (group 0)": of.array("learning_rate")}
        if not overflowed:
            digits = self.finer_each(np.zeros(len(losses)), "norm", of.array("last"))
            metrics["optim/total grad norm"] = of.array("last_grad_norm") + 10 * digits
        if goes_on:
            done, seconds = _since_first(of, first_seconds)
            metrics |= self._throughput(of, done / seconds)
        metrics["train/CE loss"] = losses
        if has_perplexity:
            metrics["train/PPL"] = np.array(list(map(exp, losses.tolist())))
        return metrics

    def _end(self, of: _Chosen, first_seconds: float) -> Said:
        """How the bracket ends."""
        lefts, (done, seconds) = self._total - of.array("last"), _since_first(of, first_seconds)
        minutes = np.where(done > 0, lefts * seconds / np.maximum(done, 1) // 60, 0.0).astype(np.int64) + 1
        told: list[int] = np.where((lefts > 0) & (done > 0), minutes, 0).tolist()
        ends = {each: f",eta={_duration(60 * each)}]" if each else "]" for each in dict.fromkeys(told)}
        return Said("%s", (map(ends.__getitem__, told),))

    def _memory(self, of: _Chosen) -> dict[str, Floats]:
        hardware, reserved = self.job.hardware, of.array("memory_bytes")
        active = np.zeros(len(reserved)) + hardware.allocated_bytes
        takes = {"active": active, "reserved": reserved - hardware.context_bytes}
        return {
            f"gpu_memory/GPU {name} mem ({unit})": values
            for name, taken in takes.items()
            for unit, values in (("%", 100 * taken / hardware.memory_bytes), ("GiB", taken / _GIB))
        }

    def _throughput(self, of: _Chosen, mean_rate: Floats) -> Metrics:
        """Of the last step, and of all since the first one of the process."""
        each, tokens = self._batch_tokens / self.header.world_size, of.array("tokens")
        rate = 1 / of.array("last_step_seconds")
        flops, mean_flops = each * rate * self._flops, each * mean_rate * self._flops
        used = {
            "throughput/device/MFU": 100 * flops / self._peak,
            "throughput/device/MFU (actual avg)": 100 * mean_flops / self._peak,
        }
        return {
            "throughput/chinchilla multiple": tokens / (20 * self._inner_parameters),
            "throughput/device/BPS": rate,
            "throughput/device/BPS (actual avg)": mean_rate,
            **(used if self._has_peak else {}),
            "throughput/device/TFLOPs_per_GPU": flops / 1e12,
            "throughput/device/TPS": each * rate,
            "throughput/device/TPS (actual avg)": each * mean_rate,
            "throughput/device/flopsPS": flops,
            "throughput/device/flopsPS (actual avg)": mean_flops,
            "throughput/total petaflops": tokens.astype(np.float64) * self._flops / 1e15,
            "throughput/total tokens": tokens,
        }

    # Validation and checkpoints

    def _validate(self, e: ev.ValidationStarted) -> Lines:
        return self._say(e.time_seconds, f"{_EVALUATOR}:140", "Running lm evals...")

    def _validated(self, e: ev.ValidationCompleted) -> Lines:
        batches, label = self.header.validation_batches, f"{self.job.corpus.name}-validation"
        loss = float("nan") if e.loss is None else self.finer(e.loss, "validation", e.step)
        for batch in range(1, batches + 1):
            if batch % _EVALUATIONS_EVERY == 0 or batch == batches:
                seconds = e.time_seconds - e.seconds * (batches - batch) / batches
                yield from self._say(seconds, f"{_EVALUATOR}:221", f"[eval=lm,step={batch}/{batches}]")
        metrics = f"    {label}/CE loss={formatted(loss)}\n    {label}/PPL={formatted(exp(loss))}"
        finished = f"Finished lm evals in {e.seconds:.1f} seconds. Metrics:\n{metrics}"
        each = f"    {label}/CE loss (+variants): {e.seconds:.1f} sec ({batches} batches)"
        total = f"    Total evaluation time: {e.seconds:.1f} seconds ({batches} batches)"
        yield from self._say(e.time_seconds, f"{_EVALUATOR}:184", finished)
        yield from self._say(e.time_seconds, f"{_EVALUATOR}:204", f"Evaluation speed:\n{each}\n{total}")

    def _path(self, step: int) -> str:
        return f"{self.job.storage}/step{step}"

    def _waited(self) -> Iterator[Message]:
        yield Message(f"{_TRAINER}:1566", "Waiting for bookkeeping ops to finish: 'reduce_metrics' (1 ops)...")
        yield Message(f"{_TRAINER}:1571", "All bookkeeping ops complete")

    def _save(self, e: ev.CheckpointStarted) -> Lines:
        saves = Message(f"{_TRAINER}:1177", f"Saving checkpoint for step {e.step} to '{self._path(e.step)}'...")
        return self._all(e.time_seconds, (saves, *self._waited()))

    def _saved(self, e: ev.CheckpointCompleted) -> Lines:
        return self._say(e.time_seconds, f"{_TRAINER}:1197", "Checkpoint saved")

    def _completed(self, e: ev.TrainingCompleted) -> Lines:
        return self._all(e.time_seconds, (*self._waited(), Message(f"{_TRAINER}:782", "Training complete")))

    def _failed(self, e: ev.LogLine) -> Lines:
        """An exception is logged where it ends the training, and once more where nobody catches it."""
        found = _EXCEPTION.fullmatch(e.words) if e.speaker == "trainer" and e.level == "error" and e.is_shown else None
        if found is None:
            yield from self.failure(e)
            return
        name, words = found[1], found[2].rstrip("\n")
        host, rank = e.host, e.local_rank or 0
        failed = Message(f"{_TRAINER}:764", f"Training failed due to:\n{name}: {words}", "ERROR")
        uncaught = Message("olmo_core.utils:445", f"Uncaught {name}: {words}", "CRITICAL")
        yield from self._written(e.time_seconds, failed, host, rank)
        yield from self._written(e.time_seconds, uncaught, host, rank)

    WRITERS: ClassVar[Writers] = {
        ev.LauncherWarned: threads_warned,
        ev.DistributedInitialised: _connected,
        ev.OptimizerReady: _ready,
        ev.TrainingStarted: _started,
        ev.EpochStarted: _epoch_started,
        ev.EpochCompleted: _epoch_completed,
        ev.StepsReported: _steps,
        ev.ValidationStarted: _validate,
        ev.ValidationCompleted: _validated,
        ev.CheckpointStarted: _save,
        ev.CheckpointCompleted: _saved,
        ev.LogLine: _failed,
        ev.JobRelaunched: threads_warned_again,
        ev.GroupsRejoined: _rejoined,
        ev.CheckpointLoadStarted: _loading,
        ev.CheckpointLoaded: _loaded,
        ev.TrainingResumed: _resumed,
        ev.TrainingCompleted: _completed,
    }


def _since_first(of: _Chosen, first_seconds: float) -> tuple[Ints, Floats]:
    """Steps since the first one of the process, and how long they took."""
    return of.array("last") - of.array("started_with"), of.array("time_seconds") - first_seconds


def below(name: str, values: Floats) -> Said:
    """A metric of many steps, in a row of its own."""
    return Said(f"\n    {name.replace('%', '%%')}=", ()) + _spelled(values)


def _spelled(values: Floats) -> Said:
    """Numbers as they are formatted; what lies between two that are written in one way is written so."""
    if values.min() == values.max():
        return Said("%s", (repeat(formatted(values[0].item())),))
    sizes = np.abs(values)
    least, most = _way(float(sizes.min())), _way(float(sizes.max()))
    (kind, factor, decimals), is_short = least, sizes.max() < _NEARLY_WHOLE * least[1]
    if most[0] == kind and kind not in _WITHOUT_DIGITS and is_short:
        scaled: list[float] = (values / factor).tolist() if kind != _PLAIN else values.tolist()
        digits = Said(_DECIMALS[decimals], (scaled,))
        if most[2] != decimals:
            digits = Said("%.*f", (_decimals_each(sizes / factor), scaled))
        return digits if kind == _PLAIN else digits + Said("%s", (repeat(kind),))
    if least == most and kind == _GROUPED:
        return Said("%s", (_grouped(values),))
    write = _writer(*least) if least == most and not np.isnan(values).any() else formatted
    return Said("%s", (list(map(write, values.tolist())),))


def formatted(value: float) -> str:
    """utils.py, format_float: four digits, more or less."""
    return _writer(*_way(abs(value)))(value)


_DECIMALS = ("%.0f", "%.1f", "%.2f", "%.3f", "%.4f")
_PLAIN, _GROUPED, _POWER, _AS_IT_IS = "plain", "grouped", "power", "as it is"
_WITHOUT_DIGITS = (_GROUPED, _POWER, _AS_IT_IS)  # that count as decimals
_NEARLY_WHOLE = 999.9  # what is less is not rounded to four digits before the point


def _way(size: float) -> tuple[str, float, int]:
    """How a number of a size is written: the kind of way, what it is divided by, digits after the point."""
    if _SMALL <= size < _WHOLE:
        return _PLAIN, 1.0, _decimals(size)
    if size != size or size in (0, float("inf")):  # noqa: PLR0124 - not a number
        return _AS_IT_IS, 1.0, 0
    for suffix, factor in (("E", 1e18), ("P", 1e15), ("T", 1e12), ("B", 1e9)):
        if size >= factor:
            return suffix, factor, _decimals(size / factor)
    return (_POWER if size < _SMALL else _GROUPED), 1.0, 0


@lru_cache
def _writer(kind: str, factor: float, decimals: int) -> Callable[[float], str]:
    if kind == _PLAIN:
        return f"%.{decimals}f".__mod__
    if kind == _GROUPED:
        return lambda value: f"{int(value):,d}"
    if kind == _POWER:
        return "{:.2E}".format
    if kind == _AS_IT_IS:
        return lambda value: str(value + 0.0)  # zero has no sign
    return lambda value: f"{value / factor:,.{decimals}f}{kind}"


def _decimals(size: float) -> int:
    return 4 - (size > 1) - (size > 10) - (size > 100)  # noqa: PLR2004 - as it stands there


def _decimals_each(sizes: Floats) -> list[int]:
    """The same of many."""
    decimals: list[int] = (4 - (sizes > 1).astype(np.int64) - (sizes > 10) - (sizes > 100)).tolist()  # noqa: PLR2004
    return decimals


def _grouped(values: Floats) -> list[str]:
    return [f"{value:,d}" for value in values.astype(np.int64).tolist()]


def _duration(seconds: int) -> str:
    """utils.py, format_timedelta, without what parts its parts."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    told = f"{days}d" if days > 0 else ""
    told += f"{hours}h" if hours else ""
    told += f"{minutes}m" if minutes else ""
    return f"{told}{rest}s" if rest else told or "0s"


def _mesh(dimensions: dict[str, int]) -> str:
    shape = ", ".join(f"{name}={degree}" for name, degree in dimensions.items())
    comma = "," if len(dimensions) == 1 else ""
    return f"{len(dimensions)}D device mesh with shape ({shape}{comma})"


_LEVELS = {"INFO": sgr(34), "WARNING": sgr(33), "ERROR": sgr(1, 31), "CRITICAL": sgr(1, 7, 31)}


def printed(parts: tuple[str, ...], level: str, screen: Screen) -> Lines:
    """As rich's console prints them: broken between words, each piece in its look."""
    looks = (sgr(2, 36), _LEVELS[level], sgr(2)) if screen.color else ("",) * _HEADING
    ends = list(accumulate(len(part) + 1 for part in parts[:_HEADING]))
    spans = [(end - len(part) - 1, end - 1, look) for part, end, look in zip(parts, ends, looks, strict=False)]
    start = 0
    for paragraph in " ".join(parts).split("\n"):
        for begin, end in pairwise((0, *_breaks(paragraph, screen.columns), len(paragraph))):
            yield _styled(paragraph[begin:end], start + begin, spans, screen.columns)
        start += len(paragraph) + 1


def _styled(row: str, begin: int, spans: list[tuple[int, int, str]], columns: int) -> str:
    row = row[:columns] if row[columns:].isspace() else row
    pieces: list[str] = []
    done = 0
    for first, last, look in spans:
        low, high = max(first - begin, done), min(last - begin, len(row))
        if look and low < high:
            pieces += (row[done:low], look, row[low:high], RESET)
            done = high
    return "".join((*pieces, row[done:]))


def _breaks(text: str, columns: int) -> Iterator[int]:
    """Where a line is broken: before a word for which there is no room, within one that is wider than a row."""
    place = 0
    for word in re.finditer(r"\s*\S+\s*", text):
        width = len(word[0].rstrip())
        if place + width <= columns:
            place += len(word[0])
            continue
        if width > columns:
            for fold in range(word.start(), word.end(), columns):
                if fold:
                    yield fold
            place = len(word[0]) % columns or columns
        else:
            if word.start():
                yield word.start()
            place = len(word[0])
