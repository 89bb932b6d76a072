"""The two ways to count the steps of a training run, kept apart by their types.

`Executed` counts what the cluster did, from 1, work that is done again included: it takes time, heats and costs. `DataStep`
says which batch it was: what a trainer prints as its step, names checkpoints by, validates by and plans by.
"""

from typing import NewType

Executed = NewType("Executed", int)
DataStep = NewType("DataStep", int)
