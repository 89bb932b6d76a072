"""Cells, ticks and rows: what a dashboard is put together from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.terminal.ansi import palette, strip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.dashboard.canvas import Canvas, levels
from pysim.views.dashboard.figures import money, percent
from pysim.views.dashboard.layout import Wish, allot
from pysim.views.dashboard.style import Style, beside, ends, filled, packed, padded, shortened
from pysim.views.dashboard.ticks import round_above, round_width, steps_label, ticks

PLAIN, COLORED = palette(color=False), palette(color=True)
sizes = st.integers(1, 60)


def drawn(low: list[int], high: list[int], columns: int, rows: int, *, braille: bool) -> list[str]:
    canvas = Canvas(columns, rows, PLAIN)
    canvas.draw(low, high, "", braille=braille)
    return canvas.lines()


def test_dots_stand_where_their_levels_are() -> None:
    assert drawn([0, 3], [0, 3], 1, 1, braille=True) == ["⡸"]  # joined
    assert drawn([0, -1], [3, -1], 1, 1, braille=True) == ["⡇"]
    assert drawn([-1, 7], [-1, 7], 1, 2, braille=True) == ["⠈", ""]


def test_ascii_has_a_sign_for_each_height_and_one_for_more_than_one() -> None:
    assert drawn([0, -1, 1, -1, 2, -1, 3, -1, 0], [0, -1, 1, -1, 2, -1, 3, -1, 3], 9, 1, braille=False) == ["_ . - ' :"]


def test_what_is_outside_is_not_drawn() -> None:
    canvas = Canvas(3, 1, COLORED)
    canvas.write(0, 1, "abcd", COLORED.red)
    canvas.put(5, 0, "x")
    assert canvas.lines() == [f" {COLORED.red}ab{COLORED.reset}"]
    assert canvas.is_free(0, 0)
    assert not canvas.is_free(0, 1)


def test_a_line_stresses_the_cells_that_it_passes() -> None:
    canvas = Canvas(1, 2, COLORED)
    canvas.draw([0, 0], [7, 7], COLORED.dim, braille=True)
    canvas.stress([0, 1], "", braille=True)
    canvas.stress([-1, -1], COLORED.red, braille=True)
    assert canvas.lines() == [f"{COLORED.dim}⣿{COLORED.reset}", "⣿"]


def test_levels_stay_within_the_rows() -> None:
    values = np.array([-9.0, 0.0, 0.5, 1.0, 9.0, np.nan])
    assert levels(values, 0.0, 1.0, 2) == [0, 0, 4, 7, 7, -1]
    assert levels(values[:2], 1.0, 1.0, 2) == [0, 0]


@given(value=st.floats(1e-6, 1e9))
def test_round_numbers_are_just_above(value: float) -> None:
    found = round_above(value)
    assert value * (1 - 1e-9) <= found <= 2.6 * value


@given(value=st.integers(1, 10**9))
def test_round_widths_are_just_above(value: int) -> None:
    assert value <= round_width(value) <= 2 * value


@given(low=st.floats(0, 1e6), span=st.floats(1e-3, 1e6), at_most=st.integers(1, 20))
def test_ticks_lie_within_and_are_few(low: float, span: float, at_most: int) -> None:
    found = ticks(low, low + span, at_most)
    assert len(found) <= at_most + 1
    assert all(low - span * 1e-3 <= each <= low + span * 1.001 for each in found)


def test_an_axis_of_one_value_has_one_tick() -> None:
    assert ticks(3.0, 3.0, 5) == [3.0]


@pytest.mark.parametrize(
    ("step", "label"), [(0, "0"), (950, "950"), (1_000, "1k"), (2_500, "2.5k"), (2_540, "2,540"), (1_500_000, "1.5M")]
)
def test_steps_are_short_where_they_are_round(step: int, label: str) -> None:
    assert steps_label(step) == label


@pytest.mark.parametrize(("usd", "text"), [(0, "$0"), (9_123, "$9,123"), (34_210, "$34.2k"), (16_912_345, "$16.91M")])
def test_money(usd: float, text: str) -> None:
    assert money(usd) == text


def test_nothing_is_all_of_it_before_it_is() -> None:
    assert percent(0.99999) == " 99.9 %"
    assert percent(1.0) == "100.0 %"


# Rows


@given(rows=st.integers(0, 120), leasts=st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_all_rows_are_given_and_the_first_come_first(rows: int, leasts: list[int]) -> None:
    wishes = [Wish(name=str(at), least=least, most=2 * least, weight=1 + at % 3) for at, least in enumerate(leasts)]
    given_rows = list(allot(rows, wishes).values())
    assert sum(given_rows) == (rows if rows >= leasts[0] else 0)
    served = [got >= least for got, least in zip(given_rows, leasts, strict=True)]
    assert served == sorted(served, reverse=True)
    assert all(got == 0 for got, is_served in zip(given_rows, served, strict=True) if not is_served)


@given(words=st.text("ab c", max_size=40), columns=sizes)
def test_rows_are_as_wide_as_they_should_be(words: str, columns: int) -> None:
    style = Style.of(Screen())
    assert visible_width(padded(style.bold(words), columns)) == columns
    assert visible_width(ends(words, style.dim("right"), columns)) <= max(columns, 0)
    assert len(shortened(words, columns, style)) <= columns


def test_parts_that_do_not_fit_are_passed_over() -> None:
    assert packed(["one", "far too long for that", "two", ""], 9) == "one  two"


def test_panels_stand_beside_each_other() -> None:
    assert beside(filled(["a"], 2), filled(["b", "c", "d"], 2), 3, "|") == ["a  |b", "   |c"]


def test_the_scale_is_ten_steps_and_nothing_without_colour() -> None:
    assert len(set(COLORED.scale)) == len(COLORED.scale) == len(COLORED.scale_under) == 10
    assert not any(PLAIN.scale)
    assert strip("".join(COLORED.scale)) == ""
