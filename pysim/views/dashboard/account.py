"""Beside the charts: the last step in figures, where the time went, and what happened last."""

from collections.abc import Iterable

from pysim.story.events import StepCompleted
from pysim.story.header import Header
from pysim.story.history import History
from pysim.story.moment import Moment
from pysim.story.news import News
from pysim.story.story import Story
from pysim.terminal.ansi import visible_width
from pysim.views import text
from pysim.views.dashboard.figures import DURATION_COLUMNS, lasted, starting_seconds
from pysim.views.dashboard.style import Style, ends, packed, shortened

PARTS = ("starting", "noticing", "repairing", "restarting", "redoing")
LOST_ROWS = 1 + len(PARTS)  # of the sum and the parts
_LABEL_COLUMNS = 11
_KEPT_NEWS = 128
_FIRST_LOOK_US = 3_600_000_000  # back from a moment, for what happened last
_LOOK_GROWTH = 2


def last_loss(now: Moment) -> str:
    """The training loss as the last step had it."""
    return text.loss(now.last.loss) if now.last else "-"


def grad_norm(step: StepCompleted) -> str:
    """Three decimals, as trainers print it."""
    return text.NOT_A_NUMBER if step.grad_norm is None else f"{step.grad_norm:.3f}"


def figures(header: Header, now: Moment, validation: str, history: History) -> list[tuple[str, str]]:
    """What the last step was like: names, and values with their units."""
    redone = now.accounted.steps_redone if now.accounted else 0
    last = _last(now.last, header.total_tokens) if now.last else dict.fromkeys(_OF_LAST, "-")
    return [
        ("train loss", last_loss(now)),
        ("validation", validation),
        *last.items(),
        ("saved", f"step {history.saved:,}" if history.saved else "-"),
        ("redone", f"{redone:,} {text.plural('step', redone)}"),
    ]


_OF_LAST = ("perplexity", "lr", "grad_norm", "throughput", "MFU", "step time", "tokens", "left")


def _last(step: StepCompleted, tokens: int) -> dict[str, str]:
    """What is known of the last step only."""
    values = (
        text.perplexity(step.perplexity),
        f"{step.learning_rate:.2e}",
        grad_norm(step),
        f"{step.tokens_per_second:,.0f} tok/s",
        f"{step.mfu * 100:.1f} %",
        text.short_seconds(step.step_seconds),
        f"{text.count(step.tokens)} of {text.count(tokens)}",
        text.brief_duration(step.eta_seconds),
    )
    return dict(zip(_OF_LAST, values, strict=True))


