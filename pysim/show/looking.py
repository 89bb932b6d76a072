"""Somebody looks at what is on a terminal: one line or number is chosen and highlighted, and a panel over the other half explains it.

Time stands still meanwhile, so the screen below is one picture. The panel never covers what it explains: it lies at the end of the
screen, or at its beginning where the chosen one is in the end.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from pysim.show.ledger import Told
from pysim.story.explanation import Explanation, Subject, of_event
from pysim.terminal.ansi import Palette, highlighted, palette, strip
from pysim.terminal.screen import Screen
from pysim.views.explaining import HEADINGS, TRUTH_HEADING, TRUTH_KEY, panel
from pysim.views.glyphs import glyphs
from pysim.views.view import Spot

_LEAST_PANEL_ROWS = 6
_MOST_ROWS = 4  # that are highlighted: of a chart or a fleet the first one is enough
_BRIEF_COLUMNS, _BRIEF_ROWS = (
    60,
    20,
)  # of a screen, below which a panel says what numbers are made of, and not what they mean
_KEYS = "e closes  arrows choose"
_MORE, _TRUTH = "space more", f"{TRUTH_KEY} truth"


@dataclass(frozen=True, slots=True)
class Place:
    """Rows and columns of the screen that stand for something."""

    subject: Subject
    row: int
    rows: int
    column: int
    columns: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen as it stands still, and what stands where on it."""

    lines: Sequence[str]
    places: Sequence[Place]


def place_of(spot: Spot, first_row: int) -> Place:
    """A spot of a live region that begins at a row."""
    return _place(spot.subject, first_row + spot.row, spot.rows, spot.column, spot.columns)


def _place(subject: Subject, row: int, rows: int, column: int, columns: int) -> Place:
    return Place(subject, row, rows if rows <= _MOST_ROWS else 1, column, columns)


def places_of(told: Iterable[Told], row: int, columns: int) -> list[Place]:
    """Events with their lines, from a row on."""
    places = []
    for event, lines in told:
        if event is not None and lines:
            places.append(_place(of_event(event), row, len(lines), 0, columns))
        row += len(lines)
    return places


class Looking:
    """What is chosen, and how far its panel is scrolled. `explain` says what there is to say."""

    def __init__(
        self, screen: Screen, picture: Picture, explain: Callable[[Subject], Explanation], chosen: int
    ) -> None:
        self.screen = screen
        self.picture = picture
        self.chosen = chosen
        self.page = 0
        self.tells_truth = False
        self._explain = explain
        self._told: dict[int, Explanation] = {}

    def press(self, key: str) -> None:
        """A key that chooses, turns the panel's pages or asks for the truth; others mean nothing here."""
        if key in _WAYS and self.picture.places:
            self.chosen = (self.chosen + _WAYS[key]) % len(self.picture.places)
            self.page, self.tells_truth = 0, False
        elif key in _TURNS:
            self.page = (self.page + _TURNS[key]) % len(self._pages)
        elif key == TRUTH_KEY and self._explanation.truth:
            self.tells_truth = not self.tells_truth
            self.page = self._page_of_truth if self.tells_truth else 0

    def lines(self) -> list[str]:
        """All rows of the screen."""
        rows, columns = self.screen.rows, self.screen.columns
        lines = [*self.picture.lines, *[""] * rows][:rows]
        if not self.picture.places:
            return lines
        place = self._place
        for row in range(place.row, min(place.row + place.rows, rows)):
            lines[row] = highlighted(lines[row], place.column, place.columns)
        panel_rows = self._panel_rows
        shown = [*self._shown(), self._footer()]
        shown = [*shown, *[""] * (panel_rows - len(shown))][:panel_rows]
        rule = f"{self._colors.dim}{glyphs(unicode=self.screen.unicode).rule * columns}{self._colors.reset}"
        if self._is_above:
            return [*shown, rule, *lines[panel_rows + 1 :]]
        return [*lines[: rows - panel_rows - 1], rule, *shown]

    # The panel

    @property
    def _place(self) -> Place:
        return self.picture.places[self.chosen]

    @property
    def _colors(self) -> Palette:
        return palette(color=self.screen.color)

    @property
    def _explanation(self) -> Explanation:
        if self.chosen not in self._told:
            self._told[self.chosen] = self._explain(self._place.subject)
        return self._told[self.chosen]

    @property
    def _is_above(self) -> bool:
        """Whether the chosen one is nearer to the end of the screen: the larger part of it that is free takes the panel."""
        return self._place.row > self.screen.rows - (self._place.row + self._place.rows)

    @property
    def _panel_rows(self) -> int:
        """Rows of the panel without its rule: what is free, as much as there is to say, about half of the screen."""
        place, rows = self._place, self.screen.rows
        free = (place.row if self._is_above else rows - place.row - place.rows) - 1
        wanted = min(len(self._all_rows) + 1, max(rows // 2, _LEAST_PANEL_ROWS))
        return max(min(free, wanted), min(_LEAST_PANEL_ROWS, rows - 2))

    @property
    def _all_rows(self) -> list[str]:
        screen = self.screen
        brief = screen.columns < _BRIEF_COLUMNS or screen.rows < _BRIEF_ROWS
        return panel(self._explanation, screen.columns, self._colors, tells_truth=self.tells_truth, is_brief=brief)

    @property
    def _rows_a_page(self) -> int:
        return max(self._panel_rows - 1, 1)

    @property
    def _pages(self) -> list[list[str]]:
        """None ends with a heading: that is on the page of what it stands above."""
        pages, rows, most = [], self._all_rows, self._rows_a_page
        while rows:
            is_split = len(rows) > most > 1 and self._is_heading(rows[most - 1], HEADINGS)
            end = most - is_split
            pages.append(rows[:end])
            rows = rows[end:]
        return pages

    def _is_heading(self, row: str, headings: Collection[str]) -> bool:
        return strip(row) in [heading[: self.screen.columns] for heading in headings]

    @property
    def _page_of_truth(self) -> int:
        """On which it begins."""
        has = [any(self._is_heading(row, (TRUTH_HEADING,)) for row in page) for page in self._pages]
        return has.index(True)

    def _shown(self) -> list[str]:
        return self._pages[self.page]

    def _footer(self) -> str:
        words = [_KEYS]
        pages = len(self._pages)
        if pages > 1:
            words.append(f"{_MORE} {self.page + 1}/{pages}")
        if self._explanation.truth:
            words.append(_TRUTH)
        return f"{self._colors.dim}{'  '.join(words)[: self.screen.columns]}{self._colors.reset}"


_WAYS = {"down": 1, "up": -1, "tab": 1}
_TURNS = {"space": 1, "right": 1, "left": -1}
