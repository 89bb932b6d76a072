"""What software a run finds on the day that it starts: the collectives library of each vendor and its driver, by date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import MappingProxyType

from pysim.catalog.resources import read_table
from pysim.catalog.rows import row_of

_KEPT = 16  # days; the programs of a run ask for its own again and again
_LIKE = {"fictional": "nvidia"}  # who makes what does not exist ships what everybody else does


@dataclass(frozen=True, slots=True)
class Software:
    """What was current from a day on, for one vendor's accelerators."""

    vendor: str
    since: str  # ISO date
    framework: str
    library: str  # nccl, rccl, jax, hccl, xla
    version: str  # 2.27.7
    build: str  # as the library prints itself: 2.27.7+cuda13.0
    driver: str  # as the library prints it; empty where it does not
    source: str


@lru_cache(maxsize=_KEPT)
def software_of(vendor: str, start_time: int) -> Software:
    """What a run on a vendor's accelerators finds that starts at `start_time` (Unix seconds); of what is older, the oldest row."""
    rows, day = software()[_LIKE.get(vendor, vendor)], datetime.fromtimestamp(start_time, UTC).date().isoformat()
    return next((row for row in reversed(rows) if row.since <= day), rows[0])


@cache
def software() -> Mapping[str, tuple[Software, ...]]:
    """Every row by vendor, in the order of the file."""
    rows = [
        row_of(Software, f"software {keys.get('since', 'of no date')!r}", keys)
        for keys in read_table("software")["software"]
    ]
    return MappingProxyType(
        {
            vendor: tuple(row for row in rows if row.vendor == vendor)
            for vendor in dict.fromkeys(row.vendor for row in rows)
        }
    )
