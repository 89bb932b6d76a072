"""Random plans, and the auditor's findings in their runs: for a test over some and `make realism` over many.

An even seed's plan is drawn whole; an odd seed asks for some parts of it, or changes parts of a preset, as a person would.
"""

from random import Random
from typing import Any, get_args

from audited import Pieces, audited

from pysim.catalog import Precision, accelerators, datasets, models
from pysim.physics.workload import (
    CrossEntropy,
    GradPrecision,
    MomentPrecision,
    ParamPrecision,
    Recompute,
    ScheduleKind,
    Sharding,
)
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.presets import presets

WORLDS = (1, 8, 24, 64, 256, 1000, 1024, 4096, 16_384)
SPLITS = ("16,16", "8x4", "7,8x14,7", "15,17,17,15")
LENGTHS = (1024, 2048, 4096, 8192, 32_768)
ASKED_SHARE = 0.25  # each part is asked for as often as that
WIDTHS = (80, 120, 200)
BRIEF = Pieces(whole=130, opening=40, middle=30, last=30)
STATISTICAL = Pieces(whole=1010, opening=40, middle=910, last=30)  # enough for the statistics of its noise
STATISTICAL_SEEDS = 10  # every so manieth


def random_plan(seed: int) -> Plan:
    """The seed's plan; what is asked for and cannot be simulated is asked for again in part, and at last not at all."""
    asked = _asked(Random(seed)) if seed % 2 else {}  # noqa: S311  # plans, not secrets
    while asked:
        try:
            return choose_plan(Request(seed=seed, **asked))
        except PlanError:
            asked.pop(next(iter(asked)))
    return choose_plan(Request(seed=seed, epochs=1))


def findings(seed: int) -> list[str]:
    """What does not tie in the text of the seed's run: its start, some of its middle and its end."""
    pieces = STATISTICAL if seed % STATISTICAL_SEEDS == 0 else BRIEF
    auditor = audited(random_plan(seed), WIDTHS[seed % len(WIDTHS)], pieces=pieces)
    checks = len(auditor.checks)
    few = [] if checks > 30 else [f"only {checks} rules were put to the test"]  # of some fifty
    return [f"seed {seed}: {finding}" for finding in (*auditor.findings, *few)]


def _asked(chance: Random) -> dict[str, Any]:
    """Some parts of a plan, or a preset."""
    parts: dict[str, tuple[Any, ...]] = {
        "preset": tuple(presets()),
        "model": tuple(models()),
        "accelerator": tuple(accelerators()),
        "dataset": tuple(datasets()),
        "gpus": WORLDS,
        "precision": get_args(Precision),
        "pipeline_split": SPLITS,
        "sharding": get_args(Sharding),
        "seq_length": LENGTHS,
        "micro_batch": (1, 2, 4, 8),
        "recompute": get_args(Recompute),
        "param_precision": get_args(ParamPrecision),
        "grad_precision": get_args(GradPrecision),
        "optimizer_precision": get_args(MomentPrecision),
        "cross_entropy": get_args(CrossEntropy),
        "schedule": get_args(ScheduleKind),
    }
    return {part: chance.choice(choices) for part, choices in parts.items() if chance.random() < ASKED_SHARE}
