"""How a plan comes about from a request and a seed; `pysim.pretraining.planning.choose` is the way in."""
