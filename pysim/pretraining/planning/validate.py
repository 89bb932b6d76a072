"""What a plan must fulfil before it can be simulated.

Each rule is a function from a plan to the problem it sees, if any, with changes of a request that may help. `validate` raises
the first problem.
"""

from collections.abc import Callable

from pysim.catalog import Precision
from pysim.physics.axes import written_split
from pysim.physics.kernels import peak_flops_per_second
from pysim.physics.memory import GIB, MemoryBudget, memory_budget
from pysim.physics.pipeline import slots, usual_split
from pysim.physics.states import FOUR_BITS, grad_precision, param_precision, possible_gradients, possible_params
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.limits import (
    FEWEST_STEPS,
    LARGEST_WORLD,
    LONGEST_SECONDS,
    LONGEST_YEARS,
    MOST_EPOCHS,
    MOST_STEPS,
    MOST_VALIDATIONS,
    YEAR_SECONDS,
)
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.ramping import division_problem, length_problem, shape_problem
from pysim.wording import listed

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
)

_DECIMALS = range(1, 7)  # of GiB; the last is a kilobyte
_PRECISIONS: tuple[Precision, ...] = ("bf16", "fp16", "fp8", "nvfp4", "mxfp4", "fp32")

Rule = Callable[[Plan], PlanError | None]


def validate(plan: Plan) -> None:
    """Let a plan pass.

    Raises:
        PlanError: for the first rule that the plan breaks.
    """
    problem = structure_problem(plan) or memory_problem(plan) or _course(plan)
    if problem:
        raise problem


def structure_problem(plan: Plan) -> PlanError | None:
    """The first problem of everything but memory and time; rules may rely on those before them."""
    return next(filter(None, (rule(plan) for rule in _RULES)), None)


def _positive(plan: Plan) -> PlanError | None:
    for name in _POSITIVE:
        if getattr(plan, name) < 1:
            return PlanError(name, getattr(plan, name), "must be at least 1")
    for axis, degree in plan.parallel.degrees.items():
        if degree < 1:
            return PlanError("parallel", f"{axis.key}={degree}", "must be at least 1")
    return None


def _largest(plan: Plan) -> PlanError | None:
    if plan.world_size > LARGEST_WORLD:
        problem = f"a cluster has at most {LARGEST_WORLD:,} accelerators"
        return PlanError("gpus", plan.world_size, problem, near=({"gpus": LARGEST_WORLD},))
    if plan.epochs > MOST_EPOCHS:
        problem = f"data is gone through at most {MOST_EPOCHS:,} times"
        return PlanError("epochs", plan.epochs, problem, others=("tokens", "dataset"), near=({"epochs": MOST_EPOCHS},))
    if plan.total_steps > MOST_STEPS:
        problem = f"{plan.total_steps:,} steps, and {MOST_STEPS:,} are the most"
        return _too_much(plan, problem, MOST_STEPS / plan.total_steps)
    return None


def _too_much(plan: Plan, problem: str, share: float) -> PlanError:
    """More of a run than there can be; `share` of it is possible."""
    tokens, epochs = round_down(int(plan.tokens * share)), int(plan.epochs * share)
    return PlanError(
        "tokens",
        plan.tokens,
        problem,
        others=("epochs", "gpus", "batch_tokens", "accelerator", "model"),
        near=({"tokens": tokens}, {"epochs": epochs}),
    )


def _precision(plan: Plan) -> PlanError | None:
    peaks = _peaks(plan)
    if peaks[plan.precision]:
        return None
    names = [name for name, peak in peaks.items() if peak]
    names.sort(key=lambda name: not {name, plan.precision} <= FOUR_BITS)  # the other format of four bits first
    supported = tuple({"precision": name} for name in names)
    problem = f"{plan.accelerator.short_title} does not support it"
    return PlanError("precision", plan.precision, problem, others=("accelerator",), near=supported)


def _peaks(plan: Plan) -> dict[str, float]:
    """Peaks by precision, those that people would rather have first; 0 where one is not supported."""
    return {name: peak_flops_per_second(plan.accelerator, name) for name in _PRECISIONS}


def _sequence(plan: Plan) -> PlanError | None:
    context = plan.model.context_length
    if plan.sequence_length <= context:
        return None
    problem = f"longer than the context of {plan.model.title}, which is {context:,}"
    near = ({"seq_length": context},)
    return PlanError("seq_length", plan.sequence_length, problem, others=("model",), near=near)


