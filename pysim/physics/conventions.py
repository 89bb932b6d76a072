"""FLOPs per token by convention: what each framework means when it prints TFLOP/s or MFU.

    pysim           6 per active parameter, tables included, and attention at half its square: what this program prints
    6n              6 per active parameter (Kaplan et al., arXiv 2001.08361, with all parameters, as most codes count)
    palm            6N + 12LHQT, the whole square of attention (arXiv 2204.02311, appendix B; LLM Foundry counts alike)
    nanogpt         as palm, without the position table (karpathy/nanoGPT, model.py)
    torchtitan      as palm, without the input table (pytorch/torchtitan, models/utils.py; NVIDIA NeMo of 2024 counts alike)
    megatron        as pysim, without the input table (NVIDIA/Megatron-LM of 2025, training.py; Megatron-Bridge)
    megatron-2021   executed FLOPs of layers that are computed again, the whole square (arXiv 2104.04473, equation 3; BLOOM)

L layers, H heads, Q channels of a head, T tokens of a sequence. Mixtures count the parameters that one token meets. A tied table
is an output table: what is left out is the input table of models that have two.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pysim.catalog import Model
from pysim.physics.transformer import TRAINING_FLOPS_PER_PARAMETER, active_parameter_count, flops_per_token

Convention = Callable[[Model, int], int]

_EXECUTED = 4 / 3  # a recomputed forward pass on top of one forward and two backward products


def six_n(model: Model, sequence_length: int) -> int:  # noqa: ARG001 - all conventions are called alike
    """6N."""
    return TRAINING_FLOPS_PER_PARAMETER * active_parameter_count(model)


def palm(model: Model, sequence_length: int) -> int:
    """6N + 12LHQT."""
    return six_n(model, sequence_length) + 2 * causal_attention(model, sequence_length)


def nanogpt(model: Model, sequence_length: int) -> int:
    """6N + 12LHQT where N leaves out the position table."""
    return palm(model, sequence_length) - TRAINING_FLOPS_PER_PARAMETER * model.learned_positions * model.hidden_size


def torchtitan(model: Model, sequence_length: int) -> int:
    """6N + 6LH(query and value channels)T where N leaves out the input table."""
    return palm(model, sequence_length) - _input_table(model)


def megatron(model: Model, sequence_length: int) -> int:
    """6N and attention at half its square, where N leaves out the input table."""
    return flops_per_token(model, sequence_length) - _input_table(model)


def megatron_2021(model: Model, sequence_length: int) -> int:
    """Executed FLOPs with full recomputation: 8 per parameter of the layers, 4/3 of the whole square, 6 per logit weight."""
    tables = model.vocab_size * model.hidden_size * (1 if model.tied_embeddings else 2)
    layers = active_parameter_count(model) - tables - model.learned_positions * model.hidden_size
    executed = TRAINING_FLOPS_PER_PARAMETER * layers + 2 * causal_attention(model, sequence_length)
    return round(_EXECUTED * executed) + TRAINING_FLOPS_PER_PARAMETER * model.vocab_size * model.hidden_size


def causal_attention(model: Model, sequence_length: int) -> int:
    """FLOPs of attention cores, forward and backward, at half their square."""
    return flops_per_token(model, sequence_length) - six_n(model, sequence_length)


def _input_table(model: Model) -> int:
    """6 per weight of the input table, where the model has one besides its output table."""
    return 0 if model.tied_embeddings else TRAINING_FLOPS_PER_PARAMETER * model.vocab_size * model.hidden_size


CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        "pysim": flops_per_token,
        "6n": six_n,
        "palm": palm,
        "nanogpt": nanogpt,
        "torchtitan": torchtitan,
        "megatron": megatron,
        "megatron-2021": megatron_2021,
    }
)
"""FLOPs to train on one token of a sequence of that many, by convention."""
