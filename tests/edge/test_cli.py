"""The command line from outside: answers, exit codes, pipes."""

# ruff: noqa: S603, S607 - programs are what is tested here

import codecs
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Self

import pytest

from pysim import __version__
from pysim.edge.cli import main
from pysim.edge.output import Output
from pysim.kinds import modules
from pysim.pretraining.planning.presets import presets
from pysim.terminal.ansi import strip

PYSIM = [sys.executable, "-m", "pysim"]
PATIENCE_SECONDS = 120  # before a test gives up; none waits for it
SMALL = ("--preset", "classic", "--until", "step:30")
ESCAPE = chr(27)


class Clock:
    """Time that passes only by waiting, without waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.waits = 0
        monkeypatch.setattr(Output, "clock", lambda _output: self.now)
        monkeypatch.setattr(Output, "sleep", lambda _output, seconds: self.sleep(seconds))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits += 1


def output_of(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    captured = capfd.readouterr()
    assert captured.err == ""
    return captured.out


def refusal_of(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("pysim: ")
    assert captured.err.count("\n") == 1
    return captured.err


# Answers


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert output_of(capfd, "--version") == f"pysim {__version__}\n"


def test_version_and_help_and_mistakes_do_not_wait_for_numpy() -> None:
    script = (
        "import sys; from pysim.edge.cli import main\n"
        "main(['--version']); main(['--help']); main(['--gpus', 'x'])\n"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=PATIENCE_SECONDS)


def test_help_has_examples(capfd: pytest.CaptureFixture[str]) -> None:
    assert "Examples:\n  pysim --preset" in output_of(capfd, "--help")


def test_modules_are_listed_with_what_they_are(capfd: pytest.CaptureFixture[str]) -> None:
    """TECH-02: one registry."""
    lines = output_of(capfd, "--list-modules").splitlines()
    assert [line.split()[0] for line in lines] == list(modules())
    assert all(len(line.split()) > 2 for line in lines)


def test_describe_gives_every_number_its_formula(capfd: pytest.CaptureFixture[str]) -> None:
    text = output_of(capfd, "--preset", "classic", "--describe")
    assert "parameters" in text
    data = json.loads(output_of(capfd, "--preset", "classic", "--describe", "--json"))
    assert data["plan"]["world_size"] == 64
    assert all(row["name"] in text for row in data["derived"])
    assert all(row["formula"] for row in data["derived"])


def test_options_change_parts_of_a_preset(capfd: pytest.CaptureFixture[str]) -> None:
    text = output_of(capfd, "--preset", "gpt2-124m", "--gpus", "16", "--seed", "5", "--describe", "--json")
    plan = json.loads(text)["plan"]
    assert (plan["world_size"], plan["seed"]) == (16, 5)
    assert plan["model"]["name"] == "gpt2-124m"


@pytest.mark.parametrize("preset", list(presets()))
def test_every_preset_can_be_described(capfd: pytest.CaptureFixture[str], preset: str) -> None:
    assert output_of(capfd, "--preset", preset, "--describe")


def test_start_now_is_now(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.7)
    for selection in (["--preset=classic"], ["--modules=classic"], []):
        text = output_of(capfd, "--start", "now", "--describe", "--json", *selection)
        assert json.loads(text)["plan"]["start_time"] == 1_800_000_000


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "clasic"], "--preset: 'clasic' is not known; did you mean 'classic'?"),
        (["--modules", "clasic"], "--modules: 'clasic' is not known; did you mean 'classic'?"),
        (["--gpus", "many"], "--gpus: 'many' is not a whole number"),
        (["--speed-factr", "2"], "--speed-factr: is no option; did you mean --speed-factor?"),
        (["--preset", "classic", "-m", "classic"], "--modules: 'classic' cannot be combined with --preset classic"),
        (["--preset", "classic", "--from", "step:999999999"], "--from: 'step:999999999' is after the last step"),
        (["--preset", "classic", "--from", "90000d"], "--from: '90000d' is "),
        (["--preset", "classic", "--until", "20000d"], "--until: '20000d' is after the end of the run"),
        (["--preset", "classic", "--from", "50%", "--until", "1s"], "--until: '1s' is not after the place where"),
        (["--model", "llama3-405b", "--accelerator", "a100-40g", "--gpus", "8"], "--"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    capfd: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert words in refusal_of(capfd, *arguments)


@pytest.mark.parametrize("how", [["--describe"], ["--instant", "--until", "step:1"]])
def test_a_value_that_is_rounded_is_said(capfd: pytest.CaptureFixture[str], how: list[str]) -> None:
    """A fault of ours: `--batch-tokens 4M` silently became 4,194,304."""
    assert main(["--preset", "classic", "--batch-tokens", "4M", *how]) == 0
    assert capfd.readouterr().err == (
        "pysim: --batch-tokens: '4M' becomes 4194304, so that every replica gets the same number of whole sequences\n"
    )
    assert main(["--preset", "classic", "--batch-tokens", "4194304", *how]) == 0
    assert capfd.readouterr().err == ""


def test_inhibit_says_what_is_missing(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wakepy", None)
    assert "pip install 'pysim-llm[inhibit]'" in refusal_of(capfd, "--inhibit", "--instant", *SMALL)


class Mode:
    """Stands for wakepy's mode."""

    active = False

    def __init__(self, *, works: bool, on_fail: str) -> None:
        assert on_fail == "pass"
        self.works = works

    def __enter__(self) -> Self:
        self.active = self.works
        return self

    def __exit__(self, *_error: object) -> None:
        self.active = False


