"""What only many steps can tell: the size and shape of noise, the spread of step times, and whether the time left was right."""

import math
import statistics

import numpy as np
from realism.measures import autocorrelation, residuals, robust_deviation, skew

from auditor import sheets
from auditor.interval import Interval, exactly
from auditor.ledger import Ledger
from auditor.record import Record

_SLOWEST_STEP = 2.6  # times those around it


def many_steps(audit: Ledger) -> None:
    """Every piece in which one step follows the other, then all of them."""
    for piece in audit.pieces:
        _noise(audit, piece)
        _step_times(audit, piece)
        _grad_norms(audit, piece)
    if audit.knows_all_trouble and "TrainingStarted" in audit.facts:
        _length(audit)
        _eta(audit)


def _noise(audit: Ledger, piece: list[Record]) -> None:
    """Loss noise is white, but for a corpus that is read in its own order, and as large as the number of tokens that it averages allows."""
    settled = (step for step in piece if step.number("step").low >= sheets.SETTLED_STEP)
    losses = [step.loss() for step in settled if step.has("loss")]
    tokens = audit.fact("DatasetReady", "tokens_per_step")
    if len(losses) < sheets.ENOUGH_STEPS or not tokens or audit.exponential or audit.shaken:
        return
    noise = residuals(np.array(losses))
    shares = [audit.share_of_full_batch(step.number("step").low) for step in piece]
    size = noise.std() * math.sqrt(tokens.low * statistics.fmean(shares))
    audit.claim("loss noise x sqrt(tokens)", sheets.SMALLEST_NOISE < size < sheets.LARGEST_NOISE, f"{size:.1f}")
    lag = autocorrelation(noise)
    in_order = sheets.READ_IN_ORDER.get(audit.facts["DatasetReady"].fields["dataset"], 0.0)
    least, most = (edge + 4 / math.sqrt(len(noise)) + 0.02 for edge in (0.0, in_order))
    audit.claim("loss noise is white", -least < lag < most, f"lag-1 autocorrelation {lag:.3f}")


def _step_times(audit: Ledger, piece: list[Record]) -> None:
    """Steady, with a tail to the right; but for shards to be read and a slow node."""
    name = "tokens_per_second"
    steps = [step for step in piece if step.has(name) and step.number("step").low > 1]
    per_step = audit.fact("DatasetReady", "tokens_per_step")
    if len(steps) < sheets.ENOUGH_STEPS or not per_step:
        return
    times = {int(step.number("step").low): _full_time(audit, step) for step in steps}
    median = statistics.median(times.values())
    for step in [step for step in times if _reads_shard(audit, step)]:
        waited = exactly(times.pop(step)) - Interval(0.95, 1.15) * median  # its own time is somewhere in there
        audit.claim("a shard is read", sheets.SHARD_SECONDS.meets(waited), f"{waited} s")
    _spread_of_times(audit, list(times.values()))
    expected = audit.fact("TrainingStarted", "step_seconds")
    if expected:  # a shift that falls into the piece leaves the median anywhere between the two levels
        levels = expected * Interval(sheets.MEDIAN_SHARE, max(sheets.LEVEL_SHIFT.high, audit.slowest))
        audit.claim("expected step time", exactly(median).meets(levels, 0.01), f"{median:.4g} s")


def _full_time(audit: Ledger, step: Record) -> float:
    """Seconds of a step, as long as it would be with the full batch."""
    number, per_step = step.number("step").low, audit.facts["DatasetReady"].number("tokens_per_step").low
    seconds = per_step * audit.share_of_full_batch(number) / step.number("tokens_per_second").middle
    expected, full = audit.expected_seconds(number), audit.fact("TrainingStarted", "step_seconds")
    return seconds * full.middle / expected.middle if expected and full else seconds


def _reads_shard(audit: Ledger, step: int) -> bool:
    """Whether the last token of a file lies in this step's batch."""
    data = audit.facts["DatasetReady"]
    tokens, shard = int(data.number("tokens_per_step").low), sheets.SHARD_TOKENS.get(str(data.fields["dataset"]), 0)
    before, after = (round(tokens * audit.full_batches(each)) for each in (step - 1, step))
    return shard >= sheets.FEWEST_STEPS_PER_SHARD * tokens and after // shard > before // shard


