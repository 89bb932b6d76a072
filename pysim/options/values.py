"""Kinds of option values: how text becomes a number, a duration, a date or a place in a run, and what to say when it does not.

A `Kind` is a parser and the words that finish the sentence "'abc' is not ...". The command line, the page's query string and
the page's form all read values through these, so a value means the same everywhere. A parser raises ValueError; `Wrong` is a
ValueError whose text replaces the kind's own words where there is more to say.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, Protocol

from pysim.physics.axes import AXES, read_layout, read_split, written, written_split
from pysim.physics.ramps import read_ramp, written_ramp
from pysim.pretraining.planning.limits import LARGEST_WORLD, LONGEST_SEQUENCE, MOST_EPOCHS, MOST_STEPS, MOST_TOKENS
from pysim.story.choices import ACTIONS, ARGUMENTS
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS
from pysim.views.names import PARTS as PART_NAMES
from pysim.wording import listed

NOW: Literal["now"] = "now"
MICROSECONDS_PER_SECOND = 1_000_000

MAXIMUM_DURATION_SECONDS = 100 * 365 * 86_400.0
LARGEST_SEED = 2**63 - 1
MOST_SPARES = 100_000
_TARGET = re.compile(r"(?P<target>gpu|node|rack)=(?P<number>\d{1,9})")
_ARGUMENT = re.compile(rf"(?P<name>{'|'.join(ARGUMENTS)})=(?P<value>\d{{1,9}}(?:\.\d{{1,6}})?)", re.ASCII)
SLOWEST, FASTEST = 0.01, 1e6  # what Player.set_speed takes
LARGEST_COLUMNS, LARGEST_ROWS = 1_000, 500

_SUFFIXES = {"K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12, "P": 10**15}
_UNIT_SECONDS = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PARTS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|[wdhms])\s*", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"(?:(\d+):(?=[0-5]?\d:))?(\d+):([0-5]\d(?:\.\d+)?)", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:,\d{3})+|(?:_\d{3})+)(?![\d,_]).*", re.ASCII)  # 1,000,000 and 1_000_000
_DIGITS = re.compile(r"[\d,_]+", re.ASCII)
_EARLIEST, _LATEST = 1970, 2999  # years; the last leaves room for the longest run


class Wrong(ValueError):  # noqa: N818 - it reads as what is said about a value
    """A value that is wrong in a way worth saying: the text completes "'value' ..."."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is read. `wants` completes "'value' is not ..."; `control` is the page's form control."""

    name: str
    parse: Callable[[str], object]
    wants: str
    control: Literal["checkbox", "select", "number", "text"] = "text"


class Ungrouped(ValueError):  # noqa: N818 - it reads as what is said about a value
    """A number with a comma where no group of three digits begins: nobody knows whether it stands for a point."""


def decimal(text: str) -> Decimal:
    """`4M`, `15.6T`, `1e12`, `1_000_000` and `1,000,000` as an exact number."""
    suffix = text.strip()[-1:].upper()
    return plain_decimal(text.strip()[:-1]) * _SUFFIXES[suffix] if suffix in _SUFFIXES else plain_decimal(text)


def plain_decimal(text: str) -> Decimal:
    """The same without `M` or `T`: commas and underscores only between groups of three digits."""
    plain = text.strip()
    if ("," in plain or "_" in plain) and not _GROUPED.fullmatch(plain):
        raise Ungrouped(text)
    try:
        number = Decimal(plain.replace(",", "").replace("_", ""))
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    return number


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """A parser of whole numbers in a range."""

    def parse(text: str) -> int:
        number = decimal(text)
        if not minimum <= number <= maximum or number != int(number):
            raise ValueError(text)
        return int(number)

    return parse


def fraction(minimum: float, maximum: float) -> Callable[[str], float]:
    """A parser of numbers in a range; a trailing `x` (as in `10x`) is read over."""

    def parse(text: str) -> float:
        number = float(decimal(text.strip().removesuffix("x")))
        if not minimum <= number <= maximum:
            raise ValueError(text)
        return number

    return parse


