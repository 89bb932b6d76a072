import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import stories

from pysim.export.corpus.lines import FILLED, lines
from pysim.export.corpus.made import Made, Piece, filled, formatted, joined, literal, parts, shown
from pysim.export.corpus.marking import marked_view
from pysim.export.corpus.roles import troubles
from pysim.pretraining.story import PretrainingStory
from pysim.story.story import WHOLE
from pysim.terminal.screen import PAGE
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import cadence, why_not

TEXTS = st.text(st.sampled_from("ab ,.\n0{"), max_size=6)
MADE = st.lists(st.builds(Piece, TEXTS, st.sampled_from([None, "x", "y"])), max_size=5).map(Made)


@pytest.fixture(scope="module")
def troubled() -> list[PretrainingStory]:
    return list(stories())


def test_every_dialect_is_told_by_some_story(troubled: list[PretrainingStory]) -> None:
    able = {name for name, dialect in DIALECTS.items() for story in troubled if why_not(dialect, story.header) is None}
    assert able == DIALECTS.keys()


@pytest.mark.parametrize("name", DIALECTS)
def test_marked_views_write_what_views_write(name: str, troubled: list[PretrainingStory]) -> None:
    dialect = DIALECTS[name]
    for story in troubled:
        if why_not(dialect, story.header):
            continue
        plain, marked = dialect(story.header, PAGE), marked_view(dialect, story.header, PAGE)
        for event in story.narrate(0, None, *cadence(dialect)):
            written = list(marked.lines(event))
            assert [str(line) for line in written] == list(plain.lines(event))
            assert all(isinstance(line, Made) for line in written)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_template_with_its_parameters_is_the_line(name: str, troubled: list[PretrainingStory]) -> None:
    dialect = DIALECTS[name]
    for story in troubled:
        if why_not(dialect, story.header):
            continue
        for line in lines(story, dialect, WHOLE, troubles(story), None):
            assert line.template.text.count(FILLED) == len(line.parameters) == len(line.template.names)
            rest = list(line.parameters)
            assert "".join(part if part != FILLED else rest.pop(0) for part in cut(line.template.text)) == line.text
            assert line.template.names == ("time",) or line.template.text.strip() != FILLED or " " not in line.text, (
                line
            )


def cut(template: str) -> list[str]:
    pieces = [piece for part in template.split(FILLED) for piece in (part, FILLED)]
    return pieces[:-1]


@given(MADE, MADE, TEXTS, st.integers(-7, 7), st.integers(-7, 7))
def test_what_is_made_is_a_string(made: Made, other: Made, text: str, begin: int, end: int) -> None:
    plain = str(made)
    assert made == plain
    assert hash(made) == hash(plain)
    assert made[begin:end] == plain[begin:end]
    assert made + text == plain + text
    assert text + made == text + plain
    assert made * 3 == plain * 3
    assert made.strip() == plain.strip()
    assert made.split() == plain.split()
    assert made.split("\n") == plain.split("\n")
    assert made.partition(",") == plain.partition(",")
    assert made.rpartition(",") == plain.rpartition(",")
    assert made.removeprefix("a") == plain.removeprefix("a")
    assert made.removesuffix("a") == plain.removesuffix("a")
    assert made.join([other, text, other]) == plain.join([str(other), text, str(other)])
    assert made.replace("a", "bb") == plain.replace("a", "bb")
    assert "".join(piece.text for piece in made[begin:end].pieces) == plain[begin:end]
    assert "".join(map(str, made)) == plain


@given(MADE, st.sampled_from(["", "<9", ">9", "^9", ".2"]))
def test_a_field_is_formatted_as_ever(made: Made, spec: str) -> None:
    assert Made(filled(made, "", spec, "x")) == format(str(made), spec)
    assert shown({"k": [made, 1]}) == str({"k": [str(made), 1]})
    assert Made(filled(made, "r", "", "x")) == repr(str(made))


def test_what_the_program_writes_is_no_parameter() -> None:
    line = joined("step ", (literal("one") + "2", "", ">6", "step"), ": ", (3.14159, "", ".2f", "loss"))
    assert line == "step   one2: 3.14"
    assert [piece.text for piece in parts(line) if piece.name is not None] == ["2", "3.14"]


def test_items_that_are_made_alike_are_one_list() -> None:
    alike = literal(", ").join([joined(("1", "", "", "x")), joined(("2", "", "", "x"))])
    named = literal(", ").join([joined("a=", ("1", "", "", "x")), joined("b=", ("2", "", "", "x"))])
    assert [piece.text for piece in parts(alike)] == ["1, 2"]
    assert [piece.text for piece in parts(named)] == ["a=", "1", ", b=", "2"]


def test_parts_of_a_time_are_one_time() -> None:
    line = joined("[", ("09:00:00", "", "", "second"), ",", (12, "", "03d", "us // 1000"), "]")
    assert parts(line) == [Piece("["), Piece("09:00:00,012", "time"), Piece("]")]
    assert formatted("{} of {n}", {"0": 1, "n": 2}).pieces == (Piece("1", "0"), Piece(" of "), Piece("2", "n"))


def test_printf_keeps_what_was_filled_in_apart() -> None:
    made = literal("[%s,%03d] step: %2d  mfu: %.*f%%%s") % ("2026-01-05 09:00:00", 7, 3, 1, 41.25, " (all)")
    assert made == "[2026-01-05 09:00:00,007] step:  3  mfu: 41.2% (all)"
    assert [(piece.text, piece.name) for piece in parts(made)] == [
        ("[", None),
        ("2026-01-05 09:00:00,007", "time"),
        ("] step: ", None),
        (" 3", "step"),
        ("  mfu: ", None),
        ("41.2", "mfu"),
        ("%", None),
        (" (all)", ""),
    ]
