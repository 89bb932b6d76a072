"""`pysim corpus`: runs by the thousand, on the workers of this machine or of a cluster."""

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from pysim import __version__
from pysim.edge.cluster import NoSchedulerError, client_of, has_dashboard, work
from pysim.edge.complaints import FaultError, complain
from pysim.edge.drawing import tell_run
from pysim.export.corpus.card import card
from pysim.export.corpus.croissant import croissant
from pysim.export.corpus.finishing import OtherVersionError, check_version, finished, parts, sum_up
from pysim.export.corpus.licence import LICENCE_TEXT
from pysim.export.corpus.making import ImpossibleError, Task, make_run
from pysim.export.corpus.naming import (
    CARD,
    CROISSANT,
    LICENCE,
    MARKER,
    RUNS_PER_PART,
    SPECIFICATION,
    SPLITS,
    Variant,
    part_of,
    run_name,
)
from pysim.export.corpus.place import Place, UnreachableError
from pysim.export.corpus.sampling import of_population, run_seed
from pysim.export.corpus.specification import FaultyError, Population, Specification, read_specification
from pysim.export.corpus.summary import Summary
from pysim.export.corpus.usual import USUAL
from pysim.export.scratch import ScratchError
from pysim.options.commandline import UsageError
from pysim.options.corpora import Corpus, parse_corpus
from pysim.options.manual import corpus_help

_LIBRARIES = ("fsspec", "pyarrow", "dask", "distributed")
_TRIED = 20  # draws of a population, of which one has to be possible


def corpus(arguments: Sequence[str]) -> int:
    """Make the corpus that the words after `pysim corpus` ask for; the exit code.

    Raises:
        UsageError: if they cannot be followed.
        FaultError: if the world does not let it be made.
    """
    asked = parse_corpus(arguments)
    if asked.help or asked.print_spec:
        sys.stdout.write(corpus_help() if asked.help else USUAL)
        return 0
    for library in _LIBRARIES:
        _need(library)
    specification = _specified(asked)
    with _faults(asked.out):
        return _make(asked, specification)


def _need(library: str) -> None:
    try:
        import_module(library)
    except ImportError:
        message = "corpus: needs extra packages: pip install 'pysim-llm[corpus]'"
        raise UsageError(message) from None


@contextlib.contextmanager
def _faults(out: str) -> Iterator[None]:
    """What cannot be followed is a mistake of whoever asked; what the system refuses is none."""
    try:
        yield
    except (UnreachableError, OtherVersionError, ImpossibleError) as error:
        message = f"{out}: {error}"
        raise UsageError(message) from None
    except (NoSchedulerError, ScratchError) as error:
        raise FaultError(str(error)) from error
    except OSError as error:
        message = f"cannot make a corpus in {out}: {error.strerror or error}"
        raise FaultError(message) from error


def _make(asked: Corpus, specification: Specification) -> int:
    place = Place.at(asked.out)
    if place.is_of_this_process and asked.workers != 1:
        message = f"{asked.out}: is in the memory of this process alone; --workers 1 works in it"
        raise UsageError(message)
    marker = _marker(specification)
    is_new = _is_free(place, marker)
    variants: tuple[Variant, ...] = ("with", "without") if specification.pairs else ("",)
    tasks = list(_missing(place, specification, variants, _digest(marker)))
    with client_of(asked.scheduler, asked.workers) as client:
        if is_new:  # not before somebody answers
            _claim(place, specification, marker)
        if _shows(asked) and has_dashboard():
            complain(f"dashboard: {client.dashboard_link}")
        made = work(client, make_run, tasks, tell=tell_run, shows=_shows(asked))
        for folder in ("", "tables/runs", "questions"):
            place.sweep(folder)
        every = parts(place.address, specification.seed, specification.runs, variants)
        summaries: list[Summary] = work(client, sum_up, every, shows=False)
    finished(place, specification, summaries, ((CARD, card), (CROISSANT, croissant)))
    runs = specification.runs * len(variants)
    return complain(f"{asked.out}: {runs:,} runs, {len(made):,} of them made now")


def _shows(asked: Corpus) -> bool:
    if asked.progress == "auto":
        return sys.stderr.isatty()
    return asked.progress == "always"


# What is asked for


