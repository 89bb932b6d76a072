"""Rules of thumb of the field: how large a cluster, a batch and a learning rate go with a model, and what a budget buys.

Estimates that a plan starts from; the physics decides afterwards what the run really takes. Only additions,
multiplications and divisions, so the same on every machine.
"""

from math import inf
from typing import TypeVar

from pysim.catalog import Accelerator, Dataset, Model, Precision, interconnects
from pysim.physics.kernels import peak_flops_per_second
from pysim.physics.memory import MIB
from pysim.physics.states import NARROW
from pysim.physics.transformer import TRAINING_FLOPS_PER_PARAMETER, active_parameter_count, parameter_count
from pysim.story.rounding import significant

Value = TypeVar("Value", int, float)

SECONDS_PER_DAY = 86_400.0
SHORTEST_DAYS, LONGEST_DAYS = 0.1, 60.0  # of an estimate; the run itself may take somewhat longer
MOST_EPOCHS = 4  # "nearly free" up to here (Muennighoff et al. 2023, arXiv 2305.16264)
TOKENS_PER_PARAMETER = (20, 30, 50, 80, 120, 200, 300, 500, 800, 1200, 2000)  # 20 is compute-optimal (arXiv 2203.15556)

_SHORTEST_DAYS_BY_PARAMETERS = ((1e9, SHORTEST_DAYS), (4e9, 1.0), (1e99, 5.0))  # nobody rents 512 for an hour
_TRAINING_SHARE = 0.5  # of the best matmul rate, which makes 40 % MFU on H100
_GAIN: dict[Precision, float] = {"fp8": 1.35, "nvfp4": 1.7, "mxfp4": 1.7}  # over bf16, end to end
_STATE_BYTES = 20  # per parameter, with some room for activations

# Largest and least usual world by parameters (up to, accelerators), and by what the network between nodes carries (from GB/s).
_SLOW_NETWORK = 5.0  # GB/s
_WORLD_BY_PARAMETERS = ((1e9, 64), (4e9, 512), (2e10, 2048), (1e11, 8192), (1e12, 16_384), (1e99, 131_072))
_LEAST_WORLD_BY_PARAMETERS = (
    (3e11, 1),
    (1e99, 256),
)  # a mixture's few active parameters would do with less; nobody does
_WORLD_BY_NETWORK = ((30.0, 16_384), (15.0, 4096), (_SLOW_NETWORK, 512), (0.0, 8))
_FICTIONAL_WORLD_BY_NETWORK = ((_SLOW_NETWORK, 131_072), (0.0, 256))

# Batch in tokens and peak learning rate by parameters: GPT-3 (arXiv 2005.14165, table 2.1), LLaMA, Llama 3.
_BATCH_TOKENS = ((5e8, 2**19), (2e9, 2**20), (5e9, 2**21), (1e11, 2**22), (3e11, 2**23), (1e12, 2**24), (1e99, 2**26))
_PEAK_LR = (
    *((2e8, 6e-4), (6e8, 5e-4), (1.5e9, 4e-4), (2e10, 3e-4), (5e10, 2e-4)),
    *((1e11, 1.5e-4), (3e11, 1e-4), (1e99, 8e-5)),
)


def tflops(accelerator: Accelerator, precision: Precision) -> float:
    """Dense peak in a precision; 0 where it is not supported."""
    return peak_flops_per_second(accelerator, precision) / 1e12


def best_precision(accelerator: Accelerator, wished: Precision = "bf16") -> Precision:
    """The wished precision if the accelerator has it, else what people use on it."""
    usable: tuple[Precision, ...] = (wished, "bf16", "fp16")
    return next((precision for precision in usable if tflops(accelerator, precision)), "fp32")


def largest_world(model: Model, accelerator: Accelerator) -> int:
    """How many of this accelerator anyone would give to this model."""
    table = _FICTIONAL_WORLD_BY_NETWORK if accelerator.fictional else _WORLD_BY_NETWORK
    by_network = next(world for floor, world in table if _network(accelerator) >= floor)
    return min(by_network, _by_size(_WORLD_BY_PARAMETERS, parameter_count(model)))


def usual_worlds(accelerator: Accelerator, largest: int) -> list[int]:
    """A node and its doublings; where the network is slow, as under desks, parts of a node too."""
    world = 1 if _network(accelerator) < _SLOW_NETWORK else accelerator.per_node
    worlds = [world]
    while worlds[-1] * 2 <= largest:
        worlds.append(worlds[-1] * 2)
    return worlds


