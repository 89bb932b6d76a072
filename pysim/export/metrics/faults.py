"""What counters of a machine make of its kernel's log: errors of accelerators, links that went down, processes that memory ran out for.

Read from the words of the log, as DCGM's and the kernel's own counters and every public monitor have it (leptonai/gpud, components/
accelerator/nvidia/xid; facebookresearch/gcm, check_syslogs), so that a counter and a log never disagree. Machines that a run brings in
anew have clean counters.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pysim.story import events as ev

XID_WINDOW_US = 300_000_000  # of the exporter's count
ACTIVE, DOWN = 4, 1  # of a port
LINK_UP, POLLING = 5, 2  # of its physical state

XIDS: Mapping[int, str] = MappingProxyType(
    {
        0: "No Error",
        13: "Graphics Engine Exception",
        31: "GPU memory page fault",
        43: "GPU stopped processing",
        45: "Preemptive cleanup, due to previous errors -- Most likely to see when running multiple cuda",
        48: "Double Bit ECC Error",
        63: "ECC page retirement or row remapping recording event",
        64: "ECC page retirement or row remapper recording failure",
        74: "NVLINK Error",
        79: "GPU has fallen off the bus",
        94: "Contained ECC error",
        95: "Uncontained ECC error",
        119: "GSP RPC Timeout",
        120: "GSP Error",
        137: "NVLink Privilege Error",
        140: "Unrecovered ECC Error",
        149: "NVLINK: NETIR Error",
        154: "GPU Recovery Action Changed",
    }
)
"""As the exporter says those errors that a kernel's log here may have; all others are `UNKNOWN_XID`."""
UNKNOWN_XID = "Unknown Error"

_XID = re.compile(r"NVRM: Xid \(PCI:0000:([0-9a-f]{2}):00\): (\d+),")
_LINK = re.compile(r"mlx5_core \S+ ib(\d+): Link (?:(down)|up)")
_PORT = re.compile(r"NET/IB : \w+?_(\d+):1 Got non-fatal async event: port (?:(error)\(10\)|active\(9\))")
_OUT_OF_MEMORY = re.compile(r"invoked oom-killer")
_DOUBLE_BIT = frozenset({48, 94, 95, 140})  # several of one incident are one error
_REMAPPED, _NOT_REMAPPED = 63, 64


class Place(NamedTuple):
    """An accelerator by its bus, or an adapter by its number, of a machine; neither for the machine itself."""

    host: str  # up to its first dot
    bus: str = ""
    adapter: int = -1


class Value(NamedTuple):
    """What a counter stands at from a time on."""

    since_us: int
    value: int


class Faults:
    """Counters that most machines never move, with all that they have stood at; who is not in them stands at 0, a port at active."""

    def __init__(self) -> None:
        self.xids: dict[Place, list[Value]] = defaultdict(list)
        self.double_bits: dict[Place, list[Value]] = defaultdict(list)
        self.rows: dict[Place, list[Value]] = defaultdict(list)
        self.rows_failed: dict[Place, list[Value]] = defaultdict(list)
        self.ports: dict[Place, list[Value]] = defaultdict(list)
        self.ports_downed: dict[Place, list[Value]] = defaultdict(list)
        self.out_of_memory: dict[Place, list[Value]] = defaultdict(list)
        self._counted: set[tuple[Place, int]] = set()  # double-bit errors, by the incident that they are of

    def hear(self, event: ev.Event) -> None:
        """What a kernel says, or a library of the network, and what becomes of machines."""
        match event:
            case ev.LogLine(speaker="kernel" | "nccl"):
                self._read(event)
            case ev.NodeReplaced():
                self._renew(event.replacement.partition(".")[0], event.time_us)
            case ev.GroupsRejoined():
                self._reconnect(event.time_us)

    def _read(self, line: ev.LogLine) -> None:
        host, time_us = line.host.partition(".")[0], line.time_us
        for bus, number in _XID.findall(line.words):
            self._has_erred(Place(host, bus=bus), int(number), line.number, time_us)
        for adapter, down in (_PORT if line.speaker == "nccl" else _LINK).findall(line.words):
            self._has_changed(Place(host, adapter=int(adapter)), DOWN if down else ACTIVE, time_us)
        if _OUT_OF_MEMORY.search(line.words):
            _count(self.out_of_memory[Place(host)], time_us)

    def _has_erred(self, place: Place, xid: int, incident: int, time_us: int) -> None:
        self.xids[place].append(Value(time_us, xid))
        if xid in _DOUBLE_BIT and (place, incident) not in self._counted:
            self._counted.add((place, incident))
            _count(self.double_bits[place], time_us)
        if xid == _REMAPPED:
            _count(self.rows[place], time_us)
        if xid == _NOT_REMAPPED:
            self.rows_failed[place].append(Value(time_us, 1))

    def _has_changed(self, place: Place, state: int, time_us: int) -> None:
        """Kernel and library say the same one after the other."""
        if (self.ports[place][-1].value if self.ports[place] else ACTIVE) == state:
            return
        self.ports[place].append(Value(time_us, state))
        if state == DOWN:
            _count(self.ports_downed[place], time_us)

    def _renew(self, host: str, time_us: int) -> None:
        """A machine comes in: it was repaired, and booted since."""
        for counter in self._counters():
            for place, values in counter.items():
                if place.host == host and values[-1].value:
                    values.append(Value(time_us, ACTIVE if counter is self.ports else 0))

    def _reconnect(self, time_us: int) -> None:
        """All process groups are there again, so that every link is."""
        for values in self.ports.values():
            if values[-1].value == DOWN:
                values.append(Value(time_us, ACTIVE))

    def _counters(self) -> Iterator[dict[Place, list[Value]]]:
        yield from (self.xids, self.double_bits, self.rows, self.rows_failed)
        yield from (self.ports, self.ports_downed, self.out_of_memory)


def standing(counter: Mapping[Place, list[Value]], place: Place, time_us: int, otherwise: int = 0) -> int:
    """What a counter stands at just before a time, as everything that is looked at."""
    values = counter.get(place)
    index = bisect_left(values, time_us, key=lambda each: each.since_us) if values else 0
    return values[index - 1].value if values and index else otherwise


def recent(faults: Faults, place: Place, time_us: int) -> dict[int, int]:
    """How often which error came within the exporter's window."""
    counts: dict[int, int] = defaultdict(int)
    for since_us, xid in faults.xids.get(place, ()):
        if xid and time_us - XID_WINDOW_US <= since_us < time_us:
            counts[xid] += 1
    return counts


def _count(values: list[Value], time_us: int) -> None:
    values.append(Value(time_us, (values[-1].value if values else 0) + 1))
