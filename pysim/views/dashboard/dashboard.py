"""The dashboard of one run on one screen: all its rows are drawn of a moment, nothing scrolls but the last lines of the log.

A screen of few columns has its panels below each other, a wide one the curves on the left and the figures on the right. What there is no
room for is left out: the log first, then what happened, the small charts, the lost time, the fleet; the curve stays. Where only some parts
are wanted, each has the room of those that are not, and the heading belongs to the numbers.
"""

from collections.abc import Sequence
from dataclasses import replace

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.story.history import History
from pysim.story.moment import Moment
from pysim.story.story import Story
from pysim.terminal.ansi import clip, strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views import text
from pysim.views.console.console import Console
from pysim.views.dashboard.account import LOST_ROWS, LastNews, Panels, figures, grad_norm, last_loss, numbers_of
from pysim.views.dashboard.curves import CHARTS, FRAME_ROWS, Curves
from pysim.views.dashboard.fleet import FleetPanel
from pysim.views.dashboard.heading import Heading
from pysim.views.dashboard.layout import Wish, allot
from pysim.views.dashboard.spots import Spots
from pysim.views.dashboard.style import Style, beside, ends, filled, packed
from pysim.views.names import CURVE, DASHBOARD, FLEET, LOG, NUMBERS
from pysim.views.timeline import Timeline
from pysim.views.view import Glance, Spot, View

LEAST_COLUMNS, LEAST_ROWS = 40, 15
_BESIDE_COLUMNS = 100  # from here on figures stand beside the curves
_SIDE_SHARE, _SIDE_LEAST, _SIDE_MOST = 0.3, 37, 80  # of the columns
_TELEMETRY_US = 5_000_000  # of run time, from one look at the fleet to the next [M]
_CHARTS = 3  # small ones
_HALVES = "   "  # between numbers and numbers
_LONE_ROWS = 12  # of a loss curve that is to be seen alone, before small charts stand below it
_ROW_LABELS = ("lr", "throughput", "MFU", "grad_norm", "step time")  # of a narrow screen's figures


def dashboard(header: Header, screen: Screen) -> View:
    """The dashboard, or on a screen that is too small for it the console, which says so. Some parts of it fit anywhere."""
    is_large = screen.columns >= LEAST_COLUMNS and screen.rows >= LEAST_ROWS
    return Dashboard(header, screen) if screen.live and (is_large or screen.parts) else Cramped(header, screen)


class Cramped(Console):
    """The console in place of a view of the whole screen that has no room."""

    def __init__(self, header: Header, screen: Screen, view: str = DASHBOARD) -> None:
        super().__init__(header, screen)
        self._needs = f"{view} needs {LEAST_COLUMNS}x{LEAST_ROWS}"

    def live(self, glance: Glance) -> list[str]:
        """The live region; behind what the player says stands what the view would need."""
        return super().live(replace(glance, note="  ".join(filter(None, (glance.note, self._needs)))))


