"""Closed-form laws of training at scale: pure functions of numbers, each with its source.

May be touched: the catalog's rows, NumPy. No plan: a law takes numbers, or a workload that has them.
"""
