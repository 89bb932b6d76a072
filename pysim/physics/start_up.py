"""How long a start takes, part by part, from the launch to the first step.

There are seconds that any start takes, seconds for each billion parameters that are placed, and seconds for each rank, since processes
come up through one launcher and one file system, and all have to find each other. MLPerf's logs (Training 4.0 to 5.1, from init_start
to init_stop, GPUs; `data/published_runs.toml` has them) give the sum: 48 submissions on 8 to 11,616 accelerators take 50 s to 18 min.
The rates are fitted to half of them; how they divide into parts is assumed. What is left is the cluster's own, its file system,
fabric and software: starts on one cluster differ by 1 to 3 %, those of clusters by a third.
"""

from collections.abc import Mapping
from math import exp

from pysim.physics.transformer import parameter_count
from pysim.physics.workload import Workload

OWN_SECONDS = 10.0  # [M]
SECONDS_PER_BILLION = 0.85  # parameters
SECONDS_PER_RANK = 0.055
TOKENIZER = "loading the tokenizer"
TOKENIZER_SECONDS = (1.0, 2.0)  # reading a vocabulary, whatever the cluster is
CLUSTER_SPREAD = 0.36  # standard deviation of the logarithm of what was reported over the law
_FURTHEST = 2.5  # standard deviations that a cluster lies from the law at most
_BILLION = 1e9

SHARES: Mapping[str, tuple[float, float, float]] = {
    "launching processes": (0.30, 0.0, 0.18),
    "detecting accelerators": (0.05, 0.0, 0.04),
    "connecting process groups": (0.20, 0.0, 0.62),
    "testing the fabric": (0.03, 0.0, 0.02),
    "initialising weights": (0.07, 0.66, 0.0),
    TOKENIZER: (0.0, 0.0, 0.0),
    "indexing the dataset": (0.15, 0.0, 0.07),
    "allocating the optimizer": (0.05, 0.17, 0.0),
    "warming up": (0.15, 0.17, 0.07),
}
"""Of the start's own seconds, of those for parameters, of those for ranks, by part and in order; each sums to one."""


def bring_up_seconds(plan: Workload) -> float:
    """Seconds from the launch to the first step on the median cluster, the tokenizer left out."""
    return float(OWN_SECONDS + SECONDS_PER_BILLION * _billions(plan) + SECONDS_PER_RANK * plan.world_size)


def part_seconds(plan: Workload, cluster: float, tokenizer: float) -> dict[str, float]:
    """Seconds of every part, in order, on a cluster that takes `cluster` times as long as the median one."""
    terms = (OWN_SECONDS, SECONDS_PER_BILLION * _billions(plan), SECONDS_PER_RANK * plan.world_size)
    parts = {
        name: cluster * sum(share * term for share, term in zip(shares, terms, strict=True))
        for name, shares in SHARES.items()
    }
    return parts | {TOKENIZER: tokenizer}


def cluster_factor(normal: float) -> float:
    """By how much a cluster's starts are longer than the median's, for a standard normal draw; from exp, to be rounded."""
    return exp(CLUSTER_SPREAD * max(-_FURTHEST, min(_FURTHEST, normal)))


def _billions(plan: Workload) -> float:
    return parameter_count(plan.model) / _BILLION
