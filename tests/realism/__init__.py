"""How close simulated runs come to real ones: what was published and logged, what the simulator makes of it, and the distance.

`make realism` prints all of it; tests hold it to its limits, and the documentation's pictures draw it. A section is a part of
the report with a verdict; `measures` are the statistics that were taken from real logs.
"""
