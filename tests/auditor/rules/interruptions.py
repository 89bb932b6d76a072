"""Rules of what stops a run, and of where it goes on: the steps go back to a checkpoint that was whole."""

import re

from auditor.interval import exactly
from auditor.ledger import Ledger, Rules
from auditor.record import Record


def interrupted(audit: Ledger, r: Record) -> None:
    last = audit.step
    if last or audit.whole:
        audit.tie("interrupted after its last step", r, r.number("step"), last.number("step") if last else 0)
    before = audit.resumed if audit.resumes_at is not None else audit.latest_step
    if before:
        audit.elsewhere = audit.elsewhere + (r.time - before.time - audit.between)  # half a step, or all stood still
    if audit.resumes_at is None and not audit.stopped:
        audit.follow()
    audit.stopped = audit.stopped or r  # it may be interrupted again before it goes on


def resumed(audit: Ledger, r: Record) -> None:
    stopped, audit.stopped = audit.stopped, None
    audit.holds("resumed after an interruption", r, stopped is not None or audit.is_fresh)
    if stopped and audit.has_begun:
        audit.down = audit.down + (r.time - stopped.time)
    skipped = int(r.number("skipped_batches").low) if r.has("skipped_batches") else 0
    number = re.search(r"/step_(\d+)$", r.fields.get("checkpoint") or "")
    saved = int(number[1]) if number else 0
    audit.tie("goes on behind the checkpoint", r, r.number("step"), saved + skipped + 1)
    if audit.whole:
        audit.holds("goes on from a whole checkpoint", r, saved in audit.saved or not saved)
    if saved < max(audit.saved, default=0):  # rolled back: something was wrong with what came after
        audit.done = {step: loss for step, loss in audit.done.items() if step <= saved}
    total = audit.fact("TrainingStarted", "total_steps")
    if total:
        audit.tie("steps of the run", r, r.number("total_steps"), total)
    audit.resume(int(r.number("step").low), skipped_batches=skipped, record=r)
    audit.between = exactly(0.0)


RULES: Rules = {"TrainingInterrupted": interrupted, "TrainingResumed": resumed}
