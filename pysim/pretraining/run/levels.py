"""Level shifts: hours in which every step takes 5 to 6 % longer, because one node is slow until somebody finds it.

Megatron-LM's 15B log on H100 goes from 1.43 s to 1.52 s for 8,400 steps and back; BLOOM fell from 149 to 140 TFLOP/s for one
slow GPU. They are addressed in run time: each window of it has at most one shift, with draws of the window's own, so a run
opens anywhere without the ones before. Run time here is the nominal one, steps times their expected duration. They stand for whatever slows
a node; where causes of trouble are drawn, stragglers are among them, and none of these come on top.
"""

from dataclasses import dataclass

import numpy as np

from pysim.story.noise import Stream

_HOUR = 3600.0
WINDOW_SECONDS = 240 * _HOUR
SHIFT_SHARE = (
    0.35  # of windows that have one: one a month. Assumption; two logs show one each, in a day and in three months
)
_SHORTEST_SECONDS, _LONGEST_SECONDS = 3 * _HOUR, 60 * _HOUR  # assumption: found by hand; the 15B's lasted 3.5 hours
_FEWEST_STEPS = 2000  # but at least these many, and at most half of a window
_SMALLEST, _LARGEST = 1.05, 1.06
_DRAWS = 4  # per window: whether, where, how long, how much


@dataclass(frozen=True, slots=True)
class LevelShift:
    """Executed steps `first` to `last` take `factor` times as long."""

    first: int
    last: int
    factor: float


def level_shifts(seed: int, steps: int, step_seconds: float) -> tuple[LevelShift, ...]:
    """All shifts of a run that has `steps` executed steps of nominally `step_seconds`, in order."""
    windows = int(steps * step_seconds // WINDOW_SECONDS) + 1
    draws = Stream(seed, "step-time-shift").uniforms(0, windows * _DRAWS).reshape(windows, _DRAWS)
    found = np.flatnonzero(draws[:, 0] < SHIFT_SHARE).tolist()
    shifts = [_shift(window, draws[window].tolist(), step_seconds) for window in found]
    return tuple(shift for shift in shifts if shift.first <= shift.last and shift.first <= steps)


def _shift(window: int, draws: list[float], step_seconds: float) -> LevelShift:
    _whether, where, how_long, how_much = draws
    drawn = round(_SHORTEST_SECONDS * (_LONGEST_SECONDS / _SHORTEST_SECONDS) ** how_long)
    lasts = min(max(drawn, _FEWEST_STEPS * step_seconds), WINDOW_SECONDS / 2)
    starts = window * WINDOW_SECONDS + where * (WINDOW_SECONDS - lasts)
    first = int(starts / step_seconds) + 1
    factor = round(_SMALLEST + (_LARGEST - _SMALLEST) * how_much, 6)
    return LevelShift(first, first - 1 + int(lasts / step_seconds), factor)
