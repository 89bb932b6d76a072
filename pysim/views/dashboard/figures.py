"""How a dashboard writes numbers beyond what all views share: money, and the state of a run."""

from pysim.story.history import Standing, State
from pysim.story.moment import Moment
from pysim.terminal.ansi import Palette
from pysim.views import text

DURATION_COLUMNS = 9  # of a brief duration, at most
_MILLION, _THOUSAND, _EXACT_UP_TO = 1e6, 1e3, 10_000


def money(usd: float) -> str:
    """`$9,123`, `$34.2k`, `$16.9M`."""
    if usd < _EXACT_UP_TO:
        return f"${usd:,.0f}"
    return f"${usd / _THOUSAND:,.1f}k" if usd < _MILLION else f"${usd / _MILLION:,.2f}M"


def lasted(seconds: float) -> str:
    """A duration in as many columns as any."""
    return f"{text.brief_duration(max(seconds, 0.0)):>{DURATION_COLUMNS}}"


def percent(share: float) -> str:
    """One decimal, cut: nothing is 100.0 % before it is."""
    return f"{text.share(share, 1)[:-1]} %"


def starting_seconds(now: Moment) -> float:
    """What passed before the first step."""
    return now.accounted.starting_seconds if now.accounted else now.time_us / 1e6 - now.training_seconds


def goodput(now: Moment) -> float:
    """The share of the time so far that got the run on."""
    if now.accounted:
        return now.accounted.goodput
    return now.training_seconds / (now.time_us / 1e6) if now.time_us else 0.0


def state_color(state: State, palette: Palette) -> str:
    """Green, yellow and red are health."""
    if state in ("healthy", "done"):
        return palette.green
    return palette.red if state == "down" else palette.yellow


def why(standing: Standing) -> str:
    """By how much the run is not as it should be."""
    if standing.slower:
        return f"steps {standing.slower:.0%} slower"
    return f"{standing.steps_to_redo:,} to redo" if standing.steps_to_redo else ""
