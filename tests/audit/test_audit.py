"""Whole runs under an auditor that shares no code with what it reads: it has nothing to say."""

from dataclasses import replace

import pytest
from audited import THOROUGH, audited
from auditor import Auditor, audit_live
from auditor.sheets import SHARD_TOKENS
from plans import CLASSIC, HALF, PLANS, TINY
from thorough import sampled

from pysim.pretraining.figures import figures
from pysim.pretraining.moment import moment
from pysim.pretraining.narrate import narrate
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.levels import level_shifts
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import header
from pysim.story.steps import Executed
from pysim.terminal.screen import UNLIMITED, Screen
from pysim.views.console.live import Live
from pysim.views.jsonlines import json_line

PRESETS = {f"preset {name}": preset.plan(0) for name, preset in presets().items()}
ALL = {**PLANS, **PRESETS}


@pytest.mark.requirement(
    "INIT-01", "INIT-02", "INIT-03", "INIT-04", "INIT-05", "TRAIN-02", "TRAIN-03", "TRAIN-04", "TRAIN-06", "TRAIN-07",
    "GPU-01", "GPU-02", "GPU-03", "VAL-01", "VAL-03", "CKPT-01", "CKPT-02", "EXPORT-01", "EXPORT-02", "ENH-01", "ENH-02",
)  # fmt: skip
@pytest.mark.parametrize("name", [*PLANS, *sampled(PRESETS, every=8)])
def test_every_printed_number_ties(name: str) -> None:
    auditor = audited(ALL[name], 200)
    assert auditor.findings == []
    assert auditor.checks["ppl = exp(loss)"] > THOROUGH.opening
    assert auditor.checks["MFU"] >= THOROUGH.opening


@pytest.mark.parametrize("name", sampled([*PLANS, "preset classic", "preset llama3-405b", "preset deepseek-v3"], 2))
def test_a_narrow_screen_ties_as_well(name: str) -> None:
    assert audited(ALL[name], 80).findings == []


@pytest.mark.requirement("TRAIN-07")
@pytest.mark.parametrize("name", sampled(["preset classic", "preset llama3-405b", *PLANS, "preset deepseek-v3"], 2))
def test_a_file_ties_in_all_its_fields(name: str) -> None:
    auditor = audited(ALL[name], UNLIMITED)
    assert auditor.findings == []
    assert auditor.checks["ETA"] > 0


@pytest.mark.requirement("TRAIN-05")
@pytest.mark.parametrize(
    "name", [*PLANS, "preset gpt2-124m", "preset llama3-405b", "preset deepseek-v3", "preset potato"]
)
def test_the_data_tie(name: str) -> None:
    auditor = audited(ALL[name], None)
    assert auditor.findings == []
    assert auditor.checks["ETA"] > 0


@pytest.mark.requirement("GPU-04")
@pytest.mark.parametrize("name", [TINY.name, CLASSIC.name])
def test_every_accelerator_has_the_dot_it_deserves(name: str) -> None:
    auditor = audited(ALL[name], 200, color=True)
    assert auditor.findings == []
    assert auditor.checks["health dot"] >= ALL[name].world_size * 20
    assert auditor.checks["all accelerators shown"] >= 20


def test_every_rule_was_put_to_the_test() -> None:
    """No rule is skipped because its fields went missing."""
    text, data = audited(HALF, 200, color=True), audited(HALF, None)
    assert text.checks.keys() | data.checks.keys() >= {
        "world size", "a rank is found once", "the first ranks are listed", "memory of all", "accelerators listed", "world = TP x PP x CP x DP", "bus bandwidth",
        "bar", "hidden size divides into heads", "tokenizer fits the embedding", "tokens per step", "GBS = MBS x DP x accumulation",
        "memory adds up", "memory fits", "tokens of the run", "epoch's first step", "ppl = exp(loss)", "tokens/s x seconds = tokens per step",
        "samples/s x seconds = batch", "MFU", "one step after the other", "clock = step time + other work", "elapsed follows the clock",
        "warm-up is linear", "rate never rises after the warm-up", "epoch of the step", "tokens so far", "memory constant", "scale halves",
        "status of the step", "all accelerators shown", "power within the limit", "hottest accelerator", "health dot",
        "clock of a validation", "train loss beside it", "best so far", "patience", "best loss", "checkpoint bytes",
        "checkpoint named after its step", "share written", "checkpoint GB/s x s = bytes", "clock of a checkpoint", "all steps done",
        "clock of the training", "expected length", "export bytes", "exported files add up", "clock of the export", "total time",
        "hours = world x time", "mean tokens/s", "mean MFU", "cost = hours x rate", "best validation", "final loss", "energy = power x time",
        "mean power between rest and the limit", "cool at rest", "clock up to the boost clock", "heat lowers the clock",
        "memory hotter than the core", "a line that the library prints", "one id for the world's communicator", "threshold = 8 x ranks",
        "a pointer of each process's own", "a ring visits each rank once, from 0", "parent and child agree", "a tree for each channel",
        "as many channels everywhere", "as many trees as channels", "device = rank % per node", "host of the node", "host as detected",
        "bus of the device", "bus as detected", "a thread's lines in order", "completes what it started", "init timings add up",
        "bootstrap timings add up", "clock of a communicator", "a ring's connection", "ranks left out", "launchers left out",
        "groups make up the world", "size of a group", "address of the documentation",
        "loss noise x sqrt(tokens)", "loss noise is white", "step time robust CV", "step time has a right tail", "grad_norm CV", "schedule", "ETA",
        "first loss is ln(vocabulary)", "ETA at the start",
    }  # fmt: skip


@pytest.mark.parametrize(("seed", "columns"), [(50, 200), (153, 200), (182, None)])
def test_a_run_with_a_slow_node_ties(seed: int, columns: int | None) -> None:
    """Level shifts that are over before the middle that is read, and that begin in it."""
    plan = replace(CLASSIC, seed=seed)
    assert level_shifts(seed, plan.total_steps, figures(plan).step_seconds)
    assert audited(plan, columns).findings == []


def test_a_run_that_reads_shards_ties(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(TINY, epochs=1, tokens=2000 * TINY.tokens_per_step)
    auditor = audited(plan, 200)
    assert auditor.findings == []
    assert auditor.checks["a shard is read"] == 10
    monkeypatch.setitem(SHARD_TOKENS, plan.dataset.title, 99_000_000)
    assert any(finding.startswith("a shard is read") for finding in audited(plan, 200).findings)


@pytest.mark.requirement("ENH-03")
def test_a_skipped_step_halves_the_scale() -> None:
    run, auditor = simulate(HALF), Auditor()
    auditor.read("events", map(json_line, narrate(run, 0, run.timeline.end_of_us(Executed(2600)))))
    assert auditor.findings == []
    assert auditor.seen["StepSkipped"] >= 1
    assert auditor.checks["scale halves"] == auditor.seen["StepSkipped"]


@pytest.mark.requirement("TRAIN-01", "TRAIN-05")
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_bars_of_the_live_region_tie(columns: int) -> None:
    run = simulate(TINY)
    live, begin, end = Live(header(run), Screen(columns, 24)), run.timeline.start_us, run.timeline.end_us
    frames = (live.lines(moment(run, begin + (end - begin) * frame // 700)) for frame in range(700))
    findings, shown = audit_live(frames, TINY.sequence_length, (end - begin) / 1e6)
    assert findings == []
    assert shown > 300
