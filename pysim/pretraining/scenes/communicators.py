"""Communicators come up: what NCCL or RCCL says of it, from some ranks.

Rank 0 says all it would, a few others what tells them apart. A rank arrives when its process is ready (its own time), waits in the
bootstrap for the slowest, then all go on together; so every rank's total is from its own start to the common end, most of it
waiting, and its lines are in order while the ranks' lines interleave. The world's communicator comes up at once, those of
parallel groups when they are first used.
"""

from collections.abc import Iterator

import numpy as np

from pysim.catalog import Chassis, chassis_of, interconnects
from pysim.catalog.software import Software, software_of
from pysim.physics.communicator import (
    LOW_LATENCY_THRESHOLD,
    Layout,
    channel_count,
    channels_per_peer,
    ring,
    ring_threshold,
    tree,
)
from pysim.pretraining.names import adapter, address, interface
from pysim.pretraining.run.phases import Stage
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.joining import Communicator, Joining, hundredths, join
from pysim.story import events as ev

_TALKATIVE = ("nccl", "rccl")  # libraries whose start-up is told
# The releases of NCCL that were the first to say something: NVIDIA/nccl src/bootstrap.cc, src/graph/..., src/transport/p2p.cc by tag [M].
_SAYS_BOOTSTRAP_TIMINGS, _SAYS_PLACES, _MAPS_BY_CUMEM, _SAYS_WORK_BYTES = (2, 23), (2, 21), (2, 19), (2, 24)

_LISTED_RINGS = 2  # of rank 0's channels
_LOAD_SECONDS = 0.4  # from loading the library to its first allocation
_LINK_LAYERS = {"InfiniBand": "IB", "RoCE": "RoCE"}
_CHUNK_BYTES = {False: 524_288, True: 131_072}  # of point-to-point transfers, by whether there are several nodes
_WORK_BYTES = {"nccl": 1_048_576, "rccl": 4_194_304}
_PARTS = {"allgathers": 0.08, "topology": 0.12, "graphs": 0.05, "connections": 0.73}  # of what follows the last arrival


def world_communicator(run: Run) -> Iterator[ev.Event]:
    """The communicator of all ranks, in the stage that connects them; nothing where one rank is alone or the library says nothing."""
    plan, stage = run.plan, run.stage_of("connecting process groups")
    if plan.world_size == 1 or not _talks(run):
        return
    listed = listed_ranks(plan.world_size, plan.accelerator.per_node)
    world = Communicator(ev.WORLD, 0, plan.world_size, 1)
    told = [event for rank in listed for event in _told(join(run, world, rank, stage))]
    yield from sorted(told, key=lambda event: event.time_seconds)
    yield ev.CommunicatorsReady(
        time_seconds=stage.at_us(0.99) / 1e6,
        communicator=ev.WORLD,
        communicators=1,
        ranks=plan.world_size,
        listed_ranks=len(listed),
    )


def listed_ranks(ranks: int, per_node: int) -> list[int]:
    """Whose lines are told: the first, its neighbour, the first of the second node, the last."""
    return sorted({0, 1, min(per_node, ranks - 1), ranks - 1})


def group_communicators(run: Run) -> Iterator[ev.Event]:
    """The communicators of parallel groups, each kind when the first steps need it; rank 0's lines."""
    stage, groups = run.stage_of("warming up"), parallel_groups(run) if _talks(run) else []
    for group in groups:
        share = (group.index - 1) / len(groups)
        span = Stage(group.kind, stage.at_us(share), stage.at_us(share + 0.9 / len(groups)))
        joining = join(run, group, 0, span)
        yield _started(joining)
        yield _completed(joining)
        yield ev.CommunicatorsReady(
            time_seconds=span.end_us / 1e6,
            communicator=group.kind,
            communicators=group.count,
            ranks=group.ranks,
            listed_ranks=1,
        )


