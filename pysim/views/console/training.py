"""What happens beside the steps of a training, as a trainer's log."""

from collections.abc import Iterator

from pysim.story import events as ev
from pysim.story.fleet import CONDITIONS, DEAD, WORKING, counted
from pysim.story.header import Header
from pysim.views import text
from pysim.views.bars import LOG_CELLS, bar
from pysim.views.console.grid import GridShape, condition_color, grid
from pysim.views.console.live import LIVE_ROWS
from pysim.views.console.pen import Lines, Pen, Writers, untold

_WORDY_COLUMNS = 72  # from which on there is room for words
_LOG_ROWS_BESIDE_GRID = 3  # header, and some of the log around it


def _padded(value: float | None, columns: int, decimals: int) -> str:
    """A number in a column; as a trainer prints it where it is none."""
    return f"{text.NOT_A_NUMBER:>{columns}}" if value is None else f"{value:{columns}.{decimals}f}"


class Training:
    """Writes what is no step."""

    def __init__(self, header: Header, pen: Pen) -> None:
        self._header = header
        self._pen = pen
        self.writers: Writers = {
            ev.TrainingStarted: self._training_started,
            ev.EpochStarted: self._epoch_started,
            ev.BatchGrown: self._batch_grown,
            ev.SlowdownBegan: untold,
            ev.SlowdownEnded: untold,
            ev.ShardAwaited: untold,
            ev.StepsReported: self._steps_reported,
            ev.StepSkipped: self._step_skipped,
            ev.FleetSampled: self._fleet_sampled,
            ev.ValidationStarted: self._validation_started,
            ev.ValidationCompleted: self._validation_completed,
            ev.CheckpointStarted: self._checkpoint_started,
            ev.CheckpointProgressed: self._checkpoint_progressed,
            ev.CheckpointCompleted: self._checkpoint_completed,
            ev.EpochCompleted: self._epoch_completed,
            ev.TrainingInterrupted: self._training_interrupted,
            ev.TrainingResumed: self._training_resumed,
            ev.ProcessesDone: untold,  # it is told of the whole
            ev.TrainingCompleted: self._training_completed,
        }

    def _training_started(self, e: ev.TrainingStarted) -> Lines:
        steps = f"{e.total_steps:,} steps in {e.epochs} {text.plural('epoch', e.epochs)}"
        length = text.duration(self._header.training_seconds)
        yield from self._pen.say(
            e, "training starts", [steps, f"expecting {text.short_seconds(e.step_seconds)} a step", f"{length} in all"]
        )

    def _epoch_started(self, e: ev.EpochStarted) -> Lines:
        yield from self._pen.say(e, f"epoch {e.epoch}/{e.epochs} starts", [f"step {e.step:,}"])

    def _batch_grown(self, e: ev.BatchGrown) -> Lines:
        batch = f"global batch {e.global_batch_size:,} = {e.tokens_per_step:,} tokens"
        made = [
            f"step {e.step:,}",
            f"accumulation {e.accumulation:,}",
            f"expecting {text.short_seconds(e.step_seconds)} a step",
        ]
        yield from self._pen.say(e, batch, made)

    def _steps_reported(self, e: ev.StepsReported) -> Lines:
        """All that it says is a mean over the steps that it names, but for the learning rate, which is that of the last one."""
        width, is_narrow = len(f"{self._header.total_steps:,}"), self._pen.columns < _WORDY_COLUMNS
        steps = f"mean {e.first:,}-{e.last:,}" if is_narrow else f"steps {e.first:>{width},}-{e.last:<{width},}"
        yield self._pen.one_line(e, steps, self._means(e, is_narrow=is_narrow))

    def _means(self, e: ev.StepsReported, *, is_narrow: bool) -> list[str]:
        p, decimals = self._pen.palette, 2 if self._header.step_seconds >= 1.0 else 4
        loss = f"{p.bold}{_padded(e.mean_loss, 0 if is_narrow else 7, 4)}{p.reset}"
        return [
            f"loss {loss}" if is_narrow else f"mean loss {loss}",
            f"grad_norm {_padded(e.mean_grad_norm, 6, 3)}",
            f"{e.mean_step_seconds:6.{decimals}f}{p.dim} s{p.reset}",
            f"{e.tokens_per_second:,.0f}{p.dim} tok/s{p.reset}",
            f"lr {e.learning_rate:.2e}",
        ]

    def _step_skipped(self, e: ev.StepSkipped) -> Lines:
        change = f"loss scale {e.loss_scale:,} -> {e.next_loss_scale:,}"
        yield from self._pen.say(e, f"gradient overflow, step {e.step:,} skipped", [change], warning=True)

    def _fleet_sampled(self, e: ev.FleetSampled) -> Lines:
        h, separator = self._header, f" {self._pen.glyphs.separator} "
        fleet = f"{h.world_size:,} {self._pen.glyphs.times} {h.accelerator_title}"
        head = f"[ {h.device} status ] step {e.step:,}"
        yield self._pen.joined([head, fleet, *self._conditions(e), *self._readings(e)], separator)
        rows = max(self._pen.picture_rows - LIVE_ROWS - _LOG_ROWS_BESIDE_GRID, 1)
        shape = GridShape(self._pen.picture_columns, rows, h.per_node)
        yield from grid(e, shape, self._pen.palette, self._pen.glyphs, h.device)

    def _readings(self, e: ev.FleetSampled) -> Iterator[str]:
        """Power, heat and clocks of what can be read; nothing where all are dead."""
        hottest = int(e.temperature_celsius.argmax())
        if e.condition[hottest] == DEAD:
            return
        node, local = divmod(hottest, self._header.per_node)
        yield text.power(int(e.power_watts.sum()))
        yield f"hottest node {node} {self._header.device} {local} at {e.temperature_celsius[hottest]} C"
        clocks = e.clock_mhz[e.clock_mhz > 0]
        if len(clocks):
            yield f"clock {clocks.min():,} to {clocks.max():,} MHz"

    def _conditions(self, e: ev.FleetSampled) -> Iterator[str]:
        """How many are in which condition, each with its sign in the grid; nothing where all work."""
        palette, counts = self._pen.palette, counted(e)
        for condition, (name, sign) in enumerate(zip(CONDITIONS, self._pen.glyphs.conditions, strict=True)):
            if name in counts and condition != WORKING:
                yield f"{condition_color(condition, palette)}{sign}{palette.reset} {counts[name]:,} {name}"

    def _validation_started(self, e: ev.ValidationStarted) -> Lines:
        yield from self._pen.say(
            e,
            f"validation {e.index} starts",
            [f"step {e.step:,}", f"{e.batches} batches", f"{text.count(e.tokens)} tokens"],
        )

    def _validation_completed(self, e: ev.ValidationCompleted) -> Lines:
        p = self._pen.palette
        loss = f"validation loss {p.bold}{text.loss(e.loss)}{p.reset}"
        ppl = text.NOT_A_NUMBER if e.perplexity is None else f"{e.perplexity:,.2f}"
        measured = [f"ppl {ppl}", f"train loss {text.loss(e.train_loss)}", text.short_seconds(e.seconds)]
        yield from self._pen.say(e, loss, measured)
        yield from self._pen.say(e, self._best(e), [f"patience {e.validations_without_improvement}/{e.patience}"])

    def _best(self, e: ev.ValidationCompleted) -> str:
        p = self._pen.palette
        if e.best_loss is None:
            return "no best so far"
        return (
            f"{p.green}best so far{p.reset}" if e.improved else f"best {text.loss(e.best_loss)} at step {e.best_step:,}"
        )

    def _checkpoint_started(self, e: ev.CheckpointStarted) -> Lines:
        size = f"{text.size(e.checkpoint_bytes)} in {e.files:,} {text.plural('file', e.files)}"
        yield from self._pen.say(e, self._pen.with_path(e, "saving checkpoint to", e.path), [size])

    def _checkpoint_progressed(self, e: ev.CheckpointProgressed) -> Lines:
        done = e.written_bytes / e.checkpoint_bytes
        progress = f"{bar(done, LOG_CELLS, self._pen.palette)} {done:4.0%}"
        yield from self._pen.say(e, progress, [f"{text.size(e.written_bytes)} of {text.size(e.checkpoint_bytes)}"])

    def _checkpoint_completed(self, e: ev.CheckpointCompleted) -> Lines:
        speed = f"{text.short_seconds(e.seconds)}, {e.gb_per_second:,.1f} GB/s"
        yield from self._pen.say(e, f"checkpoint of step {e.step:,} saved", [text.size(e.checkpoint_bytes), speed])

    def _epoch_completed(self, e: ev.EpochCompleted) -> Lines:
        mean = f"mean loss {text.loss(e.mean_loss)} over {e.mean_steps:,} {text.plural('step', e.mean_steps)}"
        facts = [mean, f"took {text.duration(e.seconds)}"]
        yield from self._pen.say(e, f"epoch {e.epoch}/{e.epochs} done", facts)

    def _training_interrupted(self, e: ev.TrainingInterrupted) -> Lines:
        yield from self._pen.say(e, "training interrupted", [f"last step {e.step:,}"], warning=True)

    def _training_resumed(self, e: ev.TrainingResumed) -> Lines:
        origin = (
            self._pen.with_path(e, "resuming from", e.checkpoint) if e.checkpoint else "no checkpoint, beginning anew"
        )
        skipped = [f"{e.skipped_batches:,} batches skipped"] if e.skipped_batches else []
        yield from self._pen.say(e, origin, [f"step {e.step:,} of {e.total_steps:,}", *skipped])

    def _training_completed(self, e: ev.TrainingCompleted) -> Lines:
        yield from self._pen.say(e, "training done", [f"{e.step:,} steps", f"took {text.duration(e.seconds)}"])
