"""The first record of every stream of events: which run it tells, and which part of it."""

from pysim import __version__
from pysim.story.events import SCHEMA_VERSION, Opened
from pysim.story.header import Header
from pysim.story.story import Span
from pysim.story.times import utc


def opened(header: Header, span: Span) -> Opened:
    """What a stream of a run begins with that tells a span of it."""
    until_us = span.until_us
    return Opened(
        time_seconds=span.since_us / 1e6,
        schema_version=SCHEMA_VERSION,
        pysim_version=__version__,
        kind=header.kind,
        run_id=header.run_id,
        run_name=header.run_name,
        preset=header.preset,
        seed=header.seed,
        command=header.command,
        launched_at=utc(header.start_time, 0),
        begins_at=utc(header.start_time, span.since_us),
        ends_at=None if until_us is None else utc(header.start_time, until_us),
        until_seconds=None if until_us is None else until_us / 1e6,
    )
