"""The table of a comparison: on a screen as wide as there is room, and as text or JSON where no screen is."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import NamedTuple

from pysim.story.story import Story
from pysim.story.weighing import Tally
from pysim.terminal.ansi import Palette
from pysim.views import text
from pysim.views.compare.quantities import AT_THE_END, SO_FAR, Cell, Quantity, cells
from pysim.views.dashboard.style import Style, shortened

LETTERS = "ABCD"
THIS_RUN = "this run"
_EXACT_COLUMNS, _BRIEF_COLUMNS = 16, 10
_DIGITS = 6  # of a difference of numbers, after the point
_JSON_INDENT = 2


class Line(NamedTuple):
    """A row: what it is, and the columns of each run."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Which columns there is room for."""

    label_columns: int
    columns: int
    brief: bool
    has_first: bool = True
    has_values: bool = True  # of the other runs, beside the differences

    def width(self, others: int) -> int:
        """Of the whole table."""
        return self.label_columns + self.columns * (self.has_first + others * (1 + self.has_values))


_FORMS = (
    Form(label_columns=16, columns=_EXACT_COLUMNS, brief=False),
    Form(label_columns=9, columns=_BRIEF_COLUMNS, brief=True),
    Form(label_columns=9, columns=_BRIEF_COLUMNS, brief=True, has_values=False),
)
_NARROWEST = Form(label_columns=9, columns=_BRIEF_COLUMNS, brief=True, has_first=False, has_values=False)


def form(columns: int, others: int) -> Form:
    """The one with most in it that so many columns have room for."""
    return next((each for each in _FORMS if each.width(others) <= columns), _NARROWEST)


class Table:
    """Draws the blocks of a comparison of so many runs in so many columns."""

    def __init__(self, style: Style, columns: int, others: int) -> None:
        self._style = style
        self._columns = columns
        self._others = others
        self._form = form(columns, others)

    @property
    def width(self) -> int:
        """Columns that it takes."""
        return min(self._form.width(self._others), self._columns)

    def so_far(self, tallies: Sequence[Tally], rows: int) -> list[str]:
        """What holds at a moment, in so many rows at most."""
        return self._block("so far", SO_FAR, tallies, rows)

    def at_the_end(self, tallies: Sequence[Tally], rows: int) -> list[str]:
        """What it comes to, each run at its own end."""
        return self._block("at the end", AT_THE_END, tallies, rows)

    def _block(self, title: str, quantities: Sequence[Quantity], tallies: Sequence[Tally], rows: int) -> list[str]:
        brief = self._form.brief
        lines = [self._heading(title if not brief else title.removeprefix("at the "))]
        for quantity in quantities[: max(rows - 1, 0)]:
            label = quantity.short if brief else quantity.name
            lines.append(self._row(label, cells(quantity, tallies, brief=brief)))
        return lines[:rows]

    def _heading(self, title: str) -> str:
        s, shape = self._style, self._form
        heads = [LETTERS[0]] if shape.has_first else []
        for letter in LETTERS[1 : self._others + 1]:
            heads += [letter] if shape.has_values else []
            heads.append(f"{letter} - {LETTERS[0]}")
        drawn = "".join(f"{head:>{shape.columns}}" for head in heads)
        return f"{s.bold(f'{title:<{shape.label_columns}}')}{s.dim(drawn)}"

    def _row(self, label: str, row: Sequence[Cell]) -> str:
        shape, p = self._form, self._style.palette
        line = f"{self._style.dim(f'{shortened(label, shape.label_columns - 1, self._style):<{shape.label_columns}}')}"
        line += f"{row[0].value:>{shape.columns}}" if shape.has_first else ""
        for cell in row[1:]:
            line += f"{cell.value:>{shape.columns}}" if shape.has_values else ""
            line += _colored(f"{cell.difference:>{shape.columns}}", cell.better, p)
        return line


def _colored(words: str, better: int, palette: Palette) -> str:
    color = {1: palette.green, -1: palette.red}.get(better, "")
    return f"{color}{words}{palette.reset}" if color else words


# Without a screen


