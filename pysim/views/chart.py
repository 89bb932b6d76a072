"""Curves in cells: braille dots, two by four a cell, or ASCII levels where braille cannot be shown; and small charts of one."""

from collections.abc import Sequence

from pysim.terminal.ansi import Palette

LEVELS = 4  # that a cell's height is divided into, dots or others
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # left and right column of a cell, top to bottom
_COLUMNS = tuple(
    {
        (low, high): sum(dots[LEVELS - 1 - level] for level in range(low, high + 1))
        for low in range(LEVELS)
        for high in range(low, LEVELS)
    }
    for dots in _DOTS
)
"""The dots of a cell's column from one level to another, from the bottom."""
_ASCII_LEVELS = "'-._"  # top to bottom
_ASCII_SPAN = ":"

Spans = Sequence[tuple[int, int]]
"""Of each dot column the lowest and the highest level that is drawn, counted from the bottom; -1 where there is none."""
Signs = dict[tuple[int, int], str]
"""Cells by row from the bottom and column."""


def chart(
    values: Sequence[float], columns: int, rows: int, *, braille: bool = True, bottom: float | None = None
) -> list[str]:
    """Draw `values`, evenly spaced, as `rows` lines of `columns` cells, the highest at the top.

    `bottom` fixes the value of the lowest dot; by default it is the smallest value.
    """
    heights = _heights(_resample(values, columns * dots_per_cell(braille=braille)), rows * LEVELS, bottom)
    line = list(zip(heights, heights, strict=True))
    drawn = signs(joined(line) if braille else line, braille=braille)
    blank = chr(_BRAILLE) if braille else " "
    return ["".join(drawn.get((row, column), blank) for column in range(columns)) for row in reversed(range(rows))]


def marked(line: str, fraction: float, palette: Palette, marker: str) -> str:
    """A chart's row with the cell at `fraction` of its width stressed: by colour, or by a marker where there is none."""
    index = min(int(max(fraction, 0.0) * len(line)), len(line) - 1)
    here = f"{palette.reset}{palette.accent}{palette.bold}{line[index]}{palette.reset}" if palette.reset else marker
    return f"{palette.dim}{line[:index]}{palette.reset}{here}{palette.dim}{line[index + 1 :]}{palette.reset}"


def _resample(values: Sequence[float], points: int) -> list[float]:
    last = len(values) - 1
    return [values[round(point * last / max(points - 1, 1))] for point in range(points)]


def _heights(values: Sequence[float], dots: int, bottom: float | None) -> list[int]:
    low = min(values) if bottom is None else bottom
    span = max(values) - low
    return [int((value - low) / span * (dots - 1) + 0.5) if span else 0 for value in values]


def dots_per_cell(*, braille: bool) -> int:
    """Dot columns in a cell."""
    return len(_DOTS) if braille else 1


def joined(spans: Spans) -> list[tuple[int, int]]:
    """Each drawn out to where its left neighbour is, so that a cliff is seen as one."""
    found: list[tuple[int, int]] = []
    before = (-1, -1)
    for low, high in spans:
        span = (low, high)
        if low >= 0 and before[0] >= 0:
            if before[0] > high + 1:
                span = (low, before[0] - 1)
            elif before[1] < low - 1:
                span = (before[1] + 1, high)
        found.append(span)
        before = (low, high) if low >= 0 else (-1, -1)
    return found


def signs(spans: Spans, *, braille: bool) -> Signs:
    """The cells in which something is drawn."""
    return _braille_signs(spans) if braille else _ascii_signs(spans)


def _braille_signs(spans: Spans) -> Signs:
    codes: dict[tuple[int, int], int] = {}
    for at, (low, high) in enumerate(spans):
        for row in range(low // LEVELS, high // LEVELS + 1) if low >= 0 else ():
            base = row * LEVELS
            cell = row, at // len(_DOTS)
            dots = _COLUMNS[at % len(_DOTS)][max(low - base, 0), min(high - base, LEVELS - 1)]
            codes[cell] = codes.get(cell, _BRAILLE) | dots
    return {cell: chr(code) for cell, code in codes.items()}


def _ascii_signs(spans: Spans) -> Signs:
    """A sign for each level, and one for more than one."""
    found: Signs = {}
    for column, (low, high) in enumerate(spans):
        for row in range(low // LEVELS, high // LEVELS + 1) if low >= 0 else ():
            first, last = max(low - row * LEVELS, 0), min(high - row * LEVELS, LEVELS - 1)
            found[row, column] = _ASCII_LEVELS[LEVELS - 1 - last] if first == last else _ASCII_SPAN
    return found
