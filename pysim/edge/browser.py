"""The edge to the page: what its worker calls. It imports no `js`: text and JSON cross the border, nothing else.

One call a frame, one string back. Commands come between frames as a name and a text argument; a command or an argument that
means nothing changes nothing. The options of the query string are those of the command line, read by the same code.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, TypeVar, cast

from pysim.catalog import UnknownName
from pysim.edge import protocol, shapes
from pysim.edge.passing import Passing
from pysim.edge.places import place_us
from pysim.edge.playlist import notes
from pysim.edge.programme import Programme
from pysim.edge.query import changed, given, only
from pysim.edge.staging import Unfitting, explain, opening
from pysim.options.settings import Problem, parse_query
from pysim.options.values import LARGEST_SEED
from pysim.show.player import Player
from pysim.show.show import Show
from pysim.show.troubles import Refused, matching
from pysim.show.work import Work, done
from pysim.story.explanation import Subject
from pysim.story.header import Header
from pysim.story.moment import Moment
from pysim.story.story import Span
from pysim.terminal.ansi import HIDE_CURSOR
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS, Screen
from pysim.views.names import WATCHED
from pysim.views.registry import VIEWS
from pysim.views.text import duration, loss
from pysim.views.view import ZOOMS
from pysim.wording import escaped, quoted

if TYPE_CHECKING:
    from pysim.pretraining.story import PretrainingStory

Name = TypeVar("Name", bound=str)
LISTED_CHAPTERS = 200
LISTED_MARKS = 120  # of a kind; in a long run each costs a millisecond
_KEPT = ("seed", "tempo", "speed-factor", "show")  # of a query that asks for a run that cannot be
_OF_PRESET = (
    "preset",
    "from",
    "until",
    "inject",
    "on-call",
    "decide",
    "scenario",
    *_KEPT,
)  # the same, as long as its preset can be
RECORDED_SECONDS = 120.0  # of show, at most, in a downloaded recording
RECORDED_FRAMES_PER_SECOND = 10


def open_show(query: str, columns: int, rows: int, now: int = 0) -> "Session":
    """A show for a URL's query string on a screen of that size; `now` (Unix seconds) is what `start=now` means.

    What cannot be used is replaced by its default and named in `Session.problems`.
    """
    _, problems = parse_query(query, protocol.PAGE_OPTIONS)
    return _opened(query.removeprefix("?"), problems, _screen(columns, rows), now)


def open_beforehand() -> None:
    """Opens the show that is opened where nothing is asked for, and lets go of it: its run stays at hand, without single steps.

    For whoever keeps the memory that this leaves.
    """
    story = open_show("", MIN_COLUMNS, MIN_ROWS).show.story
    cast("PretrainingStory", story).run.timeline.forget_steps()


def _opened(query: str, problems: tuple[Problem, ...], screen: Screen, now: int) -> "Session":
    """What cannot be is left out, and no more than that: the option that is to blame, else all but the preset, else that too."""
    settings, _ = parse_query(query, protocol.PAGE_OPTIONS)
    try:
        return Session(query, (*problems, *notes(settings, now)), screen, now)
    except ValueError as error:
        message = explain(error)
        if message is None:
            raise
        unknown = isinstance(error, UnknownName)  # of all names only causes are looked up when the run is told
        problem = Problem("inject", None, message) if unknown else _problem(message)
        if isinstance(error, Unfitting):
            return _opened(_without_decision(query, error.text), (*problems, problem), screen, now)
        return _opened(_without(query, problem.option), (*problems, problem), screen, now)


def _without_decision(query: str, text: str) -> str:
    """A decision that does not go with the run is left out, and no other."""
    settings, _ = parse_query(query, protocol.PAGE_OPTIONS)
    return changed(query, {"decide": tuple(each.text for each in settings.decide if each.text != text)})


def _without(query: str, option: str) -> str:
    """A shorter query: it has to end somewhere."""
    less = (changed(query, {option: None}), only(query, _OF_PRESET), only(query, _KEPT))
    return next((shorter for shorter in less if given(shorter) < given(query)), "")


class Session:
    """One show on the page."""

    def __init__(self, query: str, problems: tuple[Problem, ...], screen: Screen, now: int) -> None:
        """Open the show that a query asks for.

        Raises:
            ValueError: if the plan cannot be, or a place is not in the run.
        """
        self._problems = problems
        self._now = now
        self._open(query, screen)

    def _open(self, query: str, screen: Screen) -> None:
        settings, _ = parse_query(query, protocol.PAGE_OPTIONS)
        screen = replace(screen, parts=settings.show)
        programme = Programme(settings, self._now)
        self.show = opening(programme.stories(), settings, screen, programme).show()
        self._query, self._programme, self._view_asked = query, programme, settings.view
        self._on_call = settings.on_call
        self.opening = HIDE_CURSOR
        self._unwritten = self.opening
        self._refusal = ""
        self._passing = Passing()

    @property
    def query(self) -> str:
        """What asks for the run on show: the show's own query, or in a later run what would make that the first."""
        instead = {**self._programme.instead(self.show.story), **self._other_view}
        return changed(self._query, instead) if instead else self._query

    @property
    def _other_view(self) -> Mapping[str, str]:
        """The option for the view on show, if it is not the one that was asked for."""
        name = next(name for name, make in VIEWS.items() if make is self.show.view)
        return {} if name == self._view_asked else {"view": name}

    @property
    def problems(self) -> str:
        """Values of the query string that could not be used, as JSON."""
        listed: list[protocol.Problem] = [
            {"option": p.option, "value": None if p.value is None else escaped(p.value), "message": p.message}
            for p in self._problems
        ]
        return json.dumps(listed)

    def frame(self, wall_seconds: float) -> str:
        """Text to write after that much time."""
        return done(self.framing(wall_seconds))

    def framing(self, wall_seconds: float) -> Work[str]:
        """The same bit by bit; nothing else may be asked before it is done."""
        text, self._unwritten = self._unwritten, ""
        story, since_us = self.show.story, self.show.time_us
        text += yield from self.show.advancing(wall_seconds)
        if self.show.story is story:
            self._passing.play(story, since_us, self.show.time_us)
        return text

    def command(self, name: str, argument: str = "") -> str:
        """Do what a control asks for; text to write."""
        action = COMMANDS.get(name)
        try:
            return action(self, argument) if action else ""
        except (ValueError, OverflowError):
            return ""

    @property
    def refusal(self) -> str:
        """Why what was asked for last does not happen; empty if it does."""
        return self._refusal

    def possible(self, typed: str) -> str:
        """What can be let happen in the run on show and is meant by what was typed, as JSON; the likeliest first."""
        found = matching(self.show.possible(), typed)
        listed: list[protocol.Trouble] = [
            {"name": trouble.name, "title": trouble.title, "hits": trouble.hits} for trouble in found
        ]
        return json.dumps(listed)

    def explain(self, wish: str) -> str:
        """What there is to say of a cell or of a time, as JSON; null where there is nothing, or nothing is meant."""
        subject = self._meant(wish)
        if subject is None:
            return "null"
        explained = shapes.explained(self.show.explained(subject))
        here = self.reading(wish.removeprefix("row "))
        if here:
            explained["numbers"].insert(0, {"name": "here", "text": here, "formula": "", "meaning": ""})
        return json.dumps(explained)

    def reading(self, cell: str) -> str:
        """What a chart has at a cell, in one line; empty where there is none, or no cell is meant."""
        try:
            return self.show.reading_at(*_cell(cell))
        except ValueError:
            return ""

    def _meant(self, wish: str) -> Subject | None:
        kind, _, words = wish.partition(" ")
        try:
            return WISHES[kind](self.show, words) if kind in WISHES else None
        except (ValueError, OverflowError):
            return None

    def weighing(self) -> str:
        """What the run on show is and can be compared with, as JSON."""
        from pysim.views.compare.table import blocks, weighed  # noqa: PLC0415 - the page fetches it when it is first asked for

        story = self.show.story
        suggested = self._programme.weighable(story)
        answer: protocol.Weighing = {
            "suggestions": [{"change": each.change, "title": each.title} for each in suggested],
            "runs": [
                {"letter": each.letter, "change": each.change, "with_it": list(each.with_it)} for each in weighed(story)
            ],
            "blocks": [
                {
                    "title": block.title,
                    "heads": list(block.heads),
                    "rows": [{"name": name, "cells": list(cells)} for name, cells in block.rows],
                }
                for block in (blocks(story, self.show.time_us) if story.beside else ())
            ],
        }
        return json.dumps(answer)

    def offers(self) -> str:
        """What waits for a decision, and what can be decided now, as JSON."""
        show = self.show
        answer: protocol.Offers = {
            "calls": shapes.calls(show.story.moment(show.time_us)),
            "choices": [shapes.choice(choice) for choice in show.offered()],
        }
        return json.dumps(answer)

    def meaning(self, words: str) -> str:
        """What a value means that is written for a decision: an action, and ,name=value."""
        action, _, given = words.partition(",")
        name, _, text = given.partition("=")
        choices = (choice for choice in self.show.offered() if choice.name == action)
        arguments = (each for choice in choices for each in choice.arguments if each.name == name)
        return next((each.meaning(text) for each in arguments), "")

    def score(self) -> str:
        """How the decisions so far do, as JSON; null where nobody is on call and nothing was decided."""
        score = self.show.score()
        return json.dumps(shapes.score(score) if score else None)

    def news(self) -> str:
        """What the show has passed since this was last asked, as JSON."""
        story = self.show.story
        return json.dumps([shapes.told(each, story) for each in self._passing.told(story)])

    def curve(self, asked: str) -> str:
        """The steps of the run on show, as JSON."""
        from pysim.edge.inquiry import curve  # noqa: PLC0415 - the page fetches it when it is first asked for

        return curve(self.show.story, asked)

    def events(self, asked: str) -> str:
        """What happens in the run on show, as JSON."""
        from pysim.edge.inquiry import events  # noqa: PLC0415 - the page fetches it when it is first asked for

        return events(self.show.story, asked)

    def places(self, asked: str) -> str:
        """Where places are in the run on show, as JSON."""
        from pysim.edge.inquiry import places  # noqa: PLC0415 - the page fetches it when it is first asked for

        return places(self.show.story, asked)

    def state(self) -> str:
        """Where the show is, as JSON."""
        show, story, header = self.show, self.show.story, self.show.story.header
        now = story.moment(show.time_us)
        tempo = show.tempo
        answer: protocol.State = {
            "run_seconds": show.time_us / 1e6,
            "total_seconds": story.end_us / 1e6,
            "expected_seconds": show.expected_end_us / 1e6,
            "show_seconds": show.show_seconds,
            "total_show_seconds": tempo.total_show_seconds,
            "speed": show.speed,
            "paused": show.paused,
            "ended": show.ended,
            "phase": now.phase,
            "title": header.title,
            "query": self.query,
            "step": now.step,
            "total_steps": header.total_steps,
            "live_rows": show.live_rows,
            "on_call": self._on_call,
            "calls": shapes.calls(now),
            "stopped_for": show.stopped_for,
            "status": _status(header, now, paused=show.paused),
            "values": shapes.values(now),
        }
        return json.dumps(answer)

    def story(self, points: int) -> str:
        """What is drawn behind the slider, as JSON; the curve with that many points."""
        return done(self.telling_story(points))

    def telling_story(self, points: int) -> Work[str]:
        """The same bit by bit: in a long run each mark's time costs a little."""
        story = self.show.story
        chapters: list[protocol.Chapter] = []
        for chapter in story.chapters().some(LISTED_CHAPTERS):
            chapters.append(
                {
                    "run_seconds": chapter.time_us / 1e6,
                    "fraction": shapes.fraction(chapter.time_us, story),
                    "kind": chapter.kind,
                    "title": chapter.title,
                }
            )
            yield
        marks: list[protocol.Mark] = []
        for mark in story.marks().some(LISTED_MARKS):
            marks.append(shapes.mark(mark, story))
            yield
        passages = [shapes.passage(each, story) for each in story.marks().passages(LISTED_MARKS)]
        yield
        answer: protocol.Story = {
            "chapters": chapters,
            "marks": marks,
            "passages": passages,
            "curve": list(story.curve(points)),
        }
        return json.dumps(answer)

    def asciicast(self) -> str:
        """The last minutes of the show up to now, as an asciicast file."""
        from pysim.show.cast import asciicast, record  # noqa: PLC0415 - the page fetches it when it is first asked for

        show = self.show
        seconds = min(show.show_seconds, RECORDED_SECONDS)
        span = Span(show.tempo.run_us(show.show_seconds - seconds), show.time_us)
        again = Player(
            show.story, show.screen, view=show.view, log_every=show.log_every, tempo=lambda _acts: show.tempo, span=span
        )
        frames = record(again, seconds, RECORDED_FRAMES_PER_SECOND)
        return asciicast(frames, show.screen, show.story.header.run_name, show.story.header.start_time)

    def log(self) -> str:
        """What the view on show has told of the run up to now, every line whole, as a file has it; of a long show the end."""
        from pysim.show.transcript import latest  # noqa: PLC0415 - as above

        show = self.show
        until_us = show.time_us if show.time_us < show.end_us else None  # at its very end something is said
        return latest(show.story, Span(show.start_us, until_us), view=show.view, log_every=show.log_every)

    # Commands

    def _seek_fraction(self, fraction: float) -> str:
        return self.show.seek(round(self.show.end_us * min(max(fraction, 0.0), 1.0)))

    def _resize(self, size: str) -> str:
        columns, _, rows = size.partition("x")
        return self.show.resize(replace(_screen(int(columns), int(rows)), parts=self.show.screen.parts))

    def _reseed(self, seed: int) -> str:
        """The kind of run on show with another seed, and without what was let happen and decided in this one; the show goes on from there."""
        old = self.show
        asked = {**self._programme.undisturbed(old.story), "decide": None, "seed": str(min(max(seed, 0), LARGEST_SEED))}
        self._open(changed(self._query, asked), old.screen)
        self.show.set_view(old.view)
        self.show.set_zoom(old.zoom)
        if old.paused:
            self.show.pause()
        self.show.set_speed(old.speed)
        return self.opening + self.show.seek(self.show.time_us)

    def _view(self, name: str) -> str:
        """A view by its name; without one, the dashboard or the console again."""
        if not name:
            return self.show.switch_view()
        if name == "next":
            return self.show.next_view()
        return self.show.set_view(VIEWS[_one_of("view", name, WATCHED)])

    def _zoom(self, name: str) -> str:
        """A zoom by its name; without one, the next."""
        return self.show.set_zoom(_one_of("zoom", name, ZOOMS)) if name else self.show.zoom_on()

    def _play_until(self, typed: str) -> str:
        return self._ask(lambda: self.show.play_until(place_us(self.show.story, typed)))

    def _loop(self, wanted: str) -> str:
        self.show.loops = wanted == "1"
        return ""

    def _ask(self, wish: Callable[[], str]) -> str:
        """Something that may be refused."""
        try:
            text = wish()
        except Refused as refused:
            self._refusal = str(refused)
            return ""
        self._refusal = ""
        return text


