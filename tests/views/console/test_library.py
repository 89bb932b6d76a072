"""The lines of NCCL, RCCL and torchrun on screens of all widths."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from auditor.readers.library import BARE, LAUNCHER, LINE, read
from plans import CLASSIC, HUGE, PIPELINED, TINY

from pysim.catalog import accelerators
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.scenes.bring_up import bring_up
from pysim.pretraining.story import header
from pysim.story import events as ev
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console

RCCL = replace(CLASSIC, accelerator=accelerators()["mi300x"])
STARTED = (ev.LibraryLogged, ev.LauncherWarned, ev.CommunicatorsReady)


def lines(plan: Plan, columns: int, *, unicode: bool = True) -> list[str]:
    run = simulate(plan)
    console = Console(header(run), Screen(columns, 40, color=False, unicode=unicode))
    return [line for event in bring_up(run) if isinstance(event, STARTED) for line in console.lines(event)]


HOST = r"worker-0:\d+:\d+ \[0\] NCCL INFO "
NCCL_WORDS = (
    rf"{HOST}cudaDriverVersion 13000\n",
    rf"{HOST}NCCL version 2\.27\.7\+cuda13\.0\n",
    rf"{HOST}NET/IB : Using \[0\]mlx5_0:1/IB \[1\]mlx5_1:1/IB .*\[7\]mlx5_7:1/IB \[RO\]; OOB bond0:[\d.]+<0>\n",
    rf"{HOST}ncclCommInitRankConfig comm 0x\w+ rank 0 nranks 16 cudaDev 0 nvmlDev 0 busId 7000 commId 0x\w+ - Init START\n",
    rf"{HOST}Channel 00/16 : 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n",
    rf"{HOST}Trees \[0\] 1/8/-1->0->-1 \[1\] -1/-1/-1->0->7 .* \[15\] 1/-1/-1->0->7\n",
    rf"{HOST}Channel 00/0 : 15\[7\] -> 0\[0\] \[receive\] via NET/IB/0/GDRDMA\n",
    rf"{HOST}threadThresholds 8/8/64 \| 128/8/64 \| 512 \| 512\n",
    rf"{HOST}16 coll channels, 0 collnet channels, 0 nvls channels, 16 p2p channels, 2 p2p channels per peer\n",
    rf"{HOST}Init timings - ncclCommInitRankConfig: rank 0 nranks 16 total [\d.]+ \(kernels .*, rest [\d.]+\)\n",
    r"\.\.\. and 12 more ranks",
)
RCCL_WORDS = (
    r"NCCL INFO RCCL version : 2\.22\.3-HEAD:7d8d67c\nHIP version  : 6\.4\S+\nROCm version : \S+\nHostname     : \w+-\d+\nLibrccl path : \S+\n",
    r"ncclCommInitRankConfig_impl comm 0x\w+ rank 63 nranks 64 cudaDev 7 nvmlDev 7 busId e5000 ",
    r"->0->7 comm 0x\w+ nRanks 64 busId 5000\n",
    r"threadThresholds 8/8/64 \| 512/8/64 \| 256 \| 256\n",
    r"via P2P/IPC comm 0x\w+ nRanks 64\n",
)


@pytest.mark.parametrize(
    ("year", "version", "silent"),
    [
        (2022, r"2\.10\.3\+cuda11\.3", ("cudaDriverVersion", "CUMEM", "MNNVL", "Bootstrap timings", "CC Off")),
        (2024, r"2\.18\.1\+cuda12\.1", ("CUMEM", "MNNVL", "Bootstrap timings", "CC Off")),
        (2025, r"2\.21\.5\+cuda12\.4", ("Bootstrap timings", "CC Off")),
        (2026, r"2\.27\.7\+cuda13\.0", ()),
    ],
)
def test_a_library_says_what_its_release_says(year: int, version: str, silent: tuple[str, ...]) -> None:
    start_time = round(datetime(year, 2, 1, tzinfo=UTC).timestamp())
    text = "\n".join(lines(replace(TINY, start_time=start_time), 1000))
    assert re.search(rf"NCCL version {version}\n", text)
    words = ("cudaDriverVersion", "CUMEM", "MNNVL", "Bootstrap timings", "CC Off")
    assert {word for word in words if word not in text} == set(silent)


@pytest.mark.parametrize(
    ("plan", "columns", "words", "foreign"),
    [(TINY, 1000, NCCL_WORDS, "NVLS"), (RCCL, 2000, RCCL_WORDS, "cudaDriverVersion")],
    ids=["nccl", "rccl"],
)
def test_the_words_of_each_library(plan: Plan, columns: int, words: tuple[str, ...], foreign: str) -> None:
    text = "\n".join(lines(plan, columns))
    assert [word for word in words if not re.search(word, text)] == []
    assert foreign not in text


def test_hopper_has_multicast() -> None:
    text = "\n".join(lines(CLASSIC, 200))
    assert "NVLS multicast support is available on dev 0 (NVLS_NCHANNELS 16)" in text
    assert "NCCL INFO Connected NVLS tree" in text


def test_torchruns_banner() -> None:
    banner = [line for line in lines(HUGE, 300) if "run.py" in line]
    assert len(banner) == 4
    assert all(re.match(r"W0105 09:0\d:\d\d\.\d{3}000 \d+ torch/distributed/run\.py:792\]", line) for line in banner)
    assert banner[1] == banner[3]
    assert banner[1].endswith("] " + "*" * 41)
    assert banner[2].endswith("in your application as needed.")
    assert any(line.endswith("... and the same on 2,047 more nodes") for line in lines(HUGE, 300))


def test_groups_are_announced_by_the_trainer() -> None:
    text = "\n".join(lines(PIPELINED, 200))
    assert re.search(r"INFO    tensor-parallel groups ready \| 64 communicators of 8 ranks", text)
    assert text.count("Init START") == 4 + 3


@pytest.mark.parametrize("columns", [40, 47, 72, 79, 80, 120, 160, 240])
@pytest.mark.parametrize("plan", [CLASSIC, TINY, RCCL, HUGE], ids=["64", "16", "rccl", "16384"])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_long_line_is_cut_with_a_sign(columns: int, plan: Plan, unicode: bool) -> None:  # noqa: FBT001  # a parameter of the test
    sign = "…" if unicode else "..."
    for line in lines(plan, columns, unicode=unicode):
        assert len(line) <= columns
        found = LINE.fullmatch(line)
        assert (
            found
            or LAUNCHER.fullmatch(line.replace("...", "…"))
            or BARE.fullmatch(line)
            or "INFO" in line
            or columns < 80
        )
        if found and columns >= 80:
            name, _ = read(found["text"])
            assert name is not None, line
            assert len(line) == columns or sign not in line


def test_a_start_and_an_end_can_be_told_apart_on_any_screen() -> None:
    for columns in (48, 80, 120, 160):
        shown = lines(CLASSIC, columns)
        assert sum(line.endswith("- Init START") for line in shown) == 4
        assert sum(line.endswith("- Init COMPLETE") for line in shown) == 4


def test_a_narrow_screen_leaves_out_who_says_it() -> None:
    assert any(line.startswith("[0] NCCL INFO Connected all rings") for line in lines(TINY, 60))
    assert not any(line.startswith("worker-0:") for line in lines(TINY, 60))