class Dashboard:
    """Draws the run of a header for a screen; pure, apart from remembering what it drew last."""

    def __init__(self, header: Header, screen: Screen) -> None:
        self.live_rows = screen.rows
        self._header = header
        self._columns = screen.columns
        self._style = Style.of(screen)
        self._console = Console(header, screen)
        self._heading = Heading(header, self._style, screen.columns)
        self._has_curve, self._has_fleet, self._has_numbers, self._has_log = map(
            screen.wants, (CURVE, FLEET, NUMBERS, LOG)
        )
        self._is_whole = not screen.parts
        self._timeline = Timeline(screen) if screen.parts and screen.has_timeline else None
        self._is_beside = screen.columns >= _BESIDE_COLUMNS and self._has_curve and self._has_numbers
        self._is_split = self._has_numbers and not self._has_panels and screen.columns >= 2 * _SIDE_LEAST
        self._side_columns = min(max(int(screen.columns * _SIDE_SHARE), _SIDE_LEAST), _SIDE_MOST)
        gap = visible_width(self._gap)
        self._curve_columns = screen.columns - self._side_columns - gap if self._is_beside else screen.columns
        self._curves = Curves(header, self._style, self._curve_columns)
        half = (screen.columns - len(_HALVES)) // 2 if self._is_split else screen.columns
        self._panels = Panels(header, self._style, self._side_columns if self._is_beside else half)
        self._fleet = FleetPanel(header, self._style, screen.columns)
        self._news = LastNews()
        self._spots = Spots(screen.columns)
        self._charted: History | None = None
        self._charts_drawn: tuple[object, list[str]] = (None, [])
        self._fleet_drawn: tuple[tuple[int, int], list[str]] = ((-1, 0), [])  # of which time, in how many rows

    @property
    def _gap(self) -> str:
        return f" {self._style.dim(self._style.marks.wall)} " if self._is_beside else ""

    def lines(self, event: ev.Event) -> list[str]:
        """The event's lines, as the console has them, but for the fleet: that is in its place."""
        return [] if isinstance(event, ev.FleetSampled) else self._console.lines(event)

    def live(self, glance: Glance) -> list[str]:
        """All rows of the screen."""
        top = self._top(glance)
        end = [self._timeline.line(glance.story, glance.moment.time_us)] if self._timeline else []
        draw = self._wide if self._is_beside else self._narrow
        body = draw(glance, self.live_rows - len(top) - len(end), len(top))
        rows = [*filled([*top, *body], self.live_rows - len(end)), *end]
        drawn = [clip(line, self._columns) for line in rows]
        return drawn if top or not glance.note else [self._noted(drawn[0], glance.note), *drawn[1:]]

    def _top(self, glance: Glance) -> list[str]:
        """The heading, and below it a rule with the player's word; on a screen of few rows the panels need them more."""
        self._spots.clear()
        if not self._has_numbers or (not self._is_whole and self.live_rows < LEAST_ROWS and self._has_panels):
            return []
        standing = glance.story.standing(glance.moment.time_us)
        heading = self._heading.lines(glance.moment, standing)
        for row, line in enumerate(heading):
            self._spots.words(line, row, [*self._heading.parts(glance.moment), ("state", standing.state)])
        return [*heading, self._rule(glance.note)]

    @property
    def _has_panels(self) -> bool:
        return self._has_curve or self._has_fleet

    def _noted(self, line: str, note: str) -> str:
        """The player's word at the right end of a row, over what stands there; words that are cut go as a whole."""
        s, note = self._style, note[: self._columns]
        room = max(self._columns - len(note) - 2, 0)
        plain = strip(line)
        kept = room if len(plain) <= room else max(plain.rfind("  ", 0, room + 1), 0)
        return ends(clip(line, kept), f"{s.palette.accent}{note}{s.palette.reset}", self._columns)

    def spots(self, glance: Glance) -> list[Spot]:
        """All that can be explained, as it is drawn."""
        self.live(glance)
        return self._spots.found

    def reading(self, glance: Glance, row: int, column: int) -> str:
        """What a chart has at a cell: the step, when it was, and the value; nothing of what is to come."""
        charts = (spot for spot in self.spots(glance) if spot.subject.name in CHARTS and spot.has(row, column))
        chart = next(charts, None)
        found = chart and self._curves.reading(self._curves.history(glance), chart.subject.name, column)
        if not found:
            return ""
        step, words = found
        since = text.duration(glance.story.item_begin(step) / 1e6)
        return f"step {step:,}, {words}, {since} into the run"

    def _rule(self, note: str) -> str:
        s = self._style
        if not note:
            return s.rule(self._columns)
        note = note[: max(self._columns - 4, 0)]
        rest = max(self._columns - visible_width(note) - 4, 0)
        return f"{s.rule(2)} {s.palette.accent}{note}{s.palette.reset} {s.rule(rest)}"

    # Below each other, and beside

    def _narrow(self, glance: Glance, rows: int, top: int) -> list[str]:
        if self._has_numbers and not self._has_panels:
            return self._listed(glance, rows, top)
        if not self._has_log and not self._has_panels:
            return []
        now, history = glance.moment, self._curves.history(glance)
        given = allot(rows, self._wishes(rows))
        each = given["small"] // _CHARTS
        loss_rows = given["loss"] + given["small"] % _CHARTS
        lines = [*self._charts(glance, history, loss_rows, each)] if loss_rows else []
        if loss_rows:
            self._note_charts(top, loss_rows, each)
        for row in [self._figures_row(now)] * given["figures"]:
            self._note_figures(now, row, top + len(lines))
            lines.append(row)
        self._spots.fleet(top + len(lines), given["fleet"])
        lines += self._fleet_at(glance.story, now.time_us, given["fleet"])
        self._spots.part("lost", top + len(lines), given["lost"])
        lines += [self._panels.lost_row(now)] * given["lost"]
        lines += self._incidents(glance, given["incidents"], top + len(lines))
        return [*lines, *self._log(glance, given["log"], top + len(lines))]

    def _wishes(self, rows: int) -> list[Wish]:
        """What is wanted of panels below each other, the most wanted first."""
        least = FRAME_ROWS + 4 if self._is_whole else min(FRAME_ROWS + 4, rows)
        is_tall = self._is_whole or rows >= _LONE_ROWS + _CHARTS
        wishes = (
            (self._has_curve, Wish(name="loss", least=least, most=rows, weight=2)),
            (self._has_fleet, Wish(name="fleet", least=self._fleet.least_rows, most=self._fleet.rows_wanted(rows))),
            (self._has_numbers, Wish(name="lost", least=1, most=1)),
            (self._has_curve and is_tall, Wish(name="small", least=_CHARTS, most=3 * _CHARTS, weight=_CHARTS)),
            (self._has_numbers, Wish(name="figures", least=1, most=1)),
            (self._has_numbers, Wish(name="incidents", least=2, most=8)),
            (self._has_log, Wish(name="log", least=3, most=13)),
        )
        unwanted = [replace(wish, least=0, most=0) for is_wanted, wish in wishes if not is_wanted]
        return [*(wish for is_wanted, wish in wishes if is_wanted), *unwanted]

    def _listed(self, glance: Glance, rows: int, top: int) -> list[str]:
        """Numbers where there is no chart: one below the other, or what was lost beside them, and the log's end below."""
        given = allot(
            rows,
            (
                Wish(name="numbers", least=min(3, rows), most=rows, weight=2),
                Wish(name="log", least=3 if self._has_log else 0, most=rows // 2 if self._has_log else 0),
            ),
        )
        return [*self._numbers(glance, given["numbers"], top), *self._log(glance, given["log"], top + given["numbers"])]

    def _numbers(self, glance: Glance, rows: int, top: int) -> list[str]:
        if not self._is_split:
            return self._right(glance, rows, top)
        now = glance.moment
        numbers = figures(self._header, now, self._validation(glance), self._curves.history(glance))
        lost_rows = min(rows, max(rows // 2, LOST_ROWS))
        columns = (self._columns - len(_HALVES)) // 2
        left = columns + len(_HALVES)
        self._note_listed(now, numbers[:rows], top, 0, columns)
        lost = self._panels.lost(now, lost_rows)
        self._note_lost(len(lost), top, left, columns)
        right = [*filled(lost, lost_rows), *self._incidents(glance, rows - lost_rows, top + lost_rows, left)]
        return beside(filled(self._panels.figures(numbers), rows), right, columns, _HALVES)

    def _wide(self, glance: Glance, rows: int, top: int) -> list[str]:
        given = allot(
            rows,
            (
                Wish(
                    name="curves",
                    least=FRAME_ROWS + 5 if self._is_whole else min(FRAME_ROWS + 5, rows),
                    most=rows,
                    weight=3,
                ),
                *self._wishes_below(rows),
            ),
        )
        lines = beside(
            self._left(glance, given["curves"], top),
            self._right(glance, given["curves"], top),
            self._curve_columns,
            self._gap,
        )
        if given.get("fleet"):
            fleet = self._fleet_at(glance.story, glance.moment.time_us, given["fleet"] - 1)
            self._spots.fleet(top + len(lines) + 1, given["fleet"] - 1)
            lines += [self._style.rule(self._columns), *fleet]
        return [*lines, *self._log(glance, given.get("log", 0), top + len(lines))]

    def _wishes_below(self, rows: int) -> list[Wish]:
        """What stands below both columns."""
        fleet = Wish(name="fleet", least=self._fleet.least_rows + 1, most=self._fleet.rows_wanted(rows) + 1, weight=2)
        log = Wish(name="log", least=3, most=rows // 4)
        return [fleet] * self._has_fleet + [log] * self._has_log

    def _left(self, glance: Glance, rows: int, top: int) -> list[str]:
        history = self._curves.history(glance)
        given = allot(
            rows,
            (
                Wish(name="loss", least=min(FRAME_ROWS + 4, rows), most=rows, weight=4),
                Wish(name="small", least=_CHARTS, most=6 * _CHARTS, weight=_CHARTS),
            ),
        )
        loss_rows = given["loss"] + given["small"] % _CHARTS
        self._note_charts(top, loss_rows, given["small"] // _CHARTS)
        return filled(self._charts(glance, history, loss_rows, given["small"] // _CHARTS), rows)

    def _right(self, glance: Glance, rows: int, top: int) -> list[str]:
        now = glance.moment
        numbers = figures(self._header, now, self._validation(glance), self._curves.history(glance))
        given = allot(
            rows,
            (
                Wish(name="figures", least=3, most=len(numbers) + 1, weight=2),
                Wish(name="lost", least=3, most=17),
                Wish(name="incidents", least=2, most=rows),
            ),
        )
        width = self._side_columns if self._is_beside else self._columns
        left = self._columns - width
        self._note_listed(now, numbers[: given["figures"]], top, left, width)
        lines = filled(self._panels.figures(numbers), given["figures"])
        lost = self._panels.lost(now, min(given["lost"], 16))
        self._note_lost(len(lost), top + len(lines), left, width)
        lines += filled(lost, given["lost"])
        return filled([*lines, *self._incidents(glance, given["incidents"], top + len(lines), left)], rows)

    def _note_listed(self, now: Moment, numbers: Sequence[tuple[str, str]], top: int, left: int, width: int) -> None:
        for row, (label, _) in enumerate(numbers):
            self._spots.figure(now, label, top + row, left, width)

    def _note_lost(self, rows: int, top: int, left: int, width: int) -> None:
        self._spots.part("lost", top, min(rows, LOST_ROWS), left, width)
        self._spots.part("lost-by-cause", top + LOST_ROWS, rows - LOST_ROWS, left, width)

    def _note_charts(self, top: int, loss_rows: int, small_rows: int) -> None:
        self._spots.part(CHARTS[0], top, loss_rows, 0, self._curve_columns)
        for index, name in enumerate(CHARTS[1:]):
            self._spots.part(name, top + loss_rows + index * small_rows, small_rows, 0, self._curve_columns)

    def _note_figures(self, now: Moment, line: str, row: int) -> None:
        """The row of the last step's numbers, each by its words."""
        plain, column = strip(line), 0
        for label, words in zip(_ROW_LABELS, self._row_figures(now), strict=False):
            at = plain.find(words, column)
            if at >= 0:
                self._spots.figure(now, label, row, at, len(words))
                column = at + len(words)

    # Panels

    def _charts(self, glance: Glance, history: History, loss_rows: int, small_rows: int) -> Sequence[str]:
        """The loss and below it the small charts, each of so many rows; drawn anew when a step was done."""
        titles = self._title(glance, history), *self._small_titles(glance.moment)
        asked = titles, loss_rows, small_rows
        if history is not self._charted or asked != self._charts_drawn[0]:
            small = self._curves.small_ones(history, titles[1:], small_rows) if small_rows else []
            self._charted = history
            self._charts_drawn = asked, [*self._curves.loss(history, titles[0], loss_rows), *small]
        return self._charts_drawn[1]

    def _title(self, glance: Glance, history: History) -> str:
        """What the large chart shows: loss now, held-out loss, and which steps."""
        s, shown = self._style, int(history.edges[-1] - history.edges[0])
        steps = self._which(glance) if glance.zoom == "all" else f"{shown:,} steps"
        parts = [f"{s.bold('loss')} {last_loss(glance.moment)}"]
        parts += [] if self._is_beside else [f"validation {self._validation(glance)}"]
        return packed([*parts, s.dim(steps)], self._curve_columns)

    def _which(self, glance: Glance) -> str:
        return f"steps {glance.steps[0]:,} to {glance.steps[1]:,}" if glance.steps else "all steps"

    def _validation(self, glance: Glance) -> str:
        """The last held-out loss."""
        now = glance.moment
        whole = self._curves.history(Glance(glance.story, now))
        known = whole.validation[whole.validation == whole.validation]
        return text.loss(float(known[-1])) if len(known) else "-"

    def _small_titles(self, now: Moment) -> tuple[str, str, str]:
        last = now.last
        rate, norm, tokens = (
            (f"{last.learning_rate:.2e}", grad_norm(last), f"{last.tokens_per_second:,.0f}") if last else "---"
        )
        s = self._style
        return (
            f"{s.bold('learning rate')} {rate}",
            f"{s.bold('grad_norm')} {norm}",
            f"{s.bold('throughput')} {tokens} tok/s {s.dim('lost time included')}",
        )

    def _figures_row(self, now: Moment) -> str:
        figures_of_step = self._row_figures(now)
        return packed(figures_of_step, self._columns) if figures_of_step else self._style.dim("no step yet")

    def _row_figures(self, now: Moment) -> tuple[str, ...]:
        """In the order of their labels; none before the first step."""
        last = now.last
        if last is None:
            return ()
        return (
            f"lr {last.learning_rate:.2e}",
            f"{last.tokens_per_second:,.0f} tok/s",
            f"MFU {last.mfu * 100:.1f} %",
            f"grad_norm {grad_norm(last)}",
            text.short_seconds(last.step_seconds),
        )

    def _fleet_at(self, story: Story, time_us: int, rows: int) -> Sequence[str]:
        """The fleet as telemetry had it last."""
        asked = time_us // _TELEMETRY_US * _TELEMETRY_US, rows
        if rows and asked != self._fleet_drawn[0]:
            self._fleet_drawn = asked, filled(self._fleet.lines(story.fleet(asked[0]), rows), rows)
        return self._fleet_drawn[1] if rows else []

    def _incidents(self, glance: Glance, rows: int, top: int, left: int = 0) -> list[str]:
        if not rows:
            return []
        now = glance.moment
        news = self._news.at(glance.story, now.time_us, rows)
        standing = glance.story.standing(now.time_us)
        self._spots.part("incidents", top, 1, left)
        self._spots.incidents(numbers_of(news)[: rows - 1], top + 1, left, self._columns - left)
        return filled(
            self._panels.incidents(news, now, rows, is_stopped=standing.state in ("down", "recovering")), rows
        )

    def _log(self, glance: Glance, rows: int, top: int) -> list[str]:
        """The last lines, below a rule where anything is above them."""
        if not rows:
            return []
        if rows == self.live_rows:
            self._spots.part("log", top, rows)
            return filled(glance.tail(rows), rows)
        self._spots.part("log", top + 1, rows - 1)
        return [self._style.rule(self._columns), *filled(glance.tail(rows - 1), rows - 1)]
