from pysim.wording import nearest


def test_the_nearest_name_is_found_whatever_the_case() -> None:
    assert nearest("LLAMA3-405", ["llama3-70b", "llama3-405b"]) == "llama3-405b"


def test_nothing_is_near_where_nothing_is_alike() -> None:
    assert nearest("@@@", ["llama"]) is None
