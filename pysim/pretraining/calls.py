"""What waits for a decision in a run, and when a show stops for it."""

from collections.abc import Iterator

from pysim.pretraining.run.decisions import Called
from pysim.pretraining.run.run import Run
from pysim.story.oncall import Call, CallKind

_TELLING_US: dict[CallKind, int] = {
    "down": 60_000_000,
    "slow": 0,
    "loss": 0,
}  # until launcher and scheduler have said all


def open_calls(run: Run, time_us: int) -> tuple[Call, ...]:
    """What waits for a decision at a time."""
    return tuple(_call(number, each) for number, each in opened(run, time_us))


def stop_after(run: Run, time_us: int) -> tuple[int, int] | None:
    """When a show stops next after a time, and for which call: nobody has decided anything about it since it came, or since what was asked for is there."""
    return min(((at_us, number) for at_us, number in _stops(run) if at_us > time_us), default=None)


def _stops(run: Run) -> Iterator[tuple[int, int]]:
    for number, call in enumerate(run.record.calls, 1):
        told_us = min(call.since_us + _TELLING_US[call.kind], call.until_us)
        answers_us = (at_us for at_us in _answered(run) if call.since_us < at_us < call.until_us)
        for since_us, at_us in ((call.since_us, told_us), *((there_us, there_us + 1) for there_us in answers_us)):
            if not any(since_us < each.at_us <= call.until_us for each in run.orders.decisions):
                yield at_us, number


def _answered(run: Run) -> Iterator[int]:
    """When what was asked for is there: what diagnostics find, and machines."""
    yield from (each.end_us for each in run.record.diagnosed)
    yield from (each.there_us for each in run.record.ordered)


def opened(run: Run, time_us: int) -> list[tuple[int, Called]]:
    """Those of a moment; the end of one that somebody decides about is not in it."""
    calls = enumerate(run.record.calls, 1)
    return [(number, each) for number, each in calls if each.since_us <= time_us < each.until_us]


def _call(number: int, call: Called) -> Call:
    return Call(number=number, kind=call.kind, title=call.title, since_us=call.since_us, escalates_us=call.escalates_us)
