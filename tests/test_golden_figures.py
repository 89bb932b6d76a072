"""Every figure of a few plans, so that a change of a law shows which numbers it moves, and by how much.

After an intended change: `pytest tests/test_golden_figures.py --update-golden`, then read the diff.
"""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

from made_plans import build_plan
from plans import PLANS

from pysim.physics.workload import Parallelism, Schedule
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan

GOLDEN = Path(__file__).parent / "golden" / "figures.txt"
MADE = {
    "alone": build_plan("gpt2-124m", world_size=1, sharding="ddp", global_batch_size=8, precision="fp32"),
    "ddp": build_plan("opt-13b", "mi300x", sharding="ddp", recompute="full"),
    "zero2": build_plan("gemma-7b", "tpu-v5p", sharding="zero2"),
    "zero3": build_plan("qwen2.5-72b", "b200", sharding="zero3", precision="fp8", recompute="full"),
    "context": build_plan("llama3-8b", parallel=Parallelism(tensor=2, context=4), sequence_length=131_072, recompute="none"),
    "uneven": build_plan("bloom-176b", "a100-80gb", world_size=384, parallel=Parallelism(tensor=4, pipeline=12, virtual_pipeline=3)),
    "experts": build_plan("deepseek-v3", "h800", world_size=2048, parallel=Parallelism(pipeline=16, expert=32), global_batch_size=4096),
    "rack": build_plan("dbrx-132b", "gb200", world_size=576, parallel=Parallelism(tensor=2, expert=16), global_batch_size=1152),
    "cards": build_plan("llama2-7b", "rtx-4090", world_size=16, parallel=Parallelism(pipeline=4), sharding="fsdp", micro_batch_size=2),
    "joke": replace(build_plan("gpt2-124m", "potato-mk2"), loss_curve="exponential"),
    "stable": replace(build_plan("olmo2-13b", "gaudi3"), schedule=Schedule("wsd", 3e-4, 3e-5, 100, 400), epochs=5),
}  # fmt: skip


def rows(plan: Plan) -> dict[str, str]:
    """Figures by name; parts of a part have its name before theirs."""
    found: dict[str, str] = {}
    for field in fields(made := figures(plan)):
        value = getattr(made, field.name)
        parts = (
            {f"{field.name} {part.name}": getattr(value, part.name) for part in fields(value)}
            if is_dataclass(value)
            else {field.name: value}
        )
        found |= {name: f"{part}" for name, part in parts.items()}
    return found


def table() -> list[str]:
    """A row for each figure, a column for each plan."""
    plans = {**MADE, **PLANS}
    columns = [rows(plan) for plan in plans.values()]
    lines = [("", *plans), *((name, *(column[name] for column in columns)) for name in columns[0])]
    return [f"{first:<34}{''.join(f'{word:>20}' for word in rest)}" for first, *rest in lines]


def test_figures_are_what_they_were(*, update_golden: bool) -> None:
    if update_golden:
        GOLDEN.write_text("\n".join(table()) + "\n", encoding="utf-8", newline="\n")
    assert table() == GOLDEN.read_text(encoding="utf-8").splitlines()
