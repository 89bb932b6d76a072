"""Every view by name: the choices of the option come from here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from pysim.story.header import Header
from pysim.story.reports import Cadence, Reports
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.dialects.table import DIALECTS, SELDOM, Dialect
from pysim.views.names import COMPARE, CONSOLE, DASHBOARD, EVENTS
from pysim.views.view import View

MakeView = Callable[[Header, Screen], View]


def dashboard(header: Header, screen: Screen) -> View:
    """One still screen, which the page fetches when it is first asked for."""
    from pysim.views.dashboard.dashboard import dashboard as drawn  # noqa: PLC0415 - see above

    return drawn(header, screen)


def compare(header: Header, screen: Screen) -> View:
    """A run beside others, which the page fetches when it is first asked for."""
    from pysim.views.compare.compare import comparison  # noqa: PLC0415 - see above

    return comparison(header, screen)


def events(header: Header, screen: Screen) -> View:
    """The run as data, which the page fetches when it is first asked for."""
    from pysim.views.jsonlines import JsonLines  # noqa: PLC0415 - see above

    return JsonLines(header, screen)


VIEWS: Mapping[str, MakeView] = MappingProxyType(
    {CONSOLE: Console, DASHBOARD: dashboard, COMPARE: compare, EVENTS: events, **DIALECTS}
)


def cadence(make: MakeView, log_every: int | None = None) -> Cadence:
    """That of a view, with the interval that was asked for or its own; who watches accelerators counts its looks."""
    if isinstance(make, Dialect) and make.look_seconds:
        return Cadence(SELDOM, Reports(look_seconds=make.look_seconds * (log_every or 1), speakers=(), steps=False))
    if isinstance(make, Dialect):
        every = log_every or make.log_every
        return Cadence(every, make.reports._replace(interval=every))
    return Cadence(log_every or 1)


def told_at(header: Header, cadence: Cadence) -> Header:
    """The header of a run for a view that is told of it at a cadence."""
    looks = cadence.reports is not None and cadence.reports.look_seconds
    return replace(header, look_seconds=looks) if looks else header


def why_not(make: MakeView, header: Header) -> str | None:
    """Why a view cannot tell a run; None if it can."""
    return make.refuses(header) if isinstance(make, Dialect) else None
