"""Several runs in one chart over run time: their losses, and by how many steps each is ahead of the first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.story.story import Story
from pysim.story.weighing import Course
from pysim.views import text
from pysim.views.chart import dots_per_cell, joined, signs
from pysim.views.compare.table import LETTERS
from pysim.views.dashboard.canvas import Canvas, levels
from pysim.views.dashboard.style import Style, ends
from pysim.views.dashboard.ticks import round_above, round_width, ticks
from pysim.views.view import Zoom

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LABEL_COLUMNS = 8  # of the values at the left edge
FRAME_ROWS = 3  # title, axis, times
_MOST_POINTS = 160  # that a run is asked for, one for each cell; between them curves are straight
_MOST_KEPT = 20 * _MOST_POINTS  # columns of a run
_TENTH, _HUNDRED = 10, 100
_LEVELS = 4  # of a cell
_LETTER_CELLS, _LETTER_APART = 24, 8  # between two letters on a curve, and those of two curves
_HEAD_APART = 2  # the same where the curves end
_TICK_COLUMNS = 14
_SETTLING_SHARE = 0.04  # of a curve, whose values may lie above the chart: the first fall would flatten all else
_SETTLED_FROM = 25
_TO_COME = -1  # as a step
_HOUR_US, _DAY_US, _MINUTE_US, _SECOND_US = 3_600_000_000, 86_400_000_000, 60_000_000, 1_000_000
_UNITS = ((4 * _DAY_US, _DAY_US, "d"), (4 * _HOUR_US, _HOUR_US, "h"), (4 * _MINUTE_US, _MINUTE_US, "m"))
_SHOWN: Mapping[Zoom, str] = {"all": "run time", "tenth": "the last tenth", "hundred": "the last 100 steps"}


@dataclass(frozen=True, slots=True)
class Window:
    """A part of run time in columns of equal width; they stay what they are while time goes on."""

    begin_us: int
    width_us: int
    points: int

    @property
    def ends_us(self) -> list[int]:
        """When each column ends."""
        return [self.begin_us + self.width_us * (index + 1) for index in range(self.points)]


def window(zoom: Zoom, time_us: int, end_us: int, hundred_us: int, points: int) -> Window:
    """All of run time, or the last of it: a tenth of what passed, or about a hundred steps."""
    if zoom == "all":
        return Window(0, -(-end_us // points), points)
    span_us = max(time_us // _TENTH, hundred_us) if zoom == "tenth" else hundred_us
    width = round_width(max(-(-span_us // points), 1))
    last = max(-(-time_us // width), points)
    return Window((last - points) * width, width, points)


class Charts:
    """Draws the charts of some runs, the first one first, so many columns wide."""

    def __init__(self, style: Style, columns: int) -> None:
        self._style = style
        self._columns = columns
        self._cells = columns - LABEL_COLUMNS
        self._dots = self._cells * dots_per_cell(braille=style.glyphs.braille)
        self._points = min(self._cells, _MOST_POINTS)
        p = style.palette
        self.colors = (p.accent, p.yellow, p.heat[0], p.red)
        self._known: tuple[object, list[_Columns]] = (None, [])

    def lines(self, stories: Sequence[Story], time_us: int, zoom: Zoom, rows: Sequence[int]) -> list[str]:
        """The losses in so many rows, and below them who is ahead, if there are rows for that."""
        loss_rows, ahead_rows = rows
        shown = window(
            zoom,
            time_us,
            stories[0].end_us,
            round(stories[0].header.step_seconds * _HUNDRED * 1e6),
            self._points,
        )
        courses = self._courses(stories, shown, time_us)
        drawn = self._loss(courses, shown, _SHOWN[zoom], loss_rows) if loss_rows else []
        return drawn + (self._ahead(courses, ahead_rows) if ahead_rows else [])

    def _courses(self, stories: Sequence[Story], shown: Window, time_us: int) -> list[Course]:
        """Each run by the end of each column that has begun; columns that are full stay what they were."""
        full = [end_us for end_us in shown.ends_us if end_us <= time_us]
        growing = [time_us] if len(full) < shown.points and time_us > shown.begin_us else []
        asked = shown.width_us, tuple(map(id, stories))
        if self._known[0] != asked:
            self._known = asked, [_Columns(story) for story in stories]
        return [
            _with_rest(known.by(full), story.course(growing), shown.points) for story, known in self._pairs(stories)
        ]

    def _pairs(self, stories: Sequence[Story]) -> Iterable[tuple[Story, "_Columns"]]:
        return zip(stories, self._known[1], strict=True)

    # The losses

    def _loss(self, courses: Sequence[Course], shown: Window, which: str, rows: int) -> list[str]:
        height = rows - FRAME_ROWS
        bottom, top = _scale([course.loss for course in courses])
        canvas = Canvas(self._cells, height, self._style.palette)
        self._draw(canvas, [self._dotted(course.loss) for course in courses], bottom, top)
        title = f"{self._style.bold('loss')} {self._style.dim(f'over {which}')}"
        is_known = any(not np.isnan(course.loss).all() for course in courses)
        labels = _labels(ticks(bottom, top, max(height // 2, 1)), bottom, top, height) if is_known else {}
        return [title, *self._labelled(canvas, labels), *self._axis(shown)]

    def _draw(self, canvas: Canvas, curves: Sequence[Floats], bottom: float, top: float) -> None:
        """Curves on one another: where they share a cell its dots are those of both, in the colour of the later."""
        braille = self._style.glyphs.braille
        heights = [levels(curve, bottom, top, canvas.rows) for curve in curves]
        drawn: dict[tuple[int, int], str] = {}
        for height, color in reversed(list(zip(heights, self.colors, strict=False))):
            spans = list(zip(height, height, strict=True))
            for cell, sign in signs(joined(spans) if braille else spans, braille=braille).items():
                both = ord(sign) | ord(drawn[cell]) if braille and cell in drawn else ord(sign)
                drawn[cell] = chr(both)
                canvas.put(canvas.rows - 1 - cell[0], cell[1], drawn[cell], color)
        for index, height in enumerate(heights):
            self._letter(canvas, index, height)

    def _letter(self, canvas: Canvas, index: int, height: Sequence[int]) -> None:
        """Which run a curve is, where there are no colours as well."""
        per_cell = dots_per_cell(braille=self._style.glyphs.braille)
        color = f"{self._style.palette.bold}{self.colors[index]}"
        known = [at // per_cell for at, level in enumerate(height) if level >= 0]
        if not known:
            return
        first, last = max(known[0], 2 + index * _LETTER_APART), known[-1] - _HEAD_APART * index
        for cell in (*range(first, last - _HEAD_APART * len(LETTERS), _LETTER_CELLS), last):
            level = height[max(cell, known[0]) * per_cell]
            canvas.put(canvas.rows - 1 - level // _LEVELS, max(cell, known[0]), LETTERS[index], color)

    def _dotted(self, column: Floats) -> Floats:
        """A value for each dot column; between fewer points the lines are straight."""
        if len(column) >= self._dots:
            return column
        places = (np.arange(self._dots) + 0.5) * (len(column) / self._dots) - 0.5
        between: Floats = np.interp(places, np.arange(len(column)), column)
        return between

    # Who is ahead

    def _ahead(self, courses: Sequence[Course], rows: int) -> list[str]:
        """By how many steps each of the others is ahead of the first, or behind it."""
        height = rows - 1
        first = courses[0].step
        curves = [np.where(first == _TO_COME, np.nan, course.step - first) for course in courses]
        bottom, top = _ahead_scale(curves)
        canvas = Canvas(self._cells, height, self._style.palette)
        if top > bottom:
            self._draw(canvas, [self._dotted(curve) for curve in curves], bottom, top)
        labels = {0: _count(top), height - 1: _count(bottom)} if height > 1 and top > bottom else {}
        if top > bottom:
            labels[height - 1 - levels(np.zeros(1), bottom, top, height)[0] // _LEVELS] = "0"
        last = int((first != _TO_COME).sum()) - 1
        now = ", ".join(
            f"{letter} {_behind(int(course.step[last] - first[last]))}"
            for letter, course in zip(LETTERS[1:], courses[1:], strict=False)
            if last >= 0
        )
        title = f"{self._style.bold('steps ahead')} {self._style.dim(f'of {LETTERS[0]}')}"
        return [ends(title, now, self._columns), *self._labelled(canvas, labels)]

    # Frames

    def _labelled(self, canvas: Canvas, labels: Mapping[int, str]) -> list[str]:
        return [f"{self._label(labels.get(row, ''))}{line}" for row, line in enumerate(canvas.lines())]

    def _label(self, words: str) -> str:
        return f"{self._style.dim(f'{words:>{LABEL_COLUMNS - 1}}')} "

    def _axis(self, shown: Window) -> list[str]:
        """The line below, and times below that."""
        s = self._style
        axis, times = Canvas(self._cells, 1, s.palette), Canvas(self._columns, 1, s.palette)
        axis.write(0, 0, s.glyphs.rule * self._cells, s.palette.dim)
        free, span_us = 0, shown.width_us * shown.points
        for at_us, words in time_ticks(shown.begin_us, shown.begin_us + span_us, max(self._cells // _TICK_COLUMNS, 1)):
            cell = (at_us - shown.begin_us) * self._cells // span_us
            axis.put(0, cell, s.marks.tick, s.palette.dim)
            begin = min(max(LABEL_COLUMNS + cell - len(words) // 2, 0), self._columns - len(words))
            if begin >= free:
                times.write(0, begin, words, s.palette.dim)
                free = begin + len(words) + 2
        return [" " * LABEL_COLUMNS + axis.lines()[0], times.lines()[0]]


class _Columns:
    """What is known of one run by times at which columns end; each is asked for once while it is on show."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._rows: dict[int, tuple[int, float]] = {}

    def by(self, ends_us: Sequence[int]) -> Course:
        """How it got on by each of these."""
        missing = [end_us for end_us in ends_us if end_us not in self._rows]
        if missing:
            new = self._story.course(missing)
            rows = zip(missing, new.step.tolist(), new.loss.tolist(), strict=True)
            known = self._rows if len(self._rows) < _MOST_KEPT else {}
            self._rows = known | {end_us: (step, loss) for end_us, step, loss in rows}
            return self.by(ends_us)
        steps, losses = zip(*(self._rows[end_us] for end_us in ends_us), strict=True) if ends_us else ((), ())
        return Course(step=np.array(steps, np.int64), loss=np.array(losses, np.float64))


