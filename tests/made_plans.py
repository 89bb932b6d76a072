"""Plans made from the few choices that a test cares about."""

from typing import Any

from pysim.catalog import accelerators, datasets, models, tokenizers
from pysim.physics.workload import Parallelism, Schedule
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.presets import is_invented

DEFAULTS: dict[str, Any] = {
    "name": "test",
    "world_size": 64,
    "precision": "bf16",
    "parallel": Parallelism(),
    "sharding": "zero1",
    "recompute": "selective",
    "sequence_length": 2048,
    "micro_batch_size": 1,
    "global_batch_size": 512,
    "epochs": 1,
    "schedule": Schedule("cosine", 3e-4, 3e-5, 100),
    "loss_curve": "scaling-law",
    "validation_interval": 100,
    "validation_batches": 10,
    "checkpoint_interval": 100,
    "seed": 0,
    "start_time": 0,
}


def build_plan(model: str = "llama2-7b", accelerator: str = "h100-sxm", **changes: Any) -> Plan:
    choices = DEFAULTS | changes
    rows = {
        "model": models()[model],
        "accelerator": accelerators()[accelerator],
        "dataset": next(iter(datasets().values())),
        "tokenizer": next(iter(tokenizers().values())),
        "tokens": 1000 * choices["global_batch_size"] * choices["sequence_length"],
    }
    return Plan(**(rows | choices))


def is_joke(plan: Plan) -> bool:
    """Whether anything in a plan is made up for fun."""
    return any(is_invented(row) for row in (plan.model, plan.accelerator, plan.dataset))
