"""The dashboard: one still screen, drawn of a story at a moment.

May be touched: the story, the terminal's codes, what views share, the console for its log lines.
"""
