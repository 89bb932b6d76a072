"""What NCCL and RCCL say at start-up: who, in which order, and what must agree."""

from dataclasses import replace
from itertools import pairwise

import pytest
from plans import CLASSIC, HALF, HUGE, MIXTURE, PIPELINED, PLANS, TINY

from pysim.catalog import accelerators, chassis_of
from pysim.physics.workload import Parallelism
from pysim.pretraining.names import address, bus_id, launcher_process_id, process_id, short_host
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.pretraining.scenes.communicators import (
    group_communicators,
    listed_ranks,
    parallel_groups,
    world_communicator,
)
from pysim.story import events as ev

RCCL = replace(CLASSIC, accelerator=accelerators()["mi300x"])
DESK = replace(TINY, accelerator=accelerators()["rtx-4090"], micro_batch_size=1, world_size=4)
ODD = replace(TINY, world_size=12, micro_batch_size=1, global_batch_size=48)
RUNS = {plan.name: simulate(plan) for plan in PLANS.values()} | {
    "rccl": simulate(RCCL),
    "desk": simulate(DESK),
    "odd": simulate(ODD),
}
runs = pytest.mark.parametrize("name", RUNS)


def said(name: str) -> list[ev.LibraryLogged]:
    return [event for event in world_communicator(RUNS[name]) if isinstance(event, ev.LibraryLogged)]


def starts_and_ends(name: str) -> tuple[list[ev.CommunicatorStarted], list[ev.CommunicatorCompleted]]:
    events = said(name)
    return (
        [event for event in events if isinstance(event, ev.CommunicatorStarted)],
        [event for event in events if isinstance(event, ev.CommunicatorCompleted)],
    )


@runs
def test_one_id_for_all_ranks_and_a_pointer_for_each(name: str) -> None:
    starts, ends = starts_and_ends(name)
    assert len({event.communicator_id for event in starts} | {event.communicator_id for event in ends}) == 1
    pointers = {event.rank: event.pointer for event in starts}
    assert len(set(pointers.values())) == len(pointers)
    assert pointers == {event.rank: event.pointer for event in ends}
    assert all(pointer.startswith("0x5") and len(pointer) == 14 for pointer in pointers.values())


@runs
def test_ranks_sit_where_they_should(name: str) -> None:
    plan = RUNS[name].plan
    for event in said(name):
        node, device = divmod(event.rank, plan.accelerator.per_node)
        assert event.device == device
        assert event.host == short_host(plan, node)
        assert event.process_id == process_id(plan, event.rank)


@runs
def test_a_ranks_lines_are_in_order_while_ranks_interleave(name: str) -> None:
    events = said(name)
    assert [event.time_seconds for event in events] == sorted(event.time_seconds for event in events)
    order = [
        ev.LibraryLoaded, ev.NetworkChosen, ev.CommunicatorStarted, ev.CommunicatorBootstrapped, ev.CommunicatorPlaced, ev.RingBuilt,
        ev.TreesBuilt, ev.PeerConnected, ev.AlgorithmConnected, ev.CommunicatorTuned, ev.CommunicatorCompleted,
    ]  # fmt: skip
    for rank in {event.rank for event in events}:
        own = [event for event in events if event.rank == rank]
        assert [order.index(type(event)) for event in own] == sorted(order.index(type(event)) for event in own)
        assert all(one.time_seconds < other.time_seconds for one, other in pairwise(own))
    changes = sum(one.rank != other.rank for one, other in pairwise(events))
    assert changes > 2 * (len({event.rank for event in events}) - 1)


def test_another_job_of_the_same_seed_has_other_ids() -> None:
    jobs = (CLASSIC, HUGE, MIXTURE, TINY)
    ids = {event.communicator_id for plan in jobs for event in starts_and_ends(plan.name)[0]}
    assert len(ids) == len(jobs)
    assert len({process_id(plan, 0) for plan in jobs}) == len(jobs)


def test_parts_of_a_bootstrap_make_its_total() -> None:
    """Also of a rank that hardly waits for the others."""
    small = replace(TINY, world_size=8, global_batch_size=512)
    timings = [
        event
        for seed in (0, 1914, 2446, 5142)  # somebody is the last to come by microseconds
        for event in world_communicator(simulate(replace(small, seed=seed)))
        if isinstance(event, ev.CommunicatorBootstrapped)
    ]
    assert min(each.total_seconds for each in timings) < 0.0001
    for each in timings:
        parts = (each.create_seconds, each.send_seconds, each.receive_seconds, each.ring_seconds)
        assert min(parts) >= 0.0
        assert sum(parts) == pytest.approx(each.total_seconds, abs=2e-6)


