"""The auditor can fail: a forged number is found, by the rule that it breaks."""

import math
import re
from collections.abc import Iterable

import pytest
from auditor import Auditor
from plans import CLASSIC

from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.transcript import transcript
from pysim.story.steps import Executed
from pysim.terminal.screen import Screen

FORGERIES = [
    ("world size", r"16 processes", "17 processes"),
    ("a rank is found once", r"\[Rank  3/16\]", "[Rank  4/16]"),
    ("memory of all", r"1\.37 TB of memory", "1.47 TB of memory"),
    ("world = TP x PP x CP x DP", r"DP 16 = 16", "DP 8 = 16"),
    ("bus bandwidth", r"(\d)(\d\d) GB/s bus", r"\g<1>99 GB/s bus"),
    ("GBS = MBS x DP x accumulation", r"micro batch 32", "micro batch 16"),
    ("tokens per step", r"= 524,288 tokens", "= 524,388 tokens"),
    ("memory adds up", r"activations 18\.2", "activations 28.2"),
    ("memory of the card", r"of 80\.0 GiB", "of 40.0 GiB"),
    ("tokens of the run", r"157 M tokens in", "167 M tokens in"),
    ("steps of the run", r"step 100/300", "step 100/400"),
    ("one step after the other", r"step 100/", "step 101/"),
    ("warm-up is linear", r"lr \S*2\.00e-05", "lr 2.10e-05"),
    ("first loss is ln(vocabulary)", r"(step   1/300.*loss\S* \S*?)1\d\.\d{4}", r"\g<1>8.0000"),
    ("schedule", r"(step 200/.*lr .*?)\d\.\d\de-04", r"\g<1>1.00e-04"),
    ("status of the step", r"status \] step 100 ", "status ] step 110 "),
    ("power of all", r"(\d)\.\d kW", r"1\g<1>.5 kW"),
    ("hottest accelerator", r"at \d\d C", "at 30 C"),
    ("health dot", r"\x1b\[32m●", "\x1b[31m●"),
    ("clock of a validation", r"(train loss .*)\d{3}\.\d\d ms", r"\g<1>9.25 s"),
    ("train loss beside it", r"train loss \d\.", "train loss 3."),
    ("patience", r"patience 0/10", "patience 3/10"),
    ("checkpoint bytes", r"1\.74 GB in 17 files", "1.84 GB in 17 files"),
    ("bar", r"\[=====(\S*>\S*) ", r"[======\g<1>"),
    ("checkpoint GB/s x s = bytes", r"0\.4 GB/s", "0.9 GB/s"),
    ("checkpoint named after its step", r"step_000120", "step_000130"),
    ("mean loss of the epoch", r"mean loss \d", "mean loss 9"),
    ("clock of the training", r"took 0:01:", "took 0:02:"),
    ("export bytes", r"249 MB of weights", "349 MB of weights"),
    ("exported files add up", r"252 MB in", "262 MB in"),
    ("total time", r"(total time.*)0:0\d:\d\d", r"\g<1>0:09:09"),
    ("tokens of the run", r"157,286,400 \(", "157,386,400 ("),
    ("hours = world x time", r"(GPU-hours.* )", r"\g<1>3"),
    ("cost = hours x rate", r"\$1 at", "$20 at"),
    ("mean MFU", r"(mean MFU.*?)\d\d\.\d%", r"\g<1>99.6%"),
    ("time runs backwards", r"09:01:42\]", "09:00:42]"),
    ("cannot read", r"training done", "training finished"),
    ("a line that the library prints", r"Connected all rings", "AllReduce 1.07 GB in 8.46 ms, 238 GB/s"),
    ("one id for the world's communicator", r"(commId 0x\w+)(\w - Init START)", r"\g<1>0\g<2>"),
    ("completes what it started", r"(comm 0x\w+)(\w rank 8 .* - Init COMPLETE)", r"\g<1>0\g<2>"),
    ("a pointer of each process's own", r"comm (0x\w+)( rank 8 .*START(?s:.*)comm )0x\w+( rank 15 )", r"comm \1\2\1\3"),
    ("threshold = 8 x ranks", r"128/8/64", "64/8/64"),
    ("as many channels everywhere", r"16 coll channels", "24 coll channels"),
    ("a ring visits each rank once, from 0", r"(: 0 1 2 3 4 5 6 )7", r"\g<1>6"),
    ("a ring of the world's ranks", r"(: 0 1 2 .*14) 15", r"\1"),
    ("parent and child agree", r"(\[0\] 1/)8(/-1->0->-1)", r"\g<1>9\2"),
    ("a ring's connection", r"15\[7\] -> 0\[0\]", "14[6] -> 0[0]"),
    ("devices of a connection", r"15\[7\] -> 0\[0\]", "15[6] -> 0[0]"),
    ("the network between nodes only", r"0\[0\] -> 1\[1\] via P2P/CUMEM", "0[0] -> 1[1] [send] via NET/IB/0/GDRDMA"),
    ("device = rank % per node", r"rank 15 nranks 16 cudaDev 7", "rank 14 nranks 16 cudaDev 7"),
    ("device of the rank", r"cudaDev 7 nvmlDev 7", "cudaDev 6 nvmlDev 6"),
    ("host of the node", r"(\w+)(:\d+:\d+ \[7\] NCCL)", r"other\2"),
    ("bus as detected", r"busId 7000", "busId 8000"),
    ("bootstrap timings add up", r"recv \d", "recv 99"),
    ("address of the documentation", r"<0>", ".7<0>"),
    (
        "a thread's lines in order",
        r"(.*Connected all rings.*\n)(.*Connected all trees.*\n)(.*threadThresholds.*\n)",
        r"\3\1\2",
    ),
    ("the main thread loads, another one joins", r"(:\d+)(:\d+)( \[0\] NCCL INFO Using network)", r"\1\1\3"),
    ("ranks left out", r"and 12 more ranks", "and 13 more ranks"),
    ("launchers left out", r"same on 1 more node", "same on 2 more nodes"),
    ("cool at rest", r"idle \d\d C", "idle 65 C"),
    ("little power at rest", r"(idle .. C )\d+ W", r"\g<1>390 W"),
    ("power of all", r"\d{3}W", "100W"),
    ("slowest clock", r"clock 1,\d\d\d", "clock 1,000"),
    ("clock up to the boost clock", r"\d{4}MHz", "1980MHz"),
    ("energy = power x time", r"\d\.\d kWh \(", "9.9 kWh ("),
]


