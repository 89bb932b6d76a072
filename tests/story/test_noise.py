"""Noise with addresses: any part of a stream, in any order, is the same."""

from statistics import NormalDist, fmean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pysim.story.noise import Stream, fnv1a, normal_quantile, once_each

SAMPLE = 200_000
seeds = st.integers(0, 2**64 - 1)
indices = st.integers(0, 2**62)
LOSS_WORDS = [
    1466127301764999407,
    14107707809100298342,
    10785115445380001587,
    12956062652673385392,
    11490300656308711313,
]


@given(seed=seeds, start=indices, count=st.integers(1, 40), data=st.data())
def test_a_word_depends_on_its_address_alone(seed: int, start: int, count: int, data: st.DataObject) -> None:
    stream = Stream(seed, "words")
    index = data.draw(st.integers(0, count - 1))
    words = stream.words(start, count)
    assert words.shape == (count,)
    assert words[index] == stream.words(start + index, 1)[0]


@given(seed=seeds, index=indices)
def test_one_draw_is_the_first_of_many(seed: int, index: int) -> None:
    stream = Stream(seed, "single")
    assert stream.uniform(index) == stream.uniforms(index, 3)[0]
    assert stream.normal(index) == stream.normals(index, 3)[0]


@given(seed=seeds, index=indices)
def test_spread_needs_no_arrays(seed: int, index: int) -> None:
    stream = Stream(seed, "spread")
    assert stream.spread_at(index) == stream.spread(np.array([index]))[0]
    assert 0.0 <= stream.spread_at(index) < 1.0


@given(indices=st.lists(st.integers(0, 40), max_size=60), far=st.integers(0, 10**9))
def test_what_is_drawn_once_for_each_index_is_what_is_drawn_for_all(indices: list[int], far: int) -> None:
    draw = Stream(1, "once").spread
    for index in (np.array(indices, np.int64), np.array([*indices, far], np.int64)):
        assert once_each(draw, index).tolist() == draw(index).tolist()


def test_what_many_have_in_common_is_drawn_once() -> None:
    asked: list[int] = []

    def draw(index: NDArray[np.int64]) -> NDArray[np.int64]:
        asked.extend(index.tolist())
        return index * 10

    assert once_each(draw, np.array([[7, 9, 7], [9, 9, 8]], np.int64)).tolist() == [[70, 90, 70], [90, 90, 80]]
    assert asked == [7, 8, 9]


def test_words_are_the_same_for_ever() -> None:
    """The promise of one seed, one run: these words are part of it."""
    assert Stream(0, "loss").words(0, 5).tolist() == LOSS_WORDS
    assert Stream(2**64, "loss").words(0, 5).tolist() == LOSS_WORDS, "seeds count modulo 2**64"


def test_streams_are_independent() -> None:
    streams = [Stream(seed, name) for seed in (0, 1) for name in ("loss", "grad-norm")]
    draws = np.corrcoef([stream.normals(0, SAMPLE) for stream in streams])
    assert np.abs(draws - np.eye(4)).max() < 0.01


def test_neighbours_are_independent() -> None:
    z = Stream(3, "loss").normals(0, SAMPLE)
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 0.01


def test_moments() -> None:
    u, z = Stream(5, "moments").uniforms(0, SAMPLE), Stream(5, "moments").normals(0, SAMPLE)
    assert (u > 0.0).all()
    assert (u < 1.0).all()
    assert fmean(u.tolist()) == pytest.approx(0.5, abs=0.003)
    assert pstdev(u.tolist()) == pytest.approx(12**-0.5, abs=0.003)
    assert fmean(z.tolist()) == pytest.approx(0.0, abs=0.01)
    assert pstdev(z.tolist()) == pytest.approx(1.0, abs=0.01)
    assert fmean((z**3).tolist()) == pytest.approx(0.0, abs=0.03)
    assert fmean((z**4).tolist()) == pytest.approx(3.0, abs=0.06)


def test_spread_is_uniform_and_shows_no_pattern() -> None:
    """Durations are differences of neighbours: an even sequence would give them three values."""
    drawn = Stream(1, "even").spread(np.arange(10_000))
    counts, _ = np.histogram(drawn, bins=10, range=(0.0, 1.0))
    assert np.abs(counts - 1000).max() < 120
    assert len(np.unique(np.round(np.diff(drawn), 6))) > 9_900
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.04


@given(st.floats(1e-300, 1.0, exclude_max=True))
def test_the_quantile_is_that_of_the_standard_library(p: float) -> None:
    expected = NormalDist().inv_cdf(p)
    assert normal_quantile(np.array([p]))[0] == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("p", [0.5, 0.075, 0.925, 0.0750001, 1e-10, 1 - 1e-10, 1.4e-11, 1e-12, 1e-300])
def test_the_quantile_at_the_seams_of_its_approximations(p: float) -> None:
    assert normal_quantile(np.array([p]))[0] == pytest.approx(NormalDist().inv_cdf(p), rel=1e-13, abs=1e-15)


def test_the_quantile_keeps_the_shape() -> None:
    p = np.array([[0.5, 0.001], [0.999, 0.3]])
    assert normal_quantile(p).shape == (2, 2)
    assert normal_quantile(np.full(3, 0.4)).tolist() == [NormalDist().inv_cdf(0.4)] * 3


def test_fnv1a() -> None:
    """Reference values of the Fowler-Noll-Vo page."""
    assert fnv1a("") == 0xCBF29CE484222325
    assert fnv1a("a") == 0xAF63DC4C8601EC8C
    assert fnv1a("foobar") == 0x85944171F73967E8
