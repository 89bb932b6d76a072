"""A run: what was true at any moment, as a pure function of the plan.

Nothing is replayed and almost nothing is kept: every answer is computed from closed forms and addressed noise, so a run
of ten million steps opens in the middle as fast as one of a thousand at its start.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import step_times_of
from pysim.catalog.incidents import LossPoint, LossShape
from pysim.physics.durations import shard_read_seconds
from pysim.physics.exchanges import Exchange, exchange_seconds, replica_exchanges
from pysim.physics.loss import loss_law, lowered_loss, train_loss
from pysim.pretraining.figures import Figures, figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.ramp import plateaus
from pysim.pretraining.run.befallen import DECIDING, Befallen, Fate
from pysim.pretraining.run.chapters import Chapters
from pysim.pretraining.run.clock import Shared, StepClock
from pysim.pretraining.run.course import Course, Durations, Interruption, course
from pysim.pretraining.run.decisions import Orders, Record
from pysim.pretraining.run.fates import Fates
from pysim.pretraining.run.fleet import Fleet
from pysim.pretraining.run.goodput import Account, Goodput
from pysim.pretraining.run.grown import Growth, shorter
from pysim.pretraining.run.history import Histories
from pysim.pretraining.run.incidents import Incidents
from pysim.pretraining.run.life import Life
from pysim.pretraining.run.luck import Incident, Luck, lot_of
from pysim.pretraining.run.pace import Pace
from pysim.pretraining.run.periodic import Lengths, Periodic
from pysim.pretraining.run.phases import EXPORT, RECOVERY, RESTART, Stage, stages
from pysim.pretraining.run.prospects import Policy
from pysim.pretraining.run.segments import Place, Segment, SegmentKind, Segments, Slowdown
from pysim.pretraining.run.shards import Shards
from pysim.pretraining.run.staged import staged
from pysim.pretraining.run.standings import Standings
from pysim.pretraining.run.steps import Steps
from pysim.pretraining.run.timeline import Timeline
from pysim.pretraining.run.unevenness import Cluster, unevenness
from pysim.pretraining.run.validations import Validations
from pysim.pretraining.starting import bring_up
from pysim.story.noise import Stream
from pysim.story.rounding import round_significant
from pysim.story.steps import DataStep, Executed

_VALIDATION_JITTER = 0.03  # share of its duration
_CHECKPOINT_JITTER = 0.10  # shared storage: more than a validation
_SHARD_JITTER = 0.10  # a local disk
_BLOCKS_AHEAD = 4  # of the clock, while all incidents are gone through; looked at together they are a fifth cheaper
_LOOKED_AT_AFTER = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)  # steps
_SHARES: Mapping[SegmentKind, Mapping[str, float]] = {"restart": RESTART, "export": EXPORT}


class Run:
    """The truth of one run. Times are microseconds since the job was launched."""

    def __init__(
        self,
        plan: Plan,
        interruptions: Iterable[Interruption] = (),
        slowdowns: Iterable[Slowdown] = (),
        incidents: Iterable[Incident] = (),
        orders: Orders | None = None,
        *,
        shared: Shared | None = None,
    ) -> None:
        self.plan = plan
        self.orders = orders or Orders()
        self.record = Record()
        self.noise_seed = plan.noise_seed
        self.figures: Figures = figures(plan)
        self.plateaus = plateaus(plan)
        self.law = loss_law(plan)
        self.bring_up = stages(bring_up(plan), 0, _us(self.figures.bring_up_seconds))
        pace = self._pace(shared)
        asked = tuple(incidents)
        if plan.incident_factor or asked or orders:
            segments, self.befallen = self._life(pace, asked)
        else:
            segments, self.befallen = course(pace, self._durations(), interruptions, slowdowns), Fate()
        self.timeline = Timeline(segments, pace)
        self.incidents = Incidents(self.befallen, self.timeline)
        self.export = stages(EXPORT, self.timeline.end_us, _us(self.figures.export_seconds))
        self.end_us = self.export["writing metadata"].end_us
        self.steps = Steps(plan, self.figures, self.law, self.timeline)
        self.validations = Validations(plan, self.law, self.timeline)
        self.fleet = Fleet(plan, self.figures, self.timeline, self.incidents)
        self.chapters = Chapters(self.timeline)
        self.histories = Histories(plan, self.steps, self.validations, self.timeline)
        self.standings = Standings(self.timeline)

    def at(self, time_us: int) -> Place:
        """What is going on at a time."""
        return self.timeline.at(time_us)

    def completed_step(self, time_us: int) -> Executed:
        """The last executed step that has ended by a time; 0 before the first."""
        return self.at(time_us).completed

    def validated_step(self, time_us: int) -> Executed:
        """The last executed step that was completed by a time with all that is validated after it."""
        step = self.completed_step(time_us)
        is_done = not step or self.timeline.checkpoint_start_us(step) <= min(
            time_us, self.timeline.stretch_of(step).end_us
        )
        return step if is_done else Executed(step - 1)

    @cached_property
    def account(self) -> Account:
        """Where its time went so far, at any time."""
        return Account(self.timeline, self.befallen)

    @cached_property
    def goodput(self) -> Goodput:
        """Where all of its time went."""
        return self.account.at(self.timeline.end_us)

    @cached_property
    def exchanges(self) -> tuple[tuple[Exchange, float], ...]:
        """The collectives through which replicas agree, one of each kind, and how long each takes with nothing else on the fabric."""
        return tuple((each, exchange_seconds(self.plan, each)) for each in replica_exchanges(self.plan))

    def schedule_curve(self, points: int) -> list[float]:
        """The learning rate at evenly spaced steps from the first to the last."""
        rates: list[float] = self.steps.learning_rates(_spaced(1, self.plan.total_steps, points)).tolist()
        return rates

    def loss_curve(self, first: int, last: int, points: int) -> list[float]:
        """The training loss without noise at evenly spaced data steps."""
        losses: list[float] = self.steps.expected_losses(_spaced(first, last, points)).tolist()
        return losses

    def _life(self, pace: Pace, incidents: Iterable[Incident]) -> tuple[Segments, Fate]:
        plan, asked = self.plan, lot_of(incidents)
        luck = Luck(plan) if plan.incident_factor else None
        lots = luck.lots(asked) if luck else (asked,)
        policy = Policy(
            nodes=plan.nodes,
            spares=plan.spares,
            watchdog_us=_us(plan.watchdog_seconds),
            step_us=_us(self.figures.step_seconds),
        )
        life = self._lived(Course(pace, self._durations()), policy, Fates(luck, pace.checkpoint) if luck else None)
        life.stage(staged(plan))
        pace.clock.read_ahead(_BLOCKS_AHEAD)
        lived = life.live(lots)
        pace.clock.read_ahead(1)
        return lived

    def _lived(self, course: Course, policy: Policy, fates: Fates | None) -> Life:
        """Under the policy, or as somebody decides."""
        if not (self.orders.on_call or self.orders.decisions):
            return Life(course, policy, fates)
        from pysim.pretraining.run.duty import Duty  # noqa: PLC0415 - few runs need it

        duty = Duty(course, policy, fates, self.orders, Duty.Plan(self.plan.noise_seed, self._lowering))
        self.record = duty.record
        return duty

    def _lowering(self, first: DataStep, factor: float) -> LossShape:
        """What a lower learning rate from a batch on does to the loss: between a few steps after it, and with the sum of all that is learned."""
        left = max(self.plan.total_steps - first, 1)
        since = sorted({0, *(each for each in _LOOKED_AT_AFTER if each < left), left})
        steps = np.array([first + each for each in since], np.int64)
        factors = round_significant(lowered_loss(self.law, steps, first, factor) / train_loss(self.law, steps)).tolist()
        points = (
            LossPoint(step=step, grad_norm_factor=1.0, loss_factor=each)
            for step, each in zip(since, factors, strict=True)
        )
        return LossShape(points=tuple(points), leads_steps=0, recovers=False, rate=factor)

    def _pace(self, shared: Shared | None) -> Pace:
        plan, f = self.plan, self.figures
        smaller = tuple(shorter(each.last, each.step_seconds, f.step_seconds) for each in self.plateaus)
        cluster = Cluster(plan.world_size, plan.nodes > 1, routed=plan.model.moe is not None)
        return Pace(
            clock=StepClock(
                plan.noise_seed,
                plan.total_steps,
                f.step_seconds,
                unevenness(plan.noise_seed, step_times_of(plan.accelerator), f.step_seconds, cluster),
                has_level_shifts=not plan.incident_factor,  # else nodes are slow for causes of their own
                shared=shared,
            ),
            validation=self._periodic("validation", plan.validation_interval, f.validation_seconds, _VALIDATION_JITTER),
            checkpoint=self._periodic("checkpoint", plan.checkpoint_interval, f.checkpoint_seconds, _CHECKPOINT_JITTER),
            shards=self._shards(),
            growth=Growth(smaller) if smaller else None,
        )

    def _durations(self) -> Durations:
        return Durations(
            bring_up_us=self.bring_up["warming up"].end_us,
            export_us=_us(self.figures.export_seconds),
            warmup_us=_us(self.figures.first_step_extra_seconds),
        )

    def _shards(self) -> Shards:
        plan, seconds = self.plan, shard_read_seconds(self.plan)
        stream = Stream(plan.noise_seed, "shard-read-time")
        reads = Lengths(_us(seconds), _us(seconds * _SHARD_JITTER), stream)
        return Shards(plan.batches, plan.sequence_length, plan.dataset.shard_tokens if seconds else 0, reads)

    def _periodic(self, name: str, interval: int, seconds: float, jitter: float) -> Periodic:
        stream = Stream(self.plan.noise_seed, f"{name}-time")
        return Periodic(interval, self.plan.total_steps, Lengths(_us(seconds), _us(seconds * jitter), stream))

    def stages_of(self, segment: Segment) -> dict[str, Stage]:
        """The stages that a segment consists of as planned, by name; none where it has no parts."""
        if segment.kind == "bring-up":
            return self.bring_up
        befallen = self.incidents.numbered(segment.incident)
        if befallen and segment.kind in ("down", "restart"):
            return self._recovery(segment, befallen)
        shares = _SHARES.get(segment.kind)
        return stages(shares, segment.begin_us, segment.planned_end_us - segment.begin_us) if shares else {}

    def _recovery(self, segment: Segment, befallen: Befallen) -> dict[str, Stage]:
        """What is done about an incident in a segment."""
        begin_us, end_us = segment.begin_us, segment.planned_end_us
        if segment.kind == "down" and begin_us == befallen.noticed_us < befallen.acted_us:
            return {RECOVERY[DECIDING]: Stage(RECOVERY[DECIDING], begin_us, end_us)}
        parts = (part for part in self.incidents.parts(befallen) if begin_us <= part.begin_us < end_us)
        return {RECOVERY[part.name]: Stage(RECOVERY[part.name], part.begin_us, part.end_us) for part in parts}

    def stage_of(self, name: str) -> Stage:
        """A stage of bring-up or export by name."""
        return self.bring_up[name] if name in self.bring_up else self.export[name]


def simulate(
    plan: Plan,
    interruptions: Iterable[Interruption] = (),
    slowdowns: Iterable[Slowdown] = (),
    incidents: Iterable[Incident] = (),
    orders: Orders | None = None,
    *,
    shared: Shared | None = None,
) -> Run:
    """The run that a plan leads to, what befell it on its way - by luck, and `incidents` that were asked for - and what was decided about it.

    What is `shared` with other runs is found once for all.
    """
    return Run(plan, interruptions, slowdowns, incidents, orders, shared=shared)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def _spaced(first: int, last: int, points: int) -> NDArray[np.int64]:
    return first + (last - first) * np.arange(points, dtype=np.int64) // max(points - 1, 1)