@pytest.mark.parametrize(("rule", "genuine", "forged"), FORGERIES)
def test_a_forged_number_is_found(told: list[str], rule: str, genuine: str, forged: str) -> None:
    text, count = re.subn(genuine, forged, "".join(told), count=1, flags=re.MULTILINE)
    assert count == 1, "the forgery needs something to forge"
    assert rule in broken_in("console", text.splitlines())


def broken_in(view: str, lines: Iterable[str]) -> set[str]:
    """The rules that a forged run breaks."""
    auditor = Auditor()
    auditor.read(view, lines)
    auditor.finish()
    return auditor.broken


@pytest.mark.parametrize("field", ["loss", "ppl", "lr", "s", "tok/s", "samples/s", "MFU", "step"])
def test_each_number_of_a_step_is_watched(told: list[str], field: str) -> None:
    """A step's every number, made a tenth larger, contradicts another one."""
    index = next(i for i, line in enumerate(told) if " step 217/300 " in re.sub(r"\x1b\[[\d;]*m", "", line))
    line = re.sub(r"\x1b\[[\d;]*m", "", told[index])
    number = re.search(rf"(?:\b{field} +|(?=[\d,.]+ {re.escape(field)}(?: |$)))([\d,]+(?:\.\d+)?)", line)
    assert number is not None
    decimals = len(number[1].partition(".")[2])
    larger = f"{float(number[1].replace(',', '')) * 1.1:,.{decimals}f}"
    forged = line[: number.start(1)] + larger + line[number.end(1) :]
    assert broken_in("console", [*told[:index], forged, *told[index + 1 :]])


