"""`dcgmi dmon -e 150,140,155,203,252,100` (NVIDIA/DCGM 72fa3fe, dcgmi/DeviceMonitor.cpp): a row for each accelerator every second."""

from typing import ClassVar

from pysim.story import events as ev
from pysim.story.fleet import DEAD
from pysim.views.dialects.dialect import Lines, Writers
from pysim.views.dialects.of_nodes import OfNodes

_ENTITY = 16  # columns, as the widths of the fields: theirs, six more, and two blanks
_FIELDS = (
    ("TMPTR", "C", 13),
    ("MMTMP", "C", 18),
    ("POWER", "W", 18),
    ("GPUTL", "", 18),
    ("FBUSD", "", 18),
    ("SMCLK", "", 13),
)
_LOOKS_PER_HEADER = 14  # and one more after the first
_MEBIBYTE = 2**20
_BELOW_WATTS = 9_990  # of a loss's finer digits: half a watt to either side, less one in the last digit
_BLANK = "N/A"
_HEADER = (
    f"{'#Entity':{_ENTITY}}" + "".join(f"{name:{width}}" for name, _, width in _FIELDS),
    f"{'ID':{_ENTITY}}" + "".join(f"{unit:{width}}" for _, unit, width in _FIELDS),
)


class Dcgmi(OfNodes):
    """Writes what the host engines of the nodes that are shown have measured."""

    ALL_NODES = False

    def looked(self, e: ev.FleetSampled) -> Lines:
        """Of one node after the other."""
        is_headed = self._is_headed(e.time_us)
        for node in self.nodes():
            rows = self._rows(e, self.header.ranks_of(node))
            yield from self.named(self.host(node, e.time_seconds), (*_HEADER, *rows) if is_headed else rows)

    def _is_headed(self, time_us: int) -> bool:
        """The program counts looks from the second on, but has the header before the first one as well."""
        look = self.looks_before(time_us)
        return look != 1 and (look == 0 or look % _LOOKS_PER_HEADER == 1)

    def _rows(self, e: ev.FleetSampled, ranks: range) -> Lines:
        for local, rank in enumerate(ranks):
            cells = zip(self._values(e, rank), _FIELDS, strict=True)
            yield f"{f'GPU {local}':{_ENTITY}}" + "".join(f"{value:{width}}" for value, (_, _, width) in cells)

    def _values(self, e: ev.FleetSampled, rank: int) -> tuple[str, ...]:
        if e.condition[rank] == DEAD:
            return (_BLANK,) * len(_FIELDS)
        clock = int(e.clock_mhz[rank])
        return (
            str(int(e.temperature_celsius[rank])),
            str(int(e.memory_celsius[rank])),
            f"{self._watts(e, rank):.3f}",
            str(int(e.utilisation_percent[rank])),
            str(int(e.memory_bytes[rank]) // _MEBIBYTE),
            str(clock) if clock else _BLANK,
        )

    def _watts(self, e: ev.FleetSampled, rank: int) -> float:
        """With the digits below the whole ones that a run has of it."""
        place = round(e.time_seconds) * self.header.world_size + rank
        return int(e.power_watts[rank]) + self.finer(0.0, "power", place) * _BELOW_WATTS

    WRITERS: ClassVar[Writers] = {ev.FleetSampled: looked}
