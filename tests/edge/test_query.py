"""Query strings with other options in them."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.edge.query import changed, only

NAMES = st.sampled_from(["preset", "seed", "tempo", "theme", "Batch_Tokens", "from"])
QUERIES = st.lists(st.tuples(NAMES, st.text(max_size=8))).map(lambda pairs: "&".join(f"{k}={v}" for k, v in pairs))


@pytest.mark.parametrize(
    ("query", "options", "after"),
    [
        ("", {"seed": "7"}, "seed=7"),
        ("?seed=1&preset=classic", {"seed": "7"}, "seed=7&preset=classic"),
        ("seed=1&seed=2", {"seed": "7"}, "seed=7"),
        ("from=50%25&tempo=4m", {"from": None}, "tempo=4m"),
        ("Batch_Tokens=4M", {"batch-tokens": "8M"}, "batch-tokens=8M"),
        ("loop&seed=1", {"seed": None}, "loop="),
        ("model=a+b%26c", {"seed": "1"}, "model=a+b%26c&seed=1"),
    ],
)
def test_changed(query: str, options: dict[str, str | None], after: str) -> None:
    assert changed(query, options) == after


def test_only() -> None:
    assert only("model=x&Seed=1&speed_factor=2&gpus=1", ("seed", "speed-factor")) == "Seed=1&speed_factor=2"


@given(QUERIES, st.dictionaries(st.sampled_from(["seed", "from"]), st.none() | st.text(max_size=8)))
def test_what_is_changed_is_there_once_and_the_rest_as_before(query: str, options: dict[str, str | None]) -> None:
    before, after = (parse_qsl(text, keep_blank_values=True) for text in (query, changed(query, options)))
    assert [pair for pair in after if pair[0] not in options] == [pair for pair in before if pair[0] not in options]
    assert {name: text for name, text in after if name in options} == {
        name: text for name, text in options.items() if text is not None
    }
    assert len([name for name, _ in after if name in options]) == len(
        [text for text in options.values() if text is not None]
    )
