"""How fast one accelerator works, without anybody to wait for: a roofline per token.

    seconds = matmuls / rate + logits / bf16 rate + attention / its rate + bytes between them / memory bandwidth

Matmuls run at a share of the best measured matmul rate, attention cores at FlashAttention's rate, and everything between them
(norms, activations, residuals, copies) at memory bandwidth. The input table is looked up, which costs nothing here, although
the FLOPs convention counts it. Constants that `make realism` fits are marked; the others have the source that they name.
"""

from pysim.catalog import Accelerator, Precision
from pysim.physics.states import NARROW, narrow_share
from pysim.physics.transformer import embedding_parameters, flops_per_token, hardware_flops_per_token
from pysim.physics.workload import Workload

FLOPS_PER_TFLOP = 1e12
BYTES_PER_GB = 1e9

SUSTAINED_MATMUL = 0.88  # fitted: rate of matmuls in training over the best measured one (power, shapes)
ELEMENTWISE_BYTES = 500.0  # fitted: bytes moved per token, layer and hidden channel outside matmuls, both passes
HALF_EFFICIENT_WIDTH = 1200.0  # fitted: FFN columns per rank at which matmuls reach half of their rate
NARROW_ELEMENTWISE = 1.15  # of fp8, and taken to be that of four bits: casts, scaling factors and transposes add to the traffic between matmuls
FP32_ELEMENTWISE = 2.0  # twice the bytes of bf16
ROUTING_BYTES = 16.0  # per routed copy and hidden channel: bf16 read and written, to and from experts, in both passes

_TRAINING_FLOPS, _RECOMPUTED_FLOPS = 6, 8  # per parameter; with full recomputation


def peak_flops_per_second(accelerator: Accelerator, precision: Precision) -> float:
    """The dense peak of the precision's own matmuls, FLOP/s: what MFU is measured against."""
    tflops: float = getattr(accelerator, f"{precision}_tflops")
    return tflops * FLOPS_PER_TFLOP


def matmul_flops_per_second(plan: Workload, precision: Precision) -> float:
    """What large matmuls in that precision sustain in this plan, FLOP/s."""
    accelerator = plan.accelerator
    sustained = accelerator.matmul_efficiency * SUSTAINED_MATMUL * shape_efficiency(plan)
    return peak_flops_per_second(accelerator, precision) * sustained


def wide_precision(plan: Workload) -> Precision:
    """The precision of attention cores and logits, and of layers that are spared: narrow runs keep them in bf16.

    For fp8 see DeepSeek-V3 (arXiv 2412.19437, section 3.3.1), for four bits arXiv 2509.25149, section 4.
    """
    return "bf16" if plan.precision in NARROW else plan.precision


def shape_efficiency(plan: Workload) -> float:
    """Narrow matmuls are slower: w / (w + half), where w is the FFN width that tensor parallelism leaves to a rank."""
    moe = plan.model.moe
    width = (moe.expert_ffn_hidden_size if moe else plan.model.ffn_hidden_size) / plan.parallel.tensor
    return width / (width + HALF_EFFICIENT_WIDTH)


def kernel_efficiency(plan: Workload) -> float:
    """Executed FLOPs over the peak while kernels run."""
    peak = peak_flops_per_second(plan.accelerator, plan.precision)
    flops = hardware_flops_per_token(plan.model, plan.sequence_length, plan.recompute)
    return flops / peak / _seconds_per_token(plan)


def logits_share(plan: Workload) -> float:
    """Share of the kernel time that the output table takes."""
    return _logits_seconds_per_token(plan) / _seconds_per_token(plan)


def _seconds_per_token(plan: Workload) -> float:
    """Kernel time of one token on one accelerator that held the whole model."""
    return (
        _matmul_flops_per_token(plan) / _layers_flops_per_second(plan)
        + _logits_seconds_per_token(plan)
        + _attention_flops_per_token(plan) / _attention_flops_per_second(plan)
        + _elementwise_bytes_per_token(plan) / (plan.accelerator.memory_bandwidth_gb_per_second * BYTES_PER_GB)
    )


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


def _attention_flops_per_second(plan: Workload) -> float:
    return peak_flops_per_second(plan.accelerator, wide_precision(plan)) * plan.accelerator.attention_efficiency


def _attention_flops_per_token(plan: Workload) -> float:
    """Executed FLOPs of attention cores: what doubling the sequence would add, and a third more where it is repeated."""
    length = plan.sequence_length
    once = flops_per_token(plan.model, 2 * length) - flops_per_token(plan.model, length)
    return once * (1.0 if plan.recompute in ("none", "op") else 4 / 3)


def _elementwise_bytes_per_token(plan: Workload) -> float:
    model = plan.model
    factors = {"fp32": FP32_ELEMENTWISE, **dict.fromkeys(NARROW, NARROW_ELEMENTWISE)}
    layers = factors.get(plan.precision, 1.0) * ELEMENTWISE_BYTES * model.layers
    routed = model.moe.experts_per_token * (model.layers - model.moe.dense_layers) if model.moe else 0
    return (layers + ROUTING_BYTES * routed) * model.hidden_size
