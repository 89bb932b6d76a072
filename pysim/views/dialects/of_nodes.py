"""What the views of machines share: they show one node, as somebody who is logged in there sees it, or all, with the host before each line."""

from pysim.views.dialects.dialect import DialectView, Lines

_MICROSECONDS = 1_000_000


class OfNodes(DialectView):
    """A view of machines rather than of a job."""

    ALL_NODES = True  # where no node was asked for; else the first one

    @property
    def _one(self) -> int | None:
        """The node that is shown, if it is one."""
        asked = self.header.looked_at
        if asked is None:
            return None if self.ALL_NODES else 0
        return None if asked == "all" else asked

    def nodes(self) -> range:
        """Those that are shown."""
        return range(self.header.nodes) if self._one is None else range(self._one, self._one + 1)

    def host(self, node: int, time_seconds: float) -> str:
        """The name of the machine that is a node at a time."""
        return self.job.short_host(self.job.machine(node, round(time_seconds * _MICROSECONDS)))

    def is_shown(self, host: str, time_seconds: float) -> bool:
        """Whether somebody's words are those of a node that is shown."""
        return self._one is None or host.partition(".")[0] == self.host(self._one, time_seconds)

    def looks_before(self, time_us: int) -> int:
        """How many looks at the accelerators there were before the one at a time; who is not told at an interval has only that one."""
        seconds = self.header.look_seconds
        return time_us // (seconds * _MICROSECONDS) if seconds else 0

    @property
    def is_one(self) -> bool:
        """Whether one node is shown, which need not be named."""
        return self._one is not None or self.header.nodes == 1

    def named(self, host: str, lines: Lines) -> Lines:
        """The lines with the host before each, as `pdsh` has them, if there are several."""
        return lines if self.is_one else (f"{host}: {line}" for line in lines)