def _tensor(plan: Plan) -> PlanError | None:
    tensor, per_node = plan.parallel.tensor, plan.accelerator.per_node
    if per_node % tensor == 0:
        return None
    problem = f"does not divide a node of {per_node} {plan.accelerator.short_title}"
    return PlanError("parallel", f"tp={tensor}", problem, others=("accelerator",))


def _heads(plan: Plan) -> PlanError | None:
    tensor, model = plan.parallel.tensor, plan.model
    divides = model.kv_heads % tensor == 0 or tensor % model.kv_heads == 0
    if model.attention_heads % tensor == 0 and divides:
        return None
    problem = f"{model.attention_heads} attention heads and {model.kv_heads} key-value heads cannot be divided so"
    return PlanError("parallel", f"tp={tensor}", problem, others=("model",))


def _pipeline(plan: Plan) -> PlanError | None:
    pipeline, chunks, layers = plan.parallel.pipeline, plan.parallel.virtual_pipeline, plan.model.layers
    if chunks > 1 and pipeline == 1:
        return PlanError("parallel", f"vpp={chunks}", "there is no pipeline to interleave")
    room = slots(layers, pipeline, plan.pipeline_split)
    if pipeline * chunks <= room:
        return None
    tables = " and its two tables" if room > layers else ""
    problem = f"{pipeline} stages of {chunks} chunks are more than the model's {layers} layers{tables}"
    return PlanError("parallel", f"pp={pipeline}", problem, others=("model",))


def _split(plan: Plan) -> PlanError | None:
    split, stages, layers = plan.pipeline_split, plan.parallel.pipeline, plan.model.layers
    if not split or (len(split) == stages and sum(split) == layers):
        return None
    problem = (
        f"{len(split):,} stages of {sum(split):,} layers, where {plan.model.title} has {layers} in {stages:,} stages"
    )
    near = ({"pipeline_split": written_split(usual_split(layers, stages))},)
    return PlanError("pipeline_split", written_split(split), problem, others=("parallel", "model"), near=near)


def _kept(plan: Plan) -> PlanError | None:
    """Whether weights and gradients can be kept as is asked for beside the precision of the matmuls."""
    params, gradients = possible_params(plan.precision), possible_gradients(plan.precision)
    if param_precision(plan) not in params:
        return _not_kept("param_precision", plan, params)
    return None if grad_precision(plan) in gradients else _not_kept("grad_precision", plan, gradients)


def _not_kept(field: str, plan: Plan, possible: tuple[str, ...]) -> PlanError:
    problem = f"a run in {plan.precision} can have {listed(possible, 'or')} there"
    near = tuple({field: precision} for precision in possible)
    return PlanError(field, getattr(plan, field), problem, others=("precision",), near=near)


def _context(plan: Plan) -> PlanError | None:
    context = plan.parallel.context
    if plan.sequence_length % context == 0:
        return None
    problem = f"a sequence of {plan.sequence_length:,} tokens cannot be divided so"
    return PlanError("parallel", f"cp={context}", problem)


def _world(plan: Plan) -> PlanError | None:
    replica = plan.parallel.replica_size
    if plan.world_size % replica == 0:
        return None
    factors = [f"{axis.key} {size}" for axis, size in plan.parallel.degrees.items() if axis.divides == "replica"]
    problem = f"not a multiple of a replica's {' x '.join(factors)} = {replica:,}"
    near = tuple({"gpus": world} for world in multiples(plan.world_size, replica))
    return PlanError("gpus", plan.world_size, problem, others=("parallel",), near=near)


def _batch(plan: Plan) -> PlanError | None:
    unit = plan.micro_batch_size * plan.data_parallel
    if plan.global_batch_size % unit == 0:
        return None
    length = plan.sequence_length
    problem = (
        f"{plan.global_batch_size:,} sequences of {length:,} tokens are not a multiple of "
        f"micro-batch {plan.micro_batch_size} x data parallel {plan.data_parallel:,} = {unit:,}"
    )
    near = tuple({"batch_tokens": batch * length} for batch in multiples(plan.global_batch_size, unit))
    return PlanError(
        "batch_tokens", plan.tokens_per_step, problem, others=("micro_batch", "gpus", "parallel"), near=near
    )


def _experts(plan: Plan) -> PlanError | None:
    expert, moe = plan.parallel.expert, plan.model.moe
    if expert == 1:
        return None
    if moe is None:
        return PlanError("parallel", f"ep={expert}", f"{plan.model.title} has no experts", others=("model",))
    if moe.experts % expert == 0 and plan.data_parallel % expert == 0:
        return None
    problem = f"must divide {moe.experts} experts and {plan.data_parallel:,} data-parallel ranks"
    return PlanError("parallel", f"ep={expert}", problem, others=("gpus", "model"))