class Weighed(NamedTuple):
    """One run of a comparison."""

    letter: str
    change: str  # empty for the first
    with_it: Sequence[str]
    story: Story


class Block(NamedTuple):
    """A part of the table, as text: rows of a name and a word for each column."""

    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def weighed(story: Story) -> list[Weighed]:
    """All runs, the first one first."""
    others = [(each.change, each.with_it, each.story) for each in story.beside]
    return [Weighed(letter, *run) for letter, run in zip(LETTERS, [("", (), story), *others], strict=False)]


def blocks(story: Story, time_us: int | None) -> list[Block]:
    """At a moment if one is asked for, and at the end; all digits of every value."""
    runs = [each.story for each in weighed(story)]
    found = []
    if time_us is not None:
        time_us = min(time_us, story.end_us)
        title = f"so far, {text.duration(time_us / 1e6)} after the launch"
        found.append(_block(title, SO_FAR, [run.tally(time_us) for run in runs]))
    return [*found, _block("at the end", AT_THE_END, [run.tally(run.end_us) for run in runs])]


def _block(title: str, quantities: Sequence[Quantity], tallies: Sequence[Tally]) -> Block:
    heads = [LETTERS[0]]
    for letter in LETTERS[1 : len(tallies)]:
        heads += [letter, f"{letter} - {LETTERS[0]}"]
    return Block(title, heads, [(each.name, _texts(cells(each, tallies, brief=False))) for each in quantities])


def table_text(story: Story, time_us: int | None) -> str:
    """The comparison as plain text."""
    header = story.header
    lines = [f"{LETTERS[0]}  {THIS_RUN}: {header.title}, {header.run_name}, seed {header.seed}"]
    for each in weighed(story)[1:]:
        with_it = f", and with it {', '.join(each.with_it)}" if each.with_it else ""
        lines.append(f"{each.letter}  {each.change}{with_it}")
    for block in blocks(story, time_us):
        lines += ["", block.title, *_plain_rows(block)]
    return "\n".join(lines) + "\n"


def _plain_rows(block: Block) -> Iterator[str]:
    table = [("", block.heads), *block.rows]
    label_columns = max(len(name) for name, _ in table)
    widths = [max(len(texts[column]) for _, texts in table) for column in range(len(block.heads))]
    for name, texts in table:
        words = "  ".join(f"{each:>{width}}" for each, width in zip(texts, widths, strict=True))
        yield f"  {name:<{label_columns}}  {words}"


def _texts(row: Sequence[Cell]) -> list[str]:
    first, *others = row
    return [first.value, *(words for cell in others for words in (cell.value, cell.difference))]


def table_json(story: Story, time_us: int | None) -> str:
    """The same for programs: numbers of each run, and of each other one its difference from the first."""
    return json.dumps(as_data(story, time_us), indent=_JSON_INDENT) + "\n"


def as_data(story: Story, time_us: int | None) -> dict[str, object]:
    """The comparison as plain values."""
    return {
        "run": story.header.run_name,
        "so_far_us": time_us,
        "runs": [
            {
                "letter": each.letter,
                "change": each.change,
                "with_it": list(each.with_it),
                "so_far": None if time_us is None else _numbers(each.story, story, time_us, SO_FAR),
                "at_the_end": _numbers(each.story, story, None, AT_THE_END),
            }
            for each in weighed(story)
        ],
    }


def _numbers(run: Story, first: Story, time_us: int | None, quantities: Sequence[Quantity]) -> dict[str, object]:
    mine, others = (each.tally(each.end_us if time_us is None else time_us) for each in (run, first))
    return {quantity.key: _number(quantity.of, mine, others, is_first=run is first) for quantity in quantities}


def _number(
    of: Callable[[Tally], float | None], mine: Tally, first: Tally, *, is_first: bool
) -> dict[str, float | None]:
    value, reference = _finite(of(mine)), _finite(of(first))
    if is_first:
        return {"value": value}
    difference = None if value is None or reference is None else round(value - reference, _DIGITS)
    return {"value": value, "difference": difference}


def _finite(value: float | None) -> float | None:
    return None if value is None or isnan(value) else value
