"""Corpora: runs by the thousand, their logs with the truth beside every line, from one specification.

May be touched: `pysim.story`, `pysim.options`, `pysim.views`, the catalog; pyarrow and fsspec, where files are written.
"""
