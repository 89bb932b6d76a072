"""From what was asked for to a whole plan.

Where a preset is asked for, it is the start and the rest adapts to what is changed. Where parts of a plan are asked for,
the others are drawn from the seed. Where nothing is, it is the default preset. What was asked for always stands; if it
cannot be simulated, the error says what would work.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pysim.catalog import Dataset, UnknownName, find, tokenizers
from pysim.physics.cluster import step_time
from pysim.physics.workload import Parallelism, Schedule, ScheduleKind, Sharding
from pysim.pretraining.names import run_name
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning import draws, sizing
from pysim.pretraining.planning.intervals import round_steps, with_intervals
from pysim.pretraining.planning.layout import Wishes, fit, keep, worlds_from
from pysim.pretraining.planning.policies import with_policies
from pysim.pretraining.planning.presets import DEFAULT_PRESET, DEFAULT_START, Preset, presets
from pysim.pretraining.planning.reading import Asked, read
from pysim.pretraining.planning.request import Request
from pysim.pretraining.planning.validate import LARGEST_WORLD, PlanError, validate
from pysim.story.rounding import significant

__all__ = ["PlanError", "Preset", "Request", "UnknownName", "choose_plan", "draw_plan", "presets"]

_SECONDS_PER_DAY = 86_400.0
_LONGEST_DAYS, _SHORTEST_DAYS = 100.0, 0.08  # of a drawn run
_BATCH_DOUBLINGS = 4  # a batch that was not asked for may grow with the cluster
_SLOWEST = 1.7  # times the estimate, beyond which a larger batch is tried
_BATCHES_TRIED, _HARDLY_SLOWER = 3, 1.2
_STEPS_AT_LEAST = 100
_WARMUP_SHARE = 20  # the warm-up takes at most a twentieth of the run
_DECAY_SHARE = 5  # wsd: the last fifth decays


def choose_plan(request: Request) -> Plan:
    """The plan that a request leads to.

    Raises:
        UnknownName: if a preset, model, accelerator or dataset is not asked.
        PlanError: if the plan cannot be simulated.
    """
    plan = _chosen(request)
    return with_policies(plan, request) if request.decides else plan


def _chosen(request: Request) -> Plan:
    """What is trained on what, and how."""
    if request.preset is None and request.changes_plan:
        return draw_plan(request)
    preset = find(presets(), "preset", request.preset or DEFAULT_PRESET)
    plan = preset.plan(request.seed, request.start)
    return _adapt(plan, read(request)) if request.changes_plan else _checked(plan)


def draw_plan(request: Request) -> Plan:
    """A plan whose parts are drawn from the seed, except for what is asked for; `preset` is not looked at.

    Raises:
        UnknownName, PlanError: as `choose_plan`.
    """
    return _draw(request, read(request))


def _adapt(base: Plan, asked: Asked) -> Plan:
    """A preset with parts replaced; everything else as before, as far as it still makes sense."""
    model, dataset = asked.model or base.model, asked.dataset or base.dataset
    accelerator = asked.accelerator or base.accelerator
    tokens, epochs = _amount(asked, dataset, base.tokens, base.tokens // base.epochs)
    same_model = model == base.model
    sequence_length = base.sequence_length if same_model else min(model.context_length, base.sequence_length)
    batch = base.global_batch_size if same_model else max(1, sizing.usual_batch_tokens(model) // sequence_length)
    draft = replace(
        base,
        model=model,
        tokenizer=tokenizers()[model.tokenizer],
        accelerator=accelerator,
        dataset=dataset,
        world_size=asked.gpus or base.world_size,
        precision=asked.precision or sizing.best_precision(accelerator, base.precision),
        parallel=asked.parallel or base.parallel,
        sharding=asked.sharding or base.sharding,
        sequence_length=sequence_length,
        global_batch_size=batch,
        tokens=tokens,
        epochs=epochs,
        loss_curve=asked.loss_curve or base.loss_curve,
    )
    shardings = (asked.sharding,) if asked.sharding else _fallbacks(base)
    wishes = Wishes(asked.parallel, shardings)
    worlds = (asked.gpus,) if asked.gpus else worlds_from(base.world_size, LARGEST_WORLD)
    draft = _with_batch(draft, asked)
    laid_out = _lay_out(draft, wishes, worlds, _doublings(asked)) or _checked(draft)
    if laid_out == replace(base, dataset=dataset, loss_curve=laid_out.loss_curve) and not asked.schedule:
        return laid_out
    peak_lr = base.schedule.peak_lr if same_model else sizing.usual_peak_lr(model)
    share = base.schedule.final_lr / base.schedule.peak_lr if base.schedule.kind != "constant" else 0.1
    kind = asked.schedule or base.schedule.kind
    schedule = _schedule(kind, peak_lr, share, base.schedule.warmup_steps, laid_out.total_steps)
    return with_intervals(_checked(replace(laid_out, schedule=schedule)))


def _fallbacks(base: Plan) -> tuple[Sharding, ...]:
    """Kinds of sharding to try: the preset's, then what always works, with a pipeline if the preset has one."""
    usual: tuple[Sharding, ...] = ("zero1", "fsdp") if base.parallel.pipeline > 1 else ("fsdp", "zero1")
    return tuple(dict.fromkeys((base.sharding, *usual)))


