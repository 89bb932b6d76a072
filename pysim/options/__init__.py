"""Every option once: the table, how text becomes settings, and what is generated from it.

May be touched: the kinds of run (for what can be asked of a plan), the registry of views, the terminal's sizes. Not: shows, edges.
"""
