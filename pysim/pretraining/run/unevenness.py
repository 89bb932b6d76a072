"""How much longer or shorter than the usual each step is: the core of a run's step times, its drift, its tail, its bursts.

Their jitter is one of milliseconds rather than of per cent, and grows with the cluster: 1.5 ms on 8 accelerators whether a step takes
0.2 s or 1.7 s, 22 ms on 512, 32 ms on 5,120 (MLPerf 405B and GPT-3, Megatron-LM 15B, BLOOM, Muon 124M and 1.5B). Clusters of the same
accelerators differ beyond that, by factors that no table knows: each run draws what its own is like, between the ends of
`data/step_times.toml`. What was drawn holds for the whole run.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import StepTimes
from pysim.story.noise import Stream

_RELATIVE_CV = 0.0011  # 512 GB200 at 17.2 s: robust CV 0.13 %; 512 H100, blocks of 11 steps of 120 s: 0.028 %
_JITTER_SECONDS = (
    0.0013  # of 8 accelerators, times sqrt(n / 8); robust CV 0.69 % at 0.214 s, of 5,120 1.45 % at 2.227 s
)
_JITTER_ACCELERATORS = 8
_ROUTING_CV = (0.003, 0.024)  # experts: robust CV 0.56 % (DeepSeek-V3 proxy) and 3.1 % (Mixtral 8x7B)
_LARGEST_CV = 0.012  # assumption: very short steps are not waited for one by one
_LARGEST_TAIL = 1.4  # logs: maxima of 200 steps 1.05 to 2.4 times the median
# From one knot of the drift to the next: autocorrelation 0.61 at lag 1, 0.34 at lag 10 (512 GB200).
_QUICK_STEPS, _SLOW_STEPS = 8, 256
_SLOW_VARIANCE = 0.75  # of the drift's: medians of 100 steps differ by one robust deviation on large clusters
_LARGEST_FAST_TAIL = 0.04  # logs: minima of 200 steps 0.92 to 0.995 times the median
_SQRT_12 = sqrt(12.0)
_KNOT_VARIANCE = 2.0 / 3.0  # mean variance of a line between two independent knots
_FAST_TAILS = (-0.8, 0.8)  # for each slow one: none in most logs, as many in build-nanogpt's
_FELT_STEPS = 4  # after a slow step that feel it: 1.29, 1.20, 1.14, 1.05, 1.03 on 512 GB200
# Steps get longer over the first thousand, by 0.5 to 1.2 % on four accelerators (build-nanogpt), by 0.5 % within 250 on 512 to 2,560
# H100, by 1.4 and 2.5 % within 600 and 300 on 256 and 512 GB200, whatever a step lasts.
_SETTLING_STEPS = 150.0
_SETTLED_STEP = 2**17  # what is missing from here on is too little to show

_BURST_STEPS = 32  # a burst lasts
_BURST_SHARE = 0.3  # of its steps that are slow
# Of all steps of a run that has bursts, and how slow: 0.8 % at 2.3 times the median (Muon 1.5B), 6 % at 1.42 (DeepSeek-V3 proxy).
_SLOW_SHARE, _SLOW_BY = (0.001, 0.016), (0.3, 1.4)
_DRAWS = 12  # per run, see `Unevenness`

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """What of a cluster and its model makes steps uneven."""

    world_size: int
    has_several_nodes: bool
    routed: bool = False  # whether there are experts


@dataclass(frozen=True, slots=True)
class Unevenness:
    """What step times of one run are like."""

    seed: int
    core: float  # robust deviation, relative
    lopsided: float
    drift: float
    tail_share: float
    tail_carry: float  # share of it that the next step feels
    fast_tail_share: float
    tail_excess: float
    burst_share: float  # of spans of `_BURST_STEPS` steps; 0 for most runs
    slow_by: float  # of a step, for the slow ones of a burst
    settling: float  # of a step, by which the first one is shorter than those of a long run

    def weights(self, first: int, steps: int) -> Floats:
        """Durations of `steps` steps after `first`, a multiple of `_SLOW_STEPS`, around 1; shape (steps,)."""
        weights = self._core(first, steps)
        u = Stream(self.seed, "step-time-tail").uniforms(first, steps + _FELT_STEPS)
        self._add_tails(weights, u)
        now = u[_FELT_STEPS:]
        fast = np.flatnonzero(now > 1.0 - self.fast_tail_share)
        weights[fast] -= np.minimum(_LARGEST_FAST_TAIL, self.tail_excess * self.fast_tail_share / (1.0 - now[fast]))
        if self.burst_share:
            weights[self._slow(first, now)] += self.slow_by
        begun = np.arange(first, min(first + steps, _SETTLED_STEP), dtype=np.float64)
        begun += _SETTLING_STEPS
        weights[: len(begun)] -= self.settling * _SETTLING_STEPS / begun
        return weights

    def _add_tails(self, weights: Floats, u: Floats) -> None:
        """Make some steps longer, and the few after each of them by ever less; `u` begins that many before."""
        begun = np.flatnonzero(u < self.tail_share)
        rarity = self.tail_share / u[begun]
        excess = np.minimum(_LARGEST_TAIL, self.tail_excess * rarity * np.sqrt(rarity))
        for later in range(_FELT_STEPS + 1):
            at = begun + (later - _FELT_STEPS)
            inside = (at >= 0) & (at < len(weights))
            weights[at[inside]] += excess[inside]
            excess = excess * self.tail_carry

    def _core(self, first: int, steps: int) -> Floats:
        """The core with its drift: a normal draw, its slow side stretched as much as its fast one is pressed."""
        core = Stream(self.seed, "step-time").normals(first, steps)
        core *= sqrt(1.0 - self.drift)
        core += self._drift(first, steps)
        stretch = np.abs(core)
        stretch *= self.lopsided
        stretch += 1.0
        np.divide(1.0, stretch, out=stretch, where=core < 0.0)
        core *= stretch
        core *= self.core
        core += 1.0
        return core

    def _drift(self, first: int, steps: int) -> Floats:
        """Straight lines between knots, quick ones on top of slow ones, shape (steps,)."""
        knots = self.drift / _KNOT_VARIANCE
        slow = sqrt(knots * _SLOW_VARIANCE) * self._knots("step-time-slow-drift", _SLOW_STEPS, first, steps)
        quick = sqrt(knots * (1.0 - _SLOW_VARIANCE)) * self._knots("step-time-drift", _QUICK_STEPS, first, steps)
        quick[:-1] += _line(slow, _SLOW_STEPS // _QUICK_STEPS)
        quick[-1] += slow[-1]
        return _line(quick, _QUICK_STEPS)

    def _knots(self, name: str, apart: int, first: int, steps: int) -> Floats:
        """Draws of variance one that lie `apart` steps from each other, from before the first step to after the last one.

        They are even ones: hashes cost a third of normals, and lines between them look alike.
        """
        knots = Stream(self.seed, name).spread(np.arange(first // apart, (first + steps) // apart + 1))
        knots -= 0.5
        knots *= _SQRT_12
        return knots

    def _slow(self, first: int, u: Floats) -> NDArray[np.bool_]:
        """Which steps have the second mode; `u` is what decides on their tails, in its middle."""
        spans = Stream(self.seed, "step-time-burst").uniforms(first // _BURST_STEPS, len(u) // _BURST_STEPS)
        return np.repeat(spans < self.burst_share, _BURST_STEPS) & (np.abs(u - 0.5) < _BURST_SHARE / 2.0)


def _line(knots: Floats, parts: int) -> Floats:
    """From each knot to the next in so many parts, the last knot left out."""
    return (knots[:-1, np.newaxis] + (knots[1:] - knots[:-1])[:, np.newaxis] * (np.arange(parts) / parts)).reshape(-1)


def unevenness(seed: int, kind: StepTimes, median_seconds: float, cluster: Cluster) -> Unevenness:
    """What a run with this seed has."""
    has_bursts, *draws = Stream(seed, "step-time-manner").uniforms(0, _DRAWS).tolist()
    drifts = kind.drift_between_nodes if cluster.has_several_nodes else kind.drift
    spread, routing, lopsided, drift, tail_share, tail_excess, tail_carry, fast_tails, slow_share, slow_by, settling = (
        low + (high - low) * draw
        for (low, high), draw in zip(
            (
                *(kind.spread, _ROUTING_CV, kind.lopsided, drifts, kind.tail_share, kind.tail_excess),
                *(kind.tail_carry, _FAST_TAILS, _SLOW_SHARE, _SLOW_BY, kind.settling),
            ),
            draws,
            strict=True,
        )
    )
    jitter = spread * core_cv(median_seconds, cluster.world_size)
    core = sqrt(jitter**2 + routing**2) if cluster.routed else jitter
    return Unevenness(
        seed=seed,
        core=core,
        lopsided=lopsided,
        drift=drift * (jitter / core) ** 2,  # where tokens go has no memory
        tail_share=tail_share,
        fast_tail_share=max(fast_tails, 0.0) * tail_share,
        tail_excess=tail_excess,
        tail_carry=tail_carry,
        burst_share=slow_share / _BURST_SHARE if has_bursts < kind.burst_chance else 0.0,
        slow_by=slow_by,
        settling=settling,
    )


def core_cv(median_seconds: float, world_size: int) -> float:
    """Relative spread of step times without tails and routing: a share of the step, and milliseconds that grow with the cluster."""
    jitter = _JITTER_SECONDS * sqrt(world_size / _JITTER_ACCELERATORS) / median_seconds
    return min(sqrt(_RELATIVE_CV**2 + jitter**2), _LARGEST_CV)