def _with_rest(full: Course, growing: Course, points: int) -> Course:
    """Full columns, the one that grows, and nothing in those that are to come."""
    left = points - len(full.step) - len(growing.step)
    return Course(
        step=np.concatenate([full.step, growing.step, np.full(left, _TO_COME, np.int64)]),
        loss=np.concatenate([full.loss, growing.loss, np.full(left, np.nan)]),
    )


def _scale(curves: Sequence[Floats]) -> tuple[float, float]:
    """Bottom and top of all curves, round, so that they are steady."""
    settled = []
    for curve in curves:
        known = curve[~np.isnan(curve)]
        settled.append(known[int(len(known) * _SETTLING_SHARE) :] if len(known) >= _SETTLED_FROM else known)
    values = np.concatenate(settled)
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), max(float(values.max()), float(values.min()) + 0.001)
    part = round_above((high - low) / 8.0)
    return int(low / part) * part, (int(high / part) + 1) * part


def _labels(values: Sequence[float], bottom: float, top: float, rows: int) -> dict[int, str]:
    found = levels(np.array(values), bottom, top, rows)
    return {rows - 1 - level // _LEVELS: f"{value:.3f}" for value, level in zip(values, found, strict=True)}


def _ahead_scale(curves: Sequence[Floats]) -> tuple[float, float]:
    """From round to round, nought within; from 0 to 0 where nothing is known."""
    known = np.concatenate([curve[~np.isnan(curve)] for curve in curves])
    if not len(known):
        return 0.0, 0.0
    bottom, top = -_round_out(-float(known.min())), _round_out(float(known.max()))
    return (bottom, top) if top > bottom else (-1.0, 1.0)


def _round_out(value: float) -> float:
    return round_above(value) if value > 0 else 0.0


def _count(value: float) -> str:
    return f"{value:+,.0f}" if value else "0"


def _behind(steps: int) -> str:
    if not steps:
        return "as far"
    return f"{abs(steps):,} {text.plural('step', abs(steps))} {'ahead' if steps > 0 else 'behind'}"


def time_ticks(begin_us: int, end_us: int, at_most: int) -> list[tuple[int, str]]:
    """Round times and what they are called: short from the launch on, else to the second."""
    unit_us, sign = next(
        ((unit_us, sign) for least_us, unit_us, sign in _UNITS if end_us - begin_us >= least_us), (_SECOND_US, "s")
    )
    return [
        (round(value * unit_us), _at(value, unit_us, sign, is_short=not begin_us))
        for value in ticks(begin_us / unit_us, end_us / unit_us, at_most)
    ]


def _at(value: float, unit_us: int, sign: str, *, is_short: bool) -> str:
    if is_short:
        return f"{value:,g}{sign}" if value else "0"
    return text.duration(value * unit_us / 1e6)
