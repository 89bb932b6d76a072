"""What is said of a plan in the words of the options: why there is none and what to give instead, or what of it was rounded."""

from pysim.options.settings import Problem
from pysim.options.table import BY_NAME
from pysim.options.values import spelled_count
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.outcome import changed
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.planning.request import Request, offers


def refusal(error: PlanError) -> str:
    """One line; what it says to try has been tried."""
    option = error.field.replace("_", "-")
    if option not in BY_NAME:
        return str(error)
    tried = " ".join(
        f"--{name.replace('_', '-')} {_spelled(name, value)}" for name, value in (error.change or {}).items()
    )
    advice = error.hint or (f"try {tried}" if tried else "nothing near it does")
    return f"--{option}: {_spelled(error.field, error.value)} does not work: {error.problem}; {advice}"


def roundings(request: Request, plan: Plan) -> tuple[Problem, ...]:
    """What was given and became something else in the plan; each is a sentence."""
    return tuple(
        Problem(
            field.replace("_", "-"),
            _spelled(field, request.given[field]),
            f"becomes {_spelled(field, value)}, so that every replica gets the same number of whole sequences",
        )
        for field, value in changed(request, plan).items()
    )


def _spelled(field: str, value: object) -> str:
    """A value as its option reads it."""
    offer = dict(offers()).get(field)
    counts_tokens = offer is not None and offer.kind == "tokens"
    if counts_tokens and isinstance(value, int):
        return spelled_count(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
