"""Workers: processes of this machine, or a cluster that Dask's scheduler at some address has."""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

WAVE = 10_000  # pieces of work that a scheduler is given at a time
SETTINGS = {
    "distributed.scheduler.allowed-failures": 20,  # deaths of workers under one piece of work, before it is held to be its fault
    "distributed.worker.profile.enabled": False,  # keeps where it was in each of a thousand seconds, which no run asks for
}
"""Of Dask, for workers of this machine."""
_ANSWER_SECONDS = 20  # that a scheduler has

Piece = TypeVar("Piece")
Client = Any  # of a library that is imported where it is needed


class NoSchedulerError(Exception):
    """A scheduler that does not answer."""


@contextlib.contextmanager
def client_of(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of one of this process with so many workers: one for each core where none is said.

    Raises:
        NoSchedulerError: if nobody answers.
    """
    import dask  # noqa: PLC0415 - an extra
    from distributed import Client, LocalCluster  # noqa: PLC0415 - likewise

    timeout = {"distributed.comm.timeouts.connect": f"{_ANSWER_SECONDS}s"}
    with dask.config.set({**SETTINGS, **timeout}):
        if scheduler is not None:
            with _connected(scheduler) as client:
                yield client
            return
        is_alone = workers == 1
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=not is_alone,
                silence_logs=logging.CRITICAL,
                dashboard_address="127.0.0.1:0",  # any port: others may have the usual one
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


def has_dashboard() -> bool:
    """Whether a scheduler of this process shows one: that needs another library."""
    return find_spec("bokeh") is not None


@contextlib.contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    from distributed import Client  # noqa: PLC0415 - see above

    try:
        client = Client(scheduler, timeout=_ANSWER_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        message = f"--scheduler: {scheduler} does not answer ({error})"
        raise NoSchedulerError(message) from error
    with client:
        yield client


def work(client: Client, do: Callable[..., Any], pieces: Sequence[Piece], *, shows: bool, **given: object) -> list[Any]:
    """Do something with each of some pieces and what all are given; what came of it, in their order. The first that fails ends all.

    A scheduler keeps something of all that it is given, so it gets them in waves.
    """
    done: list[Any] = []
    for first in range(0, len(pieces), WAVE):
        wave = pieces[first : first + WAVE]
        futures = client.map(do, wave, pure=False, **given)
        if shows:
            _draw_bar(futures)
        done += _gathered(client, futures)
    return done


def _draw_bar(futures: Sequence[Any]) -> None:
    """Dask's own, until all is done."""
    from distributed import progress  # noqa: PLC0415 - see above

    with contextlib.redirect_stdout(sys.stderr):
        progress(futures, notebook=False)
        sys.stderr.write("\n")


def _gathered(client: Client, futures: Sequence[Any]) -> list[Any]:
    from distributed import as_completed  # noqa: PLC0415 - see above

    try:
        failed = next((future for future in as_completed(futures) if future.status == "error"), None)
        return (
            [failed.result()] if failed else list(client.gather(futures))
        )  # the result of one that failed is to raise
    except BaseException:
        client.cancel(futures)
        raise
