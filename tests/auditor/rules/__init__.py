"""What must be true of each record: one module an act, one function a kind of record."""

from collections import ChainMap

from auditor.ledger import Rules
from auditor.rules import (
    accelerators,
    bring_up,
    checkpoints,
    closing,
    evidence,
    incidents,
    interruptions,
    library,
    training,
    validation,
)

ACTS: tuple[Rules, ...] = tuple(
    module.RULES
    for module in (
        library,
        bring_up,
        training,
        accelerators,
        validation,
        checkpoints,
        interruptions,
        incidents,
        evidence,
        closing,
    )
)
RULES: Rules = ChainMap(*map(dict, ACTS))
assert len(RULES) == sum(map(len, ACTS)), "one rule for each kind of record"
