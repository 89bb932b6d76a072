"""A timeline in one line: the loss of the whole run as its track, filled up to the moment on show, and what is marked on it.

Its first cell stands for the launch and its last for the end; what a viewer points at is found with the same rule.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pysim.story.marks import Mark, MarkKind, Passage, PassageKind
from pysim.story.story import Story
from pysim.terminal.ansi import Palette, colored, palette
from pysim.terminal.screen import Screen
from pysim.views.glyphs import glyphs
from pysim.views.text import brief_duration

_HEAD = "Time   "
_HEADED_COLUMNS = 60  # below this there is the track only
_LONGEST_CLOCK_SECONDS = 100 * 3600 - 1  # of which hours are shown: as wide as any
_CELLS_PER_INCIDENT, _CELLS_PER_WORK = 4, 10  # at least, on average
_STEEP_SHARE = 1 / 16  # of the run, in which the loss may be above the track's highest level
_SEEN_SHARE, _MOST_SHARE = 1 / 8, 1 / 2  # of a cell's time: its colour, and its shape tells of it
_POINTS_PER_CELL = 2
_CURVE = "curve"
_LAYERS: tuple[MarkKind, ...] = ("validation", "checkpoint", "incident")  # in one cell the last one is seen
_SHADES: Mapping[PassageKind, str] = {"hang": "stopped", "down": "stopped", "restart": "stopped", "redone": "redone"}


@dataclass(frozen=True, slots=True)
class _Signs:
    """One column each."""

    levels: str
    blank: str
    stopped: str
    redone: str


_UNICODE = _Signs("▁▂▃▄▅▆▇█", "·", "░", "▒")
_ASCII = _Signs("_.-'", " ", ":", "%")


class Track:
    """Cells that stand for a whole run, evenly from its first moment to its last."""

    def __init__(self, end_us: int, cells: int) -> None:
        self.end_us = end_us
        self.cells = cells

    def cell(self, time_us: int) -> int:
        """The cell of a moment."""
        return min(max((2 * time_us * (self.cells - 1) + self.end_us) // (2 * self.end_us), 0), self.cells - 1)

    def time_us(self, cell: int) -> int:
        """The moment in the middle of a cell; that of the first and the last at the ends of the run."""
        return min(max(cell, 0), self.cells - 1) * self.end_us // (self.cells - 1)

    def shares(self, passages: Sequence[Passage]) -> list[dict[str, float]]:
        """Of each cell, which part of its time is a passage of a shade."""
        shares: list[dict[str, float]] = [{} for _ in range(self.cells)]
        width_us = self.end_us / (self.cells - 1)
        for passage in passages:
            shade = _SHADES.get(passage.kind)
            for cell in range(self.cell(passage.begin_us), self.cell(passage.end_us) + 1) if shade else ():
                begin_us, end_us = (cell - 0.5) * width_us, (cell + 0.5) * width_us
                covered = (min(passage.end_us, end_us) - max(passage.begin_us, begin_us)) / width_us
                shares[cell][str(shade)] = shares[cell].get(str(shade), 0.0) + max(covered, 0.0)
        return shares


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A run as cells: their signs, and what colours them; the moments of marks by cell."""

    story: Story
    track: Track
    left: int  # columns before the track
    signs: Sequence[str]
    colors: Sequence[str]  # names of marks and shades, or of the curve
    marked_us: Mapping[int, int]


