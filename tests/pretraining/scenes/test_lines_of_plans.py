"""What is filled into evidence and depends on how a run is parallelised, and on where it went on."""

from dataclasses import replace

import pytest
from befalling import SMALL, calm, one
from plans import CLASSIC, PIPELINED, TINY

from pysim.catalog.incidents import causes
from pysim.pretraining.names import checkpoint_path
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.pretraining.scenes.case import Case, _kinds
from pysim.pretraining.scenes.evidence import _neighbours
from pysim.pretraining.scenes.template import FIELDS, Saying

CRASHING = next(cause.name for cause in causes().values() if cause.effect == "crash" and cause.hits == "accelerator")


def case_of(run: Run) -> Case:
    return Case(run, run.befallen[0])


def field(name: str, run: Run) -> object:
    befallen = run.befallen[0]
    saying = Saying(case=case_of(run), rank=0, about=None, time_us=befallen.noticed_us, waited_until_us=0)
    return FIELDS[name](saying)


def resumption(run: Run) -> Stretch:
    stretch = run.incidents.resumption(run.befallen[0])
    assert stretch is not None
    return stretch


@pytest.mark.parametrize(
    ("plan", "gathered", "scattered", "reduced"),
    [(CLASSIC, 2, 1, 0), (replace(TINY, sharding="zero1"), 1, 1, 0), (replace(TINY, sharding="ddp"), 0, 0, 1)],
    ids=["fsdp", "zero1", "ddp"],
)
def test_replicas_move_each_layer_as_their_sharding_does(
    plan: Plan, gathered: int, scattered: int, reduced: int
) -> None:
    layers = plan.model.layers
    collectives = _kinds(calm(plan))
    names = [name for name, _, numel_out in collectives if numel_out > 1]
    assert names.count("_ALLGATHER_BASE") == gathered * layers
    assert names.count("_REDUCE_SCATTER_BASE") == scattered * layers
    assert names.count("ALLREDUCE") == reduced * layers
    assert collectives.count(("ALLREDUCE", 1, 1)) == 1
    widest = max(max(numel_in, numel_out) for _, numel_in, numel_out in collectives)
    assert widest * layers == pytest.approx(calm(plan).figures.parameters, rel=0.01)


def test_a_job_of_shards_sums_only_the_norm_and_the_loss_over_all_of_its_ranks() -> None:
    assert _kinds(calm(PIPELINED)) == [("ALLREDUCE", 1, 1), ("ALLREDUCE", 2, 2)]


def test_neighbours_are_the_ranks_of_the_node_that_were_not_hit() -> None:
    cause = next(cause.name for cause in causes().values() if cause.hits == "accelerator")
    case = case_of(one(cause, SMALL))
    choir = _neighbours(case)
    node = case.befallen.incident.node
    assert {voice.node for voice in choir.voices} == {node}
    assert {voice.rank for voice in choir.voices}.isdisjoint(case.ranks_hit)
    assert len(choir.voices) + choir.unlisted == case.per_node - len(case.ranks_hit)


def test_the_checkpoint_that_is_loaded_is_the_one_that_training_goes_on_from() -> None:
    run = one(CRASHING, SMALL, 1500)
    after = resumption(run).resumed_after
    assert after > 0
    assert field("older_checkpoint", run) == checkpoint_path(run.plan, after)
    assert field("skipped_from", run) is field("skipped_to", run) is None


def test_there_is_no_older_checkpoint_where_none_was_saved() -> None:
    run = one(CRASHING, SMALL, 20)
    assert resumption(run).resumed_after == 0
    assert field("older_checkpoint", run) is None


def test_the_batches_that_are_left_out_are_those_before_the_first_that_is_trained_on() -> None:
    cause = next(cause for cause in causes().values() if cause.rollback and cause.rollback.skipped_batches[1])
    run = one(cause.name, None, 1500)
    stretch = resumption(run)
    first, last = field("skipped_from", run), field("skipped_to", run)
    assert (first, last) == (stretch.resumed_after + 1, stretch.first_data_step - 1)
