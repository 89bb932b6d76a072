"""Runs as data that other programs read: a format for each, files that are whole or not there. What writes them is an extra.

May be touched: the story and, for recordings, the show; files only where somebody asked for them, through `target`.
"""
