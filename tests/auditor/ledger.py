"""What was said so far and what does not tie: the book that every rule reads and writes."""

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.interval import Interval, exactly
from auditor.ramp import smaller_batches, taken_by
from auditor.ranks import Ranks
from auditor.record import Record

CONTINUED = frozenset({"DistributedInitialised", "ModelReady", "DatasetReady", "OptimizerReady"})
"""Kinds of which a later record adds fields to the earlier one."""
RECENT_STEPS = 100  # that a printed training loss covers, but an epoch's


@dataclass(slots=True)
class Ledger:
    """One run as its reader knows it. `cut` and `resume` say that what follows is not the next thing that happened."""

    exponential: bool = False  # the loss falls as a joke, not by a law
    slowest: float = 1.0  # step for hours, over what is expected, beyond what a node may be slow
    stalled: float = 0.0  # seconds that single steps took longer
    shaken: bool = False  # the loss may leave its way where no gradient norm is printed
    findings: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)  # records by kind
    checks: dict[str, int] = field(default_factory=dict)  # ties that were put to the test, by name
    facts: dict[str, Record] = field(default_factory=dict)  # the last of each kind, fields of earlier ones kept
    whole: bool = True  # nothing was cut out so far

    expected: dict[int, Interval] = field(default_factory=dict)  # seconds of a step, by the batch that has grown to it
    step: Record | None = None  # the last one
    pieces: list[list[Record]] = field(default_factory=lambda: [[]])  # steps in a row
    losses: dict[int, float] = field(default_factory=dict)  # of the steps that the model has behind it, in order
    done: dict[int, float] = field(default_factory=dict)  # losses of all steps that were ever read
    between: Interval = field(default_factory=lambda: exactly(0.0))  # seconds of other work since the last step
    elsewhere: Interval = field(default_factory=lambda: exactly(0.0))  # seconds of validations and checkpoints
    norms: dict[int, Interval] = field(default_factory=dict)  # their gradient norms
    parted: bool = False  # a step had another norm than when it was done before: something shakes only one of the two
    overflows: int = 0  # in a row
    stormed: bool = (
        False  # a loss scale went down so often in a row that the loss left its way, which no gradient norm tells of
    )
    resumes_at: int | None = None  # the number that the next step must have, where it is not the one after the last
    resumed: Record | None = None  # what said so
    saved: set[int] = field(default_factory=set)  # steps of whole checkpoints
    skipped: set[int] = field(default_factory=set)  # batches that were left out
    stopped: Record | None = None  # the first interruption since it went on
    since: Record | None = None  # until when it is known what time went into
    took: dict[int, Interval] = field(default_factory=dict)  # seconds of each step that counts, and of what followed it
    resumptions: dict[int, Interval] = field(
        default_factory=dict
    )  # the first step after each restart, and its own seconds
    lost: Interval = field(default_factory=lambda: exactly(0.0))  # seconds of repairs and of steps that were given up
    redone: int = 0  # completed steps that were given up
    down: Interval = field(default_factory=lambda: exactly(0.0))  # seconds in which no process ran

    validated: list[int] = field(default_factory=list)  # steps of all validations
    bests: list[tuple[int, float]] = field(default_factory=list)  # step and loss of each that was the best
    since_best: dict[int, int] = field(
        default_factory=dict
    )  # by step: validations without improvement, that one included
    busy_watts: list[float] = field(default_factory=list)  # of all accelerators, at each look at which all worked
    all_watts: list[float] = field(default_factory=list)  # the same, some of them held back
    found: set[int] = field(default_factory=set)  # ranks that found their accelerators
    rest_watts: list[float] = field(default_factory=list)  # of one
    exported: Interval | None = None  # bytes
    first_dead: dict[str, int] = field(default_factory=dict)  # code, local rank and process that a launcher told last
    watchdog_ms: int = 0  # the limit of all watchdogs; 0 if none has spoken
    summary: dict[str, str] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)  # by node
    buses: dict[int, str] = field(default_factory=dict)  # by local rank
    ranks: Ranks = field(default_factory=Ranks)

    # Writing

    def tie(
        self, name: str, record: Record, one: Interval | float, other: Interval | float, slack: float = 0.0
    ) -> None:
        """Both must be able to be the same number."""
        self.checks[name] = self.checks.get(name, 0) + 1
        if not exactly(one).meets(exactly(other), slack):
            self.findings.append(f"{name}: {exactly(one)} is not {exactly(other)}: {record.where}")

    def holds(self, name: str, record: Record, condition: bool, why: str = "") -> None:  # noqa: FBT001  # it is the claim itself
        self.checks[name] = self.checks.get(name, 0) + 1
        if not condition:
            self.findings.append(f"{name}{': ' if why else ''}{why}: {record.where}")

    def claim(self, name: str, condition: bool, why: str) -> None:  # noqa: FBT001  # it is the claim itself
        """A rule about many records, which no single one stands for."""
        self.holds(name, Record("", exactly(0), why), condition)

    def enter(self, record: Record) -> None:
        """The record is a fact from now on."""
        self.seen[record.kind] = self.seen.get(record.kind, 0) + 1
        known = self.facts.get(record.kind)
        self.facts[record.kind] = record
        if known and record.kind in CONTINUED:
            record.fields = known.fields | record.fields

    def spend(self, seconds: Interval) -> None:
        """Other work than steps took so long."""
        self.between, self.elsewhere = self.between + seconds, self.elsewhere + seconds

    def walk(self, step: Record) -> None:
        """One more step was done."""
        self._take_time(step)
        self.step, self.between, self.resumes_at, self.resumed = step, exactly(0.0), None, None
        self.pieces[-1].append(step)
        number = int(step.number("step").low)
        self.losses[number] = self.done[number] = step.loss()
        if step.has("grad_norm"):
            self.norms[number] = step.number("grad_norm")

    def _take_time(self, step: Record) -> None:
        """What a step took is its own, other work since the step before belongs to that one."""
        number, since = int(step.number("step").low), self.since or self.latest_step
        if since:
            self.follow()
            clock = step.time - since.time - self.between
            self.took[number] = step.number("step_seconds") if step.has("step_seconds") else clock
            if self.resumes_at is not None and self.has_begun:
                self.resumptions[number] = self.took[number]
            if self.resumes_at is not None and self.resumed is None:  # nobody said when
                self.lost = self.lost + (clock - self.took[number])
        self.since = step

    def follow(self) -> None:
        """Other work was done after the last step."""
        last = int(self.step.number("step").low) if self.step else 0
        if last in self.took:
            self.took[last] = self.took[last] + self.between

    def cut(self) -> None:
        """What follows is a later piece of the same run."""
        self.step, self.between, self.whole = None, exactly(0.0), False
        self.stopped = self.resumed = self.resumes_at = self.since = None
        for known in (self.validated, self.bests, self.since_best, self.losses, self.done, self.hosts):
            known.clear()
        self._begin_piece()

    def resume(self, step: int, *, skipped_batches: int = 0, record: Record | None = None) -> None:
        """Something that was told interrupted the run: the next step is `step`, from a checkpoint before the skipped batches."""
        after = step - skipped_batches - 1
        self._lose(after, record)
        self.parted = False
        self.resumes_at, self.resumed = step, record
        self.skipped = {batch for batch in self.skipped if batch <= after} | set(range(after + 1, step))
        self.losses = {done: loss for done, loss in self.losses.items() if done <= after}
        self.bests = [(done, loss) for done, loss in self.bests if done <= after]
        self.since_best = {done: waited for done, waited in self.since_best.items() if done <= after}
        self._begin_piece()

    def _lose(self, after: int, record: Record | None) -> None:
        """The steps behind a checkpoint, and all the time since the last of them."""
        given_up = [step for step in self.took if step > after]
        self.redone += len(given_up)
        self.resumptions = {step: own for step, own in self.resumptions.items() if step <= after}
        self.lost = sum((self.took.pop(step) for step in given_up), start=self.lost)
        since = self.since or self.latest_step
        if since and record:
            self.lost = self.lost + (record.time - since.time - self.between)
        self.since = record or self.since

    @property
    def latest_step(self) -> Record | None:
        """The last one, or what stands for the step before the first; none if that was not read."""
        started = self.facts.get("TrainingStarted") if self.whole else None
        return self.step or (Record("", started.time, started.where, {"step": 0}) if started else None)

    @property
    def is_fresh(self) -> bool:
        """Whether a piece has just begun of which nothing before is known."""
        return not self.whole and self.step is None

    @property
    def has_begun(self) -> bool:
        """Whether anything was trained before; a job that was stopped while it came up goes on without having begun."""
        return "TrainingStarted" in self.facts or self.seen.get("TrainingResumed", 0) > 1

    @property
    def knows_all_trouble(self) -> bool:
        """Whether no interruption can have passed unread."""
        return self.whole or "TimeAccounted" not in self.facts

    def _begin_piece(self) -> None:
        self.pieces.append([])
        for kind in ("ValidationStarted", "CheckpointStarted", "TrainingInterrupted"):
            self.facts.pop(kind, None)

    def mean(self, name: str, record: Record, field_name: str, losses: list[float], slack: float = 0.0) -> None:
        """A printed mean of losses; that of one that is no number is none."""
        if math.isnan(math.fsum(losses)):
            self.holds(name, record, not record.has(field_name), "a mean of no number")
        else:
            self.tie(name, record, record.number(field_name), statistics.fmean(losses), slack)

    # Reading

    def fact(self, kind: str, name: str) -> Interval | None:
        record = self.facts.get(kind)
        return record.number(name) if record and record.has(name) else None

    def word(self, kind: str, name: str) -> str:
        """A word that was said; empty if nobody said it."""
        record = self.facts.get(kind)
        return str(record.fields.get(name) or "") if record else ""

    def per_node(self) -> int:
        """Accelerators of a full node; 0 if nobody said."""
        world, nodes = self.fact("JobLaunched", "world_size"), self.fact("JobLaunched", "nodes")
        if self.buses:
            return len(self.buses)
        return int(world.low / nodes.low) if world and nodes and world.low % nodes.low == 0 else 0

    # Batches, which may grow over the first steps

    def smaller_batches(self) -> tuple[int, ...]:
        """Those before the first full one, in order; none where nobody said that the batch grows."""
        ramp = self.facts.get("BatchRampReady")
        if ramp is None:
            return ()
        names = ("first_batch_size", "increment", "ramp_sequences", "global_batch_size")
        return smaller_batches(*(int(ramp.number(name).low) for name in names))

    def full_batches(self, step: float) -> float:
        """How many full batches all steps up to one make."""
        smaller = self.smaller_batches()
        if not smaller:
            return step
        full = self.facts["BatchRampReady"].number("global_batch_size").low
        return taken_by(smaller, int(step)) / full + max(step - len(smaller), 0.0)

    def share_of_full_batch(self, step: float) -> float:
        """What a step takes of one."""
        return self.full_batches(step) - self.full_batches(step - 1)

    def expected_seconds(self, step: float) -> Interval | None:
        """How long one step was said to take; None if nobody said."""
        full, smaller = self.fact("TrainingStarted", "step_seconds"), self.smaller_batches()
        if full is None or step > len(smaller):
            return full
        batch, first = smaller[int(step) - 1], self.fact("BatchRampReady", "first_step_seconds")
        if batch == smaller[0] or first is None:
            return first
        if batch in self.expected:
            return self.expected[batch]
        whole = self.facts["BatchRampReady"].number("global_batch_size").low
        share = (batch - smaller[0]) / (whole - smaller[0])  # it was not read: nearly on a line
        return (first * (1.0 - share) + full * share) * Interval(0.94, 1.06)

    def expected_total(self, steps: float) -> Interval | None:
        """Seconds that all steps up to one were said to take, without what came between them."""
        full, smaller = self.fact("TrainingStarted", "step_seconds"), self.smaller_batches()
        if full is None:
            return None
        ramp = sum((self.expected_seconds(step) or full for step in range(1, len(smaller) + 1)), start=exactly(0.0))
        return ramp + full * (steps - len(smaller))

    # Epochs

    def steps_per_epoch(self) -> float:
        """Of all but the first, which may have more; 0 if nobody said."""
        total, epochs = self.fact("TrainingStarted", "total_steps"), self.fact("TrainingStarted", "epochs")
        return (total.low - self.extra_steps()) / epochs.low if total and epochs else 0.0

    def extra_steps(self) -> float:
        """Steps that the first epoch has more, for its first batches are smaller."""
        extra = self.fact("BatchRampReady", "extra_steps")
        return extra.low if extra else 0.0

    def steps_before(self, epoch: float) -> float:
        """Steps before an epoch."""
        return (epoch - 1) * self.steps_per_epoch() + (self.extra_steps() if epoch > 1 else 0.0)

    def epoch_of(self, step: float) -> float:
        """The epoch that a step belongs to."""
        return max((step - 1 - self.extra_steps()) // self.steps_per_epoch(), 0.0) + 1

    def recent_losses(self, count: int, at_most: int = RECENT_STEPS) -> list[float]:
        """Of the last `count` batches, at most as many as a printed mean covers; none if one that was done was not read."""
        last = int(self.step.number("step").low) if self.step else 0
        window = sorted(set(range(last - count + 1, last + 1)) - self.skipped)[-at_most:]
        return [self.losses[step] for step in window] if set(window) <= self.losses.keys() else []


Rule = Callable[[Ledger, Record], None]
Rules = Mapping[str, Rule]
"""Rules by the kind of record that puts them to the test."""
