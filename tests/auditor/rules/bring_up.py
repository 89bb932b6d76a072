"""Rules of the start: what was asked for is there, fits, and adds up."""

import math

from auditor.interval import Interval, exactly
from auditor.ledger import Ledger, Rules
from auditor.record import Record
from auditor.rules.bars import counted_bar
from auditor.sheets import ATTENTION_WIDTH

_AXES = ("tensor_parallel", "pipeline_parallel", "context_parallel", "data_parallel")
_MEMORY = ("weight_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes", "workspace_bytes")


def _world_size(audit: Ledger, r: Record) -> None:
    launched = audit.fact("JobLaunched", "world_size")
    if launched and r.has("world_size"):
        audit.tie("world size", r, r.number("world_size"), launched)


def accelerator_detected(audit: Ledger, r: Record) -> None:
    _world_size(audit, r)
    _place(audit, r)
    if r.has("temperature_celsius", "power_watts"):
        _rest(audit, r)
    rank = int(r.number("rank").low)
    audit.holds("a rank is found once", r, rank not in audit.found)
    audit.found.add(rank)


def _place(audit: Ledger, r: Record) -> None:
    """Where it is, which the library's lines must agree with."""
    node = int(r.number("node").low) if r.has("node") else None
    if node is not None and r.has("host"):
        audit.holds("a host for each node", r, audit.hosts.setdefault(node, r.fields["host"]) == r.fields["host"])
    if r.fields.get("bus_id") and node in (None, 0):
        audit.buses[int(r.number("rank").low)] = r.fields["bus_id"]


def _rest(audit: Ledger, r: Record) -> None:
    """What it draws before anything runs."""
    watts, limit = r.number("power_watts"), r.number("power_limit_watts")
    audit.rest_watts.append(watts.middle)
    share = watts.high / limit.low
    audit.holds("cool at rest", r, 20 <= r.number("temperature_celsius").low <= 35 + 60 * share)
    audit.holds("little power at rest", r, watts.low < 0.5 * limit.high)


def accelerators_detected(audit: Ledger, r: Record) -> None:
    _world_size(audit, r)
    one = audit.fact("AcceleratorDetected", "memory_bytes")
    if one:
        audit.tie("memory of all", r, one * r.number("world_size"), r.number("memory_bytes"))
    more, listed = audit.fact("More", "more"), audit.seen.get("AcceleratorDetected", 0)
    audit.holds("the first ranks are listed", r, audit.found == set(range(listed)))
    if r.has("listed"):
        audit.tie("accelerators listed", r, r.number("listed"), listed)
    elif listed:
        audit.tie("accelerators listed", r, r.number("world_size"), (more or exactly(0)) + listed)


def distributed(audit: Ledger, r: Record) -> None:
    if r.has(*_AXES):
        product = math.prod(r.number(axis).low for axis in _AXES)
        audit.tie("world = TP x PP x CP x DP", r, product, r.number("world_size"))
        _world_size(audit, r)


def collective(audit: Ledger, r: Record) -> None:
    ranks = r.number("ranks").low
    passes = 2 if str(r.fields["operation"]) in ("all_reduce", "all-reduce") else 1
    moved = r.number("message_bytes") * (passes * (ranks - 1) / ranks)
    audit.tie("bus bandwidth", r, moved / r.number("seconds") / 1e9, r.number("busbw_gb_per_second"))
    audit.holds("bandwidth below any fabric's", r, r.number("busbw_gb_per_second").low < 2000)
    world = audit.fact("JobLaunched", "world_size")
    if world:
        audit.holds("group within the world", r, ranks <= world.low)
    if audit.step and r.has("step"):
        longest = audit.step.number("step_seconds").high
        audit.holds("collective within its step", r, r.number("seconds").low < longest)


