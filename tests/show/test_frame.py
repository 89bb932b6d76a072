"""Frames: which bytes change the live region and scroll the log."""

from screens import Terminal

from pysim.show.frame import Frames
from pysim.terminal.ansi import BEGIN_SYNC, CLEAR_LINE_END, END_SYNC, RESET, cursor_up


def test_the_log_scrolls_above_the_region() -> None:
    frames, terminal = Frames(), Terminal(20, 5)
    for number in range(6):
        terminal.feed(frames.frame([f"log {number}"], [f"bar {number}", "rule"]))
    assert terminal.rows == ["log 3", "log 4", "log 5", "bar 5", "rule"]
    assert terminal.scrolled == ["log 0", "log 1", "log 2"]


def test_only_rows_that_changed_are_written() -> None:
    frames = Frames()
    frames.frame([], ["one", "two", "three"])
    assert frames.frame([], ["one", "2", "three"]) == (f"{BEGIN_SYNC}{cursor_up(2)}\r\n{CLEAR_LINE_END}2\r\n{END_SYNC}")
    assert frames.frame([], ["one", "2", "three"]) == ""


def test_a_screen_that_was_cleared_is_drawn_anew() -> None:
    frames, terminal = Frames(), Terminal(20, 4)
    terminal.feed(frames.frame(["log"], ["bar"]))
    terminal.feed(frames.frame(["other"], ["bar"], frames.clear()))
    assert terminal.rows[:2] == ["other", "bar"]


def test_it_is_left_tidy_once() -> None:
    frames = Frames()
    assert frames.finish() == ""
    frames.frame([], ["bar"])
    assert frames.finish() == f"{RESET}\r\n"
    assert frames.finish() == ""
