"""Rules of what programs say while something goes wrong: ranks, nodes, processes and exit codes of all lines agree."""

import re
from collections.abc import Callable, Mapping

from auditor.ledger import Ledger, Rules
from auditor.record import Record

_SIGNALS = {"SIGHUP": 1, "SIGINT": 2, "SIGABRT": 6, "SIGBUS": 7, "SIGKILL": 9, "SIGSEGV": 11, "SIGTERM": 15}
_LATEST_MS = 5_000  # after its limit that a watchdog speaks; it looks about once a second


def said(audit: Ledger, r: Record) -> None:
    """One line, or several of one event."""
    _speaker(audit, r)
    for line in str(r.fields.get("words", r.where)).split("\n"):
        for pattern, rule in _WORDS.items():
            found = pattern.search(line)
            if found:
                rule(audit, r, found)


def _speaker(audit: Ledger, r: Record) -> None:
    """The rank that speaks is where its prefix says."""
    per_node = _per_node(audit)
    if not (r.has("rank", "local_rank", "host") and per_node):
        return
    node, local_rank = divmod(int(r.number("rank").low), per_node)
    audit.tie("local rank of the speaker", r, r.number("local_rank"), local_rank)
    known = audit.hosts.get(node, "").partition(".")[0]
    audit.holds("host of the speaker", r, not known or known == r.fields["host"])


def _per_node(audit: Ledger) -> int:
    """Accelerators of a node, where all have as many; those of a single node are told one by one while it comes up."""
    launched = audit.facts["JobLaunched"]
    ranks, nodes = (int(launched.number(name).low) for name in ("world_size", "nodes"))
    return 0 if ranks % nodes else ranks // nodes


def _failed(audit: Ledger, _r: Record, found: re.Match[str]) -> None:
    audit.first_dead = {name: int(value) for name, value in found.groupdict().items()}


def _root_cause(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    """The launcher's table is about the process whose end it has just told."""
    rank, local_rank = map(int, found.groups())
    per_node = _per_node(audit)
    if per_node:
        audit.tie("local rank of the root cause", r, local_rank, rank % per_node)
    if audit.first_dead:
        audit.tie("rank of the root cause", r, local_rank, audit.first_dead["local_rank"])


def _exit(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    code, process = map(int, found.groups())
    if audit.first_dead:
        same = (code, process) == (audit.first_dead["code"], audit.first_dead["process"])
        audit.holds("exit of the root cause", r, same)


def _signal(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    number, name, process = int(found[1]), found[2], int(found[3])
    audit.tie("number of the signal", r, number, _SIGNALS.get(name, 0))
    if audit.first_dead:
        same = (-number, process) == (audit.first_dead["code"], audit.first_dead["process"])
        audit.holds("signal of the root cause", r, same)


def _waited(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    """A watchdog speaks when its limit is over, and all have the same."""
    limit, waited = int(found[1]), int(found[2])
    audit.holds("waited until the limit", r, limit <= waited < limit + _LATEST_MS)
    audit.watchdog_ms = audit.watchdog_ms or limit
    audit.tie("limit of the watchdog", r, limit, audit.watchdog_ms)


def _collective(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    stuck, enqueued, completed = map(int, found.groups())
    audit.holds("stuck behind what was completed", r, completed + 1 == stuck <= enqueued)


def _rank(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    if r.has("rank"):
        audit.tie("rank in its own words", r, int(found[1]), int(r.fields["rank"]))


def _checkpoint(audit: Ledger, r: Record, found: re.Match[str]) -> None:
    if audit.whole:
        audit.holds("no checkpoint that was not reached", r, int(found[1]) in audit.saved)


_WORDS: Mapping[re.Pattern[str], Callable[[Ledger, Record, re.Match[str]], None]] = {
    re.compile(r"failed \(exitcode: (?P<code>-?\d+)\) local_rank: (?P<local_rank>\d+) \(pid: (?P<process>\d+)\)"): _failed,
    re.compile(r"^  rank +: (\d+) \(local_rank: (\d+)\)"): _root_cause,
    re.compile(r"^  exitcode +: (-?\d+) \(pid: (\d+)\)"): _exit,
    re.compile(r"Signal (\d+) \((\w+)\) received by PID (\d+)(?![\d…])"): _signal,
    re.compile(r"Timeout\(ms\)=(\d+)\) ran for (\d+) milliseconds"): _waited,
    re.compile(r"work sequence id: (\d+) PG status: last enqueued work: (\d+), last completed work: (\d+)(?![\d…])"): _collective,
    re.compile(r"\[Rank (\d+)\] (?:Watchdog|Some NCCL|To avoid|Collective)"): _rank,
    re.compile(r"^(?!.*/job_\d).*/step_(\d+)(?![\d…])"): _checkpoint,
}  # fmt: skip
"""What a line may say, and the rule for it."""

RULES: Rules = {"LogLine": said}
