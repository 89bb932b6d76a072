"""What was asked for: raw text in, `Settings` out.

Raw text comes as (name, value) pairs, wherever it was split; `settle` reads it by the rows of `table` and lists what
was wrong. The command line stops at the first problem; the page takes the default instead and shows the problem.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from pysim.options import values
from pysim.options.option import Names, Option
from pysim.options.table import BY_NAME, MODEL, OPTIONS
from pysim.options.values import Compared, Decided, Injected, Position, Ungrouped, Wrong
from pysim.pretraining.planning.request import Request, offers
from pysim.views.names import COMPARE, DASHBOARD, LOG, SCROLLING, WATCHED
from pysim.wording import escaped, listed, nearest, quoted


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that could not be used. `message` completes the sentence that starts with the value, or with the option if None."""

    option: str
    value: str | None
    message: str

    def __str__(self) -> str:
        """One line that names the option, the value and what would be right."""
        return " ".join([f"--{self.option}:", *([] if self.value is None else [quoted(self.value)]), self.message])


_NOTHING_ASKED = Request()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All options, read: what is asked of a plan, and a field for each of the others. Defaults are the options' (a test compares them)."""

    request: Request = _NOTHING_ASKED
    start: int | Literal["now"] | None = None
    modules: Names = ()
    speed_factor: float = 1.0
    tempo: Literal["show", "real"] | float = "show"
    from_: Position | None = None
    until: Position | None = None
    inject: tuple[Injected, ...] = ()
    compare: tuple[Compared, ...] = ()
    on_call: bool = False
    decide: tuple[Decided, ...] = ()
    scenario: str | None = None
    instant: bool = False
    instant_print_lines: int = 0
    exit_after_time: float | None = None
    exit_after_modules: int | None = None
    view: str = "console"
    log_every: int | None = None
    node: int | Literal["all"] | None = None
    show: Names = ()
    size: tuple[int, int] | None = None
    color: str = "auto"
    inhibit: bool = False
    describe: bool = False
    json: bool = False
    list_modules: bool = False
    list_scenarios: bool = False
    print_completions: str | None = None
    print_manpage: bool = False
    version: bool = False
    help: bool = False

    def asking(self, now: int) -> Request:
        """What to ask of `choose_plan`; `now` (Unix seconds) is what `--start now` means."""
        return replace(self.request, start=now if self.start == values.NOW else self.start)

    @property
    def chooses_plan(self) -> bool:
        """Whether the options say what is trained, so that every run is of that kind."""
        return bool(self.request.given)


def settle(pairs: Iterable[tuple[str, str]]) -> tuple[Settings, tuple[Problem, ...]]:
    """Settings from (option name, text) pairs, all names known. A value that cannot be used leaves the default and a problem.

    The last value of an option counts; a repeatable option collects them.
    """
    read: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in _with_scenario(list(pairs)):
        option = BY_NAME[name]
        try:
            value = read_value(option, text)
            value = comparable(value) if isinstance(value, Compared) else value
        except ValueError as error:
            problems.append(Problem(name, text, str(error)))
            continue
        read[option.field] = (*read.get(option.field, ()), value) if option.repeatable else value
    if "compare" in read:
        read.setdefault("view", COMPARE)
    asked = {field: read.pop(field) for field, _ in offers() if field in read}
    settings, clashes = _without_clashes(Settings(request=Request(**asked), **read))
    return _with_panels(settings), (*problems, *clashes)


def _with_panels(settings: Settings) -> Settings:
    """Who wants a part that only the dashboard draws, or no log, wants the dashboard."""
    wanted = set(settings.show)
    is_drawn = wanted and not (LOG in wanted and wanted <= SCROLLING)
    return replace(settings, view=DASHBOARD) if is_drawn else settings


