"""How each program that speaks of an incident begins its lines: whole lines, with its own stamp and prefix.

The trainer is not among them as far as it logs: whoever tells it knows its words. What an exception leaves has the rank before it, as
torchrun's own writer puts it there, and what C++ leaves has nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from pysim.story.events import LogLine


class Speaker(NamedTuple):
    """What a message begins with, and whether each of its lines does."""

    start: Callable[[LogLine, datetime], str]
    again: bool


def _kernel(e: LogLine, moment: datetime) -> str:
    """As `dmesg -T` prints it, with the host before it: it is not this job's log."""
    return f"{e.host}: [{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}] "


def _fabric_manager(e: LogLine, moment: datetime) -> str:
    return f"{e.host}: [{moment:%b %d %Y %H:%M:%S}] [{e.level.upper()}] [tid {e.process_id}] "


def _nccl(e: LogLine, _moment: datetime) -> str:
    return f"{e.host}:{e.process_id}:{e.process_id} [{e.local_rank}] {e.place} NCCL WARN "


def _watchdog(e: LogLine, moment: datetime) -> str:
    """C++: the month has no leading zero, the second nine digits."""
    letter, nanoseconds = e.level[0].upper(), (e.process_id or 0) % 1000
    return (
        f"[rank{e.rank}]:[{letter}{moment.month}{moment:%d %H:%M:%S}.{moment.microsecond:06d}{nanoseconds:03d} "
        f"{e.place}] "
    )


def _elastic(e: LogLine, moment: datetime) -> str:
    """Python: the month has two digits, the second six of which three count; a traceback has no prefix."""
    if not e.place:
        return ""
    milliseconds = moment.microsecond // 1000
    return f"{e.level[0].upper()}{moment:%m%d %H:%M:%S}.{milliseconds:03d}000 {e.process_id} {e.place}] "


def _exception(e: LogLine, _moment: datetime) -> str:
    return f"[rank{e.rank}]: " if e.level == "error" else ""


def _scheduler(_e: LogLine, moment: datetime) -> str:
    return f"[{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}] "


def of_host(e: LogLine, _moment: datetime) -> str:
    """Who speaks, where there is no room for more."""
    return f"{e.host}: "


def of_rank(e: LogLine, _moment: datetime) -> str:
    """The same of a rank."""
    return f"[rank{e.rank}]: "


def bare(_e: LogLine, _moment: datetime) -> str:
    """Nothing."""
    return ""


SPEAKERS: Mapping[str, Speaker] = MappingProxyType(
    {
        "kernel": Speaker(_kernel, again=True),
        "storage": Speaker(_kernel, again=True),
        "fabric-manager": Speaker(_fabric_manager, again=True),
        "nccl": Speaker(_nccl, again=False),
        "watchdog": Speaker(_watchdog, again=False),
        "elastic": Speaker(_elastic, again=False),
        "trainer": Speaker(_exception, again=True),
        "scheduler": Speaker(_scheduler, again=True),
        "step": Speaker(bare, again=False),
        "telemetry": Speaker(of_host, again=True),
    }
)
BRIEF: Mapping[str, Speaker] = MappingProxyType(
    {
        **SPEAKERS,
        "kernel": Speaker(of_host, again=True),
        "storage": Speaker(of_host, again=True),
        "fabric-manager": Speaker(of_host, again=True),
        "nccl": Speaker(of_rank, again=False),
        "watchdog": Speaker(of_rank, again=False),
        "elastic": Speaker(bare, again=False),
        "scheduler": Speaker(bare, again=False),
    }
)
"""Where there is no room for stamps and processes."""


def spoken(event: LogLine, moment: datetime, speakers: Mapping[str, Speaker] = SPEAKERS) -> Iterator[str]:
    """The lines of one message."""
    start, again = speakers[event.speaker]
    prefix = start(event, moment)
    for index, words in enumerate(filter(str.strip, event.words.split("\n"))):
        yield (prefix if again or index == 0 else "") + words
