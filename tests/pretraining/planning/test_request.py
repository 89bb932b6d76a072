"""A request, and how it is read."""

from dataclasses import fields
from typing import get_args

from pysim.catalog import Precision
from pysim.physics.workload import (
    AttentionKernel,
    CrossEntropy,
    Execution,
    GradPrecision,
    LossCurve,
    MomentPrecision,
    Parallelism,
    ParamPrecision,
    Recompute,
    ScheduleKind,
    Sharding,
)
from pysim.pretraining.planning.reading import Asked, read
from pysim.pretraining.planning.request import Request, offers


def test_whatever_is_offered_of_a_plan_is_read() -> None:
    chosen = [name for name, offer in offers() if offer.chooses]
    assert chosen == ["preset", *(field.name for field in fields(Asked))]


def test_the_words_on_offer_are_those_of_their_types() -> None:
    words = {name: offer.names for name, offer in offers() if offer.names and not callable(offer.names)}
    assert len(words.pop("software_year")) > 1
    kinds = {
        "precision": Precision,
        "sharding": Sharding,
        "recompute": Recompute,
        "param_precision": ParamPrecision,
        "grad_precision": GradPrecision,
        "optimizer_precision": MomentPrecision,
        "cross_entropy": CrossEntropy,
        "schedule": ScheduleKind,
        "loss_curve": LossCurve,
    }
    kinds |= {"attention_kernel": AttentionKernel, "execution": Execution}
    assert words == {name: get_args(kind) for name, kind in kinds.items()}


def test_everything_but_a_seed_and_a_start_is_a_part_of_a_plan() -> None:
    assert [field.name for field in fields(Request)] == [*(name for name, _ in offers()), "start"]
    assert Request(seed=4, start=9).given == {}
    assert Request(preset="classic", gpus=8).given == {"preset": "classic", "gpus": 8}


def test_a_whole_plan_is_no_change_of_it() -> None:
    assert not Request(preset="classic").changes_plan
    assert Request(preset="classic", gpus=8).changes_plan


def test_nothing_asked_is_nothing_read() -> None:
    assert read(Request(preset="classic")) == Asked()
    assert read(Request(parallel="ep=8")).expert == 8
    assert Asked().expert == 1
    assert read(Request(micro_batch=3)).sequences == 3
    assert Asked().sequences == 1


def test_a_split_says_how_many_stages_there_are() -> None:
    assert read(Request(pipeline_split="7,8x14,7")).layout == Parallelism(pipeline=16)
    assert read(Request(pipeline_split="16,16", parallel="tp=2,pp=2")).layout == Parallelism(tensor=2, pipeline=2)
    assert Asked().layout == Parallelism()
