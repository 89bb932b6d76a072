"""The run as data: exporters, and corpora of many runs with the truth beside them.

May be touched: NumPy, the standard library, `pysim.story`; a library that writes a format where it is needed, and only there.
"""
