"""Reads the live region: its bars, and the numbers beside them."""

import re
from collections.abc import Iterable, Mapping

from auditor.interval import exactly, measure, rounded
from auditor.ledger import Ledger
from auditor.readers.console import COLORS
from auditor.readers.console_lines import N
from auditor.record import Record
from auditor.rules.bars import bar
from auditor.rules.training import perplexity

_EPOCH_BAR = re.compile(r"Epoch +(?P<epoch>\d+)/(?P<epochs>\d+) +(?P<bar>\[[=> ]*\])(?: +(?P<share>[\d.]+%))?.*")
_STEP_BAR = re.compile(rf"(?:Step +)?(?P<step>{N})/(?P<steps>{N}) +(?P<bar>\[[=> ]*\])(?P<rest>.*)")
_LIVE_NUMBERS = {
    "loss": re.compile(r"loss (\d+\.\d{4})"),
    "perplexity": re.compile(r"ppl ([\d,.]+)"),
    "rate": re.compile(r"([\d,]+) tok/s"),
    "samples": re.compile(r"([\d,.]+) samples/s"),
    "elapsed": re.compile(r" (\d\S*(?: \d\dh)?)<"),
    "left": re.compile(r"<(\d\S*(?: \d\dh)?)"),
}


def audit_live(frames: Iterable[list[str]], tokens_per_sample: int, total_seconds: float) -> tuple[list[str], int]:
    """What does not tie in frames of the live region, in order of time; and how many frames showed steps."""
    audit, done, shown = Ledger(), 0.0, 0
    for frame in frames:
        lines = [COLORS.sub("", line).strip() for line in frame]
        epoch = next((found for line in lines if (found := _EPOCH_BAR.fullmatch(line))), None)
        step = next(
            (found for line in lines if not line.startswith("Epoch") and (found := _STEP_BAR.fullmatch(line))), None
        )
        if epoch is None or step is None:
            continue
        shown += 1
        record = Record("Live", exactly(0), lines[-1])
        fraction = measure(step["step"]).low / measure(step["steps"]).low
        whole = (int(epoch["epoch"]) - 1 + fraction) / int(epoch["epochs"])
        bar(audit, record, step["bar"], fraction)
        bar(audit, record, epoch["bar"], whole)
        audit.holds("bars never go back", record, whole >= done)
        done = whole
        if epoch["share"]:
            printed = float(epoch["share"].rstrip("%"))
            audit.holds("share of the run", record, printed - 1e-6 <= 100 * whole < printed + 0.1)  # never ahead
        numbers = {name: found[1] for name, pattern in _LIVE_NUMBERS.items() if (found := pattern.search(step["rest"]))}
        _live_numbers(audit, record, numbers, tokens_per_sample, total_seconds)
    return audit.findings, shown


def _live_numbers(audit: Ledger, r: Record, numbers: Mapping[str, str], per_sample: int, total_seconds: float) -> None:
    if "perplexity" in numbers:
        r.fields = {"loss": measure(numbers["loss"]), "perplexity": rounded(numbers["perplexity"])}
        perplexity(audit, r)
    if "samples" in numbers:
        audit.tie("tokens/s over samples/s", r, rounded(numbers["rate"]), rounded(numbers["samples"]) * per_sample)
    if "elapsed" in numbers and numbers["elapsed"].count(":") == 2 == numbers["left"].count(
        ":"
    ):  # hours, minutes, seconds
        both = measure(numbers["elapsed"]) + measure(numbers["left"])
        audit.tie("elapsed + left", r, both, total_seconds, 0.03)  # first steps are shorter, some are slow
