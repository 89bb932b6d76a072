"""Model FLOPs utilisation by hand: what a step computes over what the data sheet allows in its time."""

from auditor.interval import Interval, exactly
from auditor.ledger import Ledger
from auditor.sheets import ATTENTION_WIDTH, DENSE_TFLOPS, PEAKS


def mfu(audit: Ledger, seconds: Interval) -> Interval | None:
    """Of one step that takes so long; None where something for it was not said."""
    flops, tokens = _flops_per_token(audit), audit.fact("DatasetReady", "tokens_per_step")
    peak, world = _peak_tflops(audit), audit.fact("AcceleratorsDetected", "world_size")
    if not (flops and tokens and peak and world):
        return None
    return exactly(flops * tokens.low / (peak * 1e12 * world.low)) / seconds


def _flops_per_token(audit: Ledger) -> float | None:
    """Six for each active parameter, and attention at half its square."""
    model, length = audit.facts.get("ModelReady"), audit.fact("DatasetReady", "sequence_length")
    if not (model and length and model.has("parameters", "layers")):
        return None
    active = model.number("active_parameters" if model.has("active_parameters") else "parameters").low
    width = ATTENTION_WIDTH.get(model.fields["model"], model.number("hidden_size").low)
    return 6 * active + 6 * model.number("layers").low * width * length.low


def _peak_tflops(audit: Ledger) -> float | None:
    table = PEAKS.get(audit.word("ModelReady", "precision").upper(), DENSE_TFLOPS)
    return table.get(audit.word("AcceleratorsDetected", "accelerator"))
