"""Leaves out of a NumPy wheel what a page cannot use.

slim_numpy.py <wheel> <output folder>
"""

# ruff: noqa: INP001 - a script

import base64
import hashlib
import re
import sys
import zipfile
from pathlib import Path

DATE = (2026, 1, 1, 0, 0, 0)
DROPPED = re.compile(
    r"""
    (^|/)tests/                             # the tests
    | ^numpy/(doc|_pyinstaller|f2py)/       # documentation, a packager's hook, a Fortran compiler's helper
    | \.(pyi|h|a|pxd|pyx|c|ini|typed)$      # for type checkers and compilers
    | ^numpy/_core/(include|lib)/           # headers and static libraries
    | (^|/)_\w*tests?\.cpython              # extensions that only tests import
    | (^|/)(_simd|lapack_lite)\.cpython     # a test's view of SIMD, and what _umath_linalg has inside already
    | \.dist-info/(RECORD|entry_points\.txt)$
    | (^|/)conftest\.py$
    """,
    re.VERBOSE,
)
LICENCE = re.compile(r"\.dist-info/licenses/|(^|/)(LICENSE|COPYING)")
STUBS = {"numpy/f2py/__init__.py": b'"""numpy.f2py is left out of this build."""\n'}  # numpy.__all__ names it


def kept(name: str) -> bool:
    """Licences stay wherever they lie."""
    return bool(LICENCE.search(name)) or not DROPPED.search(name)


def record(files: dict[str, bytes], name: str) -> bytes:
    """The wheel's list of its files."""
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{name},,\n"]).encode()


def slim(wheel: Path, folder: Path) -> Path:
    """Writes the smaller wheel under the same name."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and kept(name)]
        files = dict(sorted({**{name: archive.read(name) for name in names}, **STUBS}.items()))
        about = next(name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name)
    record_name = f"{about}/RECORD"
    files[record_name] = record(files, record_name)
    result = folder / wheel.name
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED, 9)
    return result


if __name__ == "__main__":
    print(slim(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201 - the name of the result
