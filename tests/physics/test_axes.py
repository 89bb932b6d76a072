"""The table of axes, and layouts as text."""

from dataclasses import fields
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.physics.axes import AXES, Axis, read_layout, written
from pysim.physics.workload import Parallelism

DEGREES = st.integers(1, 2**20)


def test_every_field_of_a_layout_is_an_axis() -> None:
    assert [axis.name for axis in AXES] == [field.name for field in fields(Parallelism)]


@given(st.builds(Parallelism, DEGREES, DEGREES, DEGREES, DEGREES, DEGREES))
def test_a_replica_has_the_accelerators_of_the_axes_that_divide_it(parallel: Parallelism) -> None:
    assert parallel.replica_size == prod(
        degree for axis, degree in parallel.degrees.items() if axis.divides == "replica"
    )


@given(st.dictionaries(st.sampled_from(AXES), DEGREES, min_size=1))
def test_a_written_layout_reads_back(layout: dict[Axis, int]) -> None:
    assert read_layout(written(layout)) == layout


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dp=2", "'dp' is none of tp, pp, cp, ep and vpp"),
        ("tp=8,tp=4", "tp comes twice"),
        ("tp=\u00b2", "tp needs a whole number from 1, not '\u00b2'"),
        ("tp", "tp needs a whole number from 1, not ''"),
        ("", "'' is none of"),
    ],
)
def test_what_is_no_layout_is_said(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_layout(text)