def days(model: Model, accelerator: Accelerator, precision: Precision, tokens: int, world: int) -> float:
    """Estimated days to train on `tokens`; without end where the accelerator does not have the precision."""
    if not tflops(accelerator, precision):
        return inf
    flops = TRAINING_FLOPS_PER_PARAMETER * active_parameter_count(model) * tokens
    rate = peak_flops_per_second(accelerator, "bf16" if precision in NARROW else precision)
    gain = _GAIN.get(precision, 1.0)
    return flops / (world * rate * accelerator.matmul_efficiency * _TRAINING_SHARE * gain) / SECONDS_PER_DAY


def least_days(model: Model, accelerator: Accelerator, precision: Precision, tokens: int, world: int) -> float:
    """Days that `tokens` take at the peak of every accelerator; without end where they do not have the precision."""
    peak = tflops(accelerator, precision) * 1e12
    flops = TRAINING_FLOPS_PER_PARAMETER * active_parameter_count(model) * tokens
    return flops / (world * peak) / SECONDS_PER_DAY if peak else inf


def could_hold(model: Model, accelerator: Accelerator, world: int) -> bool:
    """Whether the model's states, divided evenly, fit."""
    return _STATE_BYTES * parameter_count(model) <= world * accelerator.memory_mib * MIB


def _able(model: Model, accelerator: Accelerator, worlds: list[int]) -> list[int]:
    """Those of the worlds that hold the model, and are not fewer than anyone would start it on unless all are."""
    holding = [world for world in worlds if could_hold(model, accelerator, world)]
    least = _by_size(_LEAST_WORLD_BY_PARAMETERS, parameter_count(model))
    return [world for world in holding if world >= least] or holding


def cannot_hold(model: Model, accelerator: Accelerator, bytes_each: float, world: int) -> bool:
    """Whether the model's states, of so many bytes for every parameter, do not fit however they are divided."""
    return bytes_each * parameter_count(model) > world * accelerator.memory_mib * MIB


def sensible_worlds(
    model: Model, accelerator: Accelerator, precision: Precision, tokens: int, worlds: list[int]
) -> list[int]:
    """Those of the worlds on which the run takes neither too long nor too short; if none does, the nearest one."""
    able = _able(model, accelerator, worlds)
    shortest = _by_size(_SHORTEST_DAYS_BY_PARAMETERS, parameter_count(model))
    spans = {world: days(model, accelerator, precision, tokens, world) for world in able or worlds[-1:]}
    good = [world for world, span in spans.items() if shortest <= span <= LONGEST_DAYS]
    if good:
        return good
    slow_enough = [world for world, span in spans.items() if span <= LONGEST_DAYS]
    return [min(slow_enough) if slow_enough else max(spans)]


def sensible_tokens(
    model: Model, accelerator: Accelerator, precision: Precision, worlds: list[int], counts: list[int]
) -> list[int]:
    """Those of the token counts that some world of these can train on in sensible time; may be none."""
    able = _able(model, accelerator, worlds)
    if not able or not tflops(accelerator, precision):
        return []
    return [
        tokens
        for tokens in counts
        if days(model, accelerator, precision, tokens, max(able)) <= LONGEST_DAYS
        and days(model, accelerator, precision, tokens, min(able)) >= SHORTEST_DAYS
    ]


def usual_tokens(model: Model) -> list[int]:
    """Token counts from compute-optimal to far beyond."""
    return [round_count(active_parameter_count(model) * multiple) for multiple in TOKENS_PER_PARAMETER]


def worth_training(model: Model, tokens: int) -> bool:
    """Whether so many tokens are not far too few for the model."""
    return tokens >= active_parameter_count(model) * TOKENS_PER_PARAMETER[0] / 2


def enough_data(dataset: Dataset, tokens: int) -> bool:
    """Whether the corpus need not be repeated too often for `tokens`."""
    return dataset.tokens * MOST_EPOCHS >= tokens


def usual_batch_tokens(model: Model) -> int:
    """Tokens per step."""
    return _by_size(_BATCH_TOKENS, parameter_count(model))


def usual_peak_lr(model: Model) -> float:
    """Peak learning rate of AdamW."""
    return _by_size(_PEAK_LR, active_parameter_count(model))


def round_count(value: float) -> int:
    """A count in two significant digits, as people choose one."""
    return int(significant(value, 2))


def _network(accelerator: Accelerator) -> float:
    return interconnects()[accelerator.scale_out].busbw_gb_per_second


def _by_size(table: tuple[tuple[float, Value], ...], parameters: int) -> Value:
    return next(value for limit, value in table if parameters < limit)
