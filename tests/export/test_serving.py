"""A live exporter: Prometheus scrapes the real program, and finds what it answers; ports that are not to be had are one line."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus import is_there, prometheus
from prometheus_client.parser import text_string_to_metric_families

from pysim.edge.cli import main
from pysim.edge.serving import CONTENT_TYPE

RUN = ("--preset", "llama3-8b", "--gpus", "16", "--from", "step:100", "--speed-factor", "120")
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "prometheus" / "prometheus.yml"
_PATIENCE_SECONDS = 60


@contextmanager
def served(*words: str) -> Iterator[str]:
    """The address at which the program answers."""
    command = [sys.executable, "-m", "pysim", "export", "--to", "openmetrics", "--serve", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            address = re.fullmatch(r"pysim: serving (http://127\.0\.0\.1:\d+/metrics)\n", said)
            assert address, said
            yield address[1]
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
    assert (rest, process.returncode) == ("", 128 + signal.SIGTERM)


def asked(address: str) -> dict[tuple[str, str], float]:
    """Its answer: values by name and host."""
    with urlopen(address, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - our own server
        assert answer.headers["Content-Type"] == CONTENT_TYPE
        families = text_string_to_metric_families(answer.read().decode())
    return {(each.name, each.labels.get("Hostname", "")): each.value for family in families for each in family.samples}


@is_there
def test_prometheus_scrapes_the_present_moment(tmp_path: Path) -> None:
    """With the configuration that the documentation shows, but for the port and the patience."""
    with served(*RUN) as address:
        target = address.removeprefix("http://").removesuffix("/metrics")
        settings = EXAMPLE.read_text(encoding="utf-8").replace("127.0.0.1:9400", target)
        with prometheus(
            tmp_path / "blocks", settings.replace("scrape_interval: 15s", "scrape_interval: 500ms")
        ) as server:
            first, deadline = asked(address), time.monotonic() + _PATIENCE_SECONDS
            while not (told := server.query("training_step > 0")) and time.monotonic() < deadline:
                pass
            last = asked(address)
            [(labels, step)] = told
            assert first["training_step", ""] <= step <= last["training_step", ""]
            assert labels["job"] == "pysim"
            assert server.value("up") == 1
            nodes = {host for name, host in last if name == "node_time_seconds"}
            instances = {labels["instance"] for labels, _ in server.query("DCGM_FI_DEV_GPU_TEMP")}
            assert instances == nodes  # by which the dashboard tells nodes apart
            assert server.value("count(DCGM_FI_DEV_POWER_USAGE > 300)") == 16


def test_other_paths_say_where_it_is() -> None:
    with served(*RUN) as address, pytest.raises(HTTPError, match="404") as refused:
        urlopen(address.replace("/metrics", "/"), timeout=_PATIENCE_SECONDS)  # noqa: S310 - our own server
    assert b"The metrics are at /metrics." in refused.value.read()


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["export", "--to", "openmetrics", "--serve", str(port), "--preset", "gpt2-124m"]) == 1
    assert capsys.readouterr().err == f"pysim: cannot serve on 127.0.0.1:{port}: Address already in use\n"


def test_a_port_that_is_not_allowed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socketserver.TCPServer.server_bind", refused)  # who runs the tests may be allowed to
    assert main(["export", "--to", "openmetrics", "--serve", "80", "--preset", "gpt2-124m"]) == 1
    assert capsys.readouterr().err == "pysim: cannot serve on 127.0.0.1:80: Permission denied\n"
