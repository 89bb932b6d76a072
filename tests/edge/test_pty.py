"""The real program on a real (pseudo) terminal: every key, signals, resizing, and what it leaves behind.

Tests wait for what should appear, never for time to pass.
"""

# ruff: noqa: S603 - programs are what is tested here

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pexpect
import pytest
from ptys import COLUMNS, PATIENCE_SECONDS, PYSIM, ROWS, Condition, Screen, live_region

from pysim.edge.controls import help_lines
from pysim.terminal.ansi import ASK_CURSOR, HIDE_CURSOR, SHOW_CURSOR, strip

RIGHT, LEFT, UP, DOWN, ESCAPE = "\x1b[C", "\x1b[D", "\x1b[A", "\x1b[B", "\x1b"


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A show that has begun and been paused in the middle."""
    shown = Screen("--from", "step:800")
    shown.see("Step")
    shown.send(" ")
    shown.see("paused")
    yield shown
    shown.child.close(force=True)


def place(text: str) -> tuple[int, int]:
    """Epoch and step of the live region."""
    return _number(text, "Epoch"), _number(text, "Step")


def _number(text: str, bar: str) -> int:
    line = next((line for line in text.splitlines()[-3:] if line.startswith(bar)), f"{bar} 0/")
    return int(line.split()[1].partition("/")[0].replace(",", ""))


def shows_work(work: str, step: int) -> Condition:
    """Whether the last bar is that of such work after that step."""

    def is_shown(text: str) -> bool:
        *_, bar = text.splitlines()
        return bar.startswith(work) and bar.rstrip().endswith(f"step {step:,}")

    return is_shown


def fills(columns: int) -> Condition:
    """Whether the live region, from its rule on, stands whole in the last rows and is as wide as the screen."""

    def is_filled(text: str) -> bool:
        rule, timeline, epoch, step = text.splitlines()[-4:]
        if not timeline.startswith("Time") or len(timeline.rstrip()) != columns:
            return False
        return len(rule.rstrip()) == columns and set(rule[-9:]) == {"─"} and (epoch[:5], step[:4]) == ("Epoch", "Step")

    return is_filled


def test_q_leaves_everything_as_it_was(screen: Screen) -> None:
    assert not screen.echoes
    screen.send("q")
    assert screen.end() == 0
    assert screen.is_restored()


def test_ctrl_c_is_a_way_to_stop_like_any_other(screen: Screen) -> None:
    screen.send("\x03")
    assert screen.end() == 0
    assert screen.is_restored()


def test_nothing_is_left_on_the_line_of_the_prompt(screen: Screen) -> None:
    screen.send("q")
    screen.end()
    assert screen.cells.cursor.x == 0
    assert screen.cells.display[screen.cells.cursor.y].strip() == ""


def test_space_pauses_and_goes_on(screen: Screen) -> None:
    before = place(screen.text)
    screen.send(" ")
    screen.see(lambda text: place(text) > before)
    assert "paused" not in screen.text


def test_plus_and_minus_change_the_speed(screen: Screen) -> None:
    screen.send("+")
    screen.see("2x")
    screen.send("+")
    screen.see("4x")
    screen.send("---")
    screen.see("0.5x")


def test_arrows_go_back_and_forward(screen: Screen) -> None:
    before = place(screen.text)
    screen.send(RIGHT)
    screen.see(lambda text: place(text) > before)
    screen.send(LEFT + LEFT)
    screen.see(lambda text: place(text) < before)


def test_an_arrow_may_come_in_pieces(screen: Screen) -> None:
    before = place(screen.text)
    screen.send(ESCAPE)
    screen.send("[")
    screen.send("C")
    screen.see(lambda text: place(text) > before)


def test_a_lone_escape_swallows_no_key(screen: Screen) -> None:
    screen.send(ESCAPE)
    screen.child.expect(pexpect.TIMEOUT, timeout=1)  # nothing may come of it
    screen.send("q")
    assert screen.end() == 0


def test_brackets_go_to_chapters(screen: Screen) -> None:
    """From step 800 on: it validates every 250 steps and saves every 125."""
    places = (
        ("]", "Checkpoint", 875),
        ("]", "Validation", 1_000),
        ("]", "Checkpoint", 1_000),
        ("[[", "Checkpoint", 875),
    )
    for keys, work, step in places:
        screen.send(keys)
        screen.see(shows_work(work, step))
    screen.send("[" * 40)
    screen.see("Bring-up")


def test_digits_jump(screen: Screen) -> None:
    before = place(screen.text)
    screen.send("9")
    screen.see(lambda text: place(text) > before)
    late = place(screen.text)
    screen.send("5")
    screen.see(lambda text: before < place(text) < late)


def test_a_question_mark_shows_the_keys_until_the_next_one(screen: Screen) -> None:
    screen.send("?")
    screen.see(help_lines(80)[0].split("  ")[0])
    screen.send("z")
    screen.see(lambda text: help_lines(80)[0].split("  ")[0] not in text)


def timeline(text: str) -> str:
    return next((line for line in text.splitlines() if line.startswith("Time ")), "")


def here(text: str) -> int:
    """The column of the moment on show."""
    return timeline(text).find("┃")


def test_n_goes_from_incident_to_incident_and_back() -> None:
    """Whatever is there is marked: the moment on show stands where a mark was."""
    shown = Screen("--from", "20%")
    shown.see("Step")
    shown.send(" t")
    shown.see(lambda text: "paused" in text and not timeline(text))
    shown.send("t")
    before = shown.see(lambda text: here(text) > 0)
    shown.send("n")
    after = shown.see(lambda text: here(text) > here(before))
    assert timeline(before)[here(after)] == "✕"
    shown.send("nN")
    shown.see(lambda text: here(text) == here(after))
    shown.send("N" * 20)
    shown.see("nothing goes wrong before this")
    shown.send("q")
    assert shown.end() == 0
    assert shown.is_restored()


def test_g_goes_to_what_is_typed(screen: Screen) -> None:
    screen.send("g")
    screen.see("go to _")
    screen.send("12,000x")
    screen.see("go to 12,000x_")
    screen.send("\r")
    screen.see("'12,000x' is not a step or a time of the run, such as 12,000")
    screen.send("\x7f\r")
    screen.see(lambda text: place(text) == (3, 12_000 - 2 * 4_768 - 1) and "paused" in text)
    screen.send("g1d 1:00\r")
    screen.see("'1d 1:00' is not")
    screen.send(ESCAPE)
    screen.see(lambda text: "go to" not in text and "1d 1:00" not in text)
    screen.send("g50%\r")
    screen.see(lambda text: place(text)[0] == 2)


def test_t_hides_the_timeline_and_shows_it(screen: Screen) -> None:
    assert timeline(screen.text)
    screen.send("t")
    screen.see(lambda text: not timeline(text) and place(text) > (0, 0) and screen.has_mouse())
    screen.send("t")
    screen.see(lambda text: bool(timeline(text)))
    screen.cells.resize(11, COLUMNS)
    screen.child.setwinsize(11, COLUMNS)
    screen.see(lambda text: not timeline(text) and place(text) > (0, 0))
    screen.send("t")
    screen.see("a timeline takes 40 columns and 12 rows")


def test_a_click_and_a_drag_on_the_timeline_go_there(screen: Screen) -> None:
    row, columns = ROWS - 2, (60, 80)
    assert not screen.has_mouse()
    screen.send(f"\x1b[<0;{columns[0]};{row}M")
    screen.see(lambda _: ASK_CURSOR.encode() in screen.bytes)
    screen.send(f"\x1b[{ROWS};1R")
    screen.see(lambda text: here(text) == columns[0] - 1)
    screen.send(f"\x1b[<32;{columns[1]};{row - 5}M\x1b[<0;{columns[1]};{row - 5}m")
    screen.see(lambda text: here(text) == columns[1] - 1)
    screen.send("\x1b[<64;5;5M")
    screen.see(lambda _: screen.has_mouse())
    screen.send("q")
    assert screen.end() == 0
    assert screen.is_restored()


def test_x_lets_something_happen(screen: Screen) -> None:
    screen.send("x")
    screen.see("inject _ 1/")
    screen.send("host-reb,node=3")
    screen.see("inject host-reb,node=3_ 1/1 > host-reboot (node rebooted by itself)")
    screen.send("\r")
    screen.see("--inject host-reboot@")
    screen.send(" ")
    screen.see(lambda text: "--inject" not in text)
    screen.see("Job down")
    screen.see("node 3 replaced")


def test_the_menu_is_typed_into_chosen_from_and_left(screen: Screen) -> None:
    before = place(screen.text)
    screen.send("xq5")
    screen.see("inject q5_ nothing of this name")
    screen.send("\x7f\x7fgpu")
    screen.see("inject gpu_ 1/")
    screen.send(DOWN + "\t" + UP)
    screen.see("inject gpu_ 2/")
    screen.cells.resize(20, 40)
    screen.child.setwinsize(20, 40)
    screen.see("inject gpu_ 2/4 > gpu-error (acceler")
    screen.send(ESCAPE)
    screen.see("paused")
    screen.cells.resize(ROWS, COLUMNS)
    screen.child.setwinsize(ROWS, COLUMNS)
    screen.see(lambda text: place(text) == before)
    screen.send("q")
    assert screen.end() == 0
    assert screen.is_restored()


def test_what_cannot_happen_is_said_and_the_show_goes_on(screen: Screen) -> None:
    screen.send(" xgpu-error,gpu=64\r")
    screen.see("gpu=64 does not exist in this run; try gpu=63 at most")
    before = place(screen.text)
    screen.see(lambda text: place(text) > before)


def test_the_size_is_followed_while_it_runs(screen: Screen) -> None:
    screen.cells.resize(20, 60)
    screen.child.setwinsize(20, 60)
    screen.see(fills(60))
    screen.cells.resize(40, 140)
    screen.child.setwinsize(40, 140)
    screen.see(fills(140))
    screen.send("q")
    assert screen.end() == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SIGINT", 0),
        ("SIGHUP", 129),
        ("SIGQUIT", 131),
        ("SIGABRT", 134),
        ("SIGUSR1", 138),
        ("SIGALRM", 142),
        ("SIGTERM", 143),
    ],
)
def test_signals_restore_first(screen: Screen, name: str, code: int) -> None:
    screen.child.kill(signal.Signals[name])
    assert screen.end() == code
    assert screen.is_restored()
    assert screen.cells.cursor.x == 0


def test_ctrl_backslash_restores_too(screen: Screen) -> None:
    screen.send("\x1c")
    assert screen.end() == 131
    assert screen.is_restored()


@pytest.mark.parametrize("place", ["0", "1s", "3%", "50%", "99.99%"])
def test_every_phase_can_be_stopped(place: str) -> None:
    """TECH-03."""
    shown = Screen("--from", place)
    shown.see(lambda text: bool(text.strip()))
    shown.send("q")
    assert shown.end() == 0
    assert shown.is_restored()


def test_a_frame_that_takes_for_ever_can_be_stopped() -> None:
    script = (
        "import sys\n"
        "from pysim.edge import cli\n"
        "from pysim.show import show\n"
        "def advance(self, seconds):\n"
        "    print('stuck', flush=True)\n"
        "    while True: pass\n"
        "show.Show.advance = advance\n"
        "sys.exit(cli.main(['--preset', 'classic']))\n"
    )
    shown = Screen(command=[sys.executable, "-c", script])
    shown.see("stuck")
    shown.child.kill(signal.SIGTERM)
    assert shown.end() == 143
    assert shown.is_restored()


def test_an_error_restores_before_it_is_told() -> None:
    script = (
        "import sys\n"
        "from pysim.edge import cli\n"
        "from pysim.show import show\n"
        "real, count = show.Show.advance, [0]\n"
        "def advance(self, seconds):\n"
        "    count[0] += 1\n"
        "    if count[0] > 5: raise RuntimeError('as planned')\n"
        "    return real(self, seconds)\n"
        "show.Show.advance = advance\n"
        "sys.exit(cli.main(['--preset', 'classic']))\n"
    )
    shown = Screen(command=[sys.executable, "-c", script])
    assert shown.end() == 1
    assert shown.is_restored()
    assert shown.bytes.rfind(SHOW_CURSOR.encode()) < shown.bytes.rfind(b"RuntimeError")


def test_a_terminal_that_goes_away_is_no_reason_to_complain() -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        PYSIM,
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(slave)
        assert os.read(master, 1)
        os.close(master)
        _, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, complaint) == (129, b"")


def test_a_terminal_that_nobody_reads_can_still_be_stopped() -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*PYSIM, "-i", "100000", "--from", "50%"],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(slave)
        assert os.read(master, 1)
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    os.close(master)
    assert (process.returncode, complaint) == (143, b"")


def test_the_first_lines_come_at_once_and_none_comes_twice() -> None:
    """A fault of genact's: its option counted sleeps; here the lines count."""
    plain = Screen("--instant", "--until", "step:60")
    plain.end()
    lines = plain.bytes.decode().splitlines()[:200]
    shown = Screen("-i", "200", "-s", "0.01")
    shown.see("Step")
    shown.send("q")
    assert shown.end() == 0
    assert [line for line in strip(shown.bytes.decode()).splitlines() if line in lines][:200] == lines


