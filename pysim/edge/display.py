"""What a place can show, from the options and the environment it was started in."""

from collections.abc import Mapping
from dataclasses import dataclass

from pysim.options.settings import Settings
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS, Screen

_DUMB_TERMINALS = ("dumb", "unknown")
_TERMINAL_SIZE = (80, 24)  # of a terminal that does not know its own
_PAGE_SIZE = (Screen().columns, Screen().rows)  # of a pipe or a file


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text goes: is it a terminal, of which size (0 where unknown), and which characters does it know."""

    is_terminal: bool
    encoding: str
    size: tuple[int, int] = (0, 0)


def screen_for(settings: Settings, place: Place, environment: Mapping[str, str]) -> Screen:
    """The screen that a show has there."""
    columns, rows = settings.size or _size(place)
    moves = place.is_terminal and not _is_dumb(environment)
    return Screen(
        columns=max(columns, MIN_COLUMNS),
        rows=max(rows, MIN_ROWS),
        color=_is_colored(settings.color, place, environment),
        unicode=place.encoding.lower().replace("_", "-") in ("utf-8", "utf8"),
        live=moves and not settings.instant and settings.view == "console",
    )


def _size(place: Place) -> tuple[int, int]:
    if not place.is_terminal:
        return _PAGE_SIZE
    return (place.size[0] or _TERMINAL_SIZE[0], place.size[1] or _TERMINAL_SIZE[1])


def _is_colored(wish: str, place: Place, environment: Mapping[str, str]) -> bool:
    """An option outweighs the environment; NO_COLOR (no-color.org) outweighs FORCE_COLOR, as in Python itself."""
    if wish != "auto":
        return wish == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return place.is_terminal and not _is_dumb(environment)


def _is_dumb(environment: Mapping[str, str]) -> bool:
    return environment.get("TERM") in _DUMB_TERMINALS
