"""Exports to trackers, made and read by processes of their own, because the libraries warn, listen and log when they are imported.

python -m tracked write FOLDER FORMAT:VIEW...      each in FOLDER/FORMAT-VIEW, with no way to the network
python -m tracked write+READER FOLDER FORMAT:VIEW  the same, and what a library reads there: where importing it is most of the work
python -m tracked READER FOLDER...                 what a library reads there, as JSON
"""

import gzip
import json
import os
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pysim.edge.cli import main
from pysim.edge.playlist import stories
from pysim.options.commandline import parse
from pysim.story import events as ev
from pysim.story.story import Story

RUN = ("--preset", "gpt2-124m", "--tokens", "200M", "--incidents", "off", "--inject", "gpu-off-bus@step:290")
"""381 steps on one machine; in the 290th, an accelerator is gone, and the job goes on after 200."""
CANARY = "canary"  # what machines, people and folders are called here, and what no export may have
_ROOT = Path(__file__).parent.parent


@cache
def story() -> Story:
    """The run that is exported."""
    return next(stories(parse(list(RUN)), 0))


@cache
def steps() -> tuple[ev.StepCompleted, ...]:
    """Each step as it was done."""
    return tuple(event for event in story().narrate() if isinstance(event, ev.StepCompleted))


@cache
def attempts() -> tuple[tuple[ev.StepCompleted, ...], tuple[ev.StepCompleted, ...]]:
    """Those before the job went down, and those after it."""
    last = next(place for place, step in enumerate(steps()) if steps()[place + 1].step <= step.step) + 1
    return steps()[:last], steps()[last:]


def validations() -> tuple[ev.ValidationCompleted, ...]:
    """Each as it was done."""
    return tuple(event for event in story().narrate() if isinstance(event, ev.ValidationCompleted))


def moment(time_seconds: float) -> float:
    """A moment of the run in Unix seconds."""
    return story().header.start_time + time_seconds


def written(folder: Path, *exports: str, run: Sequence[str] = RUN) -> Path:
    """The folder that the exports are in; the process that makes them is on a machine with strange names."""
    _strangely("write", folder, *exports, *run)
    return folder


def written_and_read(folder: Path, export: str) -> Any:
    """What its own library finds in an export to that folder, in the same process."""
    return json.loads(_strangely(f"write+{export.partition(':')[0]}", folder, export, *RUN))


def _strangely(what: str, folder: Path, *words: str) -> str:
    home = folder / f"home-of-{CANARY}"
    home.mkdir(parents=True)
    names = {"HOME": str(home), "USER": f"{CANARY}-user", "LOGNAME": f"{CANARY}-user", "HOSTNAME": f"{CANARY}-host"}
    said = _process([what, str(folder), *words], home, {**names, "WANDB_DIR": str(home)})
    assert list(home.rglob("*")) == []
    return said


