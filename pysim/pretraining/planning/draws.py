"""What is not asked for, drawn from the seed so that it makes sense together.

Every draw has a stream of its own, and of every table the row with the smallest key is taken among those that make sense:
so asking for one thing changes others only where it must, and a new row changes few plans.

Two seeds in a row are never both jokes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pysim.catalog import Accelerator, Dataset, Model, Precision, accelerators, datasets, models
from pysim.physics.pipeline import slots
from pysim.physics.workload import ScheduleKind, Sharding
from pysim.pretraining.planning.presets import accelerator_weights, is_invented
from pysim.pretraining.planning.reading import Asked
from pysim.pretraining.planning.sizing import (
    best_precision,
    enough_data,
    largest_world,
    sensible_tokens,
    sensible_worlds,
    tflops,
    usual_batch_tokens,
    usual_tokens,
    usual_worlds,
    worth_training,
)
from pysim.story.noise import Stream

Value = TypeVar("Value")
Row = TypeVar("Row", Model, Accelerator, Dataset)

_JOKE_PERIOD, _JOKE_SHARE = 3, 0.6  # every third seed may be a joke
_PART_OF_JOKE = 0.55  # of each: model, accelerator, corpus
_FP8_SHARE, _FP8_PARAMETERS, _FP8_SPEEDUP = 0.3, 3e9, 1.5
_SEQUENCES = (4096, 8192)
_LONG_CONTEXT = 8192
_REPEAT_SHARE = 0.2  # of the plans may go through a corpus more than once
_STEPS_AT_LEAST = 3000
_SMALLEST_BATCH_TOKENS = 2**16
_LARGE, _HUGE = 30e9, 1e11  # parameters from which fully sharded replicas without a pipeline are rare, and not seen

_OTHERS = 4  # models and accelerators that are tried where the drawn one does not go with what is asked for

_SCHEDULES: dict[ScheduleKind, float] = {"cosine": 0.6, "wsd": 0.25, "linear": 0.15}
_SHARDINGS: dict[Sharding, float] = {"fsdp": 0.45, "zero1": 0.3, "zero3": 0.1, "zero2": 0.15}
_LARGE_SHARDINGS: dict[Sharding, float] = {"zero1": 0.85, "fsdp": 0.15}
_BATCH_FACTORS = {0.5: 0.2, 1.0: 0.6, 2.0: 0.2}
_LR_FACTORS = {0.8: 0.2, 1.0: 0.6, 1.2: 0.2}
_FINAL_SHARES = {0.1: 0.7, 0.01: 0.2, 0.0: 0.1}
_WARMUPS = {1000: 0.2, 2000: 0.6, 4000: 0.2}


@dataclass(frozen=True, slots=True)
class Setup:
    """What is trained on what: the parts that decide all others."""

    model: Model
    accelerator: Accelerator
    precision: Precision
    dataset: Dataset
    tokens: int


def draw_setup(seed: int, asked: Asked) -> Setup:
    """What is asked for, and the rest drawn around it."""
    model = asked.model or _draw_model(seed, asked)
    accelerator = asked.accelerator or _draw_accelerator(seed, model, asked)
    precision = asked.precision or _draw_precision(seed, model, accelerator)
    choices = _token_choices(model, accelerator, precision, asked)
    dataset = asked.dataset or _draw_dataset(seed, asked.tokens or min(choices, default=0))
    return Setup(model, accelerator, precision, dataset, asked.tokens or _draw_tokens(seed, choices, dataset))


def setups(seed: int, asked: Asked) -> Iterator[Setup]:
    """What may be trained on what: as drawn first, then what else goes with what is asked for."""
    drawn = draw_setup(seed, asked)
    yield drawn
    if not asked.model:
        yield from (draw_setup(seed, replace(asked, model=model)) for model in _other_models(seed, asked))
    as_drawn = replace(asked, model=drawn.model)
    if not asked.accelerator:
        yield from (draw_setup(seed, replace(as_drawn, accelerator=row)) for row in _other_accelerators(asked))
    as_drawn = replace(as_drawn, accelerator=drawn.accelerator)
    if not asked.dataset:
        yield from (draw_setup(seed, replace(as_drawn, dataset=row)) for row in _other_datasets())


def draw_worlds(seed: int, model: Model, accelerator: Accelerator, precision: Precision, tokens: int) -> list[int]:
    """Worlds to try: the drawn one, those near it, then larger ones."""
    usual = usual_worlds(accelerator, largest_world(model, accelerator))
    good = sensible_worlds(model, accelerator, precision, tokens, usual)
    drawn = int(_uniform(seed, "world") * len(good))
    nearest = sorted(range(len(good)), key=lambda index: abs(index - drawn))
    return [good[index] for index in nearest] + [world for world in usual if world > good[-1]]


def _draw_model(seed: int, asked: Asked) -> Model:
    """A model that something sensible can train; the smallest if there is none."""
    machines = [asked.accelerator] if asked.accelerator else _by_weight(asked)
    pool = _divisible_models(seed, asked)

    def trainable(model: Model) -> bool:
        return any(_affordable(model, machine, asked) for machine in machines)

    smallest = min(pool or models().values(), key=lambda model: model.published_parameters)
    return next(filter(trainable, _ordered(seed, "model", pool)), smallest)


def _divisible_models(seed: int, asked: Asked) -> list[Model]:
    """Those that the layout can divide on some accelerator."""
    machines = [asked.accelerator] if asked.accelerator else list(accelerators().values())
    pool = _pool(seed, "model", models())
    return [model for model in pool if any(_divides(model, machine, asked) for machine in machines)]


def _other_models(seed: int, asked: Asked) -> list[Model]:
    """Some in the order of the draw, and the smallest."""
    pool = list(_ordered(seed, "model", _divisible_models(seed, asked)))
    smallest = sorted(pool, key=lambda model: model.published_parameters)
    return list(dict.fromkeys((*pool[:_OTHERS], *smallest[:_OTHERS])))


def _draw_accelerator(seed: int, model: Model, asked: Asked) -> Accelerator:
    """An accelerator that suits the model, the precision and the world."""
    ordered = _ordered(seed, "accelerator", _pool(seed, "accelerator", accelerators()), accelerator_weights())
    able = [row for row in ordered if _able(model, row, asked)]
    return next((row for row in able if _affordable(model, row, asked)), (able or ordered)[0])


def _other_accelerators(asked: Asked) -> list[Accelerator]:
    """Those with the most memory, which hold what others do not."""
    real = [row for row in accelerators().values() if not row.fictional and tflops(row, asked.precision or "bf16")]
    return sorted(real, key=lambda row: -row.memory_mib)[:_OTHERS]


def _other_datasets() -> list[Dataset]:
    """The largest, and the smallest, which can be gone through most often."""
    by_size = sorted((row for row in datasets().values() if not row.fictional), key=lambda row: -row.tokens)
    return [by_size[0], by_size[-1]]


def _draw_precision(seed: int, model: Model, accelerator: Accelerator) -> Precision:
    """bf16 where there is any; fp8 sometimes, where it is faster and the model is large enough to gain."""
    faster = accelerator.fp8_tflops >= _FP8_SPEEDUP * accelerator.bf16_tflops
    large = model.published_parameters >= _FP8_PARAMETERS
    if faster and large and _uniform(seed, "precision") < _FP8_SHARE:
        return best_precision(accelerator, "fp8")
    return best_precision(accelerator)


def _draw_dataset(seed: int, tokens: int) -> Dataset:
    """A corpus of at least so many tokens, or sometimes one that gets there by repeating."""
    repeat = _uniform(seed, "repeat") < _REPEAT_SHARE
    ordered = _ordered(seed, "dataset", _pool(seed, "dataset", datasets()))
    return next((row for row in ordered if row.tokens >= tokens or (repeat and enough_data(row, tokens))), ordered[0])


def _draw_tokens(seed: int, choices: list[int], dataset: Dataset) -> int:
    """Tokens to train on: one pass or less, unless only repeating makes it enough."""
    once = [tokens for tokens in choices if tokens <= dataset.tokens]
    least = [tokens for tokens in choices if enough_data(dataset, tokens)][:1]
    usable = once or least or [dataset.tokens]
    return usable[int(_uniform(seed, "tokens") * len(usable))]


def draw_sequence_length(seed: int, model: Model) -> int:
    """What the model was trained with, or its context; the usual 4,096 or 8,192 where that is longer."""
    if model.usual_length <= _LONG_CONTEXT:
        return model.usual_length
    return _SEQUENCES[int(_uniform(seed, "sequence") * len(_SEQUENCES))]


def draw_batch(seed: int, model: Model, sequence_length: int, tokens: int) -> int:
    """Sequences per step."""
    batch_tokens = int(usual_batch_tokens(model) * _weighted(seed, "batch", _BATCH_FACTORS))
    while batch_tokens > _SMALLEST_BATCH_TOKENS and tokens < _STEPS_AT_LEAST * batch_tokens:
        batch_tokens //= 2
    return max(1, batch_tokens // sequence_length)


def draw_shardings(seed: int, model: Model) -> tuple[Sharding, ...]:
    """What to shard with: the drawn kind first, then what always works."""
    size = model.published_parameters
    if size >= _HUGE:
        return ("zero1", "fsdp")
    shares = _LARGE_SHARDINGS if size >= _LARGE else _SHARDINGS
    return tuple(dict.fromkeys((_weighted(seed, "sharding", shares), "zero1", "fsdp")))


def draw_schedule_kind(seed: int) -> ScheduleKind:
    """Cosine mostly."""
    return _weighted(seed, "schedule", _SCHEDULES)


def draw_lr_factor(seed: int) -> float:
    """How far the peak rate is from the usual one."""
    return _weighted(seed, "lr", _LR_FACTORS)


def draw_final_share(seed: int) -> float:
    """The last learning rate relative to the peak."""
    return _weighted(seed, "final-lr", _FINAL_SHARES)


def draw_warmup(seed: int) -> int:
    """Steps of warm-up, if the run is long enough for them."""
    return _weighted(seed, "warmup", _WARMUPS)


def _affordable(model: Model, accelerator: Accelerator, asked: Asked) -> bool:
    precision = asked.precision or best_precision(accelerator)
    if not tflops(accelerator, precision):
        return False
    data = asked.dataset
    if not _divides(model, accelerator, asked):
        return False
    if asked.tokens and not worth_training(model, asked.tokens):
        return False
    choices = _token_choices(model, accelerator, precision, asked)
    return any(data is None or enough_data(data, tokens) for tokens in choices)


def _able(model: Model, accelerator: Accelerator, asked: Asked) -> bool:
    """Whether nothing about the accelerator itself speaks against it."""
    precision = asked.precision or best_precision(accelerator)
    return tflops(accelerator, precision) > 0 and _divides(model, accelerator, asked)


def _divides(model: Model, accelerator: Accelerator, asked: Asked) -> bool:
    """Whether the layout that is asked for can divide the model in nodes of this accelerator."""
    p, split = asked.layout, asked.pipeline_split
    if (asked.seq_length or 0) > model.context_length or (split and sum(split) != model.layers):
        return False
    heads = model.attention_heads % p.tensor == 0 and (model.kv_heads % p.tensor == 0 or p.tensor % model.kv_heads == 0)
    experts = p.expert == 1 or (model.moe is not None and model.moe.experts % p.expert == 0)
    stages = p.pipeline * p.virtual_pipeline <= slots(model.layers, p.pipeline, split or ())
    return accelerator.per_node % p.tensor == 0 and heads and experts and stages


def _token_choices(model: Model, accelerator: Accelerator, precision: Precision, asked: Asked) -> list[int]:
    worlds = [asked.gpus] if asked.gpus else usual_worlds(accelerator, largest_world(model, accelerator))
    counts = [asked.tokens] if asked.tokens else usual_tokens(model)
    return sensible_tokens(model, accelerator, precision, worlds, counts)


def _by_weight(asked: Asked) -> list[Accelerator]:
    """Accelerators with the precision, usual ones first."""
    weights = accelerator_weights()
    usable = [row for row in accelerators().values() if tflops(row, asked.precision or best_precision(row))]
    return sorted((row for row in usable if not row.fictional), key=lambda row: -weights[row.name])


def _pool(seed: int, part: str, table: Mapping[str, Row]) -> list[Row]:
    """Real rows, or invented ones where this part of a joke is funny."""
    joke = seed % _JOKE_PERIOD == _JOKE_PERIOD - 1 and _uniform(seed, "joke") < _JOKE_SHARE
    funny = joke and _uniform(seed, f"joke/{part}") < _PART_OF_JOKE
    real = [row for row in table.values() if not row.fictional]
    return [row for row in table.values() if is_invented(row)] + real if funny else real


def _ordered(seed: int, part: str, pool: Iterable[Row], weights: Mapping[str, float] | None = None) -> list[Row]:
    """Rows in the order that they are tried: by key, invented ones first where there are any."""

    def key(row: Row) -> tuple[bool, float]:
        return not is_invented(row), _uniform(seed, f"{part}/{row.name}") / (weights[row.name] if weights else 1.0)

    return sorted(pool, key=key)


def _weighted(seed: int, name: str, shares: Mapping[Value, float]) -> Value:
    """A value drawn by share; the shares add up to one."""
    left = _uniform(seed, name)
    for value, share in shares.items():
        if left < share:
            return value
        left -= share
    return next(iter(shares))


def _uniform(seed: int, name: str) -> float:
    return Stream(seed, f"plan/{name}").uniform(0)
