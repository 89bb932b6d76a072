"""Rules of steps and epochs: each step against itself, the step before, and the plan."""

import math
import statistics

from auditor import sheets
from auditor.flops import mfu
from auditor.interval import Interval, exactly
from auditor.ledger import Ledger, Rules
from auditor.record import Record

_CALM_NORMS = 2.0  # times that of the quietest quarter of the steps, at most, where nothing shakes the training
_STORM = 3  # overflows in a row


def epoch_started(audit: Ledger, r: Record) -> None:
    per_epoch = audit.steps_per_epoch()
    if per_epoch:
        audit.tie("epoch's first step", r, r.number("step"), audit.steps_before(r.number("epoch").low) + 1)


def batch_grown(audit: Ledger, r: Record) -> None:
    """When the sequences that were taken say so, to what they say, and just before the first step that has it."""
    step, batch = r.number("step").low, r.number("global_batch_size")
    full, per_step = audit.fact("DatasetReady", "global_batch_size"), audit.fact("DatasetReady", "tokens_per_step")
    if full and per_step:
        share = audit.share_of_full_batch(step)
        audit.tie("batch of the plateau", r, batch, full * share, 1e-9)
        audit.tie("tokens of the plateau", r, r.number("tokens_per_step"), per_step * share, 1e-9)
        audit.holds("the batch grows", r, audit.share_of_full_batch(step - 1) < share)
    if r.has("accumulation") and audit.fact("DatasetReady", "accumulation"):
        micro_batches = audit.facts["DatasetReady"].number("accumulation")
        audit.tie("accumulation of the plateau", r, r.number("accumulation"), micro_batches * batch / (full or batch))
    if audit.step and audit.resumes_at is None:
        audit.tie("the batch grows before its step", r, r.number("step"), audit.step.number("step") + 1)
    if r.has("step_seconds"):
        audit.expected[int(batch.low)] = r.number("step_seconds")
        least, most = audit.fact("BatchRampReady", "first_step_seconds"), audit.fact("TrainingStarted", "step_seconds")
        if least and most:
            audit.tie("steps get longer", r, r.number("step_seconds"), Interval(least.low, most.high))


def step_completed(audit: Ledger, r: Record) -> None:
    for rule in (perplexity, _rates, _follows, _again, _learning_rate, _progress, _memory, _first_loss):
        rule(audit, r)
    audit.walk(r)
    audit.overflows = audit.overflows if r.fields.get("grad_norm") is None else 0


def perplexity(audit: Ledger, r: Record) -> None:
    """To every printed digit: the loss is printed as it is."""
    if not r.has("loss"):
        audit.holds("no number has none", r, not r.has("perplexity") and not r.has("grad_norm"))
    if not r.has("loss", "perplexity"):
        return
    loss, printed = r.loss(), r.number("perplexity").middle
    half, expected = 0.005 if printed < sheets.WHOLE_PERPLEXITY else 0.5, math.exp(min(loss, sheets.LARGEST_EXPONENT))
    audit.holds("ppl = exp(loss)", r, abs(expected - printed) <= half * (1 + 1e-9), f"{expected:.6f}")


def _rates(audit: Ledger, r: Record) -> None:
    per_step, batch = audit.fact("DatasetReady", "tokens_per_step"), audit.fact("DatasetReady", "global_batch_size")
    if not r.has("step_seconds"):
        return
    seconds, share = r.number("step_seconds"), audit.share_of_full_batch(r.number("step").low)
    if r.has("tokens_per_second") and per_step:
        made = r.number("tokens_per_second") * seconds
        audit.tie("tokens/s x seconds = tokens per step", r, made, per_step * share, 1e-9)
    if r.has("samples_per_second") and batch:
        audit.tie("samples/s x seconds = batch", r, r.number("samples_per_second") * seconds, batch * share, 1e-9)
    expected = mfu(audit, seconds, share) if r.has("mfu") else None
    if expected:
        audit.tie("MFU", r, r.number("mfu"), expected)


def _follows(audit: Ledger, r: Record) -> None:
    """Against the step before: the number, and the time on the clock. After an interruption the number may go back."""
    before = audit.step
    if before is None:
        return
    due = before.number("step") + 1 if audit.resumes_at is None else exactly(audit.resumes_at)
    audit.tie("one step after the other", r, r.number("step"), due)
    passed = r.time - before.time
    since = before if audit.resumes_at is None else audit.resumed
    if r.has("step_seconds") and since:
        audit.tie("clock = step time + other work", r, r.time - since.time, r.number("step_seconds") + audit.between)
    if r.has("elapsed_seconds") and before.has("elapsed_seconds"):
        elapsed = r.number("elapsed_seconds") - before.number("elapsed_seconds")
        audit.tie("elapsed follows the clock", r, elapsed, passed)


