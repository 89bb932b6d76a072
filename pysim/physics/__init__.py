"""Closed-form laws of training at scale: pure functions of numbers and of rows of the catalog, each with its source.

May be touched: the catalog. Not: plans, runs, noise; a law is told a `Workload`, and whoever has its names is one.
"""
