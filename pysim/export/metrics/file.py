"""A run as an OpenMetrics file whose samples have time stamps: what `promtool tsdb create-blocks-from openmetrics` makes blocks of.

Whole series come one after the other, as OpenMetrics 1.0 wants them, so that what is read lies on the disk until all of it is there.
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from pysim.export.exporter import Quiet, TooMuchError
from pysim.export.format import Asked
from pysim.export.metrics import trainer
from pysim.export.metrics.node import PORTS
from pysim.export.metrics.readings import ADDED_UP, COLUMNS, COUNTED, READ
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
_OF_ACCELERATOR, _OF_PORT, _OF_MACHINE, _OF_JOB = 320, 130, 110, 130
_HEADS = 2**14  # what stands before the samples of all families
_ADAPTERS = 8  # of a node: how many there are is not known before the job tells
_MANY = 10**8  # bytes that are said in gigabytes


class OpenMetricsFile(Quiet):
    """Looks at the run at every interval, and writes when it has seen all."""

    def __init__(self, file: BinaryIO, asked: Asked) -> None:
        self._file = file
        self._seconds = asked.sample_every or INTERVAL_SECONDS

    def foretell(self, story: Story, span: Span, /) -> str:
        """How large it will be at most.

        Raises:
            TooMuchError: if that is too much, or nothing at all.
        """
        times = looks(story, span, self._seconds)
        if not times:
            message = f"--to openmetrics: no sample is taken in this part of the run, one every {self._seconds} s (--sample-every)"
            raise TooMuchError(message)
        most = bound(story.header, len(times))
        samples = "1 sample" if len(times) == 1 else f"{len(times):,} samples"
        told = f"{samples} of each series, one every {self._seconds} s: at most {_gigabytes(most)}"
        if most > LARGEST_BYTES:
            message = (
                f"--to openmetrics: {told}, and a file may have {_gigabytes(LARGEST_BYTES)}; ask for fewer samples "
                "(--sample-every 10m) or for a part of the run (--from, --until)"
            )
            raise TooMuchError(message)
        return told

    def begin(self, story: Story, span: Span, /) -> None:
        """Which looks there will be."""
        self._story = story
        self._times = looks(story, span, self._seconds)

    def advance(self) -> Iterator[int]:
        """First the looks, then the series."""
        sampler = Sampler(self._story)
        accelerators = self._story.header.world_size
        with (
            Spool((len(COLUMNS), accelerators), np.int32, self._file) as reads,
            Spool((len(ADDED_UP), accelerators), np.int64, self._file) as sums,
            Spool((len(trainer.QUANTITIES) + 1,), np.float64, self._file) as told,
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
        return self._times[0] + round((self._times[-1] - self._times[0]) * share)


def looks(story: Story, span: Span, seconds: int) -> range:
    """The times of looks, each a multiple of the interval, so that parts of a run fit together."""
    until_us = span.ends_us(story.end_us)
    interval_us = seconds * _MICROSECONDS
    first = max(-(-span.since_us // interval_us), 1)
    return range(first * interval_us, until_us + 1, interval_us)


def bound(header: Header, count: int) -> int:
    """How many bytes a file of so many looks has at most."""
    return count * _bytes_of_look(header) + _HEADS


def _bytes_of_look(header: Header) -> int:
    """How many bytes one look takes at most."""
    families = len(READ) + len(COUNTED) + 2 if has_dcgm(header) else 0  # and errors: the last one, and how many
    machine = 2 * _OF_MACHINE + _ADAPTERS * len(PORTS) * _OF_PORT
    quantities = len(trainer.QUANTITIES) + len(trainer.PHASES) + 3  # what says which run it is has many labels
    return families * header.world_size * _OF_ACCELERATOR + header.nodes * machine + quantities * _OF_JOB


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= _MANY else f"{count / 1e6:,.1f} MB"