def test_another_seed_interleaves_otherwise() -> None:
    orders = {
        tuple(
            event.rank
            for event in world_communicator(simulate(replace(TINY, seed=seed)))
            if isinstance(event, ev.LibraryLogged)
        )
        for seed in range(6)
    }
    assert len(orders) > 3


@runs
def test_a_rank_takes_what_it_says(name: str) -> None:
    starts, ends = starts_and_ends(name)
    begun = {event.rank: event.time_seconds for event in starts}
    for event in ends:
        parts = (
            event.kernels_seconds, event.alloc_seconds, event.bootstrap_seconds, event.allgathers_seconds, event.topology_seconds,
            event.graphs_seconds, event.connections_seconds, event.rest_seconds,
        )  # fmt: skip
        assert all(part >= 0 for part in parts)
        assert sum(parts) == pytest.approx(event.total_seconds, abs=1e-9)
        after = event.total_seconds - event.kernels_seconds - event.alloc_seconds
        assert event.time_seconds - begun[event.rank] == pytest.approx(after, abs=0.016)


@runs
def test_all_wait_for_the_slowest(name: str) -> None:
    """Ends lie together, starts do not; nothing leaves its stage."""
    run = RUNS[name]
    starts, ends = starts_and_ends(name)
    spread = [max(e.time_seconds for e in events) - min(e.time_seconds for e in events) for events in (starts, ends)]
    assert spread[1] < spread[0]
    stage = run.stage_of("connecting process groups")
    assert all(stage.start_us <= event.time_seconds * 1e6 <= stage.end_us for event in said(name))


@pytest.mark.parametrize(
    ("name", "threshold", "channels"), [(CLASSIC.name, 512, 16), (TINY.name, 128, 16), (HUGE.name, 131_072, 16)]
)
def test_thresholds_and_channels(name: str, threshold: int, channels: int) -> None:
    (tuned,) = (event for event in said(name) if isinstance(event, ev.CommunicatorTuned))
    assert tuned.ring_threshold == threshold == 8 * RUNS[name].plan.world_size
    counts = {event.channels for event in said(name) if isinstance(event, ev.RingBuilt)}
    trees = {len(event.parents) for event in said(name) if isinstance(event, ev.TreesBuilt)}
    assert counts == trees == {tuned.collective_channels} == {channels}


@runs
def test_rings_and_trees_of_the_ranks_that_are_told(name: str) -> None:
    world = RUNS[name].plan.world_size
    rings = [event for event in said(name) if isinstance(event, ev.RingBuilt)]
    assert all(sorted(event.ring.tolist()) == list(range(world)) for event in rings)
    assert len(rings) + rings[-1].unlisted_channels == rings[0].channels
    for event in said(name):
        if isinstance(event, ev.TreesBuilt):
            assert event.children.shape == (rings[0].channels, 3)
            assert event.communicator_rank == event.rank


def test_buses_are_the_same_on_every_node() -> None:
    for plan in PLANS.values():
        for rank in range(min(plan.world_size, 64)):
            assert bus_id(plan, rank) == bus_id(plan, rank % plan.accelerator.per_node)
        assert len({bus_id(plan, rank) for rank in range(plan.accelerator.per_node)}) == plan.accelerator.per_node
    starts, _ = starts_and_ends(CLASSIC.name)
    assert {(event.device, event.bus_id) for event in starts} == {(0, "18000"), (1, "2a000"), (7, "e4000")}


@pytest.mark.parametrize("name", accelerators())
def test_every_part_has_a_bus_for_each_place_in_its_node(name: str) -> None:
    accelerator = accelerators()[name]
    buses = chassis_of(accelerator).bus_ids.split()
    assert len(set(buses)) == len(buses) >= accelerator.per_node


def test_processes_of_a_node_follow_their_launcher() -> None:
    ids = [process_id(HUGE, rank) for rank in range(16)]
    assert ids[:8] == list(range(ids[0], ids[0] + 8))
    assert launcher_process_id(HUGE, 0) < ids[0]
    assert all(3000 < number < 4_194_304 for number in ids)
    for event in said(CLASSIC.name):
        main = isinstance(event, ev.LibraryLoaded)
        assert (event.thread_id == event.process_id) == main


