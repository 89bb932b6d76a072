"""A live exporter: answers on this machine alone what a run is like now, as Prometheus asks for it."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from pysim.export.metrics.sampling import Sampler
from pysim.export.metrics.series import Series, found
from pysim.story.story import Story

HOST = "127.0.0.1"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PATH = "/metrics"
_PATIENCE_SECONDS = 10  # with somebody who asks and does not go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Which moment of a run is now: it goes evenly from one to another, and stands still there."""

    since_us: int
    until_us: int
    factor: float

    def time_us(self, elapsed_seconds: float) -> int:
        """The moment, so long after the beginning."""
        return min(self.since_us + round(elapsed_seconds * self.factor * 1e6), self.until_us)


class Answers:
    """What is answered: every question looks at the run once more."""

    def __init__(self, story: Story, clock: Clock, now: Callable[[], float] = time.monotonic) -> None:
        self._sampler = Sampler(story)
        self._clock, self._now, self._began = clock, now, now()
        self._one_at_a_time = threading.Lock()

    def text(self) -> str:
        """The run as it is now."""
        with self._one_at_a_time:
            self._sampler.look(max(self._clock.time_us(self._now() - self._began), 1))
            return "".join(text for _, text in Series(self._sampler, found(self._sampler), "text").parts())


def serve(port: int, story: Story, clock: Clock, say: Callable[[str], object]) -> None:
    """Answer until the process is ended; `say` hears the address when somebody may ask.

    Raises:
        OSError: if the port is not to be had.
    """
    with _Server((HOST, port), _Handler) as server:
        server.answers = Answers(story, clock)
        say(f"http://{HOST}:{server.server_address[1]}{_PATH}")
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would rob who is there already of its port
    answers: Answers


class _Handler(BaseHTTPRequestHandler):
    timeout: ClassVar[int] = _PATIENCE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        """The metrics, or where they are."""
        if self.path.partition("?")[0] != _PATH:
            self.send_error(404, "not here", f"The metrics are at {_PATH}.")
            return
        body = self.server.answers.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Nobody reads a log of who asked."""
