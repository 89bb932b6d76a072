"""Debian's Prometheus, if it is installed (`.ci/system-packages metrics`): its tool, and a server on the loopback to ask."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

TOOL, SERVER = "promtool", "prometheus"
_ASKING_SECONDS = 20
_LISTENS, _READY = re.compile(r'msg="Listening on" address=(\S+)'), "Server is ready to receive web requests"

is_there = pytest.mark.skipif(
    not (shutil.which(TOOL) and shutil.which(SERVER)),
    reason="Prometheus is not installed: sh .ci/system-packages metrics",
)


def complaints(text: str) -> set[str]:
    """What its tool has against metrics as they are scraped."""
    done = subprocess.run([TOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode in (0, 3), done.stderr  # 3: it has complaints
    return set(done.stderr.splitlines())


def make_blocks(file: Path, folder: Path) -> int:
    """Blocks of a database from an OpenMetrics file; how many."""
    subprocess.run(  # noqa: S603 - our own words
        [TOOL, "tsdb", "create-blocks-from", "openmetrics", file, folder], check=True, capture_output=True, text=True
    )
    return len([each for each in folder.iterdir() if len(each.name) == len("01M8E0NW7H7T23P53QSB6NHJ59")])


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that runs."""

    address: str

    def api(self, path: str, **asked: str) -> Any:
        """What it answers."""
        with urlopen(f"http://{self.address}/api/v1/{path}?{urlencode(asked)}", timeout=_ASKING_SECONDS) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str, time: float | None = None) -> list[tuple[dict[str, str], float]]:
        """Labels and value of all that an expression gives."""
        found = self.api("query", query=expression, **({} if time is None else {"time": str(time)}))
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    def value(self, expression: str, time: float | None = None) -> float:
        """The only value of an expression."""
        [(_, value)] = self.query(expression, time)
        return value


@contextmanager
def prometheus(folder: Path, configuration: str = "{}") -> Iterator[Prometheus]:
    """A server over a folder of blocks, on a free port; it is there when it says so."""
    settings = folder.with_suffix(".yml")
    settings.write_text(configuration, encoding="utf-8")
    command = [
        *(SERVER, f"--config.file={settings}", f"--storage.tsdb.path={folder}", "--web.listen-address=127.0.0.1:0"),
        *("--storage.tsdb.retention.time=100y", "--log.level=info"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        assert process.stderr is not None
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                if _READY in line:
                    break
            else:
                pytest.fail("".join(said))
            [address] = (found[1] for found in map(_LISTENS.search, said) if found)
            yield Prometheus(address)
        finally:
            process.terminate()
            process.stderr.read()
