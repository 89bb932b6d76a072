"""Plain lines by a clock made of numbers."""

from pysim.show.lines import Line, at_once, pour


class Printer:
    """A clock that moves only by sleeping, and a page."""

    def __init__(self) -> None:
        self.now = 100.0
        self.printed: list[tuple[float, str]] = []
        self.flushes = 0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def write(self, text: str) -> None:
        self.printed.append((self.now - 100.0, text))

    def flush(self) -> None:
        self.flushes += 1


LINES = [Line(0.0, "a\n"), Line(1.0, "b\n"), Line(1.0, "c\n"), Line(4.5, "d\n")]


def test_every_line_is_printed_when_it_is_due() -> None:
    printer = Printer()
    pour(LINES, printer)
    assert printer.printed == [(0.0, "a\n"), (1.0, "b\n"), (1.0, "c\n"), (4.5, "d\n")]


def test_lines_are_let_go_before_every_wait_and_at_the_end() -> None:
    printer = Printer()
    pour(LINES, printer)
    assert printer.flushes == 3


def test_the_time_limit_is_waited_for_and_kept() -> None:
    printer = Printer()
    pour(LINES, printer, limit_seconds=3.0)
    assert [text for _, text in printer.printed] == ["a\n", "b\n", "c\n"]
    assert printer.now == 103.0


def test_instant_print_lines_counts_lines_and_not_waits() -> None:
    """A fault of genact's: its option counted sleeps."""
    for count in range(5):
        assert [line.due_seconds for line in at_once(LINES, count)].count(0.0) >= count


def test_time_begins_with_the_last_of_the_first_lines() -> None:
    assert [due for due, _ in at_once(LINES, 3)] == [0.0, 0.0, 0.0, 3.5]
    assert list(at_once(LINES, 0)) == LINES
    assert [due for due, _ in at_once(LINES, 99)] == [0.0] * 4
