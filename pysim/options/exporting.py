"""The command line of `pysim export`: options of its own, and those of a show that say which run it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pysim.export.format import TABLES, Format
from pysim.export.formats import FORMATS
from pysim.options import values
from pysim.options.commandline import UsageError, check_known, given_value, split
from pysim.options.option import Names, Option
from pysim.options.settings import Problem, Settings, settle
from pysim.options.table import BY_NAME, MODEL, OPTIONS
from pysim.wording import listed, quoted

EXPORT = "Export"
STANDARD_OUTPUT = "-"
_OF_SERVING = ("speed-factor", "tempo")
_OF_THE_RUN = ("from", "until", "inject", "on-call", "decide", "scenario")


def _format_names() -> Names:
    return tuple(FORMATS)


def _tables(text: str) -> Names:
    """`steps,labels`: tables, each once, in the order in which they are listed anywhere."""
    asked = {word.strip().lower() for word in text.split(",")}
    if not asked <= set(TABLES):
        raise ValueError(text)
    return tuple(name for name in TABLES if name in asked)


_TABLES = values.Kind("tables", _tables, f"one or more of {listed(TABLES, 'and')}, such as steps,labels")

EXPORT_OPTIONS: tuple[Option, ...] = (
    Option(
        name="to",
        group=EXPORT,
        kind=values.NAME,
        metavar="FORMAT",
        choices=_format_names,
        help="the format",
    ),
    Option(
        name="overwrite",
        group=EXPORT,
        help="replace an export that is there already; what no export has made is never replaced",
    ),
    Option(
        name="progress",
        group=EXPORT,
        kind=values.NAME,
        metavar="WHEN",
        default="auto",
        choices=("auto", "always", "never"),
        help="say on standard error how far it is: always, never or auto (where that is a terminal)",
    ),
    Option(
        name="tables",
        group=EXPORT,
        kind=_TABLES,
        metavar="TABLES",
        help="parquet: only these of its tables, apart by commas: run, steps, events, fleet, labels; fleet is most of the work",
        examples=("export --to parquet runs --preset llama3-405b --tables steps,labels",),
    ),
    Option(
        name="sample-every",
        group=EXPORT,
        kind=values.SAMPLING,
        metavar="TIME",
        help="openmetrics: the time between two samples, such as 15s; a minute otherwise",
    ),
    Option(
        name="entries",
        group=EXPORT,
        kind=values.ENTRIES,
        metavar="N",
        help="nccl-flight-recorder: the last collectives that each rank remembers; 2,000 otherwise, as PyTorch has it",
    ),
    Option(
        name="serve",
        group=EXPORT,
        kind=values.PORT,
        metavar="PORT",
        help="openmetrics: write nothing, but answer at http://127.0.0.1:PORT/metrics what the run is like now, in real time or faster "
        "(--speed-factor, --tempo); 0 is any port that is free",
        examples=("--to openmetrics --serve 9400 --preset llama3-8b --speed-factor 60",),
    ),
    Option(name="help", short="h", group=EXPORT, help="print this help"),
)
_OWN = {option.name: option for option in EXPORT_OPTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that was asked for."""

    format: Format
    path: str
    overwrite: bool = False
    progress: Literal["auto", "always", "never"] = "auto"
    tables: Names = TABLES
    sample_every: int | None = None  # seconds
    entries: int | None = None
    serve: int | None = None  # a port; there is no place then
    settings: Settings
    words: tuple[tuple[str, str], ...] = ()  # the options that say which run it is, as they were given


def run_options() -> tuple[Option, ...]:
    """The options of a show that say which run it is, and which part of it."""
    return tuple(option for option in OPTIONS if option.group == MODEL or option.name in _OF_THE_RUN)


def parse_export(arguments: Sequence[str]) -> Export | None:
    """What the words after `pysim export` ask for; None where that is help.

    Raises:
        UsageError: at the first word that cannot be used.
    """
    options = (*EXPORT_OPTIONS, *(option for option in OPTIONS if option.name not in _OWN))
    pairs, others = split([_disguised(word) for word in arguments], options)
    paths = [word.removeprefix(_DISGUISE) for word in others if word.startswith(_DISGUISE) or not word.startswith("-")]
    check_known(others, options)
    own = {name: given_value(_OWN[name], text) for name, text in pairs if name in _OWN}
    given = [(name, text) for name, text in pairs if name not in _OWN]
    if own.pop("help", False):
        return None
    made_as = _format(own.pop("to", None))
    for name in own:
        _check_own(name, made_as)
    path = _no_path(paths) if "serve" in own else _path(paths, made_as)
    for name, text in given:
        if "serve" not in own or name not in _OF_SERVING:
            _check(name, text, made_as)
    settings, problems = settle(given)
    if problems:
        raise UsageError(str(problems[0]))
    return Export(
        format=made_as,
        path=path,
        settings=settings,
        words=(*given, *(pair for pair in pairs if pair[0] in made_as.own_options)),
        **{name.replace("-", "_"): value for name, value in own.items()},
    )


_DISGUISE = "\0"  # before the word that means standard output and that argparse would take for an option


def _disguised(word: str) -> str:
    return _DISGUISE + word if word == STANDARD_OUTPUT else word


def _format(name: str | None) -> Format:
    if name is None:
        message = f"export needs --to FORMAT: one of {listed(tuple(FORMATS), 'or')}"
        raise UsageError(message)
    return FORMATS[name]


def _check_own(name: str, made_as: Format) -> None:
    """Whether an option of an export means something to a format."""
    others = {option for each in FORMATS.values() for option in each.own_options}
    if name in others - set(made_as.own_options):
        whose = listed([each.name for each in FORMATS.values() if name in each.own_options], "or")
        raise UsageError(str(Problem(name, None, f"is for --to {whose}, not for --to {made_as.name}")))


def _no_path(paths: Sequence[str]) -> str:
    if paths:
        message = f"--serve: answers who asks and writes nothing, so that {quoted(paths[0])} is one place too many"
        raise UsageError(message)
    return ""


def _path(paths: Sequence[str], made_as: Format) -> str:
    """Where to."""
    if len(paths) > 1:
        message = f"{quoted(paths[1])} is one place too many: an export goes to one"
        raise UsageError(message)
    if not paths or not paths[0]:
        what = f"{'a folder' if made_as.shape == 'folder' else 'a file'}"
        message = f"--to {made_as.name} needs {what} to write to: pysim export --to {made_as.name} PATH"
        raise UsageError(message)
    if paths[0] == STANDARD_OUTPUT and (made_as.shape == "folder" or not made_as.is_text):
        message = f"--to {made_as.name} cannot go to standard output: it is {'a folder' if made_as.shape == 'folder' else 'no text'}"
        raise UsageError(message)
    return paths[0]


def _check(name: str, text: str, made_as: Format) -> None:
    """Whether an option of a show means something to a format."""
    if name == "view" and made_as.views:
        if text.strip().lower() not in made_as.views:
            can = f"is nothing that --to {made_as.name} is written in; it can be {listed(made_as.views, 'or')}"
            raise UsageError(str(Problem(name, text, can)))
    elif BY_NAME[name] not in run_options() and name not in made_as.options:
        raise UsageError(str(Problem(name, None, f"changes nothing in what --to {made_as.name} writes")))
