"""The player: it turns wall time into the text of one story after another. It never sleeps, reads a clock or writes.

What is on the screen is a function of the moment alone: the last screenful of log before it and the live region at it. So
seeking to a moment, playing to it, and repainting after a resize all show the same; a frame that would scroll past more than
anybody could read leaves the excess out, and says so.
"""

from collections.abc import Callable, Sequence

from pysim.show.clock import Clock
from pysim.show.frame import Frames
from pysim.show.tail import Log
from pysim.show.tempo import Tempo, show_tempo
from pysim.show.troubles import Refused
from pysim.show.work import Work, done
from pysim.story.story import WHOLE, Acts, Span, Story
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import MakeView
from pysim.views.view import Glance, Pointable

FRAME_SECONDS = 1 / 30
_IDLE_SECONDS = 3600.0
_JUST_BEGUN_SECONDS = 1.0  # since a chapter began: going back then means the one before

MakeTempo = Callable[[Acts], Tempo]


class Player:
    """Plays a story on a screen, through a view. Methods that change the screen return the text to write."""

    def __init__(
        self,
        story: Story,
        screen: Screen,
        *,
        view: MakeView = Console,
        tempo: MakeTempo = show_tempo,
        speed: float = 1.0,
        span: Span = WHOLE,
    ) -> None:
        self.story = story
        self.screen = screen
        self._make_view = view
        self._make_tempo = tempo
        self._clock = Clock(
            tempo(story.acts()), story.end_us, start_us=span.since_us, until_us=span.until_us, speed=speed
        )
        self._frames = Frames()
        self._message = ""
        self._show()

    # Stories

    def load(self, story: Story) -> str:
        """Begin another story, below the log of the one before."""
        text = self._frames.finish()
        self.story = story
        self._message = ""
        self._clock.load(self._make_tempo(story.acts()), story.end_us)
        self._show()
        return text + self._open()

    def replace(self, story: Story) -> str:
        """Go on with a story that has been the same up to now: the past stays, on the screen as well, and the future changes."""
        self.story = story
        self._clock.replace(self._make_tempo(story.acts()), story.end_us)
        self._show()
        return self._redraw()

    # Time

    @property
    def time_us(self) -> int:
        """The moment on show."""
        return self._clock.time_us

    @property
    def end_us(self) -> int:
        """The length of the run on show."""
        return self.story.end_us

    @property
    def tempo(self) -> Tempo:
        """How run time passes."""
        return self._clock.tempo

    @property
    def show_seconds(self) -> float:
        """How long a viewer who skipped nothing would have watched."""
        return self._clock.show_seconds

    @property
    def paused(self) -> bool:
        """Whether time stands still."""
        return self._clock.paused

    @property
    def speed(self) -> float:
        """Show seconds per second."""
        return self._clock.speed

    @property
    def ended(self) -> bool:
        """Whether everything was shown."""
        return self._clock.ended

    def advance(self, wall_seconds: float) -> str:
        """Let wall time pass; return what it brings to the screen."""
        return done(self.advancing(wall_seconds))

    def advancing(self, wall_seconds: float) -> Work[str]:
        """The same bit by bit. Whoever begins it finishes it before asking for anything else."""
        if not self._frames.is_drawn:
            return self._open()
        if self._clock.paused or self._clock.ended:
            return ""
        before = self.time_us
        self._clock.advance(wall_seconds)
        return self._frame((yield from self._log.news(before, self.time_us)))

    def next_frame_seconds(self) -> float:
        """How long a caller may sleep before something changes."""
        is_still = self._clock.paused or self._clock.ended
        return _IDLE_SECONDS if self._frames.is_drawn and is_still else FRAME_SECONDS

    def pause(self) -> str:
        """Stop time."""
        self._clock.paused = True
        return self._redraw()

    def resume(self) -> str:
        """Let time go on."""
        self._clock.paused = False
        return self._redraw()

    def set_speed(self, factor: float) -> str:
        """Watch `factor` times as fast. The story's numbers do not change."""
        self._clock.set_speed(factor)
        return self._redraw()

    def restart(self) -> str:
        """Begin the run on show anew, where it began."""
        return self.seek(self._clock.start_us)

    def seek(self, time_us: int) -> str:
        """Jump to a moment of the run."""
        self._clock.seek(time_us)
        return self._repaint()

    def skip_show(self, show_seconds: float) -> str:
        """Jump by seconds of show."""
        self._clock.skip(show_seconds)
        return self._repaint()

    def chapter(self, direction: int) -> str:
        """Jump to the next chapter, or with -1 to the previous one."""
        chapters = self.story.chapters()
        if direction > 0:
            return self.seek(chapters.after(self.time_us).time_us)
        found_us = chapters.before(self.time_us).time_us
        if self._has_just_begun(found_us):
            found_us = chapters.before(found_us).time_us
        return self.seek(found_us)

    def incident(self, direction: int) -> str:
        """Jump to where the next incident begins, or with -1 the previous one.

        Raises:
            Refused: if there is none.
        """
        marks = self.story.marks()
        if direction > 0:
            found = marks.incident_after(self.time_us)
        else:
            found = marks.incident_before(self.time_us)
            if found and self._has_just_begun(found.time_us):
                found = marks.incident_before(found.time_us) or found
        if found is None:
            message = f"nothing goes wrong {'after' if direction > 0 else 'before'} this"
            raise Refused(message)
        return self.seek(found.time_us)

    def _has_just_begun(self, time_us: int) -> bool:
        """Whether somebody who goes back means what was before that."""
        return not self.paused and self._clock.seconds_since(time_us) < _JUST_BEGUN_SECONDS

    # Screen

    def resize(self, screen: Screen) -> str:
        """Adapt to another screen at once."""
        self.screen = screen
        self._show()
        return self._repaint()

    @property
    def has_timeline(self) -> bool:
        """Whether there is one to be pointed at."""
        return self.screen.has_timeline and isinstance(self._view, Pointable)

    def pointed_us(self, rows_up: int, column: int, *, is_dragged: bool) -> int | None:
        """The moment that a cell of the live region stands for, counted from the last row and the first column; None for none."""
        view = self._view
        return (
            view.time_at(self._glance(), rows_up, column, is_dragged=is_dragged)
            if isinstance(view, Pointable)
            else None
        )

    def message(self, text: str) -> str:
        """Show a line in the live region until the next one; empty text takes it away."""
        self._message = text
        return self._redraw()

    def finish(self) -> str:
        """Leave the terminal tidy: the cursor goes below the live region, colours off."""
        return self._frames.finish()

    def _show(self) -> None:
        """Make a view of the story for the screen."""
        self._view = self._make_view(self.story.header, self.screen)
        self._log = Log(self.story, self._view, self.screen.rows)

    def _open(self, clear: str = "") -> str:
        return self._frame(done(self._log.tail(0, self.time_us)).lines, clear)

    def _redraw(self) -> str:
        return self._frame([]) if self._frames.is_drawn else self._open()

    def _repaint(self) -> str:
        return self._open(self._frames.clear())

    def _frame(self, log: Sequence[str], clear: str = "") -> str:
        return self._frames.frame(log, self._view.live(self._glance()), clear)

    def _glance(self) -> Glance:
        return Glance(self.story, self.story.moment(self.time_us), self._note())

    def _note(self) -> str:
        if self._message:
            return self._message
        speed = f"{self.speed:g}x" if self.speed != 1.0 else ""
        return " ".join(word for word in (speed, "paused" if self.paused else "") if word)
