"""Names that a run goes by: hosts, paths, files, the command line it was started with. All follow from the plan."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from pysim.catalog import chassis_of
from pysim.catalog.resources import read_table
from pysim.pretraining.plan import Plan
from pysim.story.noise import Stream, fnv1a
from pysim.story.steps import DataStep

SCRIPT = "pretrain.py"  # that is started
_CONFIG_BYTES = 912
_GENERATION_CONFIG_BYTES = 184
_TOKENIZER_CONFIG_BYTES = 50_840
_TOKENIZER_BYTES_PER_ENTRY = 71  # tokenizer.json of Llama 3: 9.1 MB for 128,256 entries
_INDEX_BYTES_PER_TENSOR = 82
_TENSORS_PER_LAYER = 9
_RACK_NODES = 4
_ADDRESSES_PER_NETWORK = 254
_FIRST_PROCESS_ID, _PROCESS_IDS = 3000, 4_000_000  # Linux counts up to 4,194,304 on 64-bit machines
_NODES_AT_MOST, _SLOTS_AT_MOST = 2**24, 2**8  # of a cluster, and accelerators of a machine: what keeps draws apart
_IDS_BEFORE_WORKERS = 67  # threads of the launcher
_NODE_KINDS = {"google": "tpu", "aws": "trn", "intel": "hpu"}
_DEVICE_WORDS = {"google": "TPU", "aws": "chip", "intel": "HPU"}


@cache
def _runs() -> dict[str, Any]:
    return read_table("runs")


@cache
def _hostnames() -> dict[str, Any]:
    return read_table("hostnames")


def named(plan: Plan) -> Plan:
    """The plan under a name of its own, such as `calm-otter-42`, the same for all that is drawn with the same noise."""
    words = _runs()
    u, v, w = Stream(plan.noise_seed, "run-name").uniforms(0, 3).tolist()
    adjective = words["adjectives"][int(u * len(words["adjectives"]))]
    noun = words["nouns"][int(v * len(words["nouns"]))]
    return replace(plan, name=f"{adjective}-{noun}-{1 + int(w * 99)}")


def run_id(plan: Plan) -> str:
    """What tells a run from all others: 16 hexadecimal digits, the same for the same plan."""
    return f"{fnv1a(json.dumps(plan.chosen)):016x}"


def host(plan: Plan, node: int) -> str:
    """The host name of a node, in a domain reserved for documentation (RFC 2606)."""
    patterns = _hostnames()["patterns"]
    rack, slot = divmod(node, _RACK_NODES)
    pattern: str = patterns[fnv1a(plan.name) % len(patterns)]
    return pattern.format(node=node, rack=rack + 1, slot=slot + 1, kind=_NODE_KINDS.get(plan.accelerator.vendor, "gpu"))


def short_host(plan: Plan, node: int) -> str:
    """The host name up to its first dot, as libraries print it."""
    return host(plan, node).partition(".")[0]


def address(plan: Plan, node: int) -> str:
    """A node's address, in the blocks reserved for documentation (RFC 5737), which hold 762 nodes."""
    networks = _hostnames()["networks"]
    start = fnv1a(plan.name) // 11 % len(networks)
    block, last = divmod(node, _ADDRESSES_PER_NETWORK)
    return f"{networks[(start + block) % len(networks)]}.{last + 1}"


def interface() -> str:
    """The network interface that processes find each other through."""
    name: str = _hostnames()["interface"]
    return name


def adapter(fabric: str) -> str:
    """What the driver calls the adapters of a kind of fabric: InfiniBand or RoCE."""
    name: str = _hostnames()["adapters"][fabric]
    return name


def launcher_process_id(plan: Plan, node: int, launch: int = 0) -> int:
    """The process id of a node's launcher, the `launch`-th that was started again; its workers follow it."""
    stream = Stream(plan.noise_seed, "process-id")
    return _FIRST_PROCESS_ID + int(_PROCESS_IDS * stream.uniform(launch * _NODES_AT_MOST + node))


def process_id(plan: Plan, rank: int, launch: int = 0) -> int:
    """The process id of a rank."""
    node, local_rank = divmod(rank, plan.accelerator.per_node)
    return launcher_process_id(plan, node, launch) + _IDS_BEFORE_WORKERS + local_rank


def job_id(plan: Plan) -> int:
    """The number that the scheduler knows the job by."""
    return 10_000 + int(9_000_000 * Stream(plan.noise_seed, "job-id").uniform(0))


