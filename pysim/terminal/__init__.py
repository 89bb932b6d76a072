"""The terminal as a value: escape codes, screen size, sinks, keys.

May be touched: the standard library, nothing of pysim.
"""
