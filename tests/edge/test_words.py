"""Other programs' words as they are asked for: by options, by a key, on the page; and refused where they cannot tell the run."""

import pytest

from pysim.edge.browser import open_show
from pysim.edge.cli import main
from pysim.views.dialects.table import DIALECTS
from pysim.views.names import COMPARE, WATCHED
from pysim.views.registry import VIEWS

ON_TPUS = ["--preset", "gemma-7b"]
SMALL = ["--preset", "gpt2-124m"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--view", "megatorn"], "--view: 'megatorn' is not known; did you mean 'megatron'?"),
        (
            [*ON_TPUS, "--view", "megatron", "--instant"],
            "--view: 'megatron' cannot tell this run: it knows CUDA only, and this runs on TPUs",
        ),
        (
            [*SMALL, "--view", "slurm", "--instant"],
            "--view: 'slurm' cannot tell this run: one node has no batch scheduler",
        ),
        ([*SMALL, "--view", "kernel", "--node", "1"], "--node: '1' does not exist in this run; try 0 at most"),
        ([*SMALL, "--node", "first"], "--node: 'first' is not all or the number of a node from 0, such as 3"),
        ([*SMALL, "--log-every", "0"], "--log-every: '0' is not auto or a number of steps"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"pysim: {said}")
    assert told.count("\n") == 1


def lines(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main([*SMALL, "--instant", *arguments]) == 0
    return capfd.readouterr().out.splitlines()


def test_a_log_has_the_interval_that_is_asked_for_or_its_program_s(capfd: pytest.CaptureFixture[str]) -> None:
    told = lines(capfd, "--view", "megatron", "--until", "step:200")
    assert [line.split("/")[0].split()[-1] for line in told if " iteration " in line] == ["1", "100", "200"]
    told = lines(capfd, "--view", "megatron", "--until", "step:20", "--log-every", "7")
    assert [line.split("/")[0].split()[-1] for line in told if " iteration " in line] == ["1", "7", "14"]
    told = lines(capfd, "--until", "step:20", "--log-every", "10")
    assert sum("mean loss" in line for line in told) == 2
    single = lines(capfd, "--until", "step:3", "--log-every", "auto")
    assert sum("step " in line and "loss" in line for line in single) == 3


def test_on_the_page_a_note_says_why_and_the_view_stays() -> None:
    asked = open_show("preset=gemma-7b&view=megatron", 100, 30)
    assert "cannot tell this run" in asked.problems
    assert asked.show.view is VIEWS["console"]
    asked.frame(0.1)
    assert asked.command("view", "megatron") == ""
    assert asked.refusal == "megatron cannot tell this run: it knows CUDA only, and this runs on TPUs"
    assert asked.show.view is VIEWS["console"]


def test_the_key_goes_through_all_views_that_can_tell_the_run() -> None:
    show = open_show("preset=gpt2-124m", 100, 30)
    show.frame(0.1)
    header, seen = show.show.story.header, []
    while "console" not in seen:
        assert show.command("view", "next")
        seen.append(next(name for name, make in VIEWS.items() if make is show.show.view))
    able = {name for name in WATCHED if name not in DIALECTS or not DIALECTS[name].refuses(header)} - {COMPARE}
    assert set(seen) == able
    assert len(seen) == len(able)
