"""Which nodes and ranks an incident hits."""

from pysim.catalog.incidents import Cause
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.luck import Incident

_NODES_HIT = {"rack": 4, "switch": 32}  # host names have four slots a rack; 32 nodes a leaf switch: ByteRobust, table 5
_WHOLE_NODES = ("node", "rack", "switch")


def nodes_hit(plan: Plan, incident: Incident) -> range:
    """The nodes that are hit, or the one in which something is."""
    return nodes_beside(incident.cause, incident.node, plan.nodes)


def nodes_beside(cause: Cause, node: int, nodes: int) -> range:
    """The nodes that a cause hits with one, of so many."""
    width = _NODES_HIT.get(cause.hits, 1)
    first = node - node % width
    return range(first, min(first + width, nodes))


def ranks_hit(plan: Plan, incident: Incident) -> range:
    """The ranks that are hit: one, or all of the nodes."""
    if incident.cause.hits in _WHOLE_NODES:
        nodes = nodes_hit(plan, incident)
        return range(ranks_of(plan, nodes.start).start, ranks_of(plan, nodes.stop - 1).stop)
    rank = victim(plan, incident)
    return range(rank, rank + 1)


def victim(plan: Plan, incident: Incident) -> int:
    """The rank that is hit, the first of its node where the whole node is."""
    local_rank = 0 if incident.cause.hits in _WHOLE_NODES else incident.local_rank
    return min(incident.node * plan.accelerators_per_node + local_rank, plan.world_size - 1)


def ranks_of(plan: Plan, node: int) -> range:
    """The ranks of a node; the last one may have fewer."""
    first = node * plan.accelerators_per_node
    return range(first, min(first + plan.accelerators_per_node, plan.world_size))
