"""The edge to the page: what its worker calls. It imports no `js`: text and JSON cross the border, nothing else.

One call a frame, one string back. Commands come between frames as a name and a text argument; a command or an argument that
means nothing changes nothing. The options of the query string are those of the command line, read by the same code.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from urllib.parse import urlencode

from pysim.edge.controls import HELP, press
from pysim.edge.playlist import notes, runs
from pysim.edge.staging import explain, live_show
from pysim.options.settings import Problem, Settings, form, parse_query
from pysim.options.values import LARGEST_SEED
from pysim.pretraining.moment import Moment, moment, step_event
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.planning.request import Request
from pysim.pretraining.run.run import Run
from pysim.show.cast import asciicast, record
from pysim.show.player import Player
from pysim.show.work import Work, done
from pysim.terminal.ansi import HIDE_CURSOR
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS, Screen
from pysim.views.text import duration
from pysim.wording import escaped

PAGE_NAMES = ("autoplay", "controls", "theme", "fontsize", "poster", "loop", "loading")
LISTED_CHAPTERS = 200
RECORDED_SECONDS = 120.0  # of show, at most, in a downloaded recording
RECORDED_FRAMES_PER_SECOND = 10


def open_show(query: str, columns: int, rows: int, now: int = 0) -> "Session":
    """A show for a URL's query string on a screen of that size; `now` (Unix seconds) is what `start=now` means.

    What cannot be used is replaced by its default and named in `Session.problems`.
    """
    settings, problems = parse_query(query, PAGE_NAMES)
    screen = _screen(columns, rows)
    try:
        return Session(settings, problems, screen, now)
    except ValueError as error:
        message = explain(error)
        if message is None:
            raise
        fallback = Settings(
            request=Request(seed=settings.request.seed), tempo=settings.tempo, speed_factor=settings.speed_factor
        )
        return Session(fallback, (*problems, _problem(message)), screen, now)


def options_schema() -> str:
    """The page's form as JSON: `options`, one entry each, and `presets` with name, title and summary."""
    listed = [{"name": p.name, "title": p.title, "summary": p.summary} for p in presets().values()]
    return json.dumps({"options": form(), "presets": listed})


def prologue(query: str, columns: int, rows: int, seconds: float, frames_per_second: int) -> str:
    """The beginning of a show as JSON: `columns`, `rows`, `seconds`, and `frames` as [seconds, text] pairs."""
    session = open_show(query, columns, rows)
    frames = [[0.0, session.opening], *(list(frame) for frame in record(session.show, seconds, frames_per_second))]
    return json.dumps({"columns": columns, "rows": rows, "seconds": seconds, "frames": frames}, ensure_ascii=False)


