"""Options: one table, read the same from a command line and from a query string."""

import argparse
from dataclasses import MISSING, fields
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysim.options import commandline
from pysim.options.commandline import UsageError, parse
from pysim.options.option import Option
from pysim.options.settings import Settings, form, parse_query
from pysim.options.table import BY_NAME, OPTIONS
from pysim.pretraining.planning.request import Request

BAD_VALUES = {
    "preset": "no-such-thing",
    "model": "llama3-405",
    "accelerator": "h100-sx",
    "gpus": "many",
    "log-every": "often",
    "node": "first",
    "dataset": "no-such-thing",
    "precision": "bf17",
    "parallel": "tp=8;pp=4",
    "pipeline-split": "7,8y14",
    "batch-ramp": "192,16",
    "sharding": "zero4",
    "seq-length": "4K5",
    "micro-batch": "0",
    "recompute": "some",
    "param-precision": "fp7",
    "grad-precision": "fp8",
    "optimizer-precision": "bf17",
    "cross-entropy": "fuse",
    "batch-tokens": "4X",
    "tokens": "-1",
    "epochs": "0",
    "schedule": "cosin",
    "attention-kernel": "flash-9",
    "execution": "slow",
    "software-year": "1999",
    "loss-curve": "linear",
    "incidents": "often",
    "spares": "-1",
    "checkpoint-every": "now and then",
    "watchdog": "never",
    "grid-every": "often",
    "seed": "1.5",
    "start": "yesterday",
    "modules": "no-such-thing",
    "speed-factor": "0",
    "tempo": "fast",
    "from": "150%",
    "until": "step:0",
    "inject": "gpu-off-bus",
    "compare": "spares",
    "decide": "drain",
    "scenario": "one-bad-gp",
    "instant-print-lines": "-3",
    "exit-after-time": "soon",
    "exit-after-modules": "0",
    "view": "consol",
    "show": "curve,colours",
    "size": "120",
    "color": "sometimes",
    "print-completions": "tcsh",
}
GOOD_VALUES = {
    "--gpus=64": ("gpus", 64),
    "--precision=BF16": ("precision", "bf16"),
    "--parallel=tp=8,pp=4": ("parallel", "tp=8,pp=4"),
    "--pipeline-split=7, 8X14,7": ("pipeline_split", "7,8x14,7"),
    "--pipeline-split=8,8,8": ("pipeline_split", "8x3"),
    "--seq-length=32K": ("seq_length", 32_768),
    "--seq-length=4,096": ("seq_length", 4096),
    "--micro-batch=4": ("micro_batch", 4),
    "--recompute=OP": ("recompute", "op"),
    "--sharding=hsdp": ("sharding", "hsdp"),
    "--batch-tokens=4M": ("batch_tokens", 4_000_000),
    "--tokens=15.6T": ("tokens", 15_600_000_000_000),
    "--seed=7": ("seed", 7),
    "--incidents=published": ("incidents", 1.0),
    "--incidents=OFF": ("incidents", 0.0),
    "--incidents=3x": ("incidents", 3.0),
    "--spares=0": ("spares", 0),
    "--checkpoint-every=30m": ("checkpoint_every", "1800s"),
    "--checkpoint-every=500": ("checkpoint_every", "500"),
    "--checkpoint-every=Auto": ("checkpoint_every", "auto"),
    "--watchdog=5m": ("watchdog", 300.0),
    "--grid-every=Auto": ("grid_every", "auto"),
    "--grid-every=1,000": ("grid_every", "1000"),
    "--start=now": ("start", "now"),
    "-s2.5": ("speed_factor", 2.5),
    "--tempo=4m": ("tempo", 240.0),
    "-i100": ("instant_print_lines", 100),
    "--exit-after-time=1m30s": ("exit_after_time", 90.0),
    "--size=80x24": ("size", (80, 24)),
    "-l": ("list_modules", True),
    "--instant": ("instant", True),
}
GENACT_NAMES = {
    "list-modules": "l",
    "modules": "m",
    "speed-factor": "s",
    "instant-print-lines": "i",
    "exit-after-time": "",
    "exit-after-modules": "",
    "inhibit": "",
    "print-completions": "",
    "print-manpage": "",
    "help": "h",
    "version": "V",
}


def error_of(*arguments: str) -> str:
    with pytest.raises(UsageError) as raised:
        parse(arguments)
    return str(raised.value)


