"""pysim: a flight simulator for large language-model training runs.

    from pysim import Request, choose_plan, simulate
    from pysim.narrate import narrate

    run = simulate(choose_plan(Request(preset="classic", seed=7)))
    for event in narrate(run):
        ...

The names below are loaded on first use, so that importing the package alone costs nothing. Functions that are called like
their module, `narrate` and `transcript`, are not among them: the package's attribute of that name is the module.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pysim.choose import Request, choose_plan
    from pysim.plan import Plan
    from pysim.player import Player
    from pysim.run.run import Run, simulate
    from pysim.show import Show
    from pysim.terminal.screen import Screen
    from pysim.transcript import play

__version__ = "0.1.0"

__all__ = [
    "Plan",
    "Player",
    "Request",
    "Run",
    "Screen",
    "Show",
    "choose_plan",
    "play",
    "simulate",
]

_HOMES = {
    "Plan": "plan",
    "Player": "player",
    "Request": "choose",
    "Run": "run.run",
    "Screen": "terminal.screen",
    "Show": "show",
    "choose_plan": "choose",
    "play": "transcript",
    "simulate": "run.run",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
