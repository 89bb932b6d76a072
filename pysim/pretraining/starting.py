"""How long the start of a plan takes on its own cluster: the law's parts, and what the seed makes of the cluster."""

from pysim.physics.start_up import TOKENIZER_SECONDS, cluster_factor, part_seconds
from pysim.pretraining.plan import Plan
from pysim.story.noise import Stream
from pysim.story.rounding import significant

_DIGITS = 3  # of what is a cluster's own
_CLUSTER, _TOKENIZER = 0, 1  # draws


def cluster_start(plan: Plan) -> float:
    """By how much this cluster's starts are longer than the median cluster's."""
    return significant(cluster_factor(_stream(plan).normal(_CLUSTER)), _DIGITS)


def tokenizer_seconds(plan: Plan) -> float:
    """Seconds that the tokenizer takes to load."""
    fastest, slowest = TOKENIZER_SECONDS
    return significant(fastest + (slowest - fastest) * _stream(plan).uniform(_TOKENIZER), _DIGITS)


def bring_up(plan: Plan) -> dict[str, float]:
    """Seconds of every part of the bring-up, in order."""
    return part_seconds(plan, cluster_start(plan), tokenizer_seconds(plan))


def _stream(plan: Plan) -> Stream:
    return Stream(plan.noise_seed, "start-up")
