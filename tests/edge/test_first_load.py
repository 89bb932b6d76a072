"""What the page loads first is enough for a first frame: it needs nothing of what comes later (`web/build/later.mjs`)."""

# ruff: noqa: S603 - an interpreter that has imported nothing yet

import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PATTERNS = re.findall(r"^  /(.+?)/,", (CHECKOUT / "web/build/later.mjs").read_text("utf-8"), re.MULTILINE)
PLAY = """
import sys
from importlib.abc import MetaPathFinder


class Later(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in LATER:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return None


sys.meta_path.insert(0, Later())
from pysim.edge import browser

for query in ("", "?preset=night-shift&from=50%25", "?preset=llama3-405b&from=40%25"):
    session = browser.open_show(query, 120, 40)
    assert session.frame(0.5) and session.problems == "[]"
    try:
        session.command("view", "")
    except ModuleNotFoundError as error:  # the page fetches what is missing and asks again
        assert "dashboard" in str(error)
    else:
        raise AssertionError("the dashboard does not come later")
    for command in (("seek-fraction", "0.6"), ("inject", "gpu-error"), ("chapter", "1")):
        session.command(*command)
    assert session.frame(0.5)
    session.state(), session.story(50), session.news(), session.possible("gpu")
"""


def later() -> set[str]:
    """The modules that come later."""
    files = [path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "pysim").rglob("*.py")]
    late = [name for name in files if any(re.search(pattern.replace("\\/", "/"), name) for pattern in PATTERNS)]
    return {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in late}


def test_a_show_opens_without_what_comes_later() -> None:
    modules = later()
    assert modules >= {"pysim.show.cast", "pysim.views.jsonlines"}
    told = subprocess.run(
        [sys.executable, "-c", f"LATER = {modules!r}\n{PLAY}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert told.returncode == 0, told.stderr
