"""The player: it turns wall time into the text of one story after another. It never sleeps, reads a clock or writes.

What is on the screen is a function of the moment and the speed: the last screenful of log before it and the live region at it. So
seeking to a moment, playing to it, and repainting after a resize all show the same. Where steps pass faster than can be read, a line
of the log is the mean of ten, a hundred or a thousand; a frame that would scroll past even more leaves the excess out, and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pysim.show.clock import Clock
from pysim.show.frame import Frames
from pysim.show.ledger import Ledger, Told
from pysim.show.tail import Log, Newest, lines_of
from pysim.show.tempo import Tempo, show_tempo
from pysim.show.thinning import items_per_second, log_interval, thinned_looks
from pysim.show.troubles import Refused
from pysim.show.work import Work, done
from pysim.story.explanation import Explanation, Subject, of_event
from pysim.story.reports import Cadence
from pysim.story.story import WHOLE, Acts, Span, Story
from pysim.terminal.screen import MIN_ROWS, Screen
from pysim.views.console.console import Console
from pysim.views.names import COMPARE, CONSOLE, DASHBOARD, WATCHED
from pysim.views.registry import VIEWS, MakeView, cadence, told_at, why_not
from pysim.views.view import ZOOMS, Explainable, Glance, Pointable, Readable, Spot, Telltale, Zoom

if TYPE_CHECKING:
    from pysim.show.looking import Looking, Picture

FRAME_SECONDS = 1 / 30
_IDLE_SECONDS = 3600.0
LOG_PART = "log"  # of a still screen
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
        log_every: int | None = None,
        tempo: MakeTempo = show_tempo,
        speed: float = 1.0,
        span: Span = WHOLE,
    ) -> None:
        self.story = story
        self.screen = screen
        self._log_every = log_every
        self._make_tempo = tempo
        self._clock = Clock(
            self._tempo_of(story), story.end_us, start_us=span.since_us, until_us=span.until_us, speed=speed
        )
        self._frames = Frames()
        self._ledger = Ledger()
        self._looking: Looking | None = None
        self._message = ""
        self._was_paused = False
        self._panel: Sequence[str] = ()
        self.zoom: Zoom = ZOOMS[0]
        self._show(view)

    # Stories

    def load(self, story: Story) -> str:
        """Begin another story, below the log of the one before; where there is no log, in its place."""
        text = self._clear() if self.is_still else self._leave()
        self.story = story
        self._message = ""
        self._clock.load(self._tempo_of(story), story.end_us)
        self._show(self._make_view)
        return text + self._open()

    def replace(self, story: Story) -> str:
        """Go on with a story that has been the same up to now: the past stays, on the screen as well, and the future changes."""
        self.story = story
        self._clock.replace(self._tempo_of(story), story.end_us)
        return self._anew()

    # Time

    @property
    def time_us(self) -> int:
        """The moment on show."""
        return self._clock.time_us

    @property
    def start_us(self) -> int:
        """The moment of the run at which its show begins."""
        return self._clock.start_us

    @property
    def end_us(self) -> int:
        """The length of the run on show."""
        return self.story.end_us

    @property
    def expected_end_us(self) -> int:
        """The same by what who watches may know at the moment on show."""
        return self.story.expected_end_us(self.time_us)

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
        if self.is_still:
            return self._frame([])
        return self._frame((yield from self._log.news(before, self.time_us)))

    @property
    def live_rows(self) -> int:
        """How many rows of the screen, at its end, are no log: they are drawn anew with each frame."""
        return self._frames.rows

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
        """Watch `factor` times as fast. The story's numbers do not change, but a line of its log may stand for more or fewer steps."""
        self._clock.set_speed(factor)
        return self._redraw() if self._cadence == self._cadence_of(self._make_view) else self._anew()

    def restart(self) -> str:
        """Begin the run on show anew, where it began."""
        return self.seek(self._clock.start_us)

    def play_until(self, time_us: int) -> str:
        """Play on, and pause at a moment of the run.

        Raises:
            Refused: if that has passed.
        """
        if time_us <= self.time_us:
            message = "that is not after the moment on show"
            raise Refused(message)
        self._clock.pause_at(time_us)
        return self._redraw()

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
        self._show(self._make_view)
        self._ledger.forget()
        return self._look_at(self._looking.chosen) if self._looking else self._repaint()

    @property
    def has_timeline(self) -> bool:
        """Whether there is one to be pointed at."""
        return self.screen.has_timeline and isinstance(self._view, Pointable) and not self._looking

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

    def panel(self, lines: Sequence[str]) -> str:
        """Show some lines above the live region, or over the end of a view that has the screen for itself; none takes them away."""
        before, self._panel = self._panel, lines
        if lines == before or not self._frames.is_drawn:
            return ""
        return self._redraw() if len(lines) == len(before) or self.is_still else self._repaint()

    # Looking: time stands still, and a panel explains what is chosen on the screen

    @property
    def is_looking(self) -> bool:
        """Whether somebody looks."""
        return self._looking is not None

    def look(self) -> str:
        """Choose the newest line, or on a still screen the first part."""
        if not self._frames.is_drawn:
            return ""
        self._was_paused, self._clock.paused = self.paused, True
        return self._look_at(None)

    def look_on(self, key: str) -> str:
        """A key that chooses another line, turns the page or asks for the truth."""
        if self._looking is None:
            return ""
        self._looking.press(key)
        return self._redraw()

    def look_away(self) -> str:
        """The screen as it was, and time goes on if it did before."""
        if self._looking is None:
            return ""
        self._clock.paused = self._was_paused
        return self._repaint()

    def _look_at(self, chosen: int | None) -> str:
        from pysim.show.looking import Looking  # noqa: PLC0415  # nobody needs it before

        clear = self._clear()
        picture, newest = self._picture()
        first = newest if chosen is None else min(chosen, len(picture.places) - 1)
        self._looking = Looking(self.screen, picture, self.explained, first)
        return self._frames.frame([], self._looking.lines(), clear)

    def _picture(self) -> tuple["Picture", int]:
        """The screen as it is, what stands where on it, and which of that is the newest line."""
        from pysim.show.looking import Picture, place_of, places_of  # noqa: PLC0415

        told = [] if self.is_still else self._tail()
        log = lines_of(told)
        written = places_of(told, 0, self.screen.columns)
        spots = [place_of(spot, len(log)) for spot in self._spots()]
        still = next((place for place in spots if place.subject.name == LOG_PART), None)
        if still is not None:
            spots.remove(still)
            spots += places_of(self._tail(still.rows), still.row, still.columns)
        lines = [*log, *self._view.live(self._glance())]
        return Picture(lines, [*written, *spots]), max(len(written) - 1, 0)

    # What stands where

    def subject_at(self, rows_up: int, column: int) -> Subject | None:
        """What a cell of the screen or of the log above it stands for, its row counted from the last one; None for nothing."""
        live = self._frames.rows
        if rows_up >= live:
            event = self._ledger.event(rows_up - live)
            return of_event(event) if event else None
        row = live - 1 - rows_up
        found = [spot for spot in self._spots() if spot.has(row, column)]
        return self._in_log(found[-1], row) if found else None

    def reading_at(self, rows_up: int, column: int) -> str:
        """What a chart has at a cell of the screen, its row counted from the last one; empty where there is none."""
        row, view = self._frames.rows - 1 - rows_up, self._view
        return view.reading(self._glance(), row, column) if isinstance(view, Readable) and row >= 0 else ""

    def newest_by(self, time_us: int) -> Subject | None:
        """The event that is written last by a time, whatever view is on; None before the first one, and after what was shown."""
        log = Log(self.story, Console(self.story.header, self.screen), 1)
        told = [event for event, lines in done(log.tail(0, min(time_us, self.end_us) + 1)).told if lines and event]
        return of_event(told[-1]) if told else None

    def explained(self, subject: Subject) -> Explanation:
        """What there is to say of it now."""
        if subject.kind == "event" and subject.event is None:  # the fleet, which is looked at when somebody asks
            subject = replace(subject, event=self.story.fleet(self.time_us))
        told = self.story.explain(subject, self.time_us)
        if subject.event is None or subject.focus or not isinstance(self._view, Telltale):
            return told
        printed = self._view.printed(subject.event)  # what the line has comes first
        return replace(
            told, numbers=tuple(sorted(told.numbers, key=lambda each: each.name.replace(" ", "_") not in printed))
        )

    def _spots(self) -> Sequence[Spot]:
        view = self._view
        return view.spots(self._glance()) if isinstance(view, Explainable) else ()

    def _in_log(self, spot: Spot, row: int) -> Subject:
        """A spot; of lines of the log that a still screen shows, the event of a row of them."""
        if spot.subject.name != LOG_PART:
            return spot.subject
        told = self._tail(spot.rows)
        owners = [event for event, lines in told for _ in lines]
        at = row - spot.row
        return of_event(event) if at < len(owners) and (event := owners[at]) else spot.subject

    def _tail(self, rows: int = 0) -> Sequence[Told]:
        """The last screenful of log, or so many rows of it."""
        return self._newest.told(self.time_us, rows) if rows else done(self._log.tail(0, self.time_us)).told

    @property
    def log_every(self) -> int | None:
        """Steps in a line of the log, where that was asked for."""
        return self._log_every

    @property
    def view(self) -> MakeView:
        """What makes the view."""
        return self._make_view

    def set_view(self, view: MakeView) -> str:
        """Show the same moment through another view.

        Raises:
            Refused: if it cannot tell this run.
        """
        why = why_not(view, self.story.header)
        if why:
            message = f"{_name(view)} {why}"
            raise Refused(message)
        self._show(view)
        return self._repaint() if self._frames.is_drawn else ""

    @property
    def is_still(self) -> bool:
        """Whether the view has the screen for itself, without a log that scrolls."""
        return self._view.live_rows >= max(self.screen.rows, MIN_ROWS)

    def switch_view(self) -> str:
        """From the dashboard to the comparison if there is one, else to the console, and from any other view to the dashboard."""
        following = {VIEWS[COMPARE]: CONSOLE, VIEWS[DASHBOARD]: COMPARE if self.story.beside else CONSOLE}
        return self.set_view(VIEWS[following.get(self._make_view, DASHBOARD)])

    def next_view(self) -> str:
        """The next of the views that can be watched and can tell this run."""
        names = WATCHED[WATCHED.index(_name(self._make_view)) + 1 :] + WATCHED
        name = next(name for name in names if self._can_show(name))
        return self.set_view(VIEWS[name]) + self.message(f"view: {name}")

    def _can_show(self, name: str) -> bool:
        has_all = name != COMPARE or bool(self.story.beside)
        return has_all and not why_not(VIEWS[name], self.story.header)

    def zoom_on(self) -> str:
        """The next zoom; where there are no charts, nothing."""
        return self.set_zoom(ZOOMS[(ZOOMS.index(self.zoom) + 1) % len(ZOOMS)]) if self.is_still else ""

    def set_zoom(self, zoom: Zoom) -> str:
        """Let charts show more or less of the run."""
        self.zoom = zoom
        return self._redraw() if self._frames.is_drawn else ""

    def finish(self) -> str:
        """Leave the terminal tidy: the cursor goes below the live region, colours off."""
        return self._frames.finish()

    def _leave(self) -> str:
        """The same, for more log below: the live region stays above it."""
        self._ledger.wrote_other(self._frames.rows)
        return self._frames.finish()

    def _clear(self) -> str:
        """Take everything off the screen; what has scrolled away stays."""
        self._looking = None
        self._ledger.erased(max(self.screen.rows - self._frames.rows, 0))
        return self._frames.clear()

    def _show(self, view: MakeView) -> None:
        """Make a view of the story for the screen; where it cannot be had yet, nothing has changed."""
        if why_not(view, self.story.header):  # that of an earlier run
            view = VIEWS[CONSOLE]
        told = self._cadence_of(view)
        self._view = view(told_at(self.story.header, told), self.screen)
        self._make_view, self._cadence = view, told
        self._steps = self._steps_passed()
        self._log = Log(self.story, self._view, self.screen.rows, self._cadence)
        self._newest = Newest(self.story, self._view, self._cadence)

    def _anew(self) -> str:
        """Another view. The log on the screen stays, unless its lines stand for more or fewer steps now."""
        before = self._cadence
        self._show(self._make_view)
        return self._redraw() if self._cadence == before or not self._frames.is_drawn else self._repaint()

    def _cadence_of(self, view: MakeView) -> Cadence:
        """How the log tells of steps in a view, at the present speed."""
        told = cadence(view, self._log_every)
        pace = self._pace * self.speed
        if told.reports and told.reports.look_seconds:
            return thinned_looks(told.reports, self.story.header, pace)
        return Cadence(told.every * log_interval(pace / told.every), told.reports)

    def _tempo_of(self, story: Story) -> Tempo:
        """How its time passes; that says how fast its steps flow."""
        acts = story.acts()
        tempo = self._make_tempo(acts)
        self._pace = items_per_second(acts, tempo, story.header.step_seconds)
        return tempo

    def _open(self, clear: str = "") -> str:
        if self.is_still:
            return self._frame([], clear)
        return self._frame(self._tail(self._free_rows), clear)

    def _redraw(self) -> str:
        if self._looking:
            return self._frames.frame([], self._looking.lines())
        return self._frame([]) if self._frames.is_drawn else self._open()

    def _repaint(self) -> str:
        return self._open(self._clear())

    def _frame(self, told: Sequence[Told], clear: str = "") -> str:
        self._ledger.wrote(self.story, self._cadence, told)
        live = self._view.live(self._glance())
        if self._panel:
            live = [*live[: len(live) - len(self._panel)], *self._panel] if self.is_still else [*self._panel, *live]
        return self._frames.frame(lines_of(told), live, clear)

    @property
    def _free_rows(self) -> int:
        """Rows of log beside a panel; 0: as many as there are."""
        return max(self.screen.rows - self._view.live_rows - len(self._panel), 1) if self._panel else 0

    def _glance(self) -> Glance:
        time_us = self.time_us
        return Glance(
            self.story,
            self.story.moment(time_us),
            self._note(),
            self.zoom,
            lambda rows: self._newest.lines(time_us, rows),
            self._steps,
        )

    def _steps_passed(self) -> tuple[int, int] | None:
        """The first and the last step of a show that ends before its run does; None where it shows all, or none."""
        since_us, until_us = self._clock.start_us, self._clock.stops_at_us
        if until_us is None:
            return None
        first, last = self.story.moment(since_us).step + 1, self.story.moment(until_us).step
        return (first, last) if first < last else None

    def _note(self) -> str:
        if self._message:
            return self._message
        speed = f"{self.speed:g}x" if self.speed != 1.0 else ""
        return " ".join(word for word in (speed, "paused" if self.paused else "") if word)


def _name(view: MakeView) -> str:
    """A view's name in the registry."""
    return next(name for name, make in VIEWS.items() if make is view)
