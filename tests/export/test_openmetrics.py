"""OpenMetrics: what two strict readers and a real Prometheus find is what the run says."""

import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import SupportsFloat, cast

import numpy as np
import pytest
from befalling import SMALL
from full_disks import files_no_longer_than
from prometheus import complaints, is_there, make_blocks, prometheus
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly
from prometheus_client.parser import text_string_to_metric_families as as_text
from prometheus_client.samples import Sample

from pysim.edge.cli import main
from pysim.edge.serving import Answers, Clock
from pysim.export.feeding import feed
from pysim.export.format import Asked
from pysim.export.metrics import trainer
from pysim.export.metrics.faults import DOWN, Faults, Place, recent, standing
from pysim.export.metrics.file import LARGEST_BYTES, OpenMetricsFile, bound, looks
from pysim.export.metrics.readings import COUNTED, READ, XID, XID_COUNT
from pysim.export.metrics.sampling import Sampler
from pysim.export.metrics.series import Series, found
from pysim.export.metrics.spool import Spool
from pysim.export.scratch import ScratchError
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.story.fleet import DEAD
from pysim.story.story import WHOLE, Span

HOUR, MINUTE = 3600, 60
BREAKS = 2 * HOUR - 30  # and a minute later another machine is there
_US = 1_000_000
BROKEN = Injection(cause="gpu-off-bus", at_us=BREAKS * _US, target="gpu", number=11)
SAMPLES = 5 * MINUTE
SPAN = Span(0, 3 * HOUR * _US)


def told(*asked: Injection) -> PretrainingStory:
    return PretrainingStory(simulate(SMALL, incidents=incidents(SMALL, asked)))


@pytest.fixture(scope="module")
def story() -> PretrainingStory:
    """An accelerator falls off the bus after two hours, and its machine is replaced."""
    return told(BROKEN)


