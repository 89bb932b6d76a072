"""Typed rows of `data/`: what exists in the world that a run can be made of.

Each table is a TOML file that is read once, on first use, through `importlib.resources`: a checkout keeps `data/` beside
the package, an installed wheel inside it. A row is a frozen dataclass whose fields are the keys of the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from pysim.catalog.resources import read_table
from pysim.wording import nearest, quoted

Precision = Literal["fp32", "fp16", "bf16", "fp8", "nvfp4", "mxfp4"]
QueryKeyNorms = Literal["none", "head", "projection"]


@dataclass(frozen=True, slots=True)
class MixtureOfExperts:
    """The sparse part of a mixture-of-experts model.

    `experts` routed experts per MoE layer of which `experts_per_token` are active, plus `shared_experts` that always are;
    each has a gated FFN of `expert_ffn_hidden_size`. `dense_layers` layers have the model's plain FFN: the first, or every other one
    (Llama 4 Maverick), which costs the same. `selection_biases`: one per expert balances the load (DeepSeek-V3, arXiv 2412.19437).
    """

    experts: int
    experts_per_token: int
    expert_ffn_hidden_size: int
    shared_experts: int = 0
    dense_layers: int = 0
    selection_biases: bool = False


@dataclass(frozen=True, slots=True)
class LatentAttention:
    """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): ranks and head sizes. `q_lora_rank` 0 means no query compression."""

    q_lora_rank: int
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int


@dataclass(frozen=True, slots=True)
class LocalAttention:
    """`layers` of a model in which a token sees the last `window` tokens only or, `chunked`, those of its own block of that many."""

    layers: int
    window: int
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """One decoder-only transformer. Sizes are counts; `ffn_matrices` is 3 for gated FFNs (SwiGLU), 2 for plain ones."""

    name: str  # what --model takes: "llama3-405b"
    title: str  # what a person reads: "Llama 3.1 405B"
    family: str
    layers: int
    hidden_size: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    ffn_hidden_size: int
    ffn_matrices: int
    vocab_size: int
    context_length: int
    tokenizer: str  # a row of tokenizers.toml
    published_parameters: int  # what the authors or the checkpoint say
    source: str
    parameters_source: str = ""  # where `published_parameters` was read; not of fictional models
    learned_positions: int = 0  # rows of a learned position table, 0 for rotary or ALiBi
    tied_embeddings: bool = False
    linear_biases: bool = False  # biases on every linear layer
    qkv_biases: bool = False  # biases on q, k, v only (Qwen)
    attention_sinks: bool = False  # a learned logit per head that takes attention away (GPT-OSS)
    query_key_norms: QueryKeyNorms = "none"  # over each head (Qwen3) or the whole projection (OLMo 2)
    norms_per_layer: int = 2  # 4 where a norm also follows each sub-layer (Gemma 3)
    norm_biases: bool = False  # LayerNorm (weight and bias) instead of RMSNorm
    embedding_norm: bool = False  # a LayerNorm after the embedding (BLOOM)
    training_length: int = 0  # tokens of a sequence in most of the pre-training, where the context was extended later
    fictional: bool = False
    moe: MixtureOfExperts | None = None
    latent_attention: LatentAttention | None = None
    local_attention: LocalAttention | None = None

    @property
    def usual_length(self) -> int:
        """Tokens of a sequence in pre-training, at most: the context, where nothing else is known."""
        return self.training_length or self.context_length


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One accelerator as sold. FLOP/s are dense peaks of the tensor units; 0 where a precision is not supported."""

    name: str  # what --accelerator takes: "h100-sxm"
    title: str  # as the driver reports it: "NVIDIA H100 80GB HBM3"
    short_title: str  # for narrow screens: "H100"
    vendor: Literal["nvidia", "amd", "google", "intel", "aws", "fictional"]
    memory_mib: int  # as the driver reports it
    memory_bandwidth_gb_per_second: float
    bf16_tflops: float
    fp16_tflops: float
    fp8_tflops: float
    fp32_tflops: float
    matmul_efficiency: float  # best measured large bf16 matmul / dense peak
    power_watts: int  # board power limit
    idle_watts: int
    per_node: int
    scale_up: str  # a row of interconnects.toml: inside the node
    scale_out: str  # a row of interconnects.toml: between nodes, per accelerator
    usd_per_hour: float  # rental price assumed for cost lines
    source: str
    scale_up_size: int = 0  # accelerators that the scale-up link joins, where they are more than a node's
    nvfp4_tflops: float = 0.0
    mxfp4_tflops: float = 0.0
    attention_efficiency: float = 0.35  # FlashAttention-2 or the like, forward and backward, over the bf16 peak
    fast_attention_efficiency: float = 0.0  # of kernels written for this part; 0 where there are none
    fictional: bool = False


@dataclass(frozen=True, slots=True)
class Chassis:
    """How an accelerator sits in its node: cooling, clocks, buses, and the channels that the collectives library opens there."""

    name: str  # a row of accelerators.toml, or "generic"
    rise_celsius: float  # core over inlet at the power limit, front row
    preheat_celsius: float  # what the rear row adds at full load
    max_clock_mhz: int  # 0 where the driver reports none
    clock_drop: float  # share of the boost clock that is missing at full load
    bus_ids: str  # hexadecimal PCI buses in order of local rank
    channels_in_node: int
    channels_between_nodes: int
    multicast_channels: int  # NVLink SHARP; 0 without
    source: str


Ends = tuple[float, float]
"""The smallest and the largest that a run can have."""


