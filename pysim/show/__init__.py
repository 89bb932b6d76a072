"""Time: what turns a run, a view and a clock into the text of a show. Pure; an edge gives it seconds and takes text.

May be touched: views, the story, the terminal's codes.
"""
