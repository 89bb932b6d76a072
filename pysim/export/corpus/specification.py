"""What a corpus is made of, as its TOML file says: how often what is drawn, and what is told of each run.

Every option of a run that can be drawn is named as in the table of options, and its values are read as there. All faults are found before
anything is made, each with its line.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pysim.catalog.incidents import causes
from pysim.export.corpus.distribution import UNASKED, Choice, Distribution, UnreadableError, read
from pysim.options.option import Option
from pysim.options.settings import read_value
from pysim.options.table import BY_NAME, MODEL
from pysim.options.values import LARGEST_SEED, NOW, Wrong
from pysim.views.dialects.table import DIALECTS
from pysim.wording import listed, nearest, quoted

_ALSO = ("from", "until", "inject", "view", "log-every", "node")
_NOT = ("modules",)
DRAWN: Mapping[str, Option] = {
    option.name: option
    for option in BY_NAME.values()
    if (option.group == MODEL and option.name not in _NOT) or option.name in _ALSO
}
"""What can be drawn for a run."""
_TOP = ("runs", "seed", "pairs", "beside", "sample", "population")
_OF_POPULATION = ("name", "weight", "sample")
_OF_INJECTION = ("count", "cause", "place")
MOST_RUNS = 100_000_000
ANY = "any"  # cause, each as likely
_LARGEST_COUNT = 20  # of what is let happen in one run
_USUAL_VIEW = Choice(("megatron",), (1.0,))
_OFFSET = "+"  # before an end that is counted from the beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong in a specification."""

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        """One line."""
        return f"line {self.line}: {self.where} {self.message}"


class FaultyError(ValueError):
    """A specification that cannot be followed."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Injecting:
    """What is let happen in a run: how often, what, and where in the part that is told, in per cent."""

    count: Distribution
    cause: Choice
    place: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Runs that are drawn alike."""

    name: str
    weight: float
    sample: Mapping[str, Distribution]
    inject: Injecting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """All of it. `text` is as it was given."""

    text: str
    runs: int
    seed: int
    populations: tuple[Population, ...]
    beside: tuple[str, ...] = ()  # dialects that are told beside the view, of runs that they can tell
    pairs: bool = False

    @property
    def dialects(self) -> tuple[str, ...]:
        """All that can come."""
        views = [text for each in self.populations for text in each.sample["view"].examples()]
        return tuple(dict.fromkeys((*views, *self.beside)))


class _Reader:
    """Collects faults with their lines."""

    def __init__(self, lines: Mapping[str, int]) -> None:
        self.lines = lines
        self.faults: list[Fault] = []
        self._paths: list[str] = []  # that they are at

    def fault(self, path: str, message: str) -> None:
        """Say what is wrong with the value of a key."""
        self._paths.append(path)
        place, whole = path, path
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        self.faults.append(Fault(line=self.lines.get(place, 1), where=_said(whole), message=message))

    def is_sound(self, *paths: str) -> bool:
        """Whether nothing is wrong so far with what stands at some keys, or below them."""
        return not any(fault == path or fault.startswith(f"{path}.") for fault in self._paths for path in paths)


def _said(path: str) -> str:
    """A path as a reader of the file has it: populations are counted from 1 there."""
    return re.sub(r"population\.(\d+)", lambda found: f"population {int(found[1]) + 1}", path)


WhyNever = Callable[[Specification, Population], str]
"""Says why no run of a population can be; nothing if one can."""


