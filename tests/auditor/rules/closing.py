"""Rules of the end: the exported files, and the summary against all that was told before it."""

import re
import statistics
from collections.abc import Mapping

from auditor.flops import mfu
from auditor.interval import Interval, exactly, measure, rounded
from auditor.ledger import RECENT_STEPS, Ledger, Rules
from auditor.record import Record, Value
from auditor.rules.bars import counted_bar

EXPORT_BYTES = 2  # of a parameter
Numbers = Mapping[str, Interval]


def export_started(audit: Ledger, r: Record) -> None:
    parameters = audit.fact("ModelReady", "parameters")
    if parameters:
        audit.tie("export bytes", r, parameters * EXPORT_BYTES, r.number("export_bytes"))


def export_file(audit: Ledger, r: Record) -> None:
    counted_bar(audit, r)
    audit.exported = r.number("file_bytes") + (audit.exported or 0.0)


def export_completed(audit: Ledger, r: Record) -> None:
    if audit.exported:
        audit.tie("exported files add up", r, audit.exported, r.number("export_bytes"))
    begun = audit.facts.get("ExportStarted")
    if begun:
        audit.tie("clock of the export", r, r.time - begun.time, r.number("seconds"))
        audit.tie("exported files", r, r.number("files"), begun.number("files"))


def summary_line(audit: Ledger, r: Record) -> None:
    audit.summary[r.fields["label"]] = r.fields["value"]
    if r.fields["label"] == "saved to":
        _sum_up(audit, r, _summary_of_text(audit.summary))


def run_completed(audit: Ledger, r: Record) -> None:
    _sum_up(audit, r, r.fields)


def _sum_up(audit: Ledger, r: Record, said: Mapping[str, Value]) -> None:
    launched, trained = audit.facts.get("JobLaunched"), audit.fact("TrainingCompleted", "seconds")
    number = {name: exactly(value) for name, value in said.items() if isinstance(value, Interval | int)}
    if not (launched and trained):
        return
    total = number.get("total_seconds", r.time - launched.time)
    audit.tie("total time", r, total, r.time - launched.time)
    _work(audit, r, number, trained)
    _losses(audit, r, number)
    _bill(audit, r, number, total)
    _energy(audit, r, number["energy_kwh"] * 3.6e6, trained, total)


def _work(audit: Ledger, r: Record, number: Numbers, trained: Interval) -> None:
    steps, per_step = audit.fact("TrainingStarted", "total_steps"), audit.fact("DatasetReady", "tokens_per_step")
    if not (steps and per_step):
        return
    audit.tie("steps of the run", r, number["steps"], steps)
    done = audit.full_batches(steps.low) - sum(map(audit.share_of_full_batch, audit.skipped))
    fewest = done if audit.knows_all_trouble else 0.0
    audit.tie("tokens of the run", r, number["tokens"], per_step * Interval(fewest, done), 1e-9)
    audit.tie("mean tokens/s", r, number["tokens"] / trained, number["mean_tokens_per_second"])
    expected = mfu(audit, per_step / number["mean_tokens_per_second"])
    if expected:
        audit.tie("mean MFU", r, number["mean_mfu"], expected)


def _losses(audit: Ledger, r: Record, number: Numbers) -> None:
    if audit.bests:
        audit.tie("best validation", r, number["best_validation_loss"], audit.bests[-1][1], 1e-6)
    if audit.validated:
        last = audit.facts["ValidationCompleted"]
        if last.has("loss"):
            audit.tie("final validation", r, number["final_validation_loss"], last.number("loss"), 1e-6)
        audit.holds("no number in the end", r, last.has("loss") == ("final_validation_loss" in number))
    done = list(audit.losses.values())[-RECENT_STEPS:]
    if audit.whole or len(done) == RECENT_STEPS:
        end = Record(r.kind, r.time, r.where, dict(number))
        audit.mean("final loss", end, "final_train_loss", done, 1e-5)


