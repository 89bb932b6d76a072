"""The live region below the log: a rule, the run's bar, and the bar of what is going on. Always the same number of rows."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from pysim.story.events import StepCompleted
from pysim.story.header import Header
from pysim.story.moment import DOWN, Moment, Phase
from pysim.terminal.ansi import clip, palette, visible_width
from pysim.terminal.screen import Screen
from pysim.views import text
from pysim.views.bars import EPOCH_CELLS, STEP_CELLS, bar
from pysim.views.chart import chart, marked
from pysim.views.glyphs import glyphs

LIVE_ROWS = 3
_CHART_COLUMNS = 12
_MIN_CELLS, _MIN_NARROW_CELLS = 8, 4
_NARROW_COLUMNS = 60  # below this there is room for the bar, the loss and the time left only


class Live:
    """Draws the live region of the run of a header for a screen."""

    def __init__(self, header: Header, screen: Screen) -> None:
        self._header = header
        self._columns = screen.columns
        self._narrow = screen.columns < _NARROW_COLUMNS
        self._gap = " " if self._narrow else "  "
        self._min_cells = _MIN_NARROW_CELLS if self._narrow else _MIN_CELLS
        self._palette = palette(color=screen.color)
        self._glyphs = glyphs(unicode=screen.unicode)
        (self._schedule,) = chart(header.learning_rates, _CHART_COLUMNS, 1, braille=self._glyphs.braille, bottom=0.0)
        self._loss_chart = lru_cache(maxsize=1)(
            self._draw_losses
        )  # most frames fall into the same step as the one before

    def lines(self, now: Moment, note: str = "") -> list[str]:
        """The region at a moment, `LIVE_ROWS` lines; `note` stands in the rule."""
        region = [self._rule(note), self._epoch(now), self._writers[now.phase](self, now)]
        return [clip(line, self._columns) for line in region]

    def _rule(self, note: str) -> str:
        p, sign = self._palette, self._glyphs.rule
        if not note:
            return f"{p.dim}{sign * self._columns}{p.reset}"
        note = note[: max(self._columns - 4, 0)]
        left = sign * 2
        right = sign * max(self._columns - len(left) - visible_width(note) - 2, 0)
        return f"{p.dim}{left}{p.reset} {p.accent}{note}{p.reset} {p.dim}{right}{p.reset}"

    # The run's bar

    def _epoch(self, now: Moment) -> str:
        head = f"Epoch  {now.epoch}/{self._header.epochs}{self._gap}"
        share = text.share(now.run_fraction, 1)
        return self._barred(head, now.run_fraction, EPOCH_CELLS, [share, *self._charts(now), *self._set_up()], kept=1)

    def _charts(self, now: Moment) -> Iterable[str]:
        """ENH-01, and the loss so far."""
        place = marked(self._schedule, now.run_fraction, self._palette, self._glyphs.marker)
        return (f" lr {place}", f" loss {self._loss_chart(now.losses)}")

    def _draw_losses(self, losses: tuple[float, ...]) -> str:
        return chart(losses, _CHART_COLUMNS, 1, braille=self._glyphs.braille)[0]

    def _set_up(self) -> Iterable[str]:
        h, times = self._header, self._glyphs.times
        sizes = {"TP": h.tensor_parallel, "PP": h.pipeline_parallel, "CP": h.context_parallel, "EP": h.expert_parallel}
        split = " ".join(f"{name}{size}" for name, size in sizes.items() if size > 1)
        precision = h.precision.upper()
        sharding = text.SHARDING[h.sharding]
        batch = f"GBS {h.global_batch_size:,} {times} {h.sequence_length:,}"
        separator = f" {self._glyphs.separator} "
        return (f"  {separator.join(part for part in (precision, sharding, split, batch) if part)}",)

    # The bar of what is going on

    def _bring_up(self, now: Moment) -> str:
        elapsed = text.duration(now.time_us / 1e6)
        return self._barred(
            "Bring-up  ", now.activity_fraction, STEP_CELLS, [text.share(now.activity_fraction), now.activity, elapsed]
        )

    def _training(self, now: Moment) -> str:
        in_epoch = self._header.steps_in_epoch(now.epoch)
        per_epoch = f"{in_epoch:,}"
        label = "" if self._narrow else "Step   "
        head = f"{label}{now.step_in_epoch:>{len(per_epoch)},}/{per_epoch}{self._gap}"
        fraction = now.step_in_epoch / in_epoch
        numbers = self._numbers(now.last, now) if now.last else [self._waiting(now)]
        return self._barred(head, fraction, STEP_CELLS, numbers, kept=3)

    def _waiting(self, now: Moment) -> str:
        return f"first step {text.brief_duration(now.training_seconds)}"

    def _numbers(self, last: StepCompleted, now: Moment) -> list[str]:
        """The last step's numbers, the most wanted first; time goes on between steps."""
        since = 0.0 if now.phase == "hanging" else now.time_us / 1e6 - last.time_seconds  # nothing gets nearer
        left = text.brief_duration(max(last.eta_seconds - since, 0.0))
        if self._narrow:
            return [text.loss(last.loss), f"<{left}"]
        elapsed = text.brief_duration(now.training_seconds)
        tokens, samples = self._rate_widths
        return [
            f"loss {text.loss(last.loss)}",
            f"{elapsed}<{left}",
            f"{last.tokens_per_second:>{tokens},.0f} tok/s",
            f"MFU {last.mfu:.1%}",
            f"lr {last.learning_rate:.2e}",
            f"ppl {text.perplexity(last.perplexity)}",
            f"{last.samples_per_second:>{samples},.1f} samples/s",
        ]

    @property
    def _rate_widths(self) -> tuple[int, int]:
        h = self._header
        return len(f"{h.tokens_per_second:,.0f}"), len(f"{h.samples_per_second:,.1f}")

    def _validating(self, now: Moment) -> str:
        batches = self._header.validation_batches
        batch = int(now.activity_fraction * batches)
        done = text.share(now.activity_fraction)
        return self._barred(
            "Validation  ",
            now.activity_fraction,
            STEP_CELLS,
            [done, f"batch {batch}/{batches}", now.activity],
        )

    def _saving(self, now: Moment) -> str:
        total = self._header.checkpoint_bytes
        written = f"{text.size(total * now.activity_fraction)} of {text.size(total)}"
        done = text.share(now.activity_fraction)
        return self._barred("Checkpoint  ", now.activity_fraction, STEP_CELLS, [done, written, now.activity])

    def _down(self, now: Moment) -> str:
        head = f"{self._palette.yellow}Job down{self._palette.reset}  after step {now.step:,}"
        parts = [] if now.activity == DOWN else [now.activity]
        return self._gap.join([head, *parts, text.duration(now.time_us / 1e6)])

    def _restarting(self, now: Moment) -> str:
        done = text.share(now.activity_fraction)
        return self._barred("Restart  ", now.activity_fraction, STEP_CELLS, [done, now.activity])

    def _exporting(self, now: Moment) -> str:
        done = text.share(now.activity_fraction)
        return self._barred("Export  ", now.activity_fraction, STEP_CELLS, [done, now.activity])

    def _done(self, _now: Moment) -> str:
        return f"{self._palette.green}Run complete{self._palette.reset}  {self._header.run_name}"

    _writers: dict[Phase, Callable[["Live", Moment], str]] = {  # noqa: RUF012  # a table of methods, never written
        "bring-up": _bring_up,
        "training": _training,
        "validating": _validating,
        "saving": _saving,
        "hanging": _training,  # as long as nobody has noticed, it looks like a step that takes long
        "down": _down,
        "restarting": _restarting,
        "exporting": _exporting,
        "done": _done,
    }

    def _barred(self, head: str, fraction: float, cells: int, fields: Iterable[str], kept: int = 2) -> str:
        """`head`, a bar, and the fields that fit beside the full bar; for the first `kept` of them the bar gets shorter."""
        chosen: list[str] = []
        room = self._columns - len(head) - 2
        for index, field in enumerate(fields):
            width = len(self._gap) + visible_width(field)
            if room - width < (self._min_cells if index < kept else cells):
                break
            chosen.append(field)
            room -= width
        return self._gap.join([head + bar(fraction, max(min(cells, room), 1), self._palette), *chosen])
