"""What is offered to compare with: it can be, it is said in words, and the page gets it with the table."""

import json

import pytest

from pysim.edge.browser import open_show

RUNS = ("?preset=classic", "?preset=night-shift&on-call=true", "?preset=gpt2-124m", "?modules=random&seed=5")


@pytest.mark.parametrize("query", RUNS)
def test_every_change_that_is_offered_can_be_compared(query: str) -> None:
    offered = json.loads(open_show(query, 80, 24).weighing())["suggestions"]
    assert 4 <= len(offered) <= 12
    assert len({each["change"] for each in offered}) == len(offered)
    for each in offered:
        assert each["title"]
        joint = "&compare=" + each["change"].replace("=", "%3D", 1).replace(",", "%2C")
        session = open_show(query + joint, 80, 24)
        assert session.problems == "[]"
        assert len(session.show.story.beside) == 1


def test_what_was_done_to_a_run_can_be_taken_away() -> None:
    query = "?preset=classic&inject=gpu-off-bus%4050%25&on-call=true&decide=wait%4090%25"
    changes = {each["change"] for each in json.loads(open_show(query, 80, 24).weighing())["suggestions"]}
    assert {"inject=", "decide=", "on-call=off"} <= changes


def test_a_comparison_comes_as_a_table_and_no_table_without_one() -> None:
    assert json.loads(open_show("?preset=classic", 80, 24).weighing())["blocks"] == []
    weighing = json.loads(open_show("?preset=classic&compare=layout%3Dtp%3D2&from=50%25", 80, 24).weighing())
    assert [run["letter"] for run in weighing["runs"]] == ["A", "B"]
    assert weighing["runs"][1]["change"] == "parallel=tp=2"
    so_far, end = weighing["blocks"]
    assert so_far["title"].startswith("so far, ")
    assert end["heads"] == ["A", "B", "B - A"]
    assert all(len(row["cells"]) == 3 for block in (so_far, end) for row in block["rows"])
