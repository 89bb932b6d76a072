"""Rules of the collectives library's start-up lines: what must agree between ranks, and between them and the rest.

The same facts come from the console's lines, which may be cut at the screen's edge, or from the JSON lines.
"""

import re
from collections.abc import Mapping
from typing import Any

from auditor.ledger import Ledger, Rules
from auditor.readers.library import DOCUMENTATION, ORDER, read
from auditor.record import Record

_TREE = re.compile(r"\[(\d+)\] (-?\d+)/(-?\d+)/(-?\d+)->(\d+)->(-?\d+)")
_MEASURES = ("total", "create", "send", "recv", "ring", "delay")
_PARTS = ("kernels", "alloc", "boot", "gathers", "topo", "graphs", "connections", "rest")
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

# Reading


def line(audit: Ledger, r: Record) -> None:
    """A line of the console."""
    name, said = read(r.fields["text"])
    audit.holds("a line that the library prints", r, name is not None and "GB/s" not in r.fields["text"])
    if name:
        origin = {
            key: r.fields[key] for key in ("host", "process", "thread", "device") if r.fields.get(key) is not None
        }
        _take(audit, r, name, said | {"device": origin["device"]}, origin)


def fact(audit: Ledger, r: Record) -> None:
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
    _take(audit, r, name, said, origin)
    if name == "complete":
        _clock(audit, r)
        parts = [f[part].middle for part in _JSON_PARTS]
        audit.holds("init timings add up", r, abs(sum(parts) - f["total_seconds"].middle) < 1e-6)


def _take(audit: Ledger, r: Record, name: str, said: Mapping[str, str], origin: Mapping[str, Any]) -> None:
    if "host" in origin:
        _in_order(audit, r, name, origin)
    if "address" in said:
        audit.holds("address of the documentation", r, bool(DOCUMENTATION.fullmatch(said["address"])))
    if {"rank", "ranks"} <= said.keys() and name in ("start", "complete", "placed"):
        _belongs(audit, r, name, said, origin)
    if name in ("ring", "channels") and "channels" in said:
        _channel_count(audit, r, int(said["channels"]))
    for rule in (_ring, _trees, _peer, _thresholds, _parts, _bootstrap):
        rule(audit, r, name, said)


# Who


def _in_order(audit: Ledger, r: Record, name: str, origin: Mapping[str, Any]) -> None:
    thread = (origin["host"], int(origin["thread"]))
    stage = ORDER.index(name)
    audit.ranks.speakers.add((origin["host"], int(origin["process"])))
    audit.holds("a thread's lines in order", r, stage >= audit.ranks.stages.get(thread, -1))
    audit.ranks.stages[thread] = stage
    main = name in ("driver", "bootstrap", "version")
    audit.holds(
        "the main thread loads, another one joins", r, main == (int(origin["thread"]) == int(origin["process"]))
    )


def _belongs(audit: Ledger, r: Record, name: str, said: Mapping[str, str], origin: Mapping[str, Any]) -> None:
    rank, ranks = int(said["rank"]), int(said["ranks"])
    audit.holds("rank within its communicator", r, 0 <= rank < ranks)
    world = audit.fact("JobLaunched", "world_size")
    in_world = world is not None and ranks == world.low
    if "pointer" in said:
        owner = (rank, ranks, origin.get("host"), origin.get("process"))
        audit.holds(
            "a pointer of each process's own", r, audit.ranks.pointers.setdefault(said["pointer"], owner) == owner
        )
    if "cuda" in said:
        audit.holds("device of the rank", r, int(said["cuda"]) == int(said["device"]))
    _place(audit, r, rank, said, origin, in_world=in_world)
    if {"id", "pointer"} <= said.keys():
        _identity(audit, r, name, said, in_world=in_world)


