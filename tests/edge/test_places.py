"""A place that somebody types who watches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import TINY

from pysim.edge.places import place_us
from pysim.options.values import position
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.troubles import Refused

STORY = PretrainingStory(simulate(TINY))
SECONDS = int(STORY.end_us / 1e6)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("120", "step:120"),
        (" 1_20 ", None),
        ("step 120", "step:120"),
        ("Step:120", "step:120"),
        ("@step 7", "step:7"),
        ("1m 30s", "1m30s"),
        ("1:30", "1m30s"),
        ("@50%", "50%"),
        ("50 %", "50%"),
        ("0", None),
        ("12,00", None),
        ("301", None),
        ("step", None),
        ("stepping", None),
        ("99d", None),
        ("101%", None),
        ("-5", None),
        ("", None),
        ("\x1b[31m", None),
    ],
)
def test_what_is_typed_means_what_the_option_means(typed: str, means: str | None) -> None:
    if means is None:
        with pytest.raises(Refused) as refused:
            place_us(STORY, typed)
        assert str(refused.value).isprintable()
    else:
        assert place_us(STORY, typed) == position(means).resolve(STORY)


def test_a_refusal_says_what_would_be_right() -> None:
    with pytest.raises(
        Refused, match="'soon' is not a step or a time of the run, such as 12,000, 17d 6h, 3:25:10 or 50%"
    ):
        place_us(STORY, "soon")
    with pytest.raises(Refused, match="'301' is after the last step of the run, which has 300 steps"):
        place_us(STORY, "301")


@given(step=st.integers(1, 300), seconds=st.integers(0, SECONDS), percent=st.integers(0, 100))
def test_a_step_a_time_and_a_share_are_those_of_the_option(step: int, seconds: int, percent: int) -> None:
    for typed, option in ((f"{step:,}", f"step:{step}"), (f"{seconds}s",) * 2, (f"{percent}%",) * 2):
        assert place_us(STORY, typed) == position(option).resolve(STORY)
