"""Software by date: what a run finds installed is no newer than the run."""

import datetime as dt
import re

import pytest

from pysim.catalog import accelerators
from pysim.catalog.software import Software, software, software_of
from pysim.pretraining.planning.presets import presets

ROWS = [pytest.param(row, id=f"{row.vendor}-{row.since}") for rows in software().values() for row in rows]


def seconds(day: str) -> int:
    return int(dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC).timestamp())


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_of_a_day_and_of_one_version(row: Software) -> None:
    assert dt.date.fromisoformat(row.since)
    assert row.build.startswith(row.version)
    assert row.source
    if row.library == "nccl":
        cuda = re.fullmatch(r"[\d.]+\+cuda(\d+)\.(\d+)", row.build)
        assert cuda
        assert row.driver in ("", str(1000 * int(cuda[1]) + 10 * int(cuda[2])))


def test_time_goes_on() -> None:
    for rows in software().values():
        days = [row.since for row in rows]
        assert days == sorted(set(days))
    numbers = [[int(part) for part in row.version.split(".")] for row in software()["nvidia"]]
    assert numbers == sorted(numbers)


def test_every_vendor_has_software() -> None:
    for accelerator in accelerators().values():
        assert software_of(accelerator.vendor, 0).library


@pytest.mark.parametrize(
    ("vendor", "day", "build"),
    [
        ("nvidia", "2020-01-01", "2.7.8+cuda11.0"),
        ("nvidia", "2022-03-11", "2.10.3+cuda11.3"),
        ("nvidia", "2025-08-05", "2.26.2+cuda12.6"),
        ("nvidia", "2025-08-06", "2.27.3+cuda12.8"),
        ("nvidia", "2026-01-05", "2.27.7+cuda13.0"),
        ("fictional", "2026-01-05", "2.27.7+cuda13.0"),
        ("amd", "2026-01-05", "2.22.3-HEAD:7d8d67c"),
        ("google", "2023-12-04", "0.4.20"),
    ],
)
def test_what_was_current_on_a_day(vendor: str, day: str, build: str) -> None:
    assert software_of(vendor, seconds(day)).build == build


# When an accelerator could first be had: no run on it is older.
ON_THE_MARKET = {
    "h100-sxm": "2022-10-01", "h800": "2023-03-01", "mi300x": "2023-12-06", "gb300": "2025-07-01", "tpu-v5e": "2023-08-29",
    "a100-80gb": "2020-11-16", "rtx-4090": "2022-10-12",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, preset in presets().items() if not preset.joke])
def test_no_preset_is_older_than_its_accelerator(name: str) -> None:
    preset = presets()[name]
    assert preset.start_time >= seconds(ON_THE_MARKET[preset.accelerator])


@pytest.mark.parametrize(
    ("name", "year"), [("bloom-176b", 2022), ("opt-175b", 2021), ("deepseek-v3", 2024), ("kimi-k2", 2025)]
)
def test_a_published_run_starts_in_its_year(name: str, year: int) -> None:
    assert dt.datetime.fromtimestamp(presets()[name].start_time, dt.UTC).year == year
