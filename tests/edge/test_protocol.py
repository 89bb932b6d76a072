"""What crosses the border to the page is of the types that the page's compiler was given."""

import importlib.util
import json
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from pysim.edge import beforehand, browser, protocol

SCRIPT = Path(__file__).parent.parent.parent / "web/build/protocol.py"
QUERY = "?preset=classic&seed=3&gpus=none"


@pytest.fixture(scope="module")
def script() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("protocol_script", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_types_as_they_are_here(script: types.ModuleType) -> None:
    for path, wanted in script.generate().items():
        assert path.read_text(encoding="utf-8") == wanted, "run `make protocol`"


def test_a_shape_that_has_no_reader_is_refused(script: types.ModuleType) -> None:
    with pytest.raises(TypeError):
        script._reader(dict[str, int])


def test_there_is_a_command_for_every_name_and_no_other() -> None:
    assert set(browser.COMMANDS) == set(get_args(protocol.CommandName))


def test_a_session_is_what_the_worker_asks_for() -> None:
    session: protocol.Session = browser.open_show(QUERY, 100, 30)
    assert session.frame(0.0)


def test_every_key_is_explained_in_words_that_fit_a_narrow_terminal() -> None:
    assert all(keys and meaning for keys, meaning in protocol.KEY_HELP)


def session_at(fraction: float) -> browser.Session:
    session = browser.open_show(QUERY, 100, 30)
    session.frame(0.0)
    session.command("seek-fraction", str(fraction))
    return session


def disturbed() -> browser.Session:
    session = session_at(0.3)
    session.command("inject", "gpu-off-bus")
    for _ in range(40):
        session.frame(1.0)
    return session


def state_at(fraction: float) -> tuple[Any, Callable[[], str]]:
    return protocol.State, lambda: session_at(fraction).state()


ANSWERS: dict[str, tuple[Any, Callable[[], str]]] = {
    "problems": (list[protocol.Problem], lambda: session_at(0.0).problems),
    "story": (protocol.Story, lambda: session_at(0.5).story(50)),
    "possible": (list[protocol.Trouble], lambda: session_at(0.3).possible("gpu")),
    "explanation": (protocol.Explanation, lambda: session_at(0.3).explain("")),
    "news": (list[protocol.News], lambda: disturbed().news()),
    "curve": (protocol.CurveAnswer, lambda: session_at(0.3).curve('[5, "", ""]')),
    "no curve": (protocol.CurveAnswer, lambda: session_at(0.3).curve('[5, "nowhere", ""]')),
    "events": (protocol.EventsAnswer, lambda: session_at(0.3).events('["step:5", "step:7"]')),
    "places": (list[protocol.PlaceAnswer], lambda: session_at(0.3).places('["step:5", "nowhere"]')),
    "form": (protocol.Form, beforehand.options_schema),
    "recorded": (protocol.Recorded, lambda: beforehand.prologue("", 80, 24, 1.0, 10)),
    **{f"state at {fraction}": state_at(fraction) for fraction in (0.0, 0.001, 0.3, 0.999, 1.0)},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_of_its_type(name: str) -> None:
    hint, answer = ANSWERS[name]
    said = json.loads(answer())
    assert said
    assert list(strangers(said, hint, name)) == []


def strangers(value: Any, hint: Any, place: str) -> Iterator[str]:
    """Where a JSON value is not of a type. A field too many is as wrong as one that is missing."""
    if is_typeddict(hint):
        yield from () if set(value) == set(get_type_hints(hint)) else (place,)
        parts = [(value[name], inner, name) for name, inner in get_type_hints(hint).items() if name in value]
    elif get_origin(hint) is list:
        parts = [(item, *get_args(hint), str(index)) for index, item in enumerate(value)]
    elif get_origin(hint) is tuple:
        parts = [(item, inner, "item") for item, inner in zip(value, get_args(hint), strict=True)]
    else:
        yield from () if is_simply(value, hint) else (f"{place}: {value!r}",)
        return
    for item, inner, name in parts:
        yield from strangers(item, inner, f"{place}.{name}")


def is_simply(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    kinds = {float: (int, float), object: (type(value),)}.get(hint, get_args(hint) or (hint,))
    return type(value) in kinds