def without_space(folder: Path, export: str, limit_bytes: int) -> str:
    """What is said of an export whose files cannot grow beyond so many bytes, and of which nothing is left."""
    name, _, view = export.partition(":")
    script = (
        "import resource, signal, sys; from pysim.edge.cli import main; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes})); sys.exit(main(sys.argv[1:]))"
    )
    words = ["export", "--to", name, str(folder / "x"), *(["--view", view] if view else []), *RUN]
    done = subprocess.run(  # noqa: S603 - of this project
        [sys.executable, "-B", "-c", script, *words],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert list(folder.iterdir()) == []
    return done.stderr


def read(reader: str, *folders: Path) -> Any:
    """What a reader of this module finds in folders."""
    return json.loads(_process([reader, *map(str, folders)], folders[0], {}))


def _process(words: Sequence[str], place: Path, names: Mapping[str, str]) -> str:
    quiet = {"WANDB_ERROR_REPORTING": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "HF_HUB_OFFLINE": "1"}
    path = os.pathsep.join((str(_ROOT), str(_ROOT / "tests")))
    environment = {**os.environ, **quiet, **names, "PYTHONPATH": path}
    done = subprocess.run(  # noqa: S603 - of this module
        [sys.executable, "-m", "tracked", *words],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_wandb(folder: Path) -> list[dict[str, Any]]:
    """For each run, by wandb-core, as `wandb leet inspect` calls it: its records, and what it says of it in short."""
    spec = find_spec("wandb")
    assert spec
    assert spec.origin
    core = str(Path(spec.origin).parent / "bin" / "wandb-core")
    found = []
    for path in sorted(folder.rglob("*.wandb")):
        command = [core, "leet", "inspect", "--no-observability", "--json", "--run-file", str(path)]
        records = [json.loads(line) for line in _said(*command, str(path.parent)).splitlines()]
        short = json.loads(_said(*command, "--summary", str(path.parent)))
        found.append({"path": str(path), "records": records, "short": short})
    return found


def synced(folder: Path, home: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows by run that `wandb sync` sends to a server, which is a stranger's that says yes to all."""
    received: dict[str, list[dict[str, Any]]] = {}

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self._body() or b"{}")
            if self.path.endswith("/file_stream"):
                lines = asked.get("files", {}).get("wandb-history.jsonl", {}).get("content", ())
                received.setdefault(self.path.split("/")[-2], []).extend(json.loads(line) for line in lines)
            answer = json.dumps({"data": _agreed(asked)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _body(self) -> bytes:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        account = {"WANDB_BASE_URL": f"http://127.0.0.1:{server.server_port}", "WANDB_API_KEY": "0" * 40}
        quiet = {"WANDB_ERROR_REPORTING": "false", "HOME": str(home), "NO_PROXY": "127.0.0.1"}
        runs = [str(path) for path in sorted(folder.iterdir()) if path.is_dir()]
        subprocess.run(  # noqa: S603 - that was just made
            [str(Path(sys.executable).with_name("wandb")), "sync", *runs],
            env={**os.environ, **account, **quiet},
            cwd=home,
            capture_output=True,
            check=True,
            timeout=300,
        )
        server.shutdown()
    return received


def _agreed(asked: Mapping[str, Any]) -> object:
    """What W&B's own server says to who creates a run or wants to upload files."""
    query, given = asked.get("query", ""), asked.get("variables", {})
    if "createRunFiles" in query:
        return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": []}}
    if "upsertBucket" not in query:
        return {}
    project = {"id": "1", "name": given["project"], "entity": {"id": "1", "name": "nobody"}}
    names = {"name": given["name"], "displayName": given.get("displayName"), "description": "", "config": "{}"}
    bucket = {"id": "1", **names, "sweepName": None, "historyLineCount": 0, "project": project}
    return {"upsertBucket": {"bucket": bucket, "inserted": True}}


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - that was just made


# In those processes


def _write(folder: str, *words: str) -> list[str]:
    """The folders of the exports."""
    first_option = next(place for place, word in enumerate(words) if word.startswith("-"))
    _be_alone()
    made = []
    for each in words[:first_option]:
        name, _, view = each.partition(":")
        asked = ["--view", view] if view and name != "trainer" else []
        made.append(f"{folder}/{name}-{view}")
        assert main(["export", "--to", name, made[-1], *asked, *words[first_option:]]) == 0
    return made


def _be_alone() -> None:
    """Without a network, on a machine whose names are known."""

    def refuse(*_: object) -> None:
        message = "an export asks for the network"
        raise AssertionError(message)

    for call in ("connect", "connect_ex", "bind"):
        setattr(socket.socket, call, refuse)
    socket.getaddrinfo = refuse  # type: ignore[assignment]
    socket.gethostname = lambda: f"{CANARY}-host"
    platform.node = lambda: f"{CANARY}-host"


def _read_tensorboard(*folders: str) -> object:
    """For each event file, by TensorBoard's own reader: where, its scalars, its texts, its pages."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415 - see the top
    from tensorboard.plugins.custom_scalar.layout_pb2 import Layout  # noqa: PLC0415
    from tensorboard.plugins.hparams import metadata  # noqa: PLC0415

    files = sorted(path for folder in folders for path in Path(folder).rglob("events.*"))
    found = []
    for path in files:
        events = EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0}).Reload()
        tags = events.Tags()
        texts = {}
        for tag in tags["tensors"]:
            if events.SummaryMetadata(tag).plugin_data.plugin_name == "text":
                texts[tag] = events.Tensors(tag)[0].tensor_proto.string_val[0].decode()
        pages: dict[str, object] = {}
        if "custom_scalars__config__" in tags["tensors"]:
            packed = events.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0]
            layout = Layout.FromString(packed)
            pages["charts"] = {
                chart.title: list(chart.multiline.tag) for category in layout.category for chart in category.chart
            }
        for tag, content in _contents(events, "hparams").items():
            if tag == metadata.SESSION_START_INFO_TAG:
                start = metadata.parse_session_start_info_plugin_data(content)
                pages["hparams"] = {
                    name: value.number_value or value.string_value or value.bool_value
                    for name, value in start.hparams.items()
                }
            if tag == metadata.SESSION_END_INFO_TAG:
                pages["status"] = metadata.parse_session_end_info_plugin_data(content).status
        scalars = {
            tag: [(each.step, each.wall_time, each.value) for each in events.Scalars(tag)] for tag in tags["scalars"]
        }
        found.append({"path": str(path), "scalars": scalars, "texts": texts, "pages": pages})
    return found


def _contents(events: Any, plugin: str) -> Mapping[str, bytes]:
    try:
        contents: Mapping[str, bytes] = events.PluginTagToContent(plugin)
    except KeyError:
        return {}
    return contents


def _read_mlflow(*folders: str) -> object:
    """For each run, by MLflow's own client."""
    from mlflow import MlflowClient  # noqa: PLC0415 - see the top

    found = []
    for folder in folders:
        client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
        for experiment in client.search_experiments():
            for run in client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]):
                history = {
                    key: [
                        (each.step, each.timestamp, each.value)
                        for each in client.get_metric_history(run.info.run_id, key)
                    ]
                    for key in run.data.metrics
                }
                about = {**dict(run.info), "experiment": experiment.name}
                found.append({**run.data.to_dictionary(), "info": about, "history": history})
    return found


def _read_trainer(*folders: str) -> object:
    """By transformers: each state, the configuration beside it, and the names of its arguments."""
    from dataclasses import asdict, fields  # noqa: PLC0415

    from transformers import AutoConfig, TrainingArguments  # noqa: PLC0415 - see the top
    from transformers.trainer_callback import TrainerState  # noqa: PLC0415

    found: dict[str, object] = {"arguments": [each.name for each in fields(TrainingArguments)]}
    for path in sorted(path for folder in folders for path in Path(folder).rglob("trainer_state.json")):
        state = TrainerState.load_from_json(str(path))
        with NamedTemporaryFile() as again:
            state.save_to_json(again.name)
            is_same = Path(again.name).read_bytes() == path.read_bytes()
        config = AutoConfig.from_pretrained(path.parent).to_dict() if (path.parent / "config.json").exists() else None
        found[path.parent.name] = {"state": asdict(state), "config": config, "is_same": is_same}
    return found


_READERS: Mapping[str, Callable[..., object]] = {
    "tensorboard": _read_tensorboard,
    "mlflow": _read_mlflow,
    "trainer": _read_trainer,
}

if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    reader = what.removeprefix("write").removeprefix("+")
    folders = _write(*rest) if what.startswith("write") else rest
    if reader:
        print(json.dumps(_READERS[reader](*folders)))  # noqa: T201 - the answer
