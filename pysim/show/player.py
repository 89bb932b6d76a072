"""The player: it owns the clock of a show and turns wall time into text. It never sleeps, reads a clock or writes.

The screen is a scrolling log above a live region of fixed height. A frame moves up to the live region, writes new log lines
over it, and draws it again below them, wrapped in synchronised output. What is on the screen is a function of the moment
alone: the last screenful of log before it and the live region at it. So seeking to a moment, playing to it, and repainting
after a resize all show the same; a frame that would scroll past more than anybody could read leaves the excess out, and
says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pysim.show.tempo import Tempo, show_tempo
from pysim.show.work import Work, done
from pysim.story.events import ITEMS, Event
from pysim.story.story import Story
from pysim.terminal.ansi import BEGIN_SYNC, CLEAR_LINE_END, CLEAR_SCREEN, END_SYNC, RESET, cursor_up
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.registry import MakeView
from pysim.views.text import duration

FRAME_SECONDS = 1 / 30
_IDLE_SECONDS = 3600.0
_JUST_BEGUN_SECONDS = 1.0  # since a chapter began: going back then means the one before
_READABLE_SCREENS = 2  # log lines of one frame, in screens, past which some are left out
_SLOWEST, _FASTEST = 0.01, 1e6
_FIRST_TAIL_STEPS = 16  # of the span in which a screenful is looked for first
_LINE_END = "\r\n"

_Told = tuple[Event, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Tail:
    """The end of a log: its lines, the moment of the first, and how many steps are among them."""

    lines: list[str]
    since_us: int
    steps: int


class Player:
    """Plays one story on one screen, through a view. Methods that change the screen return the text to write."""

    def __init__(
        self,
        story: Story,
        screen: Screen,
        *,
        view: MakeView = Console,
        tempo: Tempo | None = None,
        speed: float = 1.0,
        start_us: int = 0,
        until_us: int | None = None,
    ) -> None:
        self.story = story
        self.tempo = tempo or show_tempo(story.acts())
        self.time_us = start_us
        self.end_us = story.end_us
        self.paused = False
        self.speed = speed
        self._until_us = story.end_us + 1 if until_us is None else min(until_us, story.end_us + 1)
        self._show_seconds = self.tempo.show_seconds(start_us)
        self._message = ""
        self._make_view = view
        self._region: Sequence[str] = []  # the live region as it is on the screen; empty before the first frame
        self._set_screen(screen)

    # Time

    @property
    def ended(self) -> bool:
        """Whether everything was shown."""
        return self.time_us >= self._until_us

    @property
    def show_seconds(self) -> float:
        """How long a viewer who skipped nothing would have watched."""
        return self._show_seconds

    def advance(self, wall_seconds: float) -> str:
        """Let wall time pass; return what it brings to the screen."""
        return done(self.advancing(wall_seconds))

    def advancing(self, wall_seconds: float) -> Work[str]:
        """The same bit by bit. Whoever begins it finishes it before asking for anything else."""
        if not self._region:
            return self._open()
        if self.paused or self.ended:
            return ""
        before = self.time_us
        self._go_to(self._show_seconds + wall_seconds * self.speed)
        return self._frame((yield from self._news(before)))

    def next_frame_seconds(self) -> float:
        """How long a caller may sleep before something changes."""
        return _IDLE_SECONDS if self._region and (self.paused or self.ended) else FRAME_SECONDS

    def pause(self) -> str:
        """Stop time."""
        self.paused = True
        return self._redraw()

    def resume(self) -> str:
        """Let time go on."""
        self.paused = False
        return self._redraw()

    def set_speed(self, factor: float) -> str:
        """Watch `factor` times as fast. The story's numbers do not change."""
        self.speed = min(max(factor, _SLOWEST), _FASTEST)
        return self._redraw()

    def seek(self, time_us: int) -> str:
        """Jump to a moment of the run."""
        self.time_us = min(max(time_us, 0), self._until_us)
        self._show_seconds = self.tempo.show_seconds(self.time_us)
        return self._repaint()

    def skip_show(self, show_seconds: float) -> str:
        """Jump by seconds of show."""
        return self.seek(self.tempo.run_us(max(self._show_seconds + show_seconds, 0.0)))

    def chapter(self, direction: int) -> str:
        """Jump to the next chapter, or with -1 to the previous one."""
        chapters = self.story.chapters()
        if direction > 0:
            return self.seek(chapters.after(self.time_us).time_us)
        found_us = chapters.before(self.time_us).time_us
        if not self.paused and self._seconds_since(found_us) < _JUST_BEGUN_SECONDS:
            found_us = chapters.before(found_us).time_us
        return self.seek(found_us)

    def _seconds_since(self, time_us: int) -> float:
        """How long ago a moment was on show, at the present speed."""
        return (self._show_seconds - self.tempo.show_seconds(time_us)) / self.speed

    # Screen

    def resize(self, screen: Screen) -> str:
        """Adapt to another screen at once."""
        self._set_screen(screen)
        return self._repaint()

    def message(self, text: str) -> str:
        """Show a line in the live region until the next one; empty text takes it away."""
        self._message = text
        return self._redraw()

    def finish(self) -> str:
        """Leave the terminal tidy: the cursor goes below the live region, colours off."""
        if not self._region:
            return ""
        self._region = []
        return f"{RESET}{_LINE_END}"

    def _set_screen(self, screen: Screen) -> None:
        self.screen = screen
        self._view = self._make_view(self.story.header, screen)

    @property
    def _log_rows(self) -> int:
        return max(self.screen.rows - self._view.live_rows, 1)

    def _go_to(self, show_seconds: float) -> None:
        self.time_us = min(max(self.tempo.run_us(show_seconds), self.time_us), self._until_us)
        self._show_seconds = show_seconds if self.time_us < self._until_us else self.tempo.show_seconds(self.time_us)

    def _open(self, clear: str = "") -> str:
        return self._frame(done(self._tail(0, self.time_us)).lines, clear)

    def _redraw(self) -> str:
        return self._frame([]) if self._region else self._open()

    def _repaint(self) -> str:
        self._region = []
        return self._open(CLEAR_SCREEN)

    def _frame(self, log: list[str], clear: str = "") -> str:
        """New log lines over the old live region, and the live region below them; nothing if nothing changed."""
        live = self._view.live(self.story.moment(self.time_us), self._note())
        old, self._region = self._region, live
        if log or not old:
            body = "".join(f"{CLEAR_LINE_END}{line}{_LINE_END}" for line in log) + _rows(live)
        elif live == old:
            return ""
        else:
            body = _rows(live, old)
        up = cursor_up(self._view.live_rows - 1) if old else ""
        return f"{BEGIN_SYNC}{clear}{up}{body}{END_SYNC}"

    def _note(self) -> str:
        if self._message:
            return self._message
        speed = f"{self.speed:g}x" if self.speed != 1.0 else ""
        return " ".join(word for word in (speed, "paused" if self.paused else "") if word)

    # The log

    def _news(self, since_us: int) -> Work[list[str]]:
        """Log lines of [since_us, now); if they are too many to read, the last screenful and what was left out."""
        steps = self.story.items_before(self.time_us) - self.story.items_before(since_us)
        if steps <= _READABLE_SCREENS * self.screen.rows:
            told = yield from self._tell(self.story.narrate(since_us, self.time_us))
            return [line for _, lines in told for line in lines]
        tail = yield from self._tail(since_us, self.time_us)
        passed = duration((tail.since_us - since_us) / 1e6)
        return [f"... {steps - tail.steps:,} steps in {passed} not shown", *tail.lines]

    def _tail(self, since_us: int, until_us: int) -> Work[_Tail]:
        """The last screenful of log lines in [since_us, until_us), found by telling ever earlier spans."""
        told: list[_Told] = []
        span_us = round(self.story.header.step_seconds * 1e6 * _FIRST_TAIL_STEPS)
        start_us = until_us
        while start_us > since_us and _count(told) < self._log_rows:
            end_us, start_us = start_us, max(start_us - span_us, since_us)
            told = (yield from self._told_back(start_us, end_us, self._log_rows - _count(told))) + told
            span_us *= 3
        return _Tail(
            [line for _, lines in told for line in lines][-self._log_rows :],
            round(told[0][0].time_seconds * 1e6) if told else since_us,
            sum(isinstance(event, ITEMS) for event, _ in told),
        )

    def _told_back(self, since_us: int, until_us: int, rows: int) -> Work[list[_Told]]:
        """The last events of a span with their lines, as many as fill `rows`, or all."""
        told: list[_Told] = []
        for event in reversed(list(self.story.narrate(since_us, until_us))):
            if _count(told) >= rows:
                break
            told += yield from self._tell([event])
        return told[::-1]

    def _tell(self, events: Iterable[Event]) -> Work[list[_Told]]:
        told: list[_Told] = []
        for event in events:
            told.append((event, self._view.lines(event)))
            yield
        return told


def _count(told: list[_Told]) -> int:
    return sum(len(lines) for _, lines in told)


def _rows(lines: Sequence[str], old: Sequence[str] | None = None) -> str:
    """The live region's rows; those that are already on the screen are passed over."""
    known = old or [""] * len(lines)
    return _LINE_END.join(
        "" if line == before else f"{CLEAR_LINE_END}{line}" for line, before in zip(lines, known, strict=True)
    )
