"""What a specification says of one option: a value, some to choose from, or a range; and how one is drawn."""

import re
from dataclasses import dataclass
from typing import Any

UNASKED = "default"
"""The value that leaves an option out."""
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[A-Za-z%]*)", re.ASCII)
_RANGE = frozenset({"least", "most", "spread", "multiple"})
_POWERS = {"": 1, "M": 10**6, "B": 10**9, "T": 10**12}
_DIGITS = 6  # that a power is rounded to, before anything depends on it


class UnreadableError(ValueError):
    """What stands there is no distribution; the text says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some texts, by their weights."""

    texts: tuple[str, ...]
    weights: tuple[float, ...]

    def draw(self, uniform: float) -> str:
        """The one that a number in (0, 1) stands for."""
        left = uniform * sum(self.weights)
        for text, weight in zip(self.texts, self.weights, strict=True):
            left -= weight
            if left < 0:
                return text
        return self.texts[-1]

    def examples(self) -> tuple[str, ...]:
        """All of what can come, or what it lies between."""
        return self.texts


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two, evenly or so that every factor is as likely, with a unit behind it."""

    least: float
    most: float
    unit: str = ""
    is_whole: bool = True
    by_factor: bool = False
    multiple: int = 1

    def draw(self, uniform: float) -> str:
        """As above."""
        if self.by_factor:
            value = float(f"{self.least * (self.most / self.least) ** uniform:.{_DIGITS}g}")
        elif self.is_whole:
            value = self.least + int(uniform * (self.most - self.least + 1))
        else:
            value = self.least + uniform * (self.most - self.least)
        return self._written(value)

    def _written(self, value: float) -> str:
        if self.is_whole:
            whole = min(max(int(value), int(self.least)), int(self.most))
            return f"{max(whole - whole % self.multiple, int(self.least))}{self.unit}"
        return f"{value:.{_DIGITS}g}{self.unit}"

    def examples(self) -> tuple[str, ...]:
        """As above."""
        return self._written(self.least), self._written(self.most)


Distribution = Choice | Range


def read(value: Any) -> Distribution:  # noqa: ANN401 - as TOML has it
    """What stands in a specification.

    Raises:
        UnreadableError: if it is no distribution.
    """
    if isinstance(value, list):
        if not value:
            raise UnreadableError("is a list without anything to choose from")  # noqa: EM101, TRY003
        return Choice(tuple(map(_text, value)), (1.0,) * len(value))
    if not isinstance(value, dict):
        return Choice((_text(value),), (1.0,))
    return _range(value) if _RANGE & value.keys() else _weights(value)


def _text(value: Any) -> str:  # noqa: ANN401 - likewise
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnreadableError(f"has {value!r}, where a text or a number is wanted")  # noqa: EM102, TRY003
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _weights(value: dict[str, Any]) -> Choice:
    wrong = next((each for each in value.values() if isinstance(each, bool) or not isinstance(each, int | float)), None)
    if wrong is not None:
        raise UnreadableError(f"has the weight {wrong!r}, which is no number")  # noqa: EM102, TRY003
    weights = tuple(float(each) for each in value.values())
    if not weights or min(weights) < 0 or sum(weights) <= 0 or sum(weights) == float("inf"):
        raise UnreadableError("needs weights from 0 on, one of them above it")  # noqa: EM101, TRY003
    return Choice(tuple(value), weights)


def _range(value: dict[str, Any]) -> Range:
    strange = value.keys() - _RANGE
    if strange:
        raise UnreadableError(f"has the key {min(strange)!r}; a range has least, most, spread and multiple")  # noqa: EM102, TRY003
    if not {"least", "most"} <= value.keys():
        raise UnreadableError("is a range, which needs both least and most")  # noqa: EM101, TRY003
    least, most = (_amount(value[key]) for key in ("least", "most"))
    if least[1] != most[1] and {least[1], most[1]} <= _POWERS.keys():
        least, most = _counted(least), _counted(most)
    if least[1] != most[1]:
        raise UnreadableError(f"has ends in two units, {least[1]!r} and {most[1]!r}")  # noqa: EM102, TRY003
    spread, multiple = value.get("spread", "even"), value.get("multiple", 1)
    if spread not in ("even", "log"):
        raise UnreadableError(f"has the spread {spread!r}; it can be even or log")  # noqa: EM102, TRY003
    if type(multiple) is not int or multiple < 1:
        raise UnreadableError(f"has the multiple {multiple!r}; it can be a whole number from 1")  # noqa: EM102, TRY003
    if not least[0] <= most[0]:
        raise UnreadableError(f"has its least, {value['least']}, above its most, {value['most']}")  # noqa: EM102, TRY003
    if spread == "log" and least[0] <= 0:
        raise UnreadableError("spreads by factors, which needs a least above 0")  # noqa: EM101, TRY003
    is_whole = least[2] and most[2]
    return Range(least[0], most[0], least[1], is_whole, spread == "log", multiple)


def _counted(amount: tuple[float, str, bool]) -> tuple[float, str, bool]:
    """Without a unit."""
    return amount[0] * _POWERS[amount[1]], "", True


def _amount(value: Any) -> tuple[float, str, bool]:  # noqa: ANN401 - likewise
    found = _AMOUNT.fullmatch(_text(value))
    if found is None:
        raise UnreadableError(f"has {value!r} as an end, which is no number with a unit behind it")  # noqa: EM102, TRY003
    return float(found["number"]), found["unit"], "." not in found["number"]
