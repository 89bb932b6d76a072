"""The first fall beside six real logs. Steps are updates that were made before; losses are nats, means of neighbours from step 20 on."""

import numpy as np
import pytest

from pysim.physics.batches import batches_of
from pysim.physics.early_loss import early_loss, first_fall, initial_loss, remaining_shares
from pysim.physics.loss import loss_law, train_loss
from pysim.physics.ramps import BatchRamp
from pysim.physics.workload import Schedule
from pysim.pretraining.planning.presets import presets

EDU = Schedule(kind="cosine", peak_lr=6e-4, final_lr=6e-5, warmup_steps=715)
AT_ONCE = Schedule(kind="cosine", peak_lr=6e-4, final_lr=6e-5, warmup_steps=0)
LLM_C = Schedule(kind="cosine", peak_lr=6e-4, final_lr=0.0, warmup_steps=700)
MEGATRON = Schedule(kind="constant", peak_lr=4.5e-4, final_lr=4.5e-4, warmup_steps=10_172)

LOGS: dict[str, tuple[int, int, Schedule, dict[int, float]]] = {
    "build-nanogpt, 384 wide": (50_257, 384, EDU, {0: 10.890, 1: 10.881, 5: 10.769, 10: 10.537, 20: 10.228, 50: 9.635, 100: 8.354}),
    "build-nanogpt, 768 wide": (50_257, 768, EDU, {0: 10.955, 1: 10.903, 5: 10.377, 10: 9.876, 20: 9.597, 50: 8.574, 100: 7.184}),
    "build-nanogpt, 1,024 wide": (50_257, 1024, EDU, {0: 11.087, 1: 10.975, 5: 10.016, 10: 9.445, 20: 9.187, 50: 8.086, 100: 6.970}),
    "build-nanogpt, no warm-up": (50_257, 768, AT_ONCE, {0: 10.955, 1: 10.015, 2: 9.344, 5: 8.344, 10: 7.742, 20: 7.762, 50: 7.198}),
    "llm.c": (50_257, 768, LLM_C, {0: 11.009, 5: 10.42, 10: 9.94, 20: 9.56, 50: 8.53, 100: 7.09}),
    "Megatron-LM 15B": (256_000, 6144, MEGATRON, {0: 12.96, 9: 12.06, 49: 8.84, 99: 7.83}),
}  # fmt: skip
"""Tokens of the vocabulary, channels, schedule, losses by updates: AGNDM/build-nanogpt, KellerJordan/modded-nanogpt, NVIDIA/Megatron-LM."""


def law_at(log: str, updates: int, total_steps: int = 19_073) -> float:
    vocabulary, width, schedule, _losses = LOGS[log]
    return float(early_loss(first_fall(vocabulary, width), schedule, np.asarray(float(updates)), total_steps))


@pytest.mark.parametrize(("log", "updates"), [(log, updates) for log, row in LOGS.items() for updates in row[3]])
def test_the_first_fall_is_that_of_real_logs(log: str, updates: int) -> None:
    assert law_at(log, updates) == pytest.approx(LOGS[log][3][updates], abs=0.5 if "no warm-up" in log else 0.4)


def test_all_first_falls_together_are_near() -> None:
    misses = [law_at(log, updates) - seen for log, row in LOGS.items() for updates, seen in row[3].items()]
    assert np.sqrt(np.mean(np.square(misses))) < 0.2


@pytest.mark.parametrize(
    ("vocabulary", "width", "logged"),
    [
        (50_257, 384, 10.890),
        (50_257, 768, 10.99),
        (50_257, 1024, 11.087),
        (128_256, 4096, 12.56),
        (256_000, 6144, 12.956),
    ],
)
def test_the_first_loss_depends_on_the_width(vocabulary: int, width: int, logged: float) -> None:
    """Above the uniform guess by half the variance of the first logits."""
    assert initial_loss(vocabulary, width) == pytest.approx(logged, abs=0.06)


def test_very_wide_models_are_initialised_smaller() -> None:
    """BLOOM's and MT-NLG's sqrt(1 / 3h): a sixth of a nat."""
    assert initial_loss(250_680, 14_336) - np.log(250_680) == pytest.approx(1 / 6, abs=0.08)


def test_nine_tenths_of_a_nat_are_gone_at_the_same_rate_times_width() -> None:
    """Sum of the learning rate times width: 0.015 to 0.035 in logs, with constant rates so low that steps do not hold it back."""
    for width in (768, 4096, 8192, 16_384):
        fall = first_fall(128_256, width)
        slow = Schedule(kind="constant", peak_lr=1e-9, final_lr=1e-9, warmup_steps=0)
        updates = np.arange(0.0, 60_000.0)
        reached = int(np.argmax(early_loss(fall, slow, updates, 10**6) < fall.initial - 0.9))
        assert 0.015 < reached * 1e-9 * width < 0.035


def test_tiny_rates_teach_nothing() -> None:
    """A warm-up that adds 9.4e-9 a step leaves 10.79 at 10.78."""
    fall, slow = first_fall(32_000, 2048), Schedule("linear", 9.4e-5, 0.0, 10_000)
    start, later = early_loss(fall, slow, np.array([0.0, 4.0]), 10**6)
    assert start == pytest.approx(10.79, abs=0.02)
    assert start - later == pytest.approx(0.01, abs=0.01)
    flagship = loss_law(presets()["llama3-405b"].plan(0))
    first, tenth = train_loss(flagship, np.array([1, 10]))
    assert 0.0 < first - tenth < 0.46


def test_a_low_peak_holds_the_fall_back() -> None:
    fall = first_fall(50_257, 768)
    low, usual = (
        early_loss(fall, Schedule("cosine", peak, 0.0, 700), np.array([50.0]), 19_560)[0] for peak in (1e-5, 6e-4)
    )
    assert low - usual > 1.5
    assert fall.initial - low < 1.0


@pytest.mark.parametrize("ramp", [None, BatchRamp(64, 64, 40_000)])
def test_when_the_fall_is_over_nothing_is_computed_and_nothing_changes(ramp: BatchRamp | None) -> None:
    fall, batches = first_fall(50_257, 768), batches_of(512, ramp)
    updates = np.arange(0.0, 20_000.0)
    alone = [remaining_shares(fall, EDU, updates[:at], 20_000, batches) for at in (1, 20_000)]
    late = remaining_shares(fall, EDU, updates[16_384:], 20_000, batches)
    for part in (0, 1):
        assert late[part].shape == ()
        assert late[part] == alone[1][part][-1]
        assert alone[0][part][0] == alone[1][part][0] == 1.0


def test_what_is_left_of_the_fall_only_shrinks() -> None:
    updates = np.arange(0.0, 2000.0)
    for schedule in (EDU, AT_ONCE, MEGATRON):
        for left in remaining_shares(first_fall(50_257, 768), schedule, updates, 19_073):
            assert left[0] == 1.0
            assert (np.diff(left[left > 1e-9]) < 0).all()