@dataclass(frozen=True, slots=True)
class StepTimes:
    """How unevenly steps take on an accelerator: each run has something between two ends."""

    name: str  # a row of accelerators.toml, or "generic"
    spread: Ends  # factor on the width of the core
    lopsided: Ends  # how much further its slow side reaches, in robust deviations per deviation
    drift: Ends  # share of its variance that goes on from step to step, within one node
    drift_between_nodes: Ends
    tail_share: Ends  # of the steps
    tail_excess: Ends  # of a step, at least
    tail_carry: Ends  # of it, in the step after
    settling: Ends  # of a step, by which the first ones are shorter than those of a long run
    burst_chance: float  # of a run to have a second mode
    source: str


@dataclass(frozen=True, slots=True)
class Interconnect:
    """A link as one accelerator sees it. `busbw_gb_per_second` is what a large all-reduce reaches (nccl-tests bus bandwidth)."""

    name: str
    title: str
    line_rate_gb_per_second: float
    busbw_gb_per_second: float
    latency_microseconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A tokenizer: `vocab_size` is the number of entries that it knows (a model may pad its embedding beyond it)."""

    name: str
    title: str
    kind: str  # "byte-level BPE", "SentencePiece BPE", "SentencePiece unigram", "tiktoken BPE"
    vocab_size: int
    source: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A corpus. `loss_offset` (nats) is what it adds to the irreducible loss of the scaling law's own corpus.

    `shard_tokens` are those of each of its files where a loader stops at their ends; 0 where it is mapped into memory.
    `noise_tail` is how much of the upper tail of FineWeb's loss noise it has, `order_share` how much of that noise's variance batches near
    each other have in common, because the corpus is read in its own order.
    """

    name: str
    title: str
    tokens: int
    documents: int
    loss_offset: float
    source: str
    fictional: bool = False
    shard_tokens: int = 0
    noise_tail: float = 0.0
    order_share: float = 0.0


_PARTS: Mapping[str, type[Any]] = {
    "moe": MixtureOfExperts,
    "latent_attention": LatentAttention,
    "local_attention": LocalAttention,
}

Row = TypeVar("Row", Model, Accelerator, Chassis, StepTimes, Interconnect, Tokenizer, Dataset)
Part = TypeVar("Part")
Found = TypeVar("Found")


class UnknownName(ValueError):  # noqa: N818 - it reads as what happened, and is shown to people as such
    """No row of that name among those known. `closest` is the most similar one, if any is similar."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.closest = nearest(name, known)
        hint = f"; did you mean {self.closest!r}?" if self.closest else ""
        super().__init__(f"unknown {kind} {quoted(name)}{hint}")


@cache
def models() -> Mapping[str, Model]:
    """Every model by name, in the order of the file."""
    return _rows(Model, "model")


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """Every accelerator by name, in the order of the file."""
    return _rows(Accelerator, "accelerator")


def chassis_of(accelerator: Accelerator) -> Chassis:
    """How an accelerator sits in its node; the generic row where nothing particular is known."""
    rows = _chassis()
    return rows.get(accelerator.name, rows["generic"])


@cache
def _chassis() -> Mapping[str, Chassis]:
    return _rows(Chassis, "chassis")


def step_times_of(accelerator: Accelerator) -> StepTimes:
    """How unevenly steps take on an accelerator; the generic row where nothing particular is known."""
    rows = _step_times()
    return rows.get(accelerator.name, rows["generic"])


@cache
def _step_times() -> Mapping[str, StepTimes]:
    return _rows(StepTimes, "step_times")


@cache
def interconnects() -> Mapping[str, Interconnect]:
    """Every interconnect by name, in the order of the file."""
    return _rows(Interconnect, "interconnect")


@cache
def tokenizers() -> Mapping[str, Tokenizer]:
    """Every tokenizer by name, in the order of the file."""
    return _rows(Tokenizer, "tokenizer")


@cache
def datasets() -> Mapping[str, Dataset]:
    """Every dataset by name, in the order of the file."""
    return _rows(Dataset, "dataset")


def find(table: Mapping[str, Found], kind: str, name: str) -> Found:
    """The row called `name`, whatever its case.

    Raises:
        UnknownName: if there is none; it carries the closest name there is.
    """
    row = table.get(name.lower())
    if row is None:
        raise UnknownName(kind, name, table)
    return row


def _rows(row_type: type[Row], singular: str) -> Mapping[str, Row]:
    """All rows of the table whose file has the plural name and whose array has the singular one."""
    rows: dict[str, Row] = {}
    for keys in read_table(singular if singular.endswith("s") else f"{singular}s")[singular]:
        row = row_of(row_type, f"{singular} {keys.get('name', 'without a name')!r}", keys)
        if row.name in rows:
            message = f"{singular} {row.name!r} is listed twice"
            raise ValueError(message)
        rows[row.name] = row
    return MappingProxyType(rows)


def row_of(row_type: type[Part], label: str, keys: Mapping[str, Any]) -> Part:
    """One row of `row_type` from the keys of its table, every key checked; `label` names it in errors."""
    known = {field.name for field in fields(row_type)}  # type: ignore[arg-type]  # every caller passes a dataclass
    required = {field.name for field in fields(row_type) if field.default is MISSING}  # type: ignore[arg-type]  # as above
    _complain(label, "unknown", keys.keys() - known)
    _complain(label, "missing", required - keys.keys())
    return row_type(**{key: _value(label, key, value) for key, value in keys.items()})


def _value(label: str, key: str, value: Any) -> Any:  # noqa: ANN401 - TOML values are of any type
    """A key's value: nested tables become the parts of a model that they describe, lists become tuples."""
    if isinstance(value, list):
        return tuple(value)
    part = _PARTS.get(key)
    return row_of(part, f"{label}, {key}", value) if part else value


def _complain(label: str, what: str, keys: set[str]) -> None:
    """Raise if there are wrong keys."""
    if keys:
        message = f"{label}: {what} keys {', '.join(sorted(keys))}"
        raise ValueError(message)