def duration(text: str) -> float:
    """Seconds in `3d4h`, `90m`, `1:30:00`, `1:30` (minutes and seconds) or plain `5400`."""
    readings = (_clock_seconds(text.strip()), _unit_seconds(text.strip()))
    seconds = next((reading for reading in readings if reading is not None), None)
    if seconds is None:
        seconds = float(plain_decimal(text))
    if not 0 <= seconds <= MAXIMUM_DURATION_SECONDS:
        raise ValueError(text)
    return seconds


_LONGEST_SAMPLING = "1d"


def sampling_interval(text: str) -> int:
    """Whole seconds between two samples, up to a day."""
    seconds = duration(text)
    if not 1 <= seconds <= _UNIT_SECONDS["d"] or not seconds.is_integer():
        raise ValueError(text)
    return int(seconds)


def _clock_seconds(text: str) -> float | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = match.groups(default="0")
    return int(hours) * 3_600 + int(minutes) * 60 + float(seconds)


def _unit_seconds(text: str) -> float | None:
    parts = list(_PARTS.finditer(text))
    if not parts or "".join(part.group() for part in parts) != text:
        return None
    return sum(float(part[1]) * _UNIT_SECONDS[part[2].lower()] for part in parts)


def some_duration(text: str) -> float:
    """A duration longer than nothing."""
    seconds = duration(text)
    if seconds == 0:
        raise ValueError(text)
    return seconds


def tempo(text: str) -> Literal["show", "real"] | float:
    """`show`, `real` or the seconds that a whole run takes to watch."""
    if text == "show":
        return "show"
    if text == "real":
        return "real"
    return some_duration(text)


def start_time(text: str) -> int | Literal["now"]:
    """Unix seconds of an ISO date-time (UTC where it names no zone), or `now` for the edge to fill in."""
    if text == NOW:
        return NOW
    moment = dt.datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    if not _EARLIEST < moment.year <= _LATEST:
        raise ValueError(text)
    return int(moment.timestamp())


def size(text: str) -> tuple[int, int]:
    """Columns and rows of `120x40`."""
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text.strip().lower())
    if match is None:
        raise ValueError(text)
    columns, rows = int(match[1]), int(match[2])
    if not (MIN_COLUMNS <= columns <= LARGEST_COLUMNS and MIN_ROWS <= rows <= LARGEST_ROWS):
        raise ValueError(text)
    return columns, rows


def parallel(text: str) -> str:
    """A layout such as `tp=8,pp=4`, checked and in lower case; its fit to a cluster is the plan's business."""
    layout = read_layout(text)
    if max(layout.values()) > LARGEST_WORLD:
        raise ValueError(text)
    return written(layout)


def split(text: str) -> str:
    """The layers of each stage of a pipeline, checked and as short as can be; whether they are the model's is the plan's business."""
    return written_split(read_split(text))


def ramp(text: str) -> str:
    """How a batch grows, checked and as short as can be; whether that goes with the plan is the plan's business."""
    return written_ramp(read_ramp(text))


