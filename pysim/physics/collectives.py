"""How long collectives take: a hierarchical model of NCCL.

A collective over k nodes with g ranks in each runs its node part over the scale-up link and its network part over every
accelerator's own scale-out link at the same time, so the large-message time is about the larger of the two, not the sum
(the argument in stas00/ml-engineering, network/README, "hierarchical all-reduce"). Small messages pay a start-up time
that grows with the number of nodes, and all pay for the chunks that they are cut into; together they make the bus bandwidth
rise with the message as in nccl-tests tables.

`ranks_per_node` counts the members of the *group* in one node. Byte counts are those of nccl-tests: the full buffer of one
rank for all-reduce and all-to-all, the full (gathered) buffer for reduce-scatter and all-gather. All functions are pure.
"""

from dataclasses import replace
from math import log2, sqrt

from pysim.catalog import Interconnect

BYTES_PER_GB = 1e9
SECONDS_PER_MICROSECOND = 1e-6

# Fitted to nccl-tests (`make realism --fit`): no source states them.
NODE_RAMP_SECONDS = 23e-6  # start-up of a collective inside a node: kernel launch and filling the channels
NETWORK_RAMP_SECONDS = 150e-6  # start-up per doubling of the node count
CHUNK_SECONDS = 52e-6
"""Start of one chunk. A transfer is cut into chunks; few long ones fill the pipeline late, many short ones start often, so the
best number grows with the root of the message and so does the time lost: T + sqrt(c * T) where T is the time on full links."""


RING_SHARE = 0.82  # of the line rate: 370 of 450 GB/s on eight H100 (NVIDIA/nccl-tests issue 212)


def all_reduce_seconds(
    message_bytes: float, ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect
) -> float:
    """Seconds to sum `message_bytes` over `ranks`: a reduce-scatter and an all-gather, started once."""
    if ranks <= 1:
        return 0.0
    moving = 2 * _scatter_seconds(message_bytes, ranks, ranks_per_node, scale_up, scale_out)
    return ramp_seconds(ranks, ranks_per_node, scale_up, scale_out) + _pipelined(moving)


def reduce_scatter_seconds(
    message_bytes: float, ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect
) -> float:
    """Seconds to sum `message_bytes` over `ranks`, leaving each with its share."""
    if ranks <= 1:
        return 0.0
    moving = _scatter_seconds(message_bytes, ranks, ranks_per_node, _by_rings(scale_up), scale_out)
    return ramp_seconds(ranks, ranks_per_node, scale_up, scale_out) + _pipelined(moving)


def all_gather_seconds(
    message_bytes: float, ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect
) -> float:
    """Seconds until every rank holds all `message_bytes`: a reduce-scatter backwards."""
    return reduce_scatter_seconds(message_bytes, ranks, ranks_per_node, scale_up, scale_out)


def all_to_all_seconds(
    message_bytes: float, ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect
) -> float:
    """Seconds for every rank to send an equal part of its `message_bytes` to every other rank."""
    if ranks <= 1:
        return 0.0
    local = min(ranks, ranks_per_node)
    inside = message_bytes * (local - 1) / ranks / _bytes_per_second(scale_up)
    outside = message_bytes * (ranks - local) / ranks / _bytes_per_second(scale_out)
    return ramp_seconds(ranks, ranks_per_node, scale_up, scale_out) + max(inside, outside)


def bus_bandwidth(
    message_bytes: float, ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect
) -> float:
    """GB/s of an all-reduce as nccl-tests prints it: algorithm bandwidth times 2(n-1)/n (its doc/PERFORMANCE.md)."""
    seconds = all_reduce_seconds(message_bytes, ranks, ranks_per_node, scale_up, scale_out)
    return 2 * (ranks - 1) / ranks * message_bytes / seconds / BYTES_PER_GB if seconds else 0.0


def ramp_seconds(ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect) -> float:
    """Seconds before the links are busy: fixed ramps plus link latency along a tree."""
    local = min(ranks, ranks_per_node)
    nodes = ranks / local
    hops_microseconds = log2(local) * scale_up.latency_microseconds + log2(nodes) * scale_out.latency_microseconds
    return NODE_RAMP_SECONDS + NETWORK_RAMP_SECONDS * log2(nodes) + hops_microseconds * SECONDS_PER_MICROSECOND


def _pipelined(moving_seconds: float) -> float:
    """Seconds of a transfer that takes `moving_seconds` on full links, cut into chunks that follow each other."""
    return moving_seconds + sqrt(CHUNK_SECONDS * moving_seconds)


def _scatter_seconds(
    message_bytes: float, ranks: int, ranks_per_node: int, scale_up: Interconnect, scale_out: Interconnect
) -> float:
    """Seconds of the large-message part: the larger of the node part and the network part."""
    local = min(ranks, ranks_per_node)
    nodes = ranks / local
    inside = (local - 1) / local * message_bytes / _bytes_per_second(scale_up)
    outside = (nodes - 1) / nodes * message_bytes / local / _bytes_per_second(scale_out)
    return max(inside, outside)


def _by_rings(link: Interconnect) -> Interconnect:
    """The link without in-switch reduction, which speeds up sums that everybody gets, but neither gathering nor scattering."""
    return replace(link, busbw_gb_per_second=min(link.busbw_gb_per_second, RING_SHARE * link.line_rate_gb_per_second))


def _bytes_per_second(link: Interconnect) -> float:
    return link.busbw_gb_per_second * BYTES_PER_GB
