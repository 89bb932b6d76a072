"""A run beside others like it: curves in one chart and what differs, as a live view and as a table. Loaded when something is compared.

May be touched: the story, other views, the terminal's leaf modules. Not: shows, edges, kinds of run.
"""
