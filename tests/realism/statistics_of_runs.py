"""Statistics of simulated runs beside those of real logs.

The logs: llm.c, AdamW, Muon 124M and 1.5B (KellerJordan/modded-nanogpt), 15B and a DeepSeek-V3 proxy (NVIDIA/Megatron-LM),
MLPerf 405B and GPT-3, BLOOM. Real columns give one value or the range of those logs. Everything comes from simulated runs as
they are told, or, where a log's step time is to be met, from the run's own clock at that step time.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
from clocks import clock_of

from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.levels import level_shifts
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.run.steps import StepColumns
from pysim.story.steps import DataStep, Executed
from realism.measures import (
    HEAD,
    Check,
    Floats,
    autocorrelation,
    excess_kurtosis,
    outlier_percent,
    residuals,
    robust_deviation,
    skew,
)
from realism.section import Section

SEEDS = tuple(range(15))  # rare spikes make the spread of a single run
CLOCK_SEEDS = range(40)
SETTLED_STEP, LONGEST = 5000, 14_000  # where the loss curve is straight enough, and how far it is read
SHARE = 100.0  # per cent
DAY = 86_400
SLOW, VERY_SLOW = 1.05, 1.5  # times the median


def section() -> Section:
    """All checks, by table."""
    tables = {
        "loss noise": loss_noise(),
        "validation": validation(),
        "step time": step_time(),
        "gradient norm": gradient_norm(),
        "memory": memory(),
    }
    lines, kept = [HEAD], True
    for title, checks in tables.items():
        lines += [title, *(f"  {check.line()}" for check in checks)]
        kept &= all(check.kept for check in checks)
    return Section("Statistics of simulated runs beside those of real logs", tuple(lines), passed=kept)


@cache
def run_of(preset: str, seed: int = 0, **changes: object) -> Run:
    """The run of a preset, changed as on the command line."""
    return simulate(plan_of(preset, seed, **changes))


def plan_of(preset: str, seed: int = 0, **changes: object) -> Plan:
    """The plan of a preset, changed as on the command line."""
    return choose_plan(Request(preset=preset, seed=seed, **changes))  # type: ignore[arg-type]  # checked when it is read


@cache
def gpt2_columns(seed: int) -> StepColumns:
    """Every step of the GPT-2 124M run."""
    run = run_of("gpt2-124m", seed)
    return run.steps.columns(Executed(1), Executed(run.plan.total_steps))


# Loss noise


def loss_residuals(run: Run) -> Floats:
    """Detrended losses of a settled run."""
    first = min(SETTLED_STEP, run.plan.total_steps // 4)
    return residuals(run.steps.losses(DataStep(first), DataStep(min(first + LONGEST, run.plan.total_steps))))


def loss_noise() -> list[Check]:
    """Size, memory and shape, by the tokens that a printed loss averages."""
    muon = [run_of("gpt2-124m", seed, batch_tokens=65_536) for seed in SEEDS]
    small = [run_of("gpt2-124m", seed) for seed in SEEDS]
    middle = [run_of("llama-7b", seed, gpus=128, batch_tokens=1_572_864) for seed in SEEDS]
    large = [run_of("llama3-405b", seed) for seed in SEEDS]
    return [
        *_noise_of(muon, ("31.3", 28, 35), ("2.16", 1.8, 2.7), ("13", 8, 20), ("1.7", 1.2, 2.5)),
        *_noise_of(small, ("31.3, 33.7", 28, 35), ("0.90, 1.24", 0.75, 1.35), ("3.1, 4.9", 2.3, 6), ("0.62, 0.66", 0.4, 1.1)),
        *_noise_of(middle, ("30.4", 28, 34), ("-0.02", -0.08, 0.08), ("0.01", -0.15, 0.2), ("0.00", 0, 0.03)),
        *_noise_of(large, ("32.3 (2.1M tokens)", 28, 34), ("-0.05", -0.08, 0.08), ("0.04", -0.15, 0.2), ("0.00", 0, 0.03)),
        Check("residuals, H100 against A100, correlation", "0.998", 0.99, 1.0, _between_machines()),
    ]  # fmt: skip


Seen = tuple[str, float, float]


def _noise_of(runs: Sequence[Run], size: Seen, skewed: Seen, kurtosis: Seen, outliers: Seen) -> Iterator[Check]:
    tokens = runs[0].plan.tokens_per_step
    each = [loss_residuals(run) for run in runs]
    name = f"{tokens:,} tokens"
    yield Check(f"{name}: std x sqrt(tokens)", *size, _mean(e.std() for e in each) * np.sqrt(tokens))
    yield Check(f"{name}: autocorrelation, lag 1", "-0.08..+0.05", -0.08, 0.05, _mean(map(autocorrelation, each)))
    yield Check(
        f"{name}: autocorrelation, lag 2", "-0.04..+0.03", -0.08, 0.05, _mean(autocorrelation(e, 2) for e in each)
    )
    yield Check(f"{name}: skew", *skewed, _mean(map(skew, each)))
    yield Check(f"{name}: excess kurtosis", *kurtosis, _mean(map(excess_kurtosis, each)))
    yield Check(f"{name}: beyond 4 MAD, %", *outliers, _mean(map(outlier_percent, each)))
    jumps = _mean(np.diff(e).std() / np.sqrt(2) / e.std() for e in each)
    yield Check(f"{name}: successive differences over std", "0.99..1.01", 0.97, 1.03, jumps)


def _between_machines() -> float:
    one, other = (run_of("gpt2-124m", accelerator=name) for name in ("h100-sxm", "a100-80gb"))
    return float(np.corrcoef(loss_residuals(one), loss_residuals(other))[0, 1])


# Validation


def validation() -> list[Check]:
    """The same set each time: less jitter, and just below the training loss."""
    runs = [run_of("gpt2-124m", seed) for seed in SEEDS]
    large = [run_of("bloom-176b", seed) for seed in SEEDS]
    return [
        Check("524,288 tokens: jitter, nats", "0.0035", 0.0025, 0.0045, _mean(map(_jitter, runs))),
        Check("4,194,304 tokens: jitter, nats", "0.0008", 0.0005, 0.0012, _mean(map(_jitter, large))),
        Check("validation - training (250 steps), nats", "-0.014 +- 0.0045", -0.023, -0.005, _mean(map(_gap, runs))),
    ]


def _jitter(run: Run) -> float:
    losses = run.validations.losses[len(run.validations.losses) // 2 :]
    return float((losses[1:-1] - (losses[:-2] + losses[2:]) / 2).std() / np.sqrt(1.5))


def _gap(run: Run) -> float:
    interval, losses = run.timeline.validation.interval, run.validations.losses
    indices = range(SETTLED_STEP // interval, len(losses) - 1)
    return _mean(
        losses[i]
        - run.steps.mean_loss(np.arange((i + 1) * interval - 249, (i + 1) * interval + 1), Executed((i + 1) * interval))
        for i in indices
    )


# Step time


def step_time() -> list[Check]:
    """Like for like with the logs' own step times and cluster sizes, then whole runs."""
    return [
        *_clock("405B, 512 GB200", "gb200", (285, 17.237, 512), (0.13, 0.995, 1.009), (0.55, 1.023, 1.049, 0.35)),
        *_clock("405B, 256 B200", "b200", (497, 27.641, 256), (0.36, 0.996, 1.011), (0.77, 1.032, 1.07, 1.0)),
        *_clock("405B, 5,120 GB200", "gb200", (267, 2.227, 5120), (1.45, 0.986, 1.033), (1.51, 1.057, 1.07, 1.5)),
        *_clock("124M, 8 H100", "h100-sxm", (6179, 0.214, 8), (0.69, 0.991, 1.009)),
        *_clock("1.5B, 8 H100", "h100-sxm", (20_323, 1.7, 8), (0.17, 0.995, 1.006)),
        *_clock("DeepSeek-V3 proxy", "h100-sxm", (9524, 12.03, 256), (0.56, 0.991, None), routed=True),
        *_whole_runs(),
    ]


