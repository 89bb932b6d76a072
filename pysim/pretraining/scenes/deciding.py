"""What whoever is on call decides, told: the decision, what diagnostics find, and that machines that were asked for are there."""

from collections.abc import Iterator

from pysim.pretraining.names import host
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.choices import ARGUMENTS
from pysim.story.oncall import Aim, Score


def decisions(run: Run, since_us: int, until_us: int) -> Iterator[ev.Event]:
    """Those of a span, in order of time."""
    told = sorted((*_decided(run), *_diagnosed(run), *_arrived(run)), key=lambda event: event.time_seconds)
    return (event for event in told if since_us <= event.time_us < until_us)


def _decided(run: Run) -> Iterator[ev.Event]:
    for place in sorted(run.record.carried_out):
        each = run.orders.decisions[place]
        given = ((name, getattr(each, name)) for name in ARGUMENTS)
        yield ev.Decided(
            time_seconds=each.at_us / 1e6,
            decision=place + 1,
            action=each.action,
            words=", ".join(f"{name} {value:g}" for name, value in given if value is not None),
            host=host(run.plan, run.incidents.machine_in(each.node, each.at_us)) if each.node is not None else "",
        )


def _diagnosed(run: Run) -> Iterator[ev.Event]:
    for each in run.record.diagnosed:
        yield ev.Diagnosed(
            time_seconds=each.end_us / 1e6,
            decision=each.decision + 1,
            node=each.node,
            host=host(run.plan, run.incidents.machine_in(each.node, each.begin_us)),
            is_named=each.is_named,
            seconds=(each.end_us - each.begin_us) / 1e6,
        )


def _arrived(run: Run) -> Iterator[ev.Event]:
    for each in run.record.ordered:
        standing_by = max(run.record.spares_at(each.there_us), 0)
        yield ev.SparesArrived(
            time_seconds=each.there_us / 1e6, decision=each.decision + 1, machines=each.count, standing_by=standing_by
        )


def score_told(score: Score) -> ev.ScoreTold:
    """The end of a shift in numbers."""
    own, automatic, nobody = score.own, score.automatic, score.nobody
    return ev.ScoreTold(
        time_seconds=score.time_us / 1e6,
        decisions=score.decisions,
        goodput=own.goodput,
        automatic_goodput=automatic.goodput,
        nobody_goodput=nobody.goodput,
        usd=own.usd,
        automatic_usd=automatic.usd,
        nobody_usd=nobody.usd,
        steps_redone=own.steps_redone,
        automatic_steps_redone=automatic.steps_redone,
        nobody_steps_redone=nobody.steps_redone,
        last_step_seconds=own.seconds,
        automatic_last_step_seconds=automatic.seconds,
        nobody_last_step_seconds=nobody.seconds,
        validation_loss=own.loss,
        automatic_validation_loss=automatic.loss,
        nobody_validation_loss=nobody.loss,
        scenario=score.title,
        aims=tuple(map(_aim_told, score.aims)),
    )


def _aim_told(aim: Aim) -> ev.AimTold:
    return ev.AimTold(
        text=aim.text,
        value=aim.own,
        automatic_value=aim.automatic,
        is_reached=aim.is_reached,
        is_reached_by_policy=aim.is_reached_by_policy,
    )
