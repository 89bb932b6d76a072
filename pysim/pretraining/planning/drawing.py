"""A plan whose parts are drawn from the seed, except for what is asked for: those fit around it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pysim.catalog import tokenizers
from pysim.physics.workload import Schedule, Sharding
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning import draws, sizing
from pysim.pretraining.planning.adapting import sizes
from pysim.pretraining.planning.amounts import (
    LONGEST_DAYS,
    amount,
    fitting_schedule,
    run_days,
    run_seconds,
    shortened,
    with_batch,
)
from pysim.pretraining.planning.draws import Setup
from pysim.pretraining.planning.intervals import with_intervals
from pysim.pretraining.planning.layout import fit
from pysim.pretraining.planning.limits import LONGEST_STEPS_SECONDS
from pysim.pretraining.planning.presets import DEFAULT_START
from pysim.pretraining.planning.ramping import with_ramp
from pysim.pretraining.planning.reading import Asked
from pysim.pretraining.planning.request import Request
from pysim.pretraining.planning.widening import blocked, hopeless, refusal, widened, wished
from pysim.story.rounding import significant

_SHORTEST_DAYS = 0.08  # of a drawn run
_SLOWEST = 1.7  # times the estimate, beyond which a larger batch is tried
_BATCHES_TRIED, _HARDLY_SLOWER = 3, 1.2
_SETUPS_WIDENED = 4  # beyond them, what does not fit will not
_SHORTEST_SEQUENCE = 1024  # tokens; GPT-2's


def draw(request: Request, asked: Asked) -> Plan:
    """A plan around what is asked for.

    Raises:
        PlanError: if nothing goes with that.
    """
    laid_out = _laid_out(request, asked)
    return with_intervals(_scheduled(with_ramp(shortened(laid_out, asked), asked), asked))


def _laid_out(request: Request, asked: Asked) -> Plan:
    """The first setup in a usual layout; if there is none, the first that fits at all."""
    drafts: list[Plan] = []
    for setup in draws.setups(request.seed or 0, asked):
        drafts.append(_draft(request, asked, setup))
        plan = _usual(drafts[-1], asked)
        if plan:
            return plan
    first, *others = drafts
    others.sort(key=lambda draft: draft.model.published_parameters)  # the smallest model goes with most
    possible = [draft for draft in (first, *others) if not hopeless(draft, asked)][:_SETUPS_WIDENED]
    shorter = [] if asked.seq_length else [_shortest(draft, asked) for draft in possible]
    for draft in (*possible, *shorter):
        plan = widened(draft, asked, _shardings(draft, asked))
        if plan:
            return plan
    raise blocked(first, asked) or refusal(_shortest(first, asked), asked, _shardings(first, asked))


def _shortest(draft: Plan, asked: Asked) -> Plan:
    """The draft with sequences as short as anyone's, if free, which need the least memory, and as many tokens per step."""
    if asked.seq_length:
        return draft
    shorter = min(draft.sequence_length, _SHORTEST_SEQUENCE)
    sequences = max(1, draft.tokens_per_step // shorter)
    return replace(draft, sequence_length=shorter, global_batch_size=sequences)


def _draft(request: Request, asked: Asked, setup: Setup) -> Plan:
    seed, model = request.seed or 0, setup.model
    tokens, epochs = amount(asked, setup.dataset, setup.tokens, setup.tokens)
    sequence_length = asked.seq_length or draws.draw_sequence_length(seed, model)
    draft = Plan(
        name="",
        model=model,
        accelerator=setup.accelerator,
        world_size=asked.gpus or draws.draw_worlds(seed, model, setup.accelerator, setup.precision, tokens)[0],
        dataset=setup.dataset,
        tokenizer=tokenizers()[model.tokenizer],
        precision=setup.precision,
        parallel=asked.layout,
        pipeline_split=asked.pipeline_split or (),
        sharding=asked.sharding or "zero1",
        recompute=asked.recompute or "none",
        param_precision=asked.param_precision,
        grad_precision=asked.grad_precision,
        optimizer_precision=asked.optimizer_precision or "fp32",
        cross_entropy=asked.cross_entropy or "fused",
        sequence_length=sequence_length,
        micro_batch_size=asked.sequences,
        global_batch_size=draws.draw_batch(seed, model, sequence_length, tokens),
        tokens=tokens,
        epochs=epochs,
        schedule=Schedule("constant", 1.0, 1.0, 0),
        loss_curve=asked.loss_curve or "scaling-law",
        validation_interval=1,
        validation_batches=1,
        checkpoint_interval=1,
        grid_interval=0,
        seed=seed,
        start_time=DEFAULT_START if request.start is None else request.start,
    )
    return with_batch(draft, asked)


def _shardings(draft: Plan, asked: Asked) -> tuple[Sharding, ...]:
    return (asked.sharding,) if asked.sharding else draws.draw_shardings(draft.seed, draft.model)


def _usual(draft: Plan, asked: Asked) -> Plan | None:
    """The draft on the first world where it takes a sensible time; if there is none, on the first where that is not endless."""
    if hopeless(draft, asked):
        return None
    first: Plan | None = None
    for world in (asked.gpus,) if asked.gpus else _drawn_worlds(draft):
        plan = _on_world(draft, world, asked)
        if plan is None:
            continue
        if _SHORTEST_DAYS <= run_days(plan) <= LONGEST_DAYS:
            return plan
        first = first or (plan if run_seconds(shortened(plan, asked)) <= LONGEST_STEPS_SECONDS else None)
    return first


def _drawn_worlds(draft: Plan) -> list[int]:
    return draws.draw_worlds(draft.seed, draft.model, draft.accelerator, draft.precision, draft.tokens)


def _on_world(draft: Plan, world: int, asked: Asked) -> Plan | None:
    wishes = wished(asked, _shardings(draft, asked))
    fitting = filter(None, (fit(sized, wishes) for sized in sizes(draft, (world,), asked)))
    return _smallest_of_fast(list(_until(islice(fitting, _BATCHES_TRIED), _is_efficient)))


def _until(plans: Iterable[Plan], enough: Callable[[Plan], bool]) -> Iterator[Plan]:
    """The plans up to the first that is good enough."""
    for plan in plans:
        yield plan
        if enough(plan):
            return


def _smallest_of_fast(plans: Sequence[Plan]) -> Plan | None:
    """The first plan, in order of batch, that larger batches hardly better."""
    fastest = min(map(run_days, plans), default=0.0)
    return next((plan for plan in plans if run_days(plan) <= _HARDLY_SLOWER * fastest), None)


def _is_efficient(plan: Plan) -> bool:
    """Whether the run comes near the estimate that its world was chosen by."""
    estimate = sizing.days(plan.model, plan.accelerator, plan.precision, plan.tokens, plan.world_size)
    return run_days(plan) <= _SLOWEST * estimate


def _scheduled(plan: Plan, asked: Asked) -> Plan:
    seed = plan.seed
    kind = asked.schedule or draws.draw_schedule_kind(seed)
    peak_lr = significant(sizing.usual_peak_lr(plan.model) * draws.draw_lr_factor(seed), 2)
    final_share, warmup = draws.draw_final_share(seed), draws.draw_warmup(seed)
    return replace(plan, schedule=fitting_schedule(kind, peak_lr, final_share, warmup, plan.total_steps))
