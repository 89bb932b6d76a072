"""Tempo: how run time maps to show time.

Run time is what the story's numbers are made of; show time is how long a viewer watches. The map is piecewise linear and
absolute, never a sum of frames; its pieces are the story's acts, which say how long each takes to watch. Speed is not part of
it; the player multiplies show time only.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pysim.story.story import Acts

Floats = NDArray[np.float64]
_BRIEF_SHARE = 0.06  # of a requested length, for what is brief and would take more
_SOMETHING = 1e-9  # seconds; what takes none stays none
_BRIEF_SHARE_TOGETHER = 0.5  # for all of them


@dataclass(frozen=True, slots=True)
class Tempo:
    """A map given by its knots: run time in microseconds and show time in seconds, both rising from 0."""

    run: tuple[int, ...]
    show: tuple[float, ...]

    @property
    def total_show_seconds(self) -> float:
        """How long the whole run takes to watch."""
        return self.show[-1]

    def show_seconds(self, run_us: int) -> float:
        """When a moment of the run is shown; past the end, the last piece goes on."""
        run_0, run_1, show_0, show_1 = self._piece(bisect_right(self.run, run_us))
        return show_0 + (run_us - run_0) * (show_1 - show_0) / (run_1 - run_0)

    def run_us(self, show_seconds: float) -> int:
        """Which moment of the run is shown at a time; the inverse of `show_seconds`, rounded down."""
        run_0, run_1, show_0, show_1 = self._piece(bisect_right(self.show, show_seconds))
        return run_0 + int((show_seconds - show_0) * (run_1 - run_0) / (show_1 - show_0))

    def _piece(self, after: int) -> tuple[int, int, float, float]:
        end = min(max(after, 1), len(self.run) - 1)
        return self.run[end - 1], self.run[end], self.show[end - 1], self.show[end]


def show_tempo(acts: Acts) -> Tempo:
    """The default: every act at the length that it is made for."""
    return _tempo(acts, acts.show_seconds)


def real_tempo(acts: Acts) -> Tempo:
    """One second of show for one of the run."""
    end_us = int(acts.end_us[-1])
    return Tempo((0, end_us), (0.0, end_us / 1e6))


def tempo_named(length: Literal["show", "real"] | float) -> Callable[[Acts], Tempo]:
    """As it is asked for: by name, or how many seconds the whole run takes to watch."""
    if length == "show":
        return show_tempo
    return real_tempo if length == "real" else lambda acts: fitted_tempo(acts, float(length))


def fitted_tempo(acts: Acts, show_seconds: float) -> Tempo:
    """The whole run in `show_seconds`; brief acts take a small part of it.

    Raises:
        ValueError: if the length is not positive.
    """
    if not show_seconds > 0:
        message = f"a show of {show_seconds:g} seconds cannot be watched; the length must be positive"
        raise ValueError(message)
    return _tempo(acts, _fitted(acts, show_seconds))


def _fitted(acts: Acts, show_seconds: float) -> Floats:
    """Seconds for every act: brief ones at most their share, the others what is left, in proportion to their length."""
    cut = np.minimum(acts.whole_seconds, show_seconds * _BRIEF_SHARE) / np.maximum(acts.whole_seconds, _SOMETHING)
    brief = np.where(acts.is_brief, acts.show_seconds * cut, 0.0)
    crowding = max(_sum(brief) / (show_seconds * _BRIEF_SHARE_TOGETHER), 1.0)
    left = _sum(np.concatenate([[show_seconds], -brief / crowding]))
    long = _sum(acts.show_seconds[~acts.is_brief])
    return np.where(acts.is_brief, brief / crowding, left * (acts.show_seconds / (long or 1.0)))


def _sum(values: Floats) -> float:
    """One after the other, so that it is the same everywhere."""
    return float(values.cumsum()[-1]) if len(values) else 0.0


def _tempo(acts: Acts, seconds: Floats) -> Tempo:
    return Tempo((0, *acts.end_us.tolist()), (0.0, *seconds.cumsum().tolist()))
