"""What is said while something goes wrong: each program's words with its own prefix and its own style of time stamp.

Kernel, scheduler, launcher and libraries are not the trainer, and are shown as themselves. Their lines are long by nature; one that is
wider than the screen is cut. Screens with little room leave out stamps and processes. What is true and known to nobody is not here.
"""

from datetime import UTC, datetime

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.views import text
from pysim.views.console.pen import Lines, Pen, Writers, untold
from pysim.views.speakers import BRIEF, SPEAKERS, Speaker, spoken

_ORIGIN_COLUMNS = 80  # from here on a line has room for who says it, and when
_MICROSECONDS = 1_000_000


class Incidents:
    """Writes what goes wrong and what is done about it."""

    def __init__(self, header: Header, pen: Pen) -> None:
        self._pen = pen
        self._start_time = header.start_time
        speakers = SPEAKERS if pen.columns >= _ORIGIN_COLUMNS else BRIEF
        self._speakers = {**speakers, "trainer": Speaker(self._trainer, again=True)}
        p = pen.palette
        self._colors = {"info": p.dim, "warning": p.yellow, "error": p.red, "fatal": p.red}
        self.writers: Writers = {
            ev.IncidentBegan: untold,
            ev.Misdiagnosed: untold,
            ev.IncidentNoticed: untold,
            ev.JobRelaunched: untold,  # the trainer goes on where it says that it does
            ev.GroupsRejoined: untold,
            ev.CheckpointLoadStarted: untold,
            ev.CheckpointLoaded: untold,
            ev.LogLine: self._log_line,
            ev.NodeDrained: self._drained,
            ev.NodeReplaced: self._replaced,
            ev.Recovered: self._recovered,
            ev.Decided: self._decided,
            ev.Diagnosed: self._diagnosed,
            ev.SparesArrived: self._spares_arrived,
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
        yield from spoken(e, self._moment(e), self._speakers)

    def _moment(self, e: ev.LogLine) -> datetime:
        seconds, us = divmod(e.time_us, _MICROSECONDS)
        return datetime.fromtimestamp(self._start_time + seconds, UTC).replace(microsecond=us)

    def _cut(self, line: str) -> str:
        if len(line) <= self._pen.columns:
            return line
        mark = self._pen.glyphs.ellipsis
        return line[: self._pen.columns - len(mark)] + mark

    def _trainer(self, e: ev.LogLine, moment: datetime) -> str:
        """What it logs has its stamp."""
        if e.level in ("error", "fatal"):
            return SPEAKERS["trainer"].start(e, moment)
        return self._pen.prefix.line(e.time_seconds, "", warning=e.level == "warning")

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

    def _spares_arrived(self, e: ev.SparesArrived) -> Lines:
        come = f"{e.machines} more {text.plural('machine', e.machines)} standing by"
        yield from self._pen.say(e, come, [f"{e.standing_by} in all"], warning=True)

    def _recovered(self, e: ev.Recovered) -> Lines:
        parts = {"noticing": e.noticing_seconds, "repairing": e.repairing_seconds, "restarting": e.restarting_seconds}
        took = [f"{name} {text.duration(seconds)}" for name, seconds in parts.items() if seconds >= 1.0]
        again = [f"{e.steps_to_redo:,} {text.plural('step', e.steps_to_redo)} to redo"] if e.steps_to_redo else []
        yield from self._pen.say(e, f"recovered, {text.duration(e.lost_seconds)} lost", [*took, *again])
