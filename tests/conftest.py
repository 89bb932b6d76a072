"""Options and fixtures that every test may use."""

from collections.abc import Callable
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


# These cover nothing that is gated (pyproject.toml) that others do not. Measuring takes twice the time, whatever is included.
UNMEASURED = (
    "audit/",
    "catalog/",
    "options/",
    "physics/",
    "pretraining/planning/",
    "pretraining/run/",
    "test_digests.py",
    "test_event_schema.py",
    "test_layers.py",
    "test_purity.py",
)
TESTS = Path(__file__).parent


def is_measured(path: Path) -> bool:
    return not path.relative_to(TESTS).as_posix().startswith(UNMEASURED)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if not is_measured(item.path):
            item.add_marker("no_cover")
    if not config.getoption(THOROUGH):
        config.hook.pytest_deselected(items=[item for item in items if is_thorough(item)])
        items[:] = [item for item in items if not is_thorough(item)]


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    return build_plan
