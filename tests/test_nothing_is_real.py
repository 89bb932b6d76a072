"""Nothing is real: a whole run is played and told with every way out of the process closed."""

import builtins
import io
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest
from plans import TINY

from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.player import Player
from pysim.show.transcript import transcript
from pysim.terminal.screen import Screen
from pysim.views.jsonlines import json_line

FRAME_SECONDS = 0.25
WAYS_OUT: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (socket, ("socket", "create_connection", "getaddrinfo")),
    (subprocess, ("Popen", "run")),
    (os, ("system", "fork", "execv", "mkdir", "remove", "rename", "urandom", "write")),
    (threading.Thread, ("start",)),
    (time, ("time", "monotonic", "perf_counter", "sleep")),
    (random, ("random", "seed", "getrandbits")),
    (builtins, ("print", "input")),
)


def closed(name: str) -> Callable[..., NoReturn]:
    def refuse(*_args: object, **_options: object) -> NoReturn:
        message = f"the simulation reached for {name}"
        raise AssertionError(message)

    return refuse


def reading_only(real: Callable[..., Any]) -> Callable[..., Any]:
    """`open` that refuses to write: catalog tables may still be read."""

    def guarded(file: object, mode: str = "r", *args: Any, **options: Any) -> Any:
        if set(mode) & set("wax+"):
            closed(f"{file} for writing")()
        return real(file, mode, *args, **options)

    return guarded


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process without clock, chance, network, children, threads, output and writing. The doors open again at once."""
    with monkeypatch.context() as patch:
        for owner, names in WAYS_OUT:
            for name in names:
                patch.setattr(owner, name, closed(name))
        patch.setattr(builtins, "open", reading_only(builtins.open))
        patch.setattr(io, "open", reading_only(io.open))
        yield


@pytest.mark.usefixtures("sealed")
@pytest.mark.requirement("TECH-01", "TECH-03")
def test_a_whole_run_is_played_in_a_sealed_process() -> None:
    run, sink = simulate(TINY), StringIO()
    player = Player(PretrainingStory(run), Screen(100, 30))
    while not player.ended:
        sink.write(player.advance(FRAME_SECONDS))
    sink.write(player.finish())
    assert f"run {TINY.name} complete" in sink.getvalue()


@pytest.mark.usefixtures("sealed")
def test_a_whole_run_is_told_in_a_sealed_process() -> None:
    run = simulate(TINY)
    assert sum(1 for _ in transcript(PretrainingStory(run), Screen(100, 30))) > TINY.total_steps
    assert sum(1 for event in narrate(run) if json_line(event)) > TINY.total_steps


@pytest.mark.usefixtures("sealed")
def test_the_seal_holds() -> None:
    with pytest.raises(AssertionError, match="reached for time"):
        time.time()
    with pytest.raises(AssertionError, match="reached for socket"):
        socket.socket()
    with pytest.raises(AssertionError, match="for writing"):
        Path("x").write_text("y")


def test_no_path_of_the_story_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert any(
        "saving checkpoint to /" in line
        for line in transcript(PretrainingStory(simulate(TINY)), Screen(200, 60, color=False))
    )
    assert list(tmp_path.iterdir()) == []
