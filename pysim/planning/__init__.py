"""How a plan comes about from a request and a seed; `pysim.choose` is the way in."""