def _draw(request: Request, asked: Asked) -> Plan:
    """A plan around what is asked for."""
    seed = request.seed
    setup = draws.draw_setup(seed, asked)
    model = setup.model
    tokens, epochs = _amount(asked, setup.dataset, setup.tokens, setup.tokens)
    worlds = [asked.gpus] if asked.gpus else draws.draw_worlds(seed, setup, tokens)
    sequence_length = draws.draw_sequence_length(seed, model)
    draft = Plan(
        name=run_name(seed),
        model=model,
        accelerator=setup.accelerator,
        world_size=worlds[0],
        dataset=setup.dataset,
        tokenizer=tokenizers()[model.tokenizer],
        precision=setup.precision,
        parallel=asked.parallel or Parallelism(),
        sharding=asked.sharding or "zero1",
        recompute="none",
        sequence_length=sequence_length,
        micro_batch_size=1,
        global_batch_size=draws.draw_batch(seed, model, sequence_length, tokens),
        tokens=tokens,
        epochs=epochs,
        schedule=Schedule("constant", 1.0, 1.0, 0),
        loss_curve=asked.loss_curve or "scaling-law",
        validation_interval=1,
        validation_batches=1,
        checkpoint_interval=1,
        seed=seed,
        start_time=DEFAULT_START if request.start is None else request.start,
    )
    shardings = (asked.sharding,) if asked.sharding else draws.draw_shardings(seed, model)
    wishes = Wishes(asked.parallel, shardings)
    draft = _with_batch(draft, asked)
    plan = _lay_out_drawn(draft, wishes, worlds, _doublings(asked)) or _checked(draft)
    if not asked.tokens and not asked.epochs:
        plan = _shortened(plan)
    kind = asked.schedule or draws.draw_schedule_kind(seed)
    peak_lr = significant(sizing.usual_peak_lr(model) * draws.draw_lr_factor(seed), 2)
    schedule = _schedule(kind, peak_lr, draws.draw_final_share(seed), draws.draw_warmup(seed), plan.total_steps)
    return with_intervals(_checked(replace(plan, schedule=schedule)))


