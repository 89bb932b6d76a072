"""The judge of simulated windows, and what it goes by. Its verdict over all tables is `make realism`'s, which takes a minute."""

import numpy as np
import pytest
from realism import judge, matching
from realism.matching import KINDS, matches, real_windows, simulated_windows
from realism.window_statistics import WINDOW, loss_features, norm_features, time_features

from pysim.physics.grad_norm import CARRIED_STEPS
from pysim.story.noise import Stream

WHITE = Stream(5, "white").normals(0, WINDOW)


@pytest.mark.parametrize("kind", KINDS)
def test_every_table_has_the_features_that_are_taken(kind: str) -> None:
    features = {"loss": loss_features(WHITE), "time": time_features(1.0 + 0.01 * WHITE), "norm": norm_features(1.0 + 0.01 * WHITE, WHITE)}[kind]  # fmt: skip
    rows = real_windows(kind)
    assert len(rows) > 30
    assert all(row.keys() == features.keys() for _family, row in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_of_a_table_has_a_run_that_matches_it(kind: str) -> None:
    assert {family for family, _row in real_windows(kind)} == {one.family for one in matches() if kind in one.kinds}
    assert all(match.source for match in matches())


def test_features_of_a_known_window() -> None:
    """White noise remembers nothing, and one slow step is the largest."""
    assert abs(loss_features(WHITE)["ac1"]) < 0.2
    times = np.ones(WINDOW)
    times[7] = 1.6
    found = time_features(times)
    assert found["s15"] == 1 / WINDOW
    assert found["logmax"] == pytest.approx(np.log(1.6))
    norms = norm_features(1.0 + 0.01 * WHITE, WHITE)
    assert norms["corr"] == pytest.approx(1.0, abs=0.02)
    assert norms["corr_lag"] == pytest.approx(norms["ac1"], abs=0.1)


def test_windows_of_a_family_are_repeatable_and_differ_by_seed() -> None:
    one, again, other = (list(simulated_windows("norm", "bng", 2, seed)) for seed in (1, 1, 9))
    assert one == again
    assert one != other


def test_it_tells_runs_that_are_unlike_real_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradient norms without memory and of half the spread."""
    monkeypatch.setattr("pysim.pretraining.run.steps.carried", lambda normals: normals[CARRIED_STEPS:] * 0.5)
    monkeypatch.setattr(judge, "REPETITIONS", 1)
    judge.judged.cache_clear()
    verdict = judge.judged("norm")
    judge.judged.cache_clear()
    assert not verdict.passed
    assert "MISSED" in verdict.lines()[0]


def test_windows_end_where_the_logs_do() -> None:
    tyche = [match for match in matching.matches() if match.family == "405b_tyche"]
    assert [match.steps for match in tyche] == [618, 312]