@pytest.mark.parametrize(
    ("rule", "field", "factor"),
    [
        ("ppl = exp(loss)", "loss", 1.001),
        ("ppl = exp(loss)", "perplexity", 1.001),
        ("tokens/s x seconds = tokens per step", "tokens_per_second", 1.0001),
        ("samples/s x seconds = batch", "samples_per_second", 1.001),
        ("MFU", "mfu", 1.01),
        ("clock = step time + other work", "step_seconds", 1.001),
        ("elapsed follows the clock", "elapsed_seconds", 1.001),
        ("ETA", "eta_seconds", 1.3),
        ("schedule", "learning_rate", 1.02),
    ],
)
def test_forged_data_are_found(data: list[str], rule: str, field: str, factor: float) -> None:
    index = next(i for i, line in enumerate(data) if '"step":217,' in line and "StepCompleted" in line)
    forged = re.sub(rf'("{field}":)([\d.e-]+)', lambda m: f"{m[1]}{float(m[2]) * factor:.7g}", data[index])
    assert rule in broken_in("events", [*data[:index], forged, *data[index + 1 :]])


LIBRARY_FORGERIES = [
    ("one id for the world's communicator", "CommunicatorStarted", r'("communicator_id":"0x\w*)\w"', r'\g<1>_"'),
    ("clock of a communicator", "CommunicatorCompleted", r'("total_seconds":)(\d+)', r"\g<1>9\2"),
    ("init timings add up", "CommunicatorCompleted", r'("connections_seconds":)(\d+)', r"\g<1>9\2"),
    ("a ring visits each rank once, from 0", "RingBuilt", r'"ring":\[0,1,', '"ring":[1,0,'),
    ("children are others, once each", "TreesBuilt", r"\[(\d+),-1,-1\]", r"[\1,\1,-1]"),
    ("threshold = 8 x ranks", "CommunicatorTuned", r'"ring_threshold":128', '"ring_threshold":512'),
    ("bus of the device", "CommunicatorCompleted", r'"bus_id":"\w+"', '"bus_id":"99000"'),
    ("groups make up the world", "CommunicatorsReady", r'"communicators":1', '"communicators":2'),
    ("launchers left out", "LauncherWarned", r'"unlisted_nodes":1', '"unlisted_nodes":0'),
    ("throttled where it is hot", "FleetSampled", r'"throttled":\[0', '"throttled":[1'),
    ("memory hotter than the core", "FleetSampled", r'"memory_celsius":\[\d+', '"memory_celsius":[20'),
]


@pytest.mark.parametrize(("rule", "kind", "genuine", "forged"), LIBRARY_FORGERIES)
def test_forged_facts_of_start_up_are_found(data: list[str], rule: str, kind: str, genuine: str, forged: str) -> None:
    index = next(i for i, line in enumerate(data) if f'"{kind}"' in line)
    line, count = re.subn(genuine, forged, data[index], count=1)
    assert count == 1, "the forgery needs something to forge"
    assert rule in broken_in("events", [*data[:index], line, *data[index + 1 :]])


def forged_noise(line: str, scale: float) -> str:
    """A step whose loss is further from 2.45, its level there, and its perplexity with it."""
    found = re.search(r"(.*loss +)(\d\.\d{4})( \| ppl +)[\d.]+( .*)", line, flags=re.DOTALL)
    if found is None or " lr " not in line:
        return line
    loss = round(2.45 + (float(found[2]) - 2.45) * scale, 4)
    return f"{found[1]}{loss:.4f}{found[3]}{math.exp(loss):.2f}{found[4]}"


@pytest.mark.requirement("TRAIN-07")
@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_noise_of_a_wrong_size_is_found(scale: float) -> None:
    run = simulate(CLASSIC)
    screen = Screen(200, 60, color=False, live=False)
    opening = transcript(PretrainingStory(run), screen, 0, run.timeline.start_us + 1)
    middle = transcript(
        PretrainingStory(run), screen, run.timeline.start_of_us(Executed(7000)), run.timeline.end_of_us(Executed(8000))
    )
    auditor = Auditor()
    auditor.read("console", opening)
    auditor.cut()
    auditor.read("console", (forged_noise(line, scale) for line in middle))
    auditor.finish()
    assert "loss noise x sqrt(tokens)" in auditor.broken