def _clock(
    name: str,
    accelerator: str,
    log: tuple[int, float, int],
    core: tuple[float, float, float | None],
    tail: tuple[float, float, float, float] | None = None,
    *,
    routed: bool = False,
) -> Iterator[Check]:
    """Medians over seeds without level shifts, beside one log: `core` and, where it is no burst of its own, `tail`."""
    steps, seconds, world_size = log
    clocks = [
        clock_of(seed, steps, seconds, world_size, accelerator=accelerator, routed=routed) for seed in CLOCK_SEEDS
    ]
    each = [np.diff(clock.totals_us(0, steps)) for clock in clocks if not clock.shifts]
    relative = [durations / np.median(durations) for durations in each]

    def percentile(share: float) -> float:
        return SHARE * abs(_median(np.quantile(x, share) for x in relative) - 1)

    spread, low, high = core
    yield _around(f"{name}: robust CV, %", spread, SHARE * _median(map(robust_deviation, relative)))
    yield _around(f"{name}: 1st percentile, % below median", SHARE * (1 - low), percentile(0.01))
    if high:
        yield _around(f"{name}: 95th percentile, % above", SHARE * (high - 1), percentile(0.95))
    if tail:
        deviation, p99, largest, slow = tail
        yield _around(f"{name}: CV, %", deviation, SHARE * _median(x.std() / x.mean() for x in relative))
        yield _around(f"{name}: 99th percentile, % above", SHARE * (p99 - 1), percentile(0.99))
        yield _around(f"{name}: maximum, % above", SHARE * (largest - 1), percentile(1.0))
        yield _around(f"{name}: beyond 1.05x, %", slow, SHARE * _mean((x > SLOW).mean() for x in relative), 3.2)
    yield Check(f"{name}: beyond 1.5x, %", "0..0.82", 0, 0.82, SHARE * _mean((x > VERY_SLOW).mean() for x in relative))
    yield Check(f"{name}: autocorrelation, lag 1", "-0.06..0.77", -0.06, 0.77, _median(map(autocorrelation, relative)))


