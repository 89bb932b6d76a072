"""Where `data/` is found, and what its small lists hold."""

import re
from pathlib import Path
from string import Formatter

import pytest

from pysim.catalog import resources
from pysim.catalog.resources import _data_directory, read_table

RESERVED_DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606: documentation only


def data_directory_at(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "models.toml").write_text("", encoding="utf-8")
    return path


def test_tables_are_read_from_a_checkout() -> None:
    assert read_table("models")["model"]


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="'dragons'"):
        read_table("dragons")


def test_an_installed_package_holds_its_data(tmp_path: Path) -> None:
    package = tmp_path / "pysim"
    inside = data_directory_at(package / "data")
    data_directory_at(tmp_path / "data")

    assert str(_data_directory(package)) == str(inside)


def test_a_checkout_has_data_beside_the_package(tmp_path: Path) -> None:
    (tmp_path / "pysim").mkdir()
    beside = data_directory_at(tmp_path / "data")

    assert str(_data_directory(tmp_path / "pysim")) == str(beside)


def test_a_table_may_be_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    for name in ("models", "runs"):
        (tmp_path / "data" / f"{name}.json").write_text(
            '{"row": [{"sizes": [1, 2.5], "large": true}]}', encoding="utf-8"
        )
    monkeypatch.setattr(resources, "_found_directory", lambda: tmp_path / "data")

    assert read_table("runs") == {"row": [{"sizes": [1, 2.5], "large": True}]}


def test_somebody_elses_data_directory_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "pysim").mkdir()
    (tmp_path / "data").mkdir()

    with pytest.raises(FileNotFoundError, match="no data directory"):
        _data_directory(tmp_path / "pysim")


@pytest.mark.parametrize("pattern", read_table("hostnames")["patterns"])
def test_hostnames_are_documentation_names_only(pattern: str) -> None:
    host = pattern.format(node=12, rack=3, slot=4, kind="gpu")

    assert host.endswith(tuple(f".{domain}" for domain in RESERVED_DOMAINS))
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", host)


def test_every_hostname_pattern_tells_nodes_apart() -> None:
    for pattern in read_table("hostnames")["patterns"]:
        names = {field for _, field, _, _ in Formatter().parse(pattern) if field} - {"kind"}
        assert names in ({"node"}, {"rack", "slot"})


def test_run_names_are_plain_words() -> None:
    runs = read_table("runs")
    for word in runs["adjectives"] + runs["nouns"]:
        assert re.fullmatch(r"[a-z]+", word)
    assert len(set(runs["adjectives"])) * len(set(runs["nouns"])) > 500


def test_checkpoint_paths_hold_the_run() -> None:
    for path in read_table("runs")["checkpoint_paths"]:
        assert path.format(run="calm-otter-7").startswith("/")
        assert "calm-otter-7" in path.format(run="calm-otter-7")
