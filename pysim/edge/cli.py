"""The edge to a real terminal: arguments, environment, streams and signals come in here; exit codes go out.

What takes time to import (numpy, the core) is imported where it is first needed, so that `--version` and a misspelt option
answer at once.
"""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from pysim.edge.display import Place, screen_for
from pysim.edge.tty import Ended, KeylessTerminal, Output, Terminal, Vanished, keyboard, raising_signals, terminal_size
from pysim.edge.watch import EXIT_CODES, watch
from pysim.options.commandline import UsageError, parse
from pysim.options.settings import Settings
from pysim.terminal.screen import Screen

STDOUT = 1
HELD_BYTES = 65_536  # what an instant run collects before it writes
_LINE_GONE = (errno.EIO, errno.ENXIO)  # what writing to a terminal that is gone says


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pysim; the exit code."""
    try:
        return _answer(parse(sys.argv[1:] if arguments is None else arguments))
    except UsageError as error:
        return _complain(str(error), 2)
    except KeyboardInterrupt:
        return EXIT_CODES["SIGINT"]
    except Ended as ended:
        return EXIT_CODES[ended.name]
    except Vanished as vanished:
        return _vanished(vanished)


def _complain(message: str, code: int) -> int:
    with contextlib.suppress(OSError, AttributeError):  # standard error may be closed as well
        sys.stderr.write(f"pysim: {message}\n")
        sys.stderr.flush()
    return code


def _vanished(vanished: Vanished) -> int:
    if vanished.errno == errno.EPIPE:
        return 0
    if vanished.errno in _LINE_GONE:
        return EXIT_CODES["SIGHUP"]
    return _complain(f"cannot write to standard output: {vanished.strerror}", 1)


def _answer(settings: Settings) -> int:
    """One of the questions that print an answer and run nothing, or the show."""
    for is_asked, answer in _ANSWERS:
        if is_asked(settings):
            _output().write(answer(settings))
            return 0
    return _play(settings)


def _help(_settings: Settings) -> str:
    from pysim.options.manual import help_text  # noqa: PLC0415 - see the top

    return help_text()


def _version(_settings: Settings) -> str:
    from pysim import __version__  # noqa: PLC0415 - see the top

    return f"pysim {__version__}\n"


def _completions(settings: Settings) -> str:
    from pysim.options.completions import completions  # noqa: PLC0415 - see the top

    return completions(settings.print_completions or "")


def _manpage(_settings: Settings) -> str:
    from pysim.options.manual import manpage  # noqa: PLC0415 - see the top

    return manpage()


def _modules(_settings: Settings) -> str:
    from pysim.views.describe import module_list  # noqa: PLC0415 - see the top

    return module_list()


def _description(settings: Settings) -> str:
    from pysim.views.describe import description, description_json  # noqa: PLC0415 - see the top

    with _plan_errors():
        from pysim.edge.playlist import plans  # noqa: PLC0415 - see the top

        plan = next(plans(settings, int(time.time())))
    _say_what_is_rounded(settings)
    return (description_json if settings.json else description)(plan)


_ANSWERS: tuple[tuple[Callable[[Settings], object], Callable[[Settings], str]], ...] = (
    (lambda settings: settings.help, _help),
    (lambda settings: settings.version, _version),
    (lambda settings: settings.print_completions, _completions),
    (lambda settings: settings.print_manpage, _manpage),
    (lambda settings: settings.list_modules, _modules),
    (lambda settings: settings.describe, _description),
)


@contextlib.contextmanager
def _plan_errors() -> Iterator[None]:
    """A plan that cannot be, or a place that is not in the run, is a mistake on the command line."""
    from pysim.edge.staging import explain  # noqa: PLC0415 - see the top

    try:
        yield
    except ValueError as error:
        message = explain(error)
        if message is None:
            raise
        raise UsageError(message) from None


def _output(held_bytes: int = 0) -> Output:
    return Output(STDOUT, _encoding(), held_bytes)


def _encoding() -> str:
    return sys.stdout.encoding if sys.stdout else "utf-8"


def _screen(settings: Settings, environment: Mapping[str, str]) -> Screen:
    is_terminal = os.isatty(STDOUT)
    return screen_for(settings, Place(is_terminal, _encoding(), terminal_size(STDOUT)), environment)


def _say_what_is_rounded(settings: Settings) -> None:
    from pysim.edge.playlist import notes  # noqa: PLC0415 - see the top

    with _plan_errors():
        for note in notes(settings, int(time.time())):
            _complain(str(note), 0)


def _play(settings: Settings) -> int:
    """The show, on a terminal or as plain lines."""
    _say_what_is_rounded(settings)
    with _awake(settings):
        screen = _screen(settings, os.environ)
        return _play_live(settings, screen) if screen.live else _play_plain(settings, screen)


def _play_live(settings: Settings, screen: Screen) -> int:
    from pysim.edge.playlist import runs  # noqa: PLC0415 - see the top
    from pysim.edge.staging import live_show  # noqa: PLC0415 - see the top

    with _plan_errors():
        lines, show = live_show(runs(settings, int(time.time())), settings, screen)
    with _terminal(settings) as terminal:
        for line in lines:
            terminal.write(line)
        return watch(show, terminal, settings.exit_after_time)


def _terminal(settings: Settings) -> Terminal | KeylessTerminal:
    def look() -> Screen:
        return _screen(settings, os.environ)

    if os.name == "posix":
        return Terminal(_output(), keyboard(), look)
    return KeylessTerminal(_output(), look)


def _play_plain(settings: Settings, screen: Screen) -> int:
    from pysim.edge.playlist import runs  # noqa: PLC0415 - see the top
    from pysim.edge.staging import plain_lines  # noqa: PLC0415 - see the top
    from pysim.show.lines import pour  # noqa: PLC0415 - see the top

    output = _output(HELD_BYTES if settings.instant else 0)
    try:
        with raising_signals(), _plan_errors():
            pour(plain_lines(runs(settings, int(time.time())), settings, screen), output, settings.exit_after_time)
    finally:
        output.flush()
    return 0


@contextlib.contextmanager
def _awake(settings: Settings) -> Iterator[None]:
    """`--inhibit`: the screen stays on as long as the show runs."""
    if not settings.inhibit:
        yield
        return
    try:
        from wakepy import keep  # noqa: PLC0415 - an optional extra
    except ImportError:
        message = "--inhibit: needs an extra package: pip install 'pysim-llm[inhibit]'"
        raise UsageError(message) from None
    with keep.presenting(on_fail="pass") as mode:
        if not mode.active:
            _complain("--inhibit: this system offers no way to keep the screen awake; going on without", 0)
        yield
