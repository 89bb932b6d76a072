"""The accelerator grid: every accelerator, grouped by node, in whatever detail the screen can hold.

Cells lose fields from the right as space gets scarce: clock, then power, memory in GiB, temperature. Past that, and for a few
hundred accelerators and more, the grid is a heat map of nodes, or of groups of nodes, with the worst accelerators named.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pysim.story.events import FleetSampled
from pysim.story.fleet import CONDITIONS, DEAD, DRAINING, NAMED, THROTTLED, WORKING, hottest
from pysim.terminal.ansi import Palette
from pysim.views.glyphs import Glyphs
from pysim.views.text import GIB

RED_CELSIUS, YELLOW_CELSIUS = 85, 75
RED_MEMORY_PERCENT, YELLOW_MEMORY_PERCENT = 95, 85
_HEAT_STEPS_CELSIUS = (50, 60, RED_CELSIUS - 15, RED_CELSIUS - 5)  # edges of the five heat levels
_HEAT_DIGITS = "12345"  # heat levels where there is no colour
_BLANKS = str.maketrans("0123456789", "-" * 10)
_DETAIL_LIMIT = 512  # accelerators; above it only nodes can be told apart
_DETAILED_CELLS = 5  # kinds of cell that are worth giving up rows of the log for

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GridShape:
    """Where the grid is drawn, and how the accelerators are grouped."""

    columns: int
    rows: int  # at most
    per_node: int

    @property
    def preferred_rows(self) -> int:
        """What leaves half of the screen to the log."""
        return (self.rows + 1) // 2


def grid(sample: FleetSampled, shape: GridShape, palette: Palette, glyphs: Glyphs, device: str = "GPU") -> list[str]:
    """The grid as at most `shape.rows` lines of at most `shape.columns` columns."""
    if len(sample.temperature_celsius) > _DETAIL_LIMIT:
        return _heat_map(sample, shape, palette, glyphs, device)
    readings = _readings(sample, shape.per_node)
    for rows in (shape.preferred_rows, shape.rows):
        for cell in _CELLS[: len(_CELLS) if rows == shape.rows else _DETAILED_CELLS]:
            if _lines_needed(cell, readings, shape) <= rows:
                return _cells(readings, cell, _dots(sample, palette, glyphs), shape, palette)
    return _heat_map(sample, shape, palette, glyphs, device)


# Cells, one for each accelerator


@dataclass(frozen=True, slots=True)
class _Reading:
    """Texts, each of the same width for all readings of a sample."""

    local: str  # rank within the node
    busy: str
    celsius: str
    memory: str  # GiB, used/total
    percent: str  # of memory
    watts: str
    clock: str  # with its unit; empty where the driver reports none


@dataclass(frozen=True, slots=True)
class _Cell:
    gap: int  # columns to the next cell
    text: Callable[[_Reading], str]  # what follows the health dot


_CELLS = (
    _Cell(2, lambda r: f" {r.local} {r.busy}% {r.celsius}C {r.memory} {r.percent}% {r.watts}W{r.clock}"),
    _Cell(2, lambda r: f" {r.local} {r.busy}% {r.celsius}C {r.memory} {r.percent}% {r.watts}W"),
    _Cell(2, lambda r: f" {r.local} {r.busy}% {r.celsius}C {r.memory} {r.watts}W"),
    _Cell(2, lambda r: f" {r.local} {r.busy}% {r.celsius}C {r.memory}"),
    _Cell(2, lambda r: f" {r.local} {r.busy}% {r.celsius}C {r.percent}%"),
    _Cell(1, lambda r: f"{r.busy}% {r.percent}%"),
    _Cell(1, lambda r: r.celsius),
    _Cell(0, lambda _r: ""),
)


def _readings(sample: FleetSampled, per_node: int) -> list[_Reading]:
    capacity = f"{sample.memory_capacity_bytes / GIB:.0f}G"
    columns = len(capacity) + 1  # one decimal, no unit
    ranks = len(str(per_node - 1))
    texts = zip(
        _aligned(sample.utilisation_percent),
        _aligned(sample.temperature_celsius),
        [f"{memory:{columns}.1f}/{capacity}" for memory in (sample.memory_bytes / GIB).tolist()],
        _aligned(sample.memory_bytes * 100 // sample.memory_capacity_bytes),
        _aligned(sample.power_watts),
        _clocks(sample.clock_mhz),
        strict=True,
    )
    readings = [_Reading(f"{rank % per_node:{ranks}d}", *fields) for rank, fields in enumerate(texts)]
    for rank in np.flatnonzero(sample.condition == DEAD).tolist():
        readings[rank] = _unreadable(readings[rank])
    return readings


def _unreadable(reading: _Reading) -> _Reading:
    """As wide, and without a number but its own."""
    blanks = {name: text.translate(_BLANKS) for name, text in asdict(reading).items() if name != "local"}
    return replace(reading, **blanks)


def _aligned(values: Ints) -> list[str]:
    """Whole numbers of at least two columns, all as wide as the widest."""
    width = max(2, len(str(values.max())))
    return [f"{value:{width}d}" for value in values.tolist()]


def _clocks(values: Ints) -> list[str]:
    return [f" {clock}MHz" for clock in _aligned(values)] if values.any() else [""] * len(values)


def _label_width(accelerators: int, per_node: int) -> int:
    return len(f"Node {(accelerators - 1) // per_node}") + 1


def _per_line(cell: _Cell, readings: Sequence[_Reading], shape: GridShape) -> int:
    """Cells in a line: as many as fit, but such that a full node's lines are equally long."""
    width = 1 + len(cell.text(readings[0])) + cell.gap
    fitting = (shape.columns - _label_width(len(readings), shape.per_node) + cell.gap) // width
    equal = (size for size in range(min(shape.per_node, fitting), 0, -1) if shape.per_node % size == 0)
    return next(equal, 0)


