"""Rows of the table of incidents."""

from collections.abc import Iterator, Sequence

from pysim.export.corpus.roles import Trouble
from pysim.export.corpus.telling import ToldRun


def incident_rows(run: ToldRun, befell: Sequence[Trouble], within: Sequence[Trouble]) -> Iterator[tuple[object, ...]]:
    """Of those within what is told, of all that befell the run: what follows the names of run and split."""
    asked = set(_asked(run, befell))
    for each in within:
        label, cause = each.label, each.cause
        yield (
            each.number,
            label.cause,
            cause.title if cause else label.cause,
            each.effect,
            cause.hits if cause else ("data" if label.place == "data" else "node"),
            label.place,
            (label.cause, label.begin_us) in asked,
            label.begin_us / 1e6,
            None if label.noticed_us is None else label.noticed_us / 1e6,
            label.end_us / 1e6,
            label.evidence,
            label.lost_seconds,
            label.lost_accelerator_hours,
            round(label.lost_accelerator_hours * run.story.header.usd_per_hour, 6),
            label.blamed,
            label.returns or None,
        )


def _asked(run: ToldRun, befell: Sequence[Trouble]) -> Iterator[tuple[str, int]]:
    """Cause and beginning of what was let happen: the first of its cause from where it was let happen on."""
    for cause, at_us in run.asked:
        later = [each.label.begin_us for each in befell if each.label.cause == cause and each.label.begin_us >= at_us]
        if later:
            yield cause, min(later)
