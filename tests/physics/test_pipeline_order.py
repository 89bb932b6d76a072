"""The order of passes in a pipeline: the published total, and nobody begins before what it needs is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.physics.pipeline_order import Pass, order, times


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 6), st.floats(0.1, 5.0))
def test_all_of_it_takes_the_published_time(stages: int, chunks: int, groups: int, backward: float) -> None:
    """(m·v + p - 1) passes both ways (Narayanan et al. 2021), where micro-batches fill their groups."""
    chunks = chunks if stages > 1 else 1
    micro_batches = groups * stages if chunks > 1 else groups
    found = times(stages, chunks, micro_batches, 1.0, backward)
    end = max(each.begin + (1.0 if each.what.is_forward else backward) for stage in found for each in stage)
    assert end == pytest.approx((micro_batches * chunks + stages - 1) * (1.0 + backward))


@given(st.integers(1, 7), st.integers(1, 3), st.integers(1, 12))
def test_every_pass_is_made_once_and_after_what_it_needs(stages: int, chunks: int, micro_batches: int) -> None:
    found = times(stages, chunks, micro_batches, 1.0, 2.0)
    ends = {(at, each.what): each.begin + 2.0 - each.what.is_forward for at, line in enumerate(found) for each in line}
    assert len(ends) == 2 * stages * chunks * micro_batches
    for (stage, what), end in ends.items():
        begin = end - 2.0 + what.is_forward
        if what.is_forward and stage:
            assert begin >= ends[stage - 1, what]
        if not what.is_forward and stage < stages - 1:
            assert begin >= ends[stage + 1, what]
        if not what.is_forward:
            assert begin >= ends[stage, what._replace(is_forward=True)]


def test_the_first_stage_of_four_warms_up_with_three() -> None:
    ways = [each.is_forward for each in order(0, 4, 1, 6)]
    assert ways == [True] * 3 + [True, False] * 3 + [False] * 3
    assert order(3, 4, 1, 2) == [Pass(True, 0, 0), Pass(False, 0, 0), Pass(True, 0, 1), Pass(False, 0, 1)]  # noqa: FBT003
