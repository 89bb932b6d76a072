"""What became of the steps of a run so far, in as many columns as a chart has dots.

Which stretch did the step of a batch that counts at a moment follows from the checkpoints that later ones went on from, for all of them at
once. Of each column a few steps are looked at; the time at its edges is the clock's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.plan import Plan
from pysim.pretraining.run.clock import ROUGH_STEPS
from pysim.pretraining.run.losscale import loss_scale, scaler_of
from pysim.pretraining.run.periodic import Periodic
from pysim.pretraining.run.segments import Place, Stretch
from pysim.pretraining.run.steps import LOSS_DECIMALS, Steps
from pysim.pretraining.run.timeline import Timeline
from pysim.pretraining.run.validations import Validations
from pysim.story.history import Floats, History, Ints
from pysim.story.steps import DataStep, Executed

LOOKED_AT = 8  # steps of a column, at most
_KEPT = 4  # histories
_NUMBERS = ("loss_low", "loss_high", "loss_mean", "loss", "learning_rate", "grad_norm", "tokens_per_second")
_IN_A_STRETCH = ("training", "validating", "saving")  # phases
_UNITS = 10**LOSS_DECIMALS  # in one nat
_FEW_STRETCHES = 16  # that are looked at one by one
_FAR_STEP = 2**62


@dataclass(frozen=True, slots=True)
class _Counting:
    """The steps that count at a moment: those of stretch `number` from `first` to `last`; columns, in order, without overlap."""

    number: Ints
    first: Ints
    last: Ints

    def owners(self, steps: Ints) -> Ints:
        """The stretch that did each of some data steps; -1 for what was left out or is yet to come. Same shape."""
        index = np.maximum(self.first.searchsorted(steps, side="right") - 1, 0)
        is_done = (self.first[index] <= steps) & (steps <= self.last[index])
        return np.where(is_done, self.number[index], -1)


@dataclass(frozen=True, slots=True)
class _Now:
    """How far a run is: the stretch that holds or held last, the last batch that its model has seen, and what is done after it."""

    stretch: int  # number; -1 before the first
    reached: int
    completed: Executed
    is_stopped: bool  # and everybody knows
    is_validated: bool  # what is due after the last step
    is_saved: bool


class _Window(NamedTuple):
    """The steps after one up to another, in so many columns."""

    after: int
    last: int
    points: int

    @property
    def edges(self) -> Ints:
        """Where the columns begin and end, shape (points + 1,)."""
        edges: Ints = self.after + (self.last - self.after) * np.arange(self.points + 1, dtype=np.int64) // self.points
        return edges


class Histories:
    """The columns of one run's charts, at any moment."""

    def __init__(self, plan: Plan, steps: Steps, validations: Validations, timeline: Timeline) -> None:
        self._plan = plan
        self._steps = steps
        self._validations = validations
        self._timeline = timeline
        self._segments = timeline.segments
        self._history = lru_cache(maxsize=_KEPT)(self._make)
        self._full_columns = lru_cache(maxsize=_KEPT)(self._make_full_columns)

    def at(self, time_us: int, first: DataStep, last: DataStep, points: int) -> History:
        """Data steps `first` to `last` as they are at a time."""
        return self._history(self._now(time_us), first, last, points)

    def _now(self, time_us: int) -> _Now:
        timeline = self._timeline
        place = timeline.at(time_us)
        stretch = timeline.stretch_number_at(time_us)
        reached = timeline.step_behind(place) if stretch >= 0 else 0
        if stretch >= 0 and place.phase not in _IN_A_STRETCH:
            reached = min(reached, int(self._timeline.last_data_steps[stretch]))
        validated, saved = self._done_after(place, stretch, time_us)
        is_stopped = place.phase in ("down", "restarting")
        return _Now(stretch, reached, place.completed, is_stopped, validated, saved)

    def _done_after(self, place: Place, stretch: int, time_us: int) -> tuple[bool, bool]:
        """Whether the validation and the checkpoint that are due after the last step are done: not if it was interrupted meanwhile.

        A stretch without a step of its own went on from a checkpoint.
        """
        step = place.completed
        if not step or self._timeline.stretch_number(step) != stretch:
            return True, True
        timeline = self._timeline
        until_us = min(time_us, timeline.stretches[stretch].end_us)
        return timeline.checkpoint_start_us(step) <= until_us, timeline.next_start_us(step) <= until_us

    def _make(self, now: _Now, first: DataStep, last: DataStep, points: int) -> History:
        edges = _Window(first - 1, last, points).edges
        if now.stretch < 0:
            return _nothing(edges)
        saved = self._saved(now)
        return History(
            edges=edges,
            reached=now.reached,
            high_water=self._high_water(now),
            saved=saved,
            **self._columns(now, edges),
            validation=self._validation_losses(now, edges),
            checkpoints=_counts(self._timeline.checkpoint, edges, saved),
            stops=self._stops(now, edges),
            redone=self._redone(now, edges),
        )

    def _columns(self, now: _Now, edges: Ints) -> dict[str, Floats]:
        """What the steps of each column were like: those of full columns are known, the last one grows with every step."""
        done = int(edges[:-1].searchsorted(now.reached))
        full = max(done - 1, 0)
        known = self._full_columns(now.stretch, _Window(int(edges[0]), int(edges[-1]), len(edges) - 1), full)
        ends = np.minimum(edges[full + 1 : done + 1], now.reached)
        growing = self._numbers(now.stretch, edges[full:done], ends, is_rough=_is_rough(edges))
        return {name: _padded(np.concatenate([known[name], growing[name]]), len(edges) - 1) for name in known}

    def _make_full_columns(self, stretch: int, window: "_Window", full: int) -> dict[str, Floats]:
        edges = window.edges
        return self._numbers(stretch, edges[:full], edges[1 : full + 1], is_rough=_is_rough(edges))

    def _numbers(self, stretch: int, begins: Ints, ends: Ints, *, is_rough: bool) -> dict[str, Floats]:
        if not len(ends):
            return dict.fromkeys(_NUMBERS, np.zeros(0))
        counting = self._counting(stretch, int(ends[-1]))
        losses = self._losses(counting, begins, ends)
        known = ~np.isnan(losses)
        none = ~known.any(axis=0)
        low, high = np.where(known, losses, np.inf).min(axis=0), np.where(known, losses, -np.inf).max(axis=0)
        return {
            "loss_low": np.where(none, np.nan, low),
            "loss_high": np.where(none, np.nan, high),
            "loss_mean": np.where(none, np.nan, _means(losses, known)),
            "loss": losses[-1],
            "learning_rate": self._learning_rates(stretch, ends),
            "grad_norm": self._grad_norms(counting, stretch, ends),
            "tokens_per_second": self._rates(counting, begins, ends, is_rough=is_rough),
        }

    def _learning_rates(self, stretch: int, ends: Ints) -> Floats:
        if not self._segments.shaken[stretch]:
            return self._steps.learning_rates(ends)
        return self._steps.rates_in(self._timeline.stretches[stretch], ends)

    # Which steps count

    def _counting(self, stretch: int, reached: int) -> _Counting:
        """As a stretch has them that has reached a step."""
        segments, count = self._segments, stretch + 1
        first, last = segments.first_data_step[:count], self._timeline.last_data_steps[:count].copy()
        last[-1] = min(int(last[-1]), reached)
        kept = np.full(count, _FAR_STEP, np.int64)
        kept[:-1] = np.minimum.accumulate(segments.resumed_after[1:count][::-1])[::-1]
        last = np.minimum(last, kept)
        number = np.flatnonzero(last >= first)
        if not len(number):
            number = np.zeros(1, np.int64)
        return _Counting(number, first[number], last[number])

    def _high_water(self, now: _Now) -> int:
        before = self._timeline.reached[now.stretch - 1] if now.stretch else 0
        return max(int(before), now.reached)

    def _saved(self, now: _Now) -> int:
        """The last checkpoint that is complete."""
        checkpoint, stretch = self._timeline.checkpoint, now.stretch
        due = checkpoint.step_of(checkpoint.index(DataStep(now.reached)))
        if due == now.reached and not now.is_saved:
            due = checkpoint.step_of(checkpoint.index(DataStep(due - 1)))
        resumed_after = int(self._segments.resumed_after[stretch])
        return due if due >= self._segments.first_data_step[stretch] else resumed_after

    # Numbers of steps

    def _losses(self, counting: _Counting, begins: Ints, ends: Ints) -> Floats:
        """Of the last few steps of each column, shape (looked at, columns), the last one last; NaN where there is none."""
        steps = ends - np.arange(LOOKED_AT - 1, -1, -1, dtype=np.int64)[:, np.newaxis]
        losses = self._steps.losses_to(ends, LOOKED_AT)
        owners = np.where(steps > begins, counting.owners(steps), -1)
        for stretch, own in self._shaken(owners):
            losses[own] = self._steps.shaken(stretch, losses[own], steps[own])
        return np.where(owners < 0, np.nan, losses)

    def _grad_norms(self, counting: _Counting, stretch: int, ends: Ints) -> Floats:
        norms, owners = self._steps.grad_norms_at(ends), counting.owners(ends)
        for shaken, own in self._shaken(owners):
            norms[own] = self._steps.shaken_norms(shaken, norms[own], ends[own])
        if self._plan.precision == "fp16":
            storms = self._timeline.stretches[stretch].storms
            _, overflow = loss_scale(self._plan.data_seed, scaler_of(self._plan), ends, storms)
            norms[overflow] = np.nan
        return np.where(owners < 0, np.nan, norms)

    def _shaken(self, owners: Ints) -> Iterator[tuple[Stretch, NDArray[np.bool_]]]:
        """The stretches among the owners that were shaken, each with its places."""
        shaken = self._segments.shaken[np.maximum(owners, 0)].astype(np.bool_) & (owners >= 0)
        for number in sorted(set(owners[shaken].tolist())):
            yield self._timeline.stretches[number], owners == number

    def _rates(self, counting: _Counting, begins: Ints, ends: Ints, *, is_rough: bool) -> Floats:
        """Tokens per second from edge to edge."""
        edges = np.concatenate([begins[:1], ends])
        index = np.maximum(counting.first.searchsorted(edges, side="right") - 1, 0)
        if is_rough and len(counting.number) > _FEW_STRETCHES:
            times = self._drawn_out_us(counting, edges, index)
            single = np.flatnonzero(index == len(counting.number) - 1).tolist()  # of the last one nobody knows the end
        else:
            times, single = np.zeros(len(edges), np.int64), list(range(len(edges)))
        for at in single:
            times[at] = self._time_us(counting, int(index[at]), int(edges[at]), is_rough=is_rough)
        passed = times[1:] - times[:-1]
        sequences = self._plan.batches.totals(edges)
        rates = (sequences[1:] - sequences[:-1]) * (self._plan.sequence_length * 1e6) / np.maximum(passed, 1)
        return np.where(passed > 0, rates, np.nan)

    def _time_us(self, counting: _Counting, index: int, step: int, *, is_rough: bool) -> int:
        """When the step was done that counts; of one that was left out, when the training went on behind it."""
        if step < 1:
            return self._timeline.start_us
        stretch = self._timeline.stretches[int(counting.number[index])]
        own = DataStep(max(min(step, int(counting.last[index])), int(counting.first[index])))
        return self._timeline.done_us(stretch, stretch.executed(own), is_rough=is_rough)

    def _drawn_out_us(self, counting: _Counting, steps: Ints, index: Ints) -> Ints:
        """The same where the steps of each stretch took equally long, without a look at any."""
        segments, number = self._segments, counting.number[index]
        at = segments.stretch_at[number]
        begin_us, end_us, first = segments.begin_us[at], segments.end_us[at], segments.first_data_step[number]
        passed = np.minimum(np.maximum(steps, first - 1), counting.last[index]) - first + 1
        times: Ints = begin_us + (end_us - begin_us) // np.maximum(segments.steps[number], 1) * passed
        return times

    # What came between

    def _validation_losses(self, now: _Now, edges: Ints) -> Floats:
        work, losses = self._timeline.validation, np.full(len(edges) - 1, np.nan)
        if not now.completed:
            return losses
        reached = now.reached if now.is_validated else now.reached - 1
        last = _indices(work, np.minimum(edges[1:], max(reached, 0)))
        has = last > _indices(work, edges[:-1])
        known = self._validations.known(now.completed)
        losses[has] = known[last[has] - 1]
        return losses

    def _stops(self, now: _Now, edges: Ints) -> Ints:
        stopped = np.maximum(self._timeline.last_data_steps[: now.stretch + now.is_stopped], 1)
        return _among(stopped, edges)

    def _redone(self, now: _Now, edges: Ints) -> NDArray[np.bool_]:
        """Whether steps of a column were given up: after the checkpoint that a stretch went on from, to where the one before was."""
        after = self._segments.resumed_after[1 : now.stretch + 1]
        until = self._timeline.last_data_steps[: now.stretch]
        real = until > after
        begun = edges[1:, np.newaxis].ravel()
        opened = np.sort(after[real]).searchsorted(begun, side="left")
        closed = np.sort(until[real]).searchsorted(edges[:-1], side="right")
        redone: NDArray[np.bool_] = opened > closed
        return redone


