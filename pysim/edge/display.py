"""What a place can show, from the options and the environment it was started in."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pysim.options.settings import Settings
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS, UNLIMITED, Screen
from pysim.views.names import DASHBOARD, WATCHED

_DUMB_TERMINALS = ("dumb", "unknown")
_TERMINAL_SIZE = (80, 24)  # of a terminal that does not know its own
_PAGE_SIZE = (UNLIMITED, Screen().rows)  # of a pipe or a file

# In this order. NO_COLOR: no-color.org; it outweighs FORCE_COLOR, as in Python itself. CLICOLOR and CLICOLOR_FORCE:
# bixense.com/clicolors, whose authors let NO_COLOR outweigh both; that CLICOLOR=0 means no colour is in their first version.
_COLOR_VARIABLES: tuple[tuple[str, Callable[[str], bool], bool], ...] = (
    ("NO_COLOR", bool, False),
    ("FORCE_COLOR", lambda value: value not in ("", "0"), True),
    ("CLICOLOR_FORCE", lambda value: value not in ("", "0"), True),
    ("CLICOLOR", lambda value: value == "0", False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text goes: is it a terminal, of which size (0 where unknown), and what does it understand."""

    is_terminal: bool
    encoding: str
    size: tuple[int, int] = (0, 0)
    moves: bool = True  # escape codes


def screen_for(settings: Settings, place: Place, environment: Mapping[str, str]) -> Screen:
    """The screen that a show has there."""
    columns, rows = settings.size or _size(place)
    is_watched = _is_watched(settings, place, environment)
    if is_watched:
        columns, rows = _fitted((columns, rows), place.size)
    return Screen(
        columns=max(columns, MIN_COLUMNS),
        rows=max(rows, MIN_ROWS),
        color=_is_colored(settings.color, place, environment),
        unicode=codecs.lookup(place.encoding).name == "utf-8",
        live=is_watched and columns >= MIN_COLUMNS and rows >= MIN_ROWS,  # else there is no room for bars
        timeline=is_watched and not settings.on_call,  # it knows what is to come
        parts=settings.show,
    )


def unfit(settings: Settings, screen: Screen) -> str | None:
    """Why what was asked for cannot be seen here: a dashboard is no text that could be written line by line, as a comparison is."""
    if settings.view != DASHBOARD or screen.live:
        return None
    if settings.show:
        return f"--show: {','.join(settings.show)} is drawn on a terminal as the run goes on; lines have --view console and events"
    return "--view: dashboard is drawn on a terminal as the run goes on; lines have --view console and events"


def misfit(settings: Settings, screen: Screen) -> str | None:
    """What to say where a live show cannot have the size that was asked for: rows that a terminal lacks would be drawn over others."""
    if not settings.size or not screen.live or settings.size == (screen.columns, screen.rows):
        return None
    asked, present = (f"{columns}x{rows}" for columns, rows in (settings.size, (screen.columns, screen.rows)))
    return f"--size: {asked} is more than this terminal has; it is shown as {present}"


def _is_watched(settings: Settings, place: Place, environment: Mapping[str, str]) -> bool:
    """Whether bars can stand below the log: the cursor of the terminal can be moved."""
    can_move = place.is_terminal and not _is_dumb(place, environment)
    return can_move and not settings.instant and settings.view in WATCHED


def _fitted(asked: tuple[int, int], present: tuple[int, int]) -> tuple[int, int]:
    """What a terminal can show of a size; one that does not know its own shows all."""
    columns, rows = (min(wish, room) if room else wish for wish, room in zip(asked, present, strict=True))
    return columns, rows


def _size(place: Place) -> tuple[int, int]:
    if not place.is_terminal:
        return _PAGE_SIZE
    return (place.size[0] or _TERMINAL_SIZE[0], place.size[1] or _TERMINAL_SIZE[1])


def _is_colored(wish: str, place: Place, environment: Mapping[str, str]) -> bool:
    """An option outweighs the environment, and that what the place is."""
    if wish != "auto":
        return wish == "always"
    for name, is_meant, decision in _COLOR_VARIABLES:
        if is_meant(environment.get(name, "")):
            return decision
    return place.is_terminal and not _is_dumb(place, environment)


def _is_dumb(place: Place, environment: Mapping[str, str]) -> bool:
    return not place.moves or environment.get("TERM") in _DUMB_TERMINALS
