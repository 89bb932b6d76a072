"""Where an export goes: whole or not there, and nothing of anybody else's touched."""

import json
import os
from pathlib import Path

import pytest

from pysim.export.format import Format
from pysim.export.target import MARKER, NotOursError, Target

FILE = Format(name="notes", summary="", module="none", exporter="None", mark=b"ours,")
FOLDER = Format(name="notes", summary="", module="none", exporter="None", shape="folder")
MANY = Format(name="notes", summary="", module="none", exporter="None", shape="folder", is_partitioned=True)
FACTS = {"run_id": "r1", "seed": 1}
NO_PROCESS = 2**22 + 1  # above what Linux gives


def _write(path: Path, made_as: Format = FILE, text: str = "ours,1\n", *, may_overwrite: bool = False) -> Target:
    target = Target(str(path), made_as, FACTS)
    target.check(may_overwrite=may_overwrite)
    with target.opened() as out:
        if isinstance(out, Path):
            (out / "deep").mkdir()
            (out / "deep" / "notes").write_text(text, encoding="utf-8")
        else:
            out.write(text.encode())
    return target


def _fail(target: Target, raised: type[BaseException]) -> None:
    with target.opened() as out:
        if isinstance(out, Path):
            (out / "half").write_text("half", encoding="utf-8")
        else:
            out.write(b"half")
        raise raised


def _names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    target = Target(str(tmp_path / "x.csv"), FILE, FACTS)
    with target.opened() as out:
        assert not isinstance(out, Path)
        out.write(b"ours,1\n")
        assert not (tmp_path / "x.csv").exists()
    assert _names(tmp_path) == {"x.csv"}
    assert not target.is_done


@pytest.mark.parametrize("made_as", [FILE, FOLDER, MANY])
@pytest.mark.parametrize("raised", [OSError, KeyboardInterrupt])
def test_nothing_is_left_of_what_fails(tmp_path: Path, made_as: Format, raised: type[BaseException]) -> None:
    with pytest.raises(raised):
        _fail(Target(str(tmp_path / "x"), made_as, FACTS), raised)
    assert _names(tmp_path) == set()


def test_ours_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    for made_as, name in ((FILE, "x.csv"), (FOLDER, "x")):
        _write(tmp_path / name, made_as)
        with pytest.raises(NotOursError, match="--overwrite replaces it"):
            _write(tmp_path / name, made_as)
        _write(tmp_path / name, made_as, "ours,2\n", may_overwrite=True)
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == "ours,2\n"
    assert (tmp_path / "x" / "deep" / "notes").read_text(encoding="utf-8") == "ours,2\n"
    assert _names(tmp_path) == {"x.csv", "x"}


def test_what_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "theirs.csv").write_text("theirs", encoding="utf-8")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "kept").write_text("kept", encoding="utf-8")
    for made_as, name in ((FILE, "theirs.csv"), (FILE, "theirs"), (FOLDER, "theirs"), (FOLDER, "theirs.csv")):
        with pytest.raises(NotOursError, match="choose another place"):
            _write(tmp_path / name, made_as, may_overwrite=True)
    with pytest.raises(NotOursError, match="there is kept in it"):
        _write(tmp_path / "theirs", MANY, may_overwrite=True)
    with pytest.raises(NotADirectoryError):
        _write(tmp_path / "theirs.csv", MANY, may_overwrite=True)
    assert (tmp_path / "theirs.csv").read_text(encoding="utf-8") == "theirs"


def test_a_folder_of_another_format_is_not_ours(tmp_path: Path) -> None:
    _write(tmp_path / "x", FOLDER)
    other = Format(name="other", summary="", module="none", exporter="None", shape="folder")
    with pytest.raises(NotOursError):
        _write(tmp_path / "x", other, may_overwrite=True)


def test_a_folder_says_what_it_is(tmp_path: Path) -> None:
    target = _write(tmp_path / "x", FOLDER)
    assert target.is_done
    assert json.loads((tmp_path / "x" / MARKER).read_text(encoding="utf-8")) == {"format": "notes", **FACTS}
    assert not Target(str(tmp_path / "x"), FOLDER, FACTS | {"seed": 2}).is_done
    (tmp_path / "x" / MARKER).write_text("[]", encoding="utf-8")
    assert not target.is_done


def test_many_runs_share_a_folder(tmp_path: Path) -> None:
    _write(tmp_path / "x", MANY)
    again = Target(str(tmp_path / "x"), MANY, FACTS | {"run_id": "r2"})
    again.check(may_overwrite=False)
    with again.opened():
        pass
    assert _names(tmp_path / "x") == {"run=r1", "run=r2"}


def test_what_killed_exports_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / f".x.{NO_PROCESS}.part").write_text("half", encoding="utf-8")
    (tmp_path / f".x.{os.getppid()}.part").write_text("somebody works on it", encoding="utf-8")
    (tmp_path / f".x.y.{NO_PROCESS}.part").write_text("of another place", encoding="utf-8")
    (tmp_path / ".x.notes").write_text("not ours", encoding="utf-8")
    _write(tmp_path / "x")
    assert _names(tmp_path) == {"x", f".x.{os.getppid()}.part", f".x.y.{NO_PROCESS}.part", ".x.notes"}


def test_a_folder_comes_back_whose_replacement_was_killed(tmp_path: Path) -> None:
    _write(tmp_path / "[x]", FOLDER)
    (tmp_path / "[x]").rename(tmp_path / f".[x].{NO_PROCESS}.old")
    with pytest.raises(OSError, match="gone"), Target(str(tmp_path / "[x]"), FOLDER, FACTS).opened():
        raise OSError("gone")  # noqa: EM101
    assert _names(tmp_path) == {"[x]"}


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "there" / "y")
    _write(tmp_path / "x")
    assert (tmp_path / "x").is_symlink()
    assert _names(tmp_path / "there") == {"y"}


def test_a_device_is_written_to_as_it_is(tmp_path: Path) -> None:
    _write(Path(os.devnull))
    with pytest.raises(OSError, match="No space left"):
        _write(Path("/dev/full"))
    (tmp_path / "x").write_text("ours,", encoding="utf-8")


def test_where_no_folder_is_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No such file or directory"):
        _write(tmp_path / "none" / "x")
    assert _names(tmp_path) == set()
