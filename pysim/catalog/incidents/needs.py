"""What a cluster has, in the words in which causes say what they need."""

from collections.abc import Iterator

from pysim.catalog.incidents.reading import failure_rates
from pysim.catalog.rows import Accelerator, Precision

_NODES_PER_LEAF_SWITCH = 32  # a switch takes 32 machines with it: ByteRobust, arXiv 2509.16293, table 5
_FIRST_SWITCHED_NVLINK = 3  # a DGX-1 joins its V100 by links alone
_NETWORKS = {"ib": ("infiniband", "rdma"), "roce": ("rdma",), "ethernet": ("sockets",)}


def what_it_has(accelerator: Accelerator, accelerators: int, precision: Precision, *, saves: bool) -> frozenset[str]:
    """What `accelerators` of a kind in a run that trains in `precision` can be hit by or speak of."""
    nodes = -(-accelerators // accelerator.per_node)
    return frozenset(
        {
            *failure_rates().generation_of(accelerator.name).has,
            *_size(accelerator, accelerators, nodes),
            *_links(accelerator.scale_up),
            *(("checkpoints",) if saves else ()),
            *(("fp16",) if precision == "fp16" else ()),
        }
    )


def _size(accelerator: Accelerator, accelerators: int, nodes: int) -> Iterator[str]:
    if accelerators > 1:
        yield "several-accelerators"
    if accelerator.per_node > 1:
        yield "chassis"
    if nodes == 1:
        yield "single-node"
    else:
        yield from ("several-nodes", "scheduler", "shared-storage")
        yield from _NETWORKS.get(accelerator.scale_out.partition("-")[0], ())
    if nodes > _NODES_PER_LEAF_SWITCH:
        yield "several-racks"


def _links(scale_up: str) -> Iterator[str]:
    if not scale_up.startswith("nvlink"):
        return
    digit = scale_up.removeprefix("nvlink")[:1]
    generation = int(digit) if digit.isdecimal() else 0
    yield "nvlink"
    yield "nvlink5" if generation > 4 else "nvlink4"  # noqa: PLR2004 - the names say the number
    if generation >= _FIRST_SWITCHED_NVLINK:
        yield "nvswitch"
