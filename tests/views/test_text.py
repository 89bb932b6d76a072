"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.views import text


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (999, "999"), (1000, "1.00 k"), (54_321, "54.3 k"), (405_853_388_800, "406 B"), (15.6e12, "15.6 T")],
)
def test_counts(value: float, written: str) -> None:
    assert text.count(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0 B"), (912, "912 B"), (50_840, "50.8 kB"), (2**30, "1.07 GB"), (5.68e12, "5.68 TB"), (1.2e15, "1.20 PB")],
)
def test_sizes(value: float, written: str) -> None:
    assert text.size(value) == written


@pytest.mark.parametrize(
    ("seconds", "written", "brief"),
    [
        (0, "0:00:00", "0:00:00"),
        (59.9, "0:00:59", "0:00:59"),
        (12_310, "3:25:10", "3:25:10"),
        (86_399, "23:59:59", "23:59:59"),
        (86_400, "1d 00:00:00", "24:00:00"),
        (359_999, "4d 03:59:59", "99:59:59"),
        (360_000, "4d 04:00:00", "4d 04h"),
        (54 * 86_400, "54d 00:00:00", "54d 00h"),
    ],
)
def test_durations(seconds: float, written: str, brief: str) -> None:
    assert text.duration(seconds) == written
    assert text.brief_duration(seconds) == brief


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.00412, "4.12 ms"), (0.9999, "999.90 ms"), (1.0, "1.00 s"), (119.99, "119.99 s"), (120, "0:02:00")],
)
def test_measured_times(seconds: float, written: str) -> None:
    assert text.short_seconds(seconds) == written


@pytest.mark.parametrize(
    ("value", "written"), [(12.345, "12.35"), (9999.99, "9999.99"), (10_000.0, "10,000"), (57_803.0, "57,803")]
)
def test_perplexities(value: float, written: str) -> None:
    assert text.perplexity(value) == written


@pytest.mark.parametrize(("watts", "written"), [(650.0, "0.7 kW"), (41_900.0, "41.9 kW"), (10_970_000.0, "10.97 MW")])
def test_power(watts: float, written: str) -> None:
    assert text.power(watts) == written


def test_gib() -> None:
    assert text.gib(80 * 2**30) == "80.0"


@pytest.mark.parametrize(
    ("fraction", "decimals", "written"),
    [
        (0.0, 0, "  0%"),
        (0.999, 0, " 99%"),
        (1.0, 0, "100%"),
        (0.9999, 1, " 99.9%"),
        (1.0, 1, "100.0%"),
        (0.29, 0, " 29%"),
    ],
)
def test_shares(fraction: float, decimals: int, written: str) -> None:
    assert text.share(fraction, decimals) == written


@given(st.floats(0.0, 1.0))
def test_nothing_is_complete_before_it_is(fraction: float) -> None:
    assert len(text.share(fraction)) == 4
    assert (text.share(fraction, 1) == "100.0%") == (fraction > 1.0 - 1.1e-9)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(999_400, "999 k"), (999_600, "1.00 M"), (9_994, "9.99 k"), (9_996, "10.0 k"), (99_960, "100 k")],
)
def test_a_count_never_needs_a_fourth_digit(value: float, shown: str) -> None:
    assert text.count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.04, "0.0"), (6.84, "6.8"), (99.94, "99.9"), (100.4, "100"), (27_747_000.2, "27,747,000")]
)
def test_small_amounts_keep_a_decimal(value: float, shown: str) -> None:
    assert text.amount(value) == shown
