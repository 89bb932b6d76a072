"""What is not asked for gives way: a draft that does not fit as it is, on any cluster, with any layout, batch and length that can be.

The nearest cluster that carries it is taken. What is asked for stays; where nothing fits, `refusal` says why.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import log2

from pysim.physics.states import least_bytes
from pysim.physics.workload import Sharding
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning import sizing
from pysim.pretraining.planning.amounts import STEPS_AT_LEAST, epoch_sequences, lengthened, run_seconds, shortened
from pysim.pretraining.planning.layout import Wishes, fit, rounded_batch, tightest
from pysim.pretraining.planning.limits import FEWEST_STEPS, LARGEST_WORLD, LONGEST_STEPS_SECONDS, MOST_STEPS
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.reading import Asked
from pysim.pretraining.planning.validate import memory_problem, multiples, structure_problem, too_long

_LONGEST_DAYS = LONGEST_STEPS_SECONDS / sizing.SECONDS_PER_DAY
_REPLICAS = (128, 64, 32, 16, 8, 4, 2, 1)  # accelerators


def wished(asked: Asked, shardings: tuple[Sharding, ...], *, usual: bool = True) -> Wishes:
    """What a layout must be, and what it should be."""
    return Wishes(asked.parallel, shardings, usual, asked.micro_batch, asked.recompute)


def widened(draft: Plan, asked: Asked, shardings: tuple[Sharding, ...]) -> Plan | None:
    """The draft where it fits, and takes no longer than a run can; None if it fits nowhere."""
    draft = _divisible(draft, asked)
    if hopeless(draft, asked) or not _fits_anywhere(draft, asked, shardings):
        return None
    too_slow = False
    for usual in (True, False):
        for sized in filter(lambda sized: _least_days(sized, asked) <= _LONGEST_DAYS, _sizes(draft, asked)):
            plan = fit(sized, wished(asked, shardings, usual=usual))
            if plan and run_seconds(shortened(plan, asked)) <= LONGEST_STEPS_SECONDS:
                return plan
            too_slow = too_slow or plan is not None
        if too_slow:  # no other layout makes up for years
            return None
    return None


def blocked(draft: Plan, asked: Asked) -> PlanError | None:
    """What is wrong with a draft whatever its cluster, its layout and its batch, as far as they are free."""
    unit, batch = asked.expert * asked.sequences, draft.global_batch_size
    if not asked.batch_tokens:
        batch = _multiple(_fewest_sequences(draft), unit)
    elif batch >= unit:
        batch = rounded_batch(batch, unit)
    plain = replace(_plain(draft, asked), world_size=_unit(asked), global_batch_size=batch)
    return structure_problem(lengthened(plain, asked))


def _plain(draft: Plan, asked: Asked) -> Plan:
    """The draft with nothing in its layout but what is asked for."""
    return _divisible(replace(draft, parallel=asked.layout, micro_batch_size=asked.sequences), asked)


def hopeless(draft: Plan, asked: Asked) -> bool:
    """Whether there is no need to look for a layout: quick to ask."""
    too_few = sizing.cannot_hold(draft.model, draft.accelerator, least_bytes(draft), asked.gpus or LARGEST_WORLD)
    return too_few or blocked(draft, asked) is not None


def refusal(draft: Plan, asked: Asked, shardings: tuple[Sharding, ...]) -> PlanError:
    """Why a draft that cannot be widened fits nowhere."""
    problem = blocked(draft, asked)
    if problem:
        return problem
    wishes = wished(asked, shardings, usual=False)
    roomy = list(_roomy(_plain(draft, asked), asked))
    closest = next(filter(None, (tightest(sized, wishes) for sized in roomy)), None)
    if closest:
        return memory_problem(closest) or too_long(closest)
    nothing = PlanError("gpus", roomy[0].world_size, "no layout of this model goes with what else was asked for")
    return structure_problem(roomy[-1]) or nothing


def _roomy(draft: Plan, asked: Asked) -> Iterator[Plan]:
    """The draft on the largest cluster on which every replica has something to do, for large replicas and for small ones."""
    sequences = LARGEST_WORLD
    if asked.batch_tokens:
        sequences = draft.global_batch_size
    elif asked.tokens or asked.epochs:
        sequences = _power_of_two(epoch_sequences(draft) // FEWEST_STEPS)
    for replica in (asked.layout.replica_size,) if asked.parallel or asked.pipeline_split else _REPLICAS:
        unit = _unit(asked)
        world = asked.gpus or max(unit, min(LARGEST_WORLD, sequences * replica) // unit * unit)
        batch = (
            sequences
            if asked.batch_tokens
            else _multiple(max(min(sequences, world), _multiple(_fewest_sequences(draft), world)), asked.sequences)
        )
        yield lengthened(replace(draft, world_size=world, global_batch_size=batch), asked)


def _multiple(number: int, unit: int) -> int:
    """The smallest multiple from a number."""
    return -(-number // unit) * unit


def _power_of_two(limit: int) -> int:
    """The largest up to a limit, and at least 1."""
    return 1 << max(limit, 1).bit_length() - 1


def _fits_anywhere(draft: Plan, asked: Asked, shardings: tuple[Sharding, ...]) -> bool:
    """Whether the largest cluster carries it, with as large a batch as that needs: quick to ask where nothing does."""
    if asked.gpus or asked.batch_tokens or asked.tokens or asked.epochs:
        return True
    unit = _unit(asked)
    world = LARGEST_WORLD // unit * unit or unit
    largest = lengthened(replace(draft, world_size=world, global_batch_size=world * asked.sequences), asked)
    return fit(largest, wished(asked, shardings, usual=False)) is not None


def _divisible(draft: Plan, asked: Asked) -> Plan:
    """The draft with a sequence that its context parallelism divides, if it is free."""
    context, length = draft.parallel.context, draft.sequence_length
    if asked.seq_length or length % context == 0 or context > length:
        return draft
    return replace(draft, sequence_length=context * _power_of_two(length // context))


def _sizes(draft: Plan, asked: Asked) -> Iterator[Plan]:
    """The draft on every cluster that it might go on, with every batch that it might have there."""
    for world in (asked.gpus,) if asked.gpus else _worlds(draft, asked):
        for batch in dict.fromkeys(_batches(draft, asked, world)):
            yield lengthened(replace(draft, world_size=world, global_batch_size=batch), asked)


def _least_days(sized: Plan, asked: Asked) -> float:
    """How long the tokens that are asked for, or a step of every epoch, take at best."""
    tokens = asked.tokens or (asked.epochs or 0) * sized.tokens_per_step
    return sizing.least_days(sized.model, sized.accelerator, sized.precision, tokens, sized.world_size)


def _worlds(draft: Plan, asked: Asked) -> list[int]:
    """Clusters of whole replicas that could hold the model, nearest first; one at least."""
    unit = _unit(asked)
    doublings = [unit << power for power in range(LARGEST_WORLD.bit_length()) if unit << power <= LARGEST_WORLD]
    worlds = {*doublings, *(world for world in multiples(draft.world_size, unit) if world <= LARGEST_WORLD)}
    each = least_bytes(draft)
    able = [world for world in worlds if not sizing.cannot_hold(draft.model, draft.accelerator, each, world)]
    return sorted(able or worlds or {unit}, key=lambda world: (abs(log2(world / draft.world_size)), -world))


def _unit(asked: Asked) -> int:
    """Accelerators that only come together."""
    return asked.layout.replica_size * asked.layout.expert


def _batches(draft: Plan, asked: Asked, world: int) -> Iterator[int]:
    """Sequences per step: those of the draft, more for all replicas to have some, or fewer for enough steps."""
    yield draft.global_batch_size
    if asked.batch_tokens:
        return
    together = max(1, world // asked.layout.replica_size) * asked.sequences
    yield _multiple(draft.global_batch_size, together)
    yield _multiple(_fewest_sequences(draft), together)
    for steps in (STEPS_AT_LEAST, FEWEST_STEPS):
        yield _power_of_two(epoch_sequences(draft) // steps)


def _fewest_sequences(draft: Plan) -> int:
    """Sequences per step that keep the run from having too many steps."""
    return -(-draft.tokens // (draft.sequence_length * MOST_STEPS))
