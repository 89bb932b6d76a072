"""The command line: argparse splits it, `options.settle` reads the values. One mistake is one line, never a usage dump."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from pysim.options.option import Option
from pysim.options.settings import Problem, Settings, read_value, settle
from pysim.options.table import OPTIONS
from pysim.wording import escaped, nearest, quoted


class UsageError(ValueError):
    """A command line that cannot be followed; the text names the option, the value and what would be right."""


class _Pair(argparse.Action):
    """Keeps (option name, text) in the order given, for `settle`; a flag's text is empty."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,  # noqa: ANN401 - argparse's own signature
        _name: str | None = None,
    ) -> None:
        namespace.pairs.append((self.dest, values if isinstance(values, str) else ""))


class _Splitter(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(escaped(message))


COMMANDS = ("export", "corpus")
"""The first word of a command line that asks for something else than a show; each has options of its own."""


def parse(arguments: Sequence[str]) -> Settings:
    """Settings from the words after the program's name.

    Raises:
        UsageError: at the first word that cannot be used.
    """
    pairs, others = split(arguments, OPTIONS)
    if others:
        raise UsageError(unknown(others[0], OPTIONS))
    settings, problems = settle(pairs)
    if problems:
        raise UsageError(str(problems[0]))
    return settings


def split(arguments: Sequence[str], options: Sequence[Option]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options that are given, as (name, text) in their order, and the words that are none.

    Raises:
        UsageError: where an option has no value, or one too many.
    """
    try:
        namespace, others = _splitter(options).parse_known_args(list(arguments), argparse.Namespace(pairs=[]))
    except argparse.ArgumentError as error:
        raise UsageError(_incomplete(error, options)) from None
    return namespace.pairs, others


def _splitter(options: Sequence[Option]) -> argparse.ArgumentParser:
    splitter = _Splitter(prog="pysim", add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in options:
        flags = [f"--{option.name}", *([f"-{option.short}"] if option.short else [])]
        splitter.add_argument(*flags, action=_Pair, dest=option.name, nargs=0 if option.is_flag else None)
    return splitter


def _incomplete(error: argparse.ArgumentError, options: Sequence[Option]) -> str:
    """The option is there, but not its value (or one too many)."""
    name = (error.argument_name or "").split("/")[0]
    option = next((option for option in options if f"--{option.name}" == name), None)
    if option is None:
        return escaped(error.message)
    if option.is_flag:
        return f"{name}: takes no value"
    return f"{name}: needs a value: {_wanted(option)}"


def _wanted(option: Option) -> str:
    return (
        f"one of {', '.join(option.choices)}"
        if isinstance(option.choices, tuple) and option.choices
        else option.kind.wants
    )


def check_known(words: Sequence[str], options: Sequence[Option]) -> None:
    """That none of some words looks like an option.

    Raises:
        UsageError: at the first that does: there is none of its name.
    """
    misspelt = next((word for word in words if word.startswith("-")), None)
    if misspelt is not None:
        raise UsageError(unknown(misspelt, options))


def given_value(option: Option, text: str) -> Any:  # noqa: ANN401 - the table says of which type
    """What an option of a command was given.

    Raises:
        UsageError: if that is no value of it.
    """
    if option.is_flag:
        return True
    try:
        return read_value(option, text)
    except ValueError as error:
        raise UsageError(str(Problem(option.name, text, str(error)))) from None


def unknown(word: str, options: Sequence[Option]) -> str:
    """What is wrong with a word that is no option."""
    if not word.startswith("-"):
        command = nearest(word, COMMANDS)
        advice = f"did you mean pysim {command}?" if command else "every option starts with --, see pysim --help"
        return f"{quoted(word)} is not an option; {advice}"
    name = word.partition("=")[0]
    closest = nearest(name.lstrip("-"), [option.name for option in options])
    return f"{escaped(name)}: is no option; " + (f"did you mean --{closest}?" if closest else "see pysim --help")