def test_settings_have_a_field_for_every_option_with_its_default() -> None:
    defaults = {field.name: field.default for kind in (Settings, Request) for field in fields(kind)}
    assert defaults.pop("request") == Request()
    assert defaults == {option.field: option.default or BY_NAME[option.name].default for option in OPTIONS} | {
        option.field: False for option in OPTIONS if option.is_flag
    }
    assert MISSING not in defaults.values()


def test_every_option_is_complete() -> None:
    for option in OPTIONS:
        assert option.help
        assert bool(option.metavar) != option.is_flag, option.name
        assert option.is_flag or option.name in BAD_VALUES
    shorts = [option.short for option in OPTIONS if option.short]
    assert len(shorts) == len(set(shorts))


@pytest.mark.parametrize(("name", "short"), GENACT_NAMES.items())
def test_names_are_genacts_where_it_has_one(name: str, short: str) -> None:
    assert BY_NAME[name].short == short


@pytest.mark.parametrize(("argument", "setting"), GOOD_VALUES.items())
def test_values_are_read(argument: str, setting: tuple[str, object]) -> None:
    field, value = setting
    settings = parse([argument])
    assert (
        getattr(settings.request if hasattr(settings.request, field) and field != "start" else settings, field) == value
    )


def test_nothing_given_is_the_default() -> None:
    assert parse([]) == Settings()


@pytest.mark.parametrize(("name", "value"), BAD_VALUES.items())
def test_a_bad_value_is_one_line_with_option_value_and_what_would_be_right(name: str, value: str) -> None:
    message = error_of(f"--{name}", value) if not value.startswith("-") else error_of(f"--{name}={value}")
    assert message.startswith(f"--{name}: {value!r} is not ")
    assert "\n" not in message
    assert any(word in message for word in ("such as", "did you mean", "it can be"))


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [("model", "llama3-405", "llama3-405b"), ("accelerator", "h100-sx", "h100-sxm"), ("view", "event", "events")],
)
def test_the_closest_known_name_is_named(name: str, value: str, right: str) -> None:
    assert error_of(f"--{name}", value) == f"--{name}: {value!r} is not known; did you mean {right!r}?"


@pytest.mark.parametrize(
    "argument", ["--speed-factor=0,5", "--tokens=1,5T", "--tempo=1,5", "--from=1,5%", "--gpus=1,6"]
)
def test_a_comma_that_could_be_a_point_is_refused(argument: str) -> None:
    assert error_of(argument).endswith("; a comma only stands between groups of three digits")


def test_few_names_are_all_listed_and_many_by_example() -> None:
    assert error_of("--color", "zzz") == "--color: 'zzz' is not known; it can be auto, always or never"
    assert error_of("--view", "megatrn").endswith("did you mean 'megatron'?")
    assert "it can be one of " in error_of("--model", "@@@")


def test_an_empty_value_is_shown_as_such() -> None:
    assert error_of("--gpus", "").startswith("--gpus: '' is not a whole number")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gups", "3"], "--gups: is no option; did you mean --gpus?"),
        (["--@@@=3"], "--@@@: is no option; see pysim --help"),
        (["llama"], "'llama' is not an option; every option starts with --, see pysim --help"),
        (["--instant=3"], "--instant: takes no value"),
        (["--seed"], "--seed: needs a value: a whole number from 0 to 9223372036854775807, such as 7"),
        (["-s"], "--speed-factor: needs a value: a number from 0.01 to 1,000,000, such as 10"),
        (["--color"], "--color: needs a value: one of auto, always, never"),
        (["--model"], "--model: needs a value: a known name"),
        (["--mod", "x"], "--mod: is no option; did you mean --model?"),
        (["--json"], "--json: belongs to --describe and --compare; for a run as JSON lines use --view events"),
        (["--from=50%", "--until=40%"], "--until: '40%' is not after --from 50%"),
    ],
)
def test_a_bad_line(arguments: list[str], message: str) -> None:
    assert error_of(*arguments) == message


def test_the_last_value_counts() -> None:
    assert parse(["--gpus=8", "--gpus=16"]).request.gpus == 16


def test_places_of_different_kinds_are_compared_later() -> None:
    assert parse(["--from=50%", "--until=1h"]).until is not None


def test_a_query_reads_like_a_command_line() -> None:
    settings, problems = parse_query("?gpus=64&from=50%25&speed_factor=10&batch-tokens=4M&size=")
    assert problems == ()
    assert settings == parse(["--gpus=64", "--from=50%", "--speed-factor=10", "--batch-tokens=4M"])


