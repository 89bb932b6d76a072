"""Tempo: how run time maps to show time.

Run time is what the story's numbers are made of; show time is how long a viewer watches. The map is piecewise linear and
absolute, never a sum of frames: bring-up takes about twenty seconds to watch, training steps flow, export takes a few
seconds. Speed is not part of it; the player multiplies show time only.
"""

from bisect import bisect_right
from dataclasses import dataclass

from pysim.pretraining.run.run import Run

BRING_UP_SECONDS = 20.0
EXPORT_SECONDS = 15.0
SHOWN_STEPS_PER_SECOND = 4.0
_CLOSING_SHARE = 0.06  # of a requested length, for bring-up and for export, if they would take more


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


def show_tempo(run: Run) -> Tempo:
    """The default: bring-up and export at a watchable length, and steps as fast as they can be read, however many."""
    training_seconds = (run.timeline.end_us - run.timeline.start_us) / 1e6
    shown_seconds = training_seconds / run.figures.step_seconds / SHOWN_STEPS_PER_SECOND
    return _tempo(run, BRING_UP_SECONDS, shown_seconds, EXPORT_SECONDS)


def real_tempo(run: Run) -> Tempo:
    """One second of show for one of the run."""
    return Tempo(((0, 0.0), (run.end_us, run.end_us / 1e6)))


def fitted_tempo(run: Run, show_seconds: float) -> Tempo:
    """The whole run in `show_seconds`; bring-up and export take a small part of it.

    Raises:
        ValueError: if the length is not positive.
    """
    if not show_seconds > 0:
        message = f"a show of {show_seconds:g} seconds cannot be watched; the length must be positive"
        raise ValueError(message)
    bring_up = min(BRING_UP_SECONDS, show_seconds * _CLOSING_SHARE)
    export = min(EXPORT_SECONDS, show_seconds * _CLOSING_SHARE)
    return _tempo(run, bring_up, show_seconds - bring_up - export, export)


def _tempo(run: Run, bring_up: float, training: float, export: float) -> Tempo:
    return Tempo(
        (
            (0, 0.0),
            (run.timeline.start_us, bring_up),
            (run.timeline.end_us, bring_up + training),
            (run.end_us, bring_up + training + export),
        )
    )
