"""The terminal as a value: escape codes, screen size, sinks, keys."""
