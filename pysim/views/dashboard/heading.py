"""The top of a dashboard: what runs on what, where in it, how it goes, what it cost. Its rows depend on the width alone."""

from pysim.story.header import Header
from pysim.story.history import Standing
from pysim.story.moment import OVER, Moment
from pysim.views.dashboard.figures import DURATION_COLUMNS, goodput, lasted, money, percent, state_color, why
from pysim.views.dashboard.style import Style, ends, packed
from pysim.views.text import brief_duration

_STATE_COLUMNS = len("recovering")
_WHY_COLUMNS = len("steps 100% slower")
_WIDE, _MIDDLE = 150, 70  # columns from which on one row is enough, or two


class Heading:
    """Writes the heading of one run."""

    def __init__(self, header: Header, style: Style, columns: int) -> None:
        self._header = header
        self._style = style
        self._columns = columns
        self.rows = 1 if columns >= _WIDE else 2 if columns >= _MIDDLE else 3

    def lines(self, now: Moment, standing: Standing) -> list[str]:
        """The heading at a moment."""
        columns = self._columns
        if self.rows == 1:
            left = packed([self._title, self._step(now), self._place(now)], columns, self._gap)
            return [ends(left, f"{self._state(now, standing)}  {self._worth(now)}", columns)]
        if self.rows == 2:  # noqa: PLR2004
            left = packed([self._step(now), self._place(now)], columns, self._gap)
            return [
                ends(self._title, self._state(now, standing), columns),
                ends(left, self._worth(now), columns),
            ]
        since = brief_duration((now.time_us - standing.since_us) / 1e6)
        state = f"{self._health(standing)} {since}"
        return [
            packed([self._title, self._place(now)], columns, self._gap) or self._style.bold(self._header.model_title),
            packed([self._step(now), self._ago(now)], columns),
            packed([state, f"goodput {percent(goodput(now)).strip()}", self._cost(now)], columns),
        ]

    def parts(self, now: Moment) -> list[tuple[str, str]]:
        """What can stand in it, by name, as it is written."""
        share = percent(goodput(now))
        return [
            ("title", self._title),
            ("step", self._step(now)),
            ("time", self._place(now)),
            ("time", f"  {self._ago(now)}"),
            ("goodput", f"goodput {share}"),
            ("goodput", f"goodput {share.strip()}"),
            ("cost", self._cost(now)),
        ]

    @property
    def _gap(self) -> str:
        return f" {self._style.glyphs.separator} "

    @property
    def _title(self) -> str:
        h = self._header
        return f"{self._style.bold(h.model_title)} on {h.world_size:,} {self._style.glyphs.times} {h.accelerator_short_title}"

    def _place(self, now: Moment) -> str:
        """How long it runs, and how long it would if nothing more went wrong."""
        seconds = now.time_us / 1e6
        left = now.last.eta_seconds if now.last else self._header.training_seconds * (1.0 - now.run_fraction)
        if now.phase in OVER:
            return lasted(seconds)
        return f"{lasted(seconds)} of {lasted(seconds + left).strip():<{DURATION_COLUMNS}}"

    def _ago(self, now: Moment) -> str:
        return brief_duration(now.time_us / 1e6)

    def _step(self, now: Moment) -> str:
        total = f"{self._header.total_steps:,}"
        return f"step {now.step:>{len(total)},}/{total}"

    def _health(self, standing: Standing) -> str:
        color, p = state_color(standing.state, self._style.palette), self._style.palette
        return f"{color}{self._style.glyphs.dot} {standing.state}{p.reset}"

    def _state(self, now: Moment, standing: Standing) -> str:
        since = lasted((now.time_us - standing.since_us) / 1e6)
        gap = " " * (_STATE_COLUMNS - len(standing.state))
        because = self._style.dim(f"{why(standing):>{_WHY_COLUMNS}}  ") if why(standing) else ""
        return f"{because}{self._health(standing)}{gap} {since}"

    def _worth(self, now: Moment) -> str:
        return f"goodput {percent(goodput(now))}  {self._cost(now):>8}"

    def _cost(self, now: Moment) -> str:
        return money(now.rented_hours * self._header.usd_per_hour)
