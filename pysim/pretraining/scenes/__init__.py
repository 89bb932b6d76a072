"""The scenes of a run, one for each kind of segment. Each yields its events in time order.

May be touched: the run, names, physics, the story's events. Not: views.
"""
