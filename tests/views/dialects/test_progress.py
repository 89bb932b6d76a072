"""Bars as tqdm draws them: what tqdm 4.67's own format_meter made of the same numbers."""

import pytest

from pysim.views.dialects.progress import bar, duration, rewritten

OF_TQDM = [
    ((0, 20, 0.4, None, None), "  0%|          | 0/20 [00:00<?, ?it/s]"),
    ((5, 20, 0.9, 33.76, None), " 25%|██▌       | 5/20 [00:00<00:00, 33.76it/s]"),
    ((100, 300, 28.2, 5.43, None), " 33%|███▎      | 100/300 [00:28<00:36,  5.43it/s]"),
    ((2, 120, 4.6, 1 / 2.31, None), "  2%|▏         | 2/120 [00:04<04:32,  2.31s/it]"),
    ((6500, 14304, 60567.2, 1 / 9.07, None), " 45%|████▌     | 6500/14304 [16:49:27<19:39:42,  9.07s/it]"),
    ((300, 300, 59.9, 5.63, None), "100%|██████████| 300/300 [00:59<00:00,  5.63it/s]"),
    ((3863, 19073, 1366, 2.96, 80), " 20%|███████▎                            | 3863/19073 [22:46<1:25:38,  2.96it/s]"),
    (
        (1, 3, 1, 1, 100),
        " 33%|█████████████████████▋                                           | 1/3 [00:01<00:02,  1.00it/s]",
    ),
]


@pytest.mark.parametrize(("numbers", "drawn"), OF_TQDM)
def test_a_bar_is_tqdms(numbers: tuple[int, int, float, float | None, int | None], drawn: str) -> None:
    assert bar(*numbers) == drawn
    assert numbers[4] is None or len(drawn) == numbers[4]


def test_a_narrow_screen_keeps_one_cell() -> None:
    assert "|▌|" in bar(1, 2, 1, 1, 5)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (59.9, "00:59"), (3600, "1:00:00"), (360_000, "100:00:00")]
)
def test_hours_are_told_if_there_are_any(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_is_written_above_a_bar_wipes_it_first() -> None:
    assert rewritten("50%|", "{}") == "\r50%|\r    \r{}"
