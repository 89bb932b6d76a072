"""The printed learning rates against the formula that the schedule's name promises."""

import math
from collections.abc import Callable

from auditor.ledger import Ledger

_SHAPES: dict[str, Callable[[float], float]] = {
    "cosine": lambda x: 0.5 * (1 + math.cos(math.pi * x)),
    "linear": lambda x: 1 - x,
    "constant": lambda _x: 1.0,
}


def schedule(audit: Ledger) -> None:
    """Where the last step was read and says where the rate ends."""
    setup, total = audit.facts.get("OptimizerReady"), audit.fact("TrainingStarted", "total_steps")
    steps = [step for piece in audit.pieces for step in piece if step.has("learning_rate")]
    if not (setup and total and steps and setup.has("schedule") and steps[-1].number("step").low == total.low):
        return
    peak, warmup = setup.number("peak_learning_rate"), setup.number("warmup_steps").low
    final, shape = steps[-1].number("learning_rate"), _SHAPES.get(setup.fields["schedule"])
    for step in steps if shape else []:
        x = (step.number("step").low - warmup) / (total.low - warmup)
        if shape and x > 0:
            audit.tie("schedule", step, step.number("learning_rate"), final + (peak - final) * shape(x), 4e-3)
