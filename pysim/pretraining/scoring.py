"""How a run went in which somebody decided, beside the same luck under the automatic policy, and beside nobody at all."""

from collections.abc import Callable, Mapping

from pysim.catalog.scenarios import Aim as Wanted
from pysim.catalog.scenarios import Scenario
from pysim.pretraining.run.renting import rent_usd
from pysim.pretraining.run.run import Run
from pysim.story.oncall import Aim, Result, Score
from pysim.story.rounding import kept

_US_PER_HOUR, _US_PER_MINUTE = 3.6e9, 60e6


def score(own: Run, automatic: Run, nobody: Run, time_us: int, scenario: Scenario | None = None) -> Score:
    """At a moment; when its training is over, of each run to its own end."""
    is_over = time_us >= own.timeline.end_us
    tallies = [tally(run, run.end_us if is_over else time_us) for run in (own, automatic, nobody)]
    aims = scenario.aims if scenario else ()
    return Score(
        time_us=time_us,
        own=tallies[0],
        automatic=tallies[1],
        nobody=tallies[2],
        decisions=sum(each.at_us <= time_us for each in own.orders.decisions),
        title=scenario.title if scenario else "",
        aims=tuple(_aim(each, own, automatic, time_us if not is_over else None) for each in aims),
    )


def tally(run: Run, time_us: int) -> Result:
    """How one run went up to a moment."""
    end_us = run.timeline.end_us
    account = run.account.at(time_us)
    place = run.at(min(time_us, end_us - 1))
    return Result(
        goodput=kept(account.share, 4),
        usd=kept(rent_usd(run, min(time_us, run.end_us)), 0),
        interruptions=account.interruptions,
        steps_redone=account.steps_redone,
        step=run.plan.total_steps if time_us >= end_us else int(run.timeline.step_behind(place)),
        seconds=min(time_us, end_us) / 1e6,
        is_over=time_us >= end_us,
        loss=_final_loss(run, time_us),
    )


def _aim(wanted: Wanted, own: Run, automatic: Run, time_us: int | None) -> Aim:
    mine, policys = (
        QUANTITIES[wanted.quantity](run, run.end_us if time_us is None else time_us) for run in (own, automatic)
    )
    return Aim(
        text=wanted.text,
        own=mine,
        automatic=policys,
        is_reached=wanted.is_reached(mine),
        is_reached_by_policy=wanted.is_reached(policys),
    )


def _found_minutes(run: Run, time_us: int) -> float | None:
    """From the true beginning of the first thing that ails a machine until that was taken out."""
    ill = next((each for each in run.befallen if each.incident.cause.is_of_a_machine), None)
    if ill is None:
        return None
    began_us = run.incidents.began_us(ill)
    taken = (each.acted_us for each in run.befallen if each.replaced_by is not None and each.drained == ill.host)
    found_us = min((each for each in taken if began_us <= each <= time_us), default=None)
    return None if found_us is None else kept((found_us - began_us) / _US_PER_MINUTE, 1)


def _drained_in_vain(run: Run, time_us: int) -> float:
    """Machines that were taken out though nothing ailed them."""
    ill = {each.host for each in run.befallen if each.incident.cause.is_of_a_machine}
    taken = [each for each in run.befallen if each.replaced_by is not None and each.acted_us <= time_us]
    return float(sum(each.drained not in ill for each in taken))


def _final_loss(run: Run, time_us: int) -> float | None:
    """Of the last validation that was done."""
    if time_us < run.timeline.end_us:
        return None
    return run.validations.after(run.timeline.last_step).loss


QUANTITIES: Mapping[str, Callable[[Run, int], float | None]] = {
    "goodput": lambda run, time_us: kept(run.account.at(time_us).share, 4),
    "steps_redone": lambda run, time_us: float(run.account.at(time_us).steps_redone),
    "hours": lambda run, time_us: kept(min(time_us, run.timeline.end_us) / _US_PER_HOUR, 2),
    "usd": lambda run, time_us: kept(rent_usd(run, min(time_us, run.end_us)), 0),
    "interruptions": lambda run, time_us: float(run.account.at(time_us).interruptions),
    "found_minutes": _found_minutes,
    "drained_in_vain": _drained_in_vain,
    "validation_loss": _final_loss,
}
"""What a scenario's goal can speak of."""