def parallel_groups(run: Run) -> list[Communicator]:
    """Kinds of groups with more than one rank that are not the world itself, in order of first use."""
    plan = run.plan
    layout = plan.parallel
    sizes = {
        "tensor": layout.tensor,
        "context": layout.context,
        "expert": layout.expert,
        "pipeline": layout.pipeline,
        "data": plan.data_parallel,
    }
    kinds = [(kind, size) for kind, size in sizes.items() if 1 < size < plan.world_size]
    return [Communicator(kind, index, size, plan.world_size // size) for index, (kind, size) in enumerate(kinds, 1)]


def _told(joining: Joining) -> Iterator[ev.Event]:
    """A rank's lines in its own order; those that only rank 0 is asked for in between."""
    if joining.rank:
        yield from (_started(joining), _trees(joining), _completed(joining))
        return
    yield from (_loaded(joining), _network(joining), _started(joining))
    if _is_from(joining.run, _SAYS_BOOTSTRAP_TIMINGS):
        yield _bootstrapped(joining)
    if _is_from(joining.run, _SAYS_PLACES):
        yield _placed(joining)
    yield from _rings(joining)
    yield _trees(joining)
    yield from _connected(joining)
    yield from (_tuned(joining), _completed(joining))


def _software(run: Run) -> Software:
    return software_of(run.plan.accelerator.vendor, run.plan.start_time)


def _is_from(run: Run, release: tuple[int, int]) -> bool:
    """Whether the library is of that release or a later one; of RCCL one is known, which says all of it."""
    software = _software(run)
    major, minor = map(int, software.version.split(".")[:2])
    return software.library != "nccl" or (major, minor) >= release


def _talks(run: Run) -> bool:
    return _software(run).library in _TALKATIVE


def _loaded(j: Joining) -> ev.LibraryLoaded:
    software = _software(j.run)
    return ev.LibraryLoaded(
        time_seconds=_before_start(j),
        **j.main_thread,
        library=software.library,
        library_version=software.build,
        driver_version=software.driver,
        interface=interface(),
        address=address(j.run.plan, 0),
    )


def _before_start(j: Joining) -> float:
    """When the library was loaded: before its kernels and buffers, which come before the start."""
    begun = j.started_us - j.kernels_us - j.alloc_us - round(_LOAD_SECONDS * 1e6)
    return max(begun, j.run.stage_of("connecting process groups").start_us) / 1e6


def _network(j: Joining) -> ev.NetworkChosen:
    plan, fabric = j.run.plan, _fabric(j)
    time = round((_before_start(j) * 1e6 + j.started_us) / 2) / 1e6
    return ev.NetworkChosen(
        time_seconds=time,
        **j.who,
        network="IB" if fabric else "Socket",
        link_layer=_LINK_LAYERS[fabric] if fabric else "",
        adapter=adapter(fabric) if fabric else interface(),
        adapters=plan.accelerator.per_node if fabric else 1,
        interface=interface(),
        address=address(plan, 0),
    )


def _started(j: Joining) -> ev.CommunicatorStarted:
    c = j.communicator
    return ev.CommunicatorStarted(
        time_seconds=j.started_us / 1e6,
        **j.who,
        communicator=c.kind,
        communicator_id=c.identity(j.run),
        pointer=j.pointer,
        communicator_rank=j.rank,
        ranks=c.ranks,
        bus_id=j.bus,
    )


def _bootstrapped(j: Joining) -> ev.CommunicatorBootstrapped:
    waited = round((j.gathered_us - j.started_us) / 1e6, 6)
    most = waited / 4  # of a rank that hardly waits
    create, send, around = (round(min(seconds, most), 6) for seconds in (0.000035, 0.000612, 0.08))
    receive = round(waited - create - send - around, 6)
    return ev.CommunicatorBootstrapped(
        time_seconds=j.gathered_us / 1e6,
        **j.who,
        total_seconds=waited,
        create_seconds=create,
        send_seconds=send,
        receive_seconds=receive,
        ring_seconds=around,
        delay_seconds=0.0,
    )


def _placed(j: Joining) -> ev.CommunicatorPlaced:
    layout, chassis = _layout(j), _chassis(j)
    local_ranks = min(layout.per_node, layout.ranks)
    return ev.CommunicatorPlaced(
        time_seconds=j.at(0.2),
        **j.who,
        pointer=j.pointer,
        communicator_rank=j.rank,
        ranks=layout.ranks,
        nodes=layout.nodes,
        local_ranks=local_ranks,
        local_rank=j.rank % layout.per_node,
        multicast_channels=chassis.multicast_channels,
    )


def _rings(j: Joining) -> Iterator[ev.Event]:
    layout = _layout(j)
    listed = min(_LISTED_RINGS, layout.channels)
    for channel in range(listed):
        unlisted = layout.channels - listed if channel == listed - 1 else 0
        order = ring(layout, channel)
        yield ev.RingBuilt(
            time_seconds=j.at(0.25 + 0.03 * channel),
            **j.who,
            channel=channel,
            channels=layout.channels,
            ring=order,
            unlisted_channels=unlisted,
        )


def _trees(j: Joining) -> ev.TreesBuilt:
    layout = _layout(j)
    links = [tree(layout, j.rank, channel) for channel in range(layout.channels)]
    parents = np.array([parent for parent, _ in links], np.int64)
    children = np.array([children for _, children in links], np.int64)
    chunk = _CHUNK_BYTES[layout.nodes > 1]
    return ev.TreesBuilt(
        time_seconds=j.at(0.35),
        **j.who,
        pointer=j.pointer,
        communicator_rank=j.rank,
        ranks=layout.ranks,
        bus_id=j.bus,
        parents=parents,
        children=children,
        chunk_bytes=chunk,
    )


def _connected(j: Joining) -> Iterator[ev.Event]:
    """The two connections of rank 0 in the first ring, then all of each kind."""
    layout, multicast = _layout(j), _chassis(j).multicast_channels
    order = ring(layout, 0)
    for share, (sender, receiver) in ((0.5, (int(order[-1]), 0)), (0.53, (0, int(order[1])))):
        inside = sender // layout.per_node == receiver // layout.per_node
        yield ev.PeerConnected(
            time_seconds=j.at(share),
            **j.who,
            channel=0,
            sender=sender,
            sender_device=sender % layout.per_node,
            receiver=receiver,
            receiver_device=receiver % layout.per_node,
            transport=_transport(j, inside=inside),
            pointer=j.pointer,
            ranks=layout.ranks,
        )
    yield ev.AlgorithmConnected(time_seconds=j.at(0.75), **j.who, algorithm="rings")
    yield ev.AlgorithmConnected(time_seconds=j.at(0.82), **j.who, algorithm="trees")
    if multicast and layout.nodes > 1:
        yield ev.AlgorithmConnected(time_seconds=j.at(0.88), **j.who, algorithm="NVLS tree")


def _transport(j: Joining, *, inside: bool) -> str:
    """What carries a connection inside a node, or to another one: cards without a link of their own go through shared memory."""
    accelerator = j.run.plan.accelerator
    if not inside:
        return "NET/IB/0/GDRDMA" if _fabric(j) else "NET/Socket/0"
    if accelerator.scale_up.startswith("pcie"):
        return "SHM/direct/direct"
    return "P2P/IPC" if accelerator.vendor == "amd" or not _is_from(j.run, _MAPS_BY_CUMEM) else "P2P/CUMEM"


def _fabric(j: Joining) -> str:
    """The kind of network that has adapters of its own, or nothing."""
    title = interconnects()[j.run.plan.accelerator.scale_out].title
    return next((name for name in _LINK_LAYERS if name in title), "")


def _tuned(j: Joining) -> ev.CommunicatorTuned:
    layout = _layout(j)
    return ev.CommunicatorTuned(
        time_seconds=j.at(0.95),
        **j.who,
        communicator_rank=j.rank,
        ranks=layout.ranks,
        low_latency_threshold=LOW_LATENCY_THRESHOLD,
        ring_threshold=ring_threshold(layout.ranks),
        collective_channels=layout.channels,
        multicast_channels=_chassis(j).multicast_channels,
        point_to_point_channels=layout.channels,
        channels_per_peer=channels_per_peer(layout.ranks, layout.channels),
        work_bytes=_WORK_BYTES[_software(j.run).library] if _is_from(j.run, _SAYS_WORK_BYTES) else 0,
    )


def _completed(j: Joining) -> ev.CommunicatorCompleted:
    """The parts are whole hundredths of a second and add up to the total."""
    c, ended = j.communicator, j.at(1.0)
    after_us = round(ended * 1e6) - j.started_us
    total_us = hundredths(j.kernels_us + j.alloc_us + after_us)
    span = j.ready_us - j.gathered_us
    parts = {"bootstrap": hundredths(j.gathered_us - j.started_us)}
    parts |= {name: hundredths(span * share) for name, share in _PARTS.items()}
    rest = total_us - j.kernels_us - j.alloc_us - sum(parts.values())
    if rest < 0:  # hundredths that were rounded up
        parts["connections"] += rest
        rest = 0
    return ev.CommunicatorCompleted(
        time_seconds=ended,
        **j.who,
        communicator=c.kind,
        communicator_id=c.identity(j.run),
        pointer=j.pointer,
        communicator_rank=j.rank,
        ranks=c.ranks,
        bus_id=j.bus,
        total_seconds=total_us / 1e6,
        kernels_seconds=j.kernels_us / 1e6,
        alloc_seconds=j.alloc_us / 1e6,
        bootstrap_seconds=parts["bootstrap"] / 1e6,
        allgathers_seconds=parts["allgathers"] / 1e6,
        topology_seconds=parts["topology"] / 1e6,
        graphs_seconds=parts["graphs"] / 1e6,
        connections_seconds=parts["connections"] / 1e6,
        rest_seconds=rest / 1e6,
    )


def _chassis(j: Joining) -> Chassis:
    return chassis_of(j.run.plan.accelerator)


def _layout(j: Joining) -> Layout:
    plan, chassis = j.run.plan, _chassis(j)
    channels = channel_count(chassis.channels_in_node, chassis.channels_between_nodes, plan.nodes)
    return Layout(j.communicator.ranks, plan.accelerator.per_node, channels)
