"""The world: the command line, a terminal, the page's worker. The only modules that read a clock, a file or a key stand here.

May be touched: everything below; nothing below may touch this.
"""
