"""Names of views for those who must not wait for the views themselves. A leaf."""

CONSOLE, DASHBOARD = "console", "dashboard"
WATCHED = (CONSOLE, DASHBOARD)  # what can be watched on a terminal as it goes
