"""Where the core meets the world: a terminal, and the page's worker. `cli` and `browser` are the ways in.

May be touched: everything below, and, in the modules that `tests/test_purity.py` names, the operating system.
"""
