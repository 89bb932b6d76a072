"""What a sceptic knows of NCCL's and RCCL's start-up lines: their forms, and what must agree between ranks.

Reads the same facts from the console's lines, which may be cut at the screen's edge, or from the JSON lines. A line under the
library's label that has none of the known forms is a finding: the library prints no bandwidth and no duration of a collective.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor import Auditor, Record

LINE = re.compile(
    r"(?:(?P<host>[a-z0-9-]+):(?P<process>\d+):(?P<thread>\d+) )?\[(?P<device>\d+)\] NCCL INFO (?P<text>.*)"
)
LAUNCHER = re.compile(
    r"(?:W(?P<date>\d{4}) (?P<clock>\d\d:\d\d:\d\d)\.\d{3}000 (?P<process>\d+) torch/distributed/run\.py:\d+\])? ?"
    r"(?P<text>\*+…?|Setting OMP_NUM_THREADS .*|Set.*…|)"
)
BARE = re.compile(r"(?:HIP version  |ROCm version |Hostname     |Librccl path ): \S+")
CUT = re.compile(r"(?:…|\.\.\.)(?= - Init|$)")
DOCUMENTATION = re.compile(r"(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+")  # RFC 5737

_HEX = r"0x[0-9a-f]+"
_FORMS = {  # in the order in which a rank says them; the ends are what a cut may take away
    "driver": r"cudaDriverVersion \d+",
    "bootstrap": r"Bootstrap: Using \w+:(?P<address>[\d.]+)<0>",
    "version": r"(?:NCCL version [\d.]+\+cuda[\d.]+|RCCL version : \S+)",
    "net": r"NET/(?:IB|Socket) : Using (?:\[\d+\]\S+ ?)+(?:\[RO\]; OOB \w+:(?P<address>[\d.]+)<0>)?",
    "network": r"Using network (?:IB|Socket)",
    "start": rf"ncclCommInitRankConfig(?:_impl)? comm (?P<pointer>{_HEX}) rank (?P<rank>\d+) nranks (?P<ranks>\d+) cudaDev (?P<cuda>\d+) "
    rf"nvmlDev (?P<nvml>\d+) busId (?P<bus>[0-9a-f]+) commId (?P<id>{_HEX}) - Init START",
    "timings": r"Bootstrap timings total (?P<total>[\d.]+) \(create (?P<create>[\d.]+), send (?P<send>[\d.]+), recv (?P<recv>[\d.]+), "
    r"ring (?P<ring>[\d.]+), delay (?P<delay>[\d.]+)\)",
    "nvls": r"NVLS multicast support is available on dev \d+ \(NVLS_NCHANNELS (?P<nvls>\d+)\)",
    "placed": rf"comm (?P<pointer>{_HEX}) rank (?P<rank>\d+) nRanks (?P<ranks>\d+) nNodes (?P<nodes>\d+) localRanks (?P<local_ranks>\d+) "
    r"localRank (?P<local_rank>\d+) MNNVL 0",
    "ring": r"Channel (?P<channel>\d+)/(?P<channels>\d+) : (?P<order>\d+(?: \d+)*)",
    "trees": rf"Trees (?P<trees>(?:\[\d+\] -?\d+/-?\d+/-?\d+->\d+->-?\d+ ?)+)(?:comm {_HEX} nRanks \d+ busId [0-9a-f]+)?",
    "chunk": r"P2P Chunksize set to (?:131072|524288)",
    "peer": r"Channel (?P<channel>\d+)/0 : (?P<sender>\d+)\[(?P<sender_device>\d+)\] -> (?P<receiver>\d+)\[(?P<receiver_device>\d+)\]"
    rf"(?: \[(?:send|receive)\])? via (?:P2P/CUMEM|P2P/IPC|SHM/direct/direct|NET/IB/\d+/GDRDMA|NET/Socket/\d+)(?: comm {_HEX} nRanks \d+)?",
    "connected": r"Connected (?:all rings|all trees|NVLS tree)",
    "thresholds": r"threadThresholds 8/8/64 \| (?P<threshold>\d+)/8/64 \| (?:512 \| 512|256 \| 256)",
    "channels": r"(?P<channels>\d+) coll channels, 0 collnet channels, (?P<nvls>\d+) nvls channels, \d+ p2p channels, \d+ p2p channels per peer",
    "fifo": r"CC Off, workFifoBytes \d+",
    "complete": rf"ncclCommInitRankConfig(?:_impl)? comm (?P<pointer>{_HEX}) rank (?P<rank>\d+) nranks (?P<ranks>\d+) cudaDev (?P<cuda>\d+) "
    rf"nvmlDev (?P<nvml>\d+) busId (?P<bus>[0-9a-f]+) commId (?P<id>{_HEX}) - Init COMPLETE",
    "parts": r"Init timings - ncclCommInitRankConfig(?:_impl)?: rank (?P<rank>\d+) nranks (?P<ranks>\d+) total (?P<total>[\d.]+) "
    r"\(kernels (?P<kernels>[\d.]+), alloc (?P<alloc>[\d.]+), bootstrap (?P<boot>[\d.]+), allgathers (?P<gathers>[\d.]+), topo (?P<topo>[\d.]+), "
    r"graphs (?P<graphs>[\d.]+), connections (?P<connections>[\d.]+), rest (?P<rest>[\d.]+)\)",
}  # fmt: skip
_ORDER = list(_FORMS)
_PATTERNS = {name: re.compile(form) for name, form in _FORMS.items()}
_LEADS = {  # of a line that is cut: where it is cut at worst, and what can still be read
    "bootstrap": "Bootstrap: ", "net": "NET/", "start": "ncclComm.*START", "complete": "ncclComm.*COMPLETE",
    "timings": "Bootstrap timings ", "nvls": "NVLS ", "placed": "comm 0x", "peer": r"Channel \d+/0 : ", "ring": r"Channel \d+/\d\d : ", "trees": "Trees ",
    "thresholds": "threadTh", "channels": r"\d+ coll", "parts": "Init timings ", "version": "[NR]CCL version", "chunk": "P2P Chunk", "fifo": "CC Off",
}  # fmt: skip
_PIECES = {  # what can be read of a cut line, if it stands before the cut
    "pointer": rf"comm ({_HEX}) ", "rank": r"rank (\d+) ", "ranks": r"n[rR]anks (\d+) ", "cuda": r"cudaDev (\d+) ", "bus": r"busId ([0-9a-f]+) ",
    "id": rf"commId ({_HEX}) ", "trees": r"Trees ((?:\[\d+\] \S+ )+)", "order": r" : (\d+(?: \d+)*) ", "channels": r"/(\d+) : |^(\d+) coll ",
}  # fmt: skip
_TREE = re.compile(r"\[(\d+)\] (-?\d+)/(-?\d+)/(-?\d+)->(\d+)->(-?\d+)")
_MEASURES = ("total", "create", "send", "recv", "ring", "delay")
_PARTS = ("kernels", "alloc", "boot", "gathers", "topo", "graphs", "connections", "rest")


def read(text: str) -> tuple[str | None, dict[str, str]]:
    """Which form a line has, and what it says; None if the library knows no such line."""
    cut = CUT.search(text)
    if cut is None:
        for name, pattern in _PATTERNS.items():
            found = pattern.fullmatch(text)
            if found:
                return name, {key: value for key, value in found.groupdict().items() if value is not None}
        return None, {}
    kind = next((name for name, lead in _LEADS.items() if re.match(lead, text)), None)
    before = text[: cut.start()]
    words = before[: before.rfind(" ") + 1]  # the last one may be half a word
    pieces = {key: re.search(pattern, words) for key, pattern in _PIECES.items()}
    return kind, {key: next(filter(None, found.groups())) for key, found in pieces.items() if found} | {"cut": "yes"}


@dataclass(slots=True)
class LibraryAudit:
    """Everything that was said of communicators."""

    auditor: "Auditor"
    pointers: dict[str, tuple[Any, ...]] = field(default_factory=dict)  # who a pointer belongs to
    started: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # by communicator id and pointer
    world_ids: set[str] = field(default_factory=set)
    world_ranks: set[int] = field(default_factory=set)
    buses: dict[int, str] = field(default_factory=dict)  # by device
    hosts: dict[int, str] = field(default_factory=dict)  # by node
    stages: dict[tuple[str, int], int] = field(default_factory=dict)  # how far a thread is
    processes: dict[tuple[str, int], int] = field(default_factory=dict)  # rank of a process
    speakers: set[tuple[str, int]] = field(default_factory=set)  # processes that say anything
    trees: dict[tuple[int, int], tuple[list[int], int]] = field(
        default_factory=dict
    )  # children and parent by channel, rank
    rings: dict[int, tuple[list[int], bool]] = field(default_factory=dict)  # by channel, and whether whole
    channels: set[int] = field(default_factory=set)

    # Reading

    def text(self, r: "Record") -> None:
        """A line of the console."""
        name, said = read(r.fields["text"])
        self.auditor.holds("a line that the library prints", r, name is not None and "GB/s" not in r.fields["text"])
        if name:
            origin = {
                key: r.fields[key] for key in ("host", "process", "thread", "device") if r.fields.get(key) is not None
            }
            self.take(r, name, said | {"device": origin["device"]}, origin)

    def json(self, r: "Record") -> None:
        """A fact of the JSON lines."""
        f = r.fields
        name = _KINDS[r.kind]
        said = {ours: str(f[theirs]) for ours, theirs in _FIELDS.items() if f.get(theirs) is not None}
        if name == "ring" and f["ring"] is not None:
            said["order"] = " ".join(map(str, f["ring"]))
        if name == "trees" and f["parents"] is not None:
            links = enumerate(zip(f["parents"], f["children"], strict=True))
            said["trees"] = " ".join(
                f"[{channel}] {'/'.join(map(str, children))}->{f['communicator_rank']}->{parent}"
                for channel, (parent, children) in links
            )
        origin = {"host": f["host"], "process": f["process_id"], "thread": f["thread_id"], "device": f["device"]}
        self.take(r, name, said, origin)
        if name == "complete":
            self._clock(r)
            parts = [f[part].middle for part in _JSON_PARTS]
            self.auditor.holds("init timings add up", r, abs(sum(parts) - f["total_seconds"].middle) < 1e-6)

    def take(self, r: "Record", name: str, said: Mapping[str, str], origin: Mapping[str, Any]) -> None:
        if "host" in origin:
            self._in_order(r, name, origin)
        if "address" in said:
            self.auditor.holds("address of the documentation", r, bool(DOCUMENTATION.fullmatch(said["address"])))
        if {"rank", "ranks"} <= said.keys() and name in ("start", "complete", "placed"):
            self._belongs(r, name, said, origin)
        if name in ("ring", "channels") and "channels" in said:
            self._channel_count(r, int(said["channels"]))
        for rule in (self._ring, self._trees, self._peer, self._thresholds, self._parts, self._bootstrap):
            rule(r, name, said)

    # Who

    def _in_order(self, r: "Record", name: str, origin: Mapping[str, Any]) -> None:
        thread = (origin["host"], int(origin["thread"]))
        stage = _ORDER.index(name)
        self.speakers.add((origin["host"], int(origin["process"])))
        self.auditor.holds("a thread's lines in order", r, stage >= self.stages.get(thread, -1))
        self.stages[thread] = stage
        main = name in ("driver", "bootstrap", "version")
        self.auditor.holds(
            "the main thread loads, another one joins", r, main == (int(origin["thread"]) == int(origin["process"]))
        )

    def _belongs(self, r: "Record", name: str, said: Mapping[str, str], origin: Mapping[str, Any]) -> None:
        audit, rank, ranks = self.auditor, int(said["rank"]), int(said["ranks"])
        audit.holds("rank within its communicator", r, 0 <= rank < ranks)
        world = audit.fact("JobLaunched", "world_size")
        in_world = world is not None and ranks == world.low
        if in_world:
            self.world_ranks.add(rank)
        if "pointer" in said:
            owner = (rank, ranks, origin.get("host"), origin.get("process"))
            audit.holds("a pointer of each process's own", r, self.pointers.setdefault(said["pointer"], owner) == owner)
        if "cuda" in said:
            audit.holds("device of the rank", r, int(said["cuda"]) == int(said["device"]))
        self._place(r, rank, said, origin, in_world=in_world)
        if {"id", "pointer"} <= said.keys():
            self._identity(r, name, said, in_world=in_world)

    def _place(
        self, r: "Record", rank: int, said: Mapping[str, str], origin: Mapping[str, Any], *, in_world: bool
    ) -> None:
        audit = self.auditor
        detected = audit.per_node()
        if in_world and detected:
            audit.holds("device = rank % per node", r, int(said["device"]) == rank % detected)
            if "host" in origin:
                node = rank // detected
                audit.holds("host of the node", r, self.hosts.setdefault(node, origin["host"]) == origin["host"])
                known = audit.hosts.get(node, origin["host"])
                audit.holds("host as detected", r, known.partition(".")[0] == origin["host"])
                audit.holds("a host for each node", r, len(set(self.hosts.values())) == len(self.hosts))
                process = (origin["host"], int(origin["process"]))
                audit.holds("one rank for each process", r, self.processes.setdefault(process, rank) == rank)
        if "bus" in said:
            device = int(said["device"])
            audit.holds("bus of the device", r, self.buses.setdefault(device, said["bus"]) == said["bus"])
            audit.holds("buses differ", r, len(set(self.buses.values())) == len(self.buses))
            found = audit.buses.get(device)
            audit.holds("bus as detected", r, found is None or f"{int(found[:2], 16):x}000" == said["bus"])

    def _identity(self, r: "Record", name: str, said: Mapping[str, str], *, in_world: bool) -> None:
        key = (said["id"], said["pointer"])
        if in_world:
            self.world_ids.add(said["id"])
            self.auditor.holds("one id for the world's communicator", r, len(self.world_ids) == 1)
        if name == "start":
            self.auditor.holds("joins once", r, key not in self.started)
            self.started[key] = dict(said) | {"time": str(r.time.middle)}
        elif name == "complete":
            begun = self.started.get(key)
            self.auditor.holds("completes what it started", r, begun is not None and begun["rank"] == said["rank"])

    # What

    def _channel_count(self, r: "Record", count: int) -> None:
        self.channels.add(count)
        self.auditor.holds("as many channels everywhere", r, len(self.channels) == 1)

    def _ring(self, r: "Record", name: str, said: Mapping[str, str]) -> None:
        if name != "ring" or "order" not in said:
            return
        world = self.auditor.fact("JobLaunched", "world_size")
        order = [int(rank) for rank in said["order"].split()]
        whole = "cut" not in said
        self.auditor.holds("a ring visits each rank once, from 0", r, order[0] == 0 and len(set(order)) == len(order))
        if world:
            self.auditor.holds(
                "a ring of the world's ranks", r, max(order) < world.low and (not whole or len(order) == world.low)
            )
        if "channel" in said:
            self.rings[int(said["channel"])] = order, whole
            self.auditor.holds("channel within its count", r, int(said["channel"]) < int(said["channels"]))

    def _trees(self, r: "Record", name: str, said: Mapping[str, str]) -> None:
        if name != "trees" or "trees" not in said:
            return
        links = [tuple(map(int, found)) for found in _TREE.findall(said["trees"])]
        self.auditor.holds("a tree for each channel", r, [link[0] for link in links] == list(range(len(links))))
        if "cut" not in said and self.channels:
            self.auditor.holds("as many trees as channels", r, {len(links)} == self.channels)
        for channel, *children, rank, parent in links:
            named = [child for child in children if child >= 0]
            self.auditor.holds("children are others, once each", r, len({*named, rank, parent}) == len(named) + 2)
            self.trees[channel, rank] = named, parent
            self._kin(r, channel, rank)

    def _kin(self, r: "Record", channel: int, rank: int) -> None:
        """Two ranks of a tree agree on which is the other's parent."""
        children, parent = self.trees[channel, rank]
        for (other_channel, other), (their_children, their_parent) in self.trees.items():
            if other_channel == channel and other != rank:
                self.auditor.holds("parent and child agree", r, (other in children) == (their_parent == rank))
                self.auditor.holds("parent and child agree", r, (rank in their_children) == (parent == other))
                self.auditor.holds("one root", r, parent >= 0 or their_parent >= 0)

    def _peer(self, r: "Record", name: str, said: Mapping[str, str]) -> None:
        order, whole = (
            self.rings.get(int(said["channel"]), ([], False)) if name == "peer" and "channel" in said else ([], False)
        )
        per_node = self.auditor.per_node()
        if not whole or "sender" not in said or not per_node:
            return
        sender, receiver = int(said["sender"]), int(said["receiver"])
        following = order[(order.index(sender) + 1) % len(order)] if sender in order else None
        self.auditor.holds("a ring's connection", r, following == receiver)
        devices = int(said["sender_device"]), int(said["receiver_device"])
        self.auditor.holds("devices of a connection", r, devices == (sender % per_node, receiver % per_node))
        inside = sender // per_node == receiver // per_node
        where = r.fields.get("text") or r.fields["transport"]
        self.auditor.holds("the network between nodes only", r, inside == ("NET/" not in where))

    def _thresholds(self, r: "Record", name: str, said: Mapping[str, str]) -> None:
        world = self.auditor.fact("JobLaunched", "world_size")
        if name == "thresholds" and "threshold" in said and world:
            self.auditor.tie("threshold = 8 x ranks", r, int(said["threshold"]), world * 8)

    def _parts(self, r: "Record", name: str, said: Mapping[str, str]) -> None:
        if name == "parts" and set(_PARTS) <= said.keys():
            rounded = 0.0051 * (len(_PARTS) + 1)
            total = sum(float(said[part]) for part in _PARTS)
            self.auditor.holds("init timings add up", r, abs(total - float(said["total"])) < rounded)

    def _bootstrap(self, r: "Record", name: str, said: Mapping[str, str]) -> None:
        if name == "timings" and set(_MEASURES) <= said.keys():
            parts = sum(float(said[part]) for part in _MEASURES[1:])
            self.auditor.holds("bootstrap timings add up", r, parts <= float(said["total"]) + 3e-6)

    def _clock(self, r: "Record") -> None:
        """From its start to its end a rank takes what it says, without what comes before the start."""
        begun = self.started.get((r.fields["communicator_id"], r.fields["pointer"]))
        if begun:
            took = r.time.middle - float(begun["time"])
            said = r.number("total_seconds") - r.number("kernels_seconds") - r.number("alloc_seconds")
            self.auditor.holds("clock of a communicator", r, abs(took - said.middle) < 0.016)

    def more(self, r: "Record", more: float) -> None:
        """How many ranks were left out."""
        world = self.auditor.fact("JobLaunched", "world_size")
        if world and self.speakers:
            self.auditor.tie("ranks left out", r, len(self.speakers) + more, world)


