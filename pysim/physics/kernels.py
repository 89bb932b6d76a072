"""How fast one accelerator works, without anybody to wait for: a roofline per token.

    seconds = matmuls / rate + logits / bf16 rate + attention / its rate + bytes between them / memory bandwidth

Matmuls run at a share of the best measured matmul rate, attention cores at FlashAttention's rate, and everything between them
(norms, activations, residuals, copies) at memory bandwidth. Where the host is too slow to launch all of that, its kernels decide.
The input table is looked up, which costs nothing here, although the FLOPs convention counts it. Constants that `make realism` fits
are marked; the others have the source that they name, or are counted.
"""

from dataclasses import dataclass

from pysim.catalog import Accelerator, Precision, chassis_of
from pysim.physics.memory import expert_parameters
from pysim.physics.states import NARROW, narrow_share
from pysim.physics.transformer import attention_flops_per_token, embedding_parameters, hardware_flops_per_token
from pysim.physics.workload import Workload

FLOPS_PER_TFLOP = 1e12
BYTES_PER_GB = 1e9

# Bytes are those of both passes. What is fitted, and why, is said in README.md.
CLOCK_SENSITIVITY = (
    2.2  # fitted: share that matmuls lose on the best measured one, per share of clock lost at full load
)
ELEMENTWISE_BYTES = 390.0  # fitted: per token, layer and hidden channel, moved outside matmuls
COMPILED_BYTES = 460.0  # fitted: the same where a compiler fuses what PyTorch or XLA would run one by one
ROUTED_BYTES = 110.0  # fitted: per routed copy and hidden channel, where each operation on it is a kernel of its own
FUSED_ROUTED_BYTES = 16.0  # the same, fused: bf16 read and written, to and from experts
NARROW_CAST_BYTES = 120.0  # more in fp8, and taken to be as much in four bits: inputs and gradients of matmuls (20 channels) read, scaled and written both ways
FP32_ELEMENTWISE = 2.0  # twice the bytes of bf16
EXPERT_WEIGHT_BYTES = 16.0  # per micro-batch and weight of an expert: read and cast, its gradient added up in fp32
SEQUENCE_PARALLEL_YEAR = 2022  # since when tensor-parallel ranks divide norms and residuals, too (arXiv 2205.05198)
UNDIVIDED = 10 / 34  # of the bytes between matmuls: what they did not divide before (ibid., table 2, of activations)
SCORE_BYTES = 32.0  # per score where attention is not fused: written, masked, normalised, dropped out, read
EARLY_ATTENTION = 0.5  # FlashAttention-2 is "around 2x" its predecessor (arXiv 2307.08691, abstract)
LAUNCH_SECONDS = 0.5e-3  # of the host: some fifty kernels of a layer, or of one more expert, 10 us each [M]

_TRAINING_FLOPS, _RECOMPUTED_FLOPS = 6, 8  # per parameter; with full recomputation


def peak_flops_per_second(accelerator: Accelerator, precision: Precision) -> float:
    """The dense peak of the precision's own matmuls, FLOP/s: what MFU is measured against."""
    tflops: float = getattr(accelerator, f"{precision}_tflops")
    return tflops * FLOPS_PER_TFLOP


def matmul_flops_per_second(plan: Workload, precision: Precision) -> float:
    """What large matmuls in that precision sustain in this plan, FLOP/s."""
    accelerator = plan.accelerator
    held = 1 - CLOCK_SENSITIVITY * _clock_lost(accelerator)  # the best was measured before the clock fell
    sustained = accelerator.matmul_efficiency * held * shape_efficiency(plan, precision)
    return peak_flops_per_second(accelerator, precision) * sustained


def _clock_lost(accelerator: Accelerator) -> float:
    """Share of the clock that is missing at full load; parts that report no clock, such as TPUs, have a fixed one."""
    chassis = chassis_of(accelerator)
    return chassis.clock_drop if chassis.max_clock_mhz else 0.0


