"""What exists in the world: typed rows of `data/`, and the one module that reads files.

`rows` has the tables and their types, `resources` finds and reads them; what goes wrong is in `incidents`, which nobody imports who
has no incidents. May be touched: the standard library, nothing of pysim.
"""

from pysim.catalog.rows import (
    Accelerator,
    Chassis,
    Dataset,
    Interconnect,
    LatentAttention,
    LocalAttention,
    MixtureOfExperts,
    Model,
    Part,
    Precision,
    Row,
    StepTimes,
    Tokenizer,
    UnknownName,
    accelerators,
    chassis_of,
    datasets,
    find,
    interconnects,
    models,
    step_times_of,
    tokenizers,
)

__all__ = [
    "Accelerator",
    "Chassis",
    "Dataset",
    "Interconnect",
    "LatentAttention",
    "LocalAttention",
    "MixtureOfExperts",
    "Model",
    "Part",
    "Precision",
    "Row",
    "StepTimes",
    "Tokenizer",
    "UnknownName",
    "accelerators",
    "chassis_of",
    "datasets",
    "find",
    "interconnects",
    "models",
    "step_times_of",
    "tokenizers",
]