class Session:
    """One show on the page."""

    def __init__(self, settings: Settings, problems: tuple[Problem, ...], screen: Screen, now: int) -> None:
        """Open the show.

        Raises:
            ValueError: if the plan cannot be, or a place is not in the run.
        """
        self._settings = settings
        self._problems = (*problems, *notes(settings, now))
        self._now = now
        self._open(screen)

    def _open(self, screen: Screen) -> None:
        lines, self.show = live_show(runs(self._settings, self._now), self._settings, screen)
        self.opening = HIDE_CURSOR + "".join(lines).replace("\n", "\r\n")
        self._unwritten = self.opening

    @property
    def problems(self) -> str:
        """Values of the query string that could not be used, as JSON."""
        values = [None if p.value is None else escaped(p.value) for p in self._problems]
        told = zip(self._problems, values, strict=True)
        return json.dumps([{"option": p.option, "value": value, "message": p.message} for p, value in told])

    def frame(self, wall_seconds: float) -> str:
        """Text to write after that much time."""
        return done(self.framing(wall_seconds))

    def framing(self, wall_seconds: float) -> Work[str]:
        """The same bit by bit; nothing else may be asked before it is done."""
        text, self._unwritten = self._unwritten, ""
        return text + (yield from self.show.advancing(wall_seconds))

    def command(self, name: str, argument: str = "") -> str:
        """Do what a control asks for; text to write."""
        action = _COMMANDS.get(name)
        try:
            return action(self, argument) if action else ""
        except (ValueError, OverflowError):
            return ""

    def state(self) -> str:
        """Where the show is, as JSON."""
        show, run = self.show, self.show.run
        now = moment(run, show.time_us)
        tempo = show.player.tempo
        return json.dumps(
            {
                "run_seconds": show.time_us / 1e6,
                "total_seconds": run.end_us / 1e6,
                "show_seconds": show.player.show_seconds,
                "total_show_seconds": tempo.total_show_seconds,
                "speed": show.speed,
                "paused": show.paused,
                "ended": show.ended,
                "phase": now.phase,
                "title": f"{run.plan.model.title} on {run.plan.world_size:,} {run.plan.accelerator.short_title}",
                "run_name": run.plan.name,
                "seed": run.plan.seed,
                "step": now.step,
                "total_steps": run.plan.total_steps,
                "status": _status(run, now, paused=show.paused),
            }
        )

    def story(self, points: int) -> str:
        """What is drawn behind the slider, and the options, as JSON; the curve with that many points."""
        return done(self.telling_story(points))

    def telling_story(self, points: int) -> Work[str]:
        """The same bit by bit: in a long run each chapter's time costs a little."""
        run, chapters = self.show.run, []
        for chapter in run.chapters.some(LISTED_CHAPTERS):
            chapters.append(
                {
                    "run_seconds": chapter.time_us / 1e6,
                    "fraction": round(chapter.time_us / run.end_us, 6),
                    "kind": chapter.kind,
                    "title": chapter.title,
                }
            )
            yield
        return json.dumps({"chapters": chapters, "curve": self._loss_curve(points), "options": self._options()})

    def _loss_curve(self, points: int) -> list[tuple[float, float]]:
        """The training loss without noise: (fraction of the run's time, loss) pairs."""
        run = self.show.run
        total = run.plan.total_steps
        losses = run.loss_curve(1, total, points)
        start, end = run.timeline.start_us / run.end_us, run.timeline.end_us / run.end_us
        places = [round(start + (end - start) * index / max(points - 1, 1), 6) for index in range(points)]
        return list(zip(places, losses, strict=True))

    def _options(self) -> dict[str, object]:
        """The options as they are in force: `seed`, and what else is not left to chance, and their query string."""
        request = self._settings.request
        given = {name.replace("_", "-"): value for name, value in request.given.items()} | {"seed": request.seed}
        return {"options": given, "query": urlencode(given)}

    def asciicast(self) -> str:
        """The last minutes of the show up to now, as an asciicast file."""
        player = self.show.player
        seconds = min(player.show_seconds, RECORDED_SECONDS)
        start_us = player.tempo.run_us(player.show_seconds - seconds)
        again = Player(player.run, player.screen, tempo=player.tempo, start_us=start_us, until_us=player.time_us)
        frames = record(again, seconds, RECORDED_FRAMES_PER_SECOND)
        return asciicast(frames, player.screen, player.run.plan.name, player.run.plan.start_time)

    # Commands

    def _seek_fraction(self, fraction: float) -> str:
        return self.show.seek(round(self.show.end_us * min(max(fraction, 0.0), 1.0)))

    def _resize(self, size: str) -> str:
        columns, _, rows = size.partition("x")
        return self.show.resize(_screen(int(columns), int(rows)))

    def _reseed(self, seed: int) -> str:
        request = replace(self._settings.request, seed=min(max(seed, 0), LARGEST_SEED))
        self._settings = replace(self._settings, request=request)
        return self._restart()

    def _restart(self) -> str:
        old = self.show
        self._open(old.player.screen)
        if old.paused:
            self.show.pause()
        self.show.set_speed(old.speed)
        return self.opening + self.show.seek(self.show.time_us)


_COMMANDS: Mapping[str, Callable[[Session, str], str]] = {
    "pause": lambda session, _: session.show.pause(),
    "resume": lambda session, _: session.show.resume(),
    "toggle": lambda session, _: press(session.show, "space"),
    "speed": lambda session, factor: session.show.set_speed(_finite(factor)),
    "seek": lambda session, seconds: session.show.seek(round(_finite(seconds) * 1e6)),
    "seek-fraction": lambda session, fraction: session._seek_fraction(_finite(fraction)),  # noqa: SLF001  # one unit
    "skip": lambda session, seconds: session.show.skip_show(_finite(seconds)),
    "chapter": lambda session, direction: session.show.chapter(int(direction)),
    "resize": lambda session, size: session._resize(size),  # noqa: SLF001
    "restart": lambda session, _: session._restart(),  # noqa: SLF001
    "seed": lambda session, seed: session._reseed(int(seed)),  # noqa: SLF001
    "help": lambda session, _: session.show.message(HELP),
    "key": lambda session, key: press(session.show, key),
}


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


def _status(run: Run, now: Moment, *, paused: bool) -> str:
    """One sentence for a screen reader."""
    last = step_event(run, now.completed)
    doing = {
        "bring-up": f"Bring-up: {now.activity}",
        "training": f"Training, step {now.step:,} of {run.plan.total_steps:,}",
        "validating": f"Validating after step {now.step:,}",
        "saving": f"Saving a checkpoint after step {now.step:,}",
        "exporting": f"Exporting: {now.activity}",
        "done": "The run is complete",
    }[now.phase]
    loss = f", loss {last.loss:.2f}" if last and now.phase == "training" else ""
    return f"{'Paused. ' if paused else ''}{doing}{loss}, {duration(now.time_us / 1e6)} into the run."