def wide_precision(plan: Workload) -> Precision:
    """The precision of attention cores and logits, and of layers that are spared: narrow runs keep them in bf16.

    For fp8 see DeepSeek-V3 (arXiv 2412.19437, section 3.3.1), for four bits arXiv 2509.25149, section 4.
    """
    return "bf16" if plan.precision in NARROW else plan.precision


def shape_efficiency(plan: Workload, precision: Precision) -> float:
    """Narrow matmuls are slower: w / (w + half), where w is the FFN width that tensor parallelism leaves to a rank.

    A matmul of that width does w operations per byte of bf16 that it moves at least. `half` is the width at which moving takes as
    long as computing: the accelerator's own operations per byte.
    """
    moe = plan.model.moe
    width = (moe.expert_ffn_hidden_size if moe else plan.model.ffn_hidden_size) / plan.parallel.tensor
    operations_per_byte = peak_flops_per_second(plan.accelerator, precision) / _memory_bandwidth(plan)
    return width / (width + operations_per_byte)


def kernel_efficiency(plan: Workload) -> float:
    """Executed FLOPs over the peak while kernels run, or wait to be launched."""
    peak = peak_flops_per_second(plan.accelerator, plan.precision)
    flops = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute)
    return flops / peak / max(_seconds_per_token(plan), _launch_seconds_per_token(plan))


def attention_layer_seconds(plan: Workload) -> float:
    """Seconds of one layer's attention core on one rank, both passes, for one micro-batch."""
    parallel = plan.parallel
    tokens = plan.micro_batch_size * plan.sequence_length / (parallel.context * parallel.tensor)
    return tokens * _attention_flops_per_token(plan) / plan.model.layers / _attention_flops_per_second(plan)


@dataclass(frozen=True, slots=True)
class KernelShares:
    """What layers spend their kernel time with: shares of it, which add up to 1."""

    matmuls: float
    attention: float  # cores
    between: float  # norms, activations, residuals, copies


def kernel_shares(plan: Workload) -> KernelShares:
    """Of the layers, without the output table."""
    matmuls = _matmul_flops_per_token(plan) / _layers_flops_per_second(plan)
    attention = _attention_flops_per_token(plan) / _attention_flops_per_second(plan)
    between = _bytes_per_token(plan) / _memory_bandwidth(plan)
    whole = matmuls + attention + between
    return KernelShares(matmuls / whole, attention / whole, between / whole)


def logits_share(plan: Workload) -> float:
    """Share of the kernel time that the output table takes."""
    return _logits_seconds_per_token(plan) / _seconds_per_token(plan)


def _seconds_per_token(plan: Workload) -> float:
    """Kernel time of one token on one accelerator that held the whole model."""
    return (
        _matmul_flops_per_token(plan) / _layers_flops_per_second(plan)
        + _logits_seconds_per_token(plan)
        + _attention_flops_per_token(plan) / _attention_flops_per_second(plan)
        + _bytes_per_token(plan) / _memory_bandwidth(plan)
    )


def _memory_bandwidth(plan: Workload) -> float:
    """Bytes per second."""
    return plan.accelerator.memory_bandwidth_gb_per_second * BYTES_PER_GB


def _layers_flops_per_second(plan: Workload) -> float:
    """What the layers' matmuls sustain together, those in the plan's precision and those that are spared it."""
    narrow, wide = (matmul_flops_per_second(plan, each) for each in (plan.precision, wide_precision(plan)))
    share = narrow_share(plan.precision)
    return 1 / (share / narrow + (1 - share) / wide)


def _matmul_flops_per_token(plan: Workload) -> float:
    """Executed FLOPs of the layers' matmuls: all but attention cores and tables."""
    executed = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute)
    per_parameter = _RECOMPUTED_FLOPS if plan.recompute == "full" else _TRAINING_FLOPS
    return executed - _attention_flops_per_token(plan) - per_parameter * embedding_parameters(plan.model)


def _logits_seconds_per_token(plan: Workload) -> float:
    """Time of the output table's matmul, which nobody recomputes."""
    flops = _TRAINING_FLOPS * plan.model.vocab_size * plan.model.hidden_size
    return flops / matmul_flops_per_second(plan, wide_precision(plan))


