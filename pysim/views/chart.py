"""Small charts of one curve: braille dots, two by four a cell, or ASCII levels where braille cannot be shown."""

from collections.abc import Sequence

from pysim.terminal.ansi import Palette

_BRAILLE = 0x2800
_LEFT_DOTS = (0x40, 0x04, 0x02, 0x01)  # dots 7, 3, 2, 1: bottom to top
_RIGHT_DOTS = (0x80, 0x20, 0x10, 0x08)  # dots 8, 6, 5, 4
_ASCII_LEVELS = "_.-'"
_DOTS_PER_ROW, _DOTS_PER_CELL = 4, 2


def chart(
    values: Sequence[float], columns: int, rows: int, *, braille: bool = True, bottom: float | None = None
) -> list[str]:
    """Draw `values`, evenly spaced, as `rows` lines of `columns` cells, the highest at the top.

    `bottom` fixes the value of the lowest dot; by default it is the smallest value.
    """
    per_cell, per_row = (_DOTS_PER_CELL, _DOTS_PER_ROW) if braille else (1, len(_ASCII_LEVELS))
    heights = _heights(_resample(values, columns * per_cell), rows * per_row, bottom)
    draw = _braille_row if braille else _ascii_row
    return [draw(heights, row * per_row) for row in reversed(range(rows))]


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


def _braille_row(heights: Sequence[int], base: int) -> str:
    """One line of cells; each dot column is a curve point, joined downwards to its left neighbour so that cliffs show."""
    cells = []
    for left in range(0, len(heights), _DOTS_PER_CELL):
        code = _BRAILLE
        for column, dots in ((left, _LEFT_DOTS), (left + 1, _RIGHT_DOTS)):
            low, high = _span(heights, column)
            code += sum(dot for row, dot in enumerate(dots, start=base) if low <= row <= high)
        cells.append(chr(code))
    return "".join(cells)


def _span(heights: Sequence[int], column: int) -> tuple[int, int]:
    here, before = heights[column], heights[max(column - 1, 0)]
    if before > here + 1:
        return here, before - 1
    if before < here - 1:
        return before + 1, here
    return here, here


def _ascii_row(heights: Sequence[int], base: int) -> str:
    levels = len(_ASCII_LEVELS)
    return "".join(_ASCII_LEVELS[h - base] if 0 <= h - base < levels else " " for h in heights)