def _specified(asked: Corpus) -> Specification:
    """The specification, with what the command line says instead.

    Raises:
        UsageError: with all that is wrong with it, a line for each.
    """
    name, text = asked.spec or "the usual specification", USUAL
    if asked.spec:
        try:
            text = Path(asked.spec).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "is no text in UTF-8"
            message = f"--spec: cannot read {asked.spec}: {why}"
            raise UsageError(message) from None
    try:
        read = read_specification(text, lambda read, population: _why_never(_overridden(read, asked), population))
    except FaultyError as faulty:
        raise UsageError("\npysim: ".join(f"{name}, {fault}" for fault in faulty.faults)) from None
    return _overridden(read, asked)


def _overridden(read: Specification, asked: Corpus) -> Specification:
    return replace(
        read,
        runs=asked.runs or read.runs,
        seed=read.seed if asked.seed is None else asked.seed,
        pairs=asked.pairs or read.pairs,
    )


def _why_never(specification: Specification, population: Population) -> str:
    """Why none of some draws of a population can be a run; empty if one can."""
    why = ""
    for number in range(_TRIED):
        drawn = of_population(population, run_seed(specification.seed, number), number, 0)
        if specification.pairs and not drawn.inject:
            why = "nothing is let happen in it, in which the two of a pair could differ"
            continue
        try:
            tell_run(drawn)
        except ValueError as error:
            why = str(error)
        else:
            return ""
    return f"has no run that can be, in {_TRIED} draws; the last: {why}"


# What is there


def _is_free(place: Place, marker: Mapping[str, object]) -> bool:
    """Whether nothing is there yet; if not, it is this very corpus.

    Raises:
        UsageError: if there is something else.
        OtherVersionError: if another version began it.
    """
    if place.is_file():
        message = f"{place.address}: is a file; a corpus is a folder"
        raise UsageError(message)
    found = _found_marker(place)
    if found is not None:
        _compare(place, marker, found)
        return False
    strange = next(place.names(), None)
    if strange is not None:
        message = f"{place.address}: is there already and is no corpus, there is {strange} in it; choose another place"
        raise UsageError(message)
    return True


def _claim(place: Place, specification: Specification, marker: Mapping[str, object]) -> None:
    """Say that a corpus is there."""
    place.write(SPECIFICATION, specification.text.encode())
    place.write(LICENCE, LICENCE_TEXT.encode())
    place.write(MARKER, (json.dumps(marker, indent=1) + "\n").encode())


_WHAT = "a corpus of simulated training runs"


def _found_marker(place: Place) -> dict[str, object] | None:
    """What says that a corpus is there, if it is one of ours: others may call a file like that."""
    if not place.has(MARKER):
        return None
    try:
        found = json.loads(place.read(MARKER))
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("what") == _WHAT else None


def _marker(specification: Specification) -> dict[str, object]:
    """What has to be the same whoever goes on with a corpus; how many runs it has is not."""
    return {
        "what": _WHAT,
        "pysim_version": __version__,
        "specification_sha256": hashlib.sha256(specification.text.encode()).hexdigest(),
        "seed": specification.seed,
        "pairs": specification.pairs,
    }


def _digest(marker: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(marker).encode()).hexdigest()


def _compare(place: Place, wanted: Mapping[str, object], found: Mapping[str, object]) -> None:
    check_version(str(found.get("pysim_version")), "this corpus")
    differs = next(
        (name for name in ("specification_sha256", "seed", "pairs") if found.get(name) != wanted[name]), None
    )
    if differs is not None:
        what = "specification" if differs == "specification_sha256" else differs
        message = f"{place.address}: is a corpus with another {what}; go on with the same, or choose another place"
        raise UsageError(message)


def _missing(place: Place, specification: Specification, variants: tuple[Variant, ...], corpus: str) -> Iterator[Task]:
    """The runs that are not there: each thousand is listed once."""
    for first in range(0, specification.runs, RUNS_PER_PART):
        part = part_of(first)
        there = {name for split in SPLITS for name in place.names(f"runs/{split}/{part}") if name.endswith(".json")}
        for number in range(first, min(first + RUNS_PER_PART, specification.runs)):
            for variant in variants:
                if f"{run_name(number, variant)}.json" not in there:
                    yield Task(address=place.address, number=number, variant=variant, corpus=corpus)
