"""FP16's dynamic loss scale in closed form against the rule itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HALF

from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.losscale import FITTING_SCALE, Scaler, Storm, first_storm, loss_scale, scaler_of

STEPS = np.arange(1, 30_001)
RULES = {"megatron": Scaler(2**32, 1000), "deepspeed": Scaler(2**16, 1000), "metaseq": Scaler(4, 132)}
rules = st.sampled_from(list(RULES.values()))


def follow(scaler: Scaler, seed: int, storms: tuple[Storm, ...] = ()) -> list[int]:
    """The skipped steps, once each scale was found to be what the rule makes of the overflows before it."""
    stormy = {step for storm in (first_storm(scaler), *storms) for step in range(storm.first, storm.over)}
    scales, overflows = loss_scale(seed, scaler, STEPS, storms)
    scale, clean = scaler.initial, 0
    for step, printed, overflow in zip(STEPS.tolist(), scales.tolist(), overflows.tolist(), strict=True):
        assert printed == scale
        assert overflow or step not in stormy or len(storms) > 1
        if overflow:
            assert scale == 2 * FITTING_SCALE or step in stormy
            scale, clean = max(scale // 2, 1), 0
        else:
            clean += 1
            if clean == scaler.window:
                scale, clean = scale * 2, 0
    skipped: list[int] = STEPS[overflows].tolist()
    return skipped


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32), scaler=rules)
def test_the_scale_follows_the_rule(seed: int, scaler: Scaler) -> None:
    """It doubles after a window of clean steps and halves when gradients overflow: at the start, and at twice the scale that fits."""
    follow(scaler, seed)


@pytest.mark.parametrize(("name", "skipped"), [("megatron", 22), ("deepspeed", 6), ("metaseq", 0)])
def test_a_run_begins_with_its_frameworks_scale(name: str, skipped: int) -> None:
    """As in logs: 2^32, 2^31 and so on of Megatron-LM, DeepSpeed's 6 skipped of the first 10; metaseq's begins at 4 and skips none."""
    scaler = RULES[name]
    early = [step for step in follow(scaler, 5) if step <= 200]
    assert early == list(range(1, skipped + 1))
    scales, _ = loss_scale(5, scaler, STEPS)
    assert scales[: skipped + 2].tolist() == [scaler.initial >> min(step, skipped) for step in range(skipped + 2)]


def test_a_scale_that_was_too_small_climbs_window_by_window() -> None:
    scales, _ = loss_scale(5, RULES["metaseq"], STEPS)
    assert scales[[0, 131, 132, 264, 14 * 132 - 1, 14 * 132]].tolist() == [4, 4, 8, 16, 2**15, 2**16]


def test_the_framework_is_that_of_the_preset() -> None:
    """OPT-175B: 124 replicas, one micro-batch each, so 2^14 / 124 steps."""
    assert scaler_of(presets()["opt-175b"].plan(0)) == RULES["metaseq"]
    assert scaler_of(HALF) == RULES["megatron"]
    assert scaler_of(replace(HALF, loss_scaling="deepspeed")) == RULES["deepspeed"]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    scaler=rules,
    met=st.lists(st.tuples(st.integers(30, 29_000), st.integers(1, 30)), max_size=4),
)
def test_storms_follow_the_same_rule(seed: int, scaler: Scaler, met: list[tuple[int, int]]) -> None:
    """The scale halves at every step of a storm, 1 being the least, and climbs back by the rule that it always follows."""
    storms = tuple(Storm(first=first, skipped=skipped) for first, skipped in sorted(met))
    follow(scaler, seed, storms)
    before = min((storm.first for storm in storms), default=1) - 1
    assert np.array_equal(
        loss_scale(seed, scaler, STEPS, storms)[0][:before], loss_scale(seed, scaler, STEPS)[0][:before]
    )


def test_a_storm_without_end_leaves_the_least_scale() -> None:
    scales, overflows = loss_scale(3, RULES["deepspeed"], STEPS, (Storm(first=500, skipped=2**61),))
    assert scales[498:512].tolist() == [2**10, *(2**power for power in range(10, -1, -1)), 1, 1]
    assert scales[512:].max() == 1
    assert overflows[499:].all()


@settings(deadline=None, max_examples=30)
@given(scaler=rules, first=st.integers(1, 9_000), count=st.integers(1, 900))
def test_any_part_is_a_part_of_the_whole(scaler: Scaler, first: int, count: int) -> None:
    storms = (Storm(first=2_000, skipped=5), Storm(first=2_500, skipped=3))
    scales, overflows = loss_scale(7, scaler, STEPS, storms)
    part, over = loss_scale(7, scaler, np.arange(first, first + count), storms)
    assert np.array_equal(part, scales[first - 1 : first - 1 + count])
    assert np.array_equal(over, overflows[first - 1 : first - 1 + count])
