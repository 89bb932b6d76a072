"""Names of views for those who must not wait for the views themselves. A leaf."""

from pysim.views.dialects.table import DIALECTS

CONSOLE, DASHBOARD, EVENTS = "console", "dashboard", "events"
WATCHED = (CONSOLE, DASHBOARD, *DIALECTS)  # what can be watched on a terminal as it goes
