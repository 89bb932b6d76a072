"""The rings and trees that NCCL lays over the ranks of a communicator.

Nodes hold `per_node` consecutive ranks, the last one what is left. In every channel the ranks of a node form a chain; channels start
it at different ranks, so that each leaves and enters the node through another adapter. A ring joins the chains of all nodes; a tree
hangs the chain under its first rank and joins the nodes by a double binary tree, the first half of the channels by one, the
second half by its mirror image (NVIDIA/nccl, src/graph/trees.cc and connect.cc, balanced trees). Ranks are int64, -1 is nobody.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NOBODY = -1
MAX_CHILDREN = 3  # one in the chain, two in other nodes

LOW_LATENCY_THRESHOLD = 8  # bytes per rank and thread up to which LL takes one more thread; NCCL, src/graph/tuning.cc
FEW_RANKS = (
    32  # up to here, two point-to-point channels for each peer [M: 2 at 16 and 32 ranks, 1 at 64, in public logs]
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a communicator's ranks lie on nodes, and how many channels it has."""

    ranks: int
    per_node: int
    channels: int

    @property
    def nodes(self) -> int:
        """Nodes that hold any of the ranks."""
        return -(-self.ranks // self.per_node)

    def chain(self, node: int, channel: int) -> list[int]:
        """The ranks of a node in a channel's order."""
        first, start = node * self.per_node, self.start(channel)
        size = min(self.per_node, self.ranks - first)
        return [first + (start + place) % size for place in range(size)]

    def start(self, channel: int) -> int:
        """By how much a channel's chains are turned; both halves of the channels alike, and not at all within one node."""
        return channel % max(self.channels // 2, 1) if self.nodes > 1 else 0


def channel_count(in_node: int, between_nodes: int, nodes: int) -> int:
    """Channels of a communicator over `nodes`."""
    return between_nodes if nodes > 1 else in_node


def channels_per_peer(ranks: int, channels: int) -> int:
    """Point-to-point channels for each peer, so that all peers together do not need more than there are."""
    return min(2 if ranks <= FEW_RANKS else 1, channels)


def ring_threshold(ranks: int) -> int:
    """The third group of NCCL's `threadThresholds` line: eight times the ranks."""
    return LOW_LATENCY_THRESHOLD * ranks


@lru_cache(maxsize=16)
def ring(layout: Layout, channel: int) -> Ints:
    """All ranks in the order of a channel's ring, from rank 0, shape (ranks,), read-only."""
    size, whole = layout.per_node, layout.ranks // layout.per_node
    firsts = size * np.arange(whole, dtype=np.int64)[:, None]
    turned = (layout.start(channel) + np.arange(size, dtype=np.int64)) % size
    last = layout.chain(whole, channel) if layout.ranks % size else []
    order = np.concatenate([(firsts + turned).ravel(), np.array(last, np.int64)])
    order = np.roll(order, -int(np.flatnonzero(order == 0)[0]))
    order.setflags(write=False)
    return order


@lru_cache(maxsize=1024)
def tree(layout: Layout, rank: int, channel: int) -> tuple[int, tuple[int, ...]]:
    """A rank's parent in a channel's tree, and its `MAX_CHILDREN` children."""
    node = rank // layout.per_node
    chain = layout.chain(node, channel)
    place = chain.index(rank)
    parent = chain[place - 1] if place else NOBODY
    children = chain[place + 1 : place + 2]
    above, *below = _node_tree(layout, node, channel)
    if place == 0 and above != NOBODY:
        parent = _carrier(layout, above, channel, node)
    for child in below:
        if child != NOBODY and _carrier(layout, node, channel, child) == rank:
            children.append(layout.chain(child, channel)[0])
    return parent, tuple(children + [NOBODY] * MAX_CHILDREN)[:MAX_CHILDREN]


def _carrier(layout: Layout, node: int, channel: int, child: int) -> int:
    """The rank of `node` that a child node hangs under: the second of the chain carries the first child, the first the second."""
    _, first, _ = _node_tree(layout, node, channel)
    chain = layout.chain(node, channel)
    return chain[min(1, len(chain) - 1) if child == first else 0]


def _node_tree(layout: Layout, node: int, channel: int) -> tuple[int, int, int]:
    """Parent and children of a node in the channel's tree over nodes: the binary tree or its image (shifted if nodes are odd)."""
    nodes = layout.nodes
    if channel < layout.channels // 2 or layout.channels == 1:
        return binary_tree(nodes, node)
    if nodes % 2 == 0:
        parent, first, second = (_mirror(nodes, other) for other in binary_tree(nodes, nodes - 1 - node))
    else:
        parent, first, second = (_shift(nodes, other) for other in binary_tree(nodes, (node - 1) % nodes))
    return parent, first, second


def _mirror(nodes: int, node: int) -> int:
    return node if node == NOBODY else nodes - 1 - node


def _shift(nodes: int, node: int) -> int:
    return node if node == NOBODY else (node + 1) % nodes


def binary_tree(nodes: int, node: int) -> tuple[int, int, int]:
    """Parent and both children in the binary tree that alternates leaves and inner nodes; the root is 0, with a second child only."""
    bit = 1
    while bit < nodes and not node & bit:
        bit <<= 1
    if node == 0:
        return NOBODY, NOBODY, bit >> 1 if nodes > 1 else NOBODY
    parent = (node ^ bit) | (bit << 1)
    if parent >= nodes:
        parent = node ^ bit
    step = second = bit >> 1
    while second and node + second >= nodes:
        second >>= 1
    return parent, node - step if step else NOBODY, node + second if second else NOBODY
