"""What a framework logs to trackers: rows of numbers, by the process that does it, from where it is started to where it ends."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from pysim.story.columns import StepColumns
from pysim.story.events import Event, TrainingCompleted, TrainingInterrupted, TrainingResumed, TrainingStarted
from pysim.story.header import Header
from pysim.story.noise import fnv1a
from pysim.story.story import Span, Story

Numbers = Mapping[str, float]
Charts = Mapping[str, Mapping[str, Sequence[str]]]  # by title: charts by title, and the names that each shows

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The process that logs was started."""

    time_us: int
    attempt: int  # how often all processes had been started by then, from 1
    host: str
    process_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """It goes on from a step with the settings that it has."""

    time_us: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A row of numbers by the framework's own names. `is_due`: it stands for a log interval, and not for one of its steps only."""

    time_us: int
    step: int
    numbers: Numbers
    samples: int = 0  # sequences of all steps so far
    is_due: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The process is gone: it was done, or something ended it before its time."""

    time_us: int
    is_done: bool


Record = Began | Configured | Logged | Ended


class FrameworkLog(ABC):
    """What one framework logs of one run. Who makes one says what of a run it looks at, and what it logs of that."""

    DIRECTORY: ClassVar[str] = (
        ""  # of TensorBoard's files in the folder that it is given, with the calendar's codes, {host} and {run}
    )
    PROJECT: ClassVar[str] = ""  # in W&B, by default; empty where one must be given
    CHARTS: ClassVar[Charts] = {}  # worth a look together
    GOALS: ClassVar[Sequence[str]] = ()  # by which runs are compared
    BEGINS: ClassVar[tuple[type[Event], ...]] = ()  # when the process that logs opens its files
    LOGS_BY_ROW: ClassVar[bool] = False  # W&B counts its rows, and not its steps

    def __init__(self, header: Header, log_every: int) -> None:
        self.header = header
        self.job = header.job
        self.log_every = log_every
        self._is_open = False

    # What it logs

    @property
    @abstractmethod
    def rank(self) -> int:
        """The process that logs."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, object]:
        """What the framework is set to, by its own names, as far as a run decides it."""

    def texts(self) -> Mapping[str, str]:
        """What TensorBoard shows as text."""
        return {}

    @abstractmethod
    def told(self, story: Story, span: Span) -> Iterator[Event | StepColumns]:
        """What it looks at."""

    @abstractmethod
    def of(self, event: Event) -> Iterable[Logged]:
        """What it logs of an event."""

    def of_steps(self, _columns: StepColumns) -> Iterable[Logged]:
        """What it logs of a block of steps."""
        return ()

    # How each tracker has it

    def scalars(self, logged: Logged) -> Iterable[tuple[str, float, int]]:
        """For TensorBoard: tags, values, and where on the axis they stand."""
        return ((name, value, logged.step) for name, value in logged.numbers.items())

    def history(self, logged: Logged) -> Numbers:
        """For W&B."""
        return logged.numbers

    def metrics(self, logged: Logged) -> Numbers:
        """For MLflow."""
        return logged.numbers if logged.is_due else {}

    # In which order

    def records(self, story: Story, span: Span) -> Iterator[Record]:
        """All that is logged in a part of a run. Where that begins in the middle, the process that logs is there already."""
        self._is_open = False
        rows = _Rows(())
        for told in self.told(story, span):
            if isinstance(told, StepColumns):
                yield from self._logged(rows)
                rows = _Rows(self.of_steps(told))
            else:
                yield from self._logged(rows.until(told.time_us))
                yield from self._at(told)
        yield from self._logged(rows)

    def _at(self, event: Event) -> Iterator[Record]:
        if isinstance(event, self.BEGINS):
            yield from self._opened(event)
        if isinstance(event, TrainingStarted | TrainingResumed):
            yield Configured(time_us=event.time_us, step=done_before(event))
        yield from self._logged(self.of(event))
        if isinstance(event, TrainingCompleted | TrainingInterrupted):
            yield from self._closed(event)

    def _logged(self, rows: Iterable[Logged]) -> Iterator[Record]:
        for row in rows:
            if not self._is_open:
                yield self._began(row.time_us)
            yield row

    def _opened(self, event: Event) -> Iterator[Record]:
        yield from self._closed(event)  # of which nobody has told
        yield self._began(event.time_us)

    def _closed(self, event: Event) -> Iterator[Record]:
        if self._is_open:
            self._is_open = False
            yield Ended(time_us=event.time_us, is_done=isinstance(event, TrainingCompleted))

    def _began(self, time_us: int) -> Began:
        self._is_open = True
        launch = self.job.launches(time_us)
        machine = self.job.machine(self.rank // self.header.per_node, time_us)
        return Began(
            time_us=time_us,
            attempt=launch + 1,
            host=self.job.host(machine),
            process_id=self.job.process_id(self.rank, launch),
        )


class _Rows:
    """What is logged of a block of steps, which stands before what is told between them: taken as far as that is told."""

    def __init__(self, rows: Iterable[Logged]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def __iter__(self) -> Iterator[Logged]:
        while self._next:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def until(self, time_us: int) -> Iterator[Logged]:
        """Those up to a time, which are gone then."""
        while self._next and self._next.time_us <= time_us:
            row, self._next = self._next, next(self._rows, None)
            yield row


def done_before(event: Event) -> int:
    """The last step that is done when training goes on."""
    return event.step - 1 - event.skipped_batches if isinstance(event, TrainingResumed) else 0


def drawn_id(header: Header, attempt: int, length: int, letters: str = _LETTERS) -> str:
    """A name that a tracker would draw by lot: the same for the same attempt of the same run."""
    digits, drawn = [], 0
    for place in range(length):
        drawn = drawn // len(letters) or fnv1a(f"{header.run_id}/{attempt}/{place}")
        digits.append(letters[drawn % len(letters)])
    return "".join(digits)


def flat(settings: Mapping[str, object], prefix: str = "") -> list[tuple[str, bool | str | float]]:
    """Settings of all sections, `section/name`; what is nothing is left out, and what is a list is text."""
    return list(chain.from_iterable(_flattened(f"{prefix}{name}", value) for name, value in settings.items()))


def _flattened(name: str, value: object) -> list[tuple[str, bool | str | float]]:
    if isinstance(value, Mapping):
        return flat(value, f"{name}/")
    if value is None:
        return []
    return [(name, value if isinstance(value, bool | str | int | float) else str(value))]
