"""What stands before every line."""

import pytest

from pysim.terminal.ansi import palette, strip
from pysim.views.console.prefix import Prefix

START = 1_767_603_600  # 2026-01-05 09:00:00 UTC


@pytest.mark.parametrize(
    ("columns", "line", "warning"),
    [
        (120, "[2026-01-05 09:01:05] INFO    text", "[2026-01-05 09:01:05] WARNING text"),
        (110, "[2026-01-05 09:01:05] INFO    text", "[2026-01-05 09:01:05] WARNING text"),
        (109, "[09:01:05] INFO    text", "[09:01:05] WARNING text"),
        (72, "[09:01:05] INFO    text", "[09:01:05] WARNING text"),
        (71, "09:01:05 text", "09:01:05 W text"),
        (50, "09:01:05 text", "09:01:05 W text"),
        (49, "09:01 text", "09:01 W text"),
    ],
)
def test_narrow_screens_get_less(columns: int, line: str, warning: str) -> None:
    for color in (False, True):
        prefix = Prefix(START, columns, palette(color=color))
        assert strip(prefix.line(65.9, "text")) == line
        assert strip(prefix.line(65.9, "text", warning=True)) == warning
        assert prefix.template().format(prefix.stamp(65.9)) + "text" == prefix.line(65.9, "text")


def test_days_go_by() -> None:
    prefix = Prefix(START, 120, palette(color=False))
    stamps = [prefix.stamp(hours * 3600.0) for hours in (14.999, 15, 39, 14)]
    assert stamps == ["2026-01-05 23:59:56", "2026-01-06 00:00:00", "2026-01-07 00:00:00", "2026-01-05 23:00:00"]
