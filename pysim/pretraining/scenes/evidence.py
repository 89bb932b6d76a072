"""What programs say during an incident: the templates of its cause, filled in for everybody who speaks, at the right times."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pysim.catalog.incidents import Evidence, Role, speakers
from pysim.pretraining.names import short_host
from pysim.pretraining.scenes.case import TOLD, Case
from pysim.pretraining.scenes.template import Saying, filled
from pysim.story.events import LogLine
from pysim.story.noise import fnv1a

_HAS_PROCESSES = ("nccl", "watchdog", "trainer")
_OF_NODES = ("step", "elastic")  # who has one process on each node, whatever the ranks
_LIBRARY = "nccl"
_BETWEEN_PROCESSES_US = 1_300  # of a node that its launcher stops one after the other
_MICROSECONDS = 1_000_000


class Voice(NamedTuple):
    """Somebody who speaks: a rank, or a service on a node, or (without a node) one of the cluster."""

    rank: int | None
    node: int | None
    about: int | None = None  # the rank of whose process a service speaks


@dataclass(frozen=True, slots=True)
class Choir:
    """Those who say the same: some who are told, in their order, and how many more there are."""

    voices: tuple[Voice, ...]
    unlisted: int = 0


def lines(
    case: Case, has: frozenset[str], since_us: int, until_us: int, speakers: Collection[str] | None = None
) -> Iterator[LogLine]:
    """All that is said within [since_us, until_us), by anybody or by some, line of evidence by line."""
    for line in case.befallen.incident.cause.evidence_on(has):
        if speakers is not None and line.speaker not in speakers:
            continue
        base_us = _since(case, line)
        first_us = base_us + _us(line.after)
        last_us = first_us + _us(line.within) + case.per_node * _BETWEEN_PROCESSES_US
        if min(first_us, case.befallen.noticed_us) < until_us and last_us >= since_us:
            yield from _said(case, line, base_us)


def _said(case: Case, line: Evidence, base_us: int) -> Iterator[LogLine]:
    """One line of evidence by everybody who says it; not what comes too late to be said at all."""
    choir, speaker = _choir(case, line), speakers()[line.speaker]
    goes_on = _goes_on(case, line)
    for index, voice in enumerate(choir.voices):
        moved_us = _later_us(case, line, voice)
        time_us = _not_late(case, line, base_us + _us(line.after) + moved_us)
        words = filled(line.words, _saying(case, voice, time_us, base_us + moved_us)) if time_us is not None else None
        if time_us is None or words is None:
            continue
        yield LogLine(
            time_seconds=time_us / 1e6,
            number=case.befallen.number,
            speaker=line.speaker,
            host=_host(case, line, voice, time_us),
            rank=voice.rank,
            local_rank=None if voice.rank is None else voice.rank % case.per_node,
            process_id=_process(case, line, voice, time_us),
            level=line.level,
            place=line.place,
            words=words,
            is_shown=speaker.shows(line.level) or line.speaker == _LIBRARY,  # the job asks its library for more
            unlisted=choir.unlisted if index == len(choir.voices) - 1 and not goes_on else 0,
        )


def _goes_on(case: Case, line: Evidence) -> bool:
    """Whether the same speakers have more to say; how many more they are is said once."""
    evidence = case.befallen.incident.cause.evidence
    later = evidence[evidence.index(line) + 1 :]
    return any((each.speaker, each.role, each.since) == (line.speaker, line.role, line.since) for each in later)


# When


def _since(case: Case, line: Evidence) -> int:
    match line.since:
        case "beginning":
            return case.began_us
        case "noticed":
            return case.befallen.noticed_us
        case "relaunch":
            return case.relaunched_us
        case "loading":
            parts = case.run.incidents.parts(case.befallen)
            return next((part.begin_us for part in parts if part.name == "loading"), case.relaunched_us)
        case _:
            return case.over_us


def _not_late(case: Case, line: Evidence, time_us: int) -> int | None:
    """The time, or an earlier one where its process ends before, or none where nobody is left to say it."""
    befallen, cause = case.befallen, case.befallen.incident.cause
    if line.since == "over":
        return time_us
    if line.since in ("relaunch", "loading"):
        return time_us if time_us < case.over_us else None
    if befallen.interrupts:
        if line.since == "beginning" and cause.effect == "crash":
            return min(time_us, befallen.noticed_us)
        return time_us if time_us < case.relaunched_us else None
    return time_us if time_us <= max(case.over_us, befallen.noticed_us) else None


def _us(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)


# Who


def _choir(case: Case, line: Evidence) -> Choir:
    """Who says it; a launcher says it of each of its processes, if it speaks of them."""
    choir = _CHOIRS[line.role, line.speaker in _OF_NODES](case)
    if line.speaker != "elastic" or "pid" not in line.fields:
        return choir
    voices = tuple(Voice(None, voice.node, rank) for voice in choir.voices for rank in _workers(case, voice.node or 0))
    return Choir(voices, choir.unlisted)


def _workers(case: Case, node: int) -> Iterator[int]:
    """The ranks of a node that are left to be stopped."""
    first = node * case.per_node
    ranks = range(first, min(first + case.per_node, case.run.plan.world_size))
    stopped = case.befallen.incident.cause.exits
    gone = case.first_dead if stopped and case.befallen.incident.cause.blames else None
    return (rank for rank in ranks if rank != gone)


def _nodes(case: Case, nodes: range) -> Choir:
    told = sorted(nodes[:TOLD], key=case.own)
    return Choir(tuple(Voice(None, node) for node in told), len(nodes) - len(told))


def _node(node: int) -> Choir:
    return Choir((Voice(None, node),))


def _victim(case: Case) -> Choir:
    return Choir((Voice(case.victim, case.befallen.incident.node),))


def _survivors(case: Case) -> Choir:
    told = tuple(Voice(rank, rank // case.per_node) for rank in case.told_survivors)
    return Choir(told, case.survivors - len(told))


def _neighbours(case: Case) -> Choir:
    node = case.befallen.incident.node
    ranks = range(node * case.per_node, min((node + 1) * case.per_node, case.run.plan.world_size))
    told = [rank for rank in ranks if rank not in case.ranks_hit]
    return Choir(tuple(Voice(rank, node) for rank in told[:TOLD]), max(len(told) - TOLD, 0))


def _spokesman(_case: Case) -> Choir:
    """What every rank of a trainer would say only the first one does."""
    return Choir((Voice(0, 0),))


def _hit_nodes(case: Case) -> Choir:
    return _nodes(case, case.nodes_hit)


def _all_nodes(case: Case) -> Choir:
    return _nodes(case, range(case.run.plan.nodes))


def _first_dead_node(case: Case) -> Choir:
    return _node(case.first_dead // case.per_node)


def _cluster(_case: Case) -> Choir:
    return Choir((Voice(None, None),))


_CHOIRS: Mapping[tuple[Role, bool], Callable[[Case], Choir]] = {
    ("victim", False): _victim,
    ("victim", True): _hit_nodes,
    ("neighbours", False): _neighbours,
    ("neighbours", True): _hit_nodes,
    ("survivors", False): _survivors,
    ("survivors", True): _all_nodes,
    ("host", False): _hit_nodes,
    ("host", True): _hit_nodes,
    ("launcher", False): _first_dead_node,
    ("launcher", True): _first_dead_node,
    ("launchers", False): _all_nodes,
    ("launchers", True): _all_nodes,
    ("cluster", False): _cluster,
    ("cluster", True): _cluster,
    ("all", False): _spokesman,
    ("all", True): _all_nodes,
}


def _later_us(case: Case, line: Evidence, voice: Voice) -> int:
    """How long after the first of those who say the same; a launcher goes from process to process."""
    moved_us = _us(line.within * case.own(voice.rank if voice.rank is not None else voice.node or 0))
    return moved_us if voice.about is None else moved_us + voice.about % case.per_node * _BETWEEN_PROCESSES_US


def _saying(case: Case, voice: Voice, time_us: int, waited_until_us: int) -> Saying:
    return Saying(
        case=case,
        rank=voice.rank,
        about=voice.about,
        time_us=time_us,
        waited_until_us=waited_until_us,
    )


def _host(case: Case, line: Evidence, voice: Voice, time_us: int) -> str:
    """Where it is said: monitoring speaks of the node that was hit, `srun` runs on the first one, a scheduler elsewhere."""
    if line.speaker == "scheduler":
        return ""
    if voice.node is None and line.speaker == "telemetry":
        return short_host(case.run.plan, case.befallen.host)
    return case.host(voice.node or 0, time_us).partition(".")[0]


def _process(case: Case, line: Evidence, voice: Voice, time_us: int) -> int | None:
    """The process that speaks, where its prefix names one."""
    if line.speaker == "elastic":
        return case.launcher(voice.node or 0, time_us)
    if line.speaker in _HAS_PROCESSES and voice.rank is not None:
        return case.process(voice.rank, time_us)
    if line.speaker == "fabric-manager":
        return 700 + fnv1a(str(case.befallen.host)) % 300
    return None
