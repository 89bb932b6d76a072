"""What the numbers of a bring-up are made of."""

from collections.abc import Iterator

from pysim.pretraining.explaining.rows import (
    Reckonings,
    bytes_text,
    count,
    exact,
    exact_bytes,
    number,
    seconds,
)
from pysim.pretraining.run.run import Run
from pysim.story import events as ev
from pysim.story.kind import Row

_GIB = 2**30


def _launched(run: Run, e: ev.JobLaunched) -> Iterator[Row]:
    per_node = run.plan.accelerator.per_node
    whole = e.nodes * per_node == e.world_size
    yield count("world_size", e.world_size, f"{e.nodes:,} x {per_node}" if whole else "")


def _warned(_run: Run, e: ev.LauncherWarned) -> Iterator[Row]:
    yield count("unlisted_nodes", e.unlisted_nodes, f"{e.nodes:,} - 1")


def _detected(run: Run, e: ev.AcceleratorDetected) -> Iterator[Row]:
    yield count("rank", e.rank, f"node {e.node} x {run.plan.accelerator.per_node} + {e.local_rank}")
    mib = run.plan.accelerator.memory_mib
    yield number(
        "memory_bytes", e.memory_bytes, f"{e.memory_bytes / _GIB:.1f} GiB", f"{mib:,} x {exact_bytes(2**20)}", "B"
    )


def _all_detected(run: Run, e: ev.AcceleratorsDetected) -> Iterator[Row]:
    each = run.plan.accelerator.memory_mib * 2**20
    yield count("memory_bytes", e.memory_bytes, f"{e.world_size:,} x {exact_bytes(each)}", "B")


def _bootstrapped(_run: Run, e: ev.CommunicatorBootstrapped) -> Iterator[Row]:
    parts = (e.create_seconds, e.send_seconds, e.receive_seconds, e.ring_seconds, e.delay_seconds)
    yield seconds("total_seconds", e.total_seconds, " + ".join(exact(part) for part in parts))


def _joined(_run: Run, e: ev.CommunicatorCompleted) -> Iterator[Row]:
    parts = (
        e.kernels_seconds,
        e.alloc_seconds,
        e.bootstrap_seconds,
        e.allgathers_seconds,
        e.topology_seconds,
        e.graphs_seconds,
        e.connections_seconds,
        e.rest_seconds,
    )
    yield seconds("total_seconds", e.total_seconds, " + ".join(exact(part) for part in parts))


def _groups(run: Run, e: ev.CommunicatorsReady) -> Iterator[Row]:
    world = run.plan.world_size
    yield count(
        "communicators", e.communicators, f"{world:,} / {e.ranks:,}" if e.communicators * e.ranks == world else ""
    )


def _initialised(run: Run, e: ev.DistributedInitialised) -> Iterator[Row]:
    degrees = f"TP {e.tensor_parallel} x PP {e.pipeline_parallel} x CP {e.context_parallel} x DP {e.data_parallel:,}"
    yield count("world_size", e.world_size, degrees)
    replica = f"TP {e.tensor_parallel} x PP {e.pipeline_parallel} x CP {e.context_parallel}"
    yield count("data_parallel", e.data_parallel, f"{run.plan.world_size:,} / ({replica})")


def _timed(_run: Run, e: ev.CollectiveTimed) -> Iterator[Row]:
    """Bus bandwidth as nccl-tests define it."""
    twice = "2 x " if e.operation == "all_reduce" else ""
    share = f"{twice}({e.ranks:,} - 1) / {e.ranks:,}"
    formula = f"{share} x {exact_bytes(e.message_bytes)} / {e.seconds:.6g} s"
    rate = e.busbw_gb_per_second * 1e9
    yield number("busbw_gb_per_second", rate, f"{bytes_text(rate)} a second", formula, "B")


def _loading(_run: Run, e: ev.ModelLoading) -> Iterator[Row]:
    yield number("shard", e.shard / e.shards, f"{e.shard / e.shards:.1%}", f"{e.shard:,} / {e.shards:,}")


def _data(run: Run, e: ev.DatasetReady) -> Iterator[Row]:
    yield count("tokens_per_step", e.tokens_per_step, f"{e.global_batch_size:,} x {e.sequence_length:,}")
    made = f"micro batch {e.micro_batch_size} x accumulation {e.accumulation:,} x {run.plan.data_parallel:,} replicas"
    yield count("global_batch_size", e.global_batch_size, made)
    needed = f"{e.global_batch_size:,} / ({e.micro_batch_size} x {run.plan.data_parallel:,})"
    yield count("accumulation", e.accumulation, needed)
    yield number(
        "epochs",
        e.run_tokens / e.dataset_tokens,
        f"{e.run_tokens / e.dataset_tokens:.4g} times the corpus",
        f"{e.run_tokens:,} / {e.dataset_tokens:,}",
    )


def _ramp(run: Run, e: ev.BatchRampReady) -> Iterator[Row]:
    yield count("ramp_tokens", e.ramp_tokens, f"{e.ramp_sequences:,} x {run.plan.sequence_length:,}")


def _optimizer(_run: Run, e: ev.OptimizerReady) -> Iterator[Row]:
    parts = (e.weight_bytes, e.gradient_bytes, e.optimizer_bytes, e.activation_bytes, e.workspace_bytes)
    total = " + ".join(f"{part / _GIB:.3f} GiB" for part in parts)
    yield number("memory_bytes", e.memory_bytes, f"{e.memory_bytes / _GIB:.1f} GiB", total, "B")


BRING_UP: Reckonings = {
    ev.JobLaunched: _launched,
    ev.LauncherWarned: _warned,
    ev.AcceleratorDetected: _detected,
    ev.AcceleratorsDetected: _all_detected,
    ev.CommunicatorBootstrapped: _bootstrapped,
    ev.CommunicatorCompleted: _joined,
    ev.CommunicatorsReady: _groups,
    ev.DistributedInitialised: _initialised,
    ev.CollectiveTimed: _timed,
    ev.ModelLoading: _loading,
    ev.DatasetReady: _data,
    ev.BatchRampReady: _ramp,
    ev.OptimizerReady: _optimizer,
}