def read_specification(text: str, why_never: WhyNever | None = None) -> Specification:
    """From TOML; populations in which nothing else is wrong are asked whether they have runs.

    Raises:
        FaultyError: with everything that is wrong.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise FaultyError([Fault(line=line, where="TOML", message=f"cannot be read: {error}")]) from None
    reader = _Reader(_lines(text))
    specification = _specification(reader, text, table)
    if why_never and reader.is_sound("sample", "seed", "pairs"):
        _check_runs(reader, specification, why_never)
    if reader.faults:
        raise FaultyError(sorted(reader.faults, key=lambda fault: fault.line))
    return specification


def _check_runs(reader: _Reader, specification: Specification, why_never: WhyNever) -> None:
    for index, population in enumerate(specification.populations):
        path = f"population.{index}"
        why = why_never(specification, population) if reader.is_sound(path) else ""
        if why:
            reader.fault(path, why)


def _specification(reader: _Reader, text: str, table: Mapping[str, Any]) -> Specification:
    _strangers(reader, "", table, _TOP)
    common = _sample(reader, "sample", table.get("sample", {}))
    populations = table.get("population", [{}])
    if not isinstance(populations, list) or not all(isinstance(each, dict) for each in populations):
        reader.fault("population", "is written as [[population]], once for each")
        populations = [{}]
    pairs = table.get("pairs", False)
    if not isinstance(pairs, bool):
        reader.fault("pairs", f"is {pairs!r}; it can be true or false")
    return Specification(
        text=text,
        runs=_whole(reader, "runs", table.get("runs", 100), 1, MOST_RUNS),
        seed=_whole(reader, "seed", table.get("seed", 0), 0, LARGEST_SEED),
        beside=_beside(reader, table.get("beside", [])),
        pairs=pairs is True,
        populations=tuple(_population(reader, index, each, common) for index, each in enumerate(populations)),
    )


_Sample = tuple[dict[str, Distribution], Injecting | None]


def _sample(reader: _Reader, path: str, value: Any) -> _Sample:  # noqa: ANN401 - as TOML has it
    """What is drawn, by option, and what is let happen."""
    if not isinstance(value, dict):
        reader.fault(path, f"is {value!r}; it has to be a table of options")
        return {}, None
    drawn = {key: _drawn(reader, f"{path}.{key}", key, said) for key, said in value.items() if key != "inject"}
    inject = _injecting(reader, f"{path}.inject", value["inject"]) if "inject" in value else None
    return {key: each for key, each in drawn.items() if each is not None}, inject


def _strangers(reader: _Reader, path: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            closest = nearest(key, known)
            advice = f"did you mean {closest!r}?" if closest else f"it can be {listed(known, 'or')}"
            reader.fault(f"{path}{key}", f"is no key; {advice}")


def _whole(reader: _Reader, path: str, value: Any, least: int, most: int) -> int:  # noqa: ANN401 - likewise
    if type(value) is int and least <= value <= most:
        return value
    reader.fault(path, f"is {value!r}; it can be a whole number from {least:,} to {most:,}")
    return least


def _beside(reader: _Reader, value: Any) -> tuple[str, ...]:  # noqa: ANN401 - likewise
    if not isinstance(value, list):
        reader.fault("beside", f"is {value!r}; it can be a list of {listed(tuple(DIALECTS), 'or')}")
        return ()
    for each in value:
        if each not in DIALECTS:
            reader.fault("beside", _unknown_dialect(each))
    return tuple(dict.fromkeys(each for each in value if each in DIALECTS))


def _unknown_dialect(name: object) -> str:
    closest = nearest(str(name), tuple(DIALECTS))
    advice = f"did you mean {closest!r}?" if closest else f"it can be {listed(tuple(DIALECTS), 'or')}"
    return f"has {name!r}, which tells no log; {advice}"


def _population(reader: _Reader, index: int, table: Mapping[str, Any], common: _Sample) -> Population:
    path = f"population.{index}."
    _strangers(reader, path, table, _OF_POPULATION)
    sample, inject = _sample(reader, f"{path}sample", table.get("sample", {}))
    weight = table.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        reader.fault(f"{path}weight", f"is {weight!r}; it can be a number above 0")
        weight = 1
    return Population(
        name=str(table.get("name", f"population {index + 1}")),
        weight=float(weight),
        sample={"view": _USUAL_VIEW, **common[0], **sample},
        inject=inject or common[1],
    )


def _drawn(reader: _Reader, path: str, name: str, value: Any) -> Distribution | None:  # noqa: ANN401 - likewise
    """What is said of one option, if it can be read."""
    option = DRAWN.get(name)
    if option is None:
        reader.fault(path, _undrawn(name))
        return None
    try:
        distribution = read(value)
    except UnreadableError as unreadable:
        reader.fault(path, str(unreadable))
        return None
    for text in distribution.examples():
        wrong = _why_not(option, text)
        if wrong:
            reader.fault(path, wrong)
    return distribution


def _undrawn(name: str) -> str:
    if name in BY_NAME:
        return "says how a run is watched, which a corpus does not draw"
    closest = nearest(name, tuple(DRAWN))
    return f"is no option of a run; did you mean {closest!r}?" if closest else "is no option of a run"


def _why_not(option: Option, text: str) -> str:
    """What is wrong with a value; empty if nothing is."""
    if text == UNASKED:
        return ""
    if option.name == "start" and text.strip() == NOW:
        return "has 'now', which would be another moment with every corpus; give a date"
    if option.name == "view":
        return "" if text in DIALECTS else _unknown_dialect(text)
    plain = text.removeprefix(_OFFSET) if option.name == "until" else text
    try:
        read_value(option, plain)
    except ValueError as error:
        return f"has {quoted(text)}, which {error}" if isinstance(error, Wrong) else f"has {quoted(text)}: {error}"
    return ""


def _injecting(reader: _Reader, path: str, value: Any) -> Injecting | None:  # noqa: ANN401 - likewise
    """Of `inject`, which can come several times and has parts that are drawn."""
    if not isinstance(value, dict):
        reader.fault(path, f"is {value!r}; it has to be a table of count, cause and place")
        return None
    _strangers(reader, f"{path}.", value, _OF_INJECTION)
    count = _checked(reader, f"{path}.count", value.get("count", 1), _is_count)
    place = _checked(reader, f"{path}.place", value.get("place", {"least": "5%", "most": "95%"}), _is_place)
    cause = _checked(reader, f"{path}.cause", value.get("cause", ANY), _is_cause)
    if isinstance(cause, Choice) and ANY in cause.texts:
        cause = Choice(tuple(causes()), (1.0,) * len(causes()))
    if not isinstance(cause, Choice) or count is None or place is None:
        return None
    return Injecting(count=count, cause=cause, place=place)


def _checked(reader: _Reader, path: str, value: Any, why_not: Callable[[str], str]) -> Distribution | None:  # noqa: ANN401 - likewise
    try:
        distribution = read(value)
    except UnreadableError as unreadable:
        reader.fault(path, str(unreadable))
        return None
    wrong = [why for why in map(why_not, distribution.examples()) if why]
    for why in wrong:
        reader.fault(path, why)
    return None if wrong else distribution


def _is_count(text: str) -> str:
    right = text.isascii() and text.isdecimal() and int(text) <= _LARGEST_COUNT
    return "" if right else f"has {quoted(text)}; it can be a whole number from 0 to {_LARGEST_COUNT}"


def _is_place(text: str) -> str:
    number = text.removesuffix("%")
    right = text.endswith("%") and re.fullmatch(r"\d+(\.\d+)?", number, re.ASCII) and float(number) <= 100  # noqa: PLR2004 - per cent
    return "" if right else f"has {quoted(text)}; it can be a part of what is told, from 0% to 100%"


def _is_cause(text: str) -> str:
    if text in causes() or text == ANY:
        return ""
    closest = nearest(text, tuple(causes()))
    return f"has {quoted(text)}, which is no cause; " + (f"did you mean {closest!r}?" if closest else f"or {ANY!r}")


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*=")


def _lines(text: str) -> dict[str, int]:
    """In which line each key of a file stands, by its path; what lies within an inline table stands in the line of that."""
    return dict(reversed(list(_keys(text))))


def _keys(text: str) -> Iterator[tuple[str, int]]:
    prefix, counts = "", {"population": -1}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.fullmatch(line)
        if header:
            name = _plain(header[2])
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
            first, _, rest = name.partition(".")
            path = f"{first}.{counts[first]}" if counts.get(first, -1) >= 0 else first
            prefix = f"{path}.{rest}" if rest else path
            yield prefix, number
            prefix += "."
            continue
        key = _KEY.match(line)
        if key:
            yield f"{prefix}{_plain(key[1])}", number


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
