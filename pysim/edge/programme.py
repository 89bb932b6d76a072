"""The runs of a show as their turns come, and what is let happen and decided in the one on show. Pure; both edges have one."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pysim.catalog import UnknownName
from pysim.edge.playlist import turns
from pysim.edge.query import Texts
from pysim.edge.staging import Misplaced, Unfitting
from pysim.edge.telling import Turn, told
from pysim.options.settings import Settings
from pysim.options.values import Decided, Injected, decision, injection, spelled_time
from pysim.pretraining.injection import possible
from pysim.pretraining.planning.problem import PlanError
from pysim.pretraining.run.clock import Shared
from pysim.pretraining.story import PretrainingStory
from pysim.show.interventions import Retold
from pysim.show.troubles import Refused, Trouble
from pysim.story.choices import ACTIONS, Choice
from pysim.story.moment import OVER
from pysim.story.oncall import Score
from pysim.story.story import Story
from pysim.wording import listed, quoted

if TYPE_CHECKING:
    from pysim.edge.weighing import Suggestion


class Programme:
    """The stories of a show, and what asks for each. `now` (Unix seconds) is what `--start now` means."""

    def __init__(self, settings: Settings, now: int) -> None:
        self._settings = settings
        self._now = now
        self._turns = turns(settings, now)
        self._begun: deque[_Begun] = deque(maxlen=2)  # on show, and the next once it is known

    def stories(self) -> Iterator[PretrainingStory]:
        """Each computed when its turn comes."""
        for turn in self._turns:
            shared = Shared() if turn.on_call else None
            story = told(turn, shared)
            self._begun.append(_Begun(story, turn, turn, shared))
            yield story

    def instead(self, story: Story) -> Mapping[str, Texts]:
        """How the options of the show would have to read for one that begins with this story."""
        return self._on_show(story).turn.instead

    def undisturbed(self, story: Story) -> Mapping[str, Texts]:
        """The same without what was let happen while it was on show."""
        return self._on_show(story).first.instead

    def weighable(self, story: Story) -> "Sequence[Suggestion]":
        """What is worth comparing with it."""
        from pysim.edge.weighing import suggestions  # noqa: PLC0415 - the page fetches it when it is first asked for

        return suggestions(self._settings, self._on_show(story).turn, self._now)

    # Interventions

    def possible(self, story: Story) -> tuple[Trouble, ...]:
        """The causes that can hit this cluster."""
        causes = possible(self._on_show(story).turn.plan)
        return tuple(Trouble(name=cause.name, title=cause.title, hits=cause.hits) for cause in causes)

    def inject(self, story: Story, at_us: int, words: str) -> Retold:
        """The story with one more cause at a time.

        Raises:
            Refused: if it cannot happen, or changes nothing.
        """
        begun = self._on_show(story)
        phase = begun.story.moment(at_us).phase
        if phase in OVER:
            message = "nothing can happen any more: the job is over"
            raise Refused(message)
        asked = _asked(words, at_us)
        turn = self._with("inject", asked, begun)
        after = _told(turn, begun.shared)
        if after.is_like(begun.story):
            why = "the job is down" if phase == "down" else "no step is under way for it to disturb"
            message = f"{asked.cause} passes unnoticed: {why}"
            raise Refused(message)
        return self._goes_on(begun, turn, after, asked)

    def offered(self, story: Story, at_us: int) -> Sequence[Choice]:
        """What can be decided at a time."""
        return self._on_show(story).story.offered(at_us)

    def decide(self, story: Story, at_us: int, words: str) -> Retold:
        """The story with one more decision at a time.

        Raises:
            Refused: if the moment does not offer it.
        """
        begun = self._on_show(story)
        asked = _decided(words, at_us)
        offered = [choice.name for choice in begun.story.offered(at_us)]
        if asked.action not in offered:
            now = f"; there is {listed(offered, 'or')}" if offered else ": nothing is left to be decided"
            message = f"{asked.action} is not possible now{now}"
            raise Refused(message)
        turn = self._with("decide", asked, begun)
        return self._goes_on(begun, turn, _told(turn, begun.shared), asked)

    def score(self, story: Story, at_us: int) -> Score | None:
        """How the decisions up to a time do."""
        return self._on_show(story).story.score(at_us)

    def _on_show(self, story: Story) -> "_Begun":
        return next(begun for begun in self._begun if begun.story is story)

    def _with(self, option: Literal["inject", "decide"], asked: Injected | Decided, begun: "_Begun") -> Turn:
        """The turn with this in it, and what asks for it."""
        all_asked = (*getattr(begun.turn, option), asked)
        instead = {**begun.turn.instead, option: tuple(each.text for each in all_asked)}
        changed: dict[str, Any] = {option: all_asked, "instead": {**self._beginning(begun.story), **instead}}
        return replace(begun.turn, **changed)

    def _goes_on(self, begun: "_Begun", turn: Turn, story: PretrainingStory, asked: Injected | Decided) -> Retold:
        """The story on show is another from now on."""
        self._begun[self._begun.index(begun)] = replace(begun, story=story, turn=turn)
        return Retold(story, asked.text)

    def _beginning(self, story: PretrainingStory) -> Mapping[str, str]:
        """A show that begins at a step or a part of the run begins where it did, though the run becomes another."""
        place = self._settings.from_
        return {} if place is None or place.is_time else {"from": spelled_time(place.resolve(story))}


@dataclass(frozen=True, slots=True)
class _Begun:
    """A story whose turn has come."""

    story: PretrainingStory
    turn: Turn
    first: Turn  # as it was before anything was let happen in it
    shared: Shared | None  # what it has found out that is as true after a decision


def _asked(words: str, at_us: int) -> Injected:
    try:
        return injection(_at(words, at_us))
    except ValueError:
        message = f"{quoted(words)} is not a cause, and ,gpu=N ,node=N or ,rack=N for where"
        raise Refused(message) from None


def _decided(words: str, at_us: int) -> Decided:
    try:
        return decision(_at(words, at_us))
    except ValueError:
        message = f"{quoted(words)} is no decision: {listed(ACTIONS, 'or')}, and ,node=N ,checkpoint=STEP ,batches=N ,factor=F ,count=N"
        raise Refused(message) from None


def _at(words: str, at_us: int) -> str:
    """As the option has it: a name, a time, and what else was said."""
    name, comma, rest = "".join(words.split()).partition(",")
    return f"{name}@{spelled_time(at_us)}{comma}{rest}"


def _told(turn: Turn, shared: Shared | None) -> PretrainingStory:
    try:
        return told(turn, shared)
    except Unfitting as unfitting:
        raise Refused(unfitting.why) from None
    except (UnknownName, Misplaced) as unknown:
        raise Refused(str(unknown)) from None
    except PlanError as error:
        message = f"{error.value} {error.problem}; {error.hint}"
        raise Refused(message) from None
