"""What all kinds of run share: the story that each offers, its header, moments and events, and noise.

Knows no kind of run, no view and no show. May be touched: NumPy, the standard library, nothing of pysim but this package.
"""