def model(audit: Ledger, r: Record) -> None:
    if r.has("hidden_size", "attention_heads", "kv_heads"):
        heads = r.number("attention_heads").low
        even = r.number("hidden_size").low % heads == 0
        audit.holds("hidden size divides into heads", r, even or r.fields.get("model") in ATTENTION_WIDTH)
        audit.holds("heads share KV heads evenly", r, heads % r.number("kv_heads").low == 0)


def tokenizer(audit: Ledger, r: Record) -> None:
    vocabulary = audit.fact("ModelReady", "vocab_size")
    if vocabulary:
        audit.holds("tokenizer fits the embedding", r, r.number("vocab_size").low <= vocabulary.high)


def dataset(audit: Ledger, r: Record) -> None:
    if not r.has("global_batch_size", "micro_batch_size"):
        return
    batch = r.number("global_batch_size")
    audit.tie("tokens per step", r, batch * r.number("sequence_length"), r.number("tokens_per_step"))
    replicas = audit.fact("DistributedInitialised", "data_parallel")
    if replicas:
        made = r.number("micro_batch_size") * replicas * r.number("accumulation")
        audit.tie("GBS = MBS x DP x accumulation", r, made, batch)


def optimizer(audit: Ledger, r: Record) -> None:
    if not r.has(*_MEMORY):
        return
    total = sum((r.number(part) for part in _MEMORY), start=exactly(0.0))
    audit.tie("memory adds up", r, total, r.number("memory_bytes"))
    audit.holds("memory fits", r, r.number("memory_bytes").low <= r.number("memory_capacity_bytes").high)
    card = audit.fact("AcceleratorDetected", "memory_bytes")
    if card:
        audit.tie("memory of the card", r, card, r.number("memory_capacity_bytes"))


def training_started(audit: Ledger, r: Record) -> None:
    tokens, per_step = audit.fact("DatasetReady", "run_tokens"), audit.fact("DatasetReady", "tokens_per_step")
    if tokens and per_step:
        audit.tie("tokens of the run", r, per_step * audit.full_batches(r.number("total_steps").low), tokens, 1e-9)
    audit.tie("whole epochs", r, (r.number("total_steps").low - audit.extra_steps()) % r.number("epochs").low, 0)
    if audit.smaller_batches():
        first = audit.steps_before(2)
        more = audit.full_batches(first) - (
            first - audit.extra_steps()
        )  # a part of a batch is left over in either case
        audit.tie("steps for the smaller batches", r, more, Interval(-1.0, 1.0))
        audit.holds("the ramp ends in the first epoch", r, len(audit.smaller_batches()) < first)


def batch_ramp(audit: Ledger, r: Record) -> None:
    if not r.has("ramp_steps"):
        return
    audit.tie("steps of the ramp", r, r.number("ramp_steps"), len(audit.smaller_batches()))
    data = audit.facts.get("DatasetReady")
    if not (data and data.has("sequence_length", "global_batch_size", "micro_batch_size")):
        return
    audit.tie(
        "tokens of the ramp", r, r.number("ramp_tokens"), r.number("ramp_sequences") * data.number("sequence_length")
    )
    audit.tie("batch after the ramp", r, r.number("global_batch_size"), data.number("global_batch_size"))
    replicas = audit.fact("DistributedInitialised", "data_parallel")
    if replicas:
        unit = (replicas * data.number("micro_batch_size")).low
        parts = (r.number("first_batch_size").low % unit, r.number("increment").low % unit)
        audit.holds("replicas share every batch of the ramp evenly", r, parts == (0, 0), f"{unit:g}")


RULES: Rules = {
    "AcceleratorDetected": accelerator_detected,
    "AcceleratorsDetected": accelerators_detected,
    "DistributedInitialised": distributed,
    "CollectiveTimed": collective,
    "ModelLoading": counted_bar,
    "ModelReady": model,
    "TokenizerReady": tokenizer,
    "DatasetReady": dataset,
    "BatchRampReady": batch_ramp,
    "OptimizerReady": optimizer,
    "TrainingStarted": training_started,
}
