"""What frameworks log, whatever tracker keeps it: in order, by each start, and of no more than was asked for."""

import sys
from pathlib import Path

import pytest
import tracked

from pysim.export.format import Asked, MissingExtraError
from pysim.export.formats import FORMATS
from pysim.export.trackers.frameworks import FRAMEWORKS, framework_log
from pysim.export.trackers.hf_settings import model_config
from pysim.export.trackers.logs import Began, Configured, Ended, Logged, Record, drawn_id
from pysim.kinds import modules
from pysim.pretraining.story import tell
from pysim.story.story import WHOLE, Span
from pysim.views.registry import VIEWS, why_not

SHOWN = sorted(FRAMEWORKS)


def _records(view: str, span: Span = WHOLE, log_every: int | None = None) -> list[Record]:
    story = tracked.story()
    return list(framework_log(story.header, Asked(view=view, log_every=log_every)).records(story, span))


@pytest.mark.parametrize("view", SHOWN)
def test_records_are_in_order_of_time(view: str) -> None:
    times = [each.time_us for each in _records(view)]
    assert times == sorted(times)


@pytest.mark.parametrize("view", SHOWN)
def test_each_start_begins_is_configured_logs_and_ends(view: str) -> None:
    records = [each for each in _records(view, log_every=50) if not isinstance(each, Logged)]
    assert [type(each) for each in records] == [Began, Configured, Ended] * 2
    begun = [each for each in records if isinstance(each, Began)]
    assert [each.attempt for each in begun] == [1, 2]
    assert begun[0].process_id != begun[1].process_id
    assert [each.step for each in records if isinstance(each, Configured)] == [0, 200]
    assert [each.is_done for each in records if isinstance(each, Ended)] == [False, True]


@pytest.mark.parametrize("view", SHOWN)
@pytest.mark.parametrize("cut", [1, *(pytest.param(cut, marks=pytest.mark.thorough) for cut in (0, 150, 289))])
def test_a_part_is_logged_as_the_whole_has_it(view: str, cut: int) -> None:
    """But for what a log interval has from before it."""
    at_us = round(tracked.steps()[cut].time_seconds * 1e6)
    whole = [each for each in _records(view, log_every=1) if isinstance(each, Logged)]
    halves = [*_records(view, Span(0, at_us), 1), *_records(view, Span(at_us, None), 1)]
    assert [each for each in halves if isinstance(each, Logged)] == whole
    begun = [each for each in halves if isinstance(each, Began)]
    assert [each.attempt for each in begun][-1] == 2
    assert all(isinstance(before, Began) for before in halves[:1])


def test_megatron_reports_every_so_many_steps() -> None:
    log = framework_log(tracked.story().header, Asked(view="megatron"))
    rows = [
        each for each in log.records(tracked.story(), WHOLE) if isinstance(each, Logged) and "lm loss" in each.numbers
    ]
    assert [each.step for each in rows if log.metrics(each)] == [100, 200, 300]
    assert "samples vs steps" in log.history(rows[0])


def test_ids_are_drawn_from_the_run() -> None:
    header = tracked.story().header
    ids = {drawn_id(header, attempt, 8) for attempt in range(1, 500)}
    assert len(ids) == 499
    assert all(len(each) == 8 and each.isalnum() for each in ids)
    assert drawn_id(header, 1, 8) == drawn_id(header, 1, 8)


@pytest.mark.parametrize("name", sorted(modules()))
def test_settings_can_be_written_of_every_preset(name: str) -> None:
    module = modules()[name]
    header = tell(module.plan(module.seed)).header
    for view in SHOWN:
        if why_not(VIEWS[view], header) is None:
            log = framework_log(header, Asked(view=view))
            assert log.settings
            assert 0 <= log.rank < header.world_size
            assert all(isinstance(text, str) for text in log.texts().values())
    config = model_config(header)
    assert config is None or config["vocab_size"] == header.job.model.vocab_size


@pytest.mark.parametrize(
    ("name", "library"), [("tensorboard", "tensorboardX"), ("wandb", "wandb"), ("mlflow", "mlflow")]
)
def test_a_missing_library_is_asked_for(name: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for loaded in [each for each in sys.modules if each.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.delitem(sys.modules, f"pysim.export.trackers.{name}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'pysim-llm\[{name}\]'"):
        FORMATS[name].load()


@pytest.mark.thorough
@pytest.mark.parametrize("export", ["tensorboard:megatron", "wandb:megatron", "mlflow:hf", "trainer", "parquet"])
def test_what_does_not_fit_is_one_line_and_leaves_nothing(export: str, tmp_path: Path) -> None:
    said = tracked.without_space(tmp_path, export, 800)
    assert said.count("\n") == 1
    assert said.startswith("pysim: cannot export to ")
