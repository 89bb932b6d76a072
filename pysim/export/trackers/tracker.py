"""What all trackers share: each is handed the records of a run, one after the other."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.export.trackers.frameworks import framework_log
from pysim.export.trackers.logs import Began, Configured, Ended, FrameworkLog, Logged
from pysim.story.story import Span, Story

_MICROSECONDS = 1_000_000


class TrackerFolder(Quiet, ABC):
    """An export into a folder, which looks at the story as the framework does that logs."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self.folder = folder
        self._asked = asked

    def begin(self, story: Story, span: Span, /) -> None:
        """The run, and the part of it."""
        self._story, self._span = story, span
        self.header = story.header
        self.log: FrameworkLog = framework_log(story.header, self._asked)

    def advance(self) -> Iterator[int]:
        """Write it all; yields how far it is, in microseconds of the run."""
        for record in self.log.records(self._story, self._span):
            match record:
                case Logged():
                    self.logged(record)
                case Began():
                    self.began(record)
                case Configured():
                    self.configured(record)
                case Ended():
                    self.ended(record)
            yield record.time_us

    @abstractmethod
    def began(self, record: Began) -> None:
        """A process that logs was started."""

    def configured(self, record: Configured) -> None:
        """It has its settings."""

    @abstractmethod
    def logged(self, record: Logged) -> None:
        """It logs."""

    @abstractmethod
    def ended(self, record: Ended) -> None:
        """It is gone."""

    # For those who write

    def seconds(self, time_us: int) -> float:
        """A moment of the run in Unix seconds."""
        return self.header.start_time + time_us / _MICROSECONDS

    def calendar(self, time_us: int) -> datetime:
        """The same on the calendar."""
        return datetime.fromtimestamp(self.header.start_time + time_us // _MICROSECONDS, UTC)
