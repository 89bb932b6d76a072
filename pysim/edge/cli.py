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

from pysim.edge.complaints import FaultError, complain, plan_errors
from pysim.edge.controls import ON_CALL_KEY
from pysim.edge.display import Place, misfit, screen_for, unfit
from pysim.edge.output import Output, Vanished, terminal_size
from pysim.edge.signals import Ended, exit_code, raising_signals, unheard_signals
from pysim.edge.system import system
from pysim.edge.watch import ENDING_KEYS, open_and_watch
from pysim.options.commandline import COMMANDS, UsageError, parse
from pysim.options.settings import Settings
from pysim.terminal.screen import Screen
from pysim.views.names import COMPARE

STDOUT = 1
HELD_BYTES = 65_536  # what an instant run collects before it writes
_LINE_GONE = (errno.EIO, errno.ENXIO)  # what writing to a terminal that is gone says


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pysim; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        return _run(words)
    except (UsageError, FaultError) as error:
        return complain(str(error), 2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        return _exit_code("SIGINT")
    except Ended as ended:
        return _exit_code(ended.name)
    except Vanished as vanished:
        return _vanished(vanished)
    except ImportError as error:
        return _without_numpy(error)


def _run(words: Sequence[str]) -> int:
    """A command with options of its own, or what the options ask for."""
    if words and words[0] in COMMANDS:
        with system().console():
            return _obey(_COMMANDS[words[0]], words[1:])
    settings = parse(words)
    with system().console():
        return _answer(settings)


def _obey(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    try:
        with raising_signals():
            return command(arguments)
    except Ended as ended:  # what was stopped is not there, whoever stopped it
        return exit_code(ended.name)


def _export(arguments: Sequence[str]) -> int:
    from pysim.edge.exporting import export  # noqa: PLC0415 - see the top

    return export(arguments)


def _corpus(arguments: Sequence[str]) -> int:
    from pysim.edge.corpora import corpus  # noqa: PLC0415 - see the top

    return corpus(arguments)


_COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {"export": _export, "corpus": _corpus}


def _exit_code(name: str | None) -> int:
    """By the key or the signal that ended the show: whoever sees it on a terminal stops it with Ctrl-C as well as with q."""
    if name is None or name in ENDING_KEYS:
        return 0
    return 0 if name == "SIGINT" and os.isatty(STDOUT) else exit_code(name)


def _without_numpy(error: ImportError) -> int:
    """Nothing but NumPy can be missing; whatever else cannot be imported is a fault."""
    try:
        import numpy  # noqa: F401, ICN001, PLC0415 - only to see whether it is there
    except ImportError as missing:
        return complain(f"needs NumPy, which cannot be imported ({_first_line(missing)}); try pip install numpy", 1)
    raise error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _vanished(vanished: Vanished) -> int:
    if vanished.errno in system().CLOSED_PIPE:
        return 0
    if vanished.errno in _LINE_GONE:
        return exit_code("SIGHUP")
    return complain(f"cannot write to standard output: {vanished.strerror}", 1)


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
    from pysim.kinds import modules  # noqa: PLC0415 - see the top
    from pysim.views.describe import module_list  # noqa: PLC0415 - see the top

    return module_list({name: module.summary for name, module in modules().items()})


def _scenarios(_settings: Settings) -> str:
    from pysim.catalog.scenarios import scenarios  # noqa: PLC0415 - see the top
    from pysim.views.describe import scenario_list  # noqa: PLC0415 - see the top

    listed = scenarios().values()
    return scenario_list([(each.name, each.title, each.briefed(ON_CALL_KEY), each.goal) for each in listed])


def _description(settings: Settings) -> str:
    from pysim.pretraining.kind import PRETRAINING  # noqa: PLC0415 - see the top
    from pysim.views.describe import description_json, description_text  # noqa: PLC0415 - see the top

    with plan_errors():
        from pysim.edge.playlist import plans  # noqa: PLC0415 - see the top

        plan = next(plans(settings, int(time.time())))
    _say_what_is_rounded(settings)
    return (description_json if settings.json else description_text)(PRETRAINING.describe(plan))


_ANSWERS: tuple[tuple[Callable[[Settings], object], Callable[[Settings], str]], ...] = (
    (lambda settings: settings.help, _help),
    (lambda settings: settings.version, _version),
    (lambda settings: settings.print_completions, _completions),
    (lambda settings: settings.print_manpage, _manpage),
    (lambda settings: settings.list_modules, _modules),
    (lambda settings: settings.list_scenarios, _scenarios),
    (lambda settings: settings.describe, _description),
)


def _output(held_bytes: int = 0) -> Output:
    return Output(STDOUT, system().encoding(), held_bytes)


def _screen(settings: Settings, environment: Mapping[str, str]) -> Screen:
    is_terminal = os.isatty(STDOUT)
    moves = is_terminal and system().moves()
    return screen_for(settings, Place(is_terminal, system().encoding(), terminal_size(STDOUT), moves), environment)


def _say_what_is_rounded(settings: Settings) -> None:
    from pysim.edge.playlist import notes  # noqa: PLC0415 - see the top

    with plan_errors():
        for note in notes(settings, int(time.time())):
            complain(str(note))


def _play(settings: Settings) -> int:
    """The show, on a terminal or as plain lines."""
    with unheard_signals():
        import numpy  # noqa: F401, ICN001, PLC0415 - see the top; whoever comes next finds it loaded
    _say_what_is_rounded(settings)
    with _awake(settings):
        screen = _screen(settings, os.environ)
        refusal = unfit(settings, screen)
        if refusal:
            raise UsageError(refusal)
        if settings.view == COMPARE and (settings.json or not screen.live):
            _output().write(_comparison(settings))
            return 0
        return _play_live(settings, screen) if screen.live else _play_plain(settings, screen)


def _comparison(settings: Settings) -> str:
    """The table, at `--from` or `--until` and at the end."""
    from pysim.edge.playlist import stories  # noqa: PLC0415 - see the top
    from pysim.edge.staging import moment_of  # noqa: PLC0415 - see the top
    from pysim.views.compare.table import table_json, table_text  # noqa: PLC0415 - see the top

    with plan_errors():
        story = next(stories(settings, int(time.time())))
        return (table_json if settings.json else table_text)(story, moment_of(story, settings))


def _play_live(settings: Settings, screen: Screen) -> int:
    from pysim.edge.programme import Programme  # noqa: PLC0415 - see the top
    from pysim.edge.staging import opening  # noqa: PLC0415 - see the top

    with plan_errors():
        programme = Programme(settings, int(time.time()))
        opened = opening(programme.stories(), settings, screen, programme)
    note = misfit(settings, screen)
    if note:
        complain(note)
    _brief(settings)
    with system().terminal(_output(), lambda: _screen(settings, os.environ)) as terminal:
        return _exit_code(open_and_watch(opened, terminal, settings.exit_after_time))


def _brief(settings: Settings) -> None:
    """What is known of a scenario beforehand, above the show."""
    if not settings.scenario:
        return
    from pysim.catalog.scenarios import scenarios  # noqa: PLC0415 - see the top

    scenario = scenarios()[settings.scenario]
    complain(f"{scenario.title}. {scenario.briefed(ON_CALL_KEY)} Goal: {scenario.goal}.")


def _play_plain(settings: Settings, screen: Screen) -> int:
    from pysim.edge.playlist import stories  # noqa: PLC0415 - see the top
    from pysim.edge.staging import plain_lines  # noqa: PLC0415 - see the top
    from pysim.show.lines import pour  # noqa: PLC0415 - see the top

    output = _output(HELD_BYTES if settings.instant else 0)
    try:
        with raising_signals(), plan_errors():
            pour(plain_lines(stories(settings, int(time.time())), settings, screen), output, settings.exit_after_time)
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
            complain("--inhibit: this system offers no way to keep the screen awake; going on without")
        yield
