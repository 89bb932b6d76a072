from pysim.wording import listed, nearest


def test_the_nearest_name_is_found_whatever_the_case() -> None:
    assert nearest("LLAMA3-405", ["llama3-70b", "llama3-405b"]) == "llama3-405b"


def test_nothing_is_near_where_nothing_is_alike() -> None:
    assert nearest("@@@", ["llama"]) is None


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [listed(["a", "b", "c"][:count], "or") for count in (1, 2, 3)] == ["a", "a or b", "a, b or c"]
