"""Every view by name: the choices of the option come from here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pysim.story.header import Header
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.dashboard.dashboard import dashboard
from pysim.views.view import View

MakeView = Callable[[Header, Screen], View]


def events(header: Header, screen: Screen) -> View:
    """The run as data, which the page fetches when it is first asked for."""
    from pysim.views.jsonlines import JsonLines  # noqa: PLC0415 - see above

    return JsonLines(header, screen)


VIEWS: Mapping[str, MakeView] = MappingProxyType({"console": Console, "dashboard": dashboard, "events": events})
