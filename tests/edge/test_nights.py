"""A whole night of decisions, replayed from its link; the browser tests replay the same one."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

from nights import replayed

GOLDEN = Path(__file__).parent.parent / "golden" / "night.json"


def test_a_night_is_replayed_to_the_byte_from_its_link() -> None:
    """After an intended change: `python tests/nights.py > tests/golden/night.json`."""
    night = json.loads(GOLDEN.read_text("utf-8"))
    assert replayed(night["query"]) == {name: night[name] for name in ("problems", "said", "score")}
    assert night["problems"] == "[]"


def test_it_has_decisions_and_a_score_beside_the_others() -> None:
    night = json.loads(GOLDEN.read_text("utf-8"))
    decided = [text for name, text in parse_qsl(night["query"].removeprefix("?")) if name == "decide"]
    score = json.loads(night["score"])
    assert score["decisions"] == len(decided) > 10
    assert score["own"]["goodput"] > score["nobody"]["goodput"]