def _amount(asked: Asked, dataset: Dataset, tokens: int, epoch_tokens: int) -> tuple[int, int]:
    """Tokens and epochs: what is asked for, else `tokens`, as often through the corpus as that takes."""
    if asked.tokens:
        wanted = asked.tokens
        return wanted, asked.epochs or -(-wanted // dataset.tokens)
    if asked.epochs:
        return asked.epochs * min(dataset.tokens, epoch_tokens), asked.epochs
    possible = min(tokens, sizing.MOST_EPOCHS * dataset.tokens)
    return possible, -(-possible // dataset.tokens)


def _with_batch(draft: Plan, asked: Asked) -> Plan:
    """The draft with the batch that is asked for, or one small enough for its tokens."""
    if asked.batch_tokens:
        sequences = max(1, round(asked.batch_tokens / draft.sequence_length))
        return replace(draft, global_batch_size=sequences)
    sequences = draft.tokens // (draft.epochs * draft.sequence_length)  # of one epoch
    batch = draft.global_batch_size
    while sequences >= _STEPS_AT_LEAST and sequences < _STEPS_AT_LEAST * batch:
        batch //= 2
    return replace(draft, global_batch_size=batch)


def _lay_out(draft: Plan, wishes: Wishes, worlds: Sequence[int], most_doublings: int) -> Plan | None:
    """The preset's draft, as laid out or anew, on the first world that carries it with a batch grown as little as possible."""
    for world in worlds:
        for sized in _sizes(draft, world, most_doublings):
            plan = keep(sized) or fit(sized, wishes)
            if plan:
                return plan
    return None


def _lay_out_drawn(draft: Plan, wishes: Wishes, worlds: Sequence[int], most_doublings: int) -> Plan | None:
    """The draft on the first world where it takes a sensible time; if there is none, on the first that carries it."""
    first: Plan | None = None
    for world in worlds:
        fitting = filter(None, (fit(sized, wishes) for sized in _sizes(draft, world, most_doublings)))
        plan = _smallest_of_fast(list(_until(islice(fitting, _BATCHES_TRIED), _is_efficient)))
        if plan is None:
            continue
        if _SHORTEST_DAYS <= _run_days(plan) <= _LONGEST_DAYS:
            return plan
        first = first or plan
    return first


def _doublings(asked: Asked) -> int:
    """How often the batch may be doubled: not at all if it is asked for."""
    return 0 if asked.batch_tokens else _BATCH_DOUBLINGS


def _sizes(draft: Plan, world: int, most_doublings: int) -> Iterator[Plan]:
    """The draft on a world, with its batch and with larger ones."""
    for doublings in range(most_doublings + 1):
        yield replace(draft, world_size=world, global_batch_size=draft.global_batch_size << doublings)


def _until(plans: Iterable[Plan], enough: Callable[[Plan], bool]) -> Iterator[Plan]:
    """The plans up to the first that is good enough."""
    for plan in plans:
        yield plan
        if enough(plan):
            return


def _smallest_of_fast(plans: Sequence[Plan]) -> Plan | None:
    """The first plan, in order of batch, that larger batches hardly better."""
    fastest = min(map(_run_days, plans), default=0.0)
    return next((plan for plan in plans if _run_days(plan) <= _HARDLY_SLOWER * fastest), None)


def _is_efficient(plan: Plan) -> bool:
    """Whether the run comes near the estimate that its world was chosen by."""
    estimate = sizing.days(plan.model, plan.accelerator, plan.precision, plan.tokens, plan.world_size)
    return _run_days(plan) <= _SLOWEST * estimate


def _shortened(plan: Plan) -> Plan:
    """The plan with fewer tokens, if it would take too long."""
    excess = _run_days(plan) / _LONGEST_DAYS
    return replace(plan, tokens=sizing.round_count(plan.tokens / excess)) if excess > 1 else plan


def _run_days(plan: Plan) -> float:
    return plan.total_steps * significant(step_time(plan).total_seconds) / _SECONDS_PER_DAY


def _schedule(kind: ScheduleKind, peak_lr: float, final_share: float, warmup: int, total_steps: int) -> Schedule:
    """A schedule of this kind that fits the length of the run."""
    final_lr = peak_lr if kind == "constant" else significant(peak_lr * final_share, 2)
    warmup_steps = warmup if warmup * _WARMUP_SHARE <= total_steps else round_steps(total_steps / _WARMUP_SHARE)
    decay_steps = max(1, sizing.round_count(total_steps / _DECAY_SHARE)) if kind == "wsd" else 0
    return Schedule(kind, peak_lr, final_lr, warmup_steps, decay_steps)


def _checked(plan: Plan) -> Plan:
    """The plan, if it can be simulated; what is derived from it may rely on that."""
    validate(plan)
    return plan