def _spread_of_times(audit: Ledger, times: list[float]) -> None:
    """Against the steps around, so that a level which shifts on the way is not taken for noise."""
    relative = np.array([time / statistics.median(times[max(i - 25, 0) : i + 26]) for i, time in enumerate(times)])
    spread, lean = robust_deviation(relative), skew(relative)
    audit.claim("step time robust CV", 0.0003 <= spread <= 0.05, f"{spread:.3%}")
    if audit.slowest <= 1.0:  # a few steps after a slow node are the exception there, and lean to the left
        audit.claim("step time has a right tail", lean > sheets.LEAST_SKEW, f"skewness {lean:.2f}")
    if not audit.stalled:
        audit.claim("step time has no wild outlier", relative.max() < _SLOWEST_STEP, f"{relative.max():.2f}")


def _grad_norms(audit: Ledger, piece: list[Record]) -> None:
    settled = (step for step in piece if step.has("grad_norm") and step.number("step").low >= sheets.SETTLED_STEP)
    norms = np.array([step.number("grad_norm").middle for step in settled])
    if len(norms) < sheets.ENOUGH_STEPS:
        return
    level = float(np.median(norms))
    spread = robust_deviation(norms) / level
    audit.claim("grad_norm CV", 0.04 <= spread <= 0.22, f"{spread:.1%}")
    audit.claim("grad_norm level", 0.05 <= level <= 2.0, f"{level}")


def _eta(audit: Ledger) -> None:
    """Elapsed and time left add up to what the training took, but for what nobody could foresee: first steps are shorter."""
    took = audit.fact("TrainingCompleted", "seconds")
    steps = [step for piece in audit.pieces for step in piece[:: max(len(piece) // 200, 1)]]
    steps = [step for step in steps if step.has("eta_seconds", "elapsed_seconds")]
    if not took or not steps:
        return
    foreseen = steps[0].number("eta_seconds") + steps[0].number("elapsed_seconds")
    surprise = max(took.high - foreseen.low, 0.0)
    slower = max(sheets.LEVEL_SHIFT.high, audit.slowest) - 1
    restarting = sum(own.high for own in audit.resumptions.values())
    interrupted = audit.lost.high + restarting + audit.stalled
    audit.claim("ETA at the start", surprise <= slower * took.high + interrupted + 2, f"{surprise:.0f} s")
    surprise = max(surprise, interrupted)
    left_out = _left_out(audit) * took.high
    typical = audit.fact("TrainingStarted", "step_seconds")
    longest = sheets.BURST_STEPS * typical.high if typical else 0.0  # nobody knows which are slow
    for step in steps:
        left = took - step.number("elapsed_seconds")
        expected = left + Interval(-surprise - longest - 2, left_out + 2)
        audit.tie("ETA", step, step.number("eta_seconds"), expected, 1 - sheets.MEDIAN_SHARE)


def _length(audit: Ledger) -> None:
    """As foreseen, but for slow nodes, what was lost, and batches that were left out."""
    started, took = audit.facts["TrainingStarted"], audit.fact("TrainingCompleted", "seconds")
    if not (took and started.has("training_seconds")):
        return
    slowed = started.number("training_seconds") * Interval(
        sheets.MEDIAN_SHARE - _left_out(audit), max(sheets.LEVEL_SHIFT.high, audit.slowest)
    )
    bursts = sheets.BURST_STEPS * started.number("step_seconds").high if started.has("step_seconds") else 0.0
    expected = slowed + Interval(0, sheets.FIRST_STEP_SECONDS + audit.stalled + bursts) + audit.lost
    audit.tie("expected length", started, took, expected, 0.02)


def _left_out(audit: Ledger) -> float:
    """The share of the run's batches that were left out."""
    total = audit.fact("TrainingStarted", "total_steps")
    return len(audit.skipped) / total.low if total else 0.0
