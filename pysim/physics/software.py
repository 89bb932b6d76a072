"""What training software of a year usually does on an accelerator, where nobody says otherwise, and what cannot be.

Two kinds of frameworks: PyTorch's own, which shard replicas and are compiled, and those that divide the model itself, with kernels
written by hand (Megatron-LM, Transformer Engine). Years are those in which something had come into the usual ones.
"""

from pysim.catalog import Accelerator
from pysim.physics.states import shards_weights
from pysim.physics.workload import AttentionKernel, Execution, Workload

FLASH_2_YEAR = 2023  # arXiv 2307.08691; its predecessor of 2022 came into few frameworks
COMPILED_YEAR = 2024  # torch.compile with fully sharded replicas (pytorch/torchtitan, foundation-model-stack/fms-fsdp)
FAST_ATTENTION_YEAR = 2025  # after FlashAttention-3 (arXiv 2407.08608, July 2024) and cuDNN 9 in Transformer Engine
GRAPHS_YEAR = 2026  # a whole iteration of a dropless mixture in one graph (Megatron-Bridge 26.06)

HOPPER = frozenset({"h100-pcie", "h100-sxm", "h800", "h200"})  # what FlashAttention-3 is written for


def usual_attention_kernel(plan: Workload, year: int) -> AttentionKernel:
    """The kernel that the usual framework of that year has for this plan."""
    if plan.accelerator.vendor != "nvidia":
        return "native"
    if _is_before_ampere(plan.accelerator):
        return "unfused"
    if year >= FAST_ATTENTION_YEAR and plan.accelerator.fast_attention_efficiency and not _is_pytorch(plan):
        return "cudnn"
    return "flash-2" if year >= FLASH_2_YEAR else "unfused"


def usual_execution(plan: Workload, year: int) -> Execution:
    """Compiled on TPUs, where there is nothing else, and in PyTorch's own frameworks; graphs for mixtures, once they can be captured."""
    if is_compiled_only(plan.accelerator):
        return "compiled"
    if plan.model.moe and plan.accelerator.vendor == "nvidia" and not _is_pytorch(plan):
        return "graphs" if year >= GRAPHS_YEAR else "eager"
    return "compiled" if year >= COMPILED_YEAR and _is_pytorch(plan) else "eager"


def is_compiled_only(accelerator: Accelerator) -> bool:
    """Whether programs for it come out of a compiler in any case."""
    return accelerator.vendor == "google"


def attention_problem(accelerator: Accelerator, kernel: AttentionKernel) -> str:
    """Why the accelerator cannot run that attention kernel; nothing if it can."""
    if (kernel == "native") == (accelerator.vendor == "nvidia"):
        return f"runs on {'no accelerator' if kernel == 'native' else 'nothing but accelerators'} of NVIDIA"
    if kernel != "unfused" and _is_before_ampere(accelerator):
        return "needs Ampere or newer"
    if kernel == "flash-3" and accelerator.name not in HOPPER:
        return "is written for H100, H800 and H200"
    return ""


def _is_before_ampere(accelerator: Accelerator) -> bool:
    """Volta, for which no fused attention was written; Ampere brought bf16 as well."""
    return accelerator.vendor == "nvidia" and not accelerator.bf16_tflops


def _is_pytorch(plan: Workload) -> bool:
    """Whether a replica is divided by sharding alone, or not at all, as in PyTorch's own frameworks."""
    return shards_weights(plan) or (plan.sharding == "ddp" and plan.parallel.replica_size == 1)
