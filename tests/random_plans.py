"""Random plans, and the auditor's findings in their runs: for a test over some and `make realism` over many.

An even seed's plan is drawn whole; an odd seed asks for some parts of it, or changes parts of a preset, as a person would.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, get_args

from auditor import Auditor

from pysim.catalog import Precision, accelerators, datasets, models
from pysim.physics.workload import ScheduleKind, Sharding
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.transcript import transcript
from pysim.story.steps import Executed
from pysim.terminal.screen import Screen

WORLDS = (1, 8, 24, 64, 256, 1000, 1024, 4096, 16_384)
ASKED_SHARE = 0.25  # each part is asked for as often as that
WIDTHS = (80, 120, 200)
OPENING_STEPS, MIDDLE_STEPS, LAST_STEPS = 40, 30, 30
STATISTICAL_STEPS = 910  # in the middle of every `STATISTICAL`-th run: enough for the statistics of its noise
STATISTICAL = 10
WHOLE_STEPS = 100


def random_plan(seed: int) -> Plan:
    """The seed's plan; what is asked for and cannot be simulated is asked for again in part, and at last not at all."""
    asked = _asked(Random(seed)) if seed % 2 else {}  # noqa: S311  # plans, not secrets
    while asked:
        try:
            return choose_plan(Request(seed=seed, **asked))
        except PlanError:
            asked.pop(next(iter(asked)))
    return choose_plan(Request(seed=seed, epochs=1))


def findings(seed: int) -> list[str]:
    """What does not tie in the text of the seed's run: its start, some of its middle and its end."""
    plan = random_plan(seed)
    run, auditor = simulate(plan), Auditor(exponential=plan.loss_curve == "exponential")
    screen = Screen(WIDTHS[seed % len(WIDTHS)], 60, color=False, live=False)
    for index, (since, until) in enumerate(_spans(run, thorough=seed % STATISTICAL == 0)):
        if index:
            auditor.cut()
        auditor.read("console", transcript(PretrainingStory(run), screen, since, until))
    auditor.finish()
    checks = len(auditor.checks)
    few = [] if checks > 30 else [f"only {checks} rules were put to the test"]  # of some fifty
    return [f"seed {seed}: {finding}" for finding in (*auditor.findings, *few)]


def _asked(chance: Random) -> dict[str, Any]:
    """Some parts of a plan, or a preset."""
    parts: dict[str, tuple[Any, ...]] = {
        "preset": tuple(presets()),
        "model": tuple(models()),
        "accelerator": tuple(accelerators()),
        "dataset": tuple(datasets()),
        "gpus": WORLDS,
        "precision": get_args(Precision),
        "sharding": get_args(Sharding),
        "schedule": get_args(ScheduleKind),
    }
    return {part: chance.choice(choices) for part, choices in parts.items() if chance.random() < ASKED_SHARE}


def _spans(run: Run, *, thorough: bool) -> Iterator[tuple[int, int | None]]:
    timeline = run.timeline
    last, middle_steps = timeline.last_step, STATISTICAL_STEPS if thorough else MIDDLE_STEPS
    if last <= WHOLE_STEPS + middle_steps:
        yield 0, None
        return
    yield 0, timeline.end_of_us(Executed(OPENING_STEPS)) + 1
    yield (
        timeline.start_of_us(Executed(last // 2)),
        timeline.end_of_us(Executed(min(last // 2 + middle_steps, last - LAST_STEPS - 1))) + 1,
    )
    yield timeline.start_of_us(Executed(last - LAST_STEPS)), None