def sequence(text: str) -> int:
    """Tokens of a sequence: here a K is 1,024, as in every name of a context length."""
    plain = text.strip().upper()
    factor = 1024 if plain.endswith("K") else 1
    return whole(1, LONGEST_SEQUENCE // factor)(plain.removesuffix("K")) * factor


def flag(text: str) -> bool:
    """A switch in a query string: `?instant`, `?instant=1`, `?instant=off`."""
    word = text.strip().lower()
    if word not in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError(text)
    return word in ("", "1", "true", "yes", "on")


class Counted(Protocol):
    """How far a run counts."""

    @property
    def total_steps(self) -> int:
        """The last step of the run; the first is 1."""


class Timeline(Protocol):
    """What a position needs to know of a run."""

    @property
    def header(self) -> Counted:
        """Its constant facts."""

    @property
    def end_us(self) -> int:
        """Microseconds from the start of the run to its end."""

    def item_begin(self, item: int, /) -> int:
        """The first moment of a step, in microseconds since the start of the run; after the last, the end of that one."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a run that is not known yet: seconds from its start, a step, or per cent of its length.

    Spans are half-open: one that ends at a place and one that begins there have nothing in common and leave nothing out. A step
    as an end is included, and so is the end of the run.
    """

    unit: Literal["seconds", "step", "percent"]
    value: float
    text: str

    @property
    def is_time(self) -> bool:
        """Whether it is the same moment in every run that lasts so long."""
        return self.unit == "seconds"

    @property
    def time_us(self) -> int:
        """A time in microseconds, whether a run lasts so long or not."""
        return round(self.value * MICROSECONDS_PER_SECOND)

    def resolve(self, run: Timeline) -> int:
        """Microseconds since the start of this run; `Wrong` where the run ends before it."""
        return self._checked(run, int(self.value))

    def resolve_end(self, run: Timeline) -> int:
        """The same as the end of a span: just after a step and what belongs to it, and just before a time."""
        time_us = self._checked(run, int(self.value) + 1)
        return time_us + (time_us == run.end_us)

    def _checked(self, run: Timeline, step: int) -> int:
        if self.unit == "step" and self.value > run.header.total_steps:
            message = f"is after the last step of the run, which has {run.header.total_steps:,} steps"
            raise Wrong(message)
        time_us = self._time_us(run, step)
        if time_us > run.end_us:
            message = (
                f"is after the end of the run, which takes {spelled_duration(run.end_us / MICROSECONDS_PER_SECOND)}"
            )
            raise Wrong(message)
        return time_us

    def _time_us(self, run: Timeline, step: int) -> int:
        if self.unit == "percent":
            return round(run.end_us * self.value / 100)
        if self.unit == "step":
            return run.item_begin(step)
        return self.time_us


def position(text: str) -> Position:
    """`3d4h`, `step:118000` or `50%`."""
    plain = text.strip().lower()
    if plain.startswith("step:"):
        return Position("step", whole(1, MOST_TOKENS)(plain.removeprefix("step:")), text)
    if plain.endswith("%"):
        return Position("percent", fraction(0, 100)(plain.removesuffix("%")), text)
    return Position("seconds", duration(plain), text)


def typed_place(text: str) -> Position:
    """A place as somebody types it who watches: what `position` reads, and `12,000` or `step 12,000` for a step."""
    plain = text.strip().lower().removeprefix("@").strip()
    step = plain.removeprefix("step").lstrip(" :")
    if step != plain or _DIGITS.fullmatch(plain):
        return Position("step", whole(1, MOST_TOKENS)(step), text)
    return position(plain)


@dataclass(frozen=True, slots=True)
class Injected:
    """An incident that is asked for: its cause by name, where in the run, and what it hits."""

    cause: str
    place: Position
    target: Literal["gpu", "node", "rack"] | None
    number: int
    text: str


def injection(text: str) -> Injected:
    """`CAUSE@PLACE`, and `,gpu=3`, `,node=0` or `,rack=1` behind it. Whether the cause is known is the plan's business."""
    plain = text.strip().lower()
    cause, at, rest = plain.partition("@")
    place, comma, where = rest.partition(",")
    found = _TARGET.fullmatch(where)
    if not (cause and at and place) or (comma and not found):
        raise ValueError(text)
    target, number = (found["target"], int(found["number"])) if found else (None, 0)
    return Injected(cause, position(place), target, number, text)  # type: ignore[arg-type]  # the pattern has these words


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that is otherwise in a run beside the first one: an option by name, and its value; None for none of a repeatable one."""

    name: str
    written: str
    text: str
    value: object = None


def comparison(text: str) -> Compared:
    """`OPTION=VALUE`, with or without dashes before it. Whether that can be compared is for those who know the options."""
    name, is_given, value = text.strip().partition("=")
    name = name.strip().removeprefix("--").lower().replace("_", "-")
    if not (name and is_given):
        raise ValueError(text)
    return Compared(name, value.strip(), text.strip())


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that is asked for: an action by name, where in the run, and what it is given."""

    action: str
    place: Position
    arguments: tuple[tuple[str, float], ...]
    text: str


def decision(text: str) -> Decided:
    """`ACTION@PLACE`, and `,node=3`, `,checkpoint=1200` and the like behind it. Whether the moment offers it is the run's business."""
    plain = text.strip().lower()
    action, at, rest = plain.partition("@")
    place, *given = rest.split(",")
    found = [_ARGUMENT.fullmatch(each) for each in given]
    if action not in ACTIONS or not at or not place:
        raise ValueError(text)
    arguments = tuple((each["name"], float(each["value"])) for each in found if each)
    if len(dict(arguments)) < len(given):
        raise ValueError(text)
    return Decided(action, position(place), arguments, text)


def spelled_duration(seconds: float) -> str:
    """`3d4h5m6s`, as `duration` reads it; nothing below a second."""
    left = int(seconds)
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, int(_UNIT_SECONDS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def spelled_time(time_us: int) -> str:
    """`3d4h5m6.000007s`: a time of a run as a place, to the microsecond."""
    seconds, fraction = divmod(time_us, MICROSECONDS_PER_SECOND)
    whole_minutes, rest = divmod(seconds, int(_UNIT_SECONDS["m"]))
    last = f"{rest}.{fraction:06}".rstrip("0").rstrip(".")
    return f"{spelled_duration(whole_minutes * _UNIT_SECONDS['m']) if whole_minutes else ''}{last}s"


def incidents(text: str) -> float:
    """How often things go wrong, over what is published."""
    word = text.strip().lower()
    return {"off": 0.0, "published": 1.0}[word] if word in ("off", "published") else fraction(0.0, 1000.0)(word)


def log_interval(text: str) -> int | None:
    """Steps of a line of the log; None for `auto`."""
    word = text.strip().lower()
    return None if word == "auto" else whole(1, MOST_EPOCHS)(word)


def node(text: str) -> int | Literal["all"]:
    """A node of the job, or all of them."""
    return "all" if text.strip().lower() == "all" else whole(0, LARGEST_WORLD)(text)


def checkpoint_interval(text: str) -> str:
    """`auto`, steps as digits, or seconds as `1800s`: a letter makes it a time, so 30m are minutes and not millions."""
    word = text.strip().lower()
    if word == "auto":
        return word
    if word.isascii() and any(map(str.isalpha, word)):
        return f"{some_duration(word):g}s"
    return str(whole(1, MOST_STEPS)(word))


def grid_interval(text: str) -> str:
    """`auto`, or steps as digits."""
    word = text.strip().lower()
    return word if word == "auto" else str(whole(1, MOST_STEPS)(word))


def parts(text: str) -> tuple[str, ...]:
    """`curve,numbers`: parts of the screen, each once, in the order in which they are listed anywhere."""
    asked = [word.strip().lower() for word in text.split(",")]
    if not set(asked) <= set(PART_NAMES):
        raise ValueError(text)
    return tuple(name for name in PART_NAMES if name in asked)


def spelled_count(count: int) -> str:
    """`15.6T`, as `decimal` reads it; all digits where a few do not say it exactly."""
    spelled = [f"{Decimal(count) / factor:.4g}{suffix}" for suffix, factor in _SUFFIXES.items() if suffix != "G"]
    exact = [text for text in spelled if "e" not in text and decimal(text) == count]
    return min((*exact, str(count)), key=len)


FLAG = Kind("flag", flag, "on or off", "checkbox")
NAME = Kind("name", str, "a known name", "select")
ACCELERATORS = Kind(
    "count", whole(1, LARGEST_WORLD), f"a whole number from 1 to {LARGEST_WORLD:,}, such as 64", "number"
)
COUNT = Kind("count", whole(1, MOST_EPOCHS), f"a whole number from 1 to {MOST_EPOCHS:,}, such as 3", "number")
LINES = Kind("count", whole(0, 10**9), "a number of lines from 0, such as 100", "number")
SEED = Kind("count", whole(0, LARGEST_SEED), f"a whole number from 0 to {LARGEST_SEED}, such as 7", "number")
TOKENS = Kind("tokens", whole(1, MOST_TOKENS), "a number of tokens from 1 to 1e18, such as 4M, 15.6T or 1e12")
SPEED = Kind("speed", fraction(SLOWEST, FASTEST), f"a number from {SLOWEST} to {FASTEST:,.0f}, such as 10", "number")
DURATION = Kind("duration", some_duration, "a length of time, such as 90s, 4m, 1h30m or 1:30:00")
SAMPLING = Kind(
    "sampling interval", sampling_interval, f"a whole number of seconds, minutes, hours from 1s to {_LONGEST_SAMPLING}"
)
ENTRIES = Kind("count", whole(1, 100_000), "a whole number from 1 to 100,000, such as 200", "number")
PORT = Kind("port", whole(0, 65_535), "a port from 1 to 65,535, or 0 for any that is free", "number")
TEMPO = Kind("tempo", tempo, "show, real or a length of time, such as 4m")
INCIDENTS = Kind("incidents", incidents, "off, published or a factor from 0 to 1,000, such as 3")
SPARES = Kind("count", whole(0, MOST_SPARES), f"a whole number from 0 to {MOST_SPARES:,}, such as 16", "number")
CHECKPOINT_INTERVAL = Kind("checkpoint interval", checkpoint_interval, "auto, a number of steps or a time such as 30m")
GRID_INTERVAL = Kind("grid interval", grid_interval, f"auto or a number of steps from 1 to {MOST_STEPS:,}, such as 100")
LOG_INTERVAL = Kind("log interval", log_interval, f"auto or a number of steps from 1 to {MOST_EPOCHS:,}, such as 100")
NODE = Kind("node", node, "all or the number of a node from 0, such as 3")
INJECTION = Kind("injection", injection, "a cause and a place, such as gpu-off-bus@50% or straggler@step:700,node=3")
COMPARISON = Kind("comparison", comparison, "an option and its value, such as checkpoint-every=500 or spares=0")
DECISION = Kind(
    "decision",
    decision,
    f"an action ({listed(ACTIONS, 'or')}) and a place, such as drain@3h20m,node=3 or restart@50%,checkpoint=1200",
)
START = Kind("start", start_time, "now or a date and time from 1971 to 2999, such as 2026-01-05T09:00:00")
SIZE = Kind(
    "size",
    size,
    f"columns x rows from {MIN_COLUMNS}x{MIN_ROWS} to {LARGEST_COLUMNS}x{LARGEST_ROWS}, such as 120x40",
)
PARTS = Kind("parts", parts, f"one or more of {listed(PART_NAMES, 'and')}, such as curve,numbers")
PARALLEL = Kind("parallel", parallel, f"a layout of {listed([axis.key for axis in AXES])}, such as tp=8,pp=4,cp=1")
SPLIT = Kind("split", split, "a number of layers for each stage of the pipeline, such as 7,8x14,7")
RAMP = Kind("ramp", ramp, "a first batch, an increment and a number of sequences, such as 192,16,9765625, or off")
SEQUENCE = Kind(
    "sequence", sequence, f"a number of tokens from 1 to {LONGEST_SEQUENCE:,}, such as 4096 or 32K (32,768)", "number"
)
PLACE = Kind("place", typed_place, "a step or a time of the run, such as 12,000, 17d 6h, 3:25:10 or 50%")
POSITION = Kind("position", position, "a place in the run, such as 3d4h, 1:30:00, step:118000 or 50%")
