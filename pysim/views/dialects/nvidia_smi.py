"""`nvidia-smi -l` of driver 580.105.08 on a node: its table every five seconds, cell by cell as public logs of that driver have it."""

from typing import ClassVar

from pysim.story import events as ev
from pysim.story.fleet import DEAD
from pysim.views.dialects.dialect import Lines, Writers
from pysim.views.dialects.of_nodes import OfNodes

DRIVER, _CUDA = "580.105.08", "13.0"  # one goes with the other, whatever CUDA a program was built for
_MEBIBYTE = 2**20
_PROCESS = "/usr/bin/python3"
_DIVISIBLE = ("A100", "H100", "H200", "H800", "A800", "B200", "GB200", "B300", "GB300")  # into instances: MIG

_WHOLE = "+" + "-" * 89 + "+"
_CUT = "+" + "-" * 41 + "+" + "-" * 24 + "+" + "-" * 22 + "+"
_HEADS = (
    "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |",
    "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |",
    "|                                         |                        |               MIG M. |",
    "|" + "=" * 41 + "+" + "=" * 24 + "+" + "=" * 22 + "|",
)
_PROCESS_HEADS = (
    "| Processes:                                                                              |",
    "|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |",
    "|        ID   ID                                                               Usage      |",
    "|" + "=" * 89 + "|",
)
_NO_PROCESSES = "|  No running processes found                                                             |"


class NvidiaSmi(OfNodes):
    """Writes its table of the nodes that are shown."""

    ALL_NODES = False

    def looked(self, e: ev.FleetSampled) -> Lines:
        """Of one node after the other; one that has lost an accelerator has no table."""
        for node in self.nodes():
            yield from self.named(self.host(node, e.time_seconds), self._of_node(e, node))

    def _of_node(self, e: ev.FleetSampled, node: int) -> Lines:
        ranks = self.header.ranks_of(node)
        lost = next((rank for rank in ranks if e.condition[rank] == DEAD), None)
        if lost is not None:
            yield f"Unable to determine the device handle for GPU{lost - ranks.start}: 0000:{self._bus(lost)}: Unknown Error"
            return
        yield f"{self.moment(e.time_seconds):%a %b} {self.moment(e.time_seconds).day:2d} {self.moment(e.time_seconds):%H:%M:%S %Y}       "
        yield _WHOLE
        yield f"| NVIDIA-SMI {DRIVER:<23}Driver Version: {DRIVER:<15}CUDA Version: {_CUDA:<9}|"
        yield _CUT
        yield from _HEADS
        for rank in ranks:
            yield from self._accelerator(e, rank, rank - ranks.start)
        yield ""
        yield from self._processes(e, ranks)

    def _bus(self, rank: int) -> str:
        return self.job.bus_id(rank).upper()

    def _accelerator(self, e: ev.FleetSampled, rank: int, index: int) -> Lines:
        used, capacity = int(e.memory_bytes[rank]) // _MEBIBYTE, e.memory_capacity_bytes // _MEBIBYTE
        memory = f"{used:8d}MiB / {capacity:6d}MiB "
        yield f"|{index:4d}  {self.header.accelerator_title:<31.31}{'On':<4}|   00000000:{self._bus(rank)} Off |{0:>21} |"
        yield (
            f"| N/A{int(e.temperature_celsius[rank]):5d}C    P0{int(e.power_watts[rank]):15d}W / "
            f"{self.job.hardware.power_limit_watts:4d}W |{memory}|{int(e.utilisation_percent[rank]):7d}%      Default |"
        )
        instances = "Disabled" if self.header.accelerator_short_title.split()[0] in _DIVISIBLE else "N/A"
        yield f"|{'':41}|{'':24}|{instances:>21} |"
        yield _CUT

    def _processes(self, e: ev.FleetSampled, ranks: range) -> Lines:
        yield _WHOLE
        yield from _PROCESS_HEADS
        launch = self.job.launches(e.time_us)
        held = [rank for rank in ranks if e.memory_bytes[rank]]
        for rank in held:
            memory = f"{int(e.memory_bytes[rank]) // _MEBIBYTE}MiB"
            process = self.job.process_id(rank, launch)
            yield f"|{rank - ranks.start:5d}   N/A  N/A{process:16d}      C   {_PROCESS:<38}{memory:>8} |"
        if not held:
            yield _NO_PROCESSES
        yield _WHOLE

    WRITERS: ClassVar[Writers] = {ev.FleetSampled: looked}
