"""The command line: argparse splits it, `options.settle` reads the values. One mistake is one line, never a usage dump."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from pysim.options.option import Option
from pysim.options.settings import Settings, settle
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


def parse(arguments: Sequence[str]) -> Settings:
    """Settings from the words after the program's name.

    Raises:
        UsageError: at the first word that cannot be used.
    """
    splitter = _splitter()
    try:
        namespace, unknown = splitter.parse_known_args(list(arguments), argparse.Namespace(pairs=[]))
    except argparse.ArgumentError as error:
        raise UsageError(_incomplete(error)) from None
    if unknown:
        raise UsageError(_unknown(unknown[0]))
    settings, problems = settle(namespace.pairs)
    if problems:
        raise UsageError(str(problems[0]))
    return settings


def _splitter() -> argparse.ArgumentParser:
    splitter = _Splitter(prog="pysim", add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in OPTIONS:
        flags = [f"--{option.name}", *([f"-{option.short}"] if option.short else [])]
        splitter.add_argument(*flags, action=_Pair, dest=option.name, nargs=0 if option.is_flag else None)
    return splitter


def _incomplete(error: argparse.ArgumentError) -> str:
    """The option is there, but not its value (or one too many)."""
    name = (error.argument_name or "").split("/")[0]
    option = next((option for option in OPTIONS if f"--{option.name}" == name), None)
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


def _unknown(word: str) -> str:
    if not word.startswith("-"):
        return f"{quoted(word)} is not an option; every option starts with --, see pysim --help"
    name = word.partition("=")[0]
    closest = nearest(name.lstrip("-"), [option.name for option in OPTIONS])
    return f"{escaped(name)}: is no option; " + (f"did you mean --{closest}?" if closest else "see pysim --help")
