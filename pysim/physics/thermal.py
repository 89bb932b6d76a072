"""Power, temperature and clock of an accelerator: closed forms in load and in the time since the load changed.

Heat is linear: a core settles at inlet + resistance x power, and comes there exponentially. In the rear row of a chassis the air has
already passed the front row, so the inlet there rises with the power of the accelerator in front. From a threshold on, the
driver takes clock and power away until the core stays near it. The clock falls before that, too: with power and with temperature.

Anchors: H100 SXM idle 25-36 C at 67-73 W, idle with a context 29-39 C at 112-145 W, 51 C at 495 W, 61 C at 688 W (nvidia-smi outputs in
public logs; the last is a vendor's documentation sample); 70-75 C counts as excellent, throttling begins at 84-90 C, the clock falls
with temperature before, 5 % and more lie between the accelerators of a node at the extreme (stas00/ml-engineering). What is marked
[M] is unverified. Arrays in, float64 arrays out.
"""

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import Accelerator, Chassis
from pysim.physics.schedule import FloatArray

Numbers = float | FloatArray

LOADS: dict[str, float] = {
    "idle": 0.0,
    "hang": 0.05,  # minutes of spinning for nothing: some 100 W of 700, 70 of 400 (NVIDIA-NeMo/Speech#9291, NVIDIA/nccl#968)
    "context": 0.08,  # contexts and buffers, no work: 112-145 W of 700
    "checkpoint": 0.15,  # copies to the host and writes: 150-250 W [M]
    "wait": 0.25,  # seconds of spinning in a collective for others: busy, but 150-250 W [M]
    "exchange": 0.45,  # the waits within a step are too short to cool down, and carry traffic [M]
    "validate": 0.80,  # forward passes only [M]
}
"""Share of the way from idle power to the power limit, by what an accelerator is doing."""

COMPUTE_LOAD = 0.98  # what kernels tend to as they leave no gap
COMPUTE_SHORTFALL = 0.09  # load lost where they hardly use the matrix units [M]
EFFICIENCY_SCALE = 0.25  # kernel efficiency at which e-fold of the shortfall is gone [M]

FIRST_TO_FINISH = 0.55  # of a checkpoint's time: the fastest writer has done its part and spins in the barrier [M]

INLET_CELSIUS = 26.0  # air or water at the front of the chassis [M]
TIME_CONSTANT_SECONDS = 40.0  # die, heat spreader and heat sink together [M: plots settle within two minutes]
THROTTLE_CELSIUS = 87.0  # between the 84 and 90 C of public advice
THROTTLE_SLACK = 0.2  # share of the excess that the throttled core keeps above the threshold [M]
MEMORY_CELSIUS, MEMORY_LOAD_CELSIUS = 4.0, 9.0  # HBM over core: at rest, and more at full load, 10-15 C in all [M]

CLOCK_PER_CELSIUS = 0.0015  # lost for each degree above COOL_CELSIUS at full load [M]
COOL_CELSIUS = 45.0
CLOCK_STEP_MHZ = 15  # NVIDIA's clocks are multiples


def compute_load(kernel_efficiency: Numbers) -> FloatArray:
    """Load while kernels run that reach `kernel_efficiency` (0..1) of the peak."""
    missing = np.exp(-np.asarray(kernel_efficiency, dtype=np.float64) / EFFICIENCY_SCALE)
    return COMPUTE_LOAD - COMPUTE_SHORTFALL * missing


def training_load(kernel_efficiency: Numbers, compute_share: Numbers) -> FloatArray:
    """Mean load of a training step that computes for `compute_share` (0..1) of its time, and exchanges or waits in the rest."""
    share = np.clip(np.asarray(compute_share, dtype=np.float64), 0.0, 1.0)
    return share * compute_load(kernel_efficiency) + (1.0 - share) * LOADS["exchange"]


def saving_load() -> float:
    """Mean load of a checkpoint: those that have written their part wait for the slowest."""
    writing = (1.0 + FIRST_TO_FINISH) / 2
    return writing * LOADS["checkpoint"] + (1.0 - writing) * LOADS["wait"]


def power_watts(accelerator: Accelerator, load: Numbers) -> FloatArray:
    """Board power at `load` (0 idle, 1 at the limit), W."""
    share = np.clip(np.asarray(load, dtype=np.float64), 0.0, 1.0)
    return accelerator.idle_watts + (accelerator.power_watts - accelerator.idle_watts) * share


def air_path(local_rank: int | NDArray[np.int64], per_node: int) -> FloatArray:
    """Position in the node's air path, 0 front to 1 rear: boards have two rows, the second half behind the first."""
    rows = 2.0 * np.asarray(local_rank, dtype=np.float64) / max(per_node, 1)
    return np.minimum(np.floor(rows), 1.0)


def rise_celsius(chassis: Chassis, path: Numbers, heat: Numbers, resistance: Numbers = 1.0) -> FloatArray:
    """Core over inlet at `heat`, the share of the power limit that the core has settled to (or is on its way to).

    `path` is the position in the air path, `resistance` an accelerator's own thermal resistance over that of its kind.
    """
    own = chassis.rise_celsius * np.asarray(resistance, dtype=np.float64)
    return (own + chassis.preheat_celsius * np.asarray(path, dtype=np.float64)) * heat


def relax(start: Numbers, target: Numbers, elapsed_seconds: Numbers) -> FloatArray:
    """Where heat or temperature is, `elapsed_seconds` after it left `start` for `target`."""
    remaining = np.exp(-np.asarray(elapsed_seconds, dtype=np.float64) / TIME_CONSTANT_SECONDS)
    return np.asarray(target + (np.asarray(start, dtype=np.float64) - target) * remaining, dtype=np.float64)


def throttled(celsius: Numbers) -> FloatArray:
    """The temperature that a core is held at, which unthrottled would reach `celsius`."""
    excess = np.maximum(np.asarray(celsius, dtype=np.float64) - THROTTLE_CELSIUS, 0.0)
    return celsius - (1.0 - THROTTLE_SLACK) * excess


def throttled_share(celsius: Numbers, inlet: Numbers) -> FloatArray:
    """Share of its power that such a core keeps (0..1): heat is linear, so it is the share of its rise over the inlet."""
    return (throttled(celsius) - inlet) / (np.asarray(celsius, dtype=np.float64) - inlet)


def clock_mhz(
    chassis: Chassis, load: Numbers, celsius: Numbers, hunger: Numbers = 1.0, kept: Numbers = 1.0
) -> FloatArray:
    """Core clock, MHz, not yet in steps. It falls with the cube of the load [M: a lightly loaded part boosts] and with heat.

    `hunger` is how much more clock than others of its kind a part gives up for power.
    `kept` is the share of power that throttling leaves; power goes with about the square of the clock there, voltage included [M].
    """
    drive = np.asarray(load, dtype=np.float64)
    warm = np.maximum(np.asarray(celsius, dtype=np.float64) - COOL_CELSIUS, 0.0)
    drop = chassis.clock_drop * drive * drive * drive * np.asarray(hunger) + CLOCK_PER_CELSIUS * drive * warm
    return np.asarray(chassis.max_clock_mhz * (1.0 - drop) * np.sqrt(kept), dtype=np.float64)


def memory_celsius(celsius: Numbers, heat: Numbers) -> FloatArray:
    """Temperature of the memory beside a core."""
    return celsius + MEMORY_CELSIUS + MEMORY_LOAD_CELSIUS * np.asarray(heat, dtype=np.float64)
