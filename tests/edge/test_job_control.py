"""Stopped, sent to the background, brought back: in a real shell, and without one."""

import os
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from ptys import PROMPT, PYSIM, Screen, live_region

from pysim.edge.controls import help_lines

SHOW = f"{' '.join(PYSIM)} --from 50% -s 0.01"
MOST_QUESTIONS = 1_000
HELP_START = help_lines(80)[0].split("  ", maxsplit=1)[0]


@pytest.fixture
def shell() -> Iterator[Screen]:
    """An interactive shell with job control."""
    shown = Screen(command=["bash", "--norc", "--noprofile", "-i"])
    shown.see(PROMPT)
    yield shown
    shown.child.close(force=True)


def enter(shell: Screen, command: str) -> None:
    shell.send(f"{command}\r")


def see_job(shell: Screen, state: str) -> None:
    """Ask the shell until it says so."""
    for _ in range(MOST_QUESTIONS):
        shell.cells.reset()
        enter(shell, "jobs")
        if state in shell.see(lambda text: text.rstrip().endswith(PROMPT.strip())):
            break
    else:
        pytest.fail(f"never {state}; last seen:\n{shell.text}")
    shell.cells.reset()


def see_show(shell: Screen) -> None:
    """It is drawn, and it hears keys without showing them."""
    shell.see(lambda text: "Step" in live_region(text))
    shell.send("?")
    shell.see(HELP_START)
    assert not shell.echoes
    shell.send("z")
    shell.see(lambda text: HELP_START not in text)


def see_end(shell: Screen) -> None:
    """The show ends with q, and what runs next finds the terminal as it was."""
    shell.send("q")
    shell.see(lambda text: text.rstrip().endswith(PROMPT.strip()))
    shell.cells.reset()
    enter(shell, "echo code=$?; stty -a")
    text = shell.see(lambda text: "code=0" in text and "icanon" in text and " echoe" in text)
    assert " echo " in text
    assert "-icanon" not in text
    assert shell.shows_cursor()
    assert shell.has_mouse()


def job_of(shell: Screen) -> int:
    """The process that the shell waits for."""
    children = Path(f"/proc/{shell.child.pid}/task/{shell.child.pid}/children").read_text(encoding="ascii")
    return int(children.split()[0])


def test_ctrl_z_and_fg(shell: Screen) -> None:
    enter(shell, SHOW)
    shell.see("Step")
    shell.send("\x1a")
    shell.see("Stopped")
    assert shell.shows_cursor()
    enter(shell, "fg")
    see_show(shell)
    see_end(shell)


def test_ctrl_z_gives_the_terminal_back_before_it_stops() -> None:
    """A shell that does not edit lines shows the modes as the show left them."""
    shown = Screen(command=["bash", "--norc", "--noprofile", "-c", f"set -m; {SHOW}; stty -a; kill %1; fg"])
    shown.see("Step")
    assert not shown.echoes
    shown.send("\x1a")
    text = shown.see(lambda text: "icanon" in text and " echoe" in text)
    assert " echo " in text
    assert "-icanon" not in text
    shown.end()
    assert shown.is_restored()


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_z_bg_and_fg(shell: Screen, times: int) -> None:
    """In the background it waits, as editors do."""
    enter(shell, SHOW)
    for _ in range(times):
        see_show(shell)
        shell.send("\x1a")
        shell.see("Stopped")
        enter(shell, "bg")
        shell.cells.reset()
        see_job(shell, "Stopped")
        enter(shell, "fg")
    see_show(shell)
    see_end(shell)


def test_started_in_the_background_it_waits_to_be_brought_forward(shell: Screen) -> None:
    enter(shell, f"{SHOW} &")
    see_job(shell, "Stopped")
    enter(shell, "fg")
    see_show(shell)
    see_end(shell)


@pytest.mark.parametrize("stop", ["\x1a", signal.SIGSTOP])
def test_a_stopped_show_can_be_ended_from_the_shell(shell: Screen, stop: str | signal.Signals) -> None:
    enter(shell, SHOW)
    shell.see("Step")
    if isinstance(stop, str):
        shell.send(stop)
    else:
        os.kill(job_of(shell), stop)
    shell.see("Stopped")
    shell.see(lambda text: text.rstrip().endswith(PROMPT.strip()))
    shell.cells.reset()
    written = len(shell.bytes)
    enter(shell, "kill %1")
    see_job(shell, "Exit 143")
    assert b"\x1b[?25" not in shell.bytes[written:], "the terminal is the shell's by then"
    assert "Step" not in shell.text


def test_what_waits_in_the_background_can_be_ended(shell: Screen) -> None:
    enter(shell, f"{SHOW} &")
    see_job(shell, "Stopped")
    enter(shell, "kill %1")
    see_job(shell, "Exit 143")


def test_sigstop_and_fg(shell: Screen) -> None:
    """Nobody can see SIGSTOP coming: the shell has its own modes by the time the show goes on."""
    enter(shell, SHOW)
    see_show(shell)
    os.kill(job_of(shell), signal.SIGSTOP)
    shell.see("Stopped")
    enter(shell, "fg")
    see_show(shell)
    see_end(shell)


def test_a_background_without_a_shell_is_no_place_for_a_show(shell: Screen) -> None:
    """Nothing will ever bring it forward, so it is as if its terminal were gone."""
    script = f"{SHOW}; echo code=$?"
    enter(shell, f"(sh -c '{script}' &)")
    shell.see("code=129")
    assert "Traceback" not in shell.text


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A show without a shell around it, paused."""
    shown = Screen("--from", "step:800")
    shown.see("Step")
    shown.send(" ")
    shown.see("paused")
    yield shown
    shown.child.close(force=True)


def stop(screen: Screen) -> None:
    os.kill(screen.child.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, screen.child.pid, os.WSTOPPED | os.WNOWAIT)


def go_on(screen: Screen) -> None:
    written = len(screen.bytes)
    os.kill(screen.child.pid, signal.SIGCONT)
    screen.see(lambda _text: b"Step" in screen.bytes[written:])


def test_after_a_stop_the_terminal_is_taken_again(screen: Screen) -> None:
    modes = termios.tcgetattr(screen.child.child_fd)
    modes[3] |= termios.ECHO | termios.ICANON
    stop(screen)
    termios.tcsetattr(screen.child.child_fd, termios.TCSANOW, modes)  # as a shell does
    go_on(screen)
    assert not screen.echoes
    screen.send("q")
    assert screen.end() == 0
    assert screen.is_restored()


def test_after_a_stop_that_nobody_used_the_first_modes_are_still_known(screen: Screen) -> None:
    stop(screen)
    go_on(screen)
    screen.send("q")
    assert screen.end() == 0
    assert screen.is_restored()


def test_ctrl_z_where_nobody_could_go_on_is_passed_over(screen: Screen) -> None:
    """The program leads its session: the system ignores the stop, and the show paints itself anew."""
    written = len(screen.bytes)
    screen.send("\x1a")
    screen.see(lambda _text: b"Step" in screen.bytes[written:])
    assert not screen.echoes
    screen.send("q")
    assert screen.end() == 0
    assert screen.is_restored()
