"""`narrate` by its public name: the events of a run in time order."""

from pysim.pretraining.narrate import narrate

__all__ = ["narrate"]
