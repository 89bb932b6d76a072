"""What somebody who watches a run gets to know, beside its log: that something has gone wrong, and that it is over."""

from dataclasses import dataclass
from typing import Literal

NewsKind = Literal["incident", "recovered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An incident when somebody has noticed it, or when the job is up again after it. The cause is the true one."""

    time_us: int
    kind: NewsKind
    number: int  # of the incident, as in its events
    cause: str
    title: str
    place: str  # the host that was hit, and the rank where it was one; job, data or storage where it was none
    step: int  # the last completed one, or the first one after a recovery
    lost_seconds: float = 0.0  # since steps stopped, once they go on
    steps_redone: int = 0  # that they begin with
