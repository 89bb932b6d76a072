"""Dialects: the same run in the words of other programs, each in the format of a named version. `table` lists them.

What tells one is imported when it is chosen. May be touched: NumPy, the standard library, `pysim.story`, `pysim.terminal`; `table` and
`needs` have to be quick to import, so they touch neither NumPy nor another view.
"""
