"""What Lightning 2.6 says when the processes of a node find each other (lightning/fabric/utilities/distributed.py), for all that stand on it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysim.views.dialects.dialect import DialectView, Lines

_RULE = "-" * 100


def on_this_node(view: "DialectView") -> range:
    """The ranks whose output is shown: those of the first node."""
    return range(min(view.header.per_node, view.header.world_size))


def joining(view: "DialectView") -> "Lines":
    """By each process."""
    for rank in on_this_node(view):
        yield f"Initializing distributed: GLOBAL_RANK: {rank}, MEMBER: {rank + 1}/{view.header.world_size}"


def joined(view: "DialectView") -> "Lines":
    """By the first one, when all are there."""
    yield _RULE
    yield f"distributed_backend={'nccl' if view.header.device == 'GPU' else 'gloo'}"
    yield f"All distributed processes registered. Starting with {view.header.world_size} processes"
    yield _RULE
    yield ""
