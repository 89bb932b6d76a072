"""Makes what the documentation shows of the project itself: the pictures in the README, the tables of events, exports and corpora.

Run with `make docs`. A test compares the files with what would be made.
"""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path

import corpus_page
import event_schema
import export_schema
import pyte
from pyte.screens import Char

from pysim.pretraining.injection import Injection
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory, tell
from pysim.show.player import Player
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.screen import Screen

HERE = Path(__file__).parent
SCREEN = Screen(columns=120, rows=34)
INCIDENT_SCREEN = Screen(columns=120, rows=48)
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
    story = tell(choose_plan(Request(preset="classic", incidents=0.0)))
    label = "A training run in a terminal: step lines, the accelerator grid, progress bars"
    return _drawn(story, story.run.timeline.end_of_us(Executed(SHOWN_STEP)) + 1_000_000, SCREEN, label)


def incident() -> str:
    """An accelerator has fallen off the bus, and its node is being drained, as SVG."""
    plan = choose_plan(Request(preset="classic", incidents=0.0))
    lost_us = simulate(plan).timeline.end_of_us(Executed(SHOWN_STEP)) + 1_000_000
    story = tell(plan, [Injection(cause="gpu-off-bus", at_us=lost_us, target="gpu", number=21)])
    drained_us = next(
        part.end_us for part in story.run.incidents.parts(story.run.befallen[0]) if part.name == "draining"
    )
    label = "An incident in a terminal: the kernel's words, the launcher's, the grid with a dead accelerator on a drained node"
    return _drawn(story, drained_us + 1, INCIDENT_SCREEN, label)


def _drawn(story: PretrainingStory, time_us: int, screen: Screen, label: str) -> str:
    """The screen of a moment."""
    terminal = _Terminal(screen.columns, screen.rows)
    pyte.Stream(terminal).feed(Player(story, screen, span=Span(time_us)).advance(0.0))
    width, height = screen.columns * CELL_WIDTH + 2 * MARGIN, screen.rows * CELL_HEIGHT + 2 * MARGIN
    text = "\n".join(piece for row in range(screen.rows) for piece in _row(terminal.buffer[row], row))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
        f'aria-label="{label}">\n'
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
    "incident.svg": incident,
    "corpus.md": corpus_page.page,
    "events.md": event_schema.table,
    "events.schema.json": event_schema.schema,
    "exports.md": export_schema.exports,
}


def main() -> None:
    """Write all files."""
    for name, made in MADE.items():
        (HERE / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
