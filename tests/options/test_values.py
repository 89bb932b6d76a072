"""Values of options: every notation, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.options import values
from pysim.options.values import Position, Wrong


class Header:
    total_steps = 100


class Timeline:
    """A run of 100 steps of 10 s after 50 s of bring-up."""

    header = Header()
    end_us = 1_100_000_000

    def item_begin(self, step: int) -> int:
        return 50_000_001 + (step - 1) * 10_000_000


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("4M", 4_000_000),
        ("4m", 4_000_000),
        ("15.6T", 15_600_000_000_000),
        ("1e12", 10**12),
        ("1_000_000", 1_000_000),
        ("1,000,000", 1_000_000),
        ("2.5k", 2_500),
        ("7B", 7 * 10**9),
        ("7G", 7 * 10**9),
        (" 12 ", 12),
    ],
)
def test_token_counts(text: str, tokens: int) -> None:
    assert values.TOKENS.parse(text) == tokens


@pytest.mark.parametrize(
    "text", ["1,5T", "0,5", "1,00", "12,34,567", ",5", "1,", "1,000,", "1_5", "1__000", "1,000_000", "1000,000"]
)
def test_commas_stand_only_between_groups_of_three(text: str) -> None:
    """Whether `1,5` is fifteen or one and a half is anybody's guess."""
    for parse in (values.decimal, values.duration):
        with pytest.raises((ValueError, ArithmeticError)):
            parse(text)


@given(st.integers(0, 10**18))
def test_a_grouped_number_reads_back(number: int) -> None:
    assert values.decimal(f"{number:,}") == values.decimal(f"{number:_}") == number


@given(st.from_regex(r"[0-9]{0,4}([,_][0-9]{0,4}){1,3}", fullmatch=True))
def test_a_number_is_read_as_it_is_grouped_or_not_at_all(text: str) -> None:
    try:
        number = int(values.decimal(text))
    except ValueError:
        return
    assert text in (f"{number:,}", f"{number:_}") or text.startswith("0")


@pytest.mark.parametrize("text", ["", "M", "x", "-1", "0", "1.5", "nan", "inf", "1e19", "1e999999999", "4MM", "4 5x"])
def test_no_token_counts(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.TOKENS.parse(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3d4h", 273_600),
        ("90m", 5_400),
        ("1:30:00", 5_400),
        ("1:30", 90),
        ("0:00", 0),
        ("90:00", 5_400),
        ("100:05:09", 360_309),
        ("1,000", 1_000),
        ("5400", 5_400),
        ("1.5h", 5_400),
        ("1w", 604_800),
        ("250ms", 0.25),
        ("2d 1h", 176_400),
        (".5s", 0.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert values.duration(text) == seconds


@pytest.mark.parametrize("text", ["5k", "2M3", "1T", "1:75", "1:60:00", "1:00:60"])
def test_no_durations_that_could_be_misread(text: str) -> None:
    """Thousands of seconds are written by nobody, and a clock goes from 59 to 0."""
    with pytest.raises((ValueError, ArithmeticError)):
        values.duration(text)


@pytest.mark.parametrize("text", ["0", "0s", "0:00"])
def test_some_durations_are_longer_than_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        values.some_duration(text)
    assert values.some_duration("1") == 1.0


@pytest.mark.parametrize("text", ["", "4x", "h", "-5", "1:2:3:4", "1d?", "d4", "1e30", "nan", "1000y"])
def test_no_durations(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.duration(text)


@pytest.mark.parametrize(
    ("count", "text"),
    [(7, "7"), (4096, "4096"), (524_288, "524288"), (15_600_000_000_000, "15.6T"), (10**18, "1000P"), (64_000, "64K")],
)
def test_a_count_is_spelled_with_few_digits_or_with_all(count: int, text: str) -> None:
    assert values.spelled_count(count) == text


@given(st.integers(1, 10**18))
def test_a_spelled_count_reads_back(count: int) -> None:
    assert values.decimal(values.spelled_count(count)) == count


@given(st.integers(0, 10**9))
def test_a_spelled_duration_reads_back(seconds: int) -> None:
    assert values.duration(values.spelled_duration(seconds)) == seconds


@pytest.mark.parametrize(("text", "value"), [("show", "show"), ("real", "real"), ("4m", 240.0)])
def test_tempo(text: str, value: object) -> None:
    assert values.tempo(text) == value


@pytest.mark.parametrize(
    ("text", "unix_seconds"),
    [
        ("2026-01-05T09:00:00", 1_767_603_600),
        ("2026-01-05 09:00", 1_767_603_600),
        ("2026-01-05T10:00:00+01:00", 1_767_603_600),
        ("2026-01-05T09:00:00Z", 1_767_603_600),
        ("2026-01-05", 1_767_571_200),
        ("now", "now"),
    ],
)
def test_start(text: str, unix_seconds: object) -> None:
    assert values.start_time(text) == unix_seconds


@pytest.mark.parametrize("text", ["", "yesterday", "2026", "1960-01-01", "9999-12-31", "2026-13-01"])
def test_no_start(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.start_time(text)


@pytest.mark.parametrize(("text", "size"), [("120x40", (120, 40)), ("80X24", (80, 24))])
def test_size(text: str, size: tuple[int, int]) -> None:
    assert values.size(text) == size


@pytest.mark.parametrize("text", ["", "120", "x40", "0x0", "5x5", "120x99999", "-80x24", "80x24x2"])
def test_no_size(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.size(text)


def test_parallel_is_tidied() -> None:
    assert values.parallel("TP=8, pp=4") == "tp=8,pp=4"


@pytest.mark.parametrize(
    "text", ["", "tp", "tp=", "tp=0", "tp=8,tp=4", "dp=2", "tp=1.5", "tp=8;pp=4", "tp=99999999999", "tp=2,pp=1048577"]
)
def test_no_parallel(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.parallel(text)


@pytest.mark.parametrize(("text", "value"), [("", True), ("1", True), ("ON", True), ("off", False), ("0", False)])
def test_flag(text: str, *, value: bool) -> None:
    assert values.flag(text) is value


def test_no_flag() -> None:
    with pytest.raises(ValueError, match="maybe"):
        values.flag("maybe")


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        *(("0", 0), ("90s", 90_000_000), ("0:01:30", 90_000_000), ("50%", 550_000_000), ("100%", 1_100_000_000)),
        *(("step:1", 50_000_001), ("step:100", 1_040_000_001)),
    ],
)
def test_a_position_is_found_in_a_run(text: str, microseconds: int) -> None:
    assert values.position(text).resolve(Timeline()) == microseconds


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("90s", 90_000_000), ("50%", 550_000_000), ("100%", 1_100_000_001), ("step:1", 60_000_001)],
)
def test_an_end_is_before_a_time_and_after_a_step(text: str, microseconds: int) -> None:
    assert values.position(text).resolve_end(Timeline()) == microseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20m", "is after the end of the run, which takes 18m20s"),
        ("step:101", "is after the last step of the run, which has 100 steps"),
    ],
)
def test_a_position_after_the_run_says_how_long_the_run_is(text: str, message: str) -> None:
    with pytest.raises(Wrong) as raised:
        values.position(text).resolve(Timeline())
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["", "step:", "step:0", "step:x", "101%", "-1%", "%", "soon"])
def test_no_position(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.position(text)


def test_a_position_remembers_how_it_was_written() -> None:
    assert values.position("50%") == Position("percent", 50.0, "50%")
