"""Cases that take long and rarely find anything: `make test` takes some of them, `make hunt` all."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

THOROUGH = "--thorough"


def sampled(cases: Iterable[Any], every: int, ids: Iterable[str] | None = None) -> list[Any]:
    """The cases as a test's parameters; all but one of `every` are left to the hunt."""
    named = zip(cases, ids, strict=True) if ids is not None else ((case, None) for case in cases)
    return [
        pytest.param(case, id=name, marks=[pytest.mark.thorough] if index % every else [])
        for index, (case, name) in enumerate(named)
    ]


def examples(everyday: int) -> int:
    """How many a property test takes whose every example takes long; in the hunt as many times more as others take."""
    drawn = settings().max_examples  # by the profile
    return everyday * max(drawn // settings.get_profile("repeatable").max_examples, 1)


def is_thorough(item: pytest.Item) -> bool:
    """Whether only a thorough run takes it."""
    return item.get_closest_marker("thorough") is not None
