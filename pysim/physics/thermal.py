"""Power and temperature of an accelerator: closed forms in load and in the time since the load changed.

Anchors: H100 SXM idle 25-36 C at 67-93 W, context idle 29-39 C at 112-145 W, full load 61 C at 688 W (nvidia-smi outputs in
public logs; a vendor's documentation sample); 70-75 C counts as excellent, throttling begins at 84-90 C (stas00/ml-engineering).
Arrays in, float64 arrays out.
"""

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import Accelerator
from pysim.physics.schedule import FloatArray

Numbers = float | FloatArray

LOADS: dict[str, float] = {
    "idle": 0.0,
    "bring-up": 0.05,  # contexts and buffers, no work: 112-145 W of 700
    "checkpoint": 0.15,  # copies to the host, waiting for storage: 150-250 W
    "communicate": 0.25,  # everyone spins in a collective
    "validate": 0.75,  # forward passes only
    "train": 0.93,
}
"""Share of the way from idle power to the power limit, by what the job is doing."""

TRAINING_LOAD_AT_FULL_MFU = 0.98  # what training tends to as the kernels leave no gap
MFU_SHORTFALL = 0.09  # load lost where kernels never run; a 40 % MFU H100 then draws 650 W of 700
MFU_SCALE = 0.35  # MFU at which e-fold of the shortfall is gone

IDLE_CELSIUS = 26.0  # at zero power, with the inlet air or water of a data centre
RISE_CELSIUS = 41.0  # at the power limit, mean of a node's positions
AIR_PATH_CELSIUS = 6.0  # from the first to the last accelerator in the air path: the rear ones run hotter (stas00)
TIME_CONSTANT_SECONDS = 40.0  # die, heat spreader and heat sink together [assumed; plots settle within two minutes]


def training_load(mfu: Numbers) -> FloatArray:
    """Load of a training step with `mfu` (0..1)."""
    busy = 1.0 - np.exp(-np.asarray(mfu, dtype=np.float64) / MFU_SCALE)
    return TRAINING_LOAD_AT_FULL_MFU - MFU_SHORTFALL + MFU_SHORTFALL * busy


def power_watts(accelerator: Accelerator, load: Numbers) -> FloatArray:
    """Board power at `load` (0 idle, 1 at the limit), W."""
    share = np.clip(np.asarray(load, dtype=np.float64), 0.0, 1.0)
    return accelerator.idle_watts + (accelerator.power_watts - accelerator.idle_watts) * share


def equilibrium_celsius(accelerator: Accelerator, power: Numbers, air_path: Numbers = 0.5) -> FloatArray:
    """Core temperature that `power` (W) settles at; `air_path` is 0 at the front of the node, 1 at the rear."""
    share = np.asarray(power, dtype=np.float64) / accelerator.power_watts
    position = AIR_PATH_CELSIUS * (np.asarray(air_path, dtype=np.float64) - 0.5)
    return IDLE_CELSIUS + share * (RISE_CELSIUS + position)


def air_path(local_rank: int | NDArray[np.int64], per_node: int) -> FloatArray:
    """Position in the node's air path, 0 front to 1 rear: SXM boards have two rows, the second half behind the first."""
    rows = 2.0 * np.asarray(local_rank, dtype=np.float64) / max(per_node, 1)
    return np.minimum(np.floor(rows), 1.0)


def relax(start: Numbers, target: Numbers, elapsed_seconds: Numbers) -> FloatArray:
    """Where a temperature is, `elapsed_seconds` after it left `start` for `target`."""
    remaining = np.exp(-np.asarray(elapsed_seconds, dtype=np.float64) / TIME_CONSTANT_SECONDS)
    return np.asarray(target + (np.asarray(start, dtype=np.float64) - target) * remaining, dtype=np.float64)
