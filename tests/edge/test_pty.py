"""The real program on a real (pseudo) terminal: every key, signals, resizing, and what it leaves behind.

Tests wait for what should appear, never for time to pass.
"""

# ruff: noqa: S603 - programs are what is tested here

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from pysim.edge.controls import HELP
from pysim.terminal.ansi import HIDE_CURSOR, SHOW_CURSOR, strip

PYSIM = [sys.executable, "-m", "pysim", "--preset", "classic", "--color", "never"]
PATIENCE_SECONDS = 60  # before a test gives up
COLUMNS, ROWS = 100, 30
PROMPT = "prompt> "
RIGHT, LEFT, ESCAPE = "\x1b[C", "\x1b[D", "\x1b"

Condition = Callable[[str], bool]


class Screen:
    """The program in a terminal, and what a person in front of it would see."""

    def __init__(self, *arguments: str, command: list[str] | None = None) -> None:
        program, *rest = [*(command or PYSIM), *arguments]
        environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        self.child = pexpect.spawn(
            program,
            rest,
            dimensions=(ROWS, COLUMNS),
            env=environment | {"TERM": "xterm-256color", "PS1": PROMPT},
            timeout=PATIENCE_SECONDS,
        )
        self.child.delaybeforesend = None
        self.cells = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.cells)
        self.bytes = b""

    @property
    def text(self) -> str:
        return "\n".join(self.cells.display)

    def send(self, keys: str) -> None:
        self.child.send(keys)

    def see(self, condition: Condition | str) -> str:
        """Read on until the screen is as it should be."""
        holds = (lambda text: condition in text) if isinstance(condition, str) else condition
        while not holds(self.text):
            try:
                self._take(self.child.read_nonblocking(65_536, timeout=PATIENCE_SECONDS))
            except (pexpect.EOF, pexpect.TIMEOUT):
                pytest.fail(f"never seen: {condition}; last seen:\n{self.text}")
        return self.text

    def end(self) -> int:
        """Read to the end; the exit code, negative for a signal that killed."""
        try:
            while True:
                self._take(self.child.read_nonblocking(65_536, timeout=PATIENCE_SECONDS))
        except pexpect.EOF:
            pass
        self.child.wait()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    def _take(self, data: bytes) -> None:
        self.bytes += data
        self.stream.feed(data)

    @property
    def echoes(self) -> bool:
        """Whether the terminal is back in the mode that a shell wants."""
        local_flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(local_flags & termios.ECHO and local_flags & termios.ICANON)

    def is_restored(self) -> bool:
        return (
            self.echoes
            and self.bytes.rfind(SHOW_CURSOR.encode()) > self.bytes.rfind(HIDE_CURSOR.encode())
            and self.bytes.count(b"\x1b[?2026h") <= self.bytes.count(b"\x1b[?2026l")
        )


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A show that has begun and been paused in the middle."""
    shown = Screen("--from", "step:800")
    shown.see("Step")
    shown.send(" ")
    shown.see("paused")
    yield shown
    shown.child.close(force=True)


def live_region(text: str) -> str:
    return "\n".join(text.splitlines()[-3:])


def place(text: str) -> tuple[int, int]:
    """Epoch and step of the live region."""
    return _number(text, "Epoch"), _number(text, "Step")


def _number(text: str, bar: str) -> int:
    line = next((line for line in text.splitlines()[-3:] if line.startswith(bar)), f"{bar} 0/")
    return int(line.split()[1].partition("/")[0].replace(",", ""))


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
    before = place(screen.text)
    screen.send("]]")
    screen.see(lambda text: "Step" not in live_region(text))  # the bar is that of a validation or a checkpoint
    screen.send("[[[[[")
    screen.see(lambda text: (0, 0) < place(text) < before or "Step" not in live_region(text))
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
    screen.see(HELP.split("  ")[0])
    screen.send("x")
    screen.see(lambda text: HELP.split("  ")[0] not in text)


def test_the_size_is_followed_while_it_runs(screen: Screen) -> None:
    screen.cells.resize(20, 60)
    screen.child.setwinsize(20, 60)
    screen.see(lambda text: "Step" in live_region(text) and max(map(len, text.splitlines())) <= 60)
    screen.cells.resize(40, 140)
    screen.child.setwinsize(40, 140)
    screen.see(lambda text: max(len(line.rstrip()) for line in text.splitlines()) > 100)
    screen.send("q")
    assert screen.end() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 0)])
def test_signals_restore_first(screen: Screen, number: signal.Signals, code: int) -> None:
    screen.child.kill(number)
    assert screen.end() == code
    assert screen.is_restored()


@pytest.mark.parametrize("place", ["0", "1s", "3%", "50%", "99.99%"])
def test_every_phase_can_be_stopped(place: str) -> None:
    """TECH-03."""
    shown = Screen("--from", place)
    shown.see(lambda text: bool(text.strip()))
    shown.send("q")
    assert shown.end() == 0
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


def test_ctrl_z_and_fg() -> None:
    shown = Screen(command=["bash", "--norc", "--noprofile", "-i"])
    shown.send(" ".join(PYSIM) + " --from 50% -s 0.01\r")
    shown.see("Step")
    shown.send("\x1a")
    shown.see("Stopped")
    assert shown.is_restored() or not shown.bytes.endswith(HIDE_CURSOR.encode())
    shown.send("fg\r")
    shown.see(lambda text: "Step" in live_region(text))
    shown.send("?")
    shown.see(HELP.split("  ")[0])
    shown.send("q")
    shown.see(lambda text: text.rstrip().endswith(PROMPT.strip()))
    shown.send("echo code=$?\r")
    shown.see("code=0")
    shown.send("exit\r")
    shown.end()


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


def test_without_a_keyboard_it_is_watched_all_the_same(tmp_path: Path) -> None:
    command = f"exec {' '.join(PYSIM)} --exit-after-modules 1 --from 99.9% -s 1000 < /dev/null"
    shown = Screen(command=["bash", "-c", command])
    assert shown.end() == 0
    assert shown.is_restored()
    assert not list(tmp_path.iterdir())


def test_instant_on_a_terminal_is_plain_lines() -> None:
    shown = Screen("--instant", "--until", "step:5")
    assert shown.end() == 0
    assert HIDE_CURSOR.encode() not in shown.bytes


def test_a_dumb_terminal_gets_plain_lines() -> None:
    shown = Screen(command=["env", "TERM=dumb", *PYSIM, "--instant", "--until", "step:5"])
    assert shown.end() == 0
    assert b"\x1b" not in shown.bytes