def _place(
    audit: Ledger, r: Record, rank: int, said: Mapping[str, str], origin: Mapping[str, Any], *, in_world: bool
) -> None:
    detected = audit.per_node()
    if in_world and detected:
        audit.holds("device = rank % per node", r, int(said["device"]) == rank % detected)
        if "host" in origin:
            node = rank // detected
            audit.holds("host of the node", r, audit.ranks.hosts.setdefault(node, origin["host"]) == origin["host"])
            known = audit.hosts.get(node, origin["host"])
            audit.holds("host as detected", r, known.partition(".")[0] == origin["host"])
            audit.holds("a host for each node", r, len(set(audit.ranks.hosts.values())) == len(audit.ranks.hosts))
            process = (origin["host"], int(origin["process"]))
            audit.holds("one rank for each process", r, audit.ranks.processes.setdefault(process, rank) == rank)
    if "bus" in said:
        device = int(said["device"])
        audit.holds("bus of the device", r, audit.ranks.buses.setdefault(device, said["bus"]) == said["bus"])
        audit.holds("buses differ", r, len(set(audit.ranks.buses.values())) == len(audit.ranks.buses))
        found = audit.buses.get(device)
        audit.holds("bus as detected", r, found is None or f"{int(found[:2], 16):x}000" == said["bus"])


def _identity(audit: Ledger, r: Record, name: str, said: Mapping[str, str], *, in_world: bool) -> None:
    key = (said["id"], said["pointer"])
    if in_world:
        audit.ranks.world_ids.add(said["id"])
        audit.holds("one id for the world's communicator", r, len(audit.ranks.world_ids) == 1)
    if name == "start":
        audit.holds("joins once", r, key not in audit.ranks.started)
        audit.ranks.started[key] = dict(said) | {"time": str(r.time.middle)}
    elif name == "complete":
        begun = audit.ranks.started.get(key)
        audit.holds("completes what it started", r, begun is not None and begun["rank"] == said["rank"])


# What


def _channel_count(audit: Ledger, r: Record, count: int) -> None:
    audit.ranks.channels.add(count)
    audit.holds("as many channels everywhere", r, len(audit.ranks.channels) == 1)


def _ring(audit: Ledger, r: Record, name: str, said: Mapping[str, str]) -> None:
    if name != "ring" or "order" not in said:
        return
    world = audit.fact("JobLaunched", "world_size")
    order = [int(rank) for rank in said["order"].split()]
    whole = "cut" not in said
    audit.holds("a ring visits each rank once, from 0", r, order[0] == 0 and len(set(order)) == len(order))
    if world:
        audit.holds("a ring of the world's ranks", r, max(order) < world.low and (not whole or len(order) == world.low))
    if "channel" in said:
        audit.ranks.rings[int(said["channel"])] = order, whole
        audit.holds("channel within its count", r, int(said["channel"]) < int(said["channels"]))


def _trees(audit: Ledger, r: Record, name: str, said: Mapping[str, str]) -> None:
    if name != "trees" or "trees" not in said:
        return
    links = [tuple(map(int, found)) for found in _TREE.findall(said["trees"])]
    audit.holds("a tree for each channel", r, [link[0] for link in links] == list(range(len(links))))
    if "cut" not in said and audit.ranks.channels:
        audit.holds("as many trees as channels", r, {len(links)} == audit.ranks.channels)
    for channel, *children, rank, parent in links:
        named = [child for child in children if child >= 0]
        audit.holds("children are others, once each", r, len({*named, rank, parent}) == len(named) + 2)
        audit.ranks.trees[channel, rank] = named, parent
        _kin(audit, r, channel, rank)


def _kin(audit: Ledger, r: Record, channel: int, rank: int) -> None:
    """Two ranks of a tree agree on which is the other's parent."""
    children, parent = audit.ranks.trees[channel, rank]
    for (other_channel, other), (their_children, their_parent) in audit.ranks.trees.items():
        if other_channel == channel and other != rank:
            audit.holds("parent and child agree", r, (other in children) == (their_parent == rank))
            audit.holds("parent and child agree", r, (rank in their_children) == (parent == other))
            audit.holds("one root", r, parent >= 0 or their_parent >= 0)


