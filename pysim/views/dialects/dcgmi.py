"""`dcgmi dmon -e 150,140,155,203,252,100` (NVIDIA/DCGM 72fa3fe, dcgmi/DeviceMonitor.cpp): a row for each accelerator at every look."""

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
_LOOKS_PER_HEADER = 14
_MEBIBYTE = 2**20
_BLANK = "N/A"


class Dcgmi(OfNodes):
    """Writes what the host engines of the nodes that are shown have measured."""

    ALL_NODES = False

    def looked(self, e: ev.FleetSampled) -> Lines:
        """The header comes again after so many looks."""
        look = e.step // self.job.setup.look_interval
        for node in self.nodes():
            yield from self.named(self.host(node, e.time_seconds), self._of_node(e, node, look))

    def _of_node(self, e: ev.FleetSampled, node: int, look: int) -> Lines:
        if look % _LOOKS_PER_HEADER == 1:
            yield f"{'#Entity':{_ENTITY}}" + "".join(f"{name:{width}}" for name, _, width in _FIELDS)
            yield f"{'ID':{_ENTITY}}" + "".join(f"{unit:{width}}" for _, unit, width in _FIELDS)
        for local, rank in enumerate(self.header.ranks_of(node)):
            yield f"{f'GPU {local}':{_ENTITY}}" + "".join(
                f"{value:{width}}" for value, (_, _, width) in zip(_values(e, rank), _FIELDS, strict=True)
            )

    WRITERS: ClassVar[Writers] = {ev.FleetSampled: looked}


def _values(e: ev.FleetSampled, rank: int) -> tuple[str, ...]:
    if e.condition[rank] == DEAD:
        return (_BLANK,) * len(_FIELDS)
    clock = int(e.clock_mhz[rank])
    return (
        str(int(e.temperature_celsius[rank])),
        str(int(e.memory_celsius[rank])),
        f"{int(e.power_watts[rank]):.3f}",
        str(int(e.utilisation_percent[rank])),
        str(int(e.memory_bytes[rank]) // _MEBIBYTE),
        str(clock) if clock else _BLANK,
    )