@pytest.fixture(scope="module")
def file(story: PretrainingStory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("openmetrics") / "run.om"
    with path.open("wb") as stream:
        assert list(feed(OpenMetricsFile(stream, Asked(sample_every=SAMPLES)), "nothing", story, SPAN, Asked()))
    return path


@pytest.fixture(scope="module")
def families(file: Path) -> dict[str, Metric]:
    return {each.name: each for each in strictly(file.read_text(encoding="utf-8"))}  # type: ignore[no-untyped-call]


def now(story: PretrainingStory, *seconds: float) -> str:
    """What a live exporter answers at the last of some times at which it is asked."""
    sampler = Sampler(story)
    for each in seconds:
        sampler.look(round(each * _US))
    return "".join(text for _, text in Series(sampler, found(sampler), "text").parts())


def at(sample: Sample) -> float:
    """Unix seconds."""
    return float(cast("SupportsFloat", sample.timestamp))


def values(family: Metric, **labels: str) -> list[tuple[float, float]]:
    """(seconds since the launch, value) of all samples with some labels."""
    kept = [each for each in family.samples if labels.items() <= each.labels.items()]
    return [(at(each) - SMALL.start_time, each.value) for each in kept]


# The file


def test_a_strict_reader_takes_it_and_every_family_is_there(families: dict[str, Metric]) -> None:
    expected = {each.name for each in (*READ, XID, XID_COUNT, *COUNTED.values())}
    assert {name for name in families if name.startswith("DCGM")} == expected
    assert families["training_restarts"].type == "counter"
    assert families["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"].type == "unknown"  # a counter has to end in _total there
    assert families["DCGM_FI_DEV_GPU_TEMP"].documentation == "GPU temperature (in C)."


def test_the_largest_size_is_known_beforehand(story: PretrainingStory, file: Path) -> None:
    times = looks(story, SPAN, SAMPLES)
    assert file.stat().st_size <= bound(story.header, len(times)) <= 2 * file.stat().st_size
    assert file.read_bytes().endswith(b"\n# EOF\n")


def test_samples_are_what_the_run_says(story: PretrainingStory, families: dict[str, Metric]) -> None:
    sample = story.fleet(HOUR * _US)
    read = {
        "DCGM_FI_DEV_GPU_TEMP": sample.temperature_celsius,
        "DCGM_FI_DEV_MEMORY_TEMP": sample.memory_celsius,
        "DCGM_FI_DEV_POWER_USAGE": sample.power_watts,
        "DCGM_FI_DEV_SM_CLOCK": sample.clock_mhz,
        "DCGM_FI_DEV_GPU_UTIL": sample.utilisation_percent,
        "DCGM_FI_DEV_FB_USED": sample.memory_bytes // 2**20,
    }
    for name, expected in read.items():
        got = {
            int(each.labels["gpu"]) + SMALL.accelerator.per_node * int(each.labels["Hostname"][-1]): each.value
            for each in families[name].samples
            if at(each) == SMALL.start_time + HOUR
        }
        assert [got[rank] for rank in sorted(got)] == expected.tolist()
    assert dict(values(families["training_loss"]))[HOUR] == getattr(story.moment(HOUR * _US).last, "loss", None)


def test_labels_are_those_of_the_exporter(story: PretrainingStory, file: Path) -> None:
    header = story.header
    line = next(line for line in file.read_text(encoding="utf-8").splitlines() if "POWER_USAGE{" in line)
    assert re.fullmatch(
        rf'DCGM_FI_DEV_POWER_USAGE{{gpu="0",UUID="GPU-[0-9a-f-]{{36}}",pci_bus_id="00000000:[0-9A-F]{{2}}:00\.0",device="nvidia0",'
        rf'modelName="{re.escape(header.accelerator_title)}",Hostname="{header.job.short_host(0)}",DCGM_FI_DRIVER_VERSION="[0-9.]+"}} '
        rf"\d+\.\d{{6}} {header.start_time + SAMPLES}",
        line,
    )


def test_every_machine_is_told_as_long_as_it_is_a_node(story: PretrainingStory, families: dict[str, Metric]) -> None:
    hosts: dict[float, set[str]] = defaultdict(set)
    for each in families["node_time_seconds"].samples:
        assert each.value == at(each)
        hosts[at(each) - SMALL.start_time].add(each.labels["Hostname"])
    job = story.header.job
    for seconds, there in hosts.items():
        machines = (job.machine(node, round(seconds * _US) - 1) for node in range(story.header.nodes))
        assert there == {job.short_host(machine) for machine in machines}
    assert hosts[3 * HOUR] != hosts[HOUR]


def test_an_error_shows_at_its_moment_and_stays_with_its_machine(
    story: PretrainingStory, families: dict[str, Metric]
) -> None:
    """The driver's advice comes last; the exporter's own counter has all."""
    xids = [each for each in families[XID.name].samples if each.value]
    assert {(each.labels["gpu"], each.labels["err_code"], each.labels["err_msg"]) for each in xids} == {
        ("3", "154", "GPU Recovery Action Changed")
    }
    assert {each.labels["xid"] for each in families[XID_COUNT.name].samples} == {"79", "154"}
    times = [at(each) - SMALL.start_time for each in xids]
    assert set(times) == {2 * HOUR}
    assert all(each.labels["Hostname"] == story.header.job.short_host(1) for each in xids)


def test_energy_adds_up_to_that_of_the_run(story: PretrainingStory, families: dict[str, Metric]) -> None:
    """Each machine's counter at its last look, those that were replaced included."""
    last: dict[str, float] = {}
    for each in families["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"].samples:
        last[each.labels["UUID"]] = each.value
    kwh = story.tally(3 * HOUR * _US).energy_kwh
    assert sum(last.values()) / 3.6e9 == pytest.approx(kwh, rel=0.03)
    [joules] = [value for time, value in values(families["training_energy_joules"]) if time == 3 * HOUR]
    assert joules == pytest.approx(kwh * 3.6e6, rel=1e-6)


def test_energy_goes_on_where_a_part_begins(story: PretrainingStory) -> None:
    whole, part = Sampler(story), Sampler(story)
    for seconds in range(MINUTE, 90 * MINUTE + 1, MINUTE):
        whole.look(seconds * _US)
    part.look(90 * MINUTE * _US)
    ours, theirs = (int(each.readings.millijoules.sum()) for each in (whole, part))
    assert theirs == pytest.approx(ours, rel=0.02)


def test_a_part_after_a_repair_has_the_energy_of_the_run(story: PretrainingStory) -> None:
    sampler = Sampler(story)
    sampler.look(3 * HOUR * _US)
    kwh = story.tally(3 * HOUR * _US).energy_kwh
    assert sampler.readings.millijoules.sum() / 3.6e9 == pytest.approx(kwh, rel=1e-6)
    assert [host.machine for host in sampler.machines.stays[1]] == [1, 2]
    assert {machine for _, machine in sampler.machines.within(1, 0, 0)} == {2}


@is_there
def test_prometheus_finds_the_same(story: PretrainingStory, file: Path, tmp_path: Path) -> None:
    blocks = tmp_path / "blocks"
    assert make_blocks(file, blocks) >= 2
    end, launch = SMALL.start_time + 3 * HOUR, SMALL.start_time
    with prometheus(blocks) as server:
        power = story.fleet(3 * HOUR * _US).power_watts
        assert server.value("sum(DCGM_FI_DEV_POWER_USAGE)", end) == power.sum()
        hottest, celsius = server.query("topk(1, DCGM_FI_DEV_GPU_TEMP)", launch + HOUR)[0]
        assert celsius == story.fleet(HOUR * _US).temperature_celsius.max()
        assert hottest["modelName"] == story.header.accelerator_title
        [(broken, xid)] = server.query("max_over_time(DCGM_FI_DEV_XID_ERRORS[3h]) > 0", end)
        assert (broken["Hostname"], broken["gpu"], xid) == (story.header.job.short_host(1), "3", 154)
        assert server.value('count_over_time(DCGM_EXP_XID_ERRORS_COUNT{xid="79"}[3h])', end) == 1
        assert server.value("training_restarts_total", end) == story.header.job.launches(3 * HOUR * _US)
        assert server.value("training_step", end) == story.moment(3 * HOUR * _US).step
        assert server.value("training_goodput_ratio", end) == pytest.approx(
            story.tally(3 * HOUR * _US).goodput, abs=1e-6
        )
        seconds = 600.0
        joules = server.value("sum(rate(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION[10m])) / 1000", launch + HOUR)
        drawn = np.mean([story.fleet((HOUR - back) * _US).power_watts.sum() for back in range(0, int(seconds), 60)])
        assert joules == pytest.approx(drawn, rel=0.05)


# A live exporter


def test_a_page_is_what_the_exporters_would_answer(story: PretrainingStory) -> None:
    text = now(story, HOUR)
    families = {each.name: each for each in as_text(text)}
    assert families["DCGM_FI_DEV_GPU_TEMP"].samples[0].timestamp is None
    assert len(families["DCGM_FI_DEV_GPU_TEMP"].samples) == story.header.world_size
    assert "# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter\n" in text
    assert "# TYPE node_vmstat_oom_kill untyped\n" in text
    assert "# TYPE training_restarts_total counter\n" in text


@is_there
def test_promtool_has_nothing_against_it_that_it_has_not_against_the_exporter(story: PretrainingStory) -> None:
    said = complaints(now(story, HOUR))
    assert {line.partition(" ")[0] for line in said} == {each.name for each in (*READ, XID, *COUNTED.values())}
    assert {line.partition(" ")[2] for line in said} == {
        'counter metrics should have "_total" suffix',
        "label names should be written in 'snake_case' not 'camelCase'",
    }


def test_what_is_asked_for_often_adds_up_to_the_same(story: PretrainingStory) -> None:
    """Somebody who asks seldom gets what somebody gets who asks all the time."""
    often, seldom = now(story, *range(10, HOUR, 10), HOUR), now(story, 10, HOUR)
    energy = [
        {each.labels["UUID"]: each.value for each in _family(text, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION").samples}
        for text in (often, seldom)
    ]
    assert energy[1] == pytest.approx(energy[0], rel=0.02)


def _family(text: str, name: str) -> Metric:
    return next(each for each in as_text(text) if each.name == name)


def test_who_is_dead_has_no_readings_and_keeps_its_last_error(story: PretrainingStory) -> None:
    seconds = next(
        second for second in range(BREAKS + 1, BREAKS + 300) if (story.fleet(second * _US).condition == DEAD).any()
    )
    text = now(story, HOUR, seconds)
    dead = f'gpu="3",UUID="GPU-{story.header.job.accelerator_uuid(1, 3)}"'
    about = [line for line in text.splitlines() if dead in line]
    assert {line.partition("{")[0] for line in about} == {
        XID.name,
        XID_COUNT.name,
        *(each.name for each in COUNTED.values()),
    }
    assert any(line.startswith(XID.name) and line.endswith(" 154") for line in about)
    assert any('xid="79"} 1' in line and 'window_size_in_ms="300000"' in line for line in about)


def test_what_processes_tell_of_themselves_goes_with_them(story: PretrainingStory) -> None:
    down = next(second for second in range(BREAKS, 3 * HOUR) if story.moment(second * _US).phase == "down")
    text = now(story, HOUR, down)
    assert not any(line.startswith("training_loss{") for line in text.splitlines())
    assert any(line.startswith("training_phase{") and line.endswith('phase="down"} 1') for line in text.splitlines())
    assert any(line.startswith("training_goodput_ratio{") for line in text.splitlines())


def test_a_hang_looks_like_training_without_steps() -> None:
    """Nobody knows it before a watchdog has had enough; the rank that is not there is idle."""
    hung = told(Injection(cause="collective-hang", at_us=HOUR * _US, target="gpu", number=11))
    assert hung.moment((HOUR + 300) * _US).phase == "hanging"
    text = now(hung, HOUR, HOUR + 300)
    assert re.findall(r'phase="(\w[\w-]*)"} 1', text) == ["training"]
    idle = {each.labels["gpu"] for each in _family(text, "DCGM_FI_DEV_GPU_UTIL").samples if each.value == 0}
    assert idle == {"3"}


def test_a_clock_goes_as_fast_as_it_should_and_stops_at_the_end(story: PretrainingStory) -> None:
    clock = Clock(since_us=5 * _US, until_us=65 * _US, factor=30.0)
    assert [clock.time_us(elapsed) for elapsed in (0.0, 1.0, 2.0, 3.0)] == [5 * _US, 35 * _US, 65 * _US, 65 * _US]
    elapsed = iter((0.0, 1800.0, 3600.0))
    answers = Answers(story, Clock(since_us=0, until_us=3 * HOUR * _US, factor=1.0), lambda: next(elapsed))
    assert [_family(answers.text(), "training_step").samples[0].value for _ in range(2)] == [
        story.moment(seconds * _US).step for seconds in (HOUR // 2, HOUR)
    ]


# Counters of failures


def said(words: str, speaker: str = "kernel", number: int = 1, seconds: float = 10.0) -> ev.LogLine:
    return ev.LogLine(
        time_seconds=seconds,
        number=number,
        speaker=speaker,
        host="node1.example.com",
        rank=None,
        local_rank=None,
        process_id=None,
        level="info",
        place="",
        words=words,
        is_shown=True,
        unlisted=0,
    )


def test_several_errors_of_one_incident_are_one_double_bit_error() -> None:
    faults, place = Faults(), Place("node1", bus="17")
    for xid in (48, 95):
        faults.hear(said(f"NVRM: Xid (PCI:0000:17:00): {xid}, pid=1, name=x"))
    faults.hear(said("NVRM: Xid (PCI:0000:17:00): 94, pid=1, name=x", number=2, seconds=20.0))
    faults.hear(said("NVRM: Xid (PCI:0000:17:00): 63, pid=1, name=x", number=2, seconds=21.0))
    assert [standing(faults.double_bits, place, seconds * _US) for seconds in (10, 11, 21)] == [0, 1, 2]
    assert standing(faults.rows, place, 30 * _US) == 1
    assert standing(faults.xids, place, 30 * _US) == 63
    assert recent(faults, place, 30 * _US) == {48: 1, 95: 1, 94: 1, 63: 1}
    assert recent(faults, place, 321 * _US) == {63: 1}


def test_a_link_goes_down_once_though_two_say_so_and_comes_back() -> None:
    faults, port = Faults(), Place("node1", adapter=3)
    faults.hear(said("mlx5_core 0000:18:00.0 ib3: Link down"))
    faults.hear(said("NET/IB : mlx5_3:1 Got non-fatal async event: port error(10)", "nccl", seconds=10.1))
    assert standing(faults.ports, port, 11 * _US, 4) == DOWN
    faults.hear(said("mlx5_core 0000:18:00.0 ib3: Link up", seconds=15.0))
    assert (standing(faults.ports, port, 16 * _US), standing(faults.ports_downed, port, 16 * _US)) == (4, 1)


def test_a_machine_that_was_repaired_begins_anew() -> None:
    faults, place = Faults(), Place("node1", bus="17")
    faults.hear(said("NVRM: Xid (PCI:0000:17:00): 64, pid=1, name=x"))
    faults.hear(
        ev.NodeReplaced(
            time_seconds=99.0, number=1, node=0, host="a", replacement="node1.example.com", waited_seconds=0.0
        )
    )
    assert [standing(faults.rows_failed, place, seconds * _US) for seconds in (50, 100)] == [1, 0]
    assert standing(faults.xids, place, 100 * _US) == 0


# The command line


def test_too_much_is_refused_before_anything_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.om"
    assert main(["export", "--to", "openmetrics", str(path), "--preset", "llama3-405b"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{LARGEST_BYTES / 1e9:,.1f} GB" in said
    assert "--sample-every" in said
    assert list(tmp_path.iterdir()) == []


def test_a_part_without_a_sample_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "--to", "openmetrics", str(tmp_path / "x.om"), "--preset", "gpt2-124m", "--until", "50s"]
    assert main(words) == 2
    assert "no sample is taken in this part of the run, one every 60 s" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_metrics_of_others_are_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours are known by what says which run they are of."""
    path = tmp_path / "x.om"
    words = ["export", "--to", "openmetrics", str(path), "--preset", "gpt2-124m", "--until", "2m", "--overwrite"]
    path.write_text("# HELP DCGM_FI_DEV_SM_CLOCK SM clock frequency (in MHz).\n# EOF\n")
    assert main(words) == 2
    assert "is there already and is no openmetrics export" in capsys.readouterr().err
    path.unlink()
    assert [main(words), main(words)] == [0, 0]
    assert path.read_bytes().startswith(b"# HELP training_info ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "openmetrics", "--serve", "70000"], "--serve: '70000' is not a port from 1 to 65,535"),
        (["--to", "openmetrics", "--serve", "0", "x.om"], "'x.om' is one place too many"),
        (["--to", "csv", "--serve", "9400"], "--serve: is for --to openmetrics, not for --to csv"),
        (["--to", "csv", "--sample-every", "15s", "x.csv"], "--sample-every: is for --to openmetrics"),
        (["--to", "openmetrics", "--sample-every", "0.5s", "x"], "'0.5s' is not a whole number of seconds"),
        (["--to", "openmetrics", "--tempo", "4m", "x.om"], "--tempo: changes nothing"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_other_accelerators_are_told_without_the_exporter_of_nvidia(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan(accelerator="mi300x", world_size=16)
    story = PretrainingStory(simulate(plan))
    text = now(story, HOUR)
    assert "DCGM" not in text
    assert "node_time_seconds{" in text
    assert len(looks(story, WHOLE, HOUR)) == story.end_us // (HOUR * _US)
    assert trainer.INFO.name in text


def test_the_folder_that_numbers_find_no_room_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe, files_no_longer_than(4096):
        spool = Spool((1024,), np.int64, pipe)
        spool.append(np.zeros(1024))
        with pytest.raises(ScratchError, match=f"cannot write to {tmp_path}, .*: File too large"):
            spool.table()
        with pytest.raises(ScratchError, match="File too large"):
            spool.close()


def test_beside_a_file_the_place_of_the_export_has_no_room(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as beside, files_no_longer_than(4096):
        spool = Spool((1024,), np.int64, beside)
        spool.append(np.zeros(1024))
        with pytest.raises(OSError, match="File too large"):
            spool.table()
        with pytest.raises(OSError, match="File too large"):
            spool.close()
