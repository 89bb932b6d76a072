"""What node_exporter tells of every machine, as far as a run knows it: its clock, its network adapters, and whether memory ran out."""

from collections.abc import Callable
from dataclasses import dataclass

from pysim.export.metrics.families import Family
from pysim.export.metrics.faults import ACTIVE, DOWN, LINK_UP, POLLING

TIME = Family(name="node_time_seconds", help="System time in seconds since epoch (1970).")
OUT_OF_MEMORY = Family(name="node_vmstat_oom_kill", help="/proc/vmstat information field oom_kill.", kind="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPort(Family):
    """A family of which every port has a sample: what of `Faults` it follows, and what that makes of it."""

    counter: str
    usual: int
    value: Callable[[int], int] = int


PORTS = (
    OfPort(
        name="node_infiniband_link_downed_total",
        help="Number of times the link failed to recover from an error state and went down",
        kind="counter",
        counter="ports_downed",
        usual=0,
    ),
    OfPort(
        name="node_infiniband_physical_state_id",
        help="Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: shift, "
        "5: link up, 6: link error recover, 7: phytest)",
        counter="ports",
        usual=ACTIVE,
        value=lambda state: POLLING if state == DOWN else LINK_UP,
    ),
    OfPort(
        name="node_infiniband_state_id",
        help="State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act defer)",
        counter="ports",
        usual=ACTIVE,
    ),
)