def _tokens(plan: Plan) -> PlanError | None:
    available = plan.epochs * plan.dataset.tokens
    if plan.tokens <= available:
        return None
    times = "once" if plan.epochs == 1 else f"{plan.epochs:,} times"
    problem = f"{plan.dataset.title} has {plan.dataset.tokens:,} tokens, and is gone through {times}"
    epochs = -(-plan.tokens // plan.dataset.tokens)
    near = ({"epochs": epochs}, {"tokens": available})
    return PlanError("tokens", plan.tokens, problem, others=("epochs", "dataset"), near=near)


def _steps(plan: Plan) -> PlanError | None:
    if plan.total_steps >= FEWEST_STEPS:
        return None
    per_step = plan.tokens_per_step
    needed = FEWEST_STEPS * per_step
    problem = f"only {plan.total_steps} steps of {per_step:,} tokens, and {FEWEST_STEPS} are the least"
    smaller = plan.tokens // plan.epochs // FEWEST_STEPS // plan.sequence_length * plan.sequence_length
    return PlanError(
        "tokens",
        plan.tokens,
        problem,
        others=("batch_tokens", "epochs", "dataset", "gpus"),
        near=({"tokens": round_up(needed)}, {"epochs": -(-needed // plan.dataset.tokens)}, {"batch_tokens": smaller}),
    )


_RULES: tuple[Rule, ...] = (
    _positive,
    shape_problem,
    _largest,
    _precision,
    _kept,
    _sequence,
    _tensor,
    _heads,
    _pipeline,
    _split,
    _context,
    _world,
    _batch,
    division_problem,
    _experts,
    _tokens,
    _steps,
    length_problem,
)


def memory_problem(plan: Plan) -> PlanError | None:
    """Whether the plan fits into the memory of its accelerators."""
    budget = memory_budget(plan)
    if budget.fits:
        return None
    others = (
        *(
            "sharding",
            "parallel",
            "recompute",
            "micro_batch",
            "grad_precision",
            "optimizer_precision",
            "param_precision",
        ),
        *("accelerator", "precision", "seq_length", "model"),
    )
    return PlanError("gpus", plan.world_size, _memory_sum(budget), others=others)


def _memory_sum(m: MemoryBudget) -> str:
    """The sum, with as many decimals as show that it is too much."""
    parts = {
        "weights": m.weight_bytes,
        "gradients": m.gradient_bytes,
        "optimizer": m.optimizer_bytes,
        "activations": m.activation_bytes,
        "workspace": m.workspace_bytes,
    }
    needed, there = m.total_bytes / GIB, m.capacity_bytes / GIB
    digits = next((digits for digits in _DECIMALS if f"{needed:.{digits}f}" != f"{there:.{digits}f}"), _DECIMALS[-1])
    terms = " + ".join(f"{name} {size / GIB:.{digits}f}" for name, size in parts.items())
    return f"{terms} = {needed:.{digits}f} GiB > {there:.{digits}f} GiB"


def _course(plan: Plan) -> PlanError | None:
    """Whether the run takes too long, or validates too often; only asked of what can run at all."""
    validations = plan.total_steps // plan.validation_interval
    if validations > MOST_VALIDATIONS:
        problem = f"{validations:,} validations, and {MOST_VALIDATIONS:,} are the most"
        return PlanError("validation_interval", plan.validation_interval, problem)
    return too_long(plan) if figures(plan).training_seconds > LONGEST_SECONDS else None


def too_long(plan: Plan) -> PlanError:
    """How long the run takes, which is too long."""
    seconds = figures(plan).training_seconds
    problem = f"{plan.total_steps:,} steps take {seconds / YEAR_SECONDS:,.0f} years, and {LONGEST_YEARS} are the most"
    return _too_much(plan, problem, LONGEST_SECONDS / seconds)


def multiples(number: int, unit: int) -> tuple[int, ...]:
    """The multiples of a unit around a number, the nearer first; at least one unit."""
    below = number // unit * unit
    around = (below, below + unit) if 2 * (number - below) <= unit else (below + unit, below)
    return tuple(multiple for multiple in around if multiple)


def round_down(count: int) -> int:
    """The largest count of two significant digits up to this one."""
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return count // unit * unit


def round_up(count: int) -> int:
    """The smallest count of two significant digits from this one."""
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // unit) * unit