def _among(steps: Ints, edges: Ints) -> Ints:
    """How many of some steps lie in each column."""
    up_to = np.sort(steps).searchsorted(edges, side="right")
    return (up_to[1:] - up_to[:-1]).astype(np.int64)


def _indices(work: Periodic, steps: Ints) -> Ints:
    """How often the work is due up to and including each step."""
    is_last = (steps == work.total_steps) & (work.total_steps % work.interval != 0)
    indices: Ints = steps // work.interval + is_last
    return indices


def _counts(work: Periodic, edges: Ints, last: int) -> Ints:
    """How often the work was done in each column, up to a step."""
    index = _indices(work, np.minimum(edges, last))
    return index[1:] - index[:-1]


def _means(losses: Floats, known: NDArray[np.bool_]) -> Floats:
    """Of each column, to the last decimal that is printed: a sum of whole numbers is the same everywhere."""
    units = np.rint(np.where(known, losses, 0.0) * _UNITS).astype(np.int64).sum(axis=0)
    means: Floats = np.rint(units / np.maximum(known.sum(axis=0), 1)) / _UNITS
    return means


def _is_rough(edges: Ints) -> bool:
    """Whether columns are so wide that the time of their steps need not be looked up one by one."""
    return int(edges[-1] - edges[0]) > (len(edges) - 1) * ROUGH_STEPS


def _padded(values: Floats, points: int) -> Floats:
    column = np.full(points, np.nan)
    column[: len(values)] = values
    return column


def _nothing(edges: Ints) -> History:
    """Of a run that has not begun to train."""
    points = len(edges) - 1
    none, zero = np.full(points, np.nan), np.zeros(points, np.int64)
    return History(
        edges=edges,
        reached=0,
        high_water=0,
        saved=0,
        loss_low=none,
        loss_high=none,
        loss_mean=none,
        loss=none,
        learning_rate=none,
        grad_norm=none,
        tokens_per_second=none,
        validation=none,
        checkpoints=zero,
        stops=zero,
        redone=np.zeros(points, np.bool_),
    )
