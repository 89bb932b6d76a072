"""What is kept for every parameter, in bytes, and which ranks divide it among themselves.

Model states follow Rajbhandari et al. 2020 (ZeRO, arXiv 1910.02054) and Megatron-LM's theoretical_memory_usage.py. What a plan
does not choose is as usual: runs in fp8 and below exchange gradients in bf16 and keep their weights in fp8 (Megatron Bridge's
recipes: grad_reduce_in_fp32=False, fp8_param_gather=True).
"""

from math import gcd

from pysim.catalog import Precision
from pysim.physics.workload import GradPrecision, MomentPrecision, ParamPrecision, Workload

FULL_BYTES, HALF_BYTES = 4, 2  # fp32; fp16 and bf16
FOUR_BITS: frozenset[Precision] = frozenset({"nvfp4", "mxfp4"})
NARROW: frozenset[Precision] = frozenset({"fp8", *FOUR_BITS})
"""Precisions of matmuls alone: a cast of weights that are kept in something wider, or, in fp8, without it."""

COPY_BYTES: dict[Precision, float] = {"fp8": 2.0, "nvfp4": 2 * (0.5 + 1 / 16), "mxfp4": 2 * (0.5 + 1 / 32)}
"""Bytes per parameter of the two copies that narrow matmuls read, plain and transposed (Transformer Engine: Hopper's fp8 matmul takes
one layout only, and block scales run along the sum). NVFP4 has a scale byte for 16 values, MXFP4 for 32."""

_POSSIBLE_PARAMS: dict[Precision, tuple[ParamPrecision, ...]] = {
    "fp32": ("fp32",),
    "fp16": ("fp16",),
    "fp8": ("fp8", "bf16"),
}

FOUR_BIT_SHARE = 0.84
"""Of the layers' matmuls in a run in four bits: the others stay in bf16, at the end most of them (NVIDIA 2025, arXiv 2509.25149, section 4:
the first two and the last eight of 62 blocks)."""

MOMENT_BYTES: dict[MomentPrecision, int] = {"fp32": 8, "bf16": 4, "fp8": 2}
"""Bytes per parameter of AdamW's two moments (Megatron-LM: --use-precision-aware-optimizer --exp-avg-dtype --exp-avg-sq-dtype)."""


def narrow_share(precision: Precision) -> float:
    """Share of the layers' matmuls that run in the precision; the others run in bf16."""
    return FOUR_BIT_SHARE if precision in FOUR_BITS else 1.0


def param_precision(plan: Workload) -> ParamPrecision:
    """In which format weights are kept between steps, master weights aside."""
    return plan.param_precision or possible_params(plan.precision)[0]


def possible_params(precision: Precision) -> tuple[ParamPrecision, ...]:
    """Formats in which a run in this precision can keep its weights, the usual one first."""
    return _POSSIBLE_PARAMS.get(precision, ("bf16",))


def grad_precision(plan: Workload) -> GradPrecision:
    """In which format gradients are summed up and exchanged.

    Megatron-LM and BLOOM accumulate in fp32, 18 B/param in all (stas00/ml-engineering). ZeRO-2, ZeRO-3 and FSDP reduce in bf16:
    2 + 14/DP and 16/DP B/param (Rajbhandari).
    """
    if plan.grad_precision:
        return plan.grad_precision
    halved = plan.precision in NARROW or (shards_gradients(plan) and plan.precision != "fp32")
    return possible_gradients(plan.precision)[1] if halved else "fp32"


def possible_gradients(precision: Precision) -> tuple[GradPrecision, GradPrecision]:
    """Formats in which a run in this precision can exchange gradients, whole and halved."""
    return ("fp32", "fp16" if precision == "fp16" else "bf16")


def weight_bytes(plan: Workload) -> float:
    """Bytes per parameter of the weights that the kernels read."""
    kept = {"fp32": FULL_BYTES, "fp8": 0}.get(param_precision(plan), HALF_BYTES)  # fp8: nothing but what is read
    return kept + COPY_BYTES.get(plan.precision, 0.0)


def gradient_bytes(plan: Workload) -> int:
    """Bytes per gradient element, kept and communicated."""
    return FULL_BYTES if grad_precision(plan) == "fp32" else HALF_BYTES


def optimizer_bytes(plan: Workload) -> int:
    """Bytes per parameter of AdamW's moments, and of the fp32 master weights where the weights are not fp32."""
    master = 0 if plan.precision == "fp32" else FULL_BYTES
    return master + MOMENT_BYTES[plan.optimizer_precision]


def checkpoint_bytes_each(plan: Workload) -> int:
    """Bytes per parameter of a checkpoint: fp32 weights, moments, and bf16 weights (BLOOM: 176e9 * 14 = 2.3 TB)."""
    return optimizer_bytes(plan) + (FULL_BYTES if plan.precision == "fp32" else HALF_BYTES)


def least_bytes(plan: Workload) -> float:
    """Bytes per parameter of all states together, as many accelerators as may share them."""
    gradients = HALF_BYTES if plan.grad_precision is None else gradient_bytes(plan)
    return weight_bytes(plan) + gradients + optimizer_bytes(plan)


def shards_optimizer(plan: Workload) -> bool:
    """ZeRO-1 and above: each replica keeps its part of the optimizer state."""
    return plan.sharding != "ddp"


def shards_gradients(plan: Workload) -> bool:
    """ZeRO-2 and above: each replica keeps its part of the gradients."""
    return plan.sharding == "zero2" or shards_weights(plan)


def shards_weights(plan: Workload) -> bool:
    """ZeRO-3, FSDP and HSDP: each replica keeps its part of the weights."""
    return plan.sharding in ("zero3", "fsdp", "hsdp")


def gradient_ranks(plan: Workload) -> int:
    """Ranks that have gradients of the same parameters: replicas, and the parts of a sequence."""
    return plan.data_parallel * plan.parallel.context


def shard_ranks(plan: Workload) -> int:
    """Ranks that divide states among themselves: all that have the same, but those of a scale-up domain with hybrid sharding.

    HSDP shards within a node and replicates between nodes (Zhao et al. 2023, arXiv 2304.11277, section 3.2.2).
    """
    ranks = gradient_ranks(plan)
    if plan.sharding != "hsdp":
        return ranks
    return gcd(ranks, max(1, plan.accelerators_per_domain // plan.parallel.tensor))
