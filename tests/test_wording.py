from hypothesis import given
from hypothesis import strategies as st

from pysim.wording import escaped, listed, nearest, quoted


def test_what_was_typed_is_quoted_and_cut() -> None:
    assert quoted("a'b") == '"a\'b"'
    assert quoted("\x1b[2J") == r"'\x1b[2J'"
    assert escaped("a\nb") == r"a\nb"
    assert quoted("x" * 120_000) == f"'{'x' * 60}'... (120,000 characters)"
    assert escaped("x" * 61) == f"{'x' * 60}... (61 characters)"


@given(st.text())
def test_nothing_quoted_reaches_a_terminal_as_a_control(text: str) -> None:
    assert quoted(text).isprintable()
    assert escaped(text).isprintable()


def test_the_nearest_name_is_found_whatever_the_case() -> None:
    assert nearest("LLAMA3-405", ["llama3-70b", "llama3-405b"]) == "llama3-405b"


def test_nothing_is_near_where_nothing_is_alike() -> None:
    assert nearest("@@@", ["llama"]) is None


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [listed(["a", "b", "c"][:count], "or") for count in (1, 2, 3)] == ["a", "a or b", "a, b or c"]
