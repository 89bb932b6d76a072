"""What truly befell a run, as labels: for those who want to find it in what was said."""

from collections.abc import Iterator

from pysim.pretraining.names import host
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.evidence import lines
from pysim.pretraining.scenes.incidents import what_is_there
from pysim.story.steps import DataStep
from pysim.story.story import Label

_FOREVER_US = 2**62
_SECONDS_PER_HOUR = 3600
_SHOWN_BY = {  # what can be seen where nobody says a word, by effect
    "crash": "steps stop and the processes end",
    "hang": "steps stop while all accelerators spin",
    "slow": "every step takes longer",
    "stall": "one step takes longer",
    "loss": "loss and gradient norm leave their course",
    "survives": "nothing but what is said",
}


def labels(run: Run) -> Iterator[Label]:
    """Of every incident, in the order in which they began."""
    has = what_is_there(run)
    for befallen in run.incidents.touching(0, _FOREVER_US):
        yield _label(Case(run, befallen), has)


def shard_labels(run: Run) -> Iterator[Label]:
    """Of every step that waits for the next file of the corpus, in order; done again, it waits again."""
    shards = run.timeline.shards
    for stretch in run.timeline.stretches if shards.shard_tokens else ():
        before = DataStep(stretch.first_data_step - 1)
        for border in range(shards.before(before) + 1, shards.before(stretch.last_data_step) + 1):
            yield _shard_label(run, stretch, border)


def _shard_label(run: Run, stretch: Stretch, border: int) -> Label:
    shards = run.timeline.shards
    data_step = shards.reached(border)
    step = stretch.executed(data_step)
    waited_us = shards.total_us(data_step) - shards.total_us(DataStep(data_step - 1))
    return Label(
        begin_us=run.timeline.start_of_us(step) + 1,
        end_us=run.timeline.end_of_us(step),
        cause="next file",
        place="data",
        evidence=f"one step takes {waited_us / 1e6:.2f} s longer",
    )


def _label(case: Case, has: frozenset[str]) -> Label:
    befallen, cause = case.befallen, case.befallen.incident.cause
    said = {line.time_us for line in lines(case, has, 0, _FOREVER_US)}
    lost_seconds = (case.over_us - case.stopped_us) / 1e6 if befallen.interrupts else 0.0
    return Label(
        begin_us=case.began_us,
        end_us=max(case.over_us, case.began_us),
        cause=cause.name,
        place=place(case),
        evidence=_SHOWN_BY[cause.effect],
        number=befallen.number,
        noticed_us=befallen.noticed_us if befallen.noticed_us <= case.run.end_us else None,
        evidence_us=tuple(sorted(said)),
        lost_seconds=lost_seconds,
        lost_accelerator_hours=lost_seconds * case.run.plan.world_size / _SECONDS_PER_HOUR,
        blamed=host(case.run.plan, befallen.drained) if befallen.blamed != befallen.incident.node else "",
        returns=befallen.returns,
    )


def place(case: Case) -> str:
    """The node, and the accelerator where it was one; the job where no machine was hit."""
    befallen, plan = case.befallen, case.run.plan
    target = befallen.incident.cause.hits
    if target in ("job", "data", "storage"):
        return target
    name = host(plan, befallen.host)
    return f"{name}, rank {case.victim}" if target == "accelerator" else name