COMMANDS: Mapping[str, Callable[[Session, str], str]] = {
    "pause": lambda session, _: session.show.pause(),
    "resume": lambda session, _: session.show.resume(),
    "speed": lambda session, factor: session.show.set_speed(_finite(factor)),
    "seek": lambda session, seconds: session.show.seek(round(_finite(seconds) * 1e6)),
    "seek-fraction": lambda session, fraction: session._seek_fraction(_finite(fraction)),  # noqa: SLF001  # one unit
    "skip": lambda session, seconds: session.show.skip_show(_finite(seconds)),
    "chapter": lambda session, direction: session.show.chapter(int(direction)),
    "resize": lambda session, size: session._resize(size),  # noqa: SLF001
    "restart": lambda session, _: session.show.restart(),
    "seed": lambda session, seed: session._reseed(int(seed)),  # noqa: SLF001
    "incident": lambda session, direction: session._ask(lambda: session.show.incident(int(direction))),  # noqa: SLF001
    "goto": lambda session, typed: session._ask(lambda: session.show.seek(place_us(session.show.story, typed))),  # noqa: SLF001
    "play-until": lambda session, typed: session._play_until(typed),  # noqa: SLF001
    "loop": lambda session, wanted: session._loop(wanted),  # noqa: SLF001
    "inject": lambda session, words: session._ask(lambda: session.show.inject(words)),  # noqa: SLF001
    "decide": lambda session, words: session._ask(lambda: session.show.decide(words)),  # noqa: SLF001
    "view": lambda session, name: session._ask(lambda: session._view(name)),  # noqa: SLF001
    "zoom": lambda session, name: session._ask(lambda: session._zoom(name)),  # noqa: SLF001
}