def test_addresses_are_those_of_documentation() -> None:
    addresses = [address(HUGE, node) for node in range(762)]
    assert len(set(addresses)) == 762
    assert all(one.rpartition(".")[0] in ("192.0.2", "198.51.100", "203.0.113") for one in addresses)
    assert all(1 <= int(one.rpartition(".")[2]) <= 254 for one in addresses)


@pytest.mark.parametrize(
    ("ranks", "listed"), [(2, [0, 1]), (8, [0, 1, 7]), (16, [0, 1, 8, 15]), (16_384, [0, 1, 8, 16_383])]
)
def test_a_few_ranks_are_told(ranks: int, listed: list[int]) -> None:
    assert listed_ranks(ranks, 8) == listed


@pytest.mark.parametrize("name", ["tpu-v5p", "gaudi3", "trainium2"])
def test_other_libraries_keep_silent(name: str) -> None:
    run = simulate(replace(CLASSIC, accelerator=accelerators()[name], parallel=Parallelism(tensor=8)))
    assert not [event for event in bring_up(run) if isinstance(event, ev.LibraryLogged | ev.CommunicatorsReady)]


def test_one_rank_joins_nothing() -> None:
    run = simulate(replace(TINY, world_size=1))
    kinds = {type(event) for event in bring_up(run)}
    assert not kinds & {ev.LauncherWarned, ev.CommunicatorsReady, ev.CommunicatorStarted}


@pytest.mark.parametrize(
    ("plan", "groups"),
    [
        (CLASSIC, []),
        (HALF, [("tensor", 2, 64), ("data", 64, 2)]),
        (PIPELINED, [("tensor", 8, 64), ("pipeline", 4, 128), ("data", 16, 32)]),
        (MIXTURE, [("tensor", 2, 128), ("expert", 8, 32), ("pipeline", 2, 128), ("data", 64, 4)]),
        (
            replace(CLASSIC, parallel=Parallelism(tensor=2, context=4)),
            [("tensor", 2, 32), ("context", 4, 16), ("data", 8, 8)],
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Plan) else "",
)
def test_groups_come_up_at_first_use(plan: Plan, groups: list[tuple[str, int, int]]) -> None:
    run = simulate(plan)
    assert [(group.kind, group.ranks, group.count) for group in parallel_groups(run)] == groups
    events = list(group_communicators(run))
    assert [event.time_seconds for event in events] == sorted(event.time_seconds for event in events)
    started = [event for event in events if isinstance(event, ev.CommunicatorStarted)]
    assert [(event.communicator, event.ranks) for event in started] == [group[:2] for group in groups]
    world = {event.communicator_id for event in world_communicator(run) if isinstance(event, ev.CommunicatorStarted)}
    assert len({event.communicator_id for event in started} | world) == len(groups) + 1
    assert len({event.thread_id for event in started}) == len(groups)
    stage = run.stage_of("warming up")
    assert all(stage.start_us <= event.time_seconds * 1e6 <= stage.end_us for event in events)


def test_the_launcher_warns_once_for_each_node() -> None:
    (warned,) = (event for event in bring_up(simulate(HUGE)) if isinstance(event, ev.LauncherWarned))
    assert (warned.node, warned.unlisted_nodes) == (0, 2047)
    assert warned.host == short_host(HUGE, 0)


def test_what_carries_a_connection() -> None:
    def transports(name: str) -> list[str]:
        return [event.transport for event in said(name) if isinstance(event, ev.PeerConnected)]

    assert transports(CLASSIC.name) == ["NET/IB/0/GDRDMA", "P2P/CUMEM"]
    assert transports("rccl") == ["NET/IB/0/GDRDMA", "P2P/IPC"]
    assert transports("desk") == ["SHM/direct/direct", "SHM/direct/direct"]
    (chosen,) = (event for event in said("desk") if isinstance(event, ev.NetworkChosen))
    assert (chosen.network, chosen.adapter) == ("Socket", "bond0")
    potatoes = simulate(replace(TINY, accelerator=accelerators()["potato-mk2"], micro_batch_size=1))
    assert {e.transport for e in world_communicator(potatoes) if isinstance(e, ev.PeerConnected)} == {"NET/Socket/0"}


@runs
def test_start_up_is_told_in_few_lines(name: str) -> None:
    """Whatever the size, there is as much to read."""
    assert len(said(name)) <= 24


def test_a_bring_up_is_told_once() -> None:
    run = simulate(HUGE)
    assert bring_up(run) is bring_up(run, 0, run.end_us)
    late = run.stage_of("warming up").start_us
    assert not [event for event in bring_up(run, late) if isinstance(event, ev.RingBuilt)], "it takes long to tell"
