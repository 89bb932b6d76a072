"""Hugging Face's Trainer (transformers 5.24): what rank 0 prints where the library logs at INFO in its explicit format, as its own examples do.

Lines with a dictionary are on stdout, all others and the bars on stderr. In a file that gets both, a bar is a chain of carriage
returns; here each line that is written above it has the bar once before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import ClassVar

from pysim.story import events as ev
from pysim.story.moment import AT_WORK
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers, alone
from pysim.views.dialects.progress import bar, rewritten
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again
from pysim.views.view import Glance

_TRAINER, _CONFIGURATION, _MODELING = "trainer.py", "configuration_utils.py", "modeling_utils.py"
_SHARD_BYTES = 50 * 10**9  # save_pretrained's max_shard_size
_NO_NUMBER = float("nan")
_PASSAGES = 1000  # in which a restart is looked for


def _metrics(*names: str) -> str:
    """A dictionary of strings: floats with four significant digits."""
    return str(dict.fromkeys(names, "%.4g"))


_OF_A_STEP = ("loss", "grad_norm", "learning_rate", "epoch")
_STEP = _metrics(*_OF_A_STEP)


class HuggingFace(DialectView):
    """Writes a run as the Trainer does."""

    BAR_ROWS = 1

    # How it writes

    def _info(self, time_seconds: float, place: str, text: str) -> str:
        moment = self.moment(time_seconds)
        return f"[INFO|{place}] {moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d} >> {text}"

    def _metrics(self, **metrics: float) -> str:
        return _metrics(*metrics) % tuple(metrics.values())

    def _epoch(self, step: int) -> float:
        return step / self.header.steps_per_epoch

    def _directory(self, step: int) -> str:
        return f"{self.job.storage}/checkpoint-{step}"

    # Start

    def start(self, e: ev.TrainingStarted) -> Lines:
        """The block before the first step."""
        return self._block(e.time_seconds)

    def load(self, e: ev.CheckpointLoadStarted) -> Lines:
        """The checkpoint that is gone on from."""
        yield self._info(e.time_seconds, f"{_TRAINER}:3667", f"Loading model from {self._directory(e.step)}.")

    def resume(self, e: ev.TrainingResumed) -> Lines:
        """The same block; it ends with where training goes on, if that is not the beginning."""
        yield from self._block(e.time_seconds)
        if not e.checkpoint:
            return
        done = e.step - 1 - e.skipped_batches
        epochs, batches = divmod(done, self.header.steps_per_epoch)
        yield self._info(
            e.time_seconds,
            f"{_TRAINER}:1631",
            f"  Resuming training from checkpoint with epoch {epochs} and global step {done}",
        )
        yield self._info(
            e.time_seconds,
            f"{_TRAINER}:1635",
            f"  Fast-forwarding the dataloader past {epochs} epochs and {batches * self.job.setup.accumulation} "
            "batches to resume from the exact training state.",
        )

    def _block(self, time_seconds: float) -> Lines:
        header, setup = self.header, self.job.setup
        facts = {
            1618: "***** Running training *****",
            1619: f"  Num examples = {header.steps_per_epoch * header.global_batch_size:,}",
            1620: f"  Num Epochs = {header.epochs:,}",
            1621: f"  Num update steps per epoch = {header.steps_per_epoch:,}",
            1622: f"  Instantaneous batch size per device = {setup.micro_batch_size:,}",
            1625: f"  Total train batch size (w. parallel, distributed & accumulation) = {header.global_batch_size:,}",
            1626: f"  Gradient Accumulation steps = {setup.accumulation}",
            1627: f"  Total optimization steps = {header.total_steps:,}",
            1628: f"  Number of trainable parameters = {self.job.model.parameters:,}",
        }
        for line, text in facts.items():
            yield self._info(time_seconds, f"{_TRAINER}:{line}", text)

    # Steps

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """What is logged of each interval, under its bar."""
        lines = map(_STEP.__mod__, self._numbers(of))
        if self.screen.live:
            return zip(lines)
        elapsed = (
            time - began for time, began in zip(of.values("time_seconds"), of.values("started_seconds"), strict=True)
        )
        rates = (1 / seconds for seconds in of.values("mean_step_seconds"))
        bars = map(bar, of.values("last"), repeat(self.header.total_steps), elapsed, rates)
        return zip(map(rewritten, bars, lines))

    def step_metrics(self, e: ev.StepsReported) -> dict[str, float]:
        """What it logs of an interval."""
        return dict(zip(_OF_A_STEP, next(self._numbers(alone(e))), strict=True))

    def _numbers(self, of: Columns) -> Iterator[tuple[float, ...]]:
        """The mean loss of each interval, the last step's norm, and the rate that it was made with."""
        norms = map(_norm, of.values("last_grad_norm"), of.values("last_loss"))
        epochs = map(self._epoch, of.values("last"))
        return zip(of.array("mean_loss").tolist(), norms, of.values("learning_rate"), epochs, strict=True)

    # Evaluation

    def evaluate(self, e: ev.ValidationStarted) -> Lines:
        """What is about to be evaluated."""
        yield self._info(e.time_seconds, f"{_TRAINER}:2957", "")
        yield "***** Running Evaluation *****"
        yield self._info(e.time_seconds, f"{_TRAINER}:2959", f"  Num examples = {self._evaluated(e.tokens)}")
        yield self._info(e.time_seconds, f"{_TRAINER}:2962", f"  Batch size = {self.job.setup.micro_batch_size}")

    def evaluated(self, e: ev.ValidationCompleted) -> Lines:
        """Its loss, and how fast that went."""
        yield self._metrics(**self.evaluation_metrics(e))

    def evaluation_metrics(self, e: ev.ValidationCompleted) -> dict[str, float]:
        """What it logs of an evaluation."""
        examples = self.header.validation_batches * self.header.global_batch_size
        batches = -(-examples // (self.job.setup.micro_batch_size * self.job.setup.data_parallel))
        return {
            "eval_loss": _number(e.loss),
            "eval_runtime": round(e.seconds, 4),
            "eval_samples_per_second": round(examples / e.seconds, 3),
            "eval_steps_per_second": round(batches / e.seconds, 3),
            "epoch": self._epoch(e.step),
        }

    def _evaluated(self, tokens: int) -> int:
        return tokens // self.header.sequence_length

    # Checkpoints

    def save(self, e: ev.CheckpointStarted) -> Lines:
        """A directory for the step, and the two small files."""
        directory = self._directory(e.step)
        yield self._info(e.time_seconds, f"{_TRAINER}:4149", f"Saving model checkpoint to {directory}")
        for line, name in ((786, "config.json"), (941, "generation_config.json")):
            yield self._info(e.time_seconds, f"{_CONFIGURATION}:{line}", f"Configuration saved in {directory}/{name}")

    def saved(self, e: ev.CheckpointCompleted) -> Lines:
        """The weights, in one file or in shards with an index."""
        directory, full = self._directory(e.step), self.job.optimization.weight_precision == "fp32"
        size = self.job.model.parameters * (4 if full else 2)
        shards = -(-size // _SHARD_BYTES)
        if shards == 1:
            text = f"Model weights saved in {directory}/model.safetensors"
            yield self._info(e.time_seconds, f"{_MODELING}:3639", text)
            return
        yield self._info(
            e.time_seconds,
            f"{_MODELING}:3646",
            "The model is bigger than the maximum size per checkpoint (50GB) and is going to be split in "
            f"{shards} checkpoint shards. You can find where each parameters has been saved in the index located at "
            f"{directory}/model.safetensors.index.json.",
        )

    # The end

    def finish(self, e: ev.ProcessesDone) -> Lines:
        """Thanks, and what this process has done: steps and losses of processes before it do not count."""
        yield self._info(e.time_seconds, f"{_TRAINER}:2003", "")
        yield from ("", "Training completed. Do not forget to share your model on huggingface.co/models =)", "", "")
        yield self._metrics(**self.closing_metrics(e))

    def closing_metrics(self, e: ev.ProcessesDone) -> dict[str, float]:
        """What it logs at the end."""
        seconds, steps = e.time_seconds - e.started_seconds, e.step - e.started_with + 1
        return {
            "train_runtime": round(seconds, 4),
            "train_samples_per_second": round(steps * self.header.global_batch_size / seconds, 3),
            "train_steps_per_second": round(steps / seconds, 3),
            "train_loss": _number(e.mean_loss),
            "epoch": self._epoch(e.step),
        }

    # On a terminal

    def bars(self, glance: Glance) -> Sequence[str]:
        """Steps, since the processes were started."""
        moment = glance.moment
        if moment.last is None or moment.phase not in AT_WORK:
            return ("",)
        elapsed = moment.training_seconds
        if moment.accounted:  # there were others before
            passages = glance.story.marks().passages(_PASSAGES)
            ends = [each.end_us for each in passages if each.kind == "restart" and each.end_us <= moment.time_us]
            elapsed = (moment.time_us - ends[-1]) / 1e6 if ends else elapsed
        rate = 1 / moment.last.step_seconds
        return (bar(moment.step, self.header.total_steps, elapsed, rate, self.screen.columns),)

    WRITERS: ClassVar[Writers] = {
        ev.LauncherWarned: threads_warned,
        ev.JobRelaunched: threads_warned_again,
        ev.TrainingStarted: start,
        ev.CheckpointLoadStarted: load,
        ev.TrainingResumed: resume,
        ev.StepsReported: steps,
        ev.ValidationStarted: evaluate,
        ev.ValidationCompleted: evaluated,
        ev.CheckpointStarted: save,
        ev.CheckpointCompleted: saved,
        ev.ProcessesDone: finish,
        ev.LogLine: DialectView.failure,
    }


def _number(value: float | None) -> float:
    return _NO_NUMBER if value is None else value


def _norm(grad_norm: float | None, loss: float | None) -> float:
    """Where gradients overflow it has no end."""
    if grad_norm is None:
        return float("inf") if loss is not None else _NO_NUMBER
    return grad_norm
