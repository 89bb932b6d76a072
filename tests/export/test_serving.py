"""A live exporter: Prometheus scrapes the real program, and finds what it answers; ports that are not to be had are one line."""

import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the program answers, which says nothing else until it is ended."""
    command = [sys.executable, "-m", "pysim", "export", "--to", "openmetrics", "--serve", "0", *RUN]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            found = re.fullmatch(r"pysim: serving (http://127\.0\.0\.1:\d+/metrics)\n", said)
            assert found, said
            yield found[1]
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
def test_prometheus_scrapes_the_present_moment(address: str, tmp_path: Path) -> None:
    """With the configuration that the documentation shows, but for the port and the patience."""
    target = address.removeprefix("http://").removesuffix("/metrics")
    settings = EXAMPLE.read_text(encoding="utf-8").replace("127.0.0.1:9400", target)
    with prometheus(tmp_path / "blocks", settings.replace("scrape_interval: 15s", "scrape_interval: 500ms")) as server:
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


def test_other_paths_say_where_it_is(address: str) -> None:
    with pytest.raises(HTTPError, match="404") as refused:
        urlopen(address.replace("/metrics", "/"), timeout=_PATIENCE_SECONDS)  # noqa: S310 - our own server
    assert b"The metrics are at /metrics." in refused.value.read()


def test_who_goes_before_the_answer_is_there_is_nobodys_fault(address: str) -> None:
    """What a server that is stopped while it scrapes does; the program says nothing of it."""
    host, _, port = address.removeprefix("http://").removesuffix("/metrics").partition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
            asking.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    assert asked(address)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who listens where")
def test_it_listens_on_this_machine_alone(address: str) -> None:
    port = int(address.removesuffix("/metrics").rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    places = {
        fields[1].partition(":")[0]
        for fields in map(str.split, listening)
        if fields[3] == "0A" and int(fields[1].partition(":")[2], 16) == port
    }
    assert places == {"0100007F"}


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
