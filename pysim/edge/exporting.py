"""`pysim export`: a run as data, to a place that is whole or not there."""

import gc
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from pysim import __version__
from pysim.edge.complaints import FaultError, complain, plan_errors
from pysim.edge.output import Vanished
from pysim.edge.playlist import notes, stories
from pysim.edge.progress import Progress
from pysim.edge.staging import span_of
from pysim.export.exporter import Exporter, Foretelling, TooMuchError
from pysim.export.feeding import Fed, feed
from pysim.export.format import Asked, MissingExtraError
from pysim.export.scratch import ScratchError
from pysim.export.target import NotOursError, Target
from pysim.options.commandline import UsageError
from pysim.options.exporting import STANDARD_OUTPUT, Export, parse_export
from pysim.options.manual import export_help
from pysim.options.settings import Settings
from pysim.story.story import Span, Story
from pysim.views.registry import VIEWS, why_not

STDOUT = 1


def export(arguments: Sequence[str]) -> int:
    """Export what the words after `pysim export` ask for; the exit code.

    Raises:
        UsageError: if they cannot be followed.
        FaultError: if the world does not let it be written.
        Vanished: if standard output takes no more.
    """
    asked = parse_export(arguments)
    if asked is None:
        sys.stdout.write(export_help())
        return 0
    try:
        return _export(asked)
    except (MissingExtraError, NotOursError, TooMuchError) as error:
        raise UsageError(str(error)) from None
    except ScratchError as error:
        raise FaultError(str(error)) from error


def _export(asked: Export) -> int:
    settings, now = asked.settings, int(time.time())
    make = asked.format.load()
    with plan_errors():
        for note in notes(settings, now):
            complain(str(note))
        story = next(stories(settings, now))
        span = span_of(story, settings)
    _check_view(asked, story)
    if asked.serve is not None:
        return _serve(asked.serve, story, span, settings)
    wanted = Asked(
        view=_view(asked, story),
        log_every=settings.log_every,
        sample_every=asked.sample_every,
        tables=asked.tables,
        entries=asked.entries,
        settings=settings,
    )
    if asked.path == STANDARD_OUTPUT:
        with _standard_output() as stream:
            _write(make(stream, wanted), story, span, asked, wanted)
        return 0
    with _faults(asked.path):
        target = Target(asked.path, asked.format, _facts(asked, story))
        if target.is_done and not asked.overwrite:
            return complain(f"{target.path}: is there already, as it would be made")
        target.check(may_overwrite=asked.overwrite)
        with target.opened() as out:
            _write(make(out, wanted), story, span, asked, wanted)
    return 0


def _serve(port: int, story: Story, span: Span, settings: Settings) -> int:
    """Answer until somebody ends it."""
    from pysim.edge.serving import Clock, serve  # noqa: PLC0415 - nothing else opens a socket

    whole_us = span.ends_us(story.end_us)
    tempo = settings.tempo
    factor = (whole_us - span.since_us) / 1e6 / tempo if isinstance(tempo, float) and tempo else 1.0
    clock = Clock(since_us=span.since_us, until_us=whole_us, factor=factor * settings.speed_factor)
    try:
        serve(port, story, clock, lambda address: complain(f"serving {address}"))
    except OSError as error:
        message = f"cannot serve on 127.0.0.1:{port}: {error.strerror or error}"
        raise FaultError(message) from error
    return 0


def _facts(asked: Export, story: Story) -> dict[str, object]:
    """What tells one export of a folder from another."""
    header = story.header
    return {
        "run_id": header.run_id,
        "pysim_version": __version__,
        "seed": header.seed,
        "options": [list(pair) for pair in asked.words],
    }


def _view(asked: Export, story: Story) -> str:
    """The view that was asked for, or the first of the format that can tell the run."""
    views = asked.format.views
    if asked.settings.view in views:
        return asked.settings.view
    able = (view for view in views if why_not(VIEWS[view], story.header) is None)
    return next(able, next(iter(views), ""))


def _check_view(asked: Export, story: Story) -> None:
    view = _view(asked, story)
    why = why_not(VIEWS[view], story.header) if view else None
    if why:
        message = f"--view {view}: {why}"
        raise UsageError(message)


@contextmanager
def _faults(path: str) -> Iterator[None]:
    """What the system does not allow becomes one line."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else path
        why = os.strerror(error.errno) if error.errno else error  # libraries have words of their own
        message = f"cannot export to {where}: {why}"
        raise FaultError(message) from error


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    try:
        with open(STDOUT, "wb", closefd=False) as stream:
            yield stream
    except OSError as error:
        raise Vanished(*error.args) from error


def _write(exporter: Exporter, story: Story, span: Span, asked: Export, wanted: Asked) -> None:
    """Feed the exporter, and say how far it is."""
    if isinstance(exporter, Foretelling):
        complain(exporter.foretell(story, span))
    progress, fed = Progress(f"{asked.format.name} of {story.header.run_name}", "steps", asked.progress), Fed(0, 0)
    until_us = span.ends_us(story.end_us)
    gc.freeze()  # what is there by now stays, and need not be looked at again while events come and go: a tenth of the time
    try:
        for fed in feed(exporter, asked.format.feed, story, span, wanted):
            progress.at((fed.time_us - span.since_us) / max(until_us - span.since_us, 1), fed.steps)
        progress.done(fed.steps)
    finally:
        gc.unfreeze()
        progress.leave()
