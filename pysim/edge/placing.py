"""Where in a run something that is asked for happens."""

from collections.abc import Iterator, Sequence

from pysim.edge.staging import Misplaced
from pysim.options.settings import Problem
from pysim.options.values import Injected, Wrong
from pysim.pretraining.injection import Injection
from pysim.pretraining.plan import Plan
from pysim.pretraining.story import PretrainingStory, tell


def placed(plan: Plan, inject: Sequence[Injected]) -> Iterator[Injection]:
    """Incidents at their places: a step or a part of the run is meant as the run would be without any of them, a time is a time."""
    calm = None if all(asked.place.is_time for asked in inject) else tell(plan)
    for asked in inject:
        at_us = asked.place.time_us if asked.place.is_time or calm is None else resolved(asked, calm)
        yield Injection(cause=asked.cause, at_us=at_us, target=asked.target, number=asked.number)


def resolved(asked: Injected, story: PretrainingStory) -> int:
    """The moment of something in a story.

    Raises:
        Misplaced: if it is not in it.
    """
    try:
        return asked.place.resolve(story)
    except Wrong as wrong:
        raise Misplaced(str(Problem("inject", asked.text, str(wrong)))) from None
