"""What a plan must fulfil before it can be simulated.

Each rule is a function from a plan to the problem it sees, if any. `validate` raises the first problem; a plan that does not
fit into memory is answered with the nearest layout that does.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from math import log2

from pysim.physics.axes import PIPELINE, TENSOR, written
from pysim.physics.kernels import peak_flops_per_second
from pysim.physics.memory import GIB, MemoryBudget, memory_budget
from pysim.physics.workload import Parallelism, Sharding
from pysim.pretraining.plan import Plan

MINIMUM_STEPS = 10
LARGEST_WORLD = 2**20  # accelerators; where the search for a layout that fits gives up

SHARDING_DISTANCE = 0.5  # doublings that a change of sharding is worth in the search for the nearest layout

_SHARDED: tuple[Sharding, ...] = ("zero1", "fsdp")
_POSITIVE = (
    "world_size",
    "sequence_length",
    "micro_batch_size",
    "global_batch_size",
    "tokens",
    "epochs",
    "validation_interval",
    "validation_batches",
    "checkpoint_interval",
    "grid_interval",
)


class PlanError(ValueError):
    """A plan that cannot be simulated: which field, its value, what is wrong, and what would work."""

    def __init__(self, field: str, value: object, problem: str, suggestion: str) -> None:
        super().__init__(f"{field} {value}: {problem}; {suggestion}")
        self.field = field
        self.value = value
        self.problem = problem
        self.suggestion = suggestion


Rule = Callable[[Plan], PlanError | None]


def validate(plan: Plan) -> None:
    """Let a plan pass.

    Raises:
        PlanError: for the first rule that the plan breaks.
    """
    problem = structure_problem(plan) or _memory(plan)
    if problem:
        raise problem


def structure_problem(plan: Plan) -> PlanError | None:
    """The first problem of everything but memory; rules may rely on those before them."""
    return next(filter(None, (rule(plan) for rule in _RULES)), None)


def _positive(plan: Plan) -> PlanError | None:
    for name in _POSITIVE:
        if getattr(plan, name) < 1:
            return PlanError(name, getattr(plan, name), "must be at least 1", "try 1")
    for axis, degree in plan.parallel.degrees.items():
        if degree < 1:
            return PlanError("parallel", f"{axis.key}={degree}", "must be at least 1", f"try {axis.key}=1")
    return None


def _precision(plan: Plan) -> PlanError | None:
    accelerator = plan.accelerator
    tflops = accelerator.fp8_tflops if plan.precision == "fp8" else peak_flops_per_second(accelerator, plan.precision)
    if tflops:
        return None
    return PlanError("precision", plan.precision, f"{accelerator.short_title} does not support it", _precisions(plan))


def _precisions(plan: Plan) -> str:
    a = plan.accelerator
    tflops = {"bf16": a.bf16_tflops, "fp16": a.fp16_tflops, "fp8": a.fp8_tflops, "fp32": a.fp32_tflops}
    return "try " + " or ".join(f"--precision {name}" for name, value in tflops.items() if value)


def _sequence(plan: Plan) -> PlanError | None:
    context = plan.model.context_length
    if plan.sequence_length <= context:
        return None
    problem = f"longer than the context of {plan.model.title}"
    return PlanError("sequence_length", plan.sequence_length, problem, f"the longest is {context}")


def _tensor(plan: Plan) -> PlanError | None:
    tensor, per_node = plan.parallel.tensor, plan.accelerator.per_node
    if per_node % tensor == 0:
        return None
    usable = ", ".join(str(size) for size in _divisors(per_node))
    return PlanError("parallel", f"tp={tensor}", f"does not divide a node of {per_node}", f"one of {usable} would")


def _heads(plan: Plan) -> PlanError | None:
    tensor, model = plan.parallel.tensor, plan.model
    divides = model.kv_heads % tensor == 0 or tensor % model.kv_heads == 0
    if model.attention_heads % tensor == 0 and divides:
        return None
    problem = f"{model.attention_heads} attention heads and {model.kv_heads} key-value heads cannot be divided so"
    usable = [t for t in _divisors(plan.accelerator.per_node) if _heads_divide(plan, t)]
    return PlanError("parallel", f"tp={tensor}", problem, f"one of {', '.join(map(str, usable))} works")


def _heads_divide(plan: Plan, tensor: int) -> bool:
    model = plan.model
    return model.attention_heads % tensor == 0 and (model.kv_heads % tensor == 0 or tensor % model.kv_heads == 0)


def _pipeline(plan: Plan) -> PlanError | None:
    pipeline, chunks, layers = plan.parallel.pipeline, plan.parallel.virtual_pipeline, plan.model.layers
    if chunks > 1 and pipeline == 1:
        return PlanError("parallel", f"vpp={chunks}", "there is no pipeline to interleave", "try vpp=1 or pp=2")
    if pipeline * chunks <= layers:
        return None
    problem = f"{pipeline} stages of {chunks} chunks are more than the model's {layers} layers"
    return PlanError("parallel", f"pp={pipeline}", problem, f"at most pp={layers // chunks}")


def _context(plan: Plan) -> PlanError | None:
    context = plan.parallel.context
    if plan.sequence_length % context == 0:
        return None
    problem = f"a sequence of {plan.sequence_length} tokens cannot be divided so"
    return PlanError("parallel", f"cp={context}", problem, "try a power of two")


def _world(plan: Plan) -> PlanError | None:
    replica = plan.parallel.replica_size
    if plan.world_size % replica == 0:
        return None
    factors = [f"{axis.key} {size}" for axis, size in plan.parallel.degrees.items() if axis.divides == "replica"]
    problem = f"not a multiple of a replica's {' x '.join(factors)} = {replica}"
    rounded = max(1, round(plan.world_size / replica)) * replica
    return PlanError("world_size", plan.world_size, problem, f"try --gpus {rounded}")


def _batch(plan: Plan) -> PlanError | None:
    unit = plan.micro_batch_size * plan.data_parallel
    if plan.global_batch_size % unit == 0:
        return None
    problem = f"not a multiple of micro-batch {plan.micro_batch_size} x data parallel {plan.data_parallel} = {unit}"
    rounded = max(1, round(plan.global_batch_size / unit)) * unit
    return PlanError(
        "global_batch_size", plan.global_batch_size, problem, f"try --batch-tokens {rounded * plan.sequence_length}"
    )


def _experts(plan: Plan) -> PlanError | None:
    expert, moe = plan.parallel.expert, plan.model.moe
    if expert == 1:
        return None
    if moe is None:
        return PlanError("parallel", f"ep={expert}", f"{plan.model.title} has no experts", "try ep=1")
    if moe.experts % expert == 0 and plan.data_parallel % expert == 0:
        return None
    problem = f"must divide {moe.experts} experts and {plan.data_parallel} data-parallel ranks"
    usable = [size for size in _divisors(moe.experts) if plan.data_parallel % size == 0]
    return PlanError("parallel", f"ep={expert}", problem, f"one of {', '.join(map(str, usable))} does")


def _tokens(plan: Plan) -> PlanError | None:
    available = plan.epochs * plan.dataset.tokens
    if plan.tokens <= available:
        return None
    problem = f"{plan.dataset.title} has {plan.dataset.tokens} tokens, which makes {available} in {plan.epochs} epochs"
    epochs = -(-plan.tokens // plan.dataset.tokens)
    return PlanError("tokens", plan.tokens, problem, f"try --epochs {epochs} or --tokens {available}")


def _steps(plan: Plan) -> PlanError | None:
    if plan.total_steps >= MINIMUM_STEPS:
        return None
    needed = MINIMUM_STEPS * plan.tokens_per_step
    problem = f"only {plan.total_steps} steps of {plan.tokens_per_step} tokens, and {MINIMUM_STEPS} are the least"
    return PlanError("tokens", plan.tokens, problem, f"try --tokens {needed} or a smaller batch")


_RULES: tuple[Rule, ...] = (
    _positive,
    _precision,
    _sequence,
    _tensor,
    _heads,
    _pipeline,
    _context,
    _world,
    _batch,
    _experts,
    _tokens,
    _steps,
)


def _memory(plan: Plan) -> PlanError | None:
    budget = memory_budget(plan)
    if budget.fits:
        return None
    return PlanError("memory", plan.model.name, _memory_sum(budget), suggest_layout(plan))


def _memory_sum(m: MemoryBudget) -> str:
    parts = {
        "weights": m.weight_bytes,
        "gradients": m.gradient_bytes,
        "optimizer": m.optimizer_bytes,
        "activations": m.activation_bytes,
        "workspace": m.workspace_bytes,
    }
    terms = " + ".join(f"{name} {size / GIB:.1f}" for name, size in parts.items())
    return f"{terms} = {m.total_bytes / GIB:.1f} GiB > {m.capacity_bytes / GIB:.1f} GiB"


def suggest_layout(plan: Plan) -> str:
    """Options of the nearest layout that fits, on as many accelerators as it takes."""
    world = plan.world_size
    while world <= LARGEST_WORLD:
        fitting = [other for other in _layouts(replace(plan, world_size=world)) if memory_budget(other).fits]
        if fitting:
            return "try " + _options(plan, min(fitting, key=lambda other: _distance(plan, other)))
        world *= 2
    return "no layout of this model fits this accelerator"


def _layouts(plan: Plan) -> Iterator[Plan]:
    """Sound plans with other tensor and pipeline parallelism and sharding: what the command line can change."""
    pipelines = [size for size in _powers_of_two(plan.model.layers) if plan.world_size % size == 0]
    shardings = dict.fromkeys((plan.sharding, *_SHARDED))
    for tensor, pipeline, sharding in product(
        _divisors(plan.accelerator.per_node), {*pipelines, plan.parallel.pipeline}, shardings
    ):
        chunks = plan.parallel.virtual_pipeline if pipeline == plan.parallel.pipeline else 1
        parallel = replace(plan.parallel, tensor=tensor, pipeline=pipeline, virtual_pipeline=chunks)
        other = replace(plan, parallel=parallel, sharding=sharding)
        if not structure_problem(other):
            yield other


def _distance(plan: Plan, other: Plan) -> tuple[float, int]:
    """How much of a plan a suggestion changes: a doubling counts 1, sharding half; ties go to the smaller replica."""
    layout = abs(log2(other.parallel.tensor / plan.parallel.tensor))
    layout += abs(log2(other.parallel.pipeline / plan.parallel.pipeline))
    return layout + SHARDING_DISTANCE * (other.sharding != plan.sharding), other.parallel.replica_size


def _options(plan: Plan, other: Plan) -> str:
    """The command line that turns `plan` into `other`."""
    changes = []
    if other.world_size != plan.world_size:
        changes.append(f"--gpus {other.world_size}")
    if other.parallel != plan.parallel:
        changes.append(f"--parallel {_parallel_text(other.parallel)}")
    if other.sharding != plan.sharding:
        changes.append(f"--sharding {other.sharding}")
    return " ".join(changes)


def _parallel_text(parallel: Parallelism) -> str:
    return written({axis: size for axis, size in parallel.degrees.items() if size > 1 or axis in (TENSOR, PIPELINE)})


def _divisors(number: int) -> list[int]:
    return [size for size in range(1, number + 1) if number % size == 0]


def _powers_of_two(limit: int) -> list[int]:
    return [2**power for power in range(limit.bit_length()) if 2**power <= limit]
