"""Every option once: the table, how text becomes settings, and what is generated from it."""
