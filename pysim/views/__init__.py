"""Views: a run's header and its events become text for a screen. `registry.VIEWS` lists them.

May be touched: the story, the terminal's codes. No plan, figures or scene: what a view needs beside events stands in the header.
"""
