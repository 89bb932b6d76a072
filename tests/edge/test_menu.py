"""The menu of one line: typing narrows, arrows choose."""

import pytest

from pysim.edge.menu import KEYS, Menu
from pysim.show.troubles import Trouble

TROUBLES = [
    Trouble(name="gpu-off-bus", title="accelerator fallen off the bus", hits="accelerator"),
    Trouble(name="hbm-error", title="uncorrectable memory error, contained", hits="accelerator"),
    Trouble(name="gpu-error", title="accelerator fault: illegal memory access", hits="accelerator"),
    Trouble(name="host-reboot", title="node rebooted by itself", hits="node"),
]


def after(*keys: str) -> Menu:
    menu = Menu(TROUBLES)
    for key in keys:
        menu.press(key)
    return menu


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("", "gpu-off-bus"),
        ("h", "hbm-error"),
        ("err", "hbm-error"),
        ("hsr", "host-reboot"),
        ("g,node=3", "gpu-off-bus,node=3"),
        ("GPU-E", "gpu-error"),
        ("zz,gpu=1", "zz,gpu=1"),
    ],
)
def test_typing_narrows(keys: str, words: str) -> None:
    assert after(*keys).words == words


def test_arrows_choose_round_and_round_until_something_else_is_typed() -> None:
    assert after("down").words == "hbm-error"
    assert after("up").words == "host-reboot"
    assert after("tab", "tab", "up").words == "hbm-error"
    assert after(*["down"] * 5).words == "hbm-error"
    assert after("g", "down").words == "gpu-error"
    assert after("g", "down", "backspace").words == "gpu-off-bus"
    assert after("g", "p", "backspace", "backspace", "backspace", "h").words == "hbm-error"


def test_a_title_can_be_typed_with_its_spaces() -> None:
    assert after(*"illegal", "space", *"mem").words == "gpu-error"


def test_other_keys_mean_nothing() -> None:
    assert after("g", "left", "home", "unknown", "ctrl-d").line(80) == after("g").line(80)


def test_the_line_lists_names_with_titles_from_the_chosen_one_on() -> None:
    assert after("g").line(200) == (
        "inject g_ 1/2 > gpu-off-bus (accelerator fallen off the bus), gpu-error (accelerator fault: illegal memory access)"
    )
    assert after("g", "down").line(60) == "inject g_ 2/2 > gpu-error (accelerator fault: illegal memory"
    assert after("z").line(80) == "inject z_ nothing of this name"
    assert after(*"gpu-off-bus,rack=123").line(36) == "inject u-off-bus,rack=123_ 1/1 > gpu"


@pytest.mark.parametrize("columns", [1, 16, 36, 76])
def test_it_is_one_line_however_narrow(columns: int) -> None:
    for keys in ("", "gpu", "gpu-off-bus,node=12", "z" * 99):
        assert len(after(*keys).line(columns)) <= columns
    assert after("?").line(columns) == KEYS[:columns]


def test_a_question_mark_shows_the_keys_until_the_next_key() -> None:
    assert after("g", "?").line(80) == KEYS[:80]
    assert after("g", "?", "?").line(80) == after("g").line(80)
    assert after("g", "?", "p").line(80) == after("g", "p").line(80)
