import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.story.rounding import KEPT_DIGITS, kept, round_kept, round_significant, significant


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (0.0, 6, 0.0),
        (1.23456789, 6, 1.23457),
        (-1.23456789, 6, -1.23457),
        (999_999.6, 6, 1_000_000.0),
        (123_456_789.0, 6, 123_457_000.0),
        (1e22, 3, 1e22),
        (0.000123456789, 6, 0.000123457),
        (2.5e-9, 1, 2e-9),
        (60_000.4, 2, 60_000.0),
    ],
)
def test_round_significant(value: float, digits: int, rounded: float) -> None:
    assert round_significant(np.array([value]), digits)[0] == pytest.approx(rounded, rel=1e-15)


@pytest.mark.parametrize(
    ("value", "digits", "rounded"), [(1.23456789, 6, 1.23457), (999_999.6, 6, 1e6), (60_000.4, 2, 6e4), (0.0, 6, 0.0)]
)
def test_significant(value: float, digits: int, rounded: float) -> None:
    assert significant(value, digits) == rounded


@given(st.lists(st.one_of(st.floats(1e-12, 1e12), st.floats(1.0, 2.0), st.just(float("nan"))), max_size=5))
def test_many_are_rounded_as_each_alone(values: list[float]) -> None:
    alone = [round_significant(np.array([value])) for value in values]
    np.testing.assert_array_equal(round_significant(np.array(values, np.float64)), np.concatenate([[], *alone]))


@given(st.floats(1e-12, 1e12))
def test_rounding_leaves_six_digits(value: float) -> None:
    rounded = float(round_significant(np.array([value]))[0])
    assert rounded == pytest.approx(value, rel=5.000001e-6)
    assert rounded == pytest.approx(float(f"{rounded:.6g}"), rel=1e-15)


@given(st.floats(1e-12, 1e12))
def test_the_last_bits_are_gone(value: float) -> None:
    """The reason for rounding: neighbours become one, unless they lie on either side of a tie."""
    low, here, high = (float(round_significant(np.array([x]))[0]) for x in _neighbours(value))
    assert here in {low, high}


def _neighbours(value: float) -> tuple[float, float, float]:
    return float(np.nextafter(value, 0.0)), value, float(np.nextafter(value, np.inf))


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (0.48123, 4, 0.4812),
        (0.0123456, 4, 0.01235),
        (0.0000389123, 4, 0.00003891),
        (474_186.34, 1, 474_186.3),
        (7.12345, 1, 7.123),
        (0.0, 4, 0.0),
        (-0.0000389123, 4, -0.00003891),
    ],
)
def test_nothing_is_rounded_away(value: float, decimals: int, rounded: float) -> None:
    assert kept(value, decimals) == rounded
    assert round_kept(np.array([value]), decimals)[0] == pytest.approx(rounded, rel=1e-15)


@given(st.floats(1e-12, 1e12), st.integers(0, 4))
def test_a_few_digits_are_always_kept(value: float, decimals: int) -> None:
    assert kept(value, decimals) == pytest.approx(value, rel=0.5001 * 10 ** (1 - KEPT_DIGITS))