def _launch_seconds_per_token(plan: Workload) -> float:
    """As `_seconds_per_token`, where the host is slower than the accelerator: what it needs to launch all kernels.

    The kernels of a micro-batch are as many however few tokens it has. A graph is launched once.
    """
    if plan.execution == "graphs":
        return 0.0
    experts = plan.model.moe.experts / plan.parallel.expert if plan.model.moe else 0.0
    accelerators = plan.parallel.tensor * plan.parallel.context
    tokens = plan.micro_batch_size * plan.sequence_length
    return LAUNCH_SECONDS * plan.model.layers * (1 + experts) * accelerators / tokens


def _attention_flops_per_second(plan: Workload) -> float:
    return peak_flops_per_second(plan.accelerator, wide_precision(plan)) * attention_efficiency(plan)


def attention_efficiency(plan: Workload) -> float:
    """Rate of fused attention, both passes, over the bf16 peak: what the plan's kernel gets out of the accelerator."""
    accelerator, kernel = plan.accelerator, plan.attention_kernel
    if kernel in ("unfused", "flash-1"):  # unfused matmuls are faster, but compute what the mask hides too
        return EARLY_ATTENTION * accelerator.attention_efficiency
    if kernel in ("flash-3", "cudnn"):
        return accelerator.fast_attention_efficiency or accelerator.attention_efficiency
    return accelerator.attention_efficiency


def _attention_flops_per_token(plan: Workload) -> float:
    """Executed FLOPs of attention cores: a third more where they are repeated."""
    once = attention_flops_per_token(plan.model, plan.sequence_length)
    return once * (1.0 if plan.recompute in ("none", "op") else 4 / 3)


def _bytes_per_token(plan: Workload) -> float:
    return _elementwise_bytes_per_token(plan) + _expert_bytes_per_token(plan) + _score_bytes_per_token(plan)


def _score_bytes_per_token(plan: Workload) -> float:
    """Traffic of attention scores, which fused attention keeps in the accelerator's own registers."""
    if plan.attention_kernel != "unfused":
        return 0.0
    passes = 1.0 if plan.recompute in ("none", "op") else 4 / 3
    return passes * SCORE_BYTES * plan.model.layers * plan.model.attention_heads * plan.sequence_length


def _expert_bytes_per_token(plan: Workload) -> float:
    """Traffic of the experts' weights, of which a rank holds many and each sees few of a micro-batch's tokens."""
    tokens = plan.micro_batch_size * plan.sequence_length
    return EXPERT_WEIGHT_BYTES * expert_parameters(plan.model) / plan.parallel.expert / tokens


def _elementwise_bytes_per_token(plan: Workload) -> float:
    """Traffic between matmuls, and of copies for experts; recomputation of whole layers repeats the forward third of it."""
    model = plan.model
    each = COMPILED_BYTES if plan.execution == "compiled" else ELEMENTWISE_BYTES
    casts = NARROW_CAST_BYTES if plan.precision in NARROW and not _fuses_experts(plan) else 0.0
    layers = (each * (FP32_ELEMENTWISE if plan.precision == "fp32" else 1.0) + casts) * model.layers
    routed = model.moe.experts_per_token * (model.layers - model.moe.dense_layers) if model.moe else 0
    routed_bytes = ROUTED_BYTES if plan.execution == "eager" else FUSED_ROUTED_BYTES
    passes = 4 / 3 if plan.recompute in ("op", "full") else 1.0
    return passes * (_repeated(plan) * layers + routed_bytes * routed) * model.hidden_size


def _repeated(plan: Workload) -> float:
    """How often tensor-parallel ranks move the bytes between matmuls, all together."""
    divided = plan.software_year >= SEQUENCE_PARALLEL_YEAR
    return 1.0 if divided else 1 + UNDIVIDED * (plan.parallel.tensor - 1)


def _fuses_experts(plan: Workload) -> bool:
    """Whether casts are part of the experts' matmuls: what can be captured in a graph has no step on the host between them."""
    return plan.model.moe is not None and plan.execution == "graphs"
