"""Training: every step, and what happens between steps."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import overload

import numpy as np
from numpy.typing import NDArray

from pysim.catalog.incidents import looks
from pysim.physics.loss import perplexity
from pysim.pretraining.looking import look_interval, looks_at_changes
from pysim.pretraining.names import checkpoint_path
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.run.steps import StepColumns
from pysim.pretraining.scenes.collective import timed, which
from pysim.pretraining.scenes.done import Done, done_of
from pysim.pretraining.scenes.interruption import resumed
from pysim.pretraining.scenes.reporting import closes, interval_begin, preview, reported
from pysim.pretraining.scenes.truth import await_shard, begin_slowdown, end_slowdown
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.reports import SINGLY, Cadence
from pysim.story.rounding import kept, round_kept
from pysim.story.steps import DataStep, Executed

CHUNK_STEPS = 4096  # told at a time
_BLOCK_STEPS = 1024  # of which there are events at a time: as many as a cache holds
RECENT_STEPS = 100  # that the training loss beside a validation covers
EPOCH_STEPS = 2**20  # that the mean loss of an epoch covers at most: a quarter of a second's work
COLLECTIVE_SHARE = 0.02  # of steps that print a collective's time
_OF_SINGLE_STEPS = (
    ev.ValidationStarted,
    ev.CheckpointStarted,
    ev.CheckpointProgressed,
)  # untold where many are told as one
_CHECKPOINT_MARKS = (0.25, 0.5, 0.75)


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Aside = Callable[[Run, Executed, Done], Iterator[ev.Event]]
Around = dict[Executed, list[Aside]]  # what is told before or after a step


def training(run: Run, stretch: Stretch, since_us: int, until_us: int, cadence: Cadence) -> Iterator[ev.Telling]:
    """Every step of a stretch within the span, and what happens between steps; told block by block, so memory stays small."""
    yield from resuming(run, stretch, since_us, until_us)
    if stretch.steps and cadence.has_steps:
        yield from _steps_within(run, stretch, since_us, until_us, cadence)
    yield from left_undone(run, stretch, since_us, until_us)


def resuming(run: Run, stretch: Stretch, since_us: int, until_us: int) -> Iterator[ev.Event]:
    """What is told before the first step of a stretch."""
    if run.timeline.before(stretch).kind != "bring-up":
        yield from cut((resumed(run, stretch),), since_us, until_us)


def left_undone(run: Run, stretch: Stretch, since_us: int, until_us: int) -> Iterator[ev.Event]:
    """What is told after its last step, of the one that is never done."""
    if stretch.is_cut:
        yield from cut(_left_undone(run, stretch), since_us, until_us)


@overload
def cut(scene: Iterable[ev.Event], since_us: int, until_us: int) -> Iterator[ev.Event]: ...


@overload
def cut(scene: Iterable[ev.Telling], since_us: int, until_us: int) -> Iterator[ev.Telling]: ...


def cut(scene: Iterable[ev.Telling], since_us: int, until_us: int) -> Iterator[ev.Telling]:
    """What of it happened in [since_us, until_us)."""
    since, until = since_us / 1e6, until_us / 1e6
    for telling in scene:
        if isinstance(telling, ev.Block):
            inside = telling.within(since, until)
            if inside:
                yield inside
        elif since <= telling.time_seconds < until:
            yield telling


def _left_undone(run: Run, stretch: Stretch) -> Iterator[ev.Event]:
    """What began with the step that was under way when the stretch was cut."""
    step = run.timeline.running(stretch, stretch.end_us - 1)
    if step > stretch.last_step:
        data_step, begin_us = stretch.data_step(step), run.timeline.begin_us(stretch, step)
        yield from _begin_epoch(run, data_step, begin_us)
        yield from _grow_batch(run, data_step, begin_us)


def _steps_within(run: Run, stretch: Stretch, since_us: int, until_us: int, cadence: Cadence) -> Iterator[ev.Telling]:
    first, last = steps_in(run, stretch, since_us, until_us)
    while first <= last:
        chunk = Executed(min(last, _chunk_end(stretch, first, cadence)))
        told = steps(run, first, chunk) if cadence.is_single else _many_steps(run, stretch, first, chunk, cadence)
        is_inside = since_us <= run.timeline.start_of_us(first) and run.timeline.next_start_us(chunk) < until_us
        yield from told if is_inside else cut(told, since_us, until_us)
        first = Executed(chunk + 1)


def steps_in(run: Run, stretch: Stretch, since_us: int, until_us: int) -> tuple[Executed, Executed]:
    """The first and the last of a stretch's steps of which something may be told in [since_us, until_us)."""
    timeline = run.timeline
    first = timeline.step_within(stretch, max(since_us, stretch.begin_us))
    last = timeline.step_within(stretch, min(until_us, stretch.end_us))
    if first == last and timeline.start_of_us(first) + 1 < since_us and until_us <= timeline.end_of_us(first):
        return first, Executed(first - 1)  # within a step nothing happens
    return Executed(max(first - 1, stretch.first_step)), last  # what ends at a step's start is of the step before


