"""Whole runs, or pieces of them, read by the auditor."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor import Auditor

from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.transcript import transcript
from pysim.story.steps import Executed
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import json_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """How many steps are read: all of a run up to `whole`, else so many at its start, in its middle and at its end."""

    whole: int
    opening: int
    middle: int
    last: int

    def spans(self, run: Run) -> Iterator[tuple[int, int | None]]:
        """Beginning and end in microseconds."""
        timeline, last = run.timeline, run.timeline.last_step
        if last <= self.whole:
            yield 0, None
            return
        middle = last // 2
        yield 0, timeline.end_of_us(Executed(self.opening)) + 1
        yield (
            timeline.start_of_us(Executed(middle)),
            timeline.end_of_us(Executed(min(middle + self.middle, last - self.last - 1))) + 1,
        )
        yield timeline.start_of_us(Executed(last - self.last)), None


THOROUGH = Pieces(whole=3000, opening=150, middle=1210, last=110)


def audited(plan: Plan, columns: int | None, *, color: bool = False, pieces: Pieces = THOROUGH) -> Auditor:
    """The plan's run, read as text of that width, or as JSON lines."""
    return audited_run(simulate(plan), columns, color=color, pieces=pieces)


def audited_run(run: Run, columns: int | None, *, color: bool = False, pieces: Pieces = THOROUGH) -> Auditor:
    """The same of a run that is there."""
    auditor = auditor_of(run)
    read_into(auditor, run, columns, pieces.spans(run), color=color)
    return auditor


def auditor_of(run: Run) -> Auditor:
    """One that knows what can befall the run, and nothing of when."""
    return Auditor(
        exponential=run.plan.loss_curve == "exponential",
        slowest=_slowest(run),
        stalled=_stalled(run),
        shaken=any(each.incident.cause.loss for each in run.befallen),
    )


def _slowest(run: Run) -> float:
    """How many times as long a step can take while nobody knows why."""
    slowing = (each.incident.cause.slowing for each in run.befallen)
    return 1.0 + sum(each.permille[1] for each in slowing if each) / 1000


def _stalled(run: Run) -> float:
    """Seconds by which single steps can take longer."""
    stalls = (each.incident.cause.stall for each in run.befallen)
    return sum(each.seconds[2] for each in stalls if each)


def read_into(
    auditor: Auditor, run: Run, columns: int | None, spans: Iterable[tuple[int, int | None]], *, color: bool = False
) -> None:
    """Some spans of a run, put to every rule."""
    for index, (since, until) in enumerate(spans):
        if index:
            auditor.cut()
        if columns is None:
            auditor.read("events", map(json_line, narrate(run, since, until)))
        else:
            screen = Screen(columns, 60, color=color, live=False)
            auditor.read("console", transcript(PretrainingStory(run), screen, since, until))
    auditor.finish()