class Panels:
    """Writes them for one run, so many columns wide."""

    def __init__(self, header: Header, style: Style, columns: int) -> None:
        self._header = header
        self._style = style
        self._columns = columns

    def figures(self, rows: Iterable[tuple[str, str]]) -> list[str]:
        """One a row, the values at the right edge."""
        return [ends(self._style.dim(name), value, self._columns) for name, value in rows]

    # Lost time

    def lost_row(self, now: Moment) -> str:
        """All of it on one row: what is lost in all, then by part."""
        parts = lost(now)
        named = [f"{self._style.dim(name)} {text.brief_duration(seconds)}" for name, seconds in parts if seconds]
        return packed(
            [f"{self._style.bold('lost')} {lasted(sum(int(each) for _, each in parts)).strip()}", *named], self._columns
        )

    def lost(self, now: Moment, rows: int) -> list[str]:
        """The sum, a bar for each part, and then by cause."""
        parts = lost(now)
        total = sum(int(seconds) for _, seconds in parts)  # as whole seconds, which are what is read
        lines = [ends(f"{self._style.bold('lost')} {lasted(total)}", self._stops(now), self._columns)]
        lines += [self._bar(name, seconds, total) for name, seconds in parts]
        if now.accounted and rows > len(lines) + 1 and now.accounted.costs:
            lines.append(self._style.bold("by cause"))
            lines += [self._bar(each.cause, each.seconds, total, each.interruptions) for each in now.accounted.costs]
        return lines[:rows]

    def _stops(self, now: Moment) -> str:
        if not now.accounted:
            return "no stop so far"
        count = now.accounted.interruptions
        every = text.brief_duration(now.accounted.between_failures_seconds)
        return f"{count:,} {text.plural('stop', count)}, one in {every}"

    def _bar(self, name: str, seconds: float, total: float, stops: int = 0) -> str:
        label = max(_LABEL_COLUMNS, self._columns * 2 // 5)
        room = self._columns - label - 11
        cells = round(room * seconds / total) if total else 0
        count = f"{stops:>4,} x" if stops else ""
        drawn = self._style.marks.block * max(cells - len(count), 0)
        name = shortened(name, label - 1, self._style)
        line = f"{name:<{label}}{lasted(seconds)}  {self._style.palette.yellow}{drawn}{self._style.palette.reset}"
        return ends(line, self._style.dim(count), self._columns)

    # Incidents

    def incidents(self, news: Iterable[News], now: Moment, rows: int, *, is_stopped: bool) -> list[str]:
        """The last ones, newest first, with what is known by now; in red the one by which the job is stopped."""
        known = _by_number(news)[:rows]
        lines = []
        for found, recovered in known:
            p = self._style.palette
            color = p.dim if recovered else p.red if is_stopped and found is known[0][0] else p.yellow
            lines.append(self._incident(found, recovered, now, color))
        heading = ends(
            f"{self._style.bold('incidents')} {self._style.dim('ago')}", self._style.dim("lost"), self._columns
        )
        return [heading, *(lines or [self._style.dim("none so far")])][:rows]

    def _incident(self, found: News, recovered: News | None, now: Moment, color: str) -> str:
        p, sign = self._style.palette, self._style.glyphs.stop
        ago = lasted((now.time_us - found.time_us) / 1e6)
        lost_time = f" {text.brief_duration(recovered.lost_seconds)}" if recovered else ""
        room = self._columns - visible_width(lost_time) - DURATION_COLUMNS - 5
        where = f" {self._style.glyphs.separator} {found.place}" if found.place else ""
        words = shortened(f"{found.title}{where}", room, self._style)
        return ends(f"{color}{sign}{p.reset} {ago}  {words}", self._style.dim(lost_time), self._columns)


def lost(now: Moment) -> list[tuple[str, float]]:
    """Seconds by part; all of them together are what is no goodput."""
    a = now.accounted
    if a is None:
        return [(name, starting_seconds(now) if name == "starting" else 0.0) for name in PARTS]
    seconds = (a.starting_seconds, a.noticing_seconds, a.repairing_seconds, a.restarting_seconds, a.redoing_seconds)
    return list(zip(PARTS, seconds, strict=True))


def numbers_of(news: Iterable[News]) -> list[int]:
    """Of incidents, newest first."""
    return [found.number for found, _ in _by_number(news)]


def _by_number(news: Iterable[News]) -> list[tuple[News, News | None]]:
    """Incidents, newest first, each with its end if there is one."""
    found: dict[int, News] = {}
    over: dict[int, News] = {}
    for each in news:
        (found if each.kind == "incident" else over)[each.number] = each
    return [(each, over.get(each.number)) for each in reversed(found.values())]


class LastNews:
    """What has become known last in a story; from one moment to the next only what is new is asked for."""

    def __init__(self) -> None:
        self._until_us, self._incidents = -1, 0
        self._news: list[News] = []

    def at(self, story: Story, time_us: int, incidents: int) -> list[News]:
        """The last incidents known at a time and what came of them, in order of time: as many as are asked for, or more."""
        is_near = 0 <= self._until_us <= time_us <= self._until_us + _FIRST_LOOK_US
        if is_near and len(self._news) <= _KEPT_NEWS and incidents <= self._incidents:
            self._news += story.news(self._until_us + 1, time_us + 1)
        else:
            self._news = _looked_back(story, time_us + 1, incidents)
            self._incidents = incidents
        self._until_us = time_us
        return self._news


def _looked_back(story: Story, until_us: int, incidents: int) -> list[News]:
    """Ever longer times, one before the other, until there are as many."""
    look_us, found = _FIRST_LOOK_US, list[News]()
    while until_us > 0 and sum(each.kind == "incident" for each in found) < incidents:
        since_us = max(until_us - look_us, 0)
        found = [*story.news(since_us, until_us), *found]
        until_us, look_us = since_us, look_us * _LOOK_GROWTH
    return found
