"""A show: story after story on one screen."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from pysim.show.player import FRAME_SECONDS, Player
from pysim.show.tempo import Tempo, show_tempo
from pysim.show.work import Work, done
from pysim.story.story import WHOLE, Act, Span, Story
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import MakeView

HOLD_SECONDS = 8.0  # of show, between the end of a run and the start of the next


class Show:
    """Plays story after story on one screen: a few seconds after one ends, the next begins. Otherwise like a `Player`."""

    def __init__(
        self,
        stories: Iterator[Story],
        screen: Screen,
        *,
        view: MakeView = Console,
        tempo: Callable[[Sequence[Act]], Tempo] = show_tempo,
        speed: float = 1.0,
        span: Span = WHOLE,
    ) -> None:
        """Play `stories`; `span` is the part of the first one that is shown.

        Raises:
            ValueError: if there is no story.
        """
        first = next(stories, None)
        if first is None:
            message = "a show needs at least one run"
            raise ValueError(message)
        self._stories = stories
        self._tempo = tempo
        self._make_view = view
        self._player = Player(
            first,
            screen,
            view=view,
            tempo=tempo(first.acts()),
            speed=speed,
            start_us=span.since_us,
            until_us=span.until_us,
        )
        self._held_seconds = 0.0

    @property
    def player(self) -> Player:
        """The player of the run on show."""
        return self._player

    @property
    def story(self) -> Story:
        """The story on show."""
        return self._player.story

    @property
    def time_us(self) -> int:
        """The moment on show."""
        return self._player.time_us

    @property
    def end_us(self) -> int:
        """The length of the run on show."""
        return self._player.end_us

    @property
    def paused(self) -> bool:
        """Whether time stands still."""
        return self._player.paused

    @property
    def speed(self) -> float:
        """Show seconds per second."""
        return self._player.speed

    @property
    def ended(self) -> bool:
        """Whether the last run was shown to its end."""
        return self._player.ended and self._upcoming is None

    def advance(self, wall_seconds: float) -> str:
        """Let wall time pass; the next run begins when the present one was held long enough."""
        return done(self.advancing(wall_seconds))

    def advancing(self, wall_seconds: float) -> Work[str]:
        """The same bit by bit."""
        if not self._player.ended:
            self._held_seconds = 0.0
            return (yield from self._player.advancing(wall_seconds))
        if self._upcoming is None or self.paused:
            return ""
        self._held_seconds += wall_seconds * self.speed
        return self._begin(self._upcoming) if self._held_seconds >= HOLD_SECONDS else ""

    def next_frame_seconds(self) -> float:
        """How long a caller may sleep before something changes."""
        waiting = self._player.ended and self._upcoming is not None and not self.paused
        return FRAME_SECONDS if waiting else self._player.next_frame_seconds()

    def pause(self) -> str:
        """Stop time."""
        return self._player.pause()

    def resume(self) -> str:
        """Let time go on."""
        return self._player.resume()

    def set_speed(self, factor: float) -> str:
        """Watch `factor` times as fast."""
        return self._player.set_speed(factor)

    def seek(self, time_us: int) -> str:
        """Jump to a moment of the run on show."""
        return self._player.seek(time_us)

    def skip_show(self, show_seconds: float) -> str:
        """Jump by seconds of show."""
        return self._player.skip_show(show_seconds)

    def chapter(self, direction: int) -> str:
        """Jump to the next chapter, or with -1 to the previous one."""
        return self._player.chapter(direction)

    def resize(self, screen: Screen) -> str:
        """Adapt to another screen at once."""
        return self._player.resize(screen)

    def message(self, text: str) -> str:
        """Show a line in the live region."""
        return self._player.message(text)

    def finish(self) -> str:
        """Leave the terminal tidy."""
        return self._player.finish()

    @cached_property
    def _upcoming(self) -> Story | None:
        """The story after this one; computed when this one has ended, because the show should start at once."""
        return next(self._stories, None)

    def _begin(self, story: Story) -> str:
        """The next story takes over below the log of the one before."""
        old = self._player
        text = old.finish()
        self._player = Player(story, old.screen, view=self._make_view, tempo=self._tempo(story.acts()), speed=old.speed)
        del self._upcoming
        return text + self._player.advance(0.0)