WISHES: Mapping[str, Callable[[Show, str], Subject | None]] = {
    "": lambda show, _: show.newest_by(show.time_us),
    "row": lambda show, cell: show.subject_at(*_cell(cell)),
    "at": lambda show, seconds: show.newest_by(round(_finite(seconds) * 1e6)),
    "place": lambda show, typed: show.newest_by(place_us(show.story, typed)),
}
"""What can be explained, by the first word of a wish."""


def _cell(words: str) -> tuple[int, int]:
    """Row and column.

    Raises:
        ValueError: if these are not two whole numbers.
    """
    row, column = map(int, words.split())
    return row, column


def _one_of(kind: str, name: str, names: Sequence[Name]) -> Name:
    """The name that is meant.

    Raises:
        Refused: if there is no such one.
    """
    found = next((each for each in names if each == name), None)
    if found is None:
        message = f"{quoted(name)} is no {kind}; there are {', '.join(names)}"
        raise Refused(message)
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        message = f"{text} is no place and no speed"
        raise ValueError(message)
    return number


def _screen(columns: int, rows: int) -> Screen:
    return Screen(max(columns, MIN_COLUMNS), max(rows, MIN_ROWS))


def _problem(message: str) -> Problem:
    """A whole message as a problem: its option is the word that it starts with."""
    option, _, rest = message.removeprefix("--").partition(": ")
    return Problem(option, None, rest) if rest else Problem("plan", None, message)


def _status(header: Header, now: Moment, *, paused: bool) -> str:
    """One sentence for a screen reader."""
    doing = {
        "bring-up": f"Bring-up: {now.activity}",
        "training": f"Training, step {now.step:,} of {header.total_steps:,}",
        "validating": f"Validating after step {now.step:,}",
        "saving": f"Saving a checkpoint after step {now.step:,}",
        "hanging": f"Training, step {now.step:,} of {header.total_steps:,}",
        "down": f"The job is down after step {now.step:,}",
        "restarting": f"Restarting: {now.activity}",
        "exporting": f"Exporting: {now.activity}",
        "done": "The run is complete",
    }[now.phase]
    shown = f", loss {loss(now.last.loss, 2)}" if now.last and now.phase == "training" else ""
    return f"{'Paused. ' if paused else ''}{doing}{shown}, {duration(now.time_us / 1e6)} into the run."
