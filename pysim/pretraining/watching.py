"""How long each part of a run takes to watch, however long it lasts.

Of the bring-up, time passes faster where nothing is said: three quarters of it by the words that come, one by the clock. So it is short
and its lines can be read, though a communicator's come within a second and the weights take half of a start.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import KINDS, TRAINING, SegmentKind
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.story import events as ev
from pysim.story.steps import DataStep
from pysim.story.story import Acts

WATCHED_SECONDS: Mapping[SegmentKind, float] = {
    "bring-up": 8.0,
    "hang": 4.0,
    "down": 6.0,
    "restart": 8.0,
    "export": 15.0,
}
SHOWN_STEPS_PER_SECOND = 4.0  # as fast as they can be read
_WAITED_US_PER_SECOND = 60_000_000  # of show, while something waits for a decision: slow enough to think
_BY_WORDS = 0.75  # of the bring-up
_LONG: Mapping[type[ev.Event], int] = {ev.OptimizerReady: 4, ev.DatasetReady: 2, ev.BatchRampReady: 2, ev.ModelReady: 2}
"""What takes more than two lines of a usual screen to say counts as so many."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@lru_cache(maxsize=2)
def acts(run: Run) -> Acts:
    """All but training at a watchable length, and steps as fast as they can be read, however many."""
    begin_us, end_us, kind, step_seconds = _pieces(run)
    steps = (end_us - begin_us) / 1e6 / step_seconds
    is_brief = kind != TRAINING
    watched = np.array([WATCHED_SECONDS.get(kind, 0.0) for kind in KINDS])[kind]
    seconds = np.where(is_brief, watched, steps / SHOWN_STEPS_PER_SECOND)
    if run.record.calls:
        seconds = np.where(_waits(run, begin_us), (end_us - begin_us) / _WAITED_US_PER_SECOND, seconds)
    ends_us, shares = _bring_up(run, int(end_us[0]))
    opening = seconds[0] * shares
    return Acts(
        np.concatenate([begin_us[:1], ends_us[:-1], begin_us[1:]]),
        np.concatenate([ends_us, end_us[1:]]),
        np.concatenate([opening, seconds[1:]]),
        np.concatenate([np.ones(len(ends_us), np.bool_), is_brief[1:]]),
        np.concatenate([np.full(len(ends_us), seconds[0]), seconds[1:]]),
    )


def _waits(run: Run, begin_us: Ints) -> NDArray[np.bool_]:
    """Which pieces are times in which a job that is down waits for a decision."""
    since = {call.since_us for call in run.record.calls if call.kind == "down" and call.until_us > call.since_us}
    return np.array([each in since for each in begin_us.tolist()])


def _pieces(run: Run) -> tuple[Ints, Ints, Ints, Floats]:
    """Segments, and their parts where the batch grows: begin, end, kind, and how long a step is expected to take."""
    segments, full, step_seconds = run.timeline.segments, run.figures.step_seconds, _step_seconds(run)
    begin_us, end_us, kind = segments.begin_us, segments.end_us, segments.kind
    if step_seconds:
        begin_us = np.array(sorted({*begin_us.tolist(), *step_seconds}), np.int64)
        kind = kind[np.searchsorted(segments.begin_us, begin_us, side="right") - 1]
        end_us = np.concatenate([begin_us[1:], end_us[-1:]])
    return begin_us, end_us, kind, np.array([step_seconds.get(each, full) for each in begin_us.tolist()])


def _step_seconds(run: Run) -> dict[int, float]:
    """How long a step is expected to take from a time on: where a stretch begins with a small batch, and where it grows."""
    found = dict[int, float]()
    for number in np.flatnonzero(run.timeline.segments.first_data_step <= run.plan.batches.ramp_steps).tolist():
        stretch = run.timeline.stretches[number]
        begin_us = stretch.begin_us
        for plateau in run.plateaus:
            if stretch.first_data_step <= plateau.last and begin_us < stretch.end_us:
                found[begin_us] = plateau.step_seconds
                begin_us = run.timeline.next_start_us(stretch.executed(DataStep(plateau.last)))
        if begin_us < stretch.end_us:
            found[begin_us] = run.figures.step_seconds
    return found


def _bring_up(run: Run, end_us: int) -> tuple[Ints, Floats]:
    """When the pieces of the bring-up end, and their shares of what it takes to watch; it may have been cut short."""
    told = Counter[int]()
    for event in bring_up(run, 0, end_us):
        told[event.time_us] += _LONG.get(type(event), 1)
    inside = sorted(time_us for time_us in told if 0 < time_us < end_us)
    ends_us = np.array([*inside, end_us], np.int64)
    lasting = ends_us - np.array([0, *inside], np.int64)
    words = np.array([told[time_us] for time_us in ends_us.tolist()], np.int64)
    words[-1] += not words.any()
    return ends_us, _BY_WORDS * words / words.sum() + (1.0 - _BY_WORDS) * lasting / end_us
