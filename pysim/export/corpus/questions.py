"""Questions that somebody who is given the logs of a run can be asked, with their answers: for people who measure agents."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pysim.catalog.incidents import causes
from pysim.export.corpus.roles import Trouble
from pysim.story.header import Header
from pysim.story.story import Span

_TELLING = frozenset({"crash", "hang", "slow", "stall", "loss"})
_MICROSECONDS = 1_000_000


def questions(
    run: str, header: Header, span: Span, befell: Sequence[Trouble], told: frozenset[int]
) -> Iterator[dict[str, Any]]:
    """Of every incident in a part of a run that did something, and of which a log says something: its numbers are `told`."""
    for each in befell:
        if each.cause is None or each.effect not in _TELLING or each.number not in told:
            continue
        if each.label.begin_us < span.since_us:
            continue
        about = f"{run}-{each.number}"
        for kind, question, answer in _of(header, each):
            yield {
                "id": f"{about}-{kind}",
                "run": run,
                "incident": each.number,
                "kind": kind,
                "question": question,
                **answer,
            }


def _of(header: Header, each: Trouble) -> Iterator[tuple[str, str, dict[str, Any]]]:
    label, cause = each.label, each.cause
    assert cause is not None  # noqa: S101 - only incidents are asked about
    met = _clock(header, label.begin_us if label.noticed_us is None else label.noticed_us)
    what = "the training job went down" if each.interrupts else "something was noticed to be wrong with the training"
    intro = f"Around {met} UTC {what}."
    names = sorted(causes())
    yield "cause", f"{intro} What was the root cause?", {"answer": cause.name, "title": cause.title, "choices": names}
    if cause.is_of_a_machine:
        host, _, rank = label.place.partition(", rank ")
        yield "node", f"{intro} On which host did it begin?", {"answer": host}
        if rank:
            yield "rank", f"{intro} Which rank was hit?", {"answer": int(rank)}
    since = {"answer": _clock(header, label.begin_us), "tolerance_seconds": 60}
    yield "since", f"{intro} Since when was it there, in UTC?", since
    if each.interrupts:
        lost, hours = label.lost_seconds, label.lost_accelerator_hours
        usd = round(hours * header.usd_per_hour, 2)
        cost = {"answer": round(lost, 1), "unit": "s", "tolerance": 0.05}
        yield "downtime", f"{intro} How long was it until training went on?", cost
        question = f"{intro} What did that cost in accelerator-hours, while no step was done?"
        price = {"answer": round(hours, 3), "unit": "h", "usd": usd, "tolerance": 0.05}
        yield "cost", question, price
    if label.blamed:
        yield "blamed", f"{intro} Which host was taken out, though nothing ailed it?", {"answer": label.blamed}


def _clock(header: Header, time_us: int) -> str:
    """To the second."""
    moment = datetime.fromtimestamp(header.start_time + time_us // _MICROSECONDS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}"
