"""What the documents say of the project is true."""

import io
import re
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import make
import pytest
from realism.comparison import comparisons
from realism.published import published_runs
from realism.record import median_error

import pysim
from pysim import __version__
from pysim.catalog import accelerators, datasets, models
from pysim.options.exporting import EXPORT_OPTIONS
from pysim.options.table import OPTIONS
from pysim.pretraining.planning.presets import presets

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", make.MADE)
def test_what_is_generated_is_up_to_date(file: str) -> None:
    assert (TOP / "docs" / file).read_text(encoding="utf-8") == make.MADE[file](), "run make docs"


def test_the_plot_of_throughput_shows_every_row() -> None:
    """Each half's points are drawn in a group that is named after their number."""
    drawn = (TOP / "docs" / "throughput.svg").read_text(encoding="utf-8")
    for name, fit in (("fitted", True), ("held-out", False)):
        count = sum(row.fit is fit for row in published_runs().throughput)
        assert f'<g id="{name}-{count}">' in drawn, "run make docs"
    assert "docs/throughput.svg" in README
    assert f"predicts {len(published_runs().throughput)} published training runs" in README


def test_the_readme_is_right_about_the_median() -> None:
    stated = re.search(r"predicted within (\d+) % in the median", README)
    speeds = [row for row in comparisons() if row.kind == "throughput" and not row.row.fit]
    assert stated
    assert median_error(speeds) <= int(stated[1]) / 100


def test_the_readme_counts_the_catalog() -> None:
    assert f"{len(models())} models, {len(accelerators())} accelerators, {len(datasets())} datasets" in README


def test_the_readme_names_options_and_presets_that_exist() -> None:
    commands = re.findall(r"python -m pysim (.*?)(?:#|$)", README, flags=re.MULTILINE)
    options = {option.name for option in (*OPTIONS, *EXPORT_OPTIONS)}
    assert {name for line in commands for name in re.findall(r"--([a-z-]+)", line)} <= options
    assert {name for line in commands for name in re.findall(r"--preset (\S+)", line)} <= presets().keys()


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## {__version__} " in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readmes_python_works() -> None:
    lines = README.split("From Python:")[1].partition("What is watched")[0]
    names: dict[str, Any] = {}
    exec(textwrap.dedent(lines).replace("...", "break"), names)  # noqa: S102  # our own words
    assert names["event"].time_seconds == names["run"].timeline.start_us / 1e6


def test_a_log_is_played_from_python() -> None:
    plan = pysim.choose_plan(pysim.Request(preset="gpt2-124m", seed=7))
    short, log = replace(plan, tokens=20 * plan.tokens_per_step, epochs=1), io.StringIO()
    pysim.play(pysim.tell(short), log)
    assert f"run {plan.name} complete" in log.getvalue()
