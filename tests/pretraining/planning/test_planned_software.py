"""The software of a plan: of a year, with an attention kernel and a way to launch kernels, asked for or not."""

import pytest

from pysim.pretraining.figures import figures
from pysim.pretraining.planning.choose import choose_plan, draw_plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import Request

LONG = Request(preset="llama3-405b-128k")


def test_a_preset_has_the_software_of_its_time() -> None:
    bloom, llama, classic = (choose_plan(Request(preset=name)) for name in ("bloom-176b", "llama-7b", "classic"))
    assert (bloom.software_year, bloom.attention_kernel, bloom.execution) == (2021, "unfused", "eager")
    assert (llama.software_year, llama.attention_kernel, llama.execution) == (2022, "flash-1", "eager")
    assert (classic.software_year, classic.attention_kernel, classic.execution) == (2026, "flash-2", "compiled")
    assert presets()["bloom-176b"].plan(0).software_year == 2021


def test_a_drawn_plan_has_that_of_the_year_in_which_it_starts() -> None:
    for seed in range(20):
        plan = draw_plan(Request(seed=seed))
        assert plan.software_year == 2026
        assert draw_plan(Request(seed=seed, start=1_700_000_000)).software_year == 2023


def test_a_year_decides_what_is_left_out() -> None:
    new = choose_plan(Request(preset="llama3-405b", software_year="2026"))
    assert (new.software_year, new.attention_kernel) == (2026, "cudnn")
    kept = choose_plan(Request(preset="llama3-405b", software_year="2026", attention_kernel="flash-2"))
    assert (kept.software_year, kept.attention_kernel) == (2026, "flash-2")
    assert choose_plan(Request(preset="deepseek-v3", software_year="2026")).execution == "graphs"


def test_a_faster_kernel_makes_long_sequences_faster() -> None:
    plans = [
        choose_plan(Request(preset=LONG.preset, attention_kernel=name)) for name in ("flash-1", "flash-2", "FLASH-3")
    ]
    slow, usual, fast = (figures(plan).mfu for plan in plans)
    assert slow < 0.8 * usual < 0.8 * fast / 1.1
    assert usual == figures(choose_plan(LONG)).mfu


def test_another_accelerator_has_its_own_software() -> None:
    plan = choose_plan(Request(preset="llama-7b", accelerator="tpu-v4"))
    assert (plan.software_year, plan.attention_kernel, plan.execution) == (2022, "native", "compiled")
    more = choose_plan(Request(preset="llama-7b", gpus=512))
    assert (more.software_year, more.attention_kernel) == (2022, "flash-1")


@pytest.mark.parametrize(
    ("request_", "change"),
    [
        (Request(preset="gpt3-175b", attention_kernel="flash-3"), {"attention_kernel": "unfused"}),
        (Request(preset="classic", attention_kernel="native"), {"attention_kernel": "flash-2"}),
        (Request(preset="gemma-7b", attention_kernel="cudnn"), {"attention_kernel": "native"}),
        (Request(preset="gemma-7b", execution="eager"), {"execution": "compiled"}),
    ],
)
def test_what_cannot_run_is_refused_with_what_can(request_: Request, change: dict[str, str]) -> None:
    with pytest.raises(PlanError) as refused:
        choose_plan(request_)
    assert refused.value.change == change
    assert refused.value.field in change


@pytest.mark.parametrize(
    "wrong", [Request(attention_kernel="flash-9"), Request(execution="slow"), Request(software_year="1999")]
)
def test_unknown_words_are_refused(wrong: Request) -> None:
    with pytest.raises(PlanError, match="one of"):
        choose_plan(wrong)
