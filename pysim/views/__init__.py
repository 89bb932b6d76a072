"""Views turn events into text for a given screen."""
