"""MaxText (AI-Hypercomputer/maxtext 0.2.5): what absl logs on the first host, on TPUs and on GPUs; each host has such a log.

Steps are counted from 0. Facts: common/metric_logger.py, common/checkpointing.py, trainers/pre_train/train.py, utils/max_utils.py,
utils/train_utils.py, utils/maxtext_utils.py and configs/base.yml of that version.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from math import exp, isnan, nan
from typing import ClassVar, NamedTuple

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.story.noise import fnv1a
from pysim.terminal.screen import Screen
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers

JAX = "0.12.0"  # which it was run with
_GIB = 2**30
_RATES = "TFLOP/s/device: %.3f, Tokens/s/device: %.3f, "
_LOGS_EVERY = 100  # log_period: how often TensorBoard is spoken of
_APART_SECONDS = 0.0002  # between lines that nothing is waited for, as a log has them
_THREADS, _PAGE = 2**24, 4096  # addresses of a thread's stack, from which its number comes
_FIRST_THREAD = 139_500_000_000_000
_ON_GPUS = ("nccl", "step")
_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_RECOMPUTES = {"none": "minimal", "selective": "minimal_flash", "op": "save_dot_except_mlp", "full": "full"}


class Message(NamedTuple):
    """What is logged, and by which line of which file."""

    place: str
    words: str
    letter: str = "I"


class MaxText(DialectView):
    """Writes a run as MaxText does."""

    DATE = "%m%d "

    def __init__(self, header: Header, screen: Screen) -> None:
        super().__init__(header, screen)
        self._thread = _FIRST_THREAD + fnv1a(f"{header.run_id} thread") % _THREADS * _PAGE
        self._is_tpu = header.vendor == "google"
        self._validation_interval = self.job.setup.validation_interval
        self._device = "TPU" if self._is_tpu else "GPU"
        self._run = f"{self.job.storage}/{header.run_name}"
        tokens = header.global_batch_size * header.sequence_length
        flops = self.job.flops_per_token(
            "megatron"
        )  # six a parameter but those of the input table, attention at half its square
        self._teraflops = flops * tokens / header.world_size / 1e12
        self._device_tokens = tokens / header.world_size
        self._experts = ", moe_lb_loss: 0.000000" if self.job.model.experts else ""

    def _line(self, seconds: float, place: str, words: str, letter: str = "I") -> str:
        second, us = self.stamps(seconds)
        return f"{letter}{second}.{us:06d} {self._thread} {place}] {words}"

    def _all(self, seconds: float, messages: Iterable[Message]) -> Lines:
        for index, message in enumerate(messages):
            yield from self._line(seconds + _APART_SECONDS * index, *message).split("\n")

    # Start

    def _initialising(self) -> Iterator[Message]:
        lines = (291, "for TPU backend") if self._is_tpu else (272, "for GPU backend")
        yield Message(f"max_utils.py:{lines[0]}", f"Attempting to initialize the jax distributed system {lines[1]}...")

    def _configured(self) -> Iterator[Message]:
        header = self.header
        on = (315, "on TPUs!") if self._is_tpu else (274, "on GPU!")
        yield Message(f"max_utils.py:{on[0]}", f"Jax distributed system initialized {on[1]}")
        chosen = sorted(self._parameters().items())
        yield from (Message("pyconfig.py:591", f"Config param {name}: {value}") for name, value in chosen)
        yield Message("max_utils.py:835", f"System Information: Jax Version: {JAX}")
        yield Message("max_utils.py:836", f"System Information: Jaxlib Version: {JAX}")
        for line, name in ((496, "dataset_path"), (498, "base_output_directory")):
            yield Message(f"train_utils.py:{line}", f"WARNING: '{name}' might be pointing your local file system")
        yield Message("maxtext_utils.py:2098", f"Num_devices: {header.world_size}, shape {self._mesh()}")

    def _mesh(self) -> tuple[int, ...]:
        """configs/base.yml: diloco, data, stage, fsdp, fsdp_transpose, context (3), tensor, tensor_sequence, expert, autoregressive."""
        header, setup = self.header, self.job.setup
        shards = {"ddp": 1, "zero1": 1, "hsdp": setup.shard_ranks}.get(header.sharding, setup.data_parallel)
        experts = header.expert_parallel
        data = max(1, setup.data_parallel // shards)
        return (
            1, data, header.pipeline_parallel, max(1, shards // experts), 1, header.context_parallel, 1, 1, header.tensor_parallel, 1,
            experts, 1,
        )  # fmt: skip

    def _parameters(self) -> dict[str, object]:
        """Those that the run decides, of some 860."""
        header, setup, model, chosen = self.header, self.job.setup, self.job.model, self.job.optimization
        batch = header.global_batch_size / header.world_size / setup.accumulation
        return {
            "adam_b1": chosen.beta1,
            "adam_b2": chosen.beta2,
            "adam_eps": chosen.epsilon,
            "adam_weight_decay": chosen.weight_decay,
            "async_checkpointing": False,
            "base_emb_dim": model.hidden_size,
            "base_mlp_dim": model.ffn_hidden_size,
            "base_num_decoder_layers": model.layers,
            "base_num_kv_heads": model.kv_heads,
            "base_num_query_heads": model.attention_heads,
            "base_output_directory": self.job.storage,
            "checkpoint_dir": f"{self._run}/checkpoints/",
            "checkpoint_period": setup.checkpoint_interval,
            "dtype": _DTYPES.get(header.precision, "bfloat16"),
            "eval_interval": setup.validation_interval,
            "eval_start_step": setup.validation_interval - 1,
            "eval_steps": header.validation_batches,
            "gradient_accumulation_steps": setup.accumulation,
            "gradient_clipping_threshold": chosen.clip_grad_norm,
            "hardware": self._device.lower(),
            "head_dim": model.head_dim,
            "learning_rate": chosen.peak_learning_rate,
            "max_target_length": header.sequence_length,
            "num_experts": max(1, model.experts),
            "num_experts_per_tok": max(1, model.experts_per_token),
            "opt_type": "OptimizerType.ADAMW",
            "per_device_batch_size": int(batch) if batch == int(batch) else batch,
            "remat_policy": _RECOMPUTES[setup.recompute],
            "run_name": header.run_name,
            "steps": header.total_steps,
            "vocab_size": model.vocab_size,
        }

    def _checkpointer(self) -> Iterator[Message]:
        deprecated = (
            "Specifying dataset_type upon checkpointer creation is deprecated and will be removed soon, this is now handled "
            "dynamically by Orbax Checkpointer."
        )
        yield Message("checkpointing.py:551", deprecated, "W")
        yield Message("checkpointing.py:557", "Creating checkpointer with ocdbt=True and zarr3=True")
        yield Message("checkpointing.py:590", "Checkpoint manager created!")
        words = "checkpoint manager exists so trying to load this run's existing checkpoint"
        yield Message("checkpointing.py:701", words)

    def _fresh(self) -> Iterator[Message]:
        yield Message("checkpointing.py:803", "No existing checkpoints found, not restoring checkpoint.")

    def _compiled(self) -> Iterator[Message]:
        """What the compiler makes of a step: states come in and go out in place, gradients and activations are temporary."""
        held, hardware = self.job.hardware, self.job.hardware
        states = (held.weight_bytes + held.optimizer_bytes) / _GIB
        temporary = (hardware.gradient_bytes + hardware.activation_bytes) / _GIB
        yield Message(
            "max_utils.py:823",
            f"[train] Total estimated memory size: {states + temporary:.1f} GB, estimated output size: {states:.1f} GB, "
            f"estimated temp size: {temporary:.1f} GB, estimated argument size: {states:.1f} GB, Estimated host temp size: 0.0 GB.",
        )
        yield Message("max_utils.py:829", "[train] Note that compiler could over-estimate the HBM usage.")
        billions = self.job.model.parameters / 1e9
        yield Message("metric_logger.py:425", f"number parameters: {billions:.3f} billion")

    def _found(self, e: ev.AcceleratorsDetected) -> Lines:
        return self._all(e.time_seconds, self._initialising())

    def _connected(self, e: ev.DistributedInitialised) -> Lines:
        return self._all(e.time_seconds, self._configured())

    def _ready(self, e: ev.OptimizerReady) -> Lines:
        return self._all(e.time_seconds, (*self._checkpointer(), *self._fresh()))

    def _started(self, e: ev.TrainingStarted) -> Lines:
        return self._all(e.time_seconds, self._compiled())

    def _rejoined(self, e: ev.GroupsRejoined) -> Lines:
        yield from self._all(e.time_seconds - e.seconds, self._initialising())
        yield from self._all(e.time_seconds, (*self._configured(), *self._checkpointer()))

    def _loading(self, e: ev.CheckpointLoadStarted) -> Lines:
        configured = _APART_SECONDS * (len(self._parameters()) + 10)  # lines that were written meanwhile
        return self._all(
            e.time_seconds + configured,
            (
                Message("checkpointing.py:705", f"restoring from this run's directory step {e.step - 1}"),
                Message("event_tracking.py:76", f"[process=0] [sync] Started load checkpoint @ {self._path(e.step)}."),
            ),
        )

    def _loaded(self, e: ev.CheckpointLoaded) -> Lines:
        words = f"[process=0] [sync] Finished load in {e.seconds:.2f} seconds @ {self._path(e.step)}"
        yield self._line(e.time_seconds, "event_tracking.py:184", words)

    def _resumed(self, e: ev.TrainingResumed) -> Lines:
        fresh = () if e.checkpoint else self._fresh()
        return self._all(e.time_seconds, (*fresh, *self._compiled()))

    # Steps

    @ByColumns
    def _steps(self, of: Columns) -> Iterable[Lines]:
        """Where a loss is not a number, it stops; nobody hears of it."""
        seconds, us = self.stamps.each(of.array("time_seconds"))
        losses, took = (
            self.finer_each(of.array("last_loss"), "loss", of.array("last")).tolist(),
            of.values("last_step_seconds"),
        )
        sizes = of.values("global_batch_size")
        fields = (
            seconds,
            us,
            map(self._growth, sizes),
            [step - 1 for step in of.values("last")],
            took,
            map(self._rates, sizes, took),
            [size * self.header.sequence_length for size in sizes],
            losses,
            losses,
            map(exp, losses),
        )
        lines = map(self._step.__mod__, zip(*fields, strict=True))
        for line, last, first, loss, time in zip(
            lines, of.values("last"), of.values("started_with"), losses, of.values("time_seconds"), strict=True
        ):
            if isnan(loss):
                yield ()
            elif last == first or self._is_special(last):
                yield self._with_others(line, time, last, is_first=last == first)
            else:
                yield (line,)

    def _is_special(self, last: int) -> bool:
        is_evaluated = last % self._validation_interval == 0 or last == self.header.total_steps
        return is_evaluated or (last - 1) % _LOGS_EVERY == 0

    def _with_others(self, line: str, seconds: float, last: int, *, is_first: bool) -> Lines:
        """What stands around the line of a step."""
        if last % self._validation_interval == 0 or last == self.header.total_steps:
            yield self._line(seconds, "train.py:917", f"Starting eval after train step {last - 1}")
        if is_first:
            yield from self._memory(seconds)
        yield line
        if (last - 1) % _LOGS_EVERY == 0:
            words = f"To see full metrics 'tensorboard --logdir={self._run}/tensorboard/'"
            yield self._line(seconds, "metric_logger.py:393", words)

    @cached_property
    def _step(self) -> str:
        return (
            f"I%s.%06d {self._thread} metric_logger.py:265] %scompleted step: %d, seconds: %.3f, %stotal_weights: %d, "
            f"loss: %.3f, lm_loss: %.3f, perplexity: %.3f{self._experts}"
        )

    def _growth(self, size: int) -> str:
        return "" if size == self.header.global_batch_size else "[Rampup Batch Size Phase], "

    def _rates(self, size: int, took: float) -> str:
        """Not told while the batch grows."""
        if size != self.header.global_batch_size:
            return ""
        return _RATES % (self._teraflops / took, self._device_tokens / took)

    def _memory(self, seconds: float) -> Lines:
        """Of every accelerator of the host."""
        hardware, header = self.job.hardware, self.header
        used, limit = round(hardware.reserved_bytes / _GIB, 2), round(hardware.memory_bytes / _GIB, 2)
        yield from self._line(seconds, "max_utils.py:780", "\nMemstats: After params initialized:").split("\n")
        for device in range(min(header.per_node, header.world_size)):
            name = f"TPU_{device}(process=0,({device % 2},{device // 2},0,0))" if self._is_tpu else f"cuda:{device}"
            words = f"\tUsing (GB) {used} / {limit} ({used / limit:%}) on {name}"
            yield self._line(seconds, "max_utils.py:786", words)

    def _validated(self, e: ev.ValidationCompleted) -> Lines:
        header = self.header
        loss = nan if e.loss is None else self.finer(e.loss, "validation", e.step)
        weights = float(header.validation_batches * header.global_batch_size * header.sequence_length)
        experts = ", avg_moe_lb_loss=0.000" if self._experts else ""
        words = (
            f"Completed eval after train step {e.step - 1}, loss={loss:.3f}, perplexity={exp(loss):.3f}, total_weights={weights}, "
            f"avg_z_loss=0.000{experts}"
        )
        yield self._line(e.time_seconds, "metric_logger.py:302", words)

    def _path(self, step: int) -> str:
        return f"{self._run}/checkpoints/{step - 1}"

    def _save(self, e: ev.CheckpointStarted) -> Lines:
        words = f"[process=0] [async] Started save checkpoint @ {self._path(e.step)}."
        yield self._line(e.time_seconds, "event_tracking.py:76", words)

    def _saved(self, e: ev.CheckpointCompleted) -> Lines:
        took = f"Finished save (blocking + background) in {e.seconds:.2f} seconds"
        yield self._line(e.time_seconds, "event_tracking.py:184", f"[process=0] [async] {took} @ {self._path(e.step)}")
        yield self._line(e.time_seconds, "checkpointing.py:598", f"Saved a checkpoint at step {e.step - 1}.")

    def _failed(self, e: ev.LogLine) -> Lines:
        """What PyTorch and torchrun say of a failure on GPUs is not among the words of a program that is built on JAX."""
        return self.failure(e) if self._is_tpu or e.speaker in _ON_GPUS else ()

    WRITERS: ClassVar[Writers] = {
        ev.AcceleratorsDetected: _found,
        ev.DistributedInitialised: _connected,
        ev.OptimizerReady: _ready,
        ev.TrainingStarted: _started,
        ev.StepsReported: _steps,
        ev.ValidationCompleted: _validated,
        ev.CheckpointStarted: _save,
        ev.CheckpointCompleted: _saved,
        ev.LogLine: _failed,
        ev.GroupsRejoined: _rejoined,
        ev.CheckpointLoadStarted: _loading,
        ev.CheckpointLoaded: _loaded,
        ev.TrainingResumed: _resumed,
    }
