"""The scenes of a run: bring-up, training, closing. Each yields its events in time order.

May be touched: the run, its plan and names, physics, the story's events. Not: planning, views.
"""
