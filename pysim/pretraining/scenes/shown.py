"""What a screen may call an incident: what it is, or on call no more than what showed, so that the answer stands nowhere."""

from typing import NamedTuple

from pysim.pretraining.scenes.case import Case
from pysim.pretraining.scenes.labels import place


class Shown(NamedTuple):
    """An incident as it is called; `cause` and `place` are empty where nobody knows them, and it begins when it is noticed."""

    begin_us: int
    title: str
    cause: str
    place: str


def shown(case: Case) -> Shown:
    """What was planned, or decided, everybody knows."""
    befallen, cause = case.befallen, case.befallen.incident.cause
    if not case.run.orders.on_call or cause.planned:
        return Shown(case.began_us, cause.title, cause.name, place(case))
    calls = (call.title for call in case.run.record.calls if call.since_us == befallen.noticed_us)
    return Shown(befallen.noticed_us, next(calls, f"noticed: {cause.notice.by}"), "", "")