def _around(name: str, seen: float, value: float, factor: float = 2.7) -> Check:
    """A single log's number says no more than about where: logs of like runs differ by such factors."""
    return Check(name, f"{seen:.3g}", float(f"{seen / factor:.2g}"), float(f"{seen * factor:.2g}"), value)


def _whole_runs() -> Iterator[Check]:
    """First steps, shards and slow nodes, from the columns of whole runs."""
    run = run_of("gpt2-124m", accelerator="h100-sxm")
    durations = run.steps.columns(Executed(2), Executed(run.plan.total_steps)).duration_us
    relative = durations / np.median(durations)
    reads = np.flatnonzero(relative > VERY_SLOW)
    per_shard = run.plan.dataset.shard_tokens / run.plan.tokens_per_step
    yield Check("124M, shards: steps from one to the next", f"{per_shard:.1f}", 188, 193, _median(np.diff(reads)))
    yield Check("124M, shards: beyond 1.5x, %", "1.04 (two each)", 0.4, 1.1, SHARE * len(reads) / len(relative))
    yield Check("124M, shards: slow step over the median", "2.16..2.23", 1.6, 2.8, _median(relative[reads]))
    for preset, seen in (("deepseek-v3", "7.9"), ("mixtral-8x7b", "38"), ("gpt2-124m", "349")):
        durations = run_of(preset).steps.columns(Executed(1), Executed(200)).duration_us
        yield Check(f"{preset}: first step over the median", seen, 5, 350, float(durations[0] / np.median(durations)))
    steps = int(3650 * DAY / 10)
    shifts = [shift for seed in SEEDS for shift in level_shifts(seed, steps, 10.0)]
    yield Check("slow node: steps longer by", "1.05..1.06", 1.05, 1.06, _median(shift.factor for shift in shifts))
    hours = _median((shift.last - shift.first + 1) / 360 for shift in shifts)
    yield Check("slow node: lasts hours", "3.5 (8,400 steps)", 3, 60, hours)


