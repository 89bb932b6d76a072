"""FP16's dynamic loss scale in closed form against the rule itself."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.pretraining.run.losscale import INITIAL_SCALE, Storm, loss_scale

STEPS = np.arange(1, 10_001)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_the_scale_follows_the_rule(seed: int) -> None:
    """It doubles after 1,000 clean steps and halves when gradients overflow, which they only do at the doubled scale."""
    scales, overflows = loss_scale(seed, STEPS)
    scale, clean = INITIAL_SCALE, 0
    for printed, overflow in zip(scales.tolist(), overflows.tolist(), strict=True):
        assert printed == scale
        if overflow:
            assert scale == 2 * INITIAL_SCALE
            scale, clean = scale // 2, 0
        else:
            clean += 1
            if clean == 1000:
                scale *= 2
    assert 8 <= overflows.sum() <= 9


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    met=st.lists(st.tuples(st.integers(1, 9_000), st.integers(1, 30)), max_size=4),
)
def test_storms_follow_the_same_rule(seed: int, met: list[tuple[int, int]]) -> None:
    """The scale halves at every step of a storm, 1 being the least, and climbs back by the rule that it always follows."""
    storms = tuple(Storm(first=first, skipped=skipped) for first, skipped in sorted(met))
    stormy = {step for storm in storms for step in range(storm.first, storm.over)}
    scales, overflows = loss_scale(seed, STEPS, storms)
    scale, clean = INITIAL_SCALE, 0
    for step, printed, overflow in zip(STEPS.tolist(), scales.tolist(), overflows.tolist(), strict=True):
        assert printed == scale
        assert overflow or step not in stormy or len(storms) > 1
        if overflow:
            assert scale == 2 * INITIAL_SCALE or step in stormy
            scale, clean = max(scale // 2, 1), 0
        else:
            clean += 1
            if clean == 1000:
                scale, clean = scale * 2, 0
    before = min((storm.first for storm in storms), default=1) - 1
    assert np.array_equal(scales[:before], loss_scale(seed, STEPS)[0][:before])


def test_a_storm_without_end_leaves_the_least_scale() -> None:
    scales, overflows = loss_scale(3, STEPS, (Storm(first=500, skipped=2**61),))
    assert scales[498:516].tolist() == [2**16, *(2**power for power in range(16, -1, -1))]
    assert scales[516:].max() == 1
    assert overflows[499:].all()


@settings(deadline=None, max_examples=30)
@given(first=st.integers(1, 9_000), count=st.integers(1, 900))
def test_any_part_is_a_part_of_the_whole(first: int, count: int) -> None:
    storms = (Storm(first=2_000, skipped=5), Storm(first=2_500, skipped=3))
    scales, overflows = loss_scale(7, STEPS, storms)
    part, over = loss_scale(7, np.arange(first, first + count), storms)
    assert np.array_equal(part, scales[first - 1 : first - 1 + count])
    assert np.array_equal(over, overflows[first - 1 : first - 1 + count])