def _lines_needed(cell: _Cell, readings: Sequence[_Reading], shape: GridShape) -> float:
    per_line = _per_line(cell, readings, shape)
    if per_line == 0:
        return float("inf")
    full, rest = divmod(len(readings), shape.per_node)
    return full * -(-shape.per_node // per_line) + -(-rest // per_line)


def _cells(
    readings: Sequence[_Reading], cell: _Cell, dots: Sequence[str], shape: GridShape, palette: Palette
) -> list[str]:
    width, per_line = _label_width(len(readings), shape.per_node), _per_line(cell, readings, shape)
    texts = [dot + cell.text(reading) for dot, reading in zip(dots, readings, strict=True)]
    lines = []
    for first in range(0, len(texts), shape.per_node):
        end = min(first + shape.per_node, len(texts))
        for start in range(first, end, per_line):
            label = f"Node {first // shape.per_node}" if start == first else ""
            row = (" " * cell.gap).join(texts[start : min(start + per_line, end)])
            lines.append(f"{palette.dim}{label:<{width}}{palette.reset}{row}")
    return lines


def health_levels(sample: FleetSampled) -> Ints:
    """0 green, 1 yellow, 2 red for each accelerator, by temperature and memory."""
    heat, percent = sample.temperature_celsius, sample.memory_bytes * 100 / sample.memory_capacity_bytes
    red = (heat > RED_CELSIUS) | (percent > RED_MEMORY_PERCENT)
    yellow = (heat > YELLOW_CELSIUS) | (percent > YELLOW_MEMORY_PERCENT)
    return np.where(red, 2, np.where(yellow, 1, 0))


def _dots(sample: FleetSampled, palette: Palette, glyphs: Glyphs) -> list[str]:
    """A sign for each accelerator: its shape says the condition, its colour the health of what works."""
    levels = np.where(sample.condition == WORKING, health_levels(sample), len(CONDITIONS) + sample.condition).tolist()
    colors = (palette.green, palette.yellow, palette.red)
    signs = {level: f"{color}{glyphs.dot}{palette.reset}" for level, color in enumerate(colors)}
    for condition, sign in enumerate(glyphs.conditions):
        signs[len(CONDITIONS) + condition] = f"{condition_color(condition, palette)}{sign}{palette.reset}"
    return [signs[level] for level in levels]


def condition_color(condition: int, palette: Palette) -> str:
    """What is lost is red, what costs time is yellow."""
    if condition == DEAD:
        return palette.red
    return palette.yellow if condition in (THROTTLED, DRAINING) else palette.dim


# The heat map, one cell for each node or group of nodes


def _heat_map(sample: FleetSampled, shape: GridShape, palette: Palette, glyphs: Glyphs, device: str) -> list[str]:
    nodes = _group_max(sample.temperature_celsius, shape.per_node)
    room = max(shape.rows - 2, 1)
    width, nodes_per_cell = _map_layout(len(nodes), shape.columns, room)
    cells = _group_max(nodes, nodes_per_cell)
    heat = np.searchsorted(np.array(_HEAT_STEPS_CELSIUS), cells, side="right")
    conditions = _group_max(sample.condition, shape.per_node * nodes_per_cell)
    levels = np.where(conditions > _usual(sample), -conditions, heat).tolist()
    digits = len(str(len(nodes) - 1))
    lines = [
        f"{palette.dim}{start * nodes_per_cell:>{digits}} {palette.reset}{_paint(levels[start : start + width], palette, glyphs)}"
        for start in range(0, len(levels), width)
    ]
    return [*lines[:room], _legend(nodes_per_cell, shape, palette, glyphs), _worst(sample, shape, device)][: shape.rows]


def _group_max(values: Ints, size: int) -> Ints:
    """Maximum of every `size` neighbours, the last group may be smaller; shape (ceil(len / size),)."""
    if size == 1:
        return values
    padding = -len(values) % size
    padded: Ints = np.concatenate([values, np.full(padding, values[-1])]).reshape(-1, size).max(axis=1)
    return padded


def _map_layout(nodes: int, columns: int, rows: int) -> tuple[int, int]:
    """Cells per line and nodes per cell, such that all nodes fit."""
    available = max(columns - len(str(nodes - 1)) - 1, 1)
    width = available - available % 8 if available >= 8 else available  # noqa: PLR2004  # lines start at round numbers
    nodes_per_cell = 1
    while -(-nodes // nodes_per_cell) > width * rows:
        nodes_per_cell *= 2
    return width, nodes_per_cell


def _paint(levels: Sequence[int], palette: Palette, glyphs: Glyphs) -> str:
    """Levels of heat; below 0 the sign of a condition."""
    if not palette.reset:
        return "".join(_HEAT_DIGITS[level] if level >= 0 else glyphs.conditions[-level] for level in levels)
    runs = ((level, len(list(cells))) for level, cells in groupby(levels))
    return "".join(_run(level, length, palette, glyphs) for level, length in runs) + palette.reset


def _run(level: int, length: int, palette: Palette, glyphs: Glyphs) -> str:
    if level < 0:
        return f"{palette.reset}{condition_color(-level, palette)}{glyphs.conditions[-level] * length}{palette.reset}"
    return f"{palette.heat[level]}{glyphs.cell * length}"


def _usual(sample: FleetSampled) -> int:
    """The condition that most are in."""
    return int(np.bincount(sample.condition).argmax())


def _legend(nodes_per_cell: int, shape: GridShape, palette: Palette, glyphs: Glyphs) -> str:
    signs = [glyphs.cell] * len(_HEAT_DIGITS) if palette.reset else list(_HEAT_DIGITS)
    edges = [f"<{_HEAT_STEPS_CELSIUS[0]}", *(f">={edge}" for edge in _HEAT_STEPS_CELSIUS)]
    parts = [
        f"{color}{sign}{palette.reset} {edge}" for color, sign, edge in zip(palette.heat, signs, edges, strict=True)
    ]
    cell = "node" if nodes_per_cell == 1 else f"{nodes_per_cell} nodes"
    lead = f"hottest of {cell}, C: "
    plain = len(lead) + sum(len(edge) + 4 for edge in edges)
    return lead + "  ".join(parts) if plain <= shape.columns else "  ".join(parts)


def _worst(sample: FleetSampled, shape: GridShape, device: str) -> str:
    """The hottest accelerators by name, as many as fit."""
    order = hottest(sample, NAMED)
    line = "worst:"
    for position, rank in enumerate(order):
        node, local = divmod(rank, shape.per_node)
        part = f"{',' if position else ''} node {node} {device} {local} {sample.temperature_celsius[rank]} C"
        if len(line) + len(part) > shape.columns:
            break
        line += part
    return line
