"""The command line of `pysim corpus`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pysim.options import values
from pysim.options.commandline import UsageError, check_known, given_value, split
from pysim.options.option import Option
from pysim.options.settings import Problem
from pysim.wording import quoted

CORPUS = "Corpus"
MOST_WORKERS = 1024
_RUNS = values.Kind(
    "count", values.whole(1, 100_000_000), "a whole number from 1 to 100,000,000, such as 1000", "number"
)
_WORKERS = values.Kind(
    "count", values.whole(1, MOST_WORKERS), f"a whole number from 1 to {MOST_WORKERS:,}, such as 2", "number"
)
_TEXT = values.Kind("text", str, "a text")

CORPUS_OPTIONS: tuple[Option, ...] = (
    Option(
        name="runs",
        group=CORPUS,
        kind=_RUNS,
        metavar="N",
        help="how many runs; those that are there already are not made again, so more can be asked for later (as the specification says)",
    ),
    Option(
        name="spec",
        group=CORPUS,
        kind=_TEXT,
        metavar="FILE",
        help="a specification in TOML: what is drawn how often; without it, the one that --print-spec prints",
    ),
    Option(
        name="seed", group=CORPUS, kind=values.SEED, metavar="N", help="seed of the corpus (as the specification says)"
    ),
    Option(name="pairs", group=CORPUS, help="make each run twice: with and without one cause, on the same luck"),
    Option(
        name="workers",
        group=CORPUS,
        kind=_WORKERS,
        metavar="N",
        help="processes of this machine that work on it: one for each core if left out; 1 works in this one",
    ),
    Option(
        name="scheduler",
        group=CORPUS,
        kind=_TEXT,
        metavar="ADDRESS",
        help="a Dask scheduler whose workers do it instead, such as tcp://10.0.0.1:8786",
    ),
    Option(
        name="progress",
        group=CORPUS,
        kind=values.NAME,
        metavar="WHEN",
        default="auto",
        choices=("auto", "always", "never"),
        help="draw a bar on standard error: always, never or auto (where that is a terminal)",
    ),
    Option(name="print-spec", group=CORPUS, help="print the usual specification, and make nothing"),
    Option(name="help", short="h", group=CORPUS, help="print this help"),
)
_BY_NAME = {option.name: option for option in CORPUS_OPTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A corpus that was asked for."""

    out: str = ""
    runs: int | None = None
    spec: str | None = None
    seed: int | None = None
    pairs: bool = False
    workers: int | None = None
    scheduler: str | None = None
    progress: Literal["auto", "always", "never"] = "auto"
    print_spec: bool = False
    help: bool = False


def parse_corpus(arguments: Sequence[str]) -> Corpus:
    """What the words after `pysim corpus` ask for.

    Raises:
        UsageError: at the first word that cannot be used.
    """
    pairs, others = split(arguments, CORPUS_OPTIONS)
    check_known(others, CORPUS_OPTIONS)
    asked: dict[str, Any] = {_BY_NAME[name].field: given_value(_BY_NAME[name], text) for name, text in pairs}
    if asked.get("help") or asked.get("print_spec"):
        return Corpus(**asked)
    if len(others) > 1:
        message = f"{quoted(others[1])} is one place too many: a corpus goes to one"
        raise UsageError(message)
    if not others or not others[0]:
        message = "corpus needs a folder, or any address that fsspec knows: pysim corpus OUT --runs N"
        raise UsageError(message)
    if "scheduler" in asked and "workers" in asked:
        raise UsageError(str(Problem("workers", None, "cannot be combined with --scheduler, which has its own")))
    return Corpus(out=others[0], **asked)
