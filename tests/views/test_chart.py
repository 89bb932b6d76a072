"""Small charts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.terminal.ansi import palette, strip
from pysim.views.chart import chart, marked

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@pytest.mark.parametrize(
    ("curve", "columns", "rows", "drawn"),
    [
        ([0, 1, 2, 3], 2, 1, ["⡠⠊"]),
        ([3, 2, 1, 0], 2, 1, ["⠑⢄"]),
        ([1, 1, 1, 1], 2, 1, ["⣀⣀"]),
        ([0, 7], 1, 2, ["⢸", "⡸"]),
    ],
)
def test_braille(curve: list[float], columns: int, rows: int, drawn: list[str]) -> None:
    assert chart(curve, columns, rows) == drawn


@pytest.mark.parametrize(
    ("curve", "rows", "drawn"),
    [([0, 1, 2, 3], 1, ["_.-'"]), ([0, 7, 3], 2, [" ' ", "_ '"]), ([5, 5, 5], 1, ["___"])],
)
def test_ascii(curve: list[float], rows: int, drawn: list[str]) -> None:
    assert chart(curve, len(curve), rows, braille=False) == drawn


def test_the_bottom_can_be_fixed() -> None:
    assert chart([9, 10], 2, 1, braille=False, bottom=0.0) == ["''"]
    assert chart([9, 10], 2, 1, braille=False) == ["_'"]


@given(curve=values, columns=st.integers(1, 40), rows=st.integers(1, 5), braille=st.booleans())
def test_a_chart_has_the_size_that_was_asked_for(curve: list[float], columns: int, rows: int, *, braille: bool) -> None:
    lines = chart(curve, columns, rows, braille=braille)
    assert [len(line) for line in lines] == [columns] * rows
    assert braille or all(line.isascii() for line in lines)


@given(values, st.integers(1, 40), st.integers(1, 4))
def test_every_column_of_an_ascii_chart_has_one_point(curve: list[float], columns: int, rows: int) -> None:
    lines = chart(curve, columns, rows, braille=False)
    assert all(sum(line[column] != " " for line in lines) == 1 for column in range(columns))


@pytest.mark.parametrize(("fraction", "place"), [(0.0, 0), (0.5, 2), (1.0, 4), (-3.0, 0), (9.0, 4)])
def test_the_current_place_is_marked(fraction: float, place: int) -> None:
    """ENH-01: the schedule with the current place on it."""
    plain = marked("abcde", fraction, palette(color=False), "|")
    assert plain == "abcde"[:place] + "|" + "abcde"[place + 1 :]
    colored = marked("abcde", fraction, palette(color=True), "|")
    assert strip(colored) == "abcde"
    assert f"\x1b[1m{'abcde'[place]}\x1b[0m" in colored
