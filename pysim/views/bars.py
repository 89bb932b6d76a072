"""Progress bars: pure functions of a fraction and a width."""

from pysim.terminal.ansi import Palette

EPOCH_CELLS, STEP_CELLS = 25, 35
LOG_CELLS = 20


def bar(fraction: float, cells: int, palette: Palette) -> str:
    """`[=====>    ]`: `cells` columns between the brackets, full only when the fraction is 1."""
    filled = int(min(max(fraction, 0.0), 1.0) * cells)
    if filled >= cells:
        return f"[{'=' * cells}]"
    head = f"{palette.accent}>{palette.reset}"
    return f"[{'=' * filled}{head}{' ' * (cells - filled - 1)}]"
