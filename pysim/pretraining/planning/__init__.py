"""How a plan comes about from a request and a seed; `pysim.pretraining.planning.choose` is the way in.

May be touched: the plan and its figures, physics, the catalog, the story's noise. Not: runs, scenes.
"""