def launcher(auditor: "Auditor", r: "Record") -> None:
    """The banner of torchrun: a block of its own words for one node."""
    stamp = r.fields.get("date")
    started = auditor.facts.get("JobLaunched")
    if stamp and started:
        auditor.holds("the launcher warns after the launch", r, r.time.high >= started.time.low)


_KINDS = {
    "LibraryLoaded": "version", "NetworkChosen": "net", "CommunicatorStarted": "start", "CommunicatorBootstrapped": "timings",
    "CommunicatorPlaced": "placed", "RingBuilt": "ring", "TreesBuilt": "trees", "PeerConnected": "peer", "AlgorithmConnected": "connected",
    "CommunicatorTuned": "thresholds", "CommunicatorCompleted": "complete",
}  # fmt: skip
_FIELDS = {
    "pointer": "pointer", "rank": "communicator_rank", "ranks": "ranks", "id": "communicator_id", "bus": "bus_id", "device": "device", "cuda": "device",
    "address": "address", "channel": "channel", "channels": "channels", "sender": "sender", "receiver": "receiver", "sender_device": "sender_device",
    "receiver_device": "receiver_device", "threshold": "ring_threshold",
}  # fmt: skip
_JSON_PARTS = (
    "kernels_seconds", "alloc_seconds", "bootstrap_seconds", "allgathers_seconds", "topology_seconds", "graphs_seconds",
    "connections_seconds", "rest_seconds",
)  # fmt: skip
KINDS: Iterable[str] = tuple(_KINDS)
