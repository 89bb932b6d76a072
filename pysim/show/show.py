"""A show: a playlist of stories on one screen."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from pysim.show.interventions import Interventions, NoInterventions
from pysim.show.player import FRAME_SECONDS, MakeTempo, Player
from pysim.show.tempo import show_tempo
from pysim.show.troubles import Trouble
from pysim.show.work import Work
from pysim.story.choices import Choice
from pysim.story.oncall import Call, Score
from pysim.story.story import WHOLE, Span, Story
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import MakeView

HOLD_SECONDS = 8.0  # of show, between the end of a story and the start of the next


class Show(Player):
    """Plays story after story: a few seconds after one ends, the next begins. Otherwise like a `Player`."""

    def __init__(
        self,
        stories: Iterator[Story],
        screen: Screen,
        *,
        view: MakeView = Console,
        log_every: int | None = None,
        tempo: MakeTempo = show_tempo,
        speed: float = 1.0,
        span: Span = WHOLE,
        interventions: Interventions | None = None,
    ) -> None:
        """Play `stories`; `span` is the part of the first one that is shown. Without `interventions` nothing more happens in them.

        Raises:
            ValueError: if there is no story.
        """
        first = next(stories, None)
        if first is None:
            message = "a show needs at least one run"
            raise ValueError(message)
        super().__init__(first, screen, view=view, log_every=log_every, tempo=tempo, speed=speed, span=span)
        self._stories = stories
        self._held_seconds = 0.0
        self._interventions = interventions or NoInterventions()
        self.loops = False  # begins the same run again at its end, at once where it is cut out of a longer one
        self.injected = ""  # how an option asks for what was let happen last
        self.decided = ""  # the same of what was decided last
        self._stop = (-1, 0)  # when the show last stood still by itself, and for which call

    @property
    def ended(self) -> bool:
        """Whether the last story was shown to its end, and nothing begins again."""
        return self._clock.ended and not self.loops and self._upcoming is None

    @property
    def stopped_for(self) -> int:
        """The call at which the show stands still by itself; 0 for none."""
        at_us, number = self._stop
        return number if self.paused and self.time_us == at_us else 0

    @property
    def _is_holding(self) -> bool:
        """Whether a story has ended and another one, or the same, will begin."""
        return self._clock.ended and not self.paused and (self.loops or self._upcoming is not None)

    def advancing(self, wall_seconds: float) -> Work[str]:
        """Let wall time pass; the next story begins when the present one was held long enough."""
        if not self._clock.ended:
            self._held_seconds = 0.0
            return (yield from self._until_something_shows(wall_seconds))
        if not self._is_holding:
            return ""
        if self.loops and self._clock.stops_at_us is not None:
            return self._begin_again()
        self._held_seconds += wall_seconds * self.speed
        if self._held_seconds < HOLD_SECONDS:
            return ""
        return self._begin_again() if self.loops else self.next()

    def _begin_again(self) -> str:
        """The same in one frame, in which of a view without a log only what differs is drawn."""
        self._clock.seek(self._clock.start_us)
        return self._frame([]) if self.is_still else self._repaint()

    def _until_something_shows(self, wall_seconds: float) -> Work[str]:
        """Let wall time pass; where somebody has to decide, the show waits."""
        call = self.story.next_call(self.time_us)
        self._clock.stop_us = call[0] if call else None
        text = yield from super().advancing(wall_seconds)
        if call and self.time_us == call[0] and not self.paused:
            self._stop = call
            text += self.pause()
        return text

    def next_frame_seconds(self) -> float:
        """How long a caller may sleep before something changes."""
        return FRAME_SECONDS if self._is_holding else super().next_frame_seconds()

    def next(self) -> str:
        """Begin the next story at once; nothing if there is none."""
        story = self._upcoming
        if story is None:
            return ""
        del self._upcoming
        self._held_seconds = 0.0
        return self.load(story)

    def possible(self) -> Sequence[Trouble]:
        """What can be let happen in the run on show."""
        return self._interventions.possible(self.story)

    def inject(self, words: str) -> str:
        """Let a trouble happen right after the moment on show: its name, and ,gpu=N ,node=N or ,rack=N for where.

        Raises:
            Refused: if it cannot happen, or changes nothing.
        """
        story, self.injected = self._interventions.inject(self.story, self.time_us + 1, words)
        return self.replace(story)

    def open_calls(self) -> Sequence[Call]:
        """What waits for a decision at the moment on show."""
        return self.story.moment(self.time_us).calls

    def offered(self) -> Sequence[Choice]:
        """What can be decided at the moment on show."""
        return self._interventions.offered(self.story, self.time_us)

    def decide(self, words: str) -> str:
        """Decide something right after the moment on show: an action, and ,node=N ,checkpoint=STEP and the like.

        Raises:
            Refused: if the moment does not offer it.
        """
        story, self.decided = self._interventions.decide(self.story, self.time_us + 1, words)
        was_stopped = bool(self.stopped_for)
        text = self.replace(story)
        return text + self.resume() if was_stopped else text

    def incident(self, direction: int) -> str:
        """Jump to the next incident or the previous one; on call the next is known when it calls, and the show stops there.

        Raises:
            Refused: if there is none.
        """
        call = self.story.next_call(self.time_us) if direction > 0 else None
        return self.seek(call[0] - 1) if call else super().incident(direction)

    def score(self) -> Score | None:
        """How the decisions up to the moment on show do; None where nobody decides anything."""
        return self._interventions.score(self.story, self.time_us)

    @cached_property
    def _upcoming(self) -> Story | None:
        """The story after this one; computed when this one has ended, because the show should start at once."""
        return next(self._stories, None)
