"""The truth of one run: what happened when, for any moment, without replaying history.

May be touched: the plan and its figures, physics, the catalog, the story's noise and steps. Not: planning, scenes.
"""
