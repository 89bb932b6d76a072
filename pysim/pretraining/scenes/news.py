"""What a viewer of a run gets to know of its incidents, and when: what it is once somebody has noticed, what it cost once it is over."""

from collections.abc import Iterator
from functools import partial

from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.incidents import recovery
from pysim.pretraining.scenes.shown import shown
from pysim.story.news import News


def news(run: Run, since_us: int, until_us: int) -> list[News]:
    """All that becomes known in [since_us, until_us), in order of time."""
    found = (each for befallen in run.incidents.touching(since_us, until_us) for each in _of(Case(run, befallen)))
    return sorted((each for each in found if since_us <= each.time_us < until_us), key=lambda each: each.time_us)


def _of(case: Case) -> Iterator[News]:
    befallen, timeline, called = case.befallen, case.run.timeline, shown(case)
    of_it = partial(News, number=befallen.number, cause=called.cause, title=called.title, place=called.place)
    yield of_it(
        time_us=befallen.noticed_us,
        kind="incident",
        step=timeline.step_behind(timeline.at(befallen.noticed_us)),
    )
    for recovered in recovery(case):
        yield of_it(
            time_us=case.over_us,
            kind="recovered",
            step=recovered.step,
            lost_seconds=recovered.lost_seconds,
            steps_redone=recovered.steps_to_redo,
        )
