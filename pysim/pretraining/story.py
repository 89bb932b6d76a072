"""A pre-training run as a story: what views, shows, pages and exporters know of it."""

from collections.abc import Iterator, Sequence

import numpy as np

from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.moment import Gauges, moment
from pysim.pretraining.names import command_line, device_word, run_id
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.scenes.bring_up import listed_accelerators
from pysim.pretraining.scenes.labels import labels, shard_labels
from pysim.pretraining.scenes.marks import Marks
from pysim.pretraining.scenes.news import news
from pysim.pretraining.scenes.reporting import unreported_before
from pysim.pretraining.scenes.truth import SlowNode, slow_nodes
from pysim.pretraining.watching import acts
from pysim.story.chapters import Chapters
from pysim.story.events import Event, FleetSampled
from pysim.story.explanation import Explanation, Subject
from pysim.story.header import Header
from pysim.story.history import History, Standing
from pysim.story.moment import Moment
from pysim.story.news import News
from pysim.story.steps import DataStep
from pysim.story.story import Acts, Label

KIND = "pretraining"
_HOLDING_MEMORY = ("training", "validating", "saving", "hanging")  # phases
_CURVE_POINTS = 120  # of the learning rate


class PretrainingStory:
    """Tells a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.header = header(run)
        self._gauges = Gauges(run)
        self._marks = Marks(run)

    @property
    def end_us(self) -> int:
        """When the export is done."""
        return self.run.end_us

    def narrate(self, since_us: int = 0, until_us: int | None = None, every: int = 1) -> Iterator[Event]:
        """What happened in [since_us, until_us), in time order, `every` steps told as one; to the very end by default."""
        return narrate(self.run, since_us, until_us, every)

    def moment(self, time_us: int) -> Moment:
        """What is true at a time."""
        return moment(self.run, time_us, self._gauges)

    def acts(self) -> Acts:
        """All but training at a watchable length, and steps as fast as they can be read, however many."""
        return acts(self.run)

    def chapters(self) -> Chapters:
        """Phases, validations, checkpoints."""
        return self.run.chapters

    def marks(self) -> Marks:
        """Validations, checkpoints, incidents, and the time in which the run did not get on."""
        return self._marks

    def items_before(self, time_us: int, every: int = 1) -> int:
        """Steps that were completed before a time, and told where that is done every so many."""
        waiting = unreported_before(self.run, time_us, every) if every > 1 else 0
        return self.run.completed_step(time_us - 1) - waiting

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
        is_up = self.run.at(max(time_us - 1, 0)).phase in _HOLDING_MEMORY
        return self.run.fleet.sample(time_us, self.run.figures.memory.total_bytes if is_up else 0)

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


def tell(plan: Plan, injections: Sequence[Injection] = ()) -> PretrainingStory:
    """The story that a plan leads to, and what a person lets happen in it.

    Raises:
        UnknownName, PlanError: if that cannot happen.
    """
    return PretrainingStory(simulate(plan, incidents=incidents(plan, injections)))


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
    )
