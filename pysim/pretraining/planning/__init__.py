"""How a plan comes about from a request and a seed; `choose` is the way in.

May be touched: the plan, figures, physics, the catalog, noise. Not: the run, its scenes, options.
"""