def _with_scenario(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The options of a scenario before those that are given, which outweigh them."""
    asked = next((text.strip().lower() for name, text in reversed(pairs) if name == "scenario"), None)
    if asked is None:
        return pairs
    from pysim.catalog.scenarios import scenarios  # noqa: PLC0415 - few shows have one

    scenario, given = scenarios().get(asked), {name for name, _ in pairs}
    return [*(pair for pair in scenario.options if pair[0] not in given), *pairs] if scenario else pairs


def read_value(option: Option, text: str) -> Any:  # noqa: ANN401 - the table says of which type
    """The value that `text` means; `Wrong`, completing "'text' ...", if it means none."""
    if option.choices:
        return _choose(option, text)
    try:
        return option.kind.parse(_bounded(text))
    except Ungrouped:
        message = f"is not {option.kind.wants}; a comma only stands between groups of three digits"
        raise Wrong(message) from None
    except (ValueError, ArithmeticError):
        message = f"is not {option.kind.wants}"
        raise Wrong(message) from None


_LONGEST_VALUE = 200  # characters; a parser may take a time that grows with their square


def comparable(asked: Compared) -> Compared:
    """What is asked for otherwise, with its value read; `Wrong` if that is no other policy for the same run."""
    name = _ALSO_CALLED.get(asked.name, asked.name)
    option = BY_NAME.get(name)
    if option is None or name not in COMPARABLE:
        raise Wrong(_incomparable(name, asked))
    if option.repeatable and not asked.written:
        return replace(asked, name=name)
    try:
        return replace(asked, name=name, value=read_value(option, asked.written))
    except ValueError as error:
        message = f"has {quoted(asked.written)}, which {error}"
        raise Wrong(message) from None


def _incomparable(name: str, asked: Compared) -> str:
    can = f"what can be compared is {listed(COMPARABLE, 'or')}"
    if name in _RUN:
        return f"makes another run, with other luck; {can}"
    if name in BY_NAME:
        return f"does not change how the run goes; {can}"
    closest = nearest(asked.name, COMPARABLE)
    return f"names no option; did you mean {closest}?" if closest else f"names no option; {can}"


_ALSO_CALLED = {"layout": "parallel"}
_RUN = ("preset", "model", "accelerator", "gpus", "dataset", "batch-tokens", "batch-ramp", "seed", "modules", "start")
"""What is trained on what, and its seed: all luck is drawn with it."""
_POLICIES = (
    "checkpoint-every",
    "spares",
    "watchdog",
    "incidents",
    "inject",
    "decide",
    "on-call",
)  # the likeliest first
COMPARABLE = (
    *_POLICIES,
    *(
        option.name
        for option in OPTIONS
        if option.group == MODEL and option.name not in (*_RUN, *_POLICIES, "grid-every")
    ),
)
"""What leaves a run the same run, on the same luck."""


def _bounded(text: str) -> str:
    if len(text) > _LONGEST_VALUE:
        raise ValueError(text)
    return text


def _choose(option: Option, text: str) -> str:
    names = option.names
    found = next((name for name in names if name == text.strip().lower()), None)
    if found is not None:
        return found
    closest = nearest(text, names)
    if closest:
        message = f"is not known; did you mean {closest!r}?"
    elif len(names) <= _MOST_NAMES_LISTED:
        message = f"is not known; it can be {listed(names, 'or')}"
    else:
        message = f"is not known; it can be one of {len(names)} names, such as {', '.join(names[:_FEW_NAMES])}"
    raise Wrong(message)


_MOST_NAMES_LISTED, _FEW_NAMES = 12, 4


def _without_clashes(settings: Settings) -> tuple[Settings, list[Problem]]:
    """Options that exclude or need one another: the one named in the problem goes back to its default."""
    clashes = [problem for problem in (rule(settings) for rule in _RULES) if problem]
    defaults = {BY_NAME[problem.option].field: BY_NAME[problem.option].default for problem in clashes}
    kept = replace(settings, **defaults)  # type: ignore[arg-type]  # defaults are of their fields' types (a test compares them)
    return replace(kept, view=BY_NAME["view"].default) if _is_alone(kept) else kept, clashes  # type: ignore[arg-type]  # the same


def _is_alone(settings: Settings) -> bool:
    """Whether a comparison is asked for and nothing to compare with."""
    return settings.view == COMPARE and not settings.compare


def _preset_is_a_module(settings: Settings) -> Problem | None:
    preset = settings.request.preset
    if preset is None or not settings.modules:
        return None
    return Problem(
        "modules", ", ".join(settings.modules), f"cannot be combined with --preset {preset}: give one of them"
    )


def _compares_few(settings: Settings) -> Problem | None:
    if len(settings.compare) <= MOST_COMPARED:
        return None
    return Problem("compare", None, f"{len(settings.compare)} are too many at once; try at most {MOST_COMPARED}")


def _compares_something(settings: Settings) -> Problem | None:
    if not _is_alone(settings):
        return None
    return Problem("view", COMPARE, "needs something to compare with, such as --compare checkpoint-every=500")


def _json_describes(settings: Settings) -> Problem | None:
    if settings.json and not settings.describe and settings.view != COMPARE:
        return Problem("json", None, "belongs to --describe and --compare; for a run as JSON lines use --view events")
    return None


def _until_follows_from(settings: Settings) -> Problem | None:
    start, end = settings.from_, settings.until
    if start is None or end is None or start.unit != end.unit or start.value < end.value + (end.unit == "step"):
        return None
    return Problem("until", end.text, f"is not after --from {escaped(start.text)}")


def _parts_are_seen(settings: Settings) -> Problem | None:
    if settings.show and settings.view not in WATCHED:
        return Problem(
            "show", ",".join(settings.show), f"cannot be combined with --view {settings.view}, which is no screen"
        )
    return None


MOST_COMPARED = 3
_RULES = (
    _compares_few,
    _compares_something,
    _preset_is_a_module,
    _json_describes,
    _until_follows_from,
    _parts_are_seen,
)


@lru_cache(maxsize=8)
def parse_query(query: str, page_names: tuple[str, ...] = ()) -> tuple[Settings, tuple[Problem, ...]]:
    """Settings from a URL's query string; `page_names` are names in it that belong to the page and are passed over.

    A bad value is replaced by its default and named, so is a name that is no option of the page. An empty value is no value
    (a form sends its empty fields) except for a flag, where it means on.
    """
    from urllib.parse import parse_qsl  # noqa: PLC0415 - only the page needs it

    pairs: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        name = key.strip().lower().replace("_", "-")
        option = BY_NAME.get(name)
        if name in page_names or (option and not value and not option.is_flag):
            continue
        if option and option.on_page:
            wrong_here = _not_among(option, value)
            pairs += [] if wrong_here else [(name, value)]
            problems += [Problem(name, value, wrong_here)] if wrong_here else []
        else:
            problems.append(Problem(escaped(name), None, _not_on_page(name)))
    settings, wrong = settle(pairs)
    return settings, (*problems, *wrong)


def _not_among(option: Option, text: str) -> str:
    """Why the page has not this choice of an option; empty if it has."""
    if not option.page_choices:
        return ""
    try:
        _choose(replace(option, choices=option.page_choices), text)
    except Wrong as wrong:
        return str(wrong)
    return ""


def _not_on_page(name: str) -> str:
    if name in BY_NAME:
        return "belongs to the command line, not to the page"
    closest = nearest(name, [option.name for option in OPTIONS if option.on_page])
    return f"is no option; did you mean --{closest}?" if closest else "is no option"


def form() -> list[dict[str, Any]]:
    """The page's form: one entry per option that the page takes, ready for JSON."""
    return [
        {
            "name": option.name,
            "group": option.group,
            "help": option.help,
            "control": option.kind.control,
            "kind": option.kind.name,
            "wants": option.kind.wants,
            "placeholder": option.metavar,
            "choices": list(option.page_choices or option.names),
            "repeatable": option.repeatable,
            "default": list(option.default) if isinstance(option.default, tuple) else option.default,
        }
        for option in OPTIONS
        if option.on_page
    ]
