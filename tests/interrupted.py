"""Runs that something befell, built by hand from one small plan: what each test of restarts is held against."""

from dataclasses import dataclass

from plans import TINY

from pysim.pretraining.run.course import Interruption
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.segments import Slowdown
from pysim.story.steps import Executed

CALM = simulate(TINY)
"""300 steps; validations after every 50th, checkpoints after 120, 240 and the last."""

_T = CALM.timeline
_MINUTE_US = 60_000_000
LATE_US = CALM.end_us


def _between(begin_us: int, end_us: int) -> int:
    return (begin_us + end_us) // 2


def _cut(at_us: int, *, hang_us: int = 0, resume_after: int | None = None, skipped_batches: int = 0) -> Interruption:
    return Interruption(
        at_us=at_us,
        hang_us=hang_us,
        down_us=10 * _MINUTE_US,
        restart_us=2 * _MINUTE_US,
        resume_after=None if resume_after is None else _T.data_step(Executed(resume_after)),
        skipped_batches=skipped_batches,
    )


def _in_step(step: int) -> int:
    return _between(_T.start_of_us(Executed(step)), _T.end_of_us(Executed(step)))


_IN_A_VALIDATION_US = _between(_T.end_of_us(Executed(150)), _T.checkpoint_start_us(Executed(150)))
_IN_A_SAVE_US = _between(_T.checkpoint_start_us(Executed(240)), _T.next_start_us(Executed(240)))
_BETWEEN_STEPS_US = _T.end_of_us(Executed(170)) + 1
_RESUMED_US = _BETWEEN_STEPS_US + 12 * _MINUTE_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Befallen:
    """What befalls the run, and what is left of it: the data steps that each stretch completes, as (first, last)."""

    cuts: tuple[Interruption, ...] = ()
    slowdowns: tuple[Slowdown, ...] = ()
    stretches: tuple[tuple[int, int], ...] = ((1, 300),)

    def run(self) -> Run:
        """The run."""
        return simulate(TINY, self.cuts, self.slowdowns)


BEFALLEN = {
    "between steps": Befallen(cuts=(_cut(_BETWEEN_STEPS_US),), stretches=((1, 170), (121, 300))),
    "in a step": Befallen(cuts=(_cut(_in_step(171)),), stretches=((1, 170), (121, 300))),
    "in a validation": Befallen(cuts=(_cut(_IN_A_VALIDATION_US),), stretches=((1, 150), (121, 300))),
    "during a save": Befallen(cuts=(_cut(_IN_A_SAVE_US),), stretches=((1, 240), (121, 300))),
    "after a save": Befallen(cuts=(_cut(_in_step(241)),), stretches=((1, 240), (241, 300))),
    "in bring-up": Befallen(cuts=(_cut(_T.start_us // 2),), stretches=((1, 300),)),
    "before a checkpoint": Befallen(cuts=(_cut(_in_step(60)),), stretches=((1, 59), (1, 300))),
    "in the first step": Befallen(cuts=(_cut(_in_step(1)),), stretches=((1, 0), (1, 300))),
    "with a hang": Befallen(cuts=(_cut(_in_step(171), hang_us=8 * _MINUTE_US),), stretches=((1, 170), (121, 300))),
    "while restarting": Befallen(
        cuts=(_cut(_BETWEEN_STEPS_US), _cut(_RESUMED_US - _MINUTE_US)), stretches=((1, 170), (121, 300))
    ),
    "while down": Befallen(
        cuts=(_cut(_BETWEEN_STEPS_US), _cut(_BETWEEN_STEPS_US + _MINUTE_US)), stretches=((1, 170), (121, 300))
    ),
    "twice in a row": Befallen(
        cuts=(_cut(_BETWEEN_STEPS_US), _cut(_RESUMED_US + 1)), stretches=((1, 170), (121, 120), (121, 300))
    ),
    "rolled back": Befallen(
        cuts=(_cut(_in_step(280), resume_after=120),), stretches=((1, 279), (121, 300))
    ),
    "skipping batches": Befallen(
        cuts=(_cut(_in_step(231), skipped_batches=100),), stretches=((1, 230), (221, 300))
    ),
    "slow": Befallen(slowdowns=(Slowdown(begin_us=_in_step(100), end_us=_in_step(200), permille=60),)),
    "slow, then cut": Befallen(
        cuts=(_cut(_in_step(150)),),
        slowdowns=(
            Slowdown(begin_us=_in_step(90), end_us=10 * LATE_US, permille=50),
            Slowdown(begin_us=_in_step(100), end_us=_in_step(130), permille=200),
        ),
        stretches=((1, 141), (121, 300)),
    ),
}  # fmt: skip
