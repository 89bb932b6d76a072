"""What is each accelerator's own, and which accelerators the job has: a machine that takes another's place brings its own.

Draws are addressed by machine and slot, so a machine is the same in whichever node of the job it serves.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import fsum

import numpy as np
from numpy.typing import NDArray

from pysim.pretraining.plan import Plan
from pysim.story.noise import Stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Replacements = tuple[Ints, Ints, Ints]  # when (us), which node, which machine came; in order of time

_NODE_CELSIUS = 1.3  # standard deviation between nodes: inlet temperature, fans [M]
_CHIP_RESISTANCE = 0.035  # relative, between chips of a node [M]
_CHIP_POWER = 0.008  # relative, between chips at the same load [M]
_CHIP_HUNGER = 0.2  # relative, of the clock that a chip gives up for power [M]
_BADLY_SEATED = (
    0.001  # share of chips whose heat sink sits badly [M: the order of Llama 3's thermal-interface failures]
)
_BAD_RESISTANCE = (1.7, 2.6)  # of such a chip, over a good one's [M]
_RIPPLE_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chips:
    """What is each accelerator's own, shape (accelerators,)."""

    celsius: Floats  # of its node's inlet, over the mean
    resistance: Floats
    power: Floats  # relative to the mean of the run's accelerators, so that a mean power is the sum of what they draw
    hunger: Floats
    ripple_phase: Floats
    ripple_seconds: Floats

    def of(self, index: Ints) -> "Chips":
        """Some of them, in the order of `index`."""
        return Chips(
            celsius=self.celsius[index],
            resistance=self.resistance[index],
            power=self.power[index],
            hunger=self.hunger[index],
            ripple_phase=self.ripple_phase[index],
            ripple_seconds=self.ripple_seconds[index],
        )


class Machines:
    """The accelerators of one run at any time, those of machines that came later included."""

    def __init__(self, plan: Plan, replacements: Replacements) -> None:
        self._plan = plan
        self._came_us, self._hit, self._came = replacements
        self._after = lru_cache(maxsize=2)(self._chips_after)

    def at(self, time_us: int) -> Chips:
        """In order of rank."""
        return self._after(int(np.searchsorted(self._came_us, time_us, side="right")))

    def _chips_after(self, replacements: int) -> Chips:
        """After so many of the replacements; most runs have none."""
        if not replacements:
            return self._first
        plan, per_node = self._plan, self._plan.accelerator.per_node
        machine = np.arange(plan.nodes, dtype=np.int64)
        machine[self._hit[:replacements]] = self._came[:replacements]  # the last one that came stays
        node, slot = np.divmod(np.arange(plan.world_size, dtype=np.int64), per_node)
        return self._all.of(machine[node] * per_node + slot)

    @cached_property
    def _first(self) -> Chips:
        return self._drawn(self._plan.world_size)

    @cached_property
    def _all(self) -> Chips:
        machines = max(self._plan.nodes, 1 + int(self._came.max()))
        return self._drawn(machines * self._plan.accelerator.per_node)

    def _drawn(self, chips: int) -> Chips:
        own, seed = self._normals("chip-power", chips), self._plan.noise_seed
        mean = fsum(own[: self._plan.world_size].tolist()) / self._plan.world_size
        per_node = self._plan.accelerator.per_node
        nodes = _NODE_CELSIUS * Stream(seed, "node-celsius").normals(0, -(-chips // per_node))
        return Chips(
            celsius=np.repeat(nodes, per_node)[:chips],
            resistance=self._resistance(chips),
            power=1.0 + _CHIP_POWER * (own - mean),
            hunger=np.maximum(1.0 + _CHIP_HUNGER * self._normals("chip-hunger", chips), 0.0),
            ripple_phase=self._uniforms("ripple-phase", chips),
            ripple_seconds=_RIPPLE_SECONDS * (0.5 + self._uniforms("ripple-period", chips)),
        )

    def _resistance(self, chips: int) -> Floats:
        low, high = _BAD_RESISTANCE
        seat, badness = self._uniforms("chip-seat", chips), self._uniforms("chip-badness", chips)
        good = 1.0 + _CHIP_RESISTANCE * self._normals("chip-celsius", chips)
        return good * np.where(seat < _BADLY_SEATED, low + (high - low) * badness, 1.0)

    def _uniforms(self, stream: str, chips: int) -> Floats:
        return Stream(self._plan.noise_seed, stream).uniforms(0, chips)

    def _normals(self, stream: str, chips: int) -> Floats:
        return Stream(self._plan.noise_seed, stream).normals(0, chips)