def test_without_a_keyboard_it_is_watched_all_the_same() -> None:
    command = f"exec {' '.join(PYSIM)} --exit-after-modules 1 --from 99.9% -s 1000 < /dev/null"
    shown = Screen(command=["bash", "-c", command])
    assert shown.end() == 0
    assert shown.is_restored()


def test_instant_on_a_terminal_is_plain_lines() -> None:
    shown = Screen("--instant", "--until", "step:5")
    assert shown.end() == 0
    assert HIDE_CURSOR.encode() not in shown.bytes


def test_a_size_that_the_terminal_lacks_is_cut_to_it() -> None:
    shown = Screen("--size", f"{COLUMNS + 40}x{ROWS + 6}", "--from", "50%")
    shown.see(lambda text: "Step" in live_region(text))
    shown.send("q")
    assert shown.end() == 0
    note = f"pysim: --size: {COLUMNS + 40}x{ROWS + 6} is more than this terminal has; it is shown as {COLUMNS}x{ROWS}"
    assert note in shown.bytes.decode()
    after = re.split(r"[\r\n]|\x1b\[\d*[AF]", shown.bytes.decode().partition(note)[2])  # a frame begins further up
    assert max(len(strip(line)) for line in after) <= COLUMNS


def test_a_dumb_terminal_gets_plain_lines() -> None:
    show = [sys.executable, "-m", "pysim", "--preset", "classic", "--until", "step:5", "-s", "1000"]
    shown = Screen(command=["env", "TERM=dumb", *show])
    assert shown.end() == 0
    assert b"step      5" in shown.bytes
    assert b"\x1b" not in shown.bytes
