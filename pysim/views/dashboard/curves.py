"""The charts: the loss as large as the screen allows, and learning rate, gradient norm and throughput on the same axis below it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.story.header import Header
from pysim.story.history import History
from pysim.terminal.ansi import visible_width
from pysim.views import text
from pysim.views.chart import dots_per_cell
from pysim.views.dashboard.canvas import Canvas, levels
from pysim.views.dashboard.style import Style, ends, packed
from pysim.views.dashboard.ticks import round_above, round_width, steps_label, ticks
from pysim.views.view import Glance, Zoom

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHARTS = ("loss-chart", "learning-rate-chart", "grad-norm-chart", "throughput-chart")  # from above
LABEL_COLUMNS = 8  # of the values at the left edge
FRAME_ROWS = 3  # of the loss: title, axis, steps
_TICK_COLUMNS = 12  # between two labels of the axis, at least
_VALIDATION_COLUMNS = 6  # between two points of the validation loss
_SETTLING_SHARE = 0.04  # of the columns, whose values may lie above the chart: the first fall would flatten all else
_SETTLED_FROM = 25  # columns
_HIGH_SHARE = 0.98  # of the columns fit in below the top
_HUNDRED, _TENTH = 100, 10
_ROUNDING = 1e-6
_MORE_LABELS = 3  # than there is ample room for, so that there are two
_EDGE_PARTS = 4  # of the way between two values at the edge: the chart ends at one of them
_DENSE = 4  # cells for each checkpoint, below which only the last one is marked
_ABOVE_EXPECTED = 1.15  # times the expected throughput, the top of its chart
_MANY = 9  # stops in one cell that are told apart


@dataclass(frozen=True, slots=True)
class Window:
    """The steps that charts show, and the columns that they ask for."""

    first: int
    last: int
    points: int


def window(zoom: Zoom, step: int, total: int, dots: int) -> Window:
    """All steps, or the last ones; the columns of the last tenth begin at round steps, so that they stay what they are."""
    if zoom == "hundred":
        first = max(step - _HUNDRED + 1, 1)
        return Window(first, first + _HUNDRED - 1, min(_HUNDRED, dots))
    if zoom == "tenth":
        width = round_width(-(-max(step // _TENTH, _HUNDRED) // dots))
        last = max(-(-step // width), dots) * width
        return Window(last - dots * width + 1, last, dots)
    return Window(1, total, min(dots, total))


def _part(first: int, last: int, dots: int) -> Window:
    """Those that a show passes which is cut out of the run."""
    return Window(first, last, min(dots, last - first + 1))


class Curves:
    """Draws the charts of one run, so many columns wide."""

    def __init__(self, header: Header, style: Style, columns: int) -> None:
        self._header = header
        self._style = style
        self._columns = columns
        self._cells = columns - LABEL_COLUMNS
        self._dots = self._cells * dots_per_cell(braille=style.glyphs.braille)

    def history(self, glance: Glance) -> History:
        """What the charts show at a moment."""
        now = glance.moment
        shown = (
            _part(*glance.steps, self._dots)
            if glance.steps and glance.zoom == "all"
            else self._window(glance.zoom, now.step)
        )
        return glance.story.history(now.time_us, shown.first, shown.last, shown.points)

    def _window(self, zoom: Zoom, step: int) -> Window:
        return window(zoom, step, self._header.total_steps, self._dots)

    def reading(self, history: History, chart: str, column: int) -> tuple[int, str] | None:
        """The last step that a column of a chart stands for, and what the chart has there; None where nothing is known."""
        cell, points = column - LABEL_COLUMNS, len(history.loss)
        if not 0 <= cell < self._cells:
            return None
        first = cell * points // self._cells
        ends = max(-(-(cell + 1) * points // self._cells), first + 1)
        known = np.flatnonzero(~np.isnan(_column(history, chart)[first:ends]))
        if not len(known):
            return None
        last = first + int(known[-1])
        words = _WORDS[chart](float(_column(history, chart)[last]))
        held_out = history.validation[first : last + 1]
        held_out = held_out[~np.isnan(held_out)]
        if chart == CHARTS[0] and len(held_out):
            words += f", validation {text.loss(float(held_out[-1]))}"
        return min(int(history.edges[last + 1]), history.reached), words

    # The loss

    def loss(self, history: History, title: str, rows: int) -> list[str]:
        """The large chart: title, curve, axis with its marks, steps."""
        height = rows - FRAME_ROWS
        bottom, top, labelled = _loss_scale(history, height)
        canvas = Canvas(self._cells, height, self._style.palette)
        low, high = (
            levels(self._dotted(column), bottom, top, height) for column in (history.loss_low, history.loss_high)
        )
        braille = self._style.glyphs.braille
        canvas.draw(low, high, self._style.palette.dim, braille=braille)
        mean = levels(self._dotted(history.loss_mean), bottom, top, height)
        canvas.stress(mean, "", braille=braille)
        self._mark_validations(canvas, history, bottom, top)
        self._mark_head(canvas, history, bottom, top)
        labels = _row_labels(labelled, bottom, top, height)
        plot = [f"{self._label(labels.get(row, ''))}{line}" for row, line in enumerate(canvas.lines())]
        return [
            ends(title, self._legend(title, history), self._columns),
            *plot,
            self._axis(history),
            self._steps(history),
        ]

    def _dotted(self, column: Floats) -> Floats:
        """A column of the history for each dot column of the chart; between fewer the lines are straight."""
        if len(column) < self._dots:
            places = (np.arange(self._dots) + 0.5) * (len(column) / self._dots) - 0.5
            between: Floats = np.interp(places, np.arange(len(column)), column)
            return between
        return column

    def _cell_of(self, history: History, step: int) -> int:
        """The cell of a step."""
        first, last = int(history.edges[0]), int(history.edges[-1])
        return (step - first - 1) * self._cells // max(last - first, 1)

    def _mark_validations(self, canvas: Canvas, history: History, bottom: float, top: float) -> None:
        rows = levels(history.validation, bottom, top, canvas.rows)
        p, taken = self._style.palette, canvas.columns + _VALIDATION_COLUMNS
        for index in np.flatnonzero(~np.isnan(history.validation))[::-1].tolist():
            cell = ((2 * index + 1) * self._cells) // (2 * len(history.validation))
            if taken - cell >= _VALIDATION_COLUMNS:
                taken = cell
                row = canvas.rows - 1 - rows[index] // 4
                canvas.put(row, cell, self._style.glyphs.validation, p.accent)

    def _mark_head(self, canvas: Canvas, history: History, bottom: float, top: float) -> None:
        """Where the run is, and the way that is left."""
        last = history.loss[~np.isnan(history.loss)]
        if not len(last):
            return
        level = levels(last[-1:], bottom, top, canvas.rows)[0]
        row, cell = canvas.rows - 1 - level // 4, self._cell_of(history, history.reached)
        for ahead in range(cell + 2, self._cells, 2):
            canvas.put(row, ahead, self._style.marks.ahead, self._style.palette.dim)

    def _legend(self, title: str, history: History) -> str:
        g, m, p = self._style.glyphs, self._style.marks, self._style.palette
        signs = (
            (p.accent, g.validation, "validation"),
            (p.green, g.checkpoint, "saved"),
            (p.red, g.stop, "stop" if int(self._by_cell(history.stops).max()) <= 1 else "2-9 + stops"),
            (p.yellow, m.redone, "redone"),
        )
        room = self._columns - visible_width(title) - 2
        parts = [f"{color}{sign}{p.reset} {self._style.dim(word)}" for color, sign, word in signs]
        return packed(parts, room)

    # The axis

    def _axis(self, history: History) -> str:
        """The line below the loss, with what happened at which step."""
        g, m, p = self._style.glyphs, self._style.marks, self._style.palette
        canvas = Canvas(self._cells, 1, p)
        canvas.write(0, 0, g.rule * self._cells, p.dim)
        for _, cell in self._ticks(history):
            canvas.put(0, cell, m.tick, p.dim)
        redone, saved, stops = (
            self._by_cell(column) for column in (history.redone, history.checkpoints, history.stops)
        )
        reached = self._cell_of(history, max(history.reached, int(history.edges[0]) + 1)) + 1
        if 2 * int((redone > 0).sum()) <= reached:
            for cell in np.flatnonzero(redone).tolist():
                canvas.put(0, cell, m.redone, p.yellow)
        if int((saved > 0).sum()) * _DENSE <= reached:
            for cell in np.flatnonzero(saved).tolist():
                canvas.put(0, cell, g.checkpoint, p.green)
        elif history.saved > history.edges[0]:
            canvas.put(0, self._cell_of(history, history.saved), g.checkpoint, p.green)
        for cell in np.flatnonzero(stops).tolist():
            count = int(stops[cell])
            sign = g.stop if count == 1 else str(count) if count <= _MANY else "+"
            canvas.put(0, cell, sign, p.red)
        return " " * LABEL_COLUMNS + canvas.lines()[0]

    def _by_cell(self, column: NDArray[np.generic]) -> Ints:
        """The sums of a column of the history over the cells of the chart."""
        cells = np.arange(len(column), dtype=np.int64) * self._cells // len(column)
        sums: Ints = np.bincount(cells, weights=column.astype(np.float64), minlength=self._cells).astype(np.int64)
        return sums

    def _ticks(self, history: History) -> list[tuple[int, int]]:
        """Round steps, each with its cell."""
        first, last = int(history.edges[0]) + 1, int(history.edges[-1])
        found = [round(each) for each in ticks(first - 1, last, max(self._cells // _TICK_COLUMNS, 1))]
        return [(step, max(self._cell_of(history, step), 0)) for step in found if step >= first - 1]

    def _steps(self, history: History) -> str:
        canvas, free = Canvas(self._columns, 1, self._style.palette), 0
        for step, cell in self._ticks(history):
            words = steps_label(step)
            begin = min(max(LABEL_COLUMNS + cell - len(words) // 2, 0), self._columns - len(words))
            if begin >= free:
                canvas.write(0, begin, words, self._style.palette.dim)
                free = begin + len(words) + 2
        return canvas.lines()[0]

    def _label(self, words: str) -> str:
        return f"{self._style.dim(f'{words:>{LABEL_COLUMNS - 1}}')} "

    # The small ones

    def small(self, name: str, column: Floats, title: str, top: float, rows: int) -> list[str]:
        """A small chart from 0 up to a value; its title on a row of its own where there are three."""
        height = rows - 1 if rows > 2 else rows  # noqa: PLR2004
        canvas = Canvas(self._cells, height, self._style.palette)
        dots = levels(self._dotted(column), 0.0, top, height)
        canvas.draw(dots, dots, "", braille=self._style.glyphs.braille)
        lines = canvas.lines()
        if rows <= 2:  # noqa: PLR2004
            return [f"{self._label(name if row == 0 else '')}{line}" for row, line in enumerate(lines)]
        labels = {0: _short(top), height - 1: "0"}
        return [title, *(f"{self._label(labels.get(row, ''))}{line}" for row, line in enumerate(lines))]

    def small_ones(self, history: History, titles: tuple[str, str, str], rows: int) -> list[str]:
        """All three of them, each with so many rows."""
        h = self._header
        norms = history.grad_norm[_settled(history.grad_norm)]
        charts = (
            ("lr", history.learning_rate, max(h.learning_rates)),
            ("grad", history.grad_norm, round_above(float(norms.max())) if len(norms) and norms.max() > 0 else 1.0),
            ("tok/s", history.tokens_per_second, h.tokens_per_second * _ABOVE_EXPECTED),
        )
        return [
            line
            for (name, column, top), title in zip(charts, titles, strict=True)
            for line in self.small(name, column, title, top, rows)
        ]


_WORDS: Mapping[str, Callable[[float], str]] = {
    "loss-chart": lambda value: f"loss {text.loss(value)}",
    "learning-rate-chart": lambda value: f"learning rate {value:.2e}",
    "grad-norm-chart": lambda value: f"grad_norm {value:.3f}",
    "throughput-chart": lambda value: f"{value:,.0f} tok/s",
}


def _column(history: History, chart: str) -> Floats:
    """What a chart draws."""
    columns = (history.loss, history.learning_rate, history.grad_norm, history.tokens_per_second)
    return columns[CHARTS.index(chart)]


def _settled(column: Floats) -> Ints:
    """The places of a column that a scale goes by."""
    known = np.flatnonzero(~np.isnan(column))
    return known[int(len(known) * _SETTLING_SHARE) :] if len(known) >= _SETTLED_FROM else known


def _loss_scale(history: History, rows: int) -> tuple[float, float, list[float]]:
    """Bottom and top of the chart, and the values that are written at its edge; steady, for they are round."""
    known = _settled(history.loss)
    if not len(known):
        return 0.0, 1.0, []
    lows = np.concatenate([history.loss_low[known], history.validation[~np.isnan(history.validation)]])
    highs = np.sort(history.loss_high[known])
    low, high = float(lows.min()), float(highs[int((len(highs) - 1) * _HIGH_SHARE)])
    high = max(high, float(history.loss[known[-1]]), low + 0.001)
    step = round_above((high - low) / max(rows // 2, 2))
    part = step / _EDGE_PARTS
    bottom, top = int(low / part) * part, (int(high / part) + 1) * part
    few = max(rows // 2, 1)
    found = (ticks(bottom, top, count) for count in range(few, few + _MORE_LABELS + 1))
    return bottom, top, next((labelled for labelled in found if len(labelled) > 1), [bottom])


def _row_labels(values: list[float], bottom: float, top: float, rows: int) -> dict[int, str]:
    """The values that are written at rows of a chart; with as many decimals as they need."""
    if len(values) < 2:  # noqa: PLR2004
        return {
            rows - 1 - level // 4: f"{value:.2f}"
            for value, level in zip(values, _levels(values, bottom, top, rows), strict=True)
        }
    step = values[1] - values[0]
    decimals = next((digits for digits in (2, 3, 4) if _is_whole(step * 10**digits)), 5)
    found = zip(values, _levels(values, bottom, top, rows), strict=True)
    return {rows - 1 - level // 4: f"{value:.{decimals}f}" for value, level in found}


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < _ROUNDING


def _levels(values: list[float], bottom: float, top: float, rows: int) -> list[int]:
    return levels(np.array(values), bottom, top, rows)


def _short(value: float) -> str:
    """A top value in few columns."""
    if value < 0.01:  # noqa: PLR2004
        return f"{value:.1e}"
    for limit, sign in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{sign}"
    return f"{value:.3g}"