def _bill(audit: Ledger, r: Record, number: Numbers, total: Interval) -> None:
    hours = audit.facts["JobLaunched"].number("world_size") * total / 3600
    audit.tie("hours = world x time", r, hours, number["accelerator_hours"])
    if "usd_per_hour" in number:
        audit.tie("cost = hours x rate", r, hours * number["usd_per_hour"], number["usd"])


def _energy(audit: Ledger, r: Record, joules: Interval, trained: Interval, total: Interval) -> None:
    """While training, what was drawn at the looks taken; at other times something between rest and the limit.

    Validations and checkpoints draw less than steps; where not all of them were told, they take what the steps leave.
    """
    world, limit = audit.fact("JobLaunched", "world_size"), audit.fact("AcceleratorDetected", "power_limit_watts")
    if not (world and limit and audit.rest_watts):
        return
    rest, most = world * statistics.fmean(audit.rest_watts), world * limit
    audit.tie("mean power between rest and the limit", r, joules / total, Interval(rest.low * 0.99, most.high))
    if not audit.busy_watts:
        return
    working, all_looks = statistics.fmean(audit.busy_watts), statistics.fmean(audit.all_watts)
    busy = Interval(0.985 * min(working, all_looks), 1.015 * working)
    elsewhere = audit.elsewhere if audit.whole else _left_by_steps(audit, trained)
    steps = (trained - audit.down - elsewhere) * busy
    others = elsewhere * Interval(rest.low, busy.high)
    idle = (total - trained + audit.down) * Interval(rest.low * 0.99, rest.low + 0.15 * (most.high - rest.low))
    audit.tie("energy = power x time", r, joules, steps + others + idle)


def _left_by_steps(audit: Ledger, trained: Interval) -> Interval:
    """Seconds of the training in which no step ran, by the expected step, which may be a slow node's for a while."""
    started = audit.facts.get("TrainingStarted")
    if started is None:  # what interrupted the bring-up left no such line
        return Interval(0.0, trained.high)
    expected = audit.expected_total(started.number("total_steps").low) or exactly(0.0)
    left = trained - expected * Interval(0.98, 1.06)
    return Interval(max(left.low, 0.0), max(left.high, 0.0))


def _loss(printed: str) -> Interval | None:
    return None if printed == "nan" else measure(printed)


def _summary_of_text(lines: Mapping[str, str]) -> dict[str, Value]:
    hours = next(value for label, value in lines.items() if label.endswith("-hours"))
    cost, rate = _parts(r"(\$[\d,]+) at \$([\d.]+) per .*", lines["cost"])
    final, best = _parts(r"([\d.]+|nan) \(best ([\d.]+|nan)\)", lines["validation loss"])
    tokens, short = _parts(r"([\d,]+) \((.*)\)", lines["tokens"])
    if not measure(tokens).meets(measure(short)):
        message = f"{tokens} tokens are not {short}"
        raise ValueError(message)
    return {
        "total_seconds": measure(lines["total time"]),
        "epochs": measure(lines["epochs"]),
        "steps": measure(lines["steps"]),
        "tokens": measure(tokens),
        "final_train_loss": _loss(lines["train loss"].partition(" (")[0]),
        "final_validation_loss": _loss(final),
        "best_validation_loss": _loss(best),
        "mean_tokens_per_second": rounded(lines["mean throughput"].removesuffix(" tok/s")),
        "mean_mfu": measure(lines["mean MFU"]),
        "accelerator_hours": rounded(hours),
        "energy_kwh": rounded(lines["energy"].removesuffix(" kWh (accelerators)")),
        "usd": rounded(cost),
        "usd_per_hour": rounded(rate),
    }


def _parts(pattern: str, value: str) -> tuple[str, ...]:
    """The groups of a summary's value.

    Raises:
        ValueError: if it looks otherwise.
    """
    found = re.fullmatch(pattern, value)
    if found is None:
        message = f"no summary: {value!r}"
        raise ValueError(message)
    return found.groups()


RULES: Rules = {
    "ExportStarted": export_started,
    "ExportFileWritten": export_file,
    "ExportCompleted": export_completed,
    "Summary": summary_line,
    "RunCompleted": run_completed,
}
