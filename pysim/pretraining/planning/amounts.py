"""How much is trained, in how many steps and at which rate: what a plan has besides a model on a cluster."""

from dataclasses import replace

from pysim.catalog import Dataset
from pysim.physics.cluster import step_time
from pysim.physics.workload import Schedule, ScheduleKind
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning import sizing
from pysim.pretraining.planning.intervals import round_steps
from pysim.pretraining.planning.limits import FEWEST_STEPS, LONGEST_STEPS_SECONDS
from pysim.pretraining.planning.reading import Asked
from pysim.pretraining.ramp import steps_seconds
from pysim.story.rounding import significant

STEPS_AT_LEAST = 100  # that a batch which is not asked for leaves room for
LONGEST_DAYS = 100.0  # of a run whose length is not asked for
_WARMUP_SHARE = 20  # the warm-up takes at most a twentieth of the run
_DECAY_SHARE = 5  # wsd: the last fifth decays


def amount(asked: Asked, dataset: Dataset, tokens: int, epoch_tokens: int) -> tuple[int, int]:
    """Tokens and epochs: what is asked for, else `tokens`, as often through the corpus as that takes."""
    if asked.tokens:
        return asked.tokens, asked.epochs or -(-asked.tokens // dataset.tokens)
    if asked.epochs:
        return asked.epochs * min(dataset.tokens, epoch_tokens), asked.epochs
    possible = min(tokens, sizing.MOST_EPOCHS * dataset.tokens)
    return possible, -(-possible // dataset.tokens)


def with_batch(draft: Plan, asked: Asked) -> Plan:
    """The draft with the batch that is asked for, or one small enough for its tokens."""
    if asked.batch_tokens:
        sequences = max(1, round(asked.batch_tokens / draft.sequence_length))
        return replace(draft, global_batch_size=sequences)
    sequences = epoch_sequences(draft)
    batch = draft.global_batch_size
    while sequences >= STEPS_AT_LEAST and sequences < STEPS_AT_LEAST * batch:
        batch //= 2
    return replace(draft, global_batch_size=batch)


def epoch_sequences(draft: Plan) -> int:
    """Sequences of one epoch."""
    return draft.tokens // (draft.epochs * draft.sequence_length)


def lengthened(draft: Plan, asked: Asked) -> Plan:
    """The draft with enough tokens for its batch, if it is free to have them."""
    if asked.tokens or asked.epochs or draft.total_steps >= FEWEST_STEPS:
        return draft
    tokens = STEPS_AT_LEAST * draft.tokens_per_step
    return replace(draft, tokens=tokens, epochs=-(-tokens // draft.dataset.tokens))


def shortened(plan: Plan, asked: Asked) -> Plan:
    """The plan with fewer tokens, if they are free and it would take too long; with epochs that are asked for, if for ever."""
    excess = run_days(plan) / LONGEST_DAYS
    if asked.tokens or excess <= 1 or (asked.epochs and run_seconds(plan) <= LONGEST_STEPS_SECONDS):
        return plan
    shorter = replace(plan, tokens=sizing.round_count(plan.tokens / excess))
    return shorter if shorter.total_steps >= FEWEST_STEPS else plan


def run_seconds(plan: Plan) -> float:
    """How long all steps take, without what comes between them."""
    return steps_seconds(plan, significant(step_time(plan).total_seconds))


def run_days(plan: Plan) -> float:
    """The same in days."""
    return run_seconds(plan) / sizing.SECONDS_PER_DAY


def fitting_schedule(kind: ScheduleKind, peak_lr: float, final_share: float, warmup: int, total_steps: int) -> Schedule:
    """A schedule of this kind that fits the length of the run."""
    final_lr = peak_lr if kind == "constant" else significant(peak_lr * final_share, 2)
    warmup_steps = warmup if warmup * _WARMUP_SHARE <= total_steps else round_steps(total_steps / _WARMUP_SHARE)
    decay_steps = max(1, sizing.round_count(total_steps / _DECAY_SHARE)) if kind == "wsd" else 0
    return Schedule(kind, peak_lr, final_lr, warmup_steps, decay_steps)
