"""Names of views for those who must not wait for the views themselves. A leaf."""

from pysim.views.dialects.table import DIALECTS

CONSOLE, DASHBOARD, COMPARE, EVENTS = "console", "dashboard", "compare", "events"
WATCHED = (CONSOLE, DASHBOARD, COMPARE, *DIALECTS)  # what can be watched on a terminal as it goes

LOG, CURVE, FLEET, NUMBERS, TIMELINE = "log", "curve", "fleet", "numbers", "timeline"
PARTS = (LOG, CURVE, FLEET, NUMBERS, TIMELINE)  # of a screen, each of which can be all that is wanted
SCROLLING = frozenset((LOG, TIMELINE))  # those that a dashboard is not needed for, as long as the log is among them
