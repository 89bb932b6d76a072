"""The line that each step prints: as many fields as fit, each as wide as it will ever need to be.

The fields are chosen once for a screen and become one format string, because this line is by far the most frequent.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from pysim.story.events import Block, StepCompleted
from pysim.story.header import Header
from pysim.terminal.ansi import Palette, clip, visible_width
from pysim.terminal.screen import Screen
from pysim.views.console.prefix import Prefix
from pysim.views.text import duration

# What is kept when space gets scarce; the order on the line is that of `_fields`.
_PRIORITY = ("step", "loss", "lr", "ppl", "grad_norm", "time", "scale", "tok/s", "rank", "node", "mfu", "samples/s")
_HEADROOM = 1.25  # a step may be this much faster than expected before its rate outgrows its field
_LARGE = 9999.995  # from here on two decimals would take an eighth column


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    template: str  # for str.format
    attribute: str = ""  # of StepCompleted; empty for fixed text


class StepLine:
    """Formats `StepCompleted` for one run on one screen."""

    def __init__(self, header: Header, screen: Screen, palette: Palette, prefix: Prefix) -> None:
        self._prefix = prefix
        self._columns = columns = screen.columns
        self._tells_times = screen.is_unlimited  # elsewhere the live region does
        self._bar = _bar(palette)
        start = prefix.template().format(prefix.stamp(0.0))
        self._start, self._room = len(start), columns - visible_width(start)
        fields = self._chosen(_fields(header, palette), header)
        self._template = prefix.template() + "".join(field.template for field in fields)
        self._wide_template = self._template.replace(_PERPLEXITY, _LARGE_PERPLEXITY)
        self._longest = columns + len(self._template) - visible_width(self._template)
        self._format, self._format_wide = self._template.format, self._wide_template.format
        self._names = (*(field.attribute for field in fields if field.attribute), "perplexity")
        self._values = attrgetter(*self._names)
        self._together: Block[StepCompleted] | None = None  # the steps whose lines were made last
        self._lines: Sequence[str] = ()

    def __call__(self, event: StepCompleted) -> str:
        """The line of one step."""
        if event.grad_norm is None:
            event = _without_numbers(event)
        values = self._values(event)
        make = self._format if values[-1] < _LARGE else self._format_wide
        line = make(self._prefix.stamp(event.time_seconds), *values)
        if self._tells_times:
            return line + self._times(event.elapsed_seconds, event.eta_seconds)
        return line if len(line) <= self._longest else self._squeezed(line)

    def each(self, block: Block[StepCompleted]) -> Sequence[str]:
        """The lines of many steps, between which others are told: all that were worked out together at once."""
        if self._together is None or not block.is_of(self._together):
            self._together = block.together
            self._lines = self._of_all(self._together)
        return self._lines[block.rows.start : block.rows.stop]

    def _of_all(self, block: Block[StepCompleted]) -> Sequence[str]:
        """Those that are not like others one by one."""
        *columns, perplexities = (block.values(name) for name in self._names)
        if None in block.values("grad_norm") or max(perplexities) >= _LARGE:
            return [self(event) for event in block]
        lines = list(map(self._format, self._prefix.stamps(block.array("time_seconds")), *columns))
        if self._tells_times:
            times = map(self._times, block.values("elapsed_seconds"), block.values("eta_seconds"))
            return [line + rest for line, rest in zip(lines, times, strict=True)]
        if max(map(len, lines)) <= self._longest:
            return lines
        return [line if len(line) <= self._longest else self._squeezed(line) for line in lines]

    def _times(self, elapsed_seconds: float, eta_seconds: float) -> str:
        return f"{self._bar}elapsed {duration(elapsed_seconds)}{self._bar}ETA {duration(eta_seconds)}"

    def _squeezed(self, line: str) -> str:
        """A line with a number that outgrew its field, mostly the duration of the first step: others give up their padding."""
        body = _PADDING.sub(r" \1", line[self._start :])
        return clip(line[: self._start] + body, self._columns)

    def _chosen(self, fields: list[_Field], header: Header) -> list[_Field]:
        """The fields that fit, by priority; the first two always."""
        by_name = {field.name: field for field in fields}
        if sum(_width(by_name[name], header) for name in _PRIORITY[:2]) > self._room:
            fields = [
                replace(field, template=field.template.partition("/")[0]) if field.name == "step" else field
                for field in fields
            ]
        kept, room = set(_PRIORITY[:2]), self._room
        for name in filter(by_name.__contains__, _PRIORITY):
            room -= _width(by_name[name], header)
            if room < 0 and name not in kept:
                break
            kept.add(name)
        return [field for field in fields if field.name in kept]


_PADDING = re.compile(r" ((?:\x1b\[[0-9;]*m)*) +")  # a colour may begin within it
_PERPLEXITY, _LARGE_PERPLEXITY = "ppl {:7.2f}", "ppl {:7,.0f}"


def _without_numbers(event: StepCompleted) -> StepCompleted:
    """A step as a trainer prints it whose gradients overflowed, or whose loss was not a number."""
    if event.loss is None:
        return replace(event, loss=math.nan, perplexity=math.nan, grad_norm=math.nan)
    return replace(event, grad_norm=math.inf)


def _bar(palette: Palette) -> str:
    return f" {palette.dim}|{palette.reset} "


def _fields(header: Header, palette: Palette) -> list[_Field]:
    p, bar = palette, _bar(palette)
    steps = f"{header.total_steps:,}"
    tokens = len(f"{header.tokens_per_second * _HEADROOM:,.0f}")
    samples = len(f"{header.samples_per_second * _HEADROOM:,.1f}")
    seconds = "{:6.2f}" if header.step_seconds >= 1.0 else "{:6.4f}"
    scale = [_Field("scale", f"{bar}loss scale {{:>7,}}", "loss_scale")] if header.precision == "fp16" else []
    return [
        _Field("rank", f"{p.dim}[Rank 0/{header.world_size}]{p.reset} "),
        _Field("node", f"{p.dim}[Node 0/{header.nodes}]{p.reset} "),
        _Field("step", f"step {{:>{len(steps)},}}/{steps}", "step"),
        _Field("loss", f"{bar}loss {p.bold}{{:7.4f}}{p.reset}", "loss"),
        _Field("ppl", f"{bar}{_PERPLEXITY}", "perplexity"),
        _Field("lr", f"{bar}lr {{:.2e}}", "learning_rate"),
        _Field("grad_norm", f"{bar}grad_norm {{:6.3f}}", "grad_norm"),
        *scale,
        _Field("time", f"{bar}{seconds}{p.dim} s{p.reset}", "step_seconds"),
        _Field("tok/s", f"{bar}{{:{tokens},.0f}}{p.dim} tok/s{p.reset}", "tokens_per_second"),
        _Field("samples/s", f"{bar}{{:{samples},.1f}}{p.dim} samples/s{p.reset}", "samples_per_second"),
        _Field("mfu", f"{bar}MFU {{:5.1%}}", "mfu"),
    ]


def _width(field: _Field, header: Header) -> int:
    example = header.total_steps if field.attribute in ("step", "loss_scale") else 0.0
    return visible_width(field.template.format(example))
