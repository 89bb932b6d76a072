"""Every option once: the table, how text becomes settings, and what is generated from it.

May be touched: the kinds of run and their requests, the registry of views, the terminal's sizes. Not: shows, edges.
"""
