"""Starts take what MLPerf's logs have, and clusters differ as theirs do."""

from collections.abc import Callable
from itertools import product
from statistics import fmean, median, pstdev

import pytest
from realism.comparison import start_over_law
from realism.published import plain_plan, published_runs

from pysim.catalog import models
from pysim.physics import start_up
from pysim.physics.transformer import parameter_count
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]
ROWS = published_runs().bring_up
FITTED, HELD_OUT = [row for row in ROWS if row.fit], [row for row in ROWS if not row.fit]


def test_every_second_start_is_fitted() -> None:
    assert [row.fit for row in ROWS] == [index % 2 == 0 for index in range(len(ROWS))]
    assert len(ROWS) >= 40


def test_starts_that_nothing_was_fitted_to_are_predicted() -> None:
    """In the middle of them; each within what clusters differ by."""
    errors = [start_over_law(row) for row in HELD_OUT]
    assert abs(median(errors)) < 0.1
    assert fmean(map(abs, errors)) < 0.3
    assert max(map(abs, errors)) < 3 * start_up.CLUSTER_SPREAD


def test_clusters_differ_as_those_in_the_record() -> None:
    assert pstdev(map(start_over_law, ROWS)) == pytest.approx(start_up.CLUSTER_SPREAD, rel=0.05)


def test_the_rates_are_those_of_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rates near them come closer to the fitted rows, to the digits that are written down."""

    def misfit(billion: float, rank: float) -> float:
        monkeypatch.setattr(start_up, "SECONDS_PER_BILLION", billion)
        monkeypatch.setattr(start_up, "SECONDS_PER_RANK", rank)
        return fmean(abs(start_over_law(row)) for row in FITTED)

    rates = product([0.75, 0.8, 0.85, 0.9, 0.95], [0.045, 0.05, 0.055, 0.06, 0.065])
    assert min(rates, key=lambda each: misfit(*each)) == (0.85, 0.055)


def test_shares_are_of_all() -> None:
    for shares in zip(*start_up.SHARES.values(), strict=True):
        assert sum(shares) == pytest.approx(1.0)


def test_the_parts_are_the_whole(make_plan: MakePlan) -> None:
    plan = make_plan(world_size=512)
    parts = start_up.part_seconds(plan, 1.5, 1.25)
    assert sum(parts.values()) == pytest.approx(1.5 * start_up.bring_up_seconds(plan) + 1.25)
    assert parts[start_up.TOKENIZER] == 1.25


def test_ranks_and_parameters_are_what_takes_long() -> None:
    """Connecting grows with ranks, placing weights with parameters, the tokenizer with neither."""
    small, wide, large = (
        start_up.part_seconds(plain_plan(model, "bf16", "h100-sxm", ranks), 1.0, 1.5)
        for model, ranks in (("llama2-7b", 8), ("llama2-7b", 4096), ("llama3-405b", 8))
    )
    more = parameter_count(models()["llama3-405b"]) - parameter_count(models()["llama2-7b"])
    connecting, placing = "connecting process groups", "initialising weights"
    assert wide[connecting] - small[connecting] == pytest.approx(0.62 * 0.055 * 4088)
    assert wide[placing] == small[placing]
    assert large[placing] - small[placing] == pytest.approx(0.66 * 0.85e-9 * more)


@pytest.mark.parametrize(("normal", "factor"), [(0.0, 1.0), (1.0, 1.433), (-1.0, 0.698), (9.0, 2.460), (-9.0, 0.407)])
def test_no_cluster_is_beyond_belief(normal: float, factor: float) -> None:
    assert start_up.cluster_factor(normal) == pytest.approx(factor, abs=5e-4)
