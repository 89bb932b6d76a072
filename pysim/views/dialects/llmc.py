"""llm.c (karpathy/llm.c f1e2ace, train_gpt2.cu): what its processes print, started by mpirun, which writes the output of all as one.

Rank 0 prints nearly everything. There is no Python in it: of a failure its output has what NCCL says.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers

_MEBIBYTE = 2**20
_FRAME = f"+{'-' * 23}+{'-' * 52}+"
_PADDED_VOCABULARY = 50304  # from 50257 entries
_WINDOW = 128
_SMOOTHING = 0.95
_HALF, _FULL = 2, 4  # bytes of a weight in bf16, of a statistic
_SAMPLED_TOKENS = 64  # -g
_DEPTHS = (6, 12, 24, 36, 48, 60, 72, 84)  # of GPT-2 that it has a name for
_PROMISED: Mapping[str, float] = MappingProxyType(  # TFLOP/s in bf16 by the name of the device, llmc/mfu.h
    {
        "Tesla V100-SXM2-32GB": -1.0,
        "NVIDIA A100-SXM4-40GB": 312.0,
        "NVIDIA A100-SXM4-80GB": 312.0,
        "NVIDIA H100 PCIe": 756.0,
        "NVIDIA H100 80GB HBM3": 756.0 * (528 / 456) * (1830 / 1620),
        "NVIDIA GeForce RTX 3090": 80.0 * (328 / 336) * (1695 / 1860),
        "NVIDIA GeForce RTX 4090": 165.2,
    }
)
_NO_NUMBER = float("nan")
_LIBRARIES = ("nccl", "step")
_STEP = "step %4d/TOTAL | loss %7.6f (%+.2fz)| norm %6.4f (%+.2fz)| lr %.2e | %.2f ms | %.1f%% bf16 MFU | %.0f tok/s"


class LlmC(DialectView):
    """Writes a run as llm.c does."""

    # Start

    def launch(self, _e: ev.AcceleratorsDetected | ev.JobRelaunched) -> Lines:
        """All that was asked for, as a table."""
        header, setup, optimization = self.header, self.job.setup, self.job.optimization
        corpus = self.job.corpus.name
        yield from (_FRAME, f"| {'Parameter':<21} | {'Value':<50} |", _FRAME)
        yield from _rows(
            (
                ("train data pattern", f"dev/data/{corpus}/{corpus}_train_*.bin"),
                ("val data pattern", f"dev/data/{corpus}/{corpus}_val_*.bin"),
                ("output log dir", self.job.storage),
                ("checkpoint_every", setup.checkpoint_interval),
                ("resume", 1),
                ("micro batch size B", setup.micro_batch_size),
                ("sequence length T", header.sequence_length),
                ("total batch size", header.global_batch_size * header.sequence_length),
                ("LR scheduler", optimization.schedule),
                ("learning rate (LR)", f"{optimization.peak_learning_rate:e}"),
                ("warmup iterations", optimization.warmup_steps),
                ("final LR fraction", f"{optimization.final_learning_rate / optimization.peak_learning_rate:e}"),
                ("weight decay", f"{optimization.weight_decay:e}"),
                ("skip update lossz", f"{0.0:f}"),
                ("skip update gradz", f"{0.0:f}"),
                ("max_steps", header.total_steps),
                ("val_loss_every", setup.validation_interval),
                ("val_max_steps", self._validation_batches),
                ("sample_every", 0),
                ("genT", _SAMPLED_TOKENS),
                ("overfit_single_batch", 0),
                ("use_master_weights", "enabled"),
                ("gelu_fusion", 0),
                ("recompute", int(setup.recompute != "none")),
            )
        )
        precision = "FP32" if header.precision == "fp32" else "BF16"
        yield from _rows(
            (
                ("device", header.accelerator_title),
                ("peak TFlops", f"{self._promised:.1f}"),
                ("precision", precision),
            )
        )

    def build(self, _e: ev.ModelReady) -> Lines:
        """A model from nothing."""
        return self._new()

    def _new(self) -> Lines:
        model = self.job.model
        is_gpt2 = model.layers in _DEPTHS and model.context_length == 1024  # noqa: PLR2004 - of GPT-2
        return self._model(f"d{model.layers}" if is_gpt2 else f"gpt3:c{model.hidden_size}")

    def load(self, _e: ev.CheckpointLoadStarted) -> Lines:
        """The same from a checkpoint."""
        return self._model("intermediate checkpoint")

    def resume(self, e: ev.TrainingResumed) -> Lines:
        """Where there was none, a model from nothing."""
        if not e.checkpoint:
            yield from self._new()

    def _model(self, method: str) -> Lines:
        header, model, setup = self.header, self.job.model, self.job.setup
        yield from _rows(
            (
                ("weight init method", method),
                ("max_sequence_length T", model.context_length),
                ("vocab_size V", model.vocab_size),
                ("padded_vocab_size Vp", _PADDED_VOCABULARY),
                ("num_layers L", model.layers),
                ("num_heads NH", model.attention_heads),
                ("channels C", model.hidden_size),
                ("num_parameters", self._parameters),
            )
        )
        yield from _rows((("train_num_batches", header.total_steps), ("val_num_batches", self._validation_batches)))
        yield from _rows((("run hellaswag", "no"),))
        yield from _rows((("num_processes", header.world_size), ("zero_stage", self._stage)))
        yield "HellaSwag eval not found at dev/data/hellaswag/hellaswag_val.bin, skipping its evaluation"
        yield "You can run `python dev/data/hellaswag.py` to export and use it with `-h 1`."
        size = self._parameters * _HALF
        yield f"num_parameters: {self._parameters} => bytes: {size}"
        yield f"allocated {size // _MEBIBYTE} MiB for model parameters"
        yield (
            f"batch_size B={setup.micro_batch_size} * seq_len T={header.sequence_length} * "
            f"num_processes={header.world_size} and total_batch_size={header.global_batch_size * header.sequence_length}"
        )
        yield f"=> setting grad_accum_steps={setup.accumulation}"
        yield from self._memory(size)

    def _memory(self, size: int) -> Lines:
        batch, shard = (
            self.job.setup.micro_batch_size,
            self._parameters // (self.header.world_size if self._stage else 1),
        )
        each = self._activations()
        yield f"allocating {size // _MEBIBYTE} MiB for parameter gradients"
        yield f"allocating {each * batch // _MEBIBYTE} MiB for activations"
        optimizer = shard * _FULL // _MEBIBYTE
        for what in ("AdamW optimizer state m", "AdamW optimizer state v", "master copy of params"):
            yield f"allocating {optimizer} MiB for {what}"
        hardware = self.job.hardware
        used = 2 * size + each * batch + 3 * shard * _FULL + hardware.workspace_bytes
        yield f"device memory usage: {used // _MEBIBYTE} MiB / {hardware.memory_bytes // _MEBIBYTE} MiB"
        yield f"memory per sequence: {each // _MEBIBYTE} MiB"
        yield f" -> estimated maximum batch size: {batch + max(hardware.memory_bytes - used, 0) // each}"

    def _activations(self) -> int:
        """Bytes of one sequence: fill_in_activation_sizes, with cuDNN's attention."""
        model, length, width = self.job.model, self.header.sequence_length, self.job.model.hidden_size
        layers, heads = model.layers, model.attention_heads
        feed_forward = 1 if self.job.setup.recompute != "none" else layers
        of_width = 1 + 5 * layers + 1 + 3 * layers + 4 * layers + 4 * feed_forward + 1 + 4  # encoded .. scratch
        output = max(3 * width, _PADDED_VOCABULARY, heads * length)
        statistics = 4 * layers + 2 + 1 + layers * heads
        return length * (_HALF * (of_width * width + output) + _FULL * statistics)

    @property
    def _stage(self) -> int:
        return {"ddp": 0}.get(self.header.sharding, 1)

    @property
    def _parameters(self) -> int:
        """With a padded vocabulary."""
        model = self.job.model
        return model.parameters + (_PADDED_VOCABULARY - model.vocab_size) * model.hidden_size

    @property
    def _validation_batches(self) -> int:
        header, setup = self.header, self.job.setup
        return header.validation_batches * header.global_batch_size // (setup.micro_batch_size * header.world_size)

    @property
    def _promised(self) -> float:
        return _PROMISED.get(self.header.accelerator_title, -1.0)

    # Steps

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """How far loss and gradient norm are from those of the window before, and a rate that is corrected for its start."""
        tokens = self.header.global_batch_size * self.header.sequence_length
        last, seconds = of.array("last"), of.array("last_step_seconds")
        losses = self.finer_each(of.array("last_loss"), "loss", last << 32 | last)
        digits = self.finer_each(np.zeros(len(last)), "norm", last << 32 | last)  # of which a run has three
        mfu = float(self._flops * tokens) / seconds / (self._promised * 1e12 * self.header.world_size)
        rates = map(
            _rate,
            of.values("running_rate"),
            of.values("last"),
            of.values("started_with"),
            of.values("last_step_seconds"),
        )
        fields = (
            of.values("last"),
            losses.tolist(),
            of.array("loss_deviation").tolist(),
            (of.array("last_grad_norm") + 10 * digits).tolist(),
            of.array("grad_norm_deviation").tolist(),
            of.values("learning_rate"),
            (seconds * 1e3).tolist(),
            (100 * mfu).tolist() if self._promised > 0 else [-100.0] * len(last),
            [tokens * rate for rate in rates],
        )
        return zip(map(self._step.__mod__, zip(*fields, strict=True)))

    @cached_property
    def _step(self) -> str:
        return _STEP.replace("TOTAL", str(self.header.total_steps))

    @cached_property
    def _flops(self) -> int:
        """Of a token."""
        model = self.job.model
        return 6 * self._parameters + 6 * model.layers * model.hidden_size * self.header.sequence_length

    def validated(self, e: ev.ValidationCompleted) -> Lines:
        """A loss."""
        yield f"val loss {_NO_NUMBER if e.loss is None else self.finer(e.loss, 'validation', e.step):f}"

    def save(self, e: ev.CheckpointStarted) -> Lines:
        """Rank 0 writes the model, every rank its state."""
        directory = self.job.storage
        yield f"Writing checkpoint at step {e.step}"
        yield f"Writing model to {directory}/model_{e.step:08d}.bin"
        for rank in range(self.header.world_size):
            yield f"Writing state to {directory}/state_{e.step:08d}_{rank:05d}.bin"

    def fail(self, e: ev.LogLine) -> Lines:
        """What libraries say."""
        return self.failure(e) if e.speaker in _LIBRARIES else ()

    def finish(self, e: ev.ProcessesDone) -> Lines:
        """The mean over what this process did, by the number of all steps but one."""
        first = e.first_step_seconds if e.started_with == 1 else 0.0
        yield f"total average iteration time: {(e.step_seconds - first) / (e.step - 1) * 1e3:f} ms"

    WRITERS: ClassVar[Writers] = {
        ev.AcceleratorsDetected: launch,
        ev.JobRelaunched: launch,
        ev.ModelReady: build,
        ev.CheckpointLoadStarted: load,
        ev.TrainingResumed: resume,
        ev.StepsReported: steps,
        ev.ValidationCompleted: validated,
        ev.CheckpointStarted: save,
        ev.ProcessesDone: finish,
        ev.LogLine: fail,
    }


def _rows(facts: Iterable[tuple[str, str | int]]) -> Lines:
    """A part of the table, closed."""
    yield from (f"| {name:<21} | {value!s:<50} |" for name, value in facts)
    yield _FRAME


def _rate(running: float | None, last: int, started_with: int, last_step_seconds: float) -> float:
    """Steps a second: a mean that began with nothing is corrected by the steps of the run, not of the process."""
    if running is None or last == 1:
        return 1 / last_step_seconds
    counted = last - 1 if started_with == 1 else last - started_with + 1
    return running * (1 - _SMOOTHING**counted) / (1 - _SMOOTHING ** (last - 1))


def _number(value: float | None) -> float:
    return _NO_NUMBER if value is None else value
