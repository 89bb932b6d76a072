"""The terminal as a value: escape codes, screen size, sinks, keys. A leaf: nothing of pysim may be touched."""
