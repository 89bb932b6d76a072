"""Model FLOPs utilisation by hand: what a step computes over what the data sheet allows in its time."""

from auditor.interval import Interval, exactly
from auditor.ledger import Ledger
from auditor.sheets import ATTENTION_WIDTH, BLOCKS, DENSE_TFLOPS, PEAKS, WINDOWS


def mfu(audit: Ledger, seconds: Interval, share: float = 1.0) -> Interval | None:
    """Of one step that takes so long with a share of the full batch; None where something for it was not said."""
    flops, tokens = _flops_per_token(audit), audit.fact("DatasetReady", "tokens_per_step")
    peak, world = _peak_tflops(audit), audit.fact("AcceleratorsDetected", "world_size")
    if not (flops and tokens and peak and world):
        return None
    return exactly(flops * tokens.low * share / (peak * 1e12 * world.low)) / seconds


def _flops_per_token(audit: Ledger) -> float | None:
    """Six for each active parameter, and attention at half its square."""
    model, length = audit.facts.get("ModelReady"), audit.fact("DatasetReady", "sequence_length")
    if not (model and length and model.has("parameters", "layers")):
        return None
    active = model.number("active_parameters" if model.has("active_parameters") else "parameters").low
    width = ATTENTION_WIDTH.get(model.fields["model"], model.number("hidden_size").low)
    return 6 * active + 6 * width * _in_sight(model.fields["model"], model.number("layers").low, length.low)


def _in_sight(model: str, layers: float, length: float) -> float:
    """Tokens that one token sees, twice their mean, all layers together."""
    local, window = WINDOWS.get(model) or BLOCKS.get(model) or (0, length)
    window = min(window, length)
    blocks, rest = divmod(length, window)
    seen = (blocks * window**2 + rest**2) / length if model in BLOCKS else 2 * window - window**2 / length
    return (layers - local) * length + local * seen


def _peak_tflops(audit: Ledger) -> float | None:
    table = PEAKS.get(audit.word("ModelReady", "precision").upper(), DENSE_TFLOPS)
    return table.get(audit.word("AcceleratorsDetected", "accelerator"))
