"""What `--help` and `--print-manpage` print, both from the table of options."""

import textwrap
from collections.abc import Iterable, Iterator

from pysim import __version__
from pysim.export.format import Format
from pysim.export.formats import FORMATS
from pysim.options.corpora import CORPUS_OPTIONS
from pysim.options.exporting import EXPORT, EXPORT_OPTIONS, run_options
from pysim.options.option import Option
from pysim.options.table import OPTIONS

SUMMARY = "a flight simulator for large language-model training runs"
DESCRIPTION = (
    "pysim computes a whole training run - cluster bring-up, training, validation, checkpoints, export - from published laws "
    "and a seed, and shows it live as text. Nothing is trained and nothing is sent anywhere. On a terminal the log scrolls "
    "above progress bars; into a pipe or a file go plain lines."
)
KEYS = (
    ("space", "pause and go on"),
    ("+ -", "twice and half the speed"),
    ("left right", "5 seconds of watching back and forward"),
    ("[ ]", "previous and next mark: phase, checkpoint, validation, interruption"),
    ("n N", "next and previous incident"),
    ("0-9", "jump to 0 % ... 90 % of the run"),
    ("g", "go to a step or a time that is typed: 12,000, 17d 6h, 3:25:10, 50%"),
    ("t", "show or hide the timeline; where the terminal reports the mouse, a click or a drag on it goes there"),
    (
        "d",
        "the dashboard, then the comparison if there is one (--compare), then the log again: the same moment in another view",
    ),
    ("v", "the same in the words of the next program that can tell the run"),
    ("z", "charts of the dashboard: all steps, the last tenth, the last hundred"),
    ("e", "explain the newest line; arrows choose another"),
    ("c", "on call: what waits for a decision, what can be done now, and what it costs"),
    ("x", "let something go wrong: a menu of what can, chosen by typing; ,gpu=N ,node=N or ,rack=N says where"),
    ("?", "the keys in one line"),
    ("q, Ctrl-C", "stop"),
)
EXIT_CODES = (
    ("0", "the show ended, was stopped with q or (on a terminal) Ctrl-C, or its reader closed the pipe"),
    ("1", "the output could not be written, or Python or NumPy is not as it should be"),
    ("2", "an option or a plan that cannot be followed; one line on standard error says why"),
    ("128 + n", "ended by signal n: 130 for Ctrl-C where no terminal watches; a terminal is restored first"),
)
ENVIRONMENT = (
    ("NO_COLOR", "if set and not empty: no colours, unless --color always"),
    ("FORCE_COLOR, CLICOLOR_FORCE", "if set and not 0: colours also where the output is not a terminal"),
    ("CLICOLOR", "0 means no colours; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE outweigh it, in this order"),
    ("TERM", "dumb means plain lines without colours"),
)
EXPORT_NOTE = (
    "An export is whole under its name or not there. What is there already is replaced only with --overwrite, and only if an export "
    "made it; - as PATH writes a format that is text to standard output."
)
EXPORT_EXAMPLES = (
    "export --to jsonl run.jsonl --preset classic",
    "export --to csv - --preset gpt2-124m --until step:100",
)
CORPUS_NOTE = (
    "OUT is a folder or any address that fsspec knows. The same specification gives the same bytes on any number of workers; a corpus that "
    "was stopped goes on where it was, and what is there is not made again. Needs the extra: pip install 'pysim-llm[corpus]'."
)
CORPUS_EXAMPLES = (
    "corpus out --runs 50",
    "corpus --print-spec > spec.toml",
    "corpus s3://bucket/logs --runs 1000000 --spec spec.toml --scheduler tcp://10.0.0.1:8786",
)
_HELP_COLUMN, _HELP_WIDTH = 32, 100


def help_text() -> str:
    """The page for `--help`."""
    return "\n".join(_help_lines()) + "\n"


def _help_lines() -> Iterator[str]:
    yield f"pysim: {SUMMARY}"
    yield ""
    yield "Usage: pysim [OPTION]..."
    yield "       pysim export --to FORMAT PATH [OPTION]...   a run as data, see pysim export --help"
    yield "       pysim corpus OUT [OPTION]...                runs by the thousand, see pysim corpus --help"
    for group, options in groups():
        yield from ("", f"{group}:")
        for option in options:
            yield from _entry(_left(option), f"{option.help}{_choices_note(option)}{_default_note(option)}")
    yield from ("", "Keys in a terminal:")
    for key, action in KEYS:
        yield from _entry(f"      {key}", action)
    yield from ("", "Examples:")
    yield from (f"  pysim {example}" for example in examples())


def export_help() -> str:
    """The page for `export --help`."""
    return "\n".join(_export_help_lines()) + "\n"


def _export_help_lines() -> Iterator[str]:
    yield "pysim export: a run as data that other programs read"
    yield ""
    yield "Usage: pysim export --to FORMAT PATH [OPTION]..."
    yield ""
    yield "Formats:"
    for each in FORMATS.values():
        yield from _entry(f"  {each.name}", format_summary(each))
    yield from ("", f"{EXPORT}:")
    for option in EXPORT_OPTIONS:
        yield from _entry(_left(option), f"{option.help}{_choices_note(option)}{_default_note(option)}")
    yield from ("", "Which run, and which part of it, as in the show (pysim --help says more):")
    yield from _wrapped(" ".join(f"--{option.name}" for option in run_options()))
    yield from ("", "Of some formats only:")
    for each in FORMATS.values():
        if each.options:
            yield from _entry(f"  {each.name}", " ".join(f"--{name}" for name in each.options))
    yield ""
    yield from _wrapped(EXPORT_NOTE)
    yield from ("", "Examples:")
    yield from (f"  pysim {example}" for example in EXPORT_EXAMPLES)


