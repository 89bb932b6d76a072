"""The live view of a comparison: all rows of the screen, drawn of a moment. What is so far is that moment's; the end is each run's own."""

from collections.abc import Sequence
from functools import lru_cache

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.story.story import Story
from pysim.story.weighing import Tally
from pysim.terminal.ansi import clip, visible_width
from pysim.terminal.screen import Screen
from pysim.views import text
from pysim.views.compare.charts import FRAME_ROWS, Charts
from pysim.views.compare.quantities import AT_THE_END, SO_FAR
from pysim.views.compare.table import LETTERS, THIS_RUN, Table
from pysim.views.console.console import Console
from pysim.views.dashboard.dashboard import LEAST_COLUMNS, LEAST_ROWS, Cramped
from pysim.views.dashboard.layout import Wish, allot
from pysim.views.dashboard.style import Style, beside, ends, filled
from pysim.views.view import Glance, View

_BESIDE_COLUMNS = 44  # that charts need beside a table
_TALL_ROWS = 22  # from which on each run has a row of its own in the heading
_KEPT_TALLIES = 8


def comparison(header: Header, screen: Screen) -> View:
    """The comparison, or on a screen that is too small for it the console, which says so."""
    is_large = screen.columns >= LEAST_COLUMNS and screen.rows >= LEAST_ROWS and screen.live
    return Comparison(header, screen) if is_large else Cramped(header, screen, "compare")


class Comparison:
    """Draws a run beside the others that its story has; pure, apart from remembering what it drew last."""

    def __init__(self, header: Header, screen: Screen) -> None:
        self.live_rows = screen.rows
        self._header = header
        self._columns = screen.columns
        self._style = Style.of(screen)
        self._console = Console(header, screen)
        self._charts: dict[int, Charts] = {}  # by their columns
        self._tallies = lru_cache(maxsize=_KEPT_TALLIES)(_tallies)

    def lines(self, event: ev.Event) -> list[str]:
        """The event's lines, as the console has them; they are for who looks at the log later."""
        return self._console.lines(event)

    def live(self, glance: Glance) -> list[str]:
        """All rows of the screen."""
        stories = (glance.story, *(each.story for each in glance.story.beside))
        time_us = min(glance.moment.time_us, glance.story.end_us)
        head = self._heading(glance, stories, time_us)
        rows = self.live_rows - len(head)
        table = Table(self._style, self._columns, len(stories) - 1)
        if self._columns >= table.width + _BESIDE_COLUMNS:
            body = self._wide(glance, stories, time_us, table, rows)
        else:
            body = self._narrow(glance, stories, time_us, table, rows)
        return [clip(line, self._columns) for line in filled([*head, *body], self.live_rows)]

    # The heading

    def _heading(self, glance: Glance, stories: Sequence[Story], time_us: int) -> list[str]:
        s = self._style
        now = f"{s.dim('so far')} {text.duration(time_us / 1e6)}"
        title = ends(s.bold(self._header.title), now, self._columns)
        if visible_width(s.bold(self._header.title)) + visible_width(now) >= self._columns:
            title = ends(s.bold(self._header.model_title), now, self._columns)
        names = [self._name(glance.story, index, stories, time_us) for index in range(len(stories))]
        if not glance.story.beside:
            names.append(s.dim("only the first run of a show is compared"))
        if self.live_rows < _TALL_ROWS:
            return [title, *_wrapped(names, self._columns), *([self._note(glance.note)] if glance.note else [])]
        return [title, *names, self._note(glance.note)]

    def _name(self, story: Story, index: int, stories: Sequence[Story], time_us: int) -> str:
        """Which run a letter is."""
        s, color = self._style, self._charts_of(self._columns).colors[index]
        named, also = (THIS_RUN, "") if not index else _named(story, index - 1)
        over = " (over)" if time_us >= stories[index].end_us else ""
        return f"{s.palette.bold}{color}{LETTERS[index]}{s.palette.reset} {named}{s.dim(f'{over}{also}')}"

    def _note(self, note: str) -> str:
        s = self._style
        if not note:
            return s.rule(self._columns)
        note = note[: max(self._columns - 4, 0)]
        return f"{s.rule(2)} {s.palette.accent}{note}{s.palette.reset} {s.rule(max(self._columns - len(note) - 4, 0))}"

    # Tables and charts

    def _narrow(self, glance: Glance, stories: Sequence[Story], time_us: int, table: Table, rows: int) -> list[str]:
        given = allot(
            rows,
            (
                Wish(name="chart", least=FRAME_ROWS + 3, most=rows, weight=2),
                Wish(name="end", least=4, most=len(AT_THE_END) + 1),
                Wish(name="far", least=3, most=len(SO_FAR) + 1),
                Wish(name="ahead", least=3, most=9),
            ),
        )
        lines = table.so_far(self._tallies(stories, time_us), given["far"]) if given["far"] else []
        lines += table.at_the_end(self._tallies(stories, None), given["end"]) if given["end"] else []
        charts = self._charts_of(self._columns)
        return [*lines, *charts.lines(stories, time_us, glance.zoom, (given["chart"], given["ahead"]))]

    def _wide(self, glance: Glance, stories: Sequence[Story], time_us: int, table: Table, rows: int) -> list[str]:
        gap = f" {self._style.dim(self._style.marks.wall)} "
        columns = self._columns - table.width - visible_width(gap)
        ahead = rows // 3
        charts = self._charts_of(columns).lines(stories, time_us, glance.zoom, (rows - ahead, ahead))
        given = allot(
            rows,
            (Wish(name="end", least=4, most=len(AT_THE_END) + 1), Wish(name="far", least=4, most=len(SO_FAR) + 2)),
        )
        side = filled(table.so_far(self._tallies(stories, time_us), given["far"]), given["far"])
        side += table.at_the_end(self._tallies(stories, None), given["end"])
        return beside(filled(charts, rows), filled(side, rows), columns, gap)

    def _charts_of(self, columns: int) -> Charts:
        if columns not in self._charts:
            self._charts[columns] = Charts(self._style, columns)
        return self._charts[columns]


def _wrapped(names: Sequence[str], columns: int) -> list[str]:
    """All of them, on as few rows as hold them."""
    rows = [names[0]]
    for name in names[1:]:
        longer = f"{rows[-1]}  {name}"
        if visible_width(longer) <= columns:
            rows[-1] = longer
        else:
            rows.append(name)
    return rows


def _named(story: Story, index: int) -> tuple[str, str]:
    other = story.beside[index]
    return other.change, f"  with it {', '.join(other.with_it)}" if other.with_it else ""


def _tallies(stories: Sequence[Story], time_us: int | None) -> list[Tally]:
    """Of all runs at a time, or each at its own end."""
    return [story.tally(story.end_us if time_us is None else time_us) for story in stories]
