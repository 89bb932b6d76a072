"""Names of views for those who must not wait for the views themselves. A leaf."""

from pysim.views.dialects.table import DIALECTS

CONSOLE, DASHBOARD, COMPARE, EVENTS = "console", "dashboard", "compare", "events"
WATCHED = (CONSOLE, DASHBOARD, COMPARE, *DIALECTS)  # what can be watched on a terminal as it goes
