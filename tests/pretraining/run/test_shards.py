"""Steps that wait for the next file of the corpus."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import CLASSIC, TINY

from pysim.catalog import datasets
from pysim.physics.batches import Batches
from pysim.physics.durations import shard_read_seconds, shards_read
from pysim.pretraining.run.periodic import Lengths
from pysim.pretraining.run.run import simulate
from pysim.pretraining.run.shards import NO_SHARDS, Shards
from pysim.story.noise import Stream
from pysim.story.steps import DataStep, Executed

MUON = Shards(Batches(512), 1024, 100_000_000, Lengths(246_000, 24_600, Stream(3, "shard-read-time")))
STEPS = np.arange(6001, dtype=np.int64)
LONG_TINY = replace(
    TINY, epochs=1, tokens=2000 * TINY.tokens_per_step, validation_interval=500, checkpoint_interval=700
)
RUN = simulate(LONG_TINY)


def test_a_border_comes_every_190_7_steps() -> None:
    """100e6 / 524,288, as in the log of Muon 124M."""
    slow = np.flatnonzero(np.diff(MUON.totals_us(STEPS))) + 1
    assert slow[:5].tolist() == [191, 382, 573, 763, 954]
    assert len(slow) == 31


def test_each_read_takes_its_own_time() -> None:
    reads = np.diff(MUON.totals_us(STEPS))
    taken = reads[reads > 0]
    assert 246_000 - 24_600 <= taken.min() < taken.max() <= 246_000 + 24_600
    assert len(set(taken.tolist())) > 25


@given(step=st.integers(0, 6000))
def test_one_total_is_one_of_all(step: int) -> None:
    assert MUON.total_us(DataStep(step)) == MUON.totals_us(STEPS)[step]
    assert NO_SHARDS.total_us(DataStep(step)) == NO_SHARDS.totals_us(STEPS)[step] == 0


def test_only_the_step_at_a_border_is_slow() -> None:
    columns = RUN.steps.columns(Executed(2), Executed(2000))
    tokens = columns.data_step * LONG_TINY.tokens_per_step
    border = tokens // 100_000_000 > (tokens - LONG_TINY.tokens_per_step) // 100_000_000
    waited = (columns.duration_us - np.diff(RUN.timeline._pace.clock.totals_us(1, 2000))) / 1e6
    assert border.sum() == 10
    assert waited[border] == pytest.approx(0.246, abs=0.06)
    assert (waited[~border] == 0.0).all()


def test_the_run_s_times_hold_together_with_reads() -> None:
    timeline = RUN.timeline
    starts, ends = timeline.spans_us(Executed(1), Executed(2000))
    for step in (1, 2, 190, 191, 192, 382, 500, 700, 701, 1907, 2000):
        assert starts[step - 1] == timeline.start_of_us(Executed(step))
        assert ends[step - 1] == timeline.end_of_us(Executed(step))
        assert timeline.step_at(timeline.start_of_us(Executed(step))) == step
    for step in range(1, 2000):
        assert starts[step] == timeline.next_start_us(Executed(step))
    assert RUN.steps.columns(Executed(2000), Executed(2000)).eta_us[0] == timeline.end_us - timeline.end_of_us(
        Executed(2000)
    )


def test_reads_count_in_the_expected_length() -> None:
    figures = RUN.figures
    periodic = 4 * figures.validation_seconds + 3 * figures.checkpoint_seconds
    expected = 2000 * figures.step_seconds + figures.first_step_extra_seconds + periodic + 10 * 0.246
    assert shards_read(LONG_TINY) == 10
    assert figures.training_seconds == pytest.approx(expected, rel=1e-5)


def test_a_mapped_corpus_has_no_borders() -> None:
    assert shard_read_seconds(CLASSIC) == 0.0
    assert shards_read(CLASSIC) == 0


def test_a_loader_that_is_asked_often_reads_ahead() -> None:
    large = replace(LONG_TINY, global_batch_size=16 * LONG_TINY.global_batch_size, dataset=datasets()["fineweb-10b"])
    assert shard_read_seconds(LONG_TINY) == pytest.approx(0.246)
    assert shard_read_seconds(large) == 0.0
