"""The kernel's log as `dmesg -T` prints it on a node: accelerators, network, memory, file systems."""

from datetime import datetime
from typing import ClassVar

from pysim.story import events as ev
from pysim.views.dialects.dialect import Lines, Writers
from pysim.views.dialects.of_nodes import OfNodes

SPEAKERS = ("kernel", "storage")


class Kernel(OfNodes):
    """Writes what the kernels of the nodes that are shown have to say."""

    def said(self, e: ev.LogLine) -> Lines:
        """Every line with its stamp."""
        if e.speaker in SPEAKERS and self.is_shown(e.host, e.time_seconds):
            yield from self.named(e.host, stamped(e, calendar(self.moment(e.time_seconds))))

    WRITERS: ClassVar[Writers] = {ev.LogLine: said}


def stamped(e: ev.LogLine, stamp: str) -> Lines:
    """What a kernel says, with a stamp before each line."""
    return (f"{stamp}{words}" for words in e.words.split("\n") if words.strip())


def calendar(moment: datetime) -> str:
    """A stamp of `dmesg -T`."""
    return f"[{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}] "


def since_boot(up_us: int) -> str:
    """A stamp of plain `dmesg`: how long the machine has been up."""
    seconds, microseconds = divmod(up_us, 1_000_000)
    return f"[{seconds:5d}.{microseconds:06d}] "
