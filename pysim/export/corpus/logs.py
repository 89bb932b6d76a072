"""The logs of a run with the truth beside them, and what there is in them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pysim.export.corpus.lines import Line, lines
from pysim.export.corpus.naming import Split
from pysim.export.corpus.roles import Trouble
from pysim.export.corpus.rows import Rows
from pysim.export.corpus.telling import ToldRun
from pysim.export.corpus.templates import Templates
from pysim.views.dialects.table import DIALECTS

_TRAINING_SHARE = 0.8  # of the time that is told
_ANOMALOUS = frozenset({"cause", "symptom", "consequence"})


class Counts:
    """What there is in the logs of a run."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()  # by dialect
        self.roles: Counter[str] = Counter()
        self.templates = Templates()
        self.told: set[int] = set()  # incidents of which something is said

    def add(self, dialect: str, line: Line) -> None:
        """Another line."""
        self.lines[dialect] += 1
        if line.part:
            self.told.add(line.part.incident)
            self.roles[line.part.role] += 1
        self.templates.count(dialect, line.template, line.text)

    @property
    def anomalous(self) -> int:
        """Lines that tell of trouble."""
        return sum(self.roles[role] for role in _ANOMALOUS)


def write_logs(
    folder: Path, run: ToldRun, befell: tuple[Trouble, ...], dialects: Sequence[str], *, name: str, split: Split
) -> Counts:
    """Each log and the table of its lines, row group by row group."""
    counts, test_from = Counts(), _test_from(run)
    for dialect in dialects:
        log_every = run.log_every if dialect == run.view else None
        told = lines(run.story, DIALECTS[dialect], run.span, befell, log_every)
        rows = Rows(folder / f"{dialect}.lines.parquet", "lines")
        with (folder / f"{dialect}.log").open("w", encoding="utf-8", newline="") as log, rows:
            for number, line in enumerate(told, start=1):
                log.write(f"{line.text}\n")
                period = "test" if line.time_seconds >= test_from else "train"
                rows.add((name, dialect, split, period, number, *_row(line)))
                counts.add(dialect, line)
    return counts


def _test_from(run: ToldRun) -> float:
    """When the part begins that is for tests, in seconds."""
    since_us, end_us = run.span.since_us, run.span.ends_us(run.story.end_us)
    return (since_us + (end_us - since_us) * _TRAINING_SHARE) / 1e6


def _row(line: Line) -> tuple[object, ...]:
    return (
        line.text,
        line.time_seconds,
        line.event,
        line.template.id,
        line.parameters,
        line.step,
        line.rank,
        line.part.incident if line.part else None,
        line.part.role if line.part else None,
    )
