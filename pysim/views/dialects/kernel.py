"""The kernel's log as `dmesg -T` prints it on a node: accelerators, network, memory, file systems."""

from typing import ClassVar

from pysim.story import events as ev
from pysim.views.dialects.dialect import Lines, Writers
from pysim.views.dialects.of_nodes import OfNodes

_SPEAKERS = ("kernel", "storage")


class Kernel(OfNodes):
    """Writes what the kernels of the nodes that are shown have to say."""

    def said(self, e: ev.LogLine) -> Lines:
        """Every line with its stamp."""
        if e.speaker in _SPEAKERS and self.is_shown(e.host, e.time_seconds):
            moment = self.moment(e.time_seconds)
            stamp = f"[{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}] "
            lines = (f"{stamp}{words}" for words in e.words.split("\n") if words.strip())
            yield from self.named(e.host, lines)

    WRITERS: ClassVar[Writers] = {ev.LogLine: said}
