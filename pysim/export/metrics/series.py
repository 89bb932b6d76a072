"""All series of some looks at a run: one for who asks what it is like now, all for a file with time stamps.

OpenMetrics wants every series with all its samples together, so that is how they come.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysim.export.metrics import node as of_node
from pysim.export.metrics import trainer
from pysim.export.metrics.families import Family, Notation, joined, number
from pysim.export.metrics.faults import UNKNOWN_XID, XID_WINDOW_US, XIDS, Place, Value, recent, standing
from pysim.export.metrics.readings import (
    ADDED_UP,
    COLUMNS,
    COUNTED,
    READ,
    XID,
    XID_COUNT,
    Ints,
    Readings,
    Told,
    is_told,
)
from pysim.export.metrics.sampling import Sampler
from pysim.story.header import Header

NOTHING = np.inf  # a number that the job has not, in a table of numbers
_VENDORS = ("nvidia", "fictional")  # whose accelerators DCGM knows
_MICROSECONDS = 1_000_000
_IN_MEMORY = 2**17  # numbers of a table at once
_WINDOW = f'window_size_in_ms="{XID_WINDOW_US // 1000}"'

Lines = list[str]
Share = tuple[float, Lines]  # of a family that is done with these lines


class Looks(NamedTuple):
    """What was found: at which looks of the sampler, and when; shape (looks, columns, accelerators), and (looks, quantities) of the job."""

    which: range
    times: Sequence[int]
    read: NDArray[np.int32]
    added_up: Ints
    told: NDArray[np.float64]


class Series:
    """Writes them. In OpenMetrics every sample has its time, in the text format none: it is of now."""

    def __init__(self, sampler: Sampler, looks: Looks, notation: Notation) -> None:
        self._looks, self._notation = looks, notation
        self._header, self._capacity = sampler.story.header, sampler.readings.capacity
        self._machines, self._faults = sampler.machines, sampler.faults
        start, is_stamped = self._header.start_time, notation == "openmetrics"
        self._seconds = [number(start + time_us / _MICROSECONDS) for time_us in looks.times]
        self._ends = [f" {seconds}\n" if is_stamped else "\n" for seconds in self._seconds]

    def parts(self) -> Iterator[tuple[float, str]]:
        """Piece after piece of the text, with the share that is done then."""
        families = list(self._families())
        for index, (family, shares) in enumerate(families):
            head = family.head(self._notation)
            for share, lines in shares:
                yield (index + share) / len(families), (head if lines else "") + "".join(lines)
                head = "" if lines else head

    def _families(self) -> Iterator[tuple[Family, Iterable[Share]]]:
        yield from ((family, [(1.0, lines)]) for family, lines in self._of_job())
        if has_dcgm(self._header):
            yield from ((told, self._read(told)) for told in READ)
            yield XID, self._by_accelerator(self._last_xids)
            yield XID_COUNT, self._by_accelerator(self._xid_counts)
            for name, family in COUNTED.items():
                yield family, self._by_accelerator(partial(self._counted, family, getattr(self._faults, name)))
        if self._machines.adapters:
            yield from ((family, self._by_machine(partial(self._ports, family))) for family in of_node.PORTS)
        yield of_node.TIME, self._by_machine(self._clock)
        yield of_node.OUT_OF_MEMORY, self._by_machine(self._out_of_memory)

    def _line(self, family: Family, labels: str, text: str, row: int) -> str:
        return f"{family.name}{{{labels}}} {text}{self._ends[row]}"

    def _lines(self, family: Family, labels: str, values: Iterable[object], rows: Iterable[int]) -> Lines:
        """Samples of one series."""
        return [self._line(family, labels, str(value), row) for value, row in zip(values, rows, strict=True)]

    # Accelerators

    def _read(self, told: Told) -> Iterator[Share]:
        """What is read off them, some at a time."""
        ranks, at_once = self._header.world_size, max(_IN_MEMORY // max(len(self._looks.times), 1), 1)
        for first in range(0, ranks, at_once):
            some = range(first, min(first + at_once, ranks))
            readings = _readings(self._looks, some, self._capacity)
            values, is_there = told.value(readings), is_told(told, readings)
            columns = zip(some, values.T.tolist(), is_there.T.tolist(), strict=True)
            yield some.stop / ranks, [line for column in columns for line in self._read_of(told, *column)]

    def _read_of(self, told: Told, rank: int, values: list[int], is_there: list[bool]) -> Iterator[str]:
        """An accelerator's samples, by the machine that it was in."""
        form, ends = told.form, self._ends
        for rows, machine in self._stays(rank // self._header.per_node):
            series = f"{told.name}{{{self._machines.of_accelerator(machine, rank)}}} "
            samples = zip(*(each[rows.start : rows.stop] for each in (values, ends, is_there)), strict=True)
            yield from (f"{series}{form(value)}{end}" for value, end, is_kept in samples if is_kept)

    def _by_accelerator(self, lines_of: Callable[[Place, str, range], Lines]) -> Iterator[Share]:
        """Lines of every accelerator, node by node."""
        for node in range(self._header.nodes):
            found: Lines = []
            for rank in self._header.ranks_of(node):
                for rows, machine in self._stays(node):
                    place = Place(self._machines.host(machine), bus=self._machines.bus(rank))
                    found += lines_of(place, self._machines.of_accelerator(machine, rank), rows)
            yield (node + 1) / self._header.nodes, found

    def _last_xids(self, place: Place, labels: str, rows: range) -> Lines:
        """The number of the last error is its value and one of its labels, so that every error is a series."""
        rows_of: dict[int, list[int]] = {}
        for row, xid in zip(rows, self._standing(self._faults.xids, place, rows), strict=True):
            rows_of.setdefault(xid, []).append(row)
        return [
            line
            for xid, those in rows_of.items()
            for line in self._lines(XID, f"{labels},{_named(xid)}", [xid] * len(those), those)
        ]

    def _xid_counts(self, place: Place, labels: str, rows: range) -> Lines:
        if place not in self._faults.xids:
            return []
        counts = [recent(self._faults, place, self._looks.times[row]) for row in rows]
        return [
            self._line(XID_COUNT, f'{labels},{_WINDOW},xid="{xid}"', str(count[xid]), row)
            for xid in sorted({xid for count in counts for xid in count})
            for row, count in zip(rows, counts, strict=True)
            if xid in count
        ]

    def _counted(
        self, family: Family, counter: Mapping[Place, list[Value]], place: Place, labels: str, rows: range
    ) -> Lines:
        return self._lines(family, labels, self._standing(counter, place, rows), rows)

    def _standing(
        self, counter: Mapping[Place, list[Value]], place: Place, rows: range, otherwise: int = 0
    ) -> Ints | list[int]:
        """What a counter stood at at some looks."""
        if place not in counter:
            return [otherwise] * len(rows)
        return [standing(counter, place, self._looks.times[row], otherwise) for row in rows]

    # Machines

    def _by_machine(self, lines_of: Callable[[int, range], Lines]) -> Iterator[Share]:
        for node in range(self._header.nodes):
            yield (
                (node + 1) / self._header.nodes,
                [line for rows, machine in self._stays(node) for line in lines_of(machine, rows)],
            )

    def _ports(self, family: of_node.OfPort, machine: int, rows: range) -> Lines:
        lines: Lines = []
        for adapter in range(self._machines.adapters):
            port = Place(self._machines.host(machine), adapter=adapter)
            counter = getattr(self._faults, family.counter)
            values = map(family.value, self._standing(counter, port, rows, family.usual))
            lines += self._lines(family, self._machines.of_port(machine, adapter), values, rows)
        return lines

    def _clock(self, machine: int, rows: range) -> Lines:
        seconds = self._seconds[rows.start : rows.stop]
        return self._lines(of_node.TIME, self._machines.of_machine(machine), seconds, rows)

    def _out_of_memory(self, machine: int, rows: range) -> Lines:
        values = self._standing(self._faults.out_of_memory, Place(self._machines.host(machine)), rows)
        return self._lines(of_node.OUT_OF_MEMORY, self._machines.of_machine(machine), values, rows)

    def _stays(self, node: int) -> Iterator[tuple[range, int]]:
        """Rows of the tables, by the machine that was a node then."""
        which = self._looks.which
        for looks, machine in self._machines.within(node, which.start, which.stop - 1):
            yield range(looks.start - which.start, looks.stop - which.start), machine

    # The job

    def _of_job(self) -> Iterator[tuple[Family, Lines]]:
        """What says which run it is comes first: it is what a file of ours is known by."""
        labels, rows = joined(trainer.labels(self._header)), range(len(self._looks.times))
        known = joined([*trainer.labels(self._header), *trainer.facts(self._header)])
        yield trainer.INFO, self._lines(trainer.INFO, known, [1] * len(rows), rows)
        for column, quantity in enumerate(trainer.QUANTITIES):
            values = self._looks.told[:, column].tolist()
            kept = [row for row in rows if values[row] != NOTHING]
            yield quantity, self._lines(quantity, labels, [number(values[row]) for row in kept], kept)
        phases = self._looks.told[:, -1].astype(np.int64).tolist()
        yield (
            trainer.PHASE,
            [
                line
                for index, phase in enumerate(trainer.PHASES)
                for line in self._lines(
                    trainer.PHASE, f'{labels},phase="{phase}"', [int(now == index) for now in phases], rows
                )
            ],
        )


def found(sampler: Sampler) -> Looks:
    """The last look alone."""
    readings = sampler.readings
    return Looks(
        which=range(sampler.looks - 1, sampler.looks),
        times=[sampler.time_us],
        read=read(readings)[None],
        added_up=added_up(readings)[None],
        told=of_job(sampler.job)[None],
    )


def read(readings: Readings) -> NDArray[np.int32]:
    """What is read off all accelerators, shape (columns, accelerators)."""
    return np.array([readings.now[column] for column in COLUMNS], np.int32)


def added_up(readings: Readings) -> Ints:
    """And what adds up."""
    return np.array([getattr(readings, column) for column in ADDED_UP], np.int64)


def of_job(known: trainer.Known) -> NDArray[np.float64]:
    """The numbers of the job, and what it does."""
    values = [quantity.value(known) for quantity in trainer.QUANTITIES]
    phase = trainer.PHASES.index(known.phase)
    return np.array([*(NOTHING if value is None else value for value in values), phase], np.float64)


def has_dcgm(header: Header) -> bool:
    """Whether there is anything that DCGM's exporter could tell."""
    return header.vendor in _VENDORS


def _readings(looks: Looks, ranks: range, capacity: int) -> Readings:
    """Those of some accelerators at all looks."""
    columns = slice(ranks.start, ranks.stop)
    return Readings(
        now=_Columns(looks.read, columns),
        millijoules=looks.added_up[:, 0, columns],
        held_back_nanoseconds=looks.added_up[:, 1, columns],
        capacity=capacity,
    )


class _Columns(Mapping[str, Ints]):
    """Columns of a table, each read from the disk when it is asked for."""

    def __init__(self, table: NDArray[np.int32], ranks: slice) -> None:
        self._table, self._ranks = table, ranks

    def __getitem__(self, name: str) -> Ints:
        return self._table[:, COLUMNS.index(name), self._ranks].astype(np.int64)

    def __iter__(self) -> Iterator[str]:
        return iter(COLUMNS)

    def __len__(self) -> int:
        return len(COLUMNS)


def _named(xid: int) -> str:
    """What the last error's own labels say."""
    return joined([("err_code", str(xid)), ("err_msg", XIDS.get(xid, UNKNOWN_XID))])
