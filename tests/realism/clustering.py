"""How faults cluster, held against a public trace: see `traced`."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from statistics import fmean

import numpy as np
from traced import DAY_US, DAYS, FAULTS, SERVERS, Trace, returned_within, trace

from pysim.catalog.incidents import failure_rates
from realism.measures import Check

SEEDS = range(60)


def checks() -> list[Check]:
    """Bursts, and servers that are worse than others. The trace has waves of months on top, which are left out."""
    seen, traces = failure_rates().clustering, [trace(seed) for seed in SEEDS]

    def mean(measure: Callable[[Trace], float]) -> float:
        return fmean(measure(trace) for trace in traces)

    return [
        Check("faults", f"{FAULTS}", round(0.94 * FAULTS), round(1.06 * FAULTS), mean(len)),
        Check("time between faults: deviation over mean", f"{seen.gap_variation:g} with waves", 1.2, 1.85, mean(_gap_variation)),
        Check("faults of a day: variance over mean", "1.84 with waves", 1.4, 2.4, mean(_of_a_day)),
        Check("most in a day", f"{seen.most_in_a_day}", 7, 13, mean(_most_in_a_day)),
        _share("share of the worst tenth of servers", seen.worst_tenth_share, mean(lambda trace: _share_of_worst(trace, 0.1))),
        _share("share of the worst twentieth", seen.worst_twentieth_share, mean(lambda trace: _share_of_worst(trace, 0.05))),
        *(
            _share(f"followed by one of the same server in {days:g} days", known, mean(partial(returned_within, days)))
            for days, known in seen.returns
        ),
        _share("servers without a fault", seen.untouched_share, mean(lambda trace: 1.0 - len(_by_server(trace)) / SERVERS)),
    ]  # fmt: skip


def _share(name: str, seen: float, value: float) -> Check:
    return Check(name, f"{seen:g}", round(seen - 0.08, 3), round(seen + 0.08, 3), value)


def _gap_variation(trace: Trace) -> float:
    gaps = np.diff([fault.at_us for fault in trace])
    return float(gaps.std() / gaps.mean())


def _of_a_day(trace: Trace) -> float:
    counts = _by_day(trace)
    return float(counts.var() / counts.mean())


def _most_in_a_day(trace: Trace) -> float:
    return float(_by_day(trace).max())


def _by_day(trace: Trace) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.bincount([fault.at_us // DAY_US for fault in trace], minlength=DAYS)


def _share_of_worst(trace: Trace, share: float) -> float:
    counts = sorted(_by_server(trace).values(), reverse=True)
    return sum(counts[: round(share * SERVERS)]) / len(trace)


def _by_server(trace: Trace) -> Counter[int]:
    return Counter(fault.server for fault in trace)
