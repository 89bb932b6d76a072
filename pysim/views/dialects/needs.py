"""What a run must be like for a dialect to tell it; why not completes "cannot tell this run: ..."."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysim.story.header import Header

Need = Callable[["Header"], str | None]

_GPUS = ("nvidia", "amd", "fictional")
_TITLES = {"google": "TPUs", "aws": "Trainium", "intel": "Gaudi"}


def on(*vendors: str, knows: str) -> Need:
    """It runs on accelerators of these vendors only; `knows` is what it has code for."""

    def need(header: Header) -> str | None:
        if header.vendor in vendors:
            return None
        return f"it knows {knows} only, and this runs on {_TITLES.get(header.vendor, header.accelerator_short_title)}"

    return need


BENCHMARKS = {"llama3-8b": "llama31_8b", "llama3-405b": "llama31_405b"}
"""Models of which MLPerf Training 5.1 has a benchmark that trains them from their first step, and its name."""
_BENCHMARK_TOKENS = 8192  # of a sequence


def benchmarked(header: Header) -> str | None:
    """It is a benchmark of MLPerf."""
    if header.job.model.name not in BENCHMARKS:
        return f"MLPerf has no benchmark of {header.model_title}, but of Llama 3 8B and 405B"
    if header.sequence_length != _BENCHMARK_TOKENS:
        return f"a benchmark of MLPerf has sequences of {_BENCHMARK_TOKENS:,} tokens, not of {header.sequence_length:,}"
    return steady(header)


cuda = on(*_GPUS, knows="CUDA")
"""GPUs, those that look like one to PyTorch among them."""
accelerated_by_jax = on("google", *_GPUS, knows="TPUs and GPUs")
nvidia = on("nvidia", "fictional", knows="NVIDIA's GPUs")


def scheduled(header: Header) -> str | None:
    """There is a batch scheduler."""
    return "one node has no batch scheduler" if header.nodes == 1 else None


def unscaled(header: Header) -> str | None:
    """It has no loss scale."""
    return "it has no loss scale, and this trains in FP16" if header.precision == "fp16" else None


def steady(header: Header) -> str | None:
    """Its batches do not grow."""
    return "its batch does not grow, and this one does" if header.job.setup.ramp else None


def dense(header: Header) -> str | None:
    """It knows no mixture of experts."""
    return "it knows no mixture of experts" if header.job.model.experts else None


def unsharded(header: Header) -> str | None:
    """It knows no other parallelism than data parallelism."""
    degrees = (header.tensor_parallel, header.pipeline_parallel, header.context_parallel, header.expert_parallel)
    return "it knows data parallelism only" if max(degrees) > 1 else None


def unpipelined(header: Header) -> str | None:
    """It knows no pipeline parallelism."""
    return "it knows no pipeline parallelism" if header.pipeline_parallel > 1 else None


def unramped(header: Header) -> str | None:
    """Its batch does not grow."""
    return "its batch cannot grow" if header.job.setup.ramp else None


def gpt2(header: Header) -> str | None:
    """It has code for one architecture."""
    model = header.job.model
    is_gated = model.ffn_matrices > 2  # noqa: PLR2004 - up and down
    is_one = model.learned_positions and model.tied_embeddings and not model.experts and not is_gated
    return None if is_one and model.kv_heads == model.attention_heads else "it knows the architecture of GPT-2 only"


def rotary(header: Header) -> str | None:
    """Positions are rotations."""
    return "it knows rotary positions only" if header.job.model.learned_positions else None