def _chunk_end(stretch: Stretch, first: Executed, cadence: Cadence) -> int:
    """The last of about so many steps as are told at a time; whole intervals of them."""
    every = cadence.every
    return interval_begin(stretch, first, cadence) + every * max(CHUNK_STEPS // every, 1) - 1


def steps(run: Run, first: Executed, last: Executed) -> Iterator[ev.Telling]:
    """Executed steps `first` to `last`, all of one stretch, each with what precedes and what follows it."""
    columns = run.steps.columns(first, last)
    around = _heralds(run, columns), _asides(run, columns)
    marked = sorted(around[0].keys() | around[1].keys())
    dones = dict(zip(marked, done_of(run.plan, columns, marked), strict=True))
    for begin in range(0, last - first + 1, _BLOCK_STEPS):
        block = step_events(run, columns.rows(slice(begin, begin + _BLOCK_STEPS)))
        start = Executed(first + begin)
        here = marked[bisect_left(marked, start) : bisect_left(marked, start + len(block))]
        yield from _told(run, block, {step: (step - start, dones[step]) for step in here}, around)


def between_steps(run: Run, columns: StepColumns, *, looks: bool) -> Iterator[ev.Event]:
    """What precedes and follows steps that are all of one stretch, without these themselves; with looks at all accelerators, or not."""
    heralds, asides = _heralds(run, columns), _asides(run, columns, looks=looks)
    marked = sorted(heralds.keys() | asides.keys())
    for step, done in zip(marked, done_of(run.plan, columns, marked), strict=True):
        for tell in (*heralds.get(step, ()), *asides.get(step, ())):
            yield from tell(run, step, done)


def _told(
    run: Run,
    block: ev.Block[ev.StepCompleted],
    marked: Mapping[Executed, tuple[int, Done]],
    around: tuple[Around, Around],
) -> Iterator[ev.Telling]:
    """Steps, and what precedes and follows those that are marked, each by its row."""
    (heralds, asides), told = around, 0
    for step, (row, done) in marked.items():
        if step in heralds and told < row:
            yield block[told:row]
            told = row
        for herald in heralds.get(step, ()):
            yield from herald(run, step, done)
        if step in asides:
            yield block[told : row + 1]
            told = row + 1
        for aside in asides.get(step, ()):
            yield from aside(run, step, done)
    if told < len(block):
        yield block[told:]


def _many_steps(run: Run, stretch: Stretch, first: Executed, last: Executed, cadence: Cadence) -> Iterator[ev.Telling]:
    """Executed steps `first` to `last` by their means over each interval, and what else happened."""
    untold = () if cadence.reports else _OF_SINGLE_STEPS
    data_steps = np.arange(stretch.data_step(first), stretch.data_step(last) + 1, dtype=np.int64)
    is_end = closes(run, data_steps, cadence, stretch.first_data_step)
    begin = interval_begin(stretch, first, cadence) if is_end.any() else first
    columns = run.steps.columns(begin, last)
    ends = np.flatnonzero(closes(run, columns.data_step, cadence, stretch.first_data_step))
    heralds, asides = _heralds(run, columns), _asides(run, columns, cadence)
    past = int(columns.step[ends].searchsorted(first))
    reports, reported_at = reported(run, stretch, columns, ends, cadence)[past:], columns.step[ends[past:]].tolist()
    if cadence.reports and cadence.reports.preview and first == stretch.first_step and first not in reported_at[:1]:
        asides.setdefault(first, []).insert(0, partial(_preview, stretch, columns, cadence))
    marked = [step for step in sorted(heralds.keys() | asides.keys()) if step >= first]
    told = 0
    for step, done in zip(marked, done_of(run.plan, columns, marked), strict=True):
        before = bisect_left(reported_at, step) if step in heralds else bisect_right(reported_at, step)
        if told < before:
            yield reports[told:before]
            told = before
        for herald in heralds.get(step, ()):
            yield from herald(run, step, done)
        if told < bisect_right(reported_at, step):
            yield reports[told : told + 1]
            told += 1
        for aside in asides.get(step, ()):
            yield from (each for each in aside(run, step, done) if not isinstance(each, untold))
    if told < len(reports):
        yield reports[told:]


def _preview(stretch: Stretch, columns: StepColumns, cadence: Cadence, run: Run, *_step: object) -> Iterator[ev.Event]:
    yield preview(run, stretch, columns.rows(np.zeros(1, np.int64)), cadence)


def step_events(run: Run, columns: StepColumns) -> ev.Block[ev.StepCompleted]:
    """The columns as events."""
    return ev.Block(ev.StepCompleted, printed(run, columns))


def printed(run: Run, columns: StepColumns) -> ev.Makers:
    """What is said of each step, by the field of its event; NaN for what may be none."""
    plan, start_us, figures = run.plan, run.timeline.start_us, run.figures

    @cache
    def seconds() -> Floats:
        return columns.duration_us / 1e6

    @cache
    def sequences() -> Ints | int:
        return plan.batches.sizes_of(columns.data_step)

    def tokens() -> Ints | int:
        return sequences() * plan.sequence_length

    def mfu() -> Floats:
        flops_per_step = figures.flops_per_token * np.asarray(tokens(), np.float64)
        return round_kept(flops_per_step / (figures.peak_flops_per_second * plan.world_size * seconds()), 4)

    return {
        "time_seconds": lambda: columns.end_us / 1e6,
        "step": lambda: columns.data_step,
        "epoch": lambda: plan.epoch_of(columns.data_step),
        "loss": lambda: columns.loss,
        "perplexity": lambda: columns.perplexity,
        "learning_rate": lambda: columns.learning_rate,
        "grad_norm": lambda: columns.grad_norm,
        "step_seconds": seconds,
        "tokens_per_second": lambda: round_kept(tokens() / seconds(), 1),
        "samples_per_second": lambda: round_kept(sequences() / seconds(), 2),
        "mfu": mfu,
        "tokens": lambda: columns.tokens,
        "elapsed_seconds": lambda: (columns.end_us - start_us) / 1e6,
        "eta_seconds": lambda: columns.eta_us / 1e6,
        "memory_bytes": lambda: columns.memory_bytes,
        "loss_scale": lambda: columns.loss_scale,
    }


def _heralds(run: Run, columns: StepColumns) -> Around:
    """What is told before which executed step."""
    shifts = run.timeline.level_shifts
    told = (
        (run.plan.step_in_epoch(columns.data_step) == 1, start_epoch),
        (_among(columns.data_step, (last + 1 for last in run.plan.batches.ends)), grow_batch),
        (_among(columns.step, (shift.first for shift in shifts)), begin_slowdown),
    )
    return _by_step(columns, told)


def _asides(run: Run, columns: StepColumns, cadence: Cadence = SINGLY, *, looks: bool = True) -> Around:
    """What is told after which executed step, in the order of telling; with looks at all accelerators, or not."""
    plan, timeline = run.plan, run.timeline
    due = columns.data_step
    measured = Stream(plan.noise_seed, "collective").uniforms(int(columns.step[0]), len(due)) < COLLECTIVE_SHARE
    ends, singly = due == plan.total_steps, cadence.is_single
    told = (
        (timeline.shards.met(due), await_shard),
        (_among(columns.step, (shift.last for shift in timeline.level_shifts)), end_slowdown),
        (columns.overflow, skip_step),
        (measured & (bool(run.exchanges) and singly), time_collective),
        (_are_looked_at(run, columns, cadence) & looks, sample_fleet),
        (plan.step_in_epoch(due + 1) == 1, complete_epoch),
        ((due % timeline.validation.interval == 0) | ends, validate),
        ((due % timeline.checkpoint.interval == 0) | ends, save_checkpoint),
    )
    return _by_step(columns, told)


def _are_looked_at(run: Run, columns: StepColumns, cadence: Cadence) -> NDArray[np.bool_]:
    """After which steps all accelerators are looked at: as often as the plan wants, where many steps are told as one so much more seldom."""
    apart = look_interval(run.plan) * cadence.every
    looked: NDArray[np.bool_] = (columns.data_step % apart == 0) & (not cadence.reports)
    return looked | _has_changed(run, columns) if cadence.is_single else looked


def _has_changed(run: Run, columns: StepColumns) -> NDArray[np.bool_]:
    """After which steps a look shows what the one before did not: a node that was replaced, a clock that was held down or is free again."""
    if not (run.befallen and looks_at_changes(run.plan)):
        return np.zeros(columns.step.shape, np.bool_)
    first = Executed(int(columns.step[0]))
    stretch = run.timeline.stretch_of(first)
    is_first = first == stretch.first_step
    since_us = stretch.begin_us if is_first else run.timeline.end_of_us(Executed(first - 1))
    changed = columns.end_us.searchsorted(_throttlings(run, since_us, int(columns.end_us[-1])), side="right").tolist()
    if is_first and _came_back_with_another_node(run, stretch):
        changed.append(0)
    return _among(columns.step, columns.step[changed].tolist())


def _throttlings(run: Run, since_us: int, until_us: int) -> list[int]:
    """When accelerators began to be held down, or were set free, within [since_us, until_us)."""
    held = (each for each in run.incidents.touching(since_us, until_us) if _is_throttling(each))
    times = (time_us for each in held for time_us in (run.incidents.began_us(each), run.incidents.over_us(each)))
    return [time_us for time_us in times if since_us <= time_us < until_us]


def _is_throttling(befallen: Befallen) -> bool:
    """Whether it holds clocks down; whether somebody will stop the run for it is not known yet."""
    return looks()[befallen.incident.cause.looks.victim].clock < 1.0


def _came_back_with_another_node(run: Run, stretch: Stretch) -> bool:
    befallen = run.incidents.numbered(run.timeline.before(stretch).incident)
    return befallen is not None and befallen.replaced_by is not None


def _among(steps: NDArray[np.int64], wanted: Iterable[int]) -> NDArray[np.bool_]:
    """Which of the steps are wanted; of these there are few."""
    found = np.zeros(steps.shape, np.bool_)
    for step in wanted:
        found |= steps == step
    return found


def _by_step(columns: StepColumns, told: Iterable[tuple[NDArray[np.bool_], Aside]]) -> Around:
    asides: Around = {}
    for where, aside in told:
        for step in columns.step[where].tolist():
            asides.setdefault(Executed(step), []).append(aside)
    return asides


def start_epoch(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """A pass over the data begins with the first moment of its first step: at its very start the step before ends."""
    yield from _begin_epoch(run, DataStep(done.step), run.timeline.start_of_us(step))


def _begin_epoch(run: Run, data_step: DataStep, begin_us: int) -> Iterator[ev.Event]:
    plan = run.plan
    if plan.step_in_epoch(int(data_step)) == 1:
        time_seconds, epoch = (begin_us + 1) / 1e6, plan.epoch_of(int(data_step))
        yield ev.EpochStarted(time_seconds=time_seconds, epoch=epoch, epochs=plan.epochs, step=data_step)


def grow_batch(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """The batch is larger from the first moment of this step on."""
    yield from _grow_batch(run, DataStep(done.step), run.timeline.start_of_us(step))


def _grow_batch(run: Run, data_step: DataStep, begin_us: int) -> Iterator[ev.Event]:
    plan, batches = run.plan, run.plan.batches
    if batches.begins_plateau(data_step):
        number, size = batches.plateau(data_step), batches.size(data_step)
        is_smaller = number < len(run.plateaus)
        expected = run.plateaus[number].step_seconds if is_smaller else run.figures.step_seconds
        yield ev.BatchGrown(
            time_seconds=(begin_us + 1) / 1e6,
            step=data_step,
            global_batch_size=size,
            accumulation=size // (plan.micro_batch_size * plan.data_parallel),
            tokens_per_step=size * plan.sequence_length,
            step_seconds=expected,
        )


def skip_step(_run: Run, _step: Executed, done: Done) -> Iterator[ev.Event]:
    """FP16 gradients overflowed."""
    yield ev.StepSkipped(
        time_seconds=done.time_seconds,
        step=done.step,
        loss_scale=done.loss_scale,
        next_loss_scale=max(done.loss_scale // 2, 1),
    )


def time_collective(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """One of the collectives by which the replicas agreed in this step, as the trainer timed it."""
    yield timed(run, step, done.end_us, *which(run, step))


def sample_fleet(run: Run, _step: Executed, done: Done) -> Iterator[ev.Event]:
    """A look at every accelerator."""
    yield run.fleet.sample(done.end_us, done.memory_bytes)


def complete_epoch(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """A pass over the data is done; it took what passed since its first batch was first worked on."""
    plan, timeline = run.plan, run.timeline
    before = DataStep(plan.before_epoch(done.epoch))
    seconds = done.time_seconds - timeline.first_start_us(DataStep(before + 1)) / 1e6
    batches = timeline.batches(step, before, EPOCH_STEPS)
    yield ev.EpochCompleted(
        time_seconds=done.time_seconds,
        epoch=done.epoch,
        epochs=plan.epochs,
        step=done.step,
        mean_loss=run.steps.mean_loss(batches, step),
        mean_steps=len(batches),
        seconds=kept(seconds, 1),
    )


def validate(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """Held-out loss beside the training loss, and whether it is the best so far."""
    plan, timeline, found = run.plan, run.timeline, run.validations.after(step)
    yield ev.ValidationStarted(
        time_seconds=done.time_seconds,
        step=done.step,
        index=found.index,
        batches=plan.validation_batches,
        tokens=plan.validation_batches * plan.tokens_per_step,
    )
    before = _validated_before(run, step, found.index)
    yield ev.ValidationCompleted(
        time_seconds=timeline.checkpoint_start_us(step) / 1e6,
        step=done.step,
        index=found.index,
        loss=found.loss,
        perplexity=None if found.loss is None else float(perplexity(found.loss)),
        train_loss=run.steps.mean_loss(timeline.batches(step, before, RECENT_STEPS), step),
        best_loss=found.best_loss,
        best_step=found.best_step,
        improved=found.improved,
        validations_without_improvement=found.waited,
        patience=found.patience,
        seconds=timeline.validation.duration_us(found.index) / 1e6,
    )


def _validated_before(run: Run, step: Executed, index: int) -> DataStep:
    """The data step of the last validation before one that follows a step; those of batches that were left out never came."""
    timeline, gaps = run.timeline, run.timeline.gaps_before(step)
    due = (timeline.validation.step_of(earlier) for earlier in range(index - 1, 0, -1))
    return next((each for each in due if not any(first <= each <= last for first, last in gaps)), DataStep(0))


def save_checkpoint(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """A sharded checkpoint of weights and optimizer state."""
    plan, f = run.plan, run.figures
    start_us = run.timeline.checkpoint_start_us(step)
    duration_us = run.timeline.next_start_us(step) - start_us
    path = checkpoint_path(plan, DataStep(done.step))
    yield ev.CheckpointStarted(
        time_seconds=start_us / 1e6,
        step=done.step,
        path=path,
        checkpoint_bytes=f.checkpoint_bytes,
        files=f.checkpoint_files,
    )
    for mark in _CHECKPOINT_MARKS:
        moment = (start_us + round(duration_us * mark)) / 1e6
        yield ev.CheckpointProgressed(
            time_seconds=moment,
            step=done.step,
            written_bytes=int(f.checkpoint_bytes * mark),
            checkpoint_bytes=f.checkpoint_bytes,
        )
    yield ev.CheckpointCompleted(
        time_seconds=(start_us + duration_us) / 1e6,
        step=done.step,
        path=path,
        checkpoint_bytes=f.checkpoint_bytes,
        files=f.checkpoint_files,
        seconds=duration_us / 1e6,
        gb_per_second=kept(f.checkpoint_bytes / duration_us / 1e3, 3),
    )
