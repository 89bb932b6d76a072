"""Makes what the documentation shows of the project itself: the picture in the README, the table of events and their schema.

Run with `make docs`. A test compares the files with what would be made.
"""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path

import event_schema
import pyte
from pyte.screens import Char

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.screen import Screen

HERE = Path(__file__).parent
SCREEN = Screen(columns=120, rows=34)
SHOWN_STEP = 1_254
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8.4, 18, 14, 16
DIM = "7f8794"
COLORS = {
    "default": "d4d7dd",
    "red": "f2777a",
    "green": "8fc78f",
    "brown": "e6c15c",  # pyte's name for yellow
    "blue": "6fa8dc",
    "cyan": "66c2cd",
}


def picture() -> str:
    """The default show after some steps, as SVG."""
    run = simulate(choose_plan(Request(preset="classic")))
    player = Player(PretrainingStory(run), SCREEN, span=Span(run.timeline.end_of_us(Executed(SHOWN_STEP)) + 1_000_000))
    terminal = _Terminal(SCREEN.columns, SCREEN.rows)
    pyte.Stream(terminal).feed(player.advance(0.0))
    width, height = SCREEN.columns * CELL_WIDTH + 2 * MARGIN, SCREEN.rows * CELL_HEIGHT + 2 * MARGIN
    text = "\n".join(piece for row in range(SCREEN.rows) for piece in _row(terminal.buffer[row], row))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
        f'aria-label="A training run in a terminal: step lines, the accelerator grid, progress bars">\n'
        f'<rect width="100%" height="100%" rx="8" fill="#15181e"/>\n'
        f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{FONT_SIZE}">\n{text}\n</g>\n</svg>\n'
    )


class _Terminal(pyte.Screen):
    """pyte knows no faint text; here it gets a colour of its own."""

    def select_graphic_rendition(self, *attributes: int, **kwargs: bool) -> None:
        super().select_graphic_rendition(*attributes, **kwargs)
        if 2 in attributes:  # noqa: PLR2004  # SGR 2: faint
            self.cursor.attrs = self.cursor.attrs._replace(fg=DIM)


def _row(cells: Mapping[int, Char], row: int) -> Iterator[str]:
    """Runs of cells of one style; each is stretched to its columns, whatever the font."""
    y = MARGIN + row * CELL_HEIGHT + FONT_SIZE
    for (color, bold), run in groupby(range(SCREEN.columns), key=lambda column: (cells[column].fg, cells[column].bold)):
        columns = list(run)
        words = "".join(cells[column].data for column in columns)
        if not words.strip(" \u2800"):
            continue
        x, width = MARGIN + columns[0] * CELL_WIDTH, len(columns) * CELL_WIDTH
        weight = ' font-weight="bold"' if bold else ""
        yield (
            f'<text x="{x:.1f}" y="{y}" fill="#{COLORS.get(color, color)}"{weight} textLength="{width:.1f}" '
            f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(words)}</text>'
        )


MADE: Mapping[str, Callable[[], str]] = {
    "picture.svg": picture,
    "events.md": event_schema.table,
    "events.schema.json": event_schema.schema,
}


def main() -> None:
    """Write all files."""
    for name, made in MADE.items():
        (HERE / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
