"""What is said while something goes wrong: each program's words with its own prefix and its own style of time stamp.

Kernel, scheduler, launcher and libraries are not the trainer, and are shown as themselves. Their lines are long by nature; one that is
wider than the screen is cut. Screens with little room leave out stamps and processes. What is true and known to nobody is not here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.views import text
from pysim.views.console.pen import Lines, Pen, Writers, untold

_ORIGIN_COLUMNS = 80  # from here on a line has room for who says it, and when
_MICROSECONDS = 1_000_000

Start = Callable[[ev.LogLine, datetime], str]
Starts = Mapping[str, tuple[Start, bool]]  # by speaker: what a message begins with, and whether each of its lines does


class Incidents:
    """Writes what goes wrong and what is done about it."""

    def __init__(self, header: Header, pen: Pen) -> None:
        self._pen = pen
        self._start_time = header.start_time
        self._starts = self._full() if pen.columns >= _ORIGIN_COLUMNS else self._brief()
        p = pen.palette
        self._colors = {"info": p.dim, "warning": p.yellow, "error": p.red, "fatal": p.red}
        self.writers: Writers = {
            ev.IncidentBegan: untold,
            ev.Misdiagnosed: untold,
            ev.IncidentNoticed: untold,
            ev.LogLine: self._log_line,
            ev.NodeDrained: self._drained,
            ev.NodeReplaced: self._replaced,
            ev.Recovered: self._recovered,
            ev.Decided: self._decided,
            ev.Diagnosed: self._diagnosed,
        }

    def _log_line(self, e: ev.LogLine) -> Lines:
        """The lines of one message, if the program's level lets it through, and how many others say the same."""
        if not e.is_shown:
            return
        color = self._colors[e.level]
        for line in self._spoken(e):
            yield f"{color}{self._cut(line)}{self._pen.palette.reset}"
        if e.unlisted:
            noun = text.plural("node" if e.rank is None else "rank", e.unlisted)
            yield self._pen.dim(f"... and {e.unlisted:,} more {noun}")

    def _spoken(self, e: ev.LogLine) -> Lines:
        moment = self._moment(e)
        start, again = self._starts[e.speaker]
        prefix = start(e, moment)
        for index, words in enumerate(filter(str.strip, e.words.split("\n"))):
            yield (prefix if again or index == 0 else "") + words

    def _moment(self, e: ev.LogLine) -> datetime:
        seconds, us = divmod(round(e.time_seconds * _MICROSECONDS), _MICROSECONDS)
        return datetime.fromtimestamp(self._start_time + seconds, UTC).replace(microsecond=us)

    def _cut(self, line: str) -> str:
        if len(line) <= self._pen.columns:
            return line
        mark = self._pen.glyphs.ellipsis
        return line[: self._pen.columns - len(mark)] + mark

    # Whose words

    def _full(self) -> Starts:
        return {
            "kernel": (self._kernel, True),
            "storage": (self._kernel, True),
            "fabric-manager": (self._fabric_manager, True),
            "nccl": (self._nccl, False),
            "watchdog": (self._watchdog, False),
            "elastic": (self._elastic, False),
            "trainer": (self._trainer, True),
            "scheduler": (self._scheduler, True),
            "step": (self._bare, False),
            "telemetry": (self._of_host, True),
        }

    def _brief(self) -> Starts:
        return {
            **self._full(),
            "kernel": (self._of_host, True),
            "storage": (self._of_host, True),
            "fabric-manager": (self._of_host, True),
            "nccl": (self._of_rank, False),
            "watchdog": (self._of_rank, False),
            "elastic": (self._bare, False),
            "scheduler": (self._bare, False),
        }

    def _kernel(self, e: ev.LogLine, moment: datetime) -> str:
        """As `dmesg -T` prints it, with the host before it: it is not this job's log."""
        return f"{e.host}: [{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}] "

    def _fabric_manager(self, e: ev.LogLine, moment: datetime) -> str:
        return f"{e.host}: [{moment:%b %d %Y %H:%M:%S}] [{e.level.upper()}] [tid {e.process_id}] "

    def _nccl(self, e: ev.LogLine, _moment: datetime) -> str:
        return f"{e.host}:{e.process_id}:{e.process_id} [{e.local_rank}] {e.place} NCCL WARN "

    def _watchdog(self, e: ev.LogLine, moment: datetime) -> str:
        """C++: the month has no leading zero, the second nine digits."""
        letter, nanoseconds = e.level[0].upper(), (e.process_id or 0) % 1000
        return (
            f"[rank{e.rank}]:[{letter}{moment.month}{moment:%d %H:%M:%S}.{moment.microsecond:06d}{nanoseconds:03d} "
            f"{e.place}] "
        )

    def _elastic(self, e: ev.LogLine, moment: datetime) -> str:
        """Python: the month has two digits, the second six of which three count; a traceback has no prefix."""
        if not e.place:
            return ""
        milliseconds = moment.microsecond // 1000
        return f"{e.level[0].upper()}{moment:%m%d %H:%M:%S}.{milliseconds:03d}000 {e.process_id} {e.place}] "

    def _trainer(self, e: ev.LogLine, _moment: datetime) -> str:
        """What it logs has its stamp, what an exception leaves has the rank, what C++ leaves has nothing."""
        if e.level == "fatal":
            return ""
        if e.level == "error":
            return f"[rank{e.rank}]: "
        return self._pen.prefix.line(e.time_seconds, "", warning=e.level == "warning")

    def _scheduler(self, _e: ev.LogLine, moment: datetime) -> str:
        return f"[{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}] "

    def _of_host(self, e: ev.LogLine, _moment: datetime) -> str:
        return f"{e.host}: "

    def _of_rank(self, e: ev.LogLine, _moment: datetime) -> str:
        return f"[rank{e.rank}]: "

    def _bare(self, _e: ev.LogLine, _moment: datetime) -> str:
        return ""

    # What is done

    def _drained(self, e: ev.NodeDrained) -> Lines:
        yield from self._pen.say(e, f"node {e.node} drained", [e.host], warning=True)

    def _replaced(self, e: ev.NodeReplaced) -> Lines:
        waited = [f"waited {text.duration(e.waited_seconds)}"] if e.waited_seconds else []
        if e.host == e.replacement:
            yield from self._pen.say(e, f"node {e.node} repaired", [e.host, *waited])
        else:
            yield from self._pen.say(e, f"node {e.node} replaced", [f"{e.host} -> {e.replacement}", *waited])

    def _decided(self, e: ev.Decided) -> Lines:
        yield from self._pen.say(e, f"on call: {e.action}", [each for each in (e.words, e.host) if each], warning=True)

    def _diagnosed(self, e: ev.Diagnosed) -> Lines:
        found = "a fault was found" if e.is_named else "nothing was found"
        took = f"took {text.duration(e.seconds)}"
        yield from self._pen.say(e, f"diagnostics of node {e.node}: {found}", [e.host, took], warning=e.is_named)

    def _recovered(self, e: ev.Recovered) -> Lines:
        parts = {"noticing": e.noticing_seconds, "repairing": e.repairing_seconds, "restarting": e.restarting_seconds}
        took = [f"{name} {text.duration(seconds)}" for name, seconds in parts.items() if seconds >= 1.0]
        again = [f"{e.steps_to_redo:,} {text.plural('step', e.steps_to_redo)} to redo"] if e.steps_to_redo else []
        yield from self._pen.say(e, f"recovered, {text.duration(e.lost_seconds)} lost", [*took, *again])