def file_system() -> str:
    """What the shared file system is called."""
    name: str = _hostnames()["file_system"]
    return name


def accelerator_uuid(plan: Plan, machine: int, local_rank: int) -> str:
    """The identifier of an accelerator, as its driver prints it: that of a machine, whichever node of the job it is."""
    first, second = (
        Stream(plan.noise_seed, "accelerator-uuid").words(2 * (machine * _SLOTS_AT_MOST + local_rank), 2).tolist()
    )
    digits = f"{first:016x}{second:016x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def board_serial(plan: Plan, machine: int, local_rank: int) -> str:
    """The serial number of its board: thirteen digits."""
    share = Stream(plan.noise_seed, "board-serial").uniform(machine * _SLOTS_AT_MOST + local_rank)
    return f"165{int(10**10 * share):010d}"


def bus_id(plan: Plan, rank: int) -> str:
    """Where a rank's accelerator sits on its node's PCI: bus and device, such as 18:00.0; empty where nobody asks."""
    if plan.accelerator.vendor in ("google", "aws"):
        return ""
    buses = chassis_of(plan.accelerator).bus_ids.split()
    return f"{buses[rank % plan.accelerator.per_node]}:00.0"


def checkpoint_path(plan: Plan, step: DataStep) -> str:
    """The directory of one checkpoint."""
    return f"{_storage(plan)}/step_{step:0{max(6, len(str(plan.total_steps)))}d}"


def export_path(plan: Plan) -> str:
    """The directory of the exported model."""
    return f"{_storage(plan)}/export"


def _storage(plan: Plan) -> str:
    paths = _runs()["checkpoint_paths"]
    path: str = paths[fnv1a(plan.name) // 7 % len(paths)]
    return path.format(run=plan.name)


def export_files(plan: Plan, weight_bytes: int, shards: int) -> list[tuple[str, int]]:
    """Names and sizes in bytes of the exported files: equal weight shards first, then what loaders need beside them."""
    tokenizer_bytes = plan.tokenizer.vocab_size * _TOKENIZER_BYTES_PER_ENTRY
    small = [
        ("config.json", _CONFIG_BYTES),
        ("generation_config.json", _GENERATION_CONFIG_BYTES),
        ("tokenizer.json", tokenizer_bytes),
        ("tokenizer_config.json", _TOKENIZER_CONFIG_BYTES),
    ]
    if shards == 1:
        return [("model.safetensors", weight_bytes), *small]
    cuts = [weight_bytes * index // shards for index in range(shards + 1)]
    weights = [
        (f"model-{index:05d}-of-{shards:05d}.safetensors", cuts[index] - cuts[index - 1])
        for index in range(1, shards + 1)
    ]
    index_bytes = plan.model.layers * _TENSORS_PER_LAYER * _INDEX_BYTES_PER_TENSOR
    return [*weights, ("model.safetensors.index.json", index_bytes), *small]


def device_word(plan: Plan) -> str:
    """What people call the accelerators."""
    return _DEVICE_WORDS.get(plan.accelerator.vendor, "GPU")


def has_launcher(plan: Plan) -> bool:
    """Whether torchrun starts the processes; under JAX the scheduler starts one on each node."""
    return plan.accelerator.vendor != "google"


def command_line(plan: Plan) -> str:
    """The command that the run pretends to have been started with."""
    layout = plan.parallel.degrees.items()
    flags = [f"--{axis.key} {degree}" for axis, degree in layout if degree > 1 and axis.divides != "stage"]
    grown = plan.batch_ramp
    ramp = [f"--rampup-batch-size {grown.first} {grown.increment} {grown.sequences}"] if grown else []
    options = [
        f"--model {plan.model.name}",
        f"--data {plan.dataset.name}",
        *flags,
        f"--{plan.precision}",
        f"--seq-length {plan.sequence_length}",
        f"--global-batch-size {plan.global_batch_size}",
        *ramp,
        f"--lr {plan.schedule.peak_lr:g}",
    ]
    launcher = f"srun --nodes {plan.nodes} --ntasks-per-node 1 python3"
    if has_launcher(plan):
        launcher = f"torchrun --nnodes {plan.nodes} --nproc-per-node {plan.accelerators_per_node}"
    return f"{launcher} {SCRIPT} {' '.join(options)}"
