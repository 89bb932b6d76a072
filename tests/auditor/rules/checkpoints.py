"""Rules of checkpoints: what is written, where, and how fast."""

import re

from auditor.ledger import Ledger, Rules
from auditor.record import Record
from auditor.rules.bars import bar
from auditor.sheets import CHECKPOINT_BYTES, SMALLER_MOMENTS


def started(audit: Ledger, r: Record) -> None:
    parameters, precision = audit.fact("ModelReady", "parameters"), audit.word("ModelReady", "precision")
    if parameters and precision and "OptimizerReady" in audit.facts:  # what interrupted the bring-up left no such line
        each = CHECKPOINT_BYTES[precision.upper()] - SMALLER_MOMENTS.get(
            audit.word("OptimizerReady", "moment_precision"), 0
        )
        audit.tie("checkpoint bytes", r, parameters * each, r.number("checkpoint_bytes"))
    number = re.search(r"/step_(\d+)$", r.fields["path"])
    if audit.step and number:
        audit.tie("checkpoint named after its step", r, int(number[1]), audit.step.number("step"))


def progressed(audit: Ledger, r: Record) -> None:
    share = r.number("written_bytes") / r.number("checkpoint_bytes")
    if r.has("share"):
        audit.tie("share written", r, share, r.number("share"))
        bar(audit, r, r.fields["bar"], r.number("share").middle)


def completed(audit: Ledger, r: Record) -> None:
    seconds, size = r.number("seconds"), r.number("checkpoint_bytes")
    audit.spend(seconds)
    audit.tie("checkpoint GB/s x s = bytes", r, r.number("gb_per_second") * 1e9 * seconds, size)
    audit.saved.add(int(r.number("step").low))
    begun = audit.facts.get("CheckpointStarted")
    if begun:
        audit.tie("checkpoint bytes", r, begun.number("checkpoint_bytes"), size)
        audit.tie("clock of a checkpoint", r, r.time - begun.time, seconds)


RULES: Rules = {
    "CheckpointStarted": started,
    "CheckpointProgressed": progressed,
    "CheckpointCompleted": completed,
}
