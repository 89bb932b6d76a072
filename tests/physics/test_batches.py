"""A batch that grows: closed forms against a trainer that counts step by step."""

import numpy as np
import pytest
from auditor.ramp import smaller_batches
from hypothesis import given
from hypothesis import strategies as st

from pysim.physics.batches import Batches, batches_of
from pysim.physics.ramps import NO_RAMP, BatchRamp, read_ramp, written_ramp

BLOOM = batches_of(2048, BatchRamp(192, 16, 9_765_625))
BEYOND = 50  # steps after the ramp


@st.composite
def ramped(draw: st.DrawFn) -> tuple[int, BatchRamp]:
    first, increment, count = (draw(st.integers(1, most)) for most in (64, 64, 20))
    return first + count * increment, BatchRamp(first, increment, draw(st.integers(1, 20_000)))


@given(ramped())
def test_it_grows_as_megatrons_does(drawn: tuple[int, BatchRamp]) -> None:
    full, ramp = drawn
    batches = batches_of(full, ramp)
    counted = smaller_batches(ramp.first, ramp.increment, ramp.sequences, full)
    assert tuple(map(batches.size, range(1, batches.ramp_steps + 1))) == counted
    assert batches.ramp_sequences == sum(counted)
    assert batches.size(batches.ramp_steps + 1) == full
    assert ramp.sequences <= batches.ramp_sequences < ramp.sequences + full


@given(ramped())
def test_sums_are_those_of_the_steps_and_have_an_inverse(drawn: tuple[int, BatchRamp]) -> None:
    batches = batches_of(*drawn)
    steps = np.arange(batches.ramp_steps + BEYOND, dtype=np.int64)
    sizes = [batches.size(step) for step in steps.tolist()]
    totals = np.cumsum([0, *sizes[1:]])
    assert batches.totals(steps).tolist() == totals.tolist() == [batches.total(step) for step in steps.tolist()]
    assert np.array_equal(batches.sizes_of(steps[1:]), sizes[1:])
    assert [batches.steps_within(total) for total in totals.tolist()] == steps.tolist()
    assert [batches.steps_within(total - 1) for total in totals.tolist()[1:]] == steps.tolist()[:-1]
    assert [batches.step_of(total) for total in totals.tolist()[1:]] == steps.tolist()[1:]
    grown = [step for step in steps.tolist()[2:] if batches.size(step) > batches.size(step - 1)]
    assert [step for step in steps.tolist() if batches.begins_plateau(step)] == grown
    assert [batches.plateau(step) for step in grown] == list(range(1, len(batches.sizes) + 1))


def test_a_batch_that_does_not_grow_is_one_number() -> None:
    even, steps = Batches(512), np.array([1, 10, 10**9], np.int64)
    assert (even.ramp_steps, even.ramp_sequences, even.sizes_of(steps)) == (0, 0, 512)
    assert even.totals(steps).tolist() == (512 * steps).tolist()
    assert even.in_full_batches(steps.astype(np.float64)).tolist() == steps.tolist()
    assert (even.steps_within(1023), even.step_of(1024), even.begins_plateau(2)) == (1, 2, False)
    assert batches_of(512, None) == even


def test_blooms_is_that_of_its_chronicles() -> None:
    """Iteration 12,695 had the full batch, and the log ends near iteration 95,000 (bigscience, train/tr11-176B-ml/chronicles.md)."""
    assert len(BLOOM.sizes) == (2048 - 192) // 16
    assert BLOOM.ramp_steps == pytest.approx(12_695, rel=0.005)
    assert BLOOM.ramp_sequences * 2048 == pytest.approx(20e9, rel=1e-4)
    assert BLOOM.steps_within(366_000_000_000 // 2048) == pytest.approx(95_000, rel=0.005)
    assert BLOOM.step_of(183_105) == 910


@pytest.mark.parametrize(
    ("text", "ramp"),
    [
        ("192,16,9765625", BatchRamp(192, 16, 9_765_625)),
        (" 192, 16, 9_765_625 ", BatchRamp(192, 16, 9_765_625)),
        ("1k,32,2.5M", BatchRamp(1000, 32, 2_500_000)),
        ("OFF", NO_RAMP),
    ],
)
def test_ramps_are_read_and_written(text: str, ramp: BatchRamp) -> None:
    assert read_ramp(text) == ramp
    assert read_ramp(written_ramp(ramp)) == ramp


@pytest.mark.parametrize(
    "text", ["", "192", "192,16", "0,16,5", "192,16,x", "1.5,2,3", "192,-16,4", "1,2,3,4", "1,1,9e99"]
)
def test_what_is_none_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="sequences"):
        read_ramp(text)


def test_nothing_is_written_as_off() -> None:
    assert written_ramp(None) == written_ramp(NO_RAMP) == "off"
