"""What NCCL and RCCL say, in their own words: no time stamp, but host, process, thread and device before every line.

The lines are long by nature; one that is wider than the screen is cut, and ends in a sign that says so. Screens with little room
leave out host, process and thread.
"""

from collections.abc import Callable
from typing import Any

from pysim.story import events as ev
from pysim.terminal.ansi import palette
from pysim.terminal.screen import Screen
from pysim.views.console.pen import Lines, Writers
from pysim.views.glyphs import glyphs

_BARE = "\n"
_ROCM_VERSION = "6.4.2.0-120-e7d83f5"  # that goes with the HIP version of the scene
_ORIGIN_COLUMNS = 80  # from here on a line has room for who says it


class Library:
    """Writes the events of the collectives library."""

    def __init__(self, vendor: str, screen: Screen) -> None:
        self._columns = screen.columns
        self._palette = palette(color=screen.color)
        self._ellipsis = glyphs(unicode=screen.unicode).ellipsis
        self._rccl = vendor == "amd"
        self._function = "ncclCommInitRankConfig" + ("_impl" if self._rccl else "")
        self.writers: Writers = {
            kind: self._writer(text)
            for kind, text in (
                (ev.LibraryLoaded, self._loaded),
                (ev.NetworkChosen, self._network),
                (ev.CommunicatorStarted, self._started),
                (ev.CommunicatorBootstrapped, self._bootstrapped),
                (ev.CommunicatorPlaced, self._placed),
                (ev.RingBuilt, self._ring),
                (ev.TreesBuilt, self._trees),
                (ev.PeerConnected, self._peer),
                (ev.AlgorithmConnected, self._connected),
                (ev.CommunicatorTuned, self._tuned),
                (ev.CommunicatorCompleted, self._completed),
            )
        }

    def cut(self, line: str) -> str:
        """A line that fits, dimmed; of one that is too long, the beginning, and how far its initialisation is."""
        if len(line) > self._columns:
            _, dash, end = line.partition(" - Init ")
            tail = self._ellipsis + dash + end
            line = line[: self._columns - len(tail)] + tail
        return f"{self._palette.dim}{line}{self._palette.reset}"

    def _writer(self, text: Callable[[Any], Lines]) -> Callable[[ev.LibraryLogged], Lines]:
        """A text's lines, each with its origin; those that the library itself leaves without one begin with a line feed."""
        return lambda e: (self.cut(line[1:] if line.startswith(_BARE) else self._origin(e) + line) for line in text(e))

    def _origin(self, e: ev.LibraryLogged) -> str:
        process = f"{e.host}:{e.process_id}:{e.thread_id} " if self._columns >= _ORIGIN_COLUMNS else ""
        return f"{process}[{e.device}] NCCL INFO "

    def _loaded(self, e: ev.LibraryLoaded) -> Lines:
        if self._rccl:
            yield f"Bootstrap: Using {e.interface}:{e.address}<0>"
            yield f"RCCL version : {e.library_version}"
            yield f"{_BARE}HIP version  : {e.driver_version}"
            yield f"{_BARE}ROCm version : {_ROCM_VERSION}"
            yield f"{_BARE}Hostname     : {e.host}"
            yield f"{_BARE}Librccl path : /opt/rocm/lib/librccl.so.1"
            return
        if e.driver_version:
            yield f"cudaDriverVersion {e.driver_version}"
        yield f"Bootstrap: Using {e.interface}:{e.address}<0>"
        yield f"NCCL version {e.library_version}"

    def _network(self, e: ev.NetworkChosen) -> Lines:
        if e.network == "Socket":
            yield f"NET/Socket : Using [0]{e.interface}:{e.address}<0>"
        else:
            devices = " ".join(f"[{i}]{e.adapter}_{i}:1/{e.link_layer}" for i in range(e.adapters))
            yield f"NET/IB : Using {devices} [RO]; OOB {e.interface}:{e.address}<0>"
        yield f"Using network {e.network}"

    def _started(self, e: ev.CommunicatorStarted) -> Lines:
        yield f"{self._joined(e)} - Init START"

    def _joined(self, e: ev.CommunicatorStarted | ev.CommunicatorCompleted) -> str:
        return (
            f"{self._function} comm {e.pointer} rank {e.communicator_rank} nranks {e.ranks} cudaDev {e.device} "
            f"nvmlDev {e.device} busId {e.bus_id} commId {e.communicator_id}"
        )

    def _bootstrapped(self, e: ev.CommunicatorBootstrapped) -> Lines:
        yield (
            f"Bootstrap timings total {e.total_seconds:.6f} (create {e.create_seconds:.6f}, send {e.send_seconds:.6f}, "
            f"recv {e.receive_seconds:.6f}, ring {e.ring_seconds:.6f}, delay {e.delay_seconds:.6f})"
        )

    def _placed(self, e: ev.CommunicatorPlaced) -> Lines:
        if e.multicast_channels:
            yield f"NVLS multicast support is available on dev {e.device} (NVLS_NCHANNELS {e.multicast_channels})"
        yield (
            f"comm {e.pointer} rank {e.communicator_rank} nRanks {e.ranks} nNodes {e.nodes} localRanks {e.local_ranks} "
            f"localRank {e.local_rank} MNNVL 0"
        )

    def _ring(self, e: ev.RingBuilt) -> Lines:
        shown = e.ring[: self._columns].tolist()  # each rank takes a column at least
        yield f"Channel {e.channel:02d}/{e.channels:02d} : {' '.join(map(str, shown))}"

    def _trees(self, e: ev.TreesBuilt) -> Lines:
        links = enumerate(zip(e.parents.tolist(), e.children.tolist(), strict=True))
        trees = " ".join(
            f"[{channel}] {'/'.join(map(str, children))}->{e.communicator_rank}->{parent}"
            for channel, (parent, children) in links
        )
        yield f"Trees {trees}" + (f" comm {e.pointer} nRanks {e.ranks:02d} busId {e.bus_id}" if self._rccl else "")
        if e.communicator_rank == 0:
            yield f"P2P Chunksize set to {e.chunk_bytes}"

    def _peer(self, e: ev.PeerConnected) -> Lines:
        ends = f"Channel {e.channel:02d}/0 : {e.sender}[{e.sender_device}] -> {e.receiver}[{e.receiver_device}]"
        suffix = f" comm {e.pointer} nRanks {e.ranks:02d}" if self._rccl else ""
        direction = " [receive]" if e.receiver == e.rank else " [send]"
        yield f"{ends}{direction if e.transport.startswith('NET') else ''} via {e.transport}{suffix}"

    def _connected(self, e: ev.AlgorithmConnected) -> Lines:
        if e.algorithm == "NVLS tree":
            yield f"Connected {e.algorithm}"
        else:
            yield f"Connected all {e.algorithm}"

    def _tuned(self, e: ev.CommunicatorTuned) -> Lines:
        low, limit = e.low_latency_threshold, 256 if self._rccl else 512
        yield f"threadThresholds {low}/{low}/{8 * low} | {e.ring_threshold}/{low}/{8 * low} | {limit} | {limit}"
        yield (
            f"{e.collective_channels} coll channels, 0 collnet channels, {e.multicast_channels} nvls channels, "
            f"{e.point_to_point_channels} p2p channels, {e.channels_per_peer} p2p channels per peer"
        )
        if e.communicator_rank == 0 and e.work_bytes:
            yield f"CC Off, workFifoBytes {e.work_bytes}"

    def _completed(self, e: ev.CommunicatorCompleted) -> Lines:
        yield f"{self._joined(e)} - Init COMPLETE"
        if e.communicator_rank or e.communicator != ev.WORLD:
            return
        yield (
            f"Init timings - {self._function}: rank {e.communicator_rank} nranks {e.ranks} total {e.total_seconds:.2f} "
            f"(kernels {e.kernels_seconds:.2f}, alloc {e.alloc_seconds:.2f}, bootstrap {e.bootstrap_seconds:.2f}, "
            f"allgathers {e.allgathers_seconds:.2f}, topo {e.topology_seconds:.2f}, graphs {e.graphs_seconds:.2f}, "
            f"connections {e.connections_seconds:.2f}, rest {e.rest_seconds:.2f})"
        )
