"""FP16's dynamic loss scale in closed form against the rule itself."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.pretraining.run.losscale import INITIAL_SCALE, loss_scale

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


@settings(deadline=None, max_examples=30)
@given(first=st.integers(1, 9_000), count=st.integers(1, 900))
def test_any_part_is_a_part_of_the_whole(first: int, count: int) -> None:
    scales, overflows = loss_scale(7, STEPS)
    part, over = loss_scale(7, np.arange(first, first + count))
    assert np.array_equal(part, scales[first - 1 : first - 1 + count])
    assert np.array_equal(over, overflows[first - 1 : first - 1 + count])