# Gradient norm

_NORM_CV = {
    (50, 300): (19.8, 15, 25),
    (300, 700): (17.8, 13.5, 22),
    (700, 2000): (14.4, 11, 18),
    (2000, 5000): (12.0, 9.5, 15),
    (5000, 10_000): (14.1, 8, 18),
    (10_000, 15_000): (6.0, 4.5, 9),
    (15_000, 19_000): (6.6, 4.5, 9),
}
"""Steps of llm.c's log: detrended CV in per cent, and its band. One spike of 7.5 times the median makes the fifth."""
_NORM_LEVEL = {(700, 2000): (0.37, 0.3, 0.44), (5000, 15_000): (0.27, 0.22, 0.32), (18_500, 19_000): (0.23, 0.18, 0.28)}


def gradient_norm() -> list[Check]:
    """Level and spread by phase of the run, spikes, memory, and what it shares with the loss."""
    norms = [gpt2_columns(seed).grad_norm for seed in SEEDS]
    late = [norm[10_000:] for norm in norms]
    shapes = [residuals(norm) for norm in late]
    losses = [residuals(gpt2_columns(seed).loss[10_000:]) for seed in SEEDS]
    shared = _mean(_clipped_correlation(shape, loss) for shape, loss in zip(shapes, losses, strict=True))
    spikes = _mean((norm[2000:] > 2 * np.median(norm[2000:])).sum() for norm in norms)
    return [
        Check("first step", "15.4", 10, 21, _median(norm[0] for norm in norms)),
        *(
            Check(f"steps {a:,} to {b:,}: median", f"{seen:g}", low, high, _mean(np.median(norm[a:b]) for norm in norms))
            for (a, b), (seen, low, high) in _NORM_LEVEL.items()
        ),
        *(
            Check(f"steps {a:,} to {b:,}: CV, %", f"{seen:g}", low, high, _median(_cv(norm[a:b]) for norm in norms))
            for (a, b), (seen, low, high) in _NORM_CV.items()
        ),
        Check("plateau: 99th percentile over the median", "1.2..1.5", 1.15, 1.5, _median(np.quantile(norm, 0.99) / np.median(norm) for norm in late)),
        Check("plateau: autocorrelation, lag 1", "+0.17..0.36", 0.14, 0.38, _mean(autocorrelation(_clipped(shape)) for shape in shapes)),
        Check("plateau: correlation with the loss", "+0.12..0.23", 0.1, 0.25, shared),
        Check("steps beyond twice the median, in 17,000", "6..20 in six logs", 4, 24, spikes),
    ]  # fmt: skip


def _cv(norms: Floats) -> float:
    return float(SHARE * residuals(norms, window=25).std() / np.median(norms))


def _clipped(values: Floats) -> Floats:
    """Without the spikes, of which one would outweigh the rest."""
    limit = 5 * robust_deviation(values)
    return np.clip(values, -limit, limit)


def _clipped_correlation(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(_clipped(one), other)[0, 1])


# Memory


def memory() -> list[Check]:
    """Constant to the byte if dense; with experts it follows the routing."""
    routed = run_of("deepseek-v3").steps.columns(Executed(1), Executed(9537)).memory_bytes
    return [
        Check("dense, 19,073 steps: distinct values", "2", 1, 2, len(np.unique(gpt2_columns(0).memory_bytes))),
        Check("experts, 9,537 steps: distinct values", "1,290", 100, 5000, len(np.unique(routed))),
    ]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.mean(listed)) if listed else 0.0


def _median(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.median(listed)) if listed else 0.0