class Timeline:
    """Draws the timeline of stories for a screen; what does not change with time is drawn once for each."""

    def __init__(self, screen: Screen) -> None:
        self._columns = screen.columns
        self._palette = palette(color=screen.color)
        signs, shared = _UNICODE if screen.unicode else _ASCII, glyphs(unicode=screen.unicode)
        self._levels_of_loss, self._blank, self._here = signs.levels, signs.blank, shared.marker
        self._shapes = {
            "stopped": signs.stopped,
            "redone": signs.redone,
            "validation": shared.validation,
            "checkpoint": shared.checkpoint,
            "incident": shared.stop,
        }
        self._known: _Drawn | None = None

    def line(self, story: Story, time_us: int) -> str:
        """The timeline with a moment on it, as wide as the screen."""
        drawn = self._drawn(story)
        here = drawn.track.cell(time_us)
        signs = (*drawn.signs[:here], self._here, *drawn.signs[here + 1 :])
        styles = [self._style(name, cell, here) for cell, name in enumerate(drawn.colors)]
        return self._head(story, time_us) + colored(signs, styles, self._palette.reset)

    def time_us(self, story: Story, column: int, *, exact: bool = False) -> int | None:
        """The moment that a column stands for, or that is marked there unless `exact`; None where the track has not begun."""
        drawn = self._drawn(story)
        cell = column - drawn.left
        if cell < 0:
            return None
        return (None if exact else drawn.marked_us.get(cell)) or drawn.track.time_us(cell)

    def _head(self, story: Story, time_us: int) -> str:
        if self._columns < _HEADED_COLUMNS:
            return ""
        whole_seconds = story.end_us / 1e6
        whole = brief_duration(whole_seconds)
        width = max(len(brief_duration(min(whole_seconds, _LONGEST_CLOCK_SECONDS))), len(whole))
        return f"{_HEAD}{brief_duration(time_us / 1e6):>{width}}/{whole}  "

    # What does not change with time

    def _drawn(self, story: Story) -> _Drawn:
        if self._known is None or self._known.story is not story:
            self._known = self._draw(story)
        return self._known

    def _draw(self, story: Story) -> _Drawn:
        left = len(self._head(story, 0))
        track = Track(story.end_us, self._columns - left)
        signs, colors = self._levels(story, track), [_CURVE] * track.cells
        for cell, shares in enumerate(track.shares(story.marks().passages(track.cells))):
            shade, share = max(shares.items(), key=lambda each: each[1], default=("", 0.0))
            if share >= _SEEN_SHARE:
                colors[cell] = shade
            if share >= _MOST_SHARE:
                signs[cell] = self._shapes[shade]
        marked_us: dict[int, int] = {}
        for mark in _some(story, track):
            cell = track.cell(mark.time_us)
            signs[cell], colors[cell], marked_us[cell] = self._shapes[mark.kind], mark.kind, mark.time_us
        return _Drawn(story, track, left, signs, colors, marked_us)

    def _levels(self, story: Story, track: Track) -> list[str]:
        """The loss as levels; the first fall, which is steep, may be above the highest."""
        curve = story.curve(_POINTS_PER_CELL * track.cells)
        (begin, _), (end, _), losses = curve[0], curve[-1], [loss for _, loss in curve]
        low, high = min(losses), max(losses[int(len(losses) * _STEEP_SHARE) :])
        top, last = len(self._levels_of_loss) - 1, len(curve) - 1
        signs = []
        for cell in range(track.cells):
            place = cell / (track.cells - 1)
            if not begin <= place <= end:
                signs.append(self._blank)
                continue
            loss = losses[round((place - begin) / ((end - begin) or 1.0) * last)]
            signs.append(self._levels_of_loss[min(int((loss - low) / ((high - low) or 1.0) * top + 0.5), top)])
        return signs

    # Colours

    def _style(self, name: str, cell: int, here: int) -> str:
        p = self._palette
        if cell == here:
            return p.bold
        color = _color(name, p)
        if name in _LAYERS:
            return color + (p.bold if cell < here else "")
        return color if cell < here else p.dim + ("" if name == _CURVE else color)


def _some(story: Story, track: Track) -> Iterator[Mark]:
    """As many marks as leave the track to be seen, those last that are seen where several are in one cell."""
    marks = story.marks()
    work = list(marks.some(max(track.cells // _CELLS_PER_WORK, 1), _LAYERS[:-1]))
    incidents = marks.some(max(track.cells // _CELLS_PER_INCIDENT, 1), _LAYERS[-1:])
    yield from sorted([*work, *incidents], key=lambda mark: _LAYERS.index(mark.kind))


def _color(name: str, p: Palette) -> str:
    return {_CURVE: p.accent, "stopped": p.yellow, "redone": p.yellow, "incident": p.red}.get(name, "")
