"""How long everything around the training steps takes: communicators, the first step, checkpoints, export.

Power laws and rates through a few published points each; see the constants.
"""

from math import ceil

from pysim.catalog import Accelerator
from pysim.physics.transformer import parameter_count
from pysim.physics.workload import Workload

# NCCL ncclCommInitRankConfig "Init timings": 4 ranks 0.25-0.49 s, 16 ranks 1.1 s (public logs); flatter at scale,
# where the bootstrap tree takes over (MegaScale, arXiv 2402.15627, brings 2,048 GPUs under 5 s only with a rewritten one).
COMMUNICATOR_SECONDS, COMMUNICATOR_EXPONENT = 0.12, 0.75  # seconds of one rank; per rank count

# First step over a normal one: DeepSeek-V3 proxy 95 s over 12 s; Mixtral 8x22B 264 s over 7 s; compiled GPT-2 75 s over 0.2 s.
FIRST_STEP_SECONDS, FIRST_STEP_FACTOR = 20.0, 5.0  # allocator and kernel warm-up; further step times
FIRST_STEP_LIMITS_SECONDS = (20.0, 300.0)

# BLOOM: 2.3 TB by 48 nodes in 40 s. Llama 3 (arXiv 2407.21783, section 3.3.1): 2 TB/s sustained by the whole file system.
CHECKPOINT_BASE_SECONDS = 4.0  # gathering metadata, opening files, the barrier at the end
NODE_BYTES_PER_SECOND = 1.4e9
STORAGE_BYTES_PER_SECOND = 2e12

# Reading the next shard of a corpus into memory. Muon 124M: the step at the end of each 100M tokens takes 0.46 s, not 0.214 s.
SHARD_SECONDS_PER_TOKEN = 2.46e-9
FEWEST_STEPS_PER_SHARD = 20  # assumption: a loader that is asked more often reads ahead

EXPORT_BASE_SECONDS = 5.0  # loading the index, writing configuration and tokenizer
EXPORT_BYTES_PER_PARAMETER = 2  # bf16 safetensors
EXPORT_SHARD_BYTES = 5_000_000_000  # Hugging Face's default shard size


def communicator_init_seconds(ranks: int) -> float:
    """Seconds until one NCCL communicator of `ranks` is ready."""
    return float(COMMUNICATOR_SECONDS * ranks**COMMUNICATOR_EXPONENT) if ranks > 1 else 0.0


def first_step_extra_seconds(step_seconds: float) -> float:
    """Seconds by which the first step after a start exceeds `step_seconds`."""
    low, high = FIRST_STEP_LIMITS_SECONDS
    return min(high, max(low, FIRST_STEP_SECONDS + FIRST_STEP_FACTOR * step_seconds))


def checkpoint_write_seconds(checkpoint_bytes: float, nodes: int) -> float:
    """Seconds that training stands still while `nodes` write a checkpoint to shared storage (synchronous)."""
    return CHECKPOINT_BASE_SECONDS + checkpoint_bytes / storage_bytes_per_second(nodes)


def storage_bytes_per_second(nodes: int) -> float:
    """Bytes that shared storage takes from `nodes` in a second."""
    return min(NODE_BYTES_PER_SECOND * nodes, STORAGE_BYTES_PER_SECOND)


def shard_read_seconds(plan: Workload) -> float:
    """Seconds that a step waits for the next shard of the corpus; 0 if it is mapped into memory or read ahead."""
    shard = plan.dataset.shard_tokens
    return SHARD_SECONDS_PER_TOKEN * shard if shard >= FEWEST_STEPS_PER_SHARD * plan.tokens_per_step else 0.0


def shards_read(plan: Workload) -> int:
    """Shards that are read on the way, after the first."""
    return plan.run_tokens // plan.dataset.shard_tokens if shard_read_seconds(plan) else 0


def checkpoint_files(plan: Workload) -> int:
    """Files of one checkpoint: one per rank that holds a part of its own, and the metadata."""
    holders = plan.parallel.replica_size if plan.sharding == "ddp" else plan.world_size
    return holders + 1


def export_bytes(plan: Workload) -> int:
    """Bytes of the exported weights."""
    return EXPORT_BYTES_PER_PARAMETER * parameter_count(plan.model)


def export_files(plan: Workload) -> int:
    """Shards of the exported weights."""
    return max(1, ceil(export_bytes(plan) / EXPORT_SHARD_BYTES))


def export_seconds(plan: Workload) -> float:
    """Seconds to gather the weights and write them; one node writes."""
    return EXPORT_BASE_SECONDS + export_bytes(plan) / NODE_BYTES_PER_SECOND


def rental_usd(accelerator: Accelerator, accelerator_hours: float) -> float:
    """Price of `accelerator_hours` at the catalog's assumed rent."""
    return accelerator.usd_per_hour * accelerator_hours