@pytest.mark.parametrize(("works", "complaint"), [(True, ""), (False, "--inhibit: this system offers no way")])
def test_inhibit_keeps_the_screen_awake_while_the_show_runs(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, works: bool, complaint: str
) -> None:
    module = ModuleType("wakepy")
    module.keep = SimpleNamespace(presenting=lambda on_fail: Mode(works=works, on_fail=on_fail))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wakepy", module)
    assert main(["--inhibit", "--instant", *SMALL]) == 0
    captured = capfd.readouterr()
    assert complaint in captured.err
    assert bool(captured.err) != works
    assert captured.out


# Not a terminal


def test_a_pipe_gets_plain_lines_and_no_panic(capfd: pytest.CaptureFixture[str]) -> None:
    """A fault of genact's: it panicked when standard output was not a terminal."""
    text = output_of(capfd, "--instant", *SMALL)
    assert ESCAPE not in text
    assert "\r" not in text
    assert text.endswith("\n")


def test_a_file_has_no_width(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole lines with all fields; a size counts only where it is asked for."""
    text = output_of(capfd, "--instant", *SMALL)
    assert "…" not in text
    steps = [line for line in text.splitlines() if " step " in line and " loss " in line]
    assert len(steps) == 30
    fields = ("ppl", "lr", "grad_norm", " s |", "tok/s", "samples/s", "MFU", "elapsed", "ETA")
    assert all(field in line for line in steps for field in fields)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")
    assert output_of(capfd, "--instant", *SMALL) == text


@pytest.mark.parametrize("more", [(), ("--instant",), ("--size", "120x40")])
def test_a_pipe_gets_no_dashboard_but_a_line_that_says_so(
    capfd: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    assert main(["--view", "dashboard", *more, *SMALL]) == 2
    out, error = capfd.readouterr()
    assert out == ""
    assert error == (
        "pysim: --view: dashboard is drawn on a terminal as the run goes on; lines have --view console and events\n"
    )


def test_the_size_counts_in_a_pipe_too(capfd: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capfd, "--instant", "--size", "60x20", *SMALL).splitlines()
    assert 40 < max(map(len, lines)) <= 60


def test_colours_on_demand(capfd: pytest.CaptureFixture[str]) -> None:
    plain = output_of(capfd, "--instant", *SMALL)
    colored = output_of(capfd, "--instant", "--color", "always", *SMALL)
    assert ESCAPE in colored
    assert strip(colored) == plain


def test_instant_plays_one_run_or_as_many_as_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    one = output_of(capfd, "--instant", "--preset", "classic", "--until=3%")
    two = output_of(capfd, "--instant", "--preset", "classic", "--until=3%", "--exit-after-modules", "2")
    assert two.startswith(one)
    assert len(two) > 2 * len(one)  # the second is shown whole


def test_the_same_seed_gives_the_same_bytes(capfd: pytest.CaptureFixture[str]) -> None:
    assert output_of(capfd, "--instant", *SMALL) == output_of(capfd, "--instant", *SMALL)
    assert output_of(capfd, "--instant", *SMALL) != output_of(capfd, "--instant", "--seed", "1", *SMALL)


def test_paced_lines_are_the_instant_lines(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    instant = output_of(capfd, "--instant", *SMALL)
    clock = Clock(monkeypatch)
    assert output_of(capfd, *SMALL) == instant
    assert clock.waits > 10
    assert clock.now > 1


def test_the_storys_numbers_do_not_change_with_the_speed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of genact's: its story's numbers changed with --speed-factor."""
    clock = Clock(monkeypatch)
    slow, slow_seconds = output_of(capfd, *SMALL), clock.now
    fast = output_of(capfd, "--speed-factor", "100", *SMALL)
    assert fast == slow
    assert clock.now - slow_seconds == pytest.approx(slow_seconds / 100)


def test_tempo_is_how_long_the_run_takes(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    output_of(capfd, "--preset=classic", "--tempo=2m", "--exit-after-modules=1", "--from=99%")
    assert 0 < clock.now < 120


def test_instant_print_lines_are_lines(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of genact's: its option counted sleeps."""
    instant = output_of(capfd, "--instant", *SMALL).splitlines()

    def interrupt(_output: Output, _seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Output, "clock", lambda _output: 0.0)
    monkeypatch.setattr(Output, "sleep", interrupt)
    for count in (1, 7, 30):
        lines = output_of(capfd, "-i", str(count), *SMALL, code=130).splitlines()
        assert lines == instant[: len(lines)]
        assert count <= len(lines) < len(instant)


def test_exit_after_time(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert output_of(capfd, "--exit-after-time", "5s")
    assert clock.now == pytest.approx(5)


def test_modules_take_turns(capfd: pytest.CaptureFixture[str]) -> None:
    """ADV-01: several runs of different kinds, one after the other, each from its launch to its end."""
    text = output_of(capfd, *("-m", "potato", "-m", "single-4090", "--exit-after-modules", "2", "--instant"))
    launched = re.findall(r"^\$ .* --model (\S+)", text, re.MULTILINE)
    done = re.findall(r"^run \S+ complete$", text, re.MULTILINE)
    assert (len(set(launched)), len(launched), len(done)) == (2, 2, 2)


def test_events_are_json_lines(capfd: pytest.CaptureFixture[str]) -> None:
    events = [json.loads(line) for line in output_of(capfd, "--view", "events", "--instant", *SMALL).splitlines()]
    times = [event["time_seconds"] for event in events]
    assert events[0]["event"] == "Opened"
    assert times == sorted(times)
    assert sum("grad_norm" in event for event in events) == 30


def test_a_pipe_that_closes_ends_quietly() -> None:
    pipeline = f"set -o pipefail; {sys.executable} -m pysim --instant --preset classic | head -n 3"
    done = subprocess.run(
        ["bash", "-c", pipeline], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 3)


@pytest.mark.parametrize("answer", ["--help", "--print-manpage", "--version"])
def test_answers_end_quietly_too_when_nobody_reads(answer: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PYSIM, answer], stdout=writer, stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_said_in_one_line() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [*PYSIM, "--instant", *SMALL],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert done.returncode == 1
    assert re.fullmatch(r"pysim: cannot write to standard output: .+\n", done.stderr)


def test_a_closed_standard_output_is_no_traceback() -> None:
    command = f"{sys.executable} -m pysim --instant --preset classic --until step:30 >&-"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_signals_end_a_pipe_at_once_and_lose_no_line(number: signal.Signals, code: int) -> None:
    """TECH-03: stopped at once and cleanly."""
    with subprocess.Popen([*PYSIM, "--preset", "classic"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.send_signal(number)
        rest, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, complaint) == (code, b"")
    assert rest == b"" or rest.endswith(b"\n")


def test_an_interrupted_file_is_no_whole_run(tmp_path: Path) -> None:
    """TECH-03: whoever waits for the program learns that the file ends early, on a whole line."""
    log = tmp_path / "run.log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [*PYSIM, "--instant", "--preset", "llama3-405b"], stdout=file, stderr=subprocess.PIPE
        ) as process,
    ):
        while not log.stat().st_size:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, complaint) == (130, b"")
    assert log.read_bytes().endswith(b"\n")


def test_other_encodings_get_ascii() -> None:
    done = subprocess.run(
        [*PYSIM, "--instant", *SMALL],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert max(done.stdout) < 128
    assert b"?" not in done.stdout


def test_an_encoding_with_a_byte_order_mark_writes_one() -> None:
    done = subprocess.run(
        [*PYSIM, "--instant", *SMALL],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-16"},
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert done.stdout.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    assert "\ufeff" not in done.stdout.decode("utf-16")


def test_the_log_names_the_zone_of_its_times(capfd: pytest.CaptureFixture[str]) -> None:
    text = output_of(capfd, "--instant", *SMALL, "--start", "2026-06-01T10:00:00+02:00", "--until", "1s")
    assert "[2026-06-01 08:00:00]" in text
    assert "| times in UTC" in text


def test_events_have_the_time_of_the_calendar(capfd: pytest.CaptureFixture[str]) -> None:
    text = output_of(
        capfd, "--view", "events", "--instant", *SMALL, "--start", "2026-06-01T10:00:00+02:00", "--from", "1s"
    )
    first, second = (json.loads(line) for line in text.splitlines()[:2])
    assert (first["event"], first["launched_at"]) == ("Opened", "2026-06-01T08:00:00.000000Z")
    assert first["begins_at"] <= second["time"] > first["launched_at"]
