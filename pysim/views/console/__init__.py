"""The console: events as a trainer's log, with the live region below it.

May be touched: the story, the terminal's codes, what views share.
"""
