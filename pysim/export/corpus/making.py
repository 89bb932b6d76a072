"""One run of a corpus: its files, written to a folder of this machine, and brought to their place, what says that it is made last.

Nothing is kept between two runs, and a run knows nothing of others: whoever makes it makes the same bytes.
"""

import json
from dataclasses import dataclass, replace
from functools import cache

from pysim.export.corpus.naming import MARKER, SPECIFICATION, Variant, folder_of, marker_of
from pysim.export.corpus.place import Place
from pysim.export.corpus.run_files import RunFiles
from pysim.export.corpus.sampling import MOST_ATTEMPTS, Drawn, draw
from pysim.export.corpus.specification import Specification, read_specification
from pysim.export.corpus.telling import TellRun, ToldRun
from pysim.export.scratch import scratch, scratch_folder
from pysim.story.noise import fnv1a


class ImpossibleError(ValueError):
    """A run that cannot be made; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run to make: small, since there may be millions."""

    address: str
    number: int
    variant: Variant = ""
    corpus: str = ""  # which of those that have been at this address


def make_run(task: Task, tell: TellRun) -> int:
    """Make a run, unless it is there; how many bytes that were."""
    place = Place.at(task.address)
    specification = _specification(task.address, task.corpus)
    marker = marker_of(specification.seed, task.number, task.variant)
    if place.has(marker):
        return 0
    drawn, run = _told(specification, task, tell)
    fnv1a.cache_clear()  # a worker that makes many runs would keep the names of all of them
    with scratch_folder() as made:
        with scratch():
            facts = RunFiles(made, specification, drawn, run, task.variant).make()
        folder = folder_of(specification.seed, task.number, task.variant)
        place.sweep(folder)
        for name in sorted(facts["files"]):
            place.put(made / name, f"{folder}/{name}")
        place.write(marker, _json(facts), begun_in=folder)
    return sum(each["bytes"] for each in facts["files"].values())


@cache
def _specification(address: str, _corpus: str) -> Specification:
    """Read once by each process, with what was asked for beside the file."""
    asked = json.loads(Place.at(address).read(MARKER))
    specification = read_specification(Place.at(address).read(SPECIFICATION).decode())
    return replace(specification, seed=asked["seed"], pairs=asked["pairs"])


def _told(specification: Specification, task: Task, tell: TellRun) -> tuple[Drawn, ToldRun]:
    """The first draw that can be a run; with pairs one in which something is let happen."""
    why = "nothing is ever let happen in it"
    for attempt in range(MOST_ATTEMPTS):
        drawn = draw(specification, task.number, attempt)
        if specification.pairs and not drawn.inject:
            continue
        try:
            run = tell(drawn)
            if task.variant == "without":
                run = tell(drawn, left_out=1)
        except ValueError as error:
            why = str(error)
        else:
            return drawn, run
    message = f"run {task.number}: none of {MOST_ATTEMPTS} draws can be a run; the last: {why}"
    raise ImpossibleError(message)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
