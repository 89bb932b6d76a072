"""Rings and trees over the ranks of a communicator: valid ones, and those of real logs."""

import numpy as np
import pytest

from pysim.physics.communicator import NOBODY, Layout, channels_per_peer, ring, ring_threshold, tree

LAYOUTS = [
    Layout(ranks, per_node, channels)
    for ranks in (2, 3, 8, 12, 16, 24, 40, 56, 64, 96, 104)
    for per_node, channels in ((8, 16), (4, 24), (1, 2), (16, 8), (8, 1))
]
layouts = pytest.mark.parametrize("layout", LAYOUTS, ids=str)


@layouts
def test_a_ring_visits_each_rank_once_from_rank_0(layout: Layout) -> None:
    for channel in range(layout.channels):
        order = ring(layout, channel).tolist()
        assert order[0] == 0
        assert sorted(order) == list(range(layout.ranks))


@layouts
def test_a_ring_enters_each_node_once(layout: Layout) -> None:
    for channel in range(layout.channels):
        nodes = ring(layout, channel) // layout.per_node
        crossings = int(np.count_nonzero(nodes != np.roll(nodes, 1)))
        assert crossings == (layout.nodes if layout.nodes > 1 else 0)


@layouts
def test_a_tree_has_one_root_and_reaches_every_rank(layout: Layout) -> None:
    for channel in range(layout.channels):
        links = {rank: tree(layout, rank, channel) for rank in range(layout.ranks)}
        roots = [rank for rank, (parent, _) in links.items() if parent == NOBODY]
        assert len(roots) == 1
        reached, waiting = set[int](), roots
        while waiting:
            rank = waiting.pop()
            assert rank not in reached
            reached.add(rank)
            children = [child for child in links[rank][1] if child != NOBODY]
            assert all(links[child][0] == rank for child in children)
            waiting += children
        assert reached == set(range(layout.ranks))


@layouts
def test_who_names_a_parent_is_its_child(layout: Layout) -> None:
    for channel in range(layout.channels):
        for rank in range(layout.ranks):
            parent, _ = tree(layout, rank, channel)
            assert parent == NOBODY or rank in tree(layout, parent, channel)[1]


@pytest.mark.parametrize(
    ("rank", "channel", "parent", "children"),
    [  # two nodes of eight H100: NVIDIA/nccl-tests issue 319
        (0, 0, -1, [1, 8, -1]), (0, 1, 7, [-1, -1, -1]), (0, 8, 8, [1, -1, -1]), (1, 1, -1, [2, 9, -1]), (1, 9, 9, [2, -1, -1]),
        (7, 0, 6, [-1, -1, -1]), (7, 7, -1, [0, 15, -1]), (7, 15, 15, [0, -1, -1]), (14, 6, 6, [15, -1, -1]), (14, 14, -1, [15, 6, -1]),
        (15, 7, 7, [8, -1, -1]), (15, 15, -1, [8, 7, -1]), (5, 5, -1, [6, 13, -1]), (12, 12, -1, [13, 4, -1]), (8, 8, -1, [9, 0, -1]),
    ],
)  # fmt: skip
def test_trees_are_those_of_a_real_log(rank: int, channel: int, parent: int, children: list[int]) -> None:
    assert tree(Layout(16, 8, 16), rank, channel) == (parent, tuple(children))


def test_the_first_ring_counts_up() -> None:
    """As in the log of NVIDIA/nccl issue 1814."""
    assert ring(Layout(64, 8, 16), 0).tolist() == list(range(64))


def test_a_leaf_and_an_inner_node_share_the_load() -> None:
    """Balanced trees: the first rank of a node has its parent and one child node, the second rank the other child node."""
    layout = Layout(32, 8, 16)
    assert tree(layout, 0, 0) == (-1, (1, 16, -1))
    assert tree(layout, 16, 0) == (0, (17, 24, -1))
    assert tree(layout, 17, 0) == (16, (18, 8, -1))
    assert tree(layout, 8, 0) == (17, (9, -1, -1))


@pytest.mark.parametrize(("ranks", "threshold", "per_peer"), [(4, 32, 2), (16, 128, 2), (64, 512, 1)])
def test_thresholds_of_real_logs(ranks: int, threshold: int, per_peer: int) -> None:
    assert ring_threshold(ranks) == threshold
    assert channels_per_peer(ranks, 16) == per_peer
