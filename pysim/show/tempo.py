"""Tempo: how run time maps to show time.

Run time is what the story's numbers are made of; show time is how long a viewer watches. The map is piecewise linear and
absolute, never a sum of frames; its pieces are the story's acts, which say how long each takes to watch. Speed is not part of
it; the player multiplies show time only.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pysim.story.story import Act

_BRIEF_SHARE = 0.06  # of a requested length, for a brief act that would take more
_BRIEF_SHARE_TOGETHER = 0.5  # for all of them


@dataclass(frozen=True, slots=True)
class Tempo:
    """A map given by knots (run time in microseconds, show time in seconds), both rising from (0, 0)."""

    knots: tuple[tuple[int, float], ...]

    @property
    def total_show_seconds(self) -> float:
        """How long the whole run takes to watch."""
        return self.knots[-1][1]

    def show_seconds(self, run_us: int) -> float:
        """When a moment of the run is shown; past the end, the last piece goes on."""
        runs = [run for run, _ in self.knots]
        (run_0, show_0), (run_1, show_1) = self._piece(bisect_right(runs, run_us))
        return show_0 + (run_us - run_0) * (show_1 - show_0) / (run_1 - run_0)

    def run_us(self, show_seconds: float) -> int:
        """Which moment of the run is shown at a time; the inverse of `show_seconds`, rounded down."""
        shows = [show for _, show in self.knots]
        (run_0, show_0), (run_1, show_1) = self._piece(bisect_right(shows, show_seconds))
        return run_0 + int((show_seconds - show_0) * (run_1 - run_0) / (show_1 - show_0))

    def _piece(self, after: int) -> tuple[tuple[int, float], tuple[int, float]]:
        end = min(max(after, 1), len(self.knots) - 1)
        return self.knots[end - 1], self.knots[end]


def show_tempo(acts: Sequence[Act]) -> Tempo:
    """The default: every act at the length that it is made for."""
    return _tempo(acts, [act.show_seconds for act in acts])


def real_tempo(acts: Sequence[Act]) -> Tempo:
    """One second of show for one of the run."""
    end_us = acts[-1].end_us
    return Tempo(((0, 0.0), (end_us, end_us / 1e6)))


def fitted_tempo(acts: Sequence[Act], show_seconds: float) -> Tempo:
    """The whole run in `show_seconds`; brief acts take a small part of it.

    Raises:
        ValueError: if the length is not positive.
    """
    if not show_seconds > 0:
        message = f"a show of {show_seconds:g} seconds cannot be watched; the length must be positive"
        raise ValueError(message)
    return _tempo(acts, _fitted(acts, show_seconds))


def _fitted(acts: Sequence[Act], show_seconds: float) -> list[float]:
    """Seconds for every act: brief ones at most their share, the others what is left, in proportion to their length."""
    brief = [min(act.show_seconds, show_seconds * _BRIEF_SHARE) if act.is_brief else 0.0 for act in acts]
    crowding = max(sum(brief) / (show_seconds * _BRIEF_SHARE_TOGETHER), 1.0)
    left, long = show_seconds, sum(act.show_seconds for act in acts if not act.is_brief)
    for seconds in brief:
        left -= seconds / crowding
    return [
        seconds / crowding if act.is_brief else left * (act.show_seconds / long)
        for act, seconds in zip(acts, brief, strict=True)
    ]


def _tempo(acts: Sequence[Act], seconds: Iterable[float]) -> Tempo:
    ends = zip((act.end_us for act in acts), accumulate(seconds), strict=True)
    return Tempo(((0, 0.0), *ends))
