"""Bring-up and export as tables of stages."""

from itertools import pairwise

import pytest

from pysim.pretraining.run.phases import EXPORT, RESTART, stage_at, stages

PARTS = stages({"one": 1.0, "two": 3.0}, 100, 400)


@pytest.mark.parametrize("shares", [RESTART, EXPORT])
@pytest.mark.parametrize("duration_us", [1, 999, 123_456_789])
def test_stages_touch_and_fill_the_phase(shares: dict[str, float], duration_us: int) -> None:
    parts = list(stages(shares, 7, duration_us).values())
    assert (parts[0].start_us, parts[-1].end_us) == (7, 7 + duration_us)
    assert all(one.end_us == next_one.start_us for one, next_one in pairwise(parts))
    assert [part.name for part in parts] == list(shares)


def test_shares_are_proportions() -> None:
    assert (PARTS["one"].seconds, PARTS["two"].seconds) == (100e-6, 300e-6)


@pytest.mark.parametrize(
    ("time_us", "name"),
    [(0, "one"), (100, "one"), (199, "one"), (200, "two"), (499, "two"), (500, "two"), (9999, "two")],
)
def test_the_stage_of_a_time(time_us: int, name: str) -> None:
    assert stage_at(PARTS, time_us).name == name


def test_a_fraction_of_a_stage_is_a_moment() -> None:
    assert [PARTS["two"].at_us(share) for share in (0.0, 0.5, 1.0)] == [200, 350, 500]