def test_a_bad_value_in_a_query_is_replaced_by_its_default_and_named() -> None:
    settings, problems = parse_query("model=llama3-405&gpus=64")
    assert settings == Settings(request=Request(gpus=64))
    assert [(problem.option, problem.value) for problem in problems] == [("model", "llama3-405")]


def test_what_the_page_does_not_know_is_named_and_what_is_its_own_is_not() -> None:
    _, problems = parse_query("theme=dark&epoch=x&list-modules&%F0=1", page_names=("theme",))
    assert [problem.message for problem in problems] == [
        "is no option; did you mean --epochs?",
        "belongs to the command line, not to the page",
        "is no option",
    ]


def test_values_that_do_not_go_together_lose_the_later_one() -> None:
    settings, problems = parse_query("from=50%25&until=40%25")
    assert settings.until is None
    assert settings.from_ is not None
    assert str(problems[0]) == "--until: '40%' is not after --from 50%"


@given(st.text(max_size=60))
def test_any_query_gives_settings(query: str) -> None:
    assert isinstance(parse_query(query)[0], Settings)


@given(st.sampled_from([option for option in OPTIONS if not callable(option.choices)]), st.text(max_size=20))
def test_any_value_is_read_or_refused_in_one_line(option: Option, text: str) -> None:
    try:
        parse([f"--{option.name}={text}"])
        message = f"--{option.name}"
    except UsageError as error:
        message = str(error)
    assert message.startswith(f"--{option.name}")
    assert "\n" not in message


HOSTILE = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.sampled_from(["\x1b[2J\x07", "a\nb", "\r", "\u202e", "\udcff", "tp=8,\x1b[31m=2", "step:\x9b1m"]),
    st.builds(str.__mul__, st.sampled_from(["x", "9", "=", "tp=", "\x1b", "1,"]), st.integers(1_000, 120_000)),
)
LONGEST_MESSAGE = 900  # the names of several options, three values that are cut, and words


def says_it_safely(message: str) -> None:
    assert message.isprintable()
    assert len(message) <= LONGEST_MESSAGE


@given(st.sampled_from([option for option in OPTIONS if not option.is_flag]), HOSTILE)
def test_a_message_repeats_no_control_characters_and_no_long_value(option: Option, text: str) -> None:
    try:
        parse([f"--{option.name}={text}"])
    except UsageError as error:
        says_it_safely(str(error))


@given(st.sampled_from(["", "-", "--", "--instant=", "--seed ", "-s", "-x", "--from=50%", "-l"]), HOSTILE)
def test_an_unknown_word_is_repeated_safely(start: str, text: str) -> None:
    try:
        parse([start + text])
    except UsageError as error:
        says_it_safely(str(error))


@given(st.sampled_from(["model", "size", "", "tokens"]), HOSTILE)
def test_a_query_is_repeated_safely(name: str, text: str) -> None:
    query = urlencode({name + text: text, name: text}, errors="surrogatepass")
    for problem in parse_query(query)[1]:
        says_it_safely(str(problem))


@given(HOSTILE)
def test_two_options_that_do_not_go_together_are_repeated_safely(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse([f"--from={' ' * len(text)}50%", f"--until={' ' * len(text)}40%"])
    says_it_safely(str(raised.value))


def test_what_is_asked_of_a_plan_chooses_it_and_a_seed_or_a_start_does_not() -> None:
    assert parse(["--model=llama-7b"]).chooses_plan
    assert not parse(["--seed=3", "--start=now"]).chooses_plan


def test_now_is_when_it_is_asked() -> None:
    assert parse(["--start=now", "--seed=3"]).asking(9) == Request(seed=3, start=9)
    assert parse(["--start=1971-01-01"]).asking(9) == Request(start=31_536_000)


def test_the_form_has_every_option_of_the_page() -> None:
    entries = {entry["name"]: entry for entry in form()}
    assert set(entries) == {option.name for option in OPTIONS if option.on_page}
    assert "llama3-405b" in entries["model"]["choices"]
    assert entries["seed"]["default"] is None


def test_whatever_argparse_says_is_one_safe_line() -> None:
    """It changes its mind between versions of Python about what it raises and what it complains of."""
    with pytest.raises(UsageError, match=r"^ambiguous \\x1b$"):
        commandline._splitter(OPTIONS).error("ambiguous \x1b")
    assert commandline._incomplete(argparse.ArgumentError(None, "odd \x1b"), OPTIONS) == "odd \\x1b"
