"""pysim: a flight simulator for large language-model training runs.

    from pysim import Request, choose_plan, simulate
    from pysim.narrate import narrate

    run = simulate(choose_plan(Request(preset="classic", seed=7)))
    for event in narrate(run):
        ...

What is watched is a run's story: `play(tell(plan), sys.stdout)`, or a `Player` of it.

The names below are loaded on first use, so that importing the package alone costs nothing. Functions that are called like
their module, `narrate` and `transcript`, are not among them: the package's attribute of that name is the module.
"""

from importlib import import_module

TYPE_CHECKING = (
    False  # type checkers take it for true; importing `typing` would put off the moment that Ctrl-C is expected
)

if TYPE_CHECKING:
    from pysim.pretraining.plan import Plan
    from pysim.pretraining.planning.choose import Request, choose_plan
    from pysim.pretraining.run.run import Run, simulate
    from pysim.pretraining.story import tell
    from pysim.show.player import Player
    from pysim.show.show import Show
    from pysim.show.transcript import play
    from pysim.terminal.screen import Screen

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
    "tell",
]

_HOMES = {
    "Plan": "pretraining.plan",
    "Player": "show.player",
    "Request": "pretraining.planning.choose",
    "Run": "pretraining.run.run",
    "Screen": "terminal.screen",
    "Show": "show.show",
    "choose_plan": "pretraining.planning.choose",
    "play": "show.transcript",
    "simulate": "pretraining.run.run",
    "tell": "pretraining.story",
}


def __getattr__(name: str) -> object:  # PEP 562
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
