"""Options and fixtures that every test may use."""

import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings
from made_plans import build_plan
from thorough import THOROUGH, is_thorough

from pysim.pretraining.plan import Plan

# The same inputs every time, so that a change is judged by what it changed; `make hunt` draws new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("hunt", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew instead of comparing")
    parser.addoption(THOROUGH, action="store_true", help="take the cases that rarely find anything, too")


# These cover what is gated (pyproject.toml). Measuring takes twice the time, whatever is included, so the others go unmeasured.
MEASURED = (
    "edge/test_browser.py",
    "edge/test_cli.py",
    "edge/test_deciding.py",
    "edge/test_staging.py",
    "edge/test_words.py",
    "export/test_flight_recorder.py",
    "export/test_lines_and_rows.py",
    "pretraining/scenes/",
    "pretraining/test_narrate.py",
    "pretraining/test_thinned.py",
    "show/",
    "story/",
    "terminal/",
)
TESTS = Path(__file__).parent


def is_measured(path: Path) -> bool:
    return path.relative_to(TESTS).as_posix().startswith(MEASURED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Without pytest-cov's `no_cover`: every process of pytest-xdist's has two that measure, of which that stops one."""
    if is_measured(item.path):
        return (yield)
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption(THOROUGH):
        config.hook.pytest_deselected(items=[item for item in items if is_thorough(item)])
        items[:] = [item for item in items if not is_thorough(item)]


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    return build_plan
