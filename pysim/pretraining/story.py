"""A pre-training run as a story: what views, shows, pages and exporters know of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from pysim.catalog.scenarios import Scenario
from pysim.pretraining.calls import open_calls, stop_after
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.job import PretrainingJob
from pysim.pretraining.moment import Gauges, moment
from pysim.pretraining.names import command_line, device_word, run_id
from pysim.pretraining.narrate import tellings
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.clock import Shared
from pysim.pretraining.run.decisions import Orders
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.scenes.bring_up import listed_accelerators
from pysim.pretraining.scenes.deciding import score_told
from pysim.pretraining.scenes.labels import labels, shard_labels
from pysim.pretraining.scenes.marks import Marks
from pysim.pretraining.scenes.news import news
from pysim.pretraining.scenes.reporting import unreported_before
from pysim.pretraining.scenes.truth import SlowNode, slow_nodes
from pysim.pretraining.scenes.watched import look
from pysim.pretraining.watching import acts
from pysim.story.chapters import Chapters
from pysim.story.choices import Choice
from pysim.story.events import Event, FleetSampled, Telling, singly
from pysim.story.explanation import Explanation, Subject
from pysim.story.header import Header
from pysim.story.history import History, Standing
from pysim.story.moment import OVER, Moment
from pysim.story.news import News
from pysim.story.oncall import Score
from pysim.story.reports import Cadence, Reports
from pysim.story.steps import DataStep
from pysim.story.story import Acts, Beside, Label
from pysim.story.weighing import Course, Tally

if TYPE_CHECKING:
    from pysim.story.columns import Between, StepColumns
    from pysim.story.profile import ProfiledStep

KIND = "pretraining"
_CURVE_POINTS = 120  # of the learning rate


class PretrainingStory:
    """Tells a run."""

    def __init__(
        self,
        run: Run,
        asked: Sequence[Injection] = (),
        scenario: Scenario | None = None,
        beside: Sequence[Beside] = (),
    ) -> None:
        """`asked` is what a person lets happen in it, which others who decide meet as well; `beside` is what it is compared with."""
        self.run = run
        self._asked = asked
        self._scenario = scenario
        self.beside = beside
        self.header = header(run)
        self._gauges = Gauges(run)
        self._marks = Marks(run)

    @property
    def end_us(self) -> int:
        """When the export is done."""
        return self.run.end_us

    def narrate(
        self, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
    ) -> Iterator[Event]:
        """What happened in [since_us, until_us), in time order, `every` steps told as one; to the very end by default."""
        return singly(self.tellings(since_us, until_us, every, reports))

    def tellings(
        self, since_us: int = 0, until_us: int | None = None, every: int = 1, reports: Reports | None = None
    ) -> Iterator[Telling]:
        """The same, steps between which nothing happens as one."""
        return chain(tellings(self.run, since_us, until_us, every, reports), self._told_last(since_us, until_us))

    def blocks(
        self, since_us: int = 0, until_us: int | None = None, between: "Between" = "all"
    ) -> "Iterator[Event | StepColumns]":
        """The same, with steps as blocks of columns."""
        from pysim.pretraining.blocks import narrate_in_blocks  # noqa: PLC0415 - no show needs it

        return chain(narrate_in_blocks(self.run, since_us, until_us, between), self._told_last(since_us, until_us))

    def profile(self, rank: int, since_us: int = 0, until_us: int | None = None) -> "Iterator[ProfiledStep]":
        """Kernels and waits of one process."""
        from pysim.pretraining.profiling.steps import profiled  # noqa: PLC0415 - no show needs it

        return profiled(self.run, rank, since_us, until_us)

    def moment(self, time_us: int) -> Moment:
        """What is true at a time; on call what each cause has cost is said when the job is over, as it names them."""
        now = moment(self.run, time_us, self._gauges)
        if not self.run.record.calls:
            return now
        told = replace(now.accounted, costs=()) if now.accounted and now.phase not in OVER else now.accounted
        return replace(now, calls=open_calls(self.run, time_us), accounted=told)

    def acts(self) -> Acts:
        """All but training at a watchable length, and steps as fast as they can be read, however many."""
        return acts(self.run)

    def chapters(self) -> Chapters:
        """Phases, validations, checkpoints."""
        return self.run.chapters

    def marks(self) -> Marks:
        """Validations, checkpoints, incidents, and the time in which the run did not get on."""
        return self._marks

    def items_before(self, time_us: int, every: int = 1, reports: Reports | None = None) -> int:
        """Steps that were completed before a time, and told where that is done every so many."""
        return self.run.completed_step(time_us - 1) - unreported_before(self.run, time_us, Cadence(every, reports))

    def item_begin(self, item: int) -> int:
        """A step owns (start, end] and what follows it: at its very start the one before ends."""
        timeline = self.run.timeline
        is_over = item > timeline.total_steps
        return (timeline.end_us if is_over else timeline.first_start_us(DataStep(item))) + 1

    def curve(self, points: int) -> list[tuple[float, float]]:
        """The training loss without noise: (fraction of the run's time, loss) pairs."""
        run, cuts = self.run, max(points - 1, 1)
        start, end = run.timeline.start_us / run.end_us, run.timeline.end_us / run.end_us
        places = [round(start + (end - start) * index / cuts, 6) for index in range(points)]
        steps = np.array([run.timeline.data_step_along(index, cuts) for index in range(points)], np.int64)
        losses: list[float] = run.steps.expected_losses(steps).tolist()
        return list(zip(places, losses, strict=True))

    def history(self, time_us: int, first: int, last: int, points: int) -> History:
        """Steps as they were printed, first to last."""
        return self.run.histories.at(time_us, DataStep(first), DataStep(last), points)

    def standing(self, time_us: int) -> Standing:
        """How it goes."""
        return self.run.standings.at(time_us)

    def fleet(self, time_us: int) -> FleetSampled:
        """Every accelerator just before a time; a job that is not up holds no memory."""
        return look(self.run, time_us)

    def news(self, since_us: int, until_us: int) -> list[News]:
        """Incidents that somebody has noticed, and those that are over."""
        return news(self.run, since_us, until_us)

    def explain(self, subject: Subject, time_us: int) -> Explanation:
        """From texts and formulas that nobody needs before."""
        from pysim.pretraining.explaining.compose import explain  # noqa: PLC0415

        return explain(self.run, subject, self.moment(time_us))

    def labels(self) -> Iterator[Label]:
        """Slow nodes, incidents and files that are waited for, each in order of time."""
        yield from map(self._slow_label, slow_nodes(self.run))
        yield from labels(self.run)
        yield from shard_labels(self.run)

    def tally(self, time_us: int) -> Tally:
        """The run in numbers up to a time."""
        from pysim.pretraining.weighing import RunTally  # noqa: PLC0415 - see its top

        return RunTally(self.run, time_us)

    def course(self, times_us: Sequence[int]) -> Course:
        """Steps and losses by each of some times, in order."""
        from pysim.pretraining.weighing import course  # noqa: PLC0415 - see its top

        return course(self.run, times_us)

    # On call

    @property
    def _is_decided(self) -> bool:
        """Whether anybody is there to decide."""
        return self.run.orders.on_call or bool(self.run.orders.decisions)

    def offered(self, time_us: int) -> Sequence[Choice]:
        """What can be decided at a time."""
        from pysim.pretraining.deciding import offered  # noqa: PLC0415 - few shows need it

        return offered(self.run, time_us)

    def expected_end_us(self, time_us: int) -> int:
        """When it is over, or on call, where nobody knows: now and what is left by the last steps, as if nothing more went wrong."""
        now = self.moment(time_us)
        if not self.run.orders.on_call or now.phase in OVER:
            return self.end_us
        left_seconds = now.last.eta_seconds if now.last else self.run.figures.training_seconds
        return time_us + round(left_seconds * 1e6)

    def next_call(self, time_us: int) -> tuple[int, int] | None:
        """When the next call after a time comes about which nobody has decided anything yet, and its number; None for never."""
        return stop_after(self.run, time_us) if self.run.record.calls else None

    def score(self, time_us: int) -> Score | None:
        """How the decisions up to a time do beside the automatic policy and nobody at all; None where there is nobody to decide."""
        if not self._is_decided:
            return None
        from pysim.pretraining.scoring import score  # noqa: PLC0415 - few shows need it

        return score(self.run, self._under_the_policy, self._with_nobody, time_us, self._scenario)

    @cached_property
    def _under_the_policy(self) -> Run:
        return _run(self.run.plan, self._asked)

    @cached_property
    def _with_nobody(self) -> Run:
        asked = incidents(self.run.plan, self._asked)
        return simulate(self.run.plan, incidents=asked, orders=Orders(on_call=True))

    def _told_last(self, since_us: int, until_us: int | None) -> Iterator[Event]:
        """The score, where that is told and somebody decides."""
        is_to_the_end = since_us <= self.end_us and (until_us is None or until_us > self.end_us)
        score = self.score(self.end_us) if is_to_the_end and self._is_decided else None
        if score:
            yield score_told(score)

    def is_like(self, other: "PretrainingStory") -> bool:
        """Whether the same happens in a run of the same plan to which more, or less, was meant to happen."""
        mine, others = self.run, other.run
        is_as_often = len(mine.befallen) == len(others.befallen)
        return is_as_often and mine.timeline.segments.are_like(others.timeline.segments)

    def _slow_label(self, slow: SlowNode) -> Label:
        return Label(
            begin_us=slow.begin_us(self.run),
            end_us=slow.end_us(self.run),
            cause="slow node",
            place=slow.host,
            evidence=f"every step takes {slow.slower:.1%} longer",
        )


def tell(
    plan: Plan,
    injections: Sequence[Injection] = (),
    orders: Orders | None = None,
    scenario: Scenario | None = None,
    beside: Sequence[Beside] = (),
    *,
    shared: Shared | None = None,
) -> PretrainingStory:
    """The story that a plan leads to, what a person lets happen in it and what is decided there; and the runs that it is compared with.

    Raises:
        UnknownName, PlanError: if that cannot happen.
    """
    return PretrainingStory(_run(plan, injections, orders, shared), injections, scenario, beside)


def _run(
    plan: Plan, injections: Sequence[Injection], orders: Orders | None = None, shared: Shared | None = None
) -> Run:
    if injections or orders or shared:
        return simulate(plan, incidents=incidents(plan, injections), orders=orders, shared=shared)
    return _undisturbed(plan)


@lru_cache(maxsize=1)
def _undisturbed(plan: Plan) -> Run:
    """As it comes if nobody has a hand in it: a place in any run of the plan is looked up there, and a run is often opened again."""
    return simulate(plan)


@lru_cache(maxsize=2)
def header(run: Run) -> Header:
    """The constant facts of a run."""
    plan, f, layout, accelerator = run.plan, run.figures, run.plan.parallel, run.plan.accelerator
    return Header(
        kind=KIND,
        run_id=run_id(plan),
        run_name=plan.name,
        preset=plan.preset,
        command=command_line(plan),
        seed=plan.seed,
        start_time=plan.start_time,
        model_title=plan.model.title,
        precision=plan.precision,
        dataset_title=plan.dataset.title,
        accelerator_title=accelerator.title,
        accelerator_short_title=accelerator.short_title,
        vendor=accelerator.vendor,
        device=device_word(plan),
        world_size=plan.world_size,
        per_node=accelerator.per_node,
        listed_accelerators=listed_accelerators(plan),
        usd_per_hour=accelerator.usd_per_hour,
        sharding=plan.sharding,
        tensor_parallel=layout.tensor,
        pipeline_parallel=layout.pipeline,
        context_parallel=layout.context,
        expert_parallel=layout.expert,
        sequence_length=plan.sequence_length,
        global_batch_size=plan.global_batch_size,
        steps_per_epoch=plan.steps_per_epoch,
        epochs=plan.epochs,
        extra_steps=plan.extra_steps,
        total_tokens=plan.batches.total(plan.total_steps) * plan.sequence_length,
        validation_batches=plan.validation_batches,
        checkpoint_bytes=f.checkpoint_bytes,
        learning_rates=tuple(run.schedule_curve(_CURVE_POINTS)),
        step_seconds=f.step_seconds,
        training_seconds=f.training_seconds,
        tokens_per_second=f.tokens_per_second,
        samples_per_second=f.samples_per_second,
        job=PretrainingJob(run),
    )
