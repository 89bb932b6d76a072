"""Every model on every accelerator: a plan, or the reason why there is none."""

import re
from dataclasses import replace
from itertools import product

import pytest
from thorough import sampled

from pysim.catalog import Accelerator, Model, accelerators, models
from pysim.physics.memory import memory_budget
from pysim.physics.workload import Parallelism, Sharding
from pysim.pretraining.planning.choose import PlanError, Request, choose_plan
from pysim.pretraining.planning.limits import LARGEST_WORLD
from pysim.pretraining.planning.sizing import best_precision
from pysim.pretraining.planning.validate import structure_problem, validate

SUM = r"weights [\d.]+ \+ .* = ([\d.]+) GiB > ([\d.]+) GiB"
SHARDINGS: tuple[Sharding, ...] = ("fsdp", "zero1")
BASE = choose_plan(Request(preset="classic"))


def fits_somewhere(model: Model, accelerator: Accelerator) -> bool:
    """Whether any division of the model among the most accelerators fits, with nothing kept that can be computed again."""
    sequence_length = min(model.context_length, 1024)
    draft = replace(
        BASE,
        model=model,
        accelerator=accelerator,
        precision=best_precision(accelerator),
        recompute="full",
        micro_batch_size=1,
        sequence_length=sequence_length,
        world_size=LARGEST_WORLD,
        global_batch_size=LARGEST_WORLD,
        tokens=20 * LARGEST_WORLD * sequence_length,
        dataset=replace(BASE.dataset, tokens=10**18),
        epochs=1,
    )
    powers = [2**power for power in range(8)]
    layouts = (
        replace(draft, parallel=Parallelism(tensor, pipeline, 1, expert), sharding=sharding)
        for tensor, pipeline, expert, sharding in product(powers[:5], powers, powers, SHARDINGS)
    )
    return any(memory_budget(plan).fits for plan in layouts if structure_problem(plan) is None)


@pytest.mark.parametrize("model", sampled(models().values(), 10, ids=models()))
def test_a_pair_has_a_plan_or_does_not_fit_anywhere(model: Model) -> None:
    for name, accelerator in accelerators().items():
        request = Request(model=model.name, accelerator=name)
        refused = refusal_of(request)
        if refused:
            assert does_not_fit(refused), refused
            assert not fits_somewhere(model, accelerator), refused
            validate(choose_plan(replace(request, **dict(refused.change or {}))))


def refusal_of(request: Request) -> PlanError | None:
    try:
        plan = choose_plan(request)
    except PlanError as error:
        return error
    assert (plan.model.name, plan.accelerator.name) == (request.model, request.accelerator)
    return None


def does_not_fit(refused: PlanError) -> bool:
    """Whether the sum is shown, and right."""
    found = re.fullmatch(SUM, refused.problem)
    return found is not None and float(found[1]) > float(found[2])
