"""What is rented for a run: all its accelerators, and the machines that somebody on call asks for besides."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysim.pretraining.run.run import Run

_US_PER_HOUR = 3.6e9


def rented(run: "Run", time_us: int) -> Iterator[tuple[int, int]]:
    """How many accelerators, and for how many microseconds, up to a time: since the launch, or since they were asked for."""
    yield run.plan.world_size, time_us
    for place in sorted(run.record.carried_out):
        decision = run.orders.decisions[place]
        if decision.action == "spares" and decision.at_us < time_us:
            yield (decision.count or 1) * run.plan.accelerators_per_node, time_us - decision.at_us


def rented_hours(run: "Run", time_us: int) -> float:
    """Accelerator-hours that are paid for up to a time."""
    return sum(accelerators * paid_us for accelerators, paid_us in rented(run, time_us)) / _US_PER_HOUR


def rent_usd(run: "Run", time_us: int) -> float:
    """Their price."""
    return rented_hours(run, time_us) * run.plan.accelerator.usd_per_hour
