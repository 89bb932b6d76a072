"""Rules of validations: what they cover, how long they take, and which was the best."""

import math

from auditor.ledger import Ledger, Rules
from auditor.record import Record
from auditor.rules.training import perplexity


def started(audit: Ledger, r: Record) -> None:
    per_step = audit.fact("DatasetReady", "tokens_per_step")
    if per_step:
        audit.tie("tokens of a validation", r, per_step * r.number("batches"), r.number("tokens"))
    if audit.step:
        audit.tie("validation after its step", r, r.number("step"), audit.step.number("step"))


def completed(audit: Ledger, r: Record) -> None:
    perplexity(audit, r)
    audit.spend(r.number("seconds"))
    begun = audit.facts.get("ValidationStarted")
    if begun:
        audit.tie("clock of a validation", r, r.time - begun.time, r.number("seconds"))
        recent = audit.recent_losses(_steps_since_the_last(audit, begun))
        if recent:
            audit.mean("train loss beside it", r, "train_loss", recent, 1e-5)
    if "best_loss" in r.fields:
        judged(audit, r)


def _steps_since_the_last(audit: Ledger, begun: Record) -> int:
    """Steps since the validation before, whichever time it was done, of a batch that counts; 0 if unknown."""
    step, first = int(begun.number("step").low), begun.number("index").low == 1
    before = [done for done in audit.validated if done < step and done not in audit.skipped]
    audit.validated.append(step)
    return step - max(before) if before else step if first else 0


def judged(audit: Ledger, r: Record) -> None:
    measured, begun = audit.facts["ValidationCompleted"], audit.facts.get("ValidationStarted")
    if begun is None:
        return
    loss, step = measured.loss(), begun.number("step").low
    improved, waited = bool(r.fields.get("improved")), int(r.number("validations_without_improvement").low)
    audit.holds("patience starts anew with the best", r, (waited == 0) == improved)
    audit.holds("no number is never the best", r, not (improved and math.isnan(loss)))
    audit.holds("patience never exceeded in silence", r, waited <= r.number("patience").low)
    if audit.bests or audit.whole:
        best = audit.bests[-1][1] if audit.bests else math.inf
        audit.holds("best so far", r, improved == (loss < best), f"{loss} against {best}")
        before = audit.since_best.get(max(audit.since_best, default=0), 0)
        if improved or audit.since_best or audit.whole:
            audit.tie("patience", r, waited, 0 if improved else before + 1)
    if improved:
        audit.bests.append((int(step), loss))
    elif not audit.bests and r.has("best_loss"):
        audit.bests.append((int(r.number("best_step").low), r.loss("best_loss")))
    audit.since_best[int(step)] = waited
    _best(audit, r)


def _best(audit: Ledger, r: Record) -> None:
    """Against what was printed when it was measured."""
    if r.has("best_loss"):
        step, loss = audit.bests[-1]
        audit.tie("best loss", r, r.loss("best_loss"), loss)
        audit.tie("best step", r, r.number("best_step").low, step)


RULES: Rules = {
    "ValidationStarted": started,
    "ValidationCompleted": completed,
    "ValidationJudged": judged,
}
