"""A preset with parts replaced: everything else as before, as far as it still makes sense."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pysim.catalog import tokenizers
from pysim.physics.workload import Parallelism, Sharding
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning import sizing
from pysim.pretraining.planning.amounts import amount, fitting_schedule, with_batch
from pysim.pretraining.planning.intervals import with_intervals
from pysim.pretraining.planning.layout import Wishes, fit, keep, worlds_from
from pysim.pretraining.planning.limits import LARGEST_WORLD
from pysim.pretraining.planning.ramping import with_ramp
from pysim.pretraining.planning.reading import Asked
from pysim.pretraining.planning.widening import hopeless, refusal, widened, wished

_BATCH_DOUBLINGS = 4  # a batch that was not asked for may grow with the cluster


def adapt(base: Plan, asked: Asked) -> Plan:
    """The preset's plan with what is asked for.

    Raises:
        PlanError: if that fits on no cluster.
    """
    draft = _draft(base, asked)
    shardings = (asked.sharding,) if asked.sharding else _fallbacks(base)
    usual = None if hopeless(draft, asked) else _lay_out(draft, asked, wished(asked, shardings))
    laid_out = usual or widened(draft, asked, shardings)
    if laid_out is None:
        raise refusal(draft, asked, shardings)
    laid_out = with_ramp(laid_out, asked, base.batch_ramp)
    if laid_out == replace(base, dataset=draft.dataset, loss_curve=draft.loss_curve) and not asked.schedule:
        return laid_out
    return with_intervals(_rescheduled(base, laid_out, asked))


def _draft(base: Plan, asked: Asked) -> Plan:
    model, dataset = asked.model or base.model, asked.dataset or base.dataset
    accelerator = asked.accelerator or base.accelerator
    tokens, epochs = amount(asked, dataset, base.tokens, base.tokens // base.epochs)
    same_model = model == base.model
    usual_length = base.sequence_length if same_model else min(model.usual_length, base.sequence_length)
    sequence_length = asked.seq_length or usual_length
    batch_tokens = base.tokens_per_step if same_model else sizing.usual_batch_tokens(model)
    precision = asked.precision or sizing.best_precision(accelerator, base.precision)
    draft = replace(
        base,
        model=model,
        tokenizer=tokenizers()[model.tokenizer],
        accelerator=accelerator,
        dataset=dataset,
        world_size=asked.gpus or base.world_size,
        precision=precision,
        parallel=asked.parallel or _with_stages(base.parallel, asked),
        sharding=asked.sharding or base.sharding,
        recompute=asked.recompute or base.recompute,
        sequence_length=sequence_length,
        micro_batch_size=asked.micro_batch or base.micro_batch_size,
        global_batch_size=max(1, batch_tokens // sequence_length),
        batch_ramp=None,  # it comes when the batch is known
        pipeline_split=asked.pipeline_split or (base.pipeline_split if same_model else ()),
        param_precision=asked.param_precision or (base.param_precision if precision == base.precision else None),
        grad_precision=asked.grad_precision or (base.grad_precision if precision == base.precision else None),
        optimizer_precision=asked.optimizer_precision or base.optimizer_precision,
        cross_entropy=asked.cross_entropy or base.cross_entropy,
        tokens=tokens,
        epochs=epochs,
        loss_curve=asked.loss_curve or base.loss_curve,
    )
    return with_batch(draft, asked)


def _with_stages(parallel: Parallelism, asked: Asked) -> Parallelism:
    """The layout with as many stages as the split that is asked for."""
    return replace(parallel, pipeline=len(asked.pipeline_split)) if asked.pipeline_split else parallel


def _fallbacks(base: Plan) -> tuple[Sharding, ...]:
    """Kinds of sharding to try: the preset's, then what always works, with a pipeline if the preset has one."""
    usual: tuple[Sharding, ...] = ("zero1", "fsdp") if base.parallel.pipeline > 1 else ("fsdp", "zero1")
    return tuple(dict.fromkeys((base.sharding, *usual)))


def _lay_out(draft: Plan, asked: Asked, wishes: Wishes) -> Plan | None:
    """The draft, as laid out or anew, on the first world that carries it with a batch grown as little as possible."""
    worlds = (asked.gpus,) if asked.gpus else worlds_from(draft.world_size, LARGEST_WORLD)
    for sized in sizes(draft, worlds, asked):
        plan = keep(sized, wishes) or fit(sized, wishes)
        if plan:
            return plan
    return None


def sizes(draft: Plan, worlds: Sequence[int], asked: Asked) -> Iterator[Plan]:
    """The draft on each world, with its batch and, if that is not asked for, with larger ones."""
    for world in worlds:
        for doublings in range(1 if asked.batch_tokens else _BATCH_DOUBLINGS + 1):
            yield replace(draft, world_size=world, global_batch_size=draft.global_batch_size << doublings)


def _rescheduled(base: Plan, laid_out: Plan, asked: Asked) -> Plan:
    """The plan with the preset's schedule, as far as it suits the model and the number of steps."""
    before = base.schedule
    peak_lr = before.peak_lr if laid_out.model == base.model else sizing.usual_peak_lr(laid_out.model)
    share = before.final_lr / before.peak_lr if before.kind != "constant" else 0.1
    kind = asked.schedule or before.kind
    warmup = int(before.warmup_steps)
    if laid_out.batch_ramp != base.batch_ramp:  # over as many full batches as before
        full_batches = base.batches.total(warmup) / base.global_batch_size
        warmup = laid_out.batches.steps_within(round(full_batches * laid_out.global_batch_size))
    schedule = fitting_schedule(kind, peak_lr, share, warmup, laid_out.total_steps)
    if kind == before.kind:
        schedule = replace(schedule, decay_shape=before.decay_shape)
    return replace(laid_out, schedule=schedule)
