"""A run's turn in a show, and its story: what happens in it, what is decided there, and the runs that it is compared with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pysim.catalog.scenarios import Scenario
from pysim.edge.query import Texts
from pysim.edge.staging import Misplaced, Unfitting, explain
from pysim.options.settings import Problem
from pysim.options.values import Compared, Decided, Injected, Wrong
from pysim.pretraining.injection import Injection
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.clock import Shared
from pysim.pretraining.run.decisions import Decision, Orders
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story.header import Header
from pysim.story.story import Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A run's turn in a show: its plan, and how the options would have to read for a show that begins with this run."""

    plan: Plan
    instead: Mapping[str, Texts]  # by option name; None: without that option
    inject: tuple[Injected, ...] = ()  # what is let happen in it
    node: int | Literal["all"] | None = None  # whose words are shown where machines speak
    on_call: bool = False
    decide: tuple[Decided, ...] = ()  # what is decided in it
    scenario: Scenario | None = None
    others: tuple["Other", ...] = ()  # that it is compared with


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The same run with one thing changed."""

    asked: Compared
    plan: Plan
    with_it: tuple[str, ...] = ()  # what is otherwise besides, in words

    @property
    def change(self) -> str:
        """As its option has it."""
        return f"{self.asked.name}={self.asked.written or 'none'}"

    def instead_of(self, turn: Turn) -> Turn:
        """Its turn, where that is the first run's."""
        name, value = self.asked.name, self.asked.value
        changed: dict[str, Any] = {"plan": self.plan, "others": ()}
        if name in ("inject", "decide"):
            changed[name] = () if value is None else (*getattr(turn, name), value)
        elif name == "on-call":
            changed["on_call"] = value
        return replace(turn, **changed)


def told(turn: Turn, shared: Shared | None = None) -> PretrainingStory:
    """The story of a turn; what is `shared` with others is found once.

    Raises:
        Misplaced: if something is let happen, or decided, where the run is not.
        Unfitting: if the run does not go with a decision.
        UnknownName, PlanError: if it cannot happen.
    """
    if turn.others:
        shared = Shared()
    calm = _calm(turn)
    decided = sorted(((_decision(each, calm), each) for each in turn.decide), key=lambda pair: pair[0].at_us)
    orders = Orders(on_call=turn.on_call, decisions=tuple(decision for decision, _ in decided))
    story = tell(
        turn.plan,
        list(_placed(turn, calm)),
        orders if turn.on_call or decided else None,
        turn.scenario,
        tuple(_beside(turn, other, shared) for other in turn.others),
        shared=shared,
    )
    for asked in turn.inject:
        if asked.place.is_time:
            _resolved("inject", asked, story)
    for unfit in story.run.record.unfit:
        raise Unfitting(decided[unfit.place][1].text, unfit.why)
    if turn.node is not None:
        story.header = _looking_at(turn.node, story.header)
    return story


def _looking_at(node: int | Literal["all"], header: Header) -> Header:
    """The header of a run of which one node is looked at."""
    if node != "all" and node >= header.nodes:
        raise Misplaced(str(Problem("node", str(node), f"does not exist in this run; try {header.nodes - 1} at most")))
    return replace(header, looked_at=node)


def _beside(turn: Turn, other: "Other", shared: Shared | None) -> Beside:
    """A run that it is compared with."""
    try:
        story = told(other.instead_of(turn), shared)
    except ValueError as error:
        raise refused(other.asked, error) from None
    return Beside(change=other.change, with_it=other.with_it, story=story)


def refused(asked: Compared, error: ValueError) -> ValueError:
    """Why something cannot be compared; what is no refusal stays what it is."""
    message = explain(error)
    if message is None:
        return error
    return Misplaced(str(Problem("compare", asked.text, f"cannot be: {message}")))


def _calm(turn: Turn) -> PretrainingStory | None:
    """The run as it would be if nothing were asked for, where somebody has to know."""
    places = [*(each.place for each in turn.inject), *(each.place for each in turn.decide)]
    return None if all(place.is_time for place in places) else tell(turn.plan)


def _decision(asked: Decided, calm: PretrainingStory | None) -> Decision:
    at_us = asked.place.time_us if asked.place.is_time or calm is None else _resolved("decide", asked, calm)
    given = {name: value if name == "factor" else int(value) for name, value in asked.arguments}
    return Decision(action=asked.action, at_us=at_us, **given)  # type: ignore[arg-type]  # the parser has these names


def _placed(turn: Turn, calm: PretrainingStory | None) -> Iterator[Injection]:
    """Incidents at their places: a step or a part of the run is meant as the run would be without any of them, a time is a time."""
    for asked in turn.inject:
        at_us = asked.place.time_us if asked.place.is_time or calm is None else _resolved("inject", asked, calm)
        yield Injection(cause=asked.cause, at_us=at_us, target=asked.target, number=asked.number)


def _resolved(option: str, asked: Injected | Decided, story: PretrainingStory) -> int:
    try:
        return asked.place.resolve(story)
    except Wrong as wrong:
        raise Misplaced(str(Problem(option, asked.text, str(wrong)))) from None
