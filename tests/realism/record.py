"""The published runs as a section of `make realism`: fitted rows apart from held-out ones, and the target of the latter."""

from collections.abc import Iterable, Sequence
from statistics import median

from realism.comparison import Comparison, comparisons
from realism.section import Section

MEDIAN_LIMIT = 0.10  # of the errors of the rows that nothing was fitted to
ROW_LIMIT = 0.25  # of any of them, unless its row says why


def section() -> Section:
    """All rows with predicted, reported and ratio; passed if the held-out rows keep to the limits, throughput by itself too."""
    rows = list(comparisons())
    fitted, held_out = ([row for row in rows if row.row.fit is fit] for fit in (True, False))
    lines = (
        *_half("fitted rows", fitted),
        "",
        *_half("held-out rows", held_out),
        "",
        *(f"  {line}" for line in _explanations(rows)),
    )
    speeds = [row for row in held_out if row.kind == "throughput"]
    passed = keeps_to_limits(held_out) and keeps_to_limits(speeds)
    return Section("published runs: predicted, reported, ratio", lines, passed)


def keeps_to_limits(held_out: Sequence[Comparison]) -> bool:
    """The median is low and no row is far off without an explanation."""
    return median_error(held_out) <= MEDIAN_LIMIT and not unexplained(held_out)


def unexplained(rows: Iterable[Comparison]) -> list[Comparison]:
    """Rows beyond the limit that do not say why."""
    return [row for row in rows if row.error > ROW_LIMIT and not row.row.miss]


def median_error(rows: Iterable[Comparison]) -> float:
    """Median distance of the ratios from 1, explained rows included."""
    return median(row.error for row in rows)


def _half(title: str, rows: Sequence[Comparison]) -> list[str]:
    kinds = dict.fromkeys(row.kind for row in rows)
    lines = [title, f"  {'':58} {'predicted':>11} {'reported':>11} {'':7} {'ratio':>6}"]
    for kind in kinds:
        of_kind = [row for row in rows if row.kind == kind]
        lines += [_line(row) for row in of_kind]
        lines.append(_summary(kind, of_kind))
    return [*lines, _summary(f"all {title}", rows)]


def _line(row: Comparison) -> str:
    mark = "" if row.error <= ROW_LIMIT else "  MISS, explained below" if row.row.miss else "  MISS"
    figures = f"{_figure(row.predicted):>11} {_figure(row.row.reported):>11} {row.unit:7} {row.ratio:6.3f}"
    return f"  {row.row.name:58} {figures} [{row.row.trust}]{mark}"


def _figure(value: float) -> str:
    return f"{value:,.4g}" if value < 1e4 else f"{value:.4g}" if value >= 1e7 else f"{value:,.0f}"


def _summary(title: str, rows: Sequence[Comparison]) -> str:
    worst = max(rows, key=lambda row: row.error)
    return (
        f"  -- {title}: {len(rows)} rows, median error {median_error(rows):.1%}, "
        f"worst {worst.error:.1%} ({worst.row.name})"
    )


def _explanations(rows: Iterable[Comparison]) -> list[str]:
    return [f"{row.row.name}, {row.ratio:.3f}: {row.row.miss}" for row in rows if row.row.miss]