def _again(audit: Ledger, r: Record) -> None:
    """The same batch on the same weights has the same loss. Where something shakes the training the gradient norm tells of it, too."""
    step = int(r.number("step").low)
    known, norm = audit.done.get(step), audit.norms.get(step)
    meets = norm.meets(r.number("grad_norm")) if norm and r.has("grad_norm") else not audit.shaken
    audit.parted |= norm is not None and not meets
    told = meets and not (audit.shaken and audit.parted)
    if audit.shaken and norm:  # by two causes at once: the norm is that of the worse
        quiet = statistics.quantiles([each.middle for each in audit.norms.values()] * 2)[0]
        told &= norm.high < _CALM_NORMS * quiet and not audit.stormed
    if known is not None and not math.isnan(known) and told:
        audit.tie("a step that is done again has its loss", r, r.loss(), known, 2e-8)


def _learning_rate(audit: Ledger, r: Record) -> None:
    peak, warmup = audit.fact("OptimizerReady", "peak_learning_rate"), audit.fact("OptimizerReady", "warmup_steps")
    if not (peak and warmup and r.has("learning_rate")):
        return
    step, rate = r.number("step").low, r.number("learning_rate")
    if step <= warmup.low:
        audit.tie(
            "warm-up is linear", r, peak * (audit.full_batches(step) / audit.full_batches(warmup.low)), rate, 2e-3
        )
        return
    audit.holds("rate below its peak", r, rate.low <= peak.high)
    before = audit.step if audit.resumes_at is None else None
    if before and before.number("step").low >= warmup.low and before.has("learning_rate"):
        audit.holds("rate never rises after the warm-up", r, rate.low <= before.number("learning_rate").high)


def _progress(audit: Ledger, r: Record) -> None:
    per_epoch, per_step = audit.steps_per_epoch(), audit.fact("DatasetReady", "tokens_per_step")
    if r.has("epoch") and per_epoch:
        audit.tie("epoch of the step", r, r.number("epoch"), audit.epoch_of(r.number("step").low))
    if r.has("tokens") and per_step:
        audit.tie("tokens so far", r, r.number("tokens"), per_step * audit.full_batches(r.number("step").low), 1e-9)
    total = audit.fact("TrainingStarted", "total_steps")
    if total:
        audit.holds("step within the run", r, 1 <= r.number("step").low <= total.low)
        if r.has("total_steps"):
            audit.tie("steps of the run", r, r.number("total_steps"), total)


def _memory(audit: Ledger, r: Record) -> None:
    """Constant if the model is dense; with experts it follows the routing, up to the budget."""
    budget = audit.fact("OptimizerReady", "memory_bytes")
    if r.has("memory_bytes") and budget:
        used, dense = r.number("memory_bytes"), not (audit.fact("ModelReady", "experts") or exactly(0)).high
        audit.holds("memory constant", r, used == budget if dense else used.high <= budget.high)


def _first_loss(audit: Ledger, r: Record) -> None:
    """A model that has learned nothing guesses among all tokens, worse than evenly: by 0.80 nats at a width of 4,096."""
    vocabulary = audit.fact("ModelReady", "vocab_size")
    if vocabulary and r.number("step").low == 1 and not audit.exponential:
        excess = r.loss() - math.log(vocabulary.low)
        audit.holds("first loss is ln(vocabulary)", r, -0.1 < excess < 0.95, f"{excess:+.3f}")


def step_skipped(audit: Ledger, r: Record) -> None:
    audit.overflows += 1
    audit.stormed |= audit.overflows >= _STORM
    halved = r.number("loss_scale") / 2  # 1 is the least
    audit.tie("scale halves", r, Interval(max(halved.low, 1.0), max(halved.high, 1.0)), r.number("next_loss_scale"))
    if audit.step:
        audit.tie("step skipped", r, r.number("step"), audit.step.number("step"))
        audit.holds("overflow has no norm", r, audit.step.fields.get("grad_norm") is None)
        if audit.step.has("loss_scale"):
            audit.tie("scale of the skipped step", r, r.number("loss_scale"), audit.step.number("loss_scale"))


def epoch_completed(audit: Ledger, r: Record) -> None:
    per_epoch = audit.steps_per_epoch()
    if per_epoch and audit.step:
        audit.tie("epoch's last step", r, audit.step.number("step"), audit.steps_before(r.number("epoch").low + 1))
    epoch = r.number("epoch").low
    in_epoch = audit.steps_before(epoch + 1) - audit.steps_before(epoch) if per_epoch else 0.0
    covered = r.number("mean_steps")
    losses = audit.recent_losses(int(in_epoch), int(covered.low))
    if losses:
        audit.mean("mean loss of the epoch", r, "mean_loss", losses, 1e-5)
    if per_epoch and audit.whole:
        left_out = [step for step in audit.skipped if audit.epoch_of(step) == epoch]
        audit.tie("mean of all the epoch's steps", r, covered, min(in_epoch - len(left_out), 2**20))


def training_completed(audit: Ledger, r: Record) -> None:
    started = audit.facts.get("TrainingStarted")
    if started is None:
        return
    audit.tie("all steps done", r, r.number("step"), started.number("total_steps"))
    audit.tie("clock of the training", r, r.time - started.time, r.number("seconds"))


RULES: Rules = {
    "EpochStarted": epoch_started,
    "BatchGrown": batch_grown,
    "StepCompleted": step_completed,
    "StepSkipped": step_skipped,
    "EpochCompleted": epoch_completed,
    "TrainingCompleted": training_completed,
}
