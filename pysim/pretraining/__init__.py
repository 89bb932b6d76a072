"""One kind of run: pre-training. From a request to a plan (`planning`), from a plan to what was true when (`run`), and to events (`scenes`).

May be touched: the story, physics, the catalog. Not: views, shows, options, edges.
"""
