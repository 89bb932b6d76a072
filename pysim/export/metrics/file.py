"""A run as an OpenMetrics file whose samples have time stamps: what `promtool tsdb create-blocks-from openmetrics` makes blocks of.

Whole series come one after the other, as OpenMetrics 1.0 wants them, so that what is read lies on the disk until all of it is there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pysim.export.exporter import Asked, Quiet
from pysim.export.metrics import trainer
from pysim.export.metrics.accelerators import ADDED_UP, COLUMNS, COUNTED, READ
from pysim.export.metrics.node import PORTS
from pysim.export.metrics.sampling import Sampler
from pysim.export.metrics.series import Looks, Series, added_up, has_dcgm, of_job, read
from pysim.export.metrics.spool import Spool
from pysim.story.header import Header
from pysim.story.story import Span, Story

INTERVAL_SECONDS = 60
LARGEST_BYTES = 16 * 10**9
END = "# EOF\n"
_MICROSECONDS = 1_000_000
_SAMPLING = 0.3  # of the time that an export takes, about
# Bytes that a sample has at most, with its name, labels, value and time.
_OF_ACCELERATOR, _OF_PORT, _OF_MACHINE, _OF_JOB, _NAME = 320, 130, 110, 130, 40
_ADAPTERS = 8  # of a node: how many there are is not known before the job tells
_MANY = 10**8  # bytes that are said in gigabytes


class TooMuchError(ValueError):
    """The file would be larger than anybody wants; the text says how to get less."""


class OpenMetricsFile(Quiet):
    """Looks at the run at every interval, and writes when it has seen all."""

    def __init__(self, file: BinaryIO, asked: Asked) -> None:
        self._file = file
        self._interval_us = (asked.sample_every or INTERVAL_SECONDS) * _MICROSECONDS

    def begin(self, story: Story, span: Span, /) -> None:
        """Which looks there will be.

        Raises:
            TooMuchError: if that would be too much to write.
        """
        self._story = story
        self._times = looks(story, span, self._interval_us)
        if self.bound > LARGEST_BYTES:
            message = (
                f"--to openmetrics: {self.note()}, and a file may have {_gigabytes(LARGEST_BYTES)}: ask for fewer samples "
                "(--sample-every 10m) or for a part of the run (--from, --until)"
            )
            raise TooMuchError(message)

    @property
    def bound(self) -> int:
        """How many bytes the file has at most, known before anything is written."""
        return len(self._times) * bytes_of_look(self._story.header) + 2**16

    def note(self) -> str:
        """What there is to say beforehand."""
        seconds = self._interval_us // _MICROSECONDS
        return f"{len(self._times):,} samples of each series, one every {seconds} s, make {_gigabytes(self.bound)} at most"

    def advance(self) -> Iterator[int]:
        """First the looks, then the series."""
        sampler, folder = Sampler(self._story), _folder_of(self._file)
        accelerators = self._story.header.world_size
        with (
            Spool((len(COLUMNS), accelerators), np.int32, folder) as reads,
            Spool((len(ADDED_UP), accelerators), np.int64, folder) as sums,
            Spool((len(trainer.QUANTITIES) + 1,), np.float64, folder) as told,
        ):
            for index, time_us in enumerate(self._times):
                sampler.look(time_us)
                reads.append(read(sampler.readings))
                sums.append(added_up(sampler.readings))
                told.append(of_job(sampler.job))
                yield self._at(_SAMPLING * index / len(self._times))
            found = Looks(range(len(self._times)), self._times, reads.table(), sums.table(), told.table())
            for share, text in Series(sampler, found, "openmetrics").parts():
                self._file.write(text.encode())
                yield self._at(_SAMPLING + (1 - _SAMPLING) * share)
        self._file.write(END.encode())

    def _at(self, share: float) -> int:
        if not self._times:
            return self._story.end_us
        return self._times[0] + round((self._times[-1] - self._times[0]) * share)


def looks(story: Story, span: Span, interval_us: int) -> range:
    """The times of looks, each a multiple of the interval, so that parts of a run fit together."""
    until_us = story.end_us if span.until_us is None else min(span.until_us, story.end_us)
    first = max(-(-span.since_us // interval_us), 1)
    return range(first * interval_us, until_us + 1, interval_us)


def bytes_of_look(header: Header) -> int:
    """How many bytes one look takes at most."""
    families = len(READ) + len(COUNTED) + 2 if has_dcgm(header) else 0  # and errors: the last one, and how many
    machine = 2 * _OF_MACHINE + _ADAPTERS * len(PORTS) * _OF_PORT
    quantities = len(trainer.QUANTITIES) + len(trainer.PHASES) + 3  # what says which run it is has many labels
    return families * header.world_size * _OF_ACCELERATOR + header.nodes * machine + quantities * _OF_JOB


def _folder_of(file: BinaryIO) -> Path | None:
    """Where the file is, which has room for it; None for a pipe."""
    name = getattr(file, "name", None)
    return Path(name).parent if isinstance(name, str) and file.seekable() else None


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= _MANY else f"{count / 1e6:,.1f} MB"
