"""The law of the loss held against real runs, anchor by anchor."""

from collections.abc import Iterable, Iterator

from realism.loss_anchors import EARLY_STEPS, Miss, Series, all_series, misses
from realism.section import Section

COOLDOWN = ("gpt2-xl-cooldown", 15_000, 20_344)
COOLDOWN_WITHIN = 0.03  # nats; that the loss drops as the rate does, on its own


def section() -> Section:
    """Every anchor, seen and predicted."""
    series = all_series()
    found = [miss for one in series.values() for miss in misses(one)]
    drop, kept = _cooldown(series[COOLDOWN[0]])
    lines = (_HEAD, *map(_line, found), drop, *_reasons(series.values()), _summary(found))
    return Section("Loss: predicted against seen, nats", lines, kept and all(miss.kept for miss in found))


_HEAD = f"{'run':<26} {'step':>7} {'seen':>8} {'predicted':>9} {'off':>7} {'allowed':>8}"


def _line(miss: Miss) -> str:
    limit = miss.series.limit(miss.step)
    allowed = "" if limit is None else f"{limit:.2f}"
    verdict = "not held" if limit is None else ("ok" if miss.kept else "MISSED")
    return (
        f"{miss.series.title:<26} {miss.step:>7,} {miss.seen:>8.3f} {miss.predicted:>9.3f} "
        f"{miss.difference:>+7.3f} {allowed:>8} {verdict}"
    )


def _cooldown(series: Series) -> tuple[str, bool]:
    """The extra drop of a decay: the difference of two anchors, which no constant of the data set can hide."""
    _name, first, last = COOLDOWN
    logged = dict(series.anchors)
    seen, predicted = logged[first] - logged[last], series.predicted(first) - series.predicted(last)
    kept = abs(predicted - seen) <= COOLDOWN_WITHIN
    line = f"{'its drop in the cooldown':<26} {'':>7} {seen:>8.3f} {predicted:>9.3f} {predicted - seen:>+7.3f} {COOLDOWN_WITHIN:>8.2f}"
    return f"{line} {'ok' if kept else 'MISSED'}", kept


def _reasons(series: Iterable[Series]) -> Iterator[str]:
    return (f"  not held, {one.title}: {one.why}" for one in series if one.why)


def _summary(found: list[Miss]) -> str:
    held = [abs(miss.difference) for miss in found if miss.series.within and miss.step >= EARLY_STEPS]
    return f"{len(found)} anchors; from step {EARLY_STEPS:,} on the law is off by {sum(held) / len(held):.3f} on average, {max(held):.3f} at most"
