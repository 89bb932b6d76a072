"""Names of views for those who must not wait for the views themselves. A leaf."""

CONSOLE, DASHBOARD, COMPARE = "console", "dashboard", "compare"
WATCHED = (CONSOLE, DASHBOARD, COMPARE)  # what can be watched on a terminal as it goes
