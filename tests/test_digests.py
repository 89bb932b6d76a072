"""The same run has the same bytes everywhere: committed digests, checked under the Python that runs this."""

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from digests import CASES, Case, digest, digests, lines

from pysim.physics import cluster, collectives, durations, early_loss, loss, start_up
from pysim.pretraining.run import steps
from pysim.story import events

TRANSCENDENTAL: dict[ModuleType, tuple[str, ...]] = {  # every place where one is called, or what raises to a power
    np: ("exp", "log", "cos", "sin"),
    loss: ("log", "_scaling_loss", "_soft_minimum", "size_term"),
    early_loss: ("log", "remaining_shares"),
    steps: ("grad_norm_level", "spike_factors"),
    cluster: ("log2",),
    collectives: ("log2",),
    durations: ("communicator_init_seconds",),
    start_up: ("exp",),
}
COMMITTED = Path(__file__).parent / "golden" / "digests.json"


@pytest.mark.requirement("TECH-01")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_text_has_its_digest(case: Case, *, update_golden: bool) -> None:
    if update_golden:
        return
    assert digest(case) == json.loads(COMMITTED.read_text(encoding="utf-8"))[case.name]


def test_the_committed_digests_are_those_of_the_cases(*, update_golden: bool) -> None:
    if update_golden:
        COMMITTED.write_text(json.dumps(digests(), indent=2) + "\n", encoding="utf-8")
    assert list(json.loads(COMMITTED.read_text(encoding="utf-8"))) == [case.name for case in CASES]


Nudge = Callable[[Any], Any]


def nudged(function: Callable[..., Any], towards: float) -> Callable[..., Any]:
    """The same function, its results one unit in the last place away: as another C library might have them."""
    return lambda *args, **options: np.nextafter(function(*args, **options), towards)


def scattered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, every other result one unit up, the rest one down."""

    def nudge(*args: Any, **options: Any) -> Any:
        exact = np.asarray(function(*args, **options), np.float64)
        odd = np.arange(exact.size).reshape(exact.shape) % 2 == 0
        return np.where(odd, np.nextafter(exact, np.inf), np.nextafter(exact, -np.inf))

    return nudge


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize(
    "nudge",
    [partial(nudged, towards=math.inf), partial(nudged, towards=-math.inf), scattered],
    ids=["up", "down", "both"],
)
def test_the_last_bits_of_a_c_library_do_not_show(monkeypatch: pytest.MonkeyPatch, case: Case, nudge: Nudge) -> None:
    """exp, log, pow and the like may differ in their last bits between machines; the text may not."""
    for module, names in TRANSCENDENTAL.items():
        for name in names:
            monkeypatch.setattr(module, name, nudge(getattr(module, name)))
    assert digest(case) == json.loads(COMMITTED.read_text(encoding="utf-8"))[case.name]


def test_the_cases_tell_every_kind_of_event() -> None:
    kinds = {
        kind.__name__ for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)
    }
    told = {json.loads(line)["event"] for case in CASES if case.view == "events" for line in lines(case)}
    assert told == kinds - {"Event", "LibraryLogged", "GroundTruth", "Opened"}
