"""What a viewer waits for, in functions that the page's own Python can run too: they import pysim, and nothing that the page lacks."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from time import perf_counter

from pysim.edge.browser import Session, open_show
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.show.transcript import transcript
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.screen import Screen
from pysim.views.names import COMPARE
from pysim.views.registry import VIEWS, why_not

ROUNDS = 9
PLACES = 25  # in a run, that one looks at
USUAL = Screen(80, 24)
LOG = Screen(120, 40)
TOLD = (2000, 4000)  # steps, from and until
COMPARED = "preset=llama3-405b&from=50%"


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def middle(values: list[float]) -> float:
    """The median; the page has no `statistics`."""
    return sorted(values)[len(values) // 2]


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Time of `ours` over that of `theirs`, taken in turn: the median over rounds, as whatever else a machine does changes from one to the next."""
    ours(), theirs()
    return middle([seconds(ours) / seconds(theirs) for _ in range(rounds)])


def switching() -> tuple[str, float]:
    """The view that one waits for longest, and milliseconds of a switch to it, the best of some: in a long run, and in one often interrupted."""
    waited: dict[str, float] = {}
    for preset in ("llama3-8b", "llama3-405b"):
        story = PretrainingStory(simulate(choose_plan(Request(preset=preset))))
        player = Player(story, LOG, span=Span(story.end_us // 2))
        player.advance(0.0)
        for name, make in VIEWS.items():
            if name != COMPARE and not why_not(make, story.header):
                player.set_view(make)
                took = min(seconds(partial(player.set_view, make)) for _ in range(ROUNDS))
                waited[name] = max(waited.get(name, 0.0), took * 1e3)
    slowest = max(waited, key=waited.__getitem__)
    return slowest, waited[slowest]


def year_of_incidents() -> Plan:
    """About a year on 131,072 accelerators in which 20,000 incidents befall a run."""
    return choose_plan(
        Request(preset="llama3-405b", gpus=131_072, batch_tokens=2**27, tokens=250 * 10**12, epochs=1000, incidents=0.8)
    )


def year_and_calm_year() -> tuple[Plan, Plan]:
    """That year, and the same run with incidents off.

    Both show all accelerators every 10 steps, not at changes, of which a calm run has none: so their frames show as much.
    """
    plan = replace(year_of_incidents(), grid_interval=10)
    return plan, replace(plan, incident_factor=0.0)


def places(end_us: int) -> list[int]:
    """Moments from all over a run."""
    return [end_us * (2 * place + 1) // (2 * PLACES) for place in range(PLACES)]


def seeking() -> float:
    """Milliseconds until that year shows the place, of all that are looked at, that takes longest; the best of some tries each."""
    story = PretrainingStory(simulate(year_of_incidents()))
    player = Player(story, USUAL)
    tries = [[seconds(lambda: player.seek(place_us)) for place_us in places(story.end_us)] for _ in range(3)]  # noqa: B023
    best: list[float] = [min(one) for one in zip(*tries, strict=True)]
    return 1e3 * max(best)


def explaining() -> tuple[float, float]:
    """Milliseconds until a line is explained for the first time, the texts' first reading included, and later."""
    import pysim.pretraining.explaining.compose  # noqa: F401, PLC0415 - there by then, as after an archive's arrival

    story = PretrainingStory(simulate(choose_plan(Request(preset="classic"))))
    player = Player(story, USUAL, span=Span(story.end_us // 2))
    player.advance(0.0)
    first, *more = (1e3 * seconds(lambda: explain_newest(player)) for _ in range(ROUNDS))
    return first, middle(more)


def explain_newest(player: Player) -> object:
    """As a click on the last line of the log does."""
    subject = player.subject_at(player.live_rows, 0)
    return subject and player.explained(subject)


def deciding() -> float:
    """Milliseconds until a night has become what a decision in its first hour makes of it, and the screen with it."""
    call_us, _ = night().show.story.next_call(0) or (0, 0)
    return 1e3 * middle([decided(night(), call_us / 1e6 + late) for late in range(ROUNDS)])


def night() -> Session:
    """Somebody is on call."""
    return open_show("preset=night-shift&on-call", USUAL.columns, USUAL.rows)


def decided(session: Session, at_seconds: float) -> float:
    """How long the decision takes.

    Raises:
        ValueError: if nothing was decided.
    """
    session.command("seek", str(at_seconds))
    start = perf_counter()
    session.command("decide", "drain,node=173")
    taken = perf_counter() - start
    if session.refusal:
        raise ValueError(session.refusal)
    return taken


def comparing() -> float:
    """How much longer than its run alone a comparison takes to open in the middle, the other run and the curves of both included.

    With a seed of its own each time: a run that was opened before is known.
    """
    seeds = count()

    def anew(option: str) -> Callable[[], object]:
        return lambda: opened(f"{COMPARED}&seed={next(seeds)}&{option}")

    return ratio(anew("compare=checkpoint-every=100"), anew("view=console"), 5)


def opened(query: str) -> str:
    """From a query to a painted screen."""
    return open_show(query, USUAL.columns, USUAL.rows).frame(0.0)


def lines_per_second() -> float:
    """How many lines of a log are told and rendered."""
    story = PretrainingStory(simulate(choose_plan(Request(preset="classic"))))
    since, until = (story.run.timeline.start_of_us(Executed(step)) for step in TOLD)
    counted = 0

    def told() -> None:
        nonlocal counted
        counted = sum(1 for _ in transcript(story, LOG, since, until))

    rate = middle([seconds(told) for _ in range(5)])
    return counted / rate
