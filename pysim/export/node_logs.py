"""The kernel's log of every machine that had something to say, in a file each: as `dmesg` prints it, and as `dmesg -T` does."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.story import events as ev
from pysim.story.noise import fnv1a
from pysim.story.story import Span, Story
from pysim.views.dialects.kernel import SPEAKERS, calendar, since_boot, stamped

PLAIN, DATED = ".dmesg", ".dmesg-T"
_MICROSECONDS = 1_000_000
_LONGEST_UP_SECONDS = 90 * 86_400  # before the job: a machine of a cluster that is kept up to date [M]


class NodeLogs(Quiet):
    """Writes line by line; a machine that says nothing has no file."""

    def __init__(self, folder: Path, _asked: Asked) -> None:
        self._folder = folder

    def begin(self, story: Story, _span: Span, /) -> None:
        """When it was launched."""
        self._start_time = story.header.start_time

    def event(self, event: ev.Event, /) -> None:
        """What a kernel says."""
        if not isinstance(event, ev.LogLine) or event.speaker not in SPEAKERS:
            return
        host = event.host.partition(".")[0]
        up_us = event.time_us + up_seconds(host) * _MICROSECONDS
        self._append(f"{host}{PLAIN}", stamped(event, since_boot(up_us)))
        self._append(f"{host}{DATED}", stamped(event, calendar(self._moment(event))))

    def _moment(self, event: ev.Event) -> datetime:
        return datetime.fromtimestamp(self._start_time + int(event.time_seconds), UTC)

    def _append(self, name: str, lines: Iterable[str]) -> None:
        with (self._folder / name).open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)


def up_seconds(host: str) -> int:
    """How long a machine had been up when the job was launched."""
    return fnv1a(host) % _LONGEST_UP_SECONDS + 3600
