"""The state of every accelerator at any moment, from closed forms.

Power follows the load at once, heat with a lag: it relaxes towards that of the present load from where the loads before had left
it. Only the last few changes of load matter, so only those are looked up; what was before them counts as the run's mean load. Heat
is linear, so one number follows the history, whatever the number of accelerators; each then adds what is its own: its place in
the air path, its node's inlet, its silicon, how well its heat sink sits, and a slow ripple.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import chassis_of
from pysim.physics.thermal import (
    CLOCK_STEP_MHZ,
    FIRST_TO_FINISH,
    INLET_CELSIUS,
    LOADS,
    THROTTLE_CELSIUS,
    air_path,
    clock_mhz,
    memory_celsius,
    power_watts,
    relax,
    rise_celsius,
    saving_load,
    throttled,
    throttled_share,
)
from pysim.pretraining.figures import Figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.chips import Chips, Machines
from pysim.pretraining.run.conditions import Conditions, Shown
from pysim.pretraining.run.incidents import Incidents
from pysim.pretraining.run.loads import Change, Load, Loads
from pysim.pretraining.run.segments import Place
from pysim.pretraining.run.timeline import Timeline
from pysim.story.events import FleetSampled
from pysim.story.fleet import DEAD, THROTTLED, WORKING
from pysim.story.noise import Stream
from pysim.story.rounding import significant

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY_SECONDS, _DAY_CELSIUS = (
    86_400,
    1.0,
)  # the inlet follows the time of day (Llama 3: 1-2 % of throughput); amplitude [M]
_WARMEST_SECONDS = 15 * 3600
_RIPPLE_CELSIUS = 1.0
_RIPPLE_POWER = 0.025
_REMEMBERED_LOADS = 4  # changes of load that still matter for a temperature
_SPINNING = 100  # per cent: a kernel runs, if only one that waits in a collective
_WRITING_PERCENT = 3  # while copying a checkpoint to the host: nothing runs but copies [M]
_CONTEXT_PERCENT = 0
_LOADS = {
    "validating": LOADS["validate"],
    "saving": saving_load(),
    "context": LOADS["context"],
    "hang": LOADS["hang"],
}
_IN_ORDER: tuple[Load, ...] = ("training", "validating", "saving", "context", "hang", "down")


class Fleet:
    """All accelerators of one run."""

    def __init__(self, plan: Plan, figures: Figures, timeline: Timeline, incidents: Incidents) -> None:
        self._plan = plan
        self._figures = figures
        self._timeline = timeline
        self._machines = Machines(plan, incidents.replacements)
        self._conditions = Conditions(plan, incidents)
        self._loads = Loads(timeline)
        self._chassis = chassis_of(plan.accelerator)

    def sample(self, time_us: int, memory_bytes: int) -> FleetSampled:
        """Every accelerator just before a time, in the load that ends there, and the last step that was done by then."""
        chips = self._machines.at(time_us)
        place, history = self._timeline.at(time_us - 1), self._loads.history(time_us, _REMEMBERED_LOADS)
        load = history[-1][1]
        done = self._write_shares < self._written(time_us, place) if load == "saving" else None
        watts, heat = self._watts_now(load, done), self._heat(time_us, history)
        celsius, kept, held = self._throttled(self._celsius(chips, time_us, heat))
        rippled = watts * (chips.power + _RIPPLE_POWER * _ripple(chips, time_us, 3)) * kept
        sample = FleetSampled(
            time_seconds=time_us / 1e6,
            step=self._timeline.data_step(self._timeline.at(time_us).completed),
            utilisation_percent=self._utilisation(chips, time_us, load, done),
            temperature_celsius=_whole(celsius),
            power_watts=np.minimum(_whole(rippled), self._plan.accelerator.power_watts),
            memory_bytes=np.maximum(memory_bytes - self._spared_bytes, 0),
            memory_capacity_bytes=self._plan.accelerator.memory_mib * 2**20,
            clock_mhz=self._clocks(chips, watts, celsius, kept),
            memory_celsius=_whole(memory_celsius(celsius, heat)),
            throttled=held,
            condition=np.where(held, THROTTLED, WORKING),
        )
        shown = self._conditions.at(time_us, load)
        return self._as_shown(sample, shown) if shown else sample

    def _as_shown(self, sample: FleetSampled, shown: Shown) -> FleetSampled:
        """The sample as incidents let it look. What is dead has no readings."""
        if shown.marked:
            self._look(sample, shown, np.concatenate([np.arange(each.start, each.stop) for each in shown.marked]))
        condition = np.where(shown.condition == WORKING, sample.condition, shown.condition)
        return replace(sample, condition=condition)

    def _look(self, sample: FleetSampled, shown: Shown, ranks: Ints) -> None:
        """How some ranks look that incidents have marked, in place: of a large cluster they are a handful."""
        readable = (shown.condition[ranks] != DEAD).astype(np.int64)
        watts, clocks = sample.power_watts[ranks], sample.clock_mhz[ranks] * shown.clock[ranks]
        idle = np.minimum(watts, self._plan.accelerator.idle_watts)
        looks = {
            "utilisation_percent": _whole(sample.utilisation_percent[ranks] * shown.busy[ranks]),
            "temperature_celsius": sample.temperature_celsius[ranks],
            "power_watts": idle + _whole((watts - idle) * shown.power[ranks]),
            "memory_bytes": sample.memory_bytes[ranks],
            "clock_mhz": _whole(clocks / CLOCK_STEP_MHZ) * CLOCK_STEP_MHZ,
            "memory_celsius": sample.memory_celsius[ranks],
            "throttled": sample.throttled[ranks],
        }
        for name, values in looks.items():
            getattr(sample, name)[ranks] = values * readable

    def at_rest(self, accelerators: int) -> tuple[list[int], list[int]]:
        """Temperature (C) and power (W) of the first accelerators before anything runs."""
        celsius, watts = self._rest
        return celsius[:accelerators].tolist(), watts[:accelerators].tolist()

    @cached_property
    def _rest(self) -> tuple[Ints, Ints]:
        accelerator, chips = self._plan.accelerator, self._machines.at(0)
        celsius = self._celsius(chips, 0, significant(accelerator.idle_watts / accelerator.power_watts))
        return _whole(celsius), _whole(accelerator.idle_watts * chips.power)

    def energy_kwh(self, until_us: int | None = None) -> float:
        """Energy of all accelerators from launch to a time, or to the end: mean power of each kind of work, times its time; those of a slow node draw less."""
        spans_us, accelerators = self._loads.spans_us(until_us), self._plan.world_size
        watt_us = sum(self._mean_watts(load) * spans_us[load] for load in _IN_ORDER) * accelerators
        spared_watts = self._mean_watts("training") - self._plan.accelerator.idle_watts
        return (watt_us - max(spared_watts, 0.0) * self._conditions.held_back_us(self._timeline, until_us)) / 3.6e12

    def _mean_watts(self, load: Load) -> float:
        """Mean power of one accelerator in a kind of work, W, six significant digits; idle while the job is down."""
        if load == "training":
            return self._figures.step_watts
        if load == "down":
            return self._plan.accelerator.idle_watts
        return significant(float(power_watts(self._plan.accelerator, _LOADS[load])))

    def _watts_now(self, load: Load, done: NDArray[np.bool_] | None) -> Floats | float:
        if done is None:
            return self._mean_watts(load)
        return power_watts(self._plan.accelerator, np.where(done, LOADS["wait"], LOADS["checkpoint"]))

    def _utilisation(self, chips: Chips, time_us: int, load: Load, done: NDArray[np.bool_] | None) -> Ints:
        """A kernel runs, computing or spinning, or only copies do; a twentieth of the accelerators reads a point lower."""
        if load in ("context", "down"):
            return np.full(self._plan.world_size, _CONTEXT_PERCENT, np.int64)
        lower = (_ripple(chips, time_us, 7) > 0.9).astype(np.int64)  # noqa: PLR2004  # a twentieth of them
        return (_SPINNING if done is None else np.where(done, _SPINNING, _WRITING_PERCENT)) - lower

    def _heat(self, time_us: int, history: list[Change]) -> float:
        """Share of the power limit that cores have settled to; six significant digits."""
        limit = self._plan.accelerator.power_watts
        settled = {load: self._mean_watts(load) / limit for _, load in history}
        heat: float | Floats = self._plan.accelerator.idle_watts / limit
        if history[0][0] > 0:
            trained_us = max(history[0][0] - self._timeline.start_us, 0)  # 0: launched again and again, never trained
            heat = relax(self._mean_watts("context") / limit, self._mean_heat, trained_us / 1e6)
        ends = [since for since, _ in history[1:]] + [time_us]
        for (since, load), end in zip(history, ends, strict=True):
            heat = relax(heat, settled[load], (end - since) / 1e6)
        return significant(float(heat))

    @cached_property
    def _mean_heat(self) -> float:
        """Heat at the mean power of the training."""
        return self._figures.power_watts / self._plan.accelerator.power_watts

    def _celsius(self, chips: Chips, time_us: int, heat: float) -> Floats:
        """Temperature of every core if nothing throttled."""
        day = ((self._plan.start_time + time_us / 1e6 - _WARMEST_SECONDS) / _DAY_SECONDS) % 1.0
        inlet = INLET_CELSIUS + chips.celsius + _DAY_CELSIUS * (4.0 * abs(day - 0.5) - 1.0)
        rise = rise_celsius(self._chassis, self._path, heat, chips.resistance)
        celsius: Floats = inlet + rise + _RIPPLE_CELSIUS * heat * _ripple(chips, time_us, 0)
        return celsius

    def _throttled(self, celsius: Floats) -> tuple[Floats, Floats | float, Ints]:
        """Where cores are held, the share of power that each keeps, and which are held; most often none is."""
        held = celsius > THROTTLE_CELSIUS
        if not held.any():
            return celsius, 1.0, held.astype(np.int64)
        return throttled(celsius), throttled_share(celsius, INLET_CELSIUS), held.astype(np.int64)

    def _clocks(self, chips: Chips, watts: Floats | float, celsius: Floats, kept: Floats | float) -> Ints:
        accelerator = self._plan.accelerator
        if not self._chassis.max_clock_mhz:
            return np.zeros(len(celsius), np.int64)
        load = (watts - accelerator.idle_watts) / max(accelerator.power_watts - accelerator.idle_watts, 1)
        return _whole(clock_mhz(self._chassis, load, celsius, chips.hunger, kept) / CLOCK_STEP_MHZ) * CLOCK_STEP_MHZ

    def _written(self, time_us: int, saving: Place) -> float:
        """How much of a checkpoint's time is over, 0..1."""
        return (time_us - saving.begin_us) / max(saving.end_us - saving.begin_us, 1)

    # What is each accelerator's own, shape (world_size,)

    @cached_property
    def _write_shares(self) -> Floats:
        """The share of a checkpoint's time that each needs for its own part."""
        return FIRST_TO_FINISH + (1.0 - FIRST_TO_FINISH) * self._uniforms("write-share")

    @cached_property
    def _spared_bytes(self) -> Ints:
        """What each accelerator holds less than the fullest: later pipeline stages keep fewer micro-batches in flight (1F1B)."""
        stages = self._plan.parallel.pipeline
        stage = np.arange(self._plan.world_size, dtype=np.int64) * stages // self._plan.world_size
        return self._figures.memory.activation_bytes // stages * stage

    @cached_property
    def _path(self) -> Floats:
        per_node = self._plan.accelerator.per_node
        return air_path(np.arange(self._plan.world_size, dtype=np.int64) % per_node, per_node)

    def _uniforms(self, stream: str) -> Floats:
        return Stream(self._plan.noise_seed, stream).uniforms(0, self._plan.world_size)


def _whole(values: Floats) -> Ints:
    """The nearest whole numbers; behind the heat, which is rounded, all arithmetic is exact to the last bit everywhere."""
    return np.rint(values).astype(np.int64)


def _ripple(chips: Chips, time_us: int, salt: int) -> Floats:
    """A slow triangle wave between -1 and 1, each accelerator with a phase and a period of its own."""
    phase = (time_us / 1e6) / chips.ripple_seconds + chips.ripple_phase * (salt + 1)
    return 4.0 * np.abs(phase - np.floor(phase) - 0.5) - 1.0
