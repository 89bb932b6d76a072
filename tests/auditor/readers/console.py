"""Reads the console's text: lines with a time stamp, of which one record may fill several, and blocks without."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from auditor.interval import Interval, measure, rounded
from auditor.readers import library, speakers
from auditor.readers.console_lines import LINES, N
from auditor.record import Record, Value

_COMPILED = [(kind, re.compile(head), [re.compile(part) for part in parts]) for kind, head, parts in LINES]

_STAMPED = re.compile(r"\[(?:(\d{4}-\d\d-\d\d) )?(\d\d):(\d\d):(\d\d)\] (INFO   |WARNING) (.*)")
_STATUS = re.compile(
    rf"\[ \w+ status \] step (?P<n_step>{N})(?: · (?P<n_world_size>{N}) x (?P<s_accelerator>[^·]+))?"
    rf"(?: · (?P<s_conditions>[▲○▽x-] {N} [a-z]+(?: · [▲○▽x-] {N} [a-z]+)*))?"
    r"(?: · (?P<n_power_watts>[\d,.]+ [kM]W))?(?: · hottest node (?P<n_node>\d+) \w+ (?P<n_local>\d+) at (?P<n_celsius>\d+) C)?"
    rf"(?: · clock (?P<n_slowest>{N}) to (?P<n_fastest>{N}) MHz)?"
)
_CELL = re.compile(
    r"(?:\x1b\[3(?P<color>\d)m)?(?P<sign>[●▲○▽x-])(?:\x1b\[0m)? +(?P<local>\d+) +(?P<busy>[\d-]+)% +(?P<celsius>[\d-]+)C"
    r"(?: +(?P<used>[\d.-]+)/(?P<capacity>[\d-]+)G)?(?: +(?P<percent>[\d-]+)%)?"
    r"(?: +(?P<watts>[\d-]+)W)?(?: +(?P<clock>[\d-]+)MHz)?"
)
_SUMMARY = re.compile(
    r"  (total time|epochs|steps|tokens|train loss|validation loss|mean throughput|mean MFU|\w+-hours|energy|cost|saved to) +(.*)"
)
COLORS = re.compile(r"\x1b\[[0-9;]*m")
_DAY = 86_400


def _field(kind: str, group: str, text: str) -> Value:
    """A group's value; its first letter says whether it is a word, a count or quantity, or a measured number."""
    if group.startswith("s_"):
        return text
    if text in ("inf", "nan"):
        return None
    if group.startswith("m_"):
        return rounded(text)
    if kind == "OptimizerReady" and group.endswith("_bytes"):
        return measure(f"{text} GiB")
    return measure(re.sub(r" B$", " bytes", text) if group.endswith("_bytes") else text)


class Console:
    """Turns console lines into records. A stamp without a date may go past midnight; then the next day begins."""

    def __init__(self) -> None:
        self._day = 0
        self._second = 0
        self.dated = True  # as long as no stamp lacks its date
        self._pending: Record | None = None  # a record that may go on in the next line
        self._parts: list[re.Pattern[str]] = []
        self._folded: tuple[str, Interval, str] | None = None  # a head that says nothing yet
        self._half = ""  # a part that says nothing yet
        self.unread: list[str] = []

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        for colored in lines:
            line = COLORS.sub("", colored.rstrip("\n"))
            stamped = _STAMPED.fullmatch(line)
            if stamped and stamped[6].startswith("  ") and (self._pending or self._folded):
                self._go_on(line, stamped[6].strip())
                continue
            if self._grid_goes_on(line, colored):
                continue
            yield from self._close()
            if stamped:
                self._open(line, self._time(*stamped.groups()[:4]), stamped[6].strip())
            else:
                self._unstamped(line)
        yield from self._close()

    def _time(self, date: str | None, hour: str, minute: str, second: str) -> Interval:
        of_day = int(hour) * 3600 + int(minute) * 60 + int(second)
        if date:
            self._day = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
        else:
            self.dated = False
            self._day += _DAY * (of_day < self._second)
        self._second = of_day
        return Interval(self._day + of_day, self._day + of_day + 1)

    def _open(self, line: str, time: Interval, body: str) -> None:
        if speakers.SAID.fullmatch(body.partition("…")[0]):
            return
        head, *parts = body.split(" | ")
        for kind, pattern, part_patterns in _COMPILED:
            found = pattern.fullmatch(head)
            if found:
                self._pending, self._parts = Record(kind, time, line.strip()), part_patterns
                self._take(self._pending, found)
                self._take_parts(self._pending, parts)
                return
        self._folded = (line, time, body)

    def _go_on(self, line: str, body: str) -> None:
        """A further line of the same record: more parts, or the rest of a head that was too wide."""
        if self._folded:
            (first, time, half), self._folded = self._folded, None
            self._open(f"{first} {line}", time, f"{half} {body}")
        elif self._pending:
            half, self._half = self._half, ""
            self._take_parts(self._pending, f"{half} {body}".strip().split(" | "))

    def _take_parts(self, record: Record, parts: list[str]) -> None:
        for index, part in enumerate(parts, 1):
            found = next((match for pattern in self._parts if (match := pattern.fullmatch(part))), None)
            if found:
                self._take(record, found)
            elif index == len(parts):
                self._half = part
            else:
                self.unread.append(f"{record.where} ({part!r})")

    def _take(self, record: Record, found: re.Match[str]) -> None:
        for group, text in found.groupdict().items():
            if group.startswith("l_"):
                record.fields.setdefault(group[2:], []).append(measure(text))
            elif text is not None:
                record.fields[group[2:]] = _field(record.kind, group, text)

    def _grid_goes_on(self, line: str, colored: str) -> bool:
        """Whether the line belongs to the status block that was opened; its cells are kept."""
        if (
            self._pending is None
            or self._pending.kind != "FleetSampled"
            or _STAMPED.fullmatch(line)
            or _STATUS.fullmatch(line)
        ):
            return False
        self._pending.fields["cells"] += [cell.groupdict() for cell in _CELL.finditer(colored)]
        return not line.startswith(("─", "run "))

    def _close(self) -> Iterator[Record]:
        if self._folded:
            self.unread.append(self._folded[0])
            self._folded = None
        record, self._pending = self._pending, None
        if record and self._half:
            self.unread.append(f"{record.where} ({self._half!r})")
        self._half = ""
        if record:
            yield record

    def _unstamped(self, line: str) -> None:
        status, summary = _STATUS.fullmatch(line), _SUMMARY.fullmatch(line)
        said, warned = library.LINE.fullmatch(line), library.LAUNCHER.fullmatch(line)
        now = Interval(self._day + self._second, self._day + self._second + 1)
        if status:
            self._pending = Record("FleetSampled", now, line, {"cells": []})
            self._take(self._pending, status)
        elif summary:
            self._pending = Record("Summary", now, line, {"label": summary[1], "value": summary[2]})
        elif said:
            self._pending = Record("Library", now, line, said.groupdict())
        elif warned:
            self._pending = Record("Launcher", now, line, warned.groupdict())
        elif spoken := speakers.read(line):
            second = next(speakers.seconds(spoken, self._day), None) if self.dated else None
            self._pending = Record("Spoken", now, line, {**spoken, "second": second})
        elif not (line.startswith(("$ ", "    ", "─", "run ")) or _is_chart(line) or library.BARE.fullmatch(line)):
            self.unread.append(line)


def _is_chart(line: str) -> bool:
    body = line[9:]
    return line[:9].strip().replace(".", "").replace("e-", "").isdigit() or (
        not line[:9].strip() and "⠀" <= body[:1] <= "⣿"
    )
