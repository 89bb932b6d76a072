"""A menu of one line: what can be let happen, chosen by typing a few letters of it."""

from collections.abc import Sequence

from pysim.edge.controls import HELP_KEY
from pysim.show.troubles import Trouble, matching

KEYS = "enter lets it happen  esc closes  up down choose  ,gpu=N ,node=N ,rack=N where"
_HEAD = "inject"
_LONGEST = 60  # characters that can be typed


class Menu:
    """What was typed so far, and which of the troubles that it can mean is chosen."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        self.troubles = troubles
        self._typed = ""
        self._chosen = 0
        self._is_helping = False

    @property
    def words(self) -> str:
        """What is asked for: the name that is chosen, or what was typed if that means nothing, and where."""
        name, comma, where = self._typed.partition(",")
        found = self._found()
        return f"{found[0].name if found else name}{comma}{where}"

    def press(self, key: str) -> None:
        """A key that chooses, writes or shows the keys until the next one; others mean nothing here."""
        self._is_helping = key == HELP_KEY and not self._is_helping
        if key in _WAYS:
            self._chosen += _WAYS[key]
        elif key == "backspace":
            self._write(self._typed[:-1])
        elif key == "space" or (len(key) == 1 and key != HELP_KEY):
            self._write((self._typed + (" " if key == "space" else key))[:_LONGEST])

    def line(self, columns: int) -> str:
        """The menu: what was typed, how many it can mean, and these from the chosen one on, as far as there is room."""
        if self._is_helping:
            return KEYS[:columns]
        shown = self._typed[-max(columns // 2, 1) :]
        found = self._found()
        if not found:
            return f"{_HEAD} {shown}_ nothing of this name"[:columns]
        place = self._chosen % len(found) + 1
        listed = ", ".join(f"{trouble.name} ({trouble.title})" for trouble in found)
        return f"{_HEAD} {shown}_ {place}/{len(found)} > {listed}"[:columns]

    def _write(self, typed: str) -> None:
        self._typed, self._chosen = typed, 0

    def _found(self) -> list[Trouble]:
        """What it can mean, from the chosen one on."""
        found = matching(self.troubles, self._typed.partition(",")[0])
        first = self._chosen % len(found) if found else 0
        return found[first:] + found[:first]


_WAYS = {"down": 1, "tab": 1, "up": -1}
