"""Reads what other programs than the trainer say while something goes wrong: each with its own prefix and style of time stamp.

Their words may be cut at the screen's edge; who speaks, and when, stands before them.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

_HOST, _CLOCK = r"(?P<host>[a-z0-9-]+)", r"(?P<clock>\d\d:\d\d:\d\d)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PREFIXES: Mapping[str, re.Pattern[str]] = {
    "kernel": re.compile(rf"{_HOST}: \[\w{{3}} (?P<name>\w{{3}}) (?P<day>[ \d]\d) {_CLOCK} \d{{4}}\] .*"),
    "fabric-manager": re.compile(rf"{_HOST}: \[(?P<name>\w{{3}}) (?P<day>\d\d) \d{{4}} {_CLOCK}\] \[[A-Z]+\] \[tid \d+\] .*"),
    "nccl": re.compile(rf"{_HOST}:(?P<process>\d+):\d+ \[(?P<local_rank>\d+)\] [\w/.]+:\d+ NCCL WARN.*"),
    "watchdog": re.compile(rf"\[rank(?P<rank>\d+)\]:\[[WEF](?P<month>\d{{1,2}}?)(?P<day>\d\d) {_CLOCK}\.\d{{9}} \w+\.cpp:\d+\] .*"),
    "elastic": re.compile(rf"[IWE](?P<month>\d\d)(?P<day>\d\d) {_CLOCK}\.\d{{3}}000 (?P<process>\d+) torch/.*"),
    "scheduler": re.compile(rf"\[\d{{4}}-(?P<month>\d\d)-(?P<day>\d\d)T{_CLOCK}\.\d{{3}}\] .*"),
    "rank": re.compile(r"\[rank(?P<rank>\d+)\]: .*"),
    "step": re.compile(r"(?:srun|slurmstepd): .*"),
    "monitoring": re.compile(rf"{_HOST}: \S.*"),
}  # fmt: skip
_UNSTAMPED = re.compile(
    r"torch\.distributed\.elastic\.\S+: ?|[=-]{10,}…?|\S+\.py FAILED|Failures:|  <NO_OTHER_FAILURES>|Root Cause \(.*|\[0\]:|"
    r"  (?:time|host|rank|exitcode|error_file|traceback) *: .*|terminate called after .*|  what\(\): .*|Exception raised from .*|"
    r"UNAVAILABLE: The following tasks are unhealthy .*|/job:jax_worker/replica:0/task:\d+|The tasks have crashed\. .*|"
    r"ERROR  (?:TDRV|NMGR):.*|"
    r"ncclRemoteError: .*|Last error:|\.\.\. and [\d,]+ more (?:ranks?|nodes?)"
)
SAID = re.compile(  # by the trainer, with its own stamp
    r"Unexpected result nan on rank .*|Rank \d+, node .*|Possible transient error!|Saving a checkpoint and exiting now.*|"
    r"exiting program after .*|Skipped iterations \d+ to \d+ .*|loading distributed checkpoint from \S+|\[deepspeed\] .*"
)


def read(line: str) -> dict[str, str] | None:
    """Who speaks and when, by name; None for what no program says in this way."""
    for speaker, prefix in _PREFIXES.items():
        found = prefix.fullmatch(line)
        if found:
            return {"speaker": speaker} | {key: value for key, value in found.groupdict().items() if value is not None}
    return {"speaker": "nobody"} if _UNSTAMPED.fullmatch(line) else None


def seconds(said: Mapping[str, str], day: int) -> Iterator[int]:
    """The second at which a stamped line was said; `day` is one of the same year, in seconds."""
    if "clock" not in said:
        return
    month = int(said["month"]) if "month" in said else _MONTHS.index(said["name"]) + 1
    year = datetime.fromtimestamp(day, UTC).year
    hour, minute, second = map(int, said["clock"].split(":"))
    yield int(datetime(year, month, int(said["day"]), hour, minute, second, tzinfo=UTC).timestamp())
