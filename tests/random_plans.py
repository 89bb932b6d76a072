"""Random plans, and the auditor's findings in their runs: for a test over some and `make realism` over many.

An even seed's plan is drawn whole; an odd seed asks for some parts of it, or changes parts of a preset, as a person would.
"""

from dataclasses import replace
from random import Random
from typing import Any, get_args

from audited import Pieces, audited

from pysim.catalog import Precision, accelerators, datasets, models
from pysim.physics.ramps import BatchRamp
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
from pysim.pretraining.planning.ramping import nearest
from pysim.pretraining.planning.validate import validate

WORLDS = (1, 8, 24, 64, 256, 1000, 1024, 4096, 16_384)
SPLITS = ("16,16", "8x4", "7,8x14,7", "15,17,17,15")
LENGTHS = (1024, 2048, 4096, 8192, 32_768)
RAMP_SHARE = 0.3  # of the plans whose batch grows where it can
ASKED_SHARE = 0.25  # each part is asked for as often as that
WIDTHS = (80, 120, 200)
BRIEF = Pieces(whole=130, opening=40, middle=30, last=30)
STATISTICAL = Pieces(whole=1010, opening=40, middle=910, last=30)  # enough for the statistics of its noise
STATISTICAL_SEEDS = 10  # every so manieth


def random_plan(seed: int) -> Plan:
    """The seed's plan; what is asked for and cannot be simulated is asked for again in part, and at last not at all."""
    plan, chance = _plan(seed), Random(f"ramp {seed}")  # noqa: S311  # plans, not secrets
    if plan.batch_ramp or chance.random() > RAMP_SHARE:
        return plan
    return _ramped(plan, chance)


def _ramped(plan: Plan, chance: Random) -> Plan:
    """The plan with a batch that grows, as its batch and its layout allow; as it is where the batch is as small as can be."""
    full, sequences = plan.global_batch_size, plan.tokens // plan.epochs // plan.sequence_length
    wanted = BatchRamp(
        max(round(full * chance.uniform(0.02, 0.8)), 1),
        max(round(full * 10 ** chance.uniform(-2.5, -0.1)), 1),
        max(round(sequences * 10 ** chance.uniform(-3.0, -0.1)), 1),
    )
    ramped = replace(plan, batch_ramp=nearest(plan, wanted))
    validate(ramped)
    return ramped


def _plan(seed: int) -> Plan:
    """The seed's plan before its batch may grow."""
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