def corpus_help() -> str:
    """The page for `corpus --help`."""
    return "\n".join(_corpus_help_lines()) + "\n"


def _corpus_help_lines() -> Iterator[str]:
    yield "pysim corpus: runs by the thousand, their logs with the truth beside every line"
    yield ""
    yield "Usage: pysim corpus OUT [OPTION]..."
    yield ""
    yield from _wrapped(CORPUS_NOTE)
    yield ""
    for option in CORPUS_OPTIONS:
        yield from _entry(_left(option), f"{option.help}{_choices_note(option)}{_default_note(option)}")
    yield from ("", "Examples:")
    yield from (f"  pysim {example}" for example in CORPUS_EXAMPLES)


def format_summary(each: Format) -> str:
    """What a format is, and what it needs."""
    return f"{each.summary} (pip install 'pysim-llm[{each.extra}]')" if each.extra else each.summary


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _HELP_WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def groups() -> Iterator[tuple[str, tuple[Option, ...]]]:
    """The options by group, both in the order of the table."""
    for group in dict.fromkeys(option.group for option in OPTIONS):
        yield group, tuple(option for option in OPTIONS if option.group == group)


def examples() -> Iterator[str]:
    """All examples, as they would follow the program's name."""
    return (example for option in OPTIONS for example in option.examples)


def _left(option: Option) -> str:
    short = f"-{option.short}, " if option.short else "    "
    return f"  {short}--{option.name} {option.metavar}".rstrip()


def _entry(left: str, text: str) -> Iterable[str]:
    lines = textwrap.wrap(text, _HELP_WIDTH - _HELP_COLUMN, break_on_hyphens=False)
    first = f"{left:<{_HELP_COLUMN}}"
    if len(left) > _HELP_COLUMN - 2:
        yield left
        first = " " * _HELP_COLUMN
    yield first + lines[0]
    yield from (" " * _HELP_COLUMN + line for line in lines[1:])


def _choices_note(option: Option) -> str:
    """Choices that the help itself does not spell out; those of the catalog are too many for it."""
    names = option.choices
    if callable(names) or all(name in option.help for name in names):
        return ""
    return f" ({', '.join(names)})"


def _default_note(option: Option) -> str:
    if option.is_flag or option.default in (None, ()):
        return ""
    default = f"{option.default:g}" if isinstance(option.default, float) else option.default
    return f" [default: {default}]"


def manpage() -> str:
    """The manual page, in roff's man macros."""
    return "\n".join(_manpage_lines()) + "\n"


def _manpage_lines() -> Iterator[str]:
    yield f'.TH PYSIM 1 "" "pysim {__version__}" "User Commands"'
    yield from (".SH NAME", f"pysim \\- {_roff(SUMMARY)}")
    yield from (".SH SYNOPSIS", ".B pysim", "[\\fIOPTION\\fR]...", ".br")
    yield from (".B pysim export \\-\\-to", "\\fIFORMAT\\fR \\fIPATH\\fR [\\fIOPTION\\fR]...")
    yield from (".br", ".B pysim corpus", "\\fIOUT\\fR [\\fIOPTION\\fR]...")
    yield from (".SH DESCRIPTION", _roff(DESCRIPTION))
    yield ".SH OPTIONS"
    for group, options in groups():
        yield f".SS {_roff(group)}"
        for option in options:
            yield from (".TP", _manpage_name(option))
            yield _roff(f"{option.help}{_choices_note(option)}{_default_note(option)}")
    yield from (".SH EXPORTS", _roff(EXPORT_NOTE))
    yield _roff("Which run it is, and which part of it, the same options say as in the show; besides:")
    for option in EXPORT_OPTIONS:
        yield from (".TP", _manpage_name(option), _roff(f"{option.help}{_default_note(option)}"))
    yield from (".P", "Formats:")
    for each in FORMATS.values():
        yield from (".TP", f"\\fB{_roff(each.name)}\\fR", _roff(format_summary(each)))
    yield from (".SH CORPORA", _roff(CORPUS_NOTE))
    for option in CORPUS_OPTIONS:
        yield from (".TP", _manpage_name(option), _roff(f"{option.help}{_choices_note(option)}{_default_note(option)}"))
    for title, entries in (("KEYS", KEYS), ("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", ENVIRONMENT)):
        yield f".SH {title}"
        for name, meaning in entries:
            yield from (".TP", f"\\fB{_roff(name)}\\fR", _roff(meaning))
    yield ".SH EXAMPLES"
    for example in (*examples(), *EXPORT_EXAMPLES, *CORPUS_EXAMPLES):
        yield from (".PP", ".nf", f"pysim {_roff(example)}", ".fi")


def _manpage_name(option: Option) -> str:
    names = [f"\\-{option.short}"] if option.short else []
    names.append(f"\\-\\-{_roff(option.name)}")
    bold = ", ".join(f"\\fB{name}\\fR" for name in names)
    return f"{bold} \\fI{_roff(option.metavar)}\\fR" if option.metavar else bold


def _roff(text: str) -> str:
    """`text` with roff's own characters made literal; a line that starts like a request gets a zero-width start."""
    literal = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{literal}" if literal.startswith((".", "'")) else literal