def _peer(audit: Ledger, r: Record, name: str, said: Mapping[str, str]) -> None:
    order, whole = (
        audit.ranks.rings.get(int(said["channel"]), ([], False))
        if name == "peer" and "channel" in said
        else ([], False)
    )
    per_node = audit.per_node()
    if not whole or "sender" not in said or not per_node:
        return
    sender, receiver = int(said["sender"]), int(said["receiver"])
    following = order[(order.index(sender) + 1) % len(order)] if sender in order else None
    audit.holds("a ring's connection", r, following == receiver)
    devices = int(said["sender_device"]), int(said["receiver_device"])
    audit.holds("devices of a connection", r, devices == (sender % per_node, receiver % per_node))
    inside = sender // per_node == receiver // per_node
    where = r.fields.get("text") or r.fields["transport"]
    audit.holds("the network between nodes only", r, inside == ("NET/" not in where))


def _thresholds(audit: Ledger, r: Record, name: str, said: Mapping[str, str]) -> None:
    world = audit.fact("JobLaunched", "world_size")
    if name == "thresholds" and "threshold" in said and world:
        audit.tie("threshold = 8 x ranks", r, int(said["threshold"]), world * 8)


def _parts(audit: Ledger, r: Record, name: str, said: Mapping[str, str]) -> None:
    if name == "parts" and set(_PARTS) <= said.keys():
        rounded = 0.0051 * (len(_PARTS) + 1)
        total = sum(float(said[part]) for part in _PARTS)
        audit.holds("init timings add up", r, abs(total - float(said["total"])) < rounded)


def _bootstrap(audit: Ledger, r: Record, name: str, said: Mapping[str, str]) -> None:
    if name == "timings" and set(_MEASURES) <= said.keys():
        parts = sum(float(said[part]) for part in _MEASURES[1:])
        audit.holds("bootstrap timings add up", r, parts <= float(said["total"]) + 3e-6)


def _clock(audit: Ledger, r: Record) -> None:
    """From its start to its end a rank takes what it says, without what comes before the start."""
    begun = audit.ranks.started.get((r.fields["communicator_id"], r.fields["pointer"]))
    if begun:
        took = r.time.middle - float(begun["time"])
        said = r.number("total_seconds") - r.number("kernels_seconds") - r.number("alloc_seconds")
        audit.holds("clock of a communicator", r, abs(took - said.middle) < 0.016)


def left_out(audit: Ledger, r: Record, more: float) -> None:
    """How many ranks were left out."""
    world = audit.fact("JobLaunched", "world_size")
    if world and audit.ranks.speakers:
        audit.tie("ranks left out", r, len(audit.ranks.speakers) + more, world)


def banner(audit: Ledger, r: Record) -> None:
    """The banner of torchrun: a block of its own words for one node."""
    stamp = r.fields.get("date")
    started = audit.facts.get("JobLaunched")
    if stamp and started:
        audit.holds("the launcher warns after the launch", r, r.time.high >= started.time.low)


def ranks_left_out(audit: Ledger, r: Record) -> None:
    left_out(audit, r, r.number("more").low)


def nodes_left_out(audit: Ledger, r: Record) -> None:
    nodes, banners = audit.fact("JobLaunched", "nodes"), audit.seen.get("Launcher", 0)
    audit.holds("a banner for each launcher", r, 3 <= banners <= 4)
    if nodes:
        audit.tie("launchers left out", r, r.number("more") + 1, nodes)


def launcher_warned(audit: Ledger, r: Record) -> None:
    nodes = audit.fact("JobLaunched", "nodes")
    if nodes:
        audit.tie("launchers left out", r, r.number("unlisted_nodes") + audit.seen[r.kind], nodes)


def communicators_ready(audit: Ledger, r: Record) -> None:
    launched = audit.fact("JobLaunched", "world_size")
    if launched:
        audit.tie("groups make up the world", r, r.number("communicators") * r.number("ranks"), launched)
    if r.has("listed_ranks") and r.fields["communicator"] == "world":
        left_out(audit, r, r.number("ranks").low - r.number("listed_ranks").low)
    size = audit.fact("DistributedInitialised", f"{r.fields['communicator']}_parallel")
    if size:
        audit.tie("size of a group", r, r.number("ranks"), size)


RULES: Rules = {
    **dict.fromkeys(_KINDS, fact),
    "Library": line,
    "Launcher": banner,
    "LauncherWarned": launcher_warned,
    "MoreNodes": nodes_left_out,
    "MoreRanks": ranks_left_out,
    "CommunicatorsReady": communicators_ready,
}
