"""Which machine is which node of the job when, and how its parts are called in labels."""

from collections.abc import Iterator
from dataclasses import dataclass

from pysim.export.metrics.families import joined
from pysim.story import events as ev
from pysim.story.header import Header
from pysim.views.dialects.nvidia_smi import DRIVER

Labels = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Stay:
    """A machine that is a node of the job, from one look at all of them on."""

    look: int
    machine: int


class Machines:
    """Who is where, by looks that are counted from 0."""

    def __init__(self, header: Header) -> None:
        machine = header.job.machine
        self.header = header
        self.stays = [[Stay(0, machine(node, 0))] for node in range(header.nodes)]
        self.adapters, self.adapter = 0, ""  # of a node; none where nobody has named one
        self._labels: dict[tuple[int, int], str] = {}

    def hear(self, event: ev.Event, look: int) -> int | None:
        """What changes from a look on; the node that is another machine then, if one is."""
        match event:
            case ev.NetworkChosen(network="IB"):
                self.adapter, self.adapters = event.adapter, event.adapters
            case ev.NodeReplaced():
                machine = self.header.job.machine(event.node, event.time_us)
                if self.stays[event.node][-1].machine != machine:
                    self.stays[event.node].append(Stay(look, machine))
                    return event.node
            case _:
                pass
        return None

    def within(self, node: int, first: int, last: int) -> Iterator[tuple[range, int]]:
        """The looks from `first` to `last`, by the machine that was the node then; who came and went between two looks has none."""
        stays = self.stays[node]
        ends = [*(stay.look for stay in stays[1:]), last + 1]
        for stay, end in zip(stays, ends, strict=True):
            looks = range(max(stay.look, first), end)
            if looks:
                yield looks, stay.machine

    def host(self, machine: int) -> str:
        """Its name, as its exporters have it."""
        return self.header.job.short_host(machine)

    def bus(self, rank: int) -> str:
        """The bus of an accelerator, as a kernel's log has it."""
        return self.header.job.bus_id(rank)[:2]

    def of_accelerator(self, machine: int, rank: int) -> str:
        """Labels of an accelerator, in the order of DCGM's exporter."""
        known = self._labels.get((machine, rank))
        if known is None:
            known = self._labels[machine, rank] = joined(self._labels_of(machine, rank))
        return known

    def _labels_of(self, machine: int, rank: int) -> Labels:
        local = rank % self.header.per_node
        return [
            ("gpu", str(local)),
            ("UUID", f"GPU-{self.header.job.accelerator_uuid(machine, local)}"),
            ("pci_bus_id", f"00000000:{self.header.job.bus_id(rank).upper()}"),
            ("device", f"nvidia{local}"),
            ("modelName", self.header.accelerator_title),
            ("Hostname", self.host(machine)),
            ("DCGM_FI_DRIVER_VERSION", DRIVER),
        ]

    def of_port(self, machine: int, adapter: int) -> str:
        """Labels of a network adapter's only port."""
        return joined([("Hostname", self.host(machine)), ("device", f"{self.adapter}_{adapter}"), ("port", "1")])

    def of_machine(self, machine: int) -> str:
        """The only label of a machine, where node_exporter has none and the server that asks adds one."""
        return joined([("Hostname", self.host(machine))])
