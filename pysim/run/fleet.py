"""The state of every accelerator at any moment, from closed forms.

Power follows the load at once, temperature with a lag: it relaxes towards the temperature of the present load from where the
loads before had left it. Only the last few changes of load matter, so only those are looked up. Each accelerator has its
own small, lasting deviations (its place in the air path, its node, its silicon) and a slow ripple.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.events import FleetSampled
from pysim.physics.figures import Figures
from pysim.physics.thermal import (
    LOADS,
    air_path,
    equilibrium_celsius,
    power_watts,
    relax,
    training_load,
)
from pysim.plan import Plan
from pysim.run.noise import Stream
from pysim.run.timeline import Timeline

Floats = NDArray[np.float64]

_NODE_CELSIUS = 1.2  # standard deviation between nodes: inlet temperature, fans
_CHIP_CELSIUS = 1.1  # between chips of a node
_CHIP_POWER = 0.008  # relative, between chips at the same load
_RIPPLE_CELSIUS, _RIPPLE_SECONDS = 1.5, 180.0
_RIPPLE_POWER = 0.025
_REMEMBERED_LOADS = 4  # changes of load that still matter for a temperature
_BUSY_PERCENT = {"training": 99, "validating": 97, "saving": 4, "bring-up": 2}

_LOADS = {"validating": LOADS["validate"], "saving": LOADS["checkpoint"], "bring-up": LOADS["bring-up"]}


class Fleet:
    """All accelerators of one run."""

    def __init__(self, plan: Plan, figures: Figures, timeline: Timeline) -> None:
        self._plan = plan
        self._figures = figures
        self._timeline = timeline
        self._loads = {**_LOADS, "training": float(training_load(figures.mfu))}

    def sample(self, time_us: int, step: int, memory_bytes: int) -> FleetSampled:
        """Every accelerator just before a time, in the load that ends there."""
        history = self._history(step)
        activity = history[-1][1]
        utilisation = np.full(self._plan.world_size, _BUSY_PERCENT[activity], np.int64)
        utilisation -= (self._ripple(time_us, 7) > 0.6).astype(np.int64)  # noqa: PLR2004  # a fifth of them a point lower
        return FleetSampled(
            time_us / 1e6,
            step,
            utilisation,
            self._temperatures(time_us, history),
            self._power(time_us, self._loads[activity]),
            memory_bytes - self._spared_bytes,
            self._plan.accelerator.memory_mib * 2**20,
        )

    def energy_kwh(self) -> float:
        """Energy of all accelerators over the training: mean power of each kind of work, times its time."""
        timeline, plan = self._timeline, self._plan
        total = timeline.end_us - timeline.start_us
        validating = timeline.validation.total_us(plan.total_steps)
        saving = timeline.checkpoint.total_us(plan.total_steps)
        spans = {"training": total - validating - saving, "validating": validating, "saving": saving}
        joules = sum(float(power_watts(plan.accelerator, self._loads[kind])) * us / 1e6 for kind, us in spans.items())
        return joules * plan.world_size / 3.6e6

    def _history(self, step: int) -> list[tuple[int, str]]:
        """The last changes of load up to the end of executed step `step`: (since when, activity), oldest first."""
        timeline = self._timeline
        changes: list[tuple[int, str]] = []
        before = step - 1
        while before >= timeline.stretch_of(step).first_step and len(changes) < _REMEMBERED_LOADS:
            data_step = timeline.data_step(before)
            last = max(_last_due(work.interval, data_step) for work in (timeline.validation, timeline.checkpoint))
            before -= data_step - last
            if before < timeline.stretch_of(step).first_step:
                break
            changes += [
                (timeline.next_start_us(before), "training"),
                (timeline.checkpoint_start_us(before), "saving"),
                (timeline.end_of_us(before), "validating"),
            ]
            before -= 1
        first = timeline.stretch_of(step).start_us
        oldest = [(first, "training"), (0, "bring-up")] if len(changes) < _REMEMBERED_LOADS else []
        return [*changes, *oldest][::-1]

    def _temperatures(self, time_us: int, history: list[tuple[int, str]]) -> NDArray[np.int64]:
        """Relax each place of a node through the history, then add what is each accelerator's own."""
        per_node = self._plan.accelerator.per_node
        path = air_path(np.arange(per_node, dtype=np.int64), per_node)
        ends = [since for since, _ in history[1:]] + [time_us]
        celsius = self._settled(history[0][1], path)
        for (since, activity), end in zip(history, ends, strict=True):
            celsius = relax(celsius, self._settled(activity, path), (end - since) / 1e6)
        exact = celsius[self._local_ranks] + self._own_celsius + _RIPPLE_CELSIUS * self._ripple(time_us, 0)
        return np.rint(np.round(exact, 3)).astype(np.int64)

    def _settled(self, activity: str, path: Floats) -> Floats:
        watts = power_watts(self._plan.accelerator, self._loads[activity])
        return equilibrium_celsius(self._plan.accelerator, watts, path)

    def _power(self, time_us: int, load: float) -> NDArray[np.int64]:
        accelerator = self._plan.accelerator
        mean = float(np.round(power_watts(accelerator, load), 3))
        watts = mean * (self._own_power + _RIPPLE_POWER * self._ripple(time_us, 3))
        return np.minimum(np.rint(watts), accelerator.power_watts).astype(np.int64)

    def _ripple(self, time_us: int, salt: int) -> Floats:
        """A slow triangle wave between -1 and 1, each accelerator with a phase and a period of its own."""
        phase = (time_us / 1e6) / self._ripple_seconds + self._ripple_phase * (salt + 1)
        return 4.0 * np.abs(phase - np.floor(phase) - 0.5) - 1.0

    @cached_property
    def _spared_bytes(self) -> NDArray[np.int64]:
        """What each accelerator holds less than the fullest: later pipeline stages keep fewer micro-batches in flight (1F1B)."""
        stages = self._plan.parallel.pipeline
        stage = np.arange(self._plan.world_size, dtype=np.int64) * stages // self._plan.world_size
        return self._figures.memory.activation_bytes // stages * stage

    @cached_property
    def _local_ranks(self) -> NDArray[np.int64]:
        return np.arange(self._plan.world_size, dtype=np.int64) % self._plan.accelerator.per_node

    @cached_property
    def _own_celsius(self) -> Floats:
        seed, per_node = self._plan.seed, self._plan.accelerator.per_node
        nodes = _NODE_CELSIUS * Stream(seed, "node-celsius").normals(0, self._plan.nodes)
        chips = _CHIP_CELSIUS * Stream(seed, "chip-celsius").normals(0, self._plan.world_size)
        return np.repeat(nodes, per_node)[: self._plan.world_size] + chips

    @cached_property
    def _own_power(self) -> Floats:
        return 1.0 + _CHIP_POWER * Stream(self._plan.seed, "chip-power").normals(0, self._plan.world_size)

    @cached_property
    def _ripple_phase(self) -> Floats:
        return Stream(self._plan.seed, "ripple-phase").uniforms(0, self._plan.world_size)

    @cached_property
    def _ripple_seconds(self) -> Floats:
        return _RIPPLE_SECONDS * (0.5 + Stream(self._plan.seed, "ripple-period").uniforms(0, self._plan.world_size))


def _last_due(interval: int, data_step: int) -> int:
    return data_step // interval * interval
