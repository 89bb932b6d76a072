"""Bars as functions of a fraction and a width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.terminal.ansi import palette, strip, visible_width
from pysim.views.bars import EPOCH_CELLS, STEP_CELLS, bar

PLAIN, COLORED = palette(color=False), palette(color=True)
fractions = st.floats(0.0, 1.0)
widths = st.integers(1, 60)


def test_the_bars_of_the_live_region_have_their_widths() -> None:
    """TRAIN-01: 25 and 35 cells."""
    assert (EPOCH_CELLS, STEP_CELLS) == (25, 35)


@pytest.mark.parametrize(
    ("fraction", "drawn"),
    [
        (0.0, "[>    ]"),
        (0.19, "[>    ]"),
        (0.2, "[=>   ]"),
        (0.99, "[====>]"),
        (1.0, "[=====]"),
        (-1, "[>    ]"),
        (7, "[=====]"),
    ],
)
def test_bars(fraction: float, drawn: str) -> None:
    assert bar(fraction, 5, PLAIN) == drawn


@given(fractions, widths)
def test_a_bar_is_as_wide_as_it_should_be_whatever_its_colour(fraction: float, cells: int) -> None:
    assert visible_width(bar(fraction, cells, COLORED)) == cells + 2
    assert strip(bar(fraction, cells, COLORED)) == bar(fraction, cells, PLAIN)


@given(fractions, fractions, widths)
def test_a_bar_never_goes_back_and_is_full_only_at_the_end(one: float, other: float, cells: int) -> None:
    low, high = sorted((one, other))
    assert bar(low, cells, PLAIN).count("=") <= bar(high, cells, PLAIN).count("=")
    assert (bar(low, cells, PLAIN).count("=") == cells) == (low == 1.0)
