"""Makes what the documentation shows of the project itself: the picture in the README and the table of events.

Run with `make docs`. A test compares the table with `pysim.story.events`.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from html import escape
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.story import events
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


def event_table() -> str:
    """Every event with its fields, as Markdown."""
    kinds = [kind for kind in vars(events).values() if inspect.isclass(kind) and issubclass(kind, events.Event)]
    return "\n".join([_INTRODUCTION, *(_section(kind) for kind in kinds if kind is not events.Event)])


_INTRODUCTION = """# Events

`python -m pysim --view events` writes one JSON object a line: `event` names the kind, the other keys are its fields. Every
object has `time_seconds`, run time since the job was launched. Units are in the names; ratios lie between 0 and 1; losses
are in nats. Arrays have one value for each rank (or each channel of a communicator) and are null in runs of more than 512 accelerators. This page is made from
`pysim/story/events.py` by `make docs`.
"""


def _section(kind: type[events.Event]) -> str:
    rows = [f"| `{field.name}` | {_type_name(field.type)} |" for field in fields(kind) if field.name != "time_seconds"]
    return "\n".join(
        [f"## {kind.__name__}", "", inspect.getdoc(kind) or "", "", "| field | type |", "|---|---|", *rows, ""]
    )


def _type_name(annotation: object) -> str:
    name = getattr(annotation, "__name__", str(annotation))
    return {
        "int": "integer",
        "float": "number",
        "str": "string",
        "bool": "boolean",
        "float | None": "number or null",
    }.get(name, "list of integers, or null")


def main() -> None:
    """Write both files."""
    (HERE / "picture.svg").write_text(picture(), encoding="utf-8")
    (HERE / "events.md").write_text(event_table(), encoding="utf-8")


if __name__ == "__main__":
    main()
