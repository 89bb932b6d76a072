"""What is said of a plan that cannot be; every suggestion works, whatever was asked for."""

import re
from random import Random
from typing import Any, get_args

import pytest
from thorough import sampled

from pysim.catalog import Precision, accelerators, datasets, models
from pysim.edge.playlist import plans
from pysim.edge.staging import explain
from pysim.options.commandline import parse
from pysim.options.refusals import refusal
from pysim.physics.workload import (
    CrossEntropy,
    GradPrecision,
    MomentPrecision,
    ParamPrecision,
    Recompute,
    ScheduleKind,
    Sharding,
)
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.planning.problem import PlanError

LINE = re.compile(r"--(?P<option>[a-z-]+): (?P<value>\S+) does not work: .+; try (?P<changes>--.+)")
VALUES: dict[str, tuple[Any, ...]] = {
    "preset": tuple(presets()),
    "model": tuple(models()),
    "accelerator": tuple(accelerators()),
    "gpus": (1, 2, 7, 8, 24, 64, 100, 256, 1000, 4096, 16_384, 100_000, 524_288),
    "dataset": tuple(datasets()),
    "precision": get_args(Precision),
    "parallel": (
        "tp=8",
        "pp=4",
        "tp=2,pp=2",
        "cp=2",
        "cp=3",
        "ep=8",
        "tp=4,pp=4,vpp=2",
        "pp=3",
        "tp=3",
        "tp=16",
        "vpp=4",
    ),
    "pipeline-split": ("8x4", "7,8x14,7", "12x2", "6x2", "16,16", "1x1024"),
    "sharding": get_args(Sharding),
    "seq-length": (1, 100, 1024, 2048, 4096, 8192, 10_000, 32_768, 131_072, 16_777_216),
    "micro-batch": (1, 2, 3, 8, 64, 1_000_000),
    "recompute": get_args(Recompute),
    "param-precision": get_args(ParamPrecision),
    "grad-precision": get_args(GradPrecision),
    "optimizer-precision": get_args(MomentPrecision),
    "cross-entropy": get_args(CrossEntropy),
    "batch-tokens": ("100", "64K", "1M", "4M", "100M", "1e12"),
    "batch-ramp": ("192,16,9765625", "16,16,1M", "1,1,1", "100,100,1M", "256,256,1B", "off"),
    "tokens": ("10", "1e6", "100M", "1e10", "1.5T", "1e14", "1e16", "1e18"),
    "epochs": (1, 3, 50, 1_000_000),
    "schedule": get_args(ScheduleKind),
    "seed": tuple(range(20)),
}


def asked(chance: Random) -> dict[str, str]:
    """Some options, as a person might try them."""
    share = chance.choice((0.2, 0.35, 0.5))
    return {name: str(chance.choice(values)) for name, values in VALUES.items() if chance.random() < share}


def refused(options: dict[str, str]) -> str | None:
    """What is said of these options; None if there is a plan."""
    settings = parse([f"--{name}={value}" for name, value in options.items()])
    try:
        next(plans(settings, 0))
    except PlanError as error:
        return explain(error)
    return None


def changes(line: str) -> dict[str, str]:
    found = LINE.fullmatch(line)
    assert found, line
    return dict(re.findall(r"--([a-z-]+) (\S+)", found["changes"]))


@pytest.mark.parametrize("ten", sampled(range(40), 16))
def test_a_suggestion_works_and_is_for_options_that_were_given(ten: int) -> None:
    """Four hundred tries, of which half cannot be: each of those is answered with what can, in the units of its options."""
    for seed in range(10 * ten, 10 * ten + 10):
        options = asked(Random(seed))  # noqa: S311 - choices, not secrets
        line = refused(options)
        if line is None:
            continue
        instead = changes(line)
        found = LINE.fullmatch(line)
        assert found
        assert {found["option"], *instead} <= options.keys(), (options, line)
        assert "preset" not in instead, (options, line)
        assert all(options[name] != value for name, value in instead.items()), (options, line)
        assert refused(options | instead) is None, (options, line)


def test_what_no_option_asks_for_is_refused_in_its_own_words() -> None:
    error = PlanError("total_steps", 0, "must be positive", hint="try 1")
    assert refusal(error) == str(error)
