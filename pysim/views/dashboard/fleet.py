"""The fleet in place: a cell for each accelerator, each node, or some nodes; the colour is the temperature, the sign what is not as usual."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysim.story.events import FleetSampled
from pysim.story.fleet import CONDITIONS, DEAD, WORKING, counted
from pysim.story.header import Header
from pysim.terminal.ansi import visible_width
from pysim.views.console.grid import condition_color
from pysim.views.dashboard.canvas import Canvas
from pysim.views.dashboard.style import Style, ends, packed
from pysim.views.text import power

Ints = NDArray[np.int64]

COOLEST, HOTTEST, LEVELS = 40, 90, 10  # C, the edges of the scale, and how many colours it has
_SHADES = ".░▒▓█"  # where there is no colour
_DIGITS = "0123456789"
_HALF = "▀"
_NUMBERED = 512  # accelerators whose temperatures are written out, at most
_LABEL_COLUMNS = 7
_FEW_ROWS = 4  # that a small fleet may take from other panels
_SHARE = 3  # of the screen is the fleet's, one part
_BAND_ROWS = 32  # of a fleet of which each accelerator has a cell, at most
_SEVERITY = np.array([0, 3, 1, 1, 4, 5], np.int64)  # of each condition: what is lost, what is given away, what is slow


@dataclass(frozen=True, slots=True)
class _Cells:
    """What is drawn, cell by cell in the order of ranks: a temperature, and a condition; and how many nodes each is."""

    celsius: Ints
    condition: Ints
    nodes: int


class FleetPanel:
    """Draws the fleet of one run, so many columns wide."""

    def __init__(self, header: Header, style: Style, columns: int) -> None:
        self._header = header
        self._style = style
        self._columns = columns
        self._halves = 2 if style.is_unicode and style.is_colored else 1

    def rows_wanted(self, rows: int) -> int:
        """Of so many rows of the screen, what it takes to show as much as is worth it, title and heading included."""
        shapes = (self._numbered_rows or rows, self._banded_rows, self._node_rows(1))
        return min(next((shape for shape in shapes if shape <= rows // _SHARE), rows // _SHARE), _BAND_ROWS) + 2

    @property
    def least_rows(self) -> int:
        """The fewest that are worth having: of a small fleet, what shows each accelerator."""
        rows = self._numbered_rows or self._banded_rows
        return rows + 1 if rows <= _FEW_ROWS else 2

    def lines(self, sample: FleetSampled, rows: int) -> list[str]:
        """Title and cells in so many rows."""
        usual = int(np.bincount(sample.condition).argmax())
        title, left = self._title(sample), rows - 1
        if left < 1:
            return [title]
        if self._numbered_rows and self._numbered_rows <= left:
            return [title, *self._numbered(sample, usual, headed=self._numbered_rows < left)]
        if self._banded_rows <= min(left, _BAND_ROWS):
            return [title, *self._banded(sample, usual, headed=self._banded_rows < left)]
        per_cell = self._nodes_per_cell(left)
        title = self._title(sample, f"{per_cell:,} nodes a cell" if per_cell > 1 else "")
        return [title, *self._by_nodes(sample, usual, left)]

    def _nodes_per_cell(self, rows: int) -> int:
        return next(each for each in range(1, self._header.nodes + 1) if self._node_rows(each) <= rows)

    # What is said

    def _title(self, sample: FleetSampled, cell: str = "") -> str:
        h, p, s = self._header, self._style.palette, self._style
        counts = counted(sample)
        unusual = [
            f"{condition_color(at, p)}{s.glyphs.conditions[at]}{p.reset} {counts[name]:,} {name}"
            for at, name in sorted(enumerate(CONDITIONS), key=lambda each: -int(_SEVERITY[each[0]]))
            if name in counts and at != WORKING
        ]
        parts = [
            s.bold("fleet"),
            *unusual,
            self._hottest(sample),
            cell,
            power(int(sample.power_watts.sum())),
            f"{h.nodes:,} {'nodes' if h.nodes != 1 else 'node'} {s.glyphs.times} {h.per_node} {h.device}",
        ]
        legend = self._legend()
        room = self._columns - visible_width(legend) - 2
        left = packed(parts, room if room >= self._columns // 2 else self._columns)
        return ends(left, legend, self._columns)

    def _hottest(self, sample: FleetSampled) -> str:
        hottest = int(sample.temperature_celsius.argmax())
        if sample.condition[hottest] == DEAD:
            return ""
        node, local = divmod(hottest, self._header.per_node)
        return f"hottest {node}/{local} {sample.temperature_celsius[hottest]:2d} C"

    def _legend(self) -> str:
        p = self._style.palette
        signs = "".join(f"{color}{self._sign(level)}" for level, color in enumerate(p.scale)) + p.reset
        return f"{COOLEST} {signs} {HOTTEST} C"

    def _sign(self, level: int) -> str:
        if self._style.is_colored:
            return self._style.marks.block
        return _SHADES[level // 2] if self._style.is_unicode else _DIGITS[level]

    # Temperatures in figures

    @property
    def _node_columns(self) -> int:
        return _LABEL_COLUMNS + 3 * self._header.per_node

    @property
    def _numbered_rows(self) -> int:
        """Rows of figures; 0 where there are too many, or no room for one node."""
        beside = (self._columns + 2) // (self._node_columns + 2)
        if self._header.world_size > _NUMBERED or not beside:
            return 0
        return -(-self._header.nodes // beside)

    def _numbered(self, sample: FleetSampled, usual: int, *, headed: bool) -> list[str]:
        h, s, p = self._header, self._style, self._style.palette
        beside = min((self._columns + 2) // (self._node_columns + 2), h.nodes)
        rows = self._numbered_rows
        canvas = Canvas(self._columns, rows + headed, p)
        for node in range(h.nodes):
            row, at = node % rows + headed, node // rows * (self._node_columns + 2)
            canvas.write(row, at, f"node {node}", p.dim)
            for local in range(min(h.per_node, h.world_size - node * h.per_node)):
                rank, column = node * h.per_node + local, at + _LABEL_COLUMNS + 3 * local
                condition = int(sample.condition[rank])
                if condition in (usual, WORKING):
                    level = int(_level_of(sample.temperature_celsius[rank : rank + 1])[0])
                    canvas.write(row, column, f"{sample.temperature_celsius[rank]:2d}", p.scale[level])
                else:
                    canvas.write(row, column, f"{s.glyphs.conditions[condition]:>2}", condition_color(condition, p))
        for block in range(beside if headed else 0):
            at = block * (self._node_columns + 2)
            canvas.write(0, at, f"{h.device} ", p.dim)
            for local in range(h.per_node):
                canvas.write(0, at + _LABEL_COLUMNS + 3 * local, f"{local:2d}", p.dim)
        return canvas.lines()

    # A column for each node

    @property
    def _band_columns(self) -> int:
        return min(self._row_columns, self._header.nodes)

    @property
    def _banded_rows(self) -> int:
        bands = -(-self._header.nodes // max(self._band_columns, 1))
        return bands * -(-self._header.per_node // self._halves)

    def _banded(self, sample: FleetSampled, usual: int, *, headed: bool) -> list[str]:
        """Nodes side by side, their accelerators below each other."""
        h, p, per_band = self._header, self._style.palette, self._band_columns
        height = -(-h.per_node // self._halves)
        canvas = Canvas(self._columns, self._banded_rows + headed, p)
        level, condition = _level_of(sample.temperature_celsius), sample.condition
        for node in range(h.nodes):
            band, column = divmod(node, per_band)
            ranks = range(node * h.per_node, min((node + 1) * h.per_node, h.world_size))
            for row in range(height):
                pair = ranks[row * self._halves : (row + 1) * self._halves]
                cell = [(int(level[rank]), int(condition[rank])) for rank in pair]
                self._draw(canvas, (band * height + row + headed, _LABEL_COLUMNS + column), cell, usual)
        for band in range(-(-h.nodes // per_band)):
            canvas.write(band * height + headed, 0, f"{band * per_band:>{_LABEL_COLUMNS - 1},}", p.dim)
        for column in range(0, per_band if headed else 0, 10):
            canvas.write(0, _LABEL_COLUMNS + column, f"+{column}" if column else "0", p.dim)
        if headed:
            canvas.write(0, 0, f"{'node':>{_LABEL_COLUMNS - 1}}", p.dim)
        return canvas.lines()

    def _draw(self, canvas: Canvas, at: tuple[int, int], cell: list[tuple[int, int]], usual: int) -> None:
        """One cell, of two halves where half blocks are to be had; what is not as usual has it to itself."""
        p = self._style.palette
        if not cell:
            return
        unusual = [condition for _, condition in cell if condition not in (usual, WORKING)]
        if unusual:
            worst = max(unusual, key=lambda condition: int(_SEVERITY[condition]))
            canvas.put(*at, self._style.glyphs.conditions[worst], condition_color(worst, p))
        elif self._halves == 1:
            canvas.put(*at, self._sign(cell[0][0]), p.scale[cell[0][0]])
        else:
            below = p.scale_under[cell[1][0]] if len(cell) > 1 else ""
            canvas.put(*at, _HALF, p.scale[cell[0][0]] + below)

    # A cell for each node

    @property
    def _row_columns(self) -> int:
        """Cells of a row: a round number where there is room for one."""
        room = self._columns - _LABEL_COLUMNS
        return room // 10 * 10 if room >= 20 else room  # noqa: PLR2004

    def _node_rows(self, nodes_per_cell: int) -> int:
        cells = -(-self._header.nodes // nodes_per_cell)
        return -(-cells // (self._row_columns * self._halves))

    def _by_nodes(self, sample: FleetSampled, usual: int, rows: int) -> list[str]:
        per_cell = self._nodes_per_cell(rows)
        cells = self._cells(sample, per_cell)
        p, wide = self._style.palette, self._row_columns
        needed = self._node_rows(per_cell)
        headed = needed < rows
        canvas = Canvas(self._columns, needed + headed, p)
        level, condition = _level_of(cells.celsius).tolist(), cells.condition.tolist()
        for row in range(needed):
            begin = row * wide * self._halves
            canvas.write(row + headed, 0, f"{begin * per_cell:>{_LABEL_COLUMNS - 1},}", p.dim)
            for column in range(wide):
                places = [begin + half * wide + column for half in range(self._halves)]
                cell = [(level[place], condition[place]) for place in places if place < len(level)]
                self._draw(canvas, (row + headed, _LABEL_COLUMNS + column), cell, usual)
        if headed:
            canvas.write(0, 0, f"{'node':>{_LABEL_COLUMNS - 1}}", p.dim)
            for column in range(0, wide, 10):
                canvas.write(0, _LABEL_COLUMNS + column, f"+{column * per_cell:,}" if column else "0", p.dim)
        return canvas.lines()

    def _cells(self, sample: FleetSampled, per_cell: int) -> _Cells:
        """The hottest and the worst of as many nodes as share a cell."""
        size = per_cell * self._header.per_node
        count = -(-len(sample.condition) // size)
        celsius, severity = (np.full(count * size, -1, np.int64) for _ in range(2))
        celsius[: len(sample.condition)] = sample.temperature_celsius
        severity[: len(sample.condition)] = _SEVERITY[sample.condition] * len(CONDITIONS) + sample.condition
        worst = severity.reshape(count, size).max(axis=1) % len(CONDITIONS)
        return _Cells(celsius.reshape(count, size).max(axis=1), worst, per_cell)


def _level_of(celsius: Ints) -> Ints:
    """The colour of a temperature."""
    level: Ints = (celsius - COOLEST) * LEVELS // (HOTTEST - COOLEST)
    return np.minimum(np.maximum(level, 0), LEVELS - 1)
