"""What crosses the border between the core and the page, as types: each name, shape and limit is written here once.

The page's `web/src/generated` is made of this module by `make protocol`; a test compares the two. What crosses
is JSON of these types, and text. Nothing here runs; add a field here, make the file anew, and both compilers find its uses.
"""

from typing import Literal, Protocol, TypedDict, get_args

from pysim.edge.controls import FAR_SKIP_SHOW_SECONDS, KEYS, SKIP_SHOW_SECONDS
from pysim.show.work import Work
from pysim.story.chapters import ChapterKind
from pysim.story.choices import ActionName, ArgumentName
from pysim.story.explanation import SubjectKind
from pysim.story.marks import MarkKind, PassageKind
from pysim.story.moment import Phase
from pysim.story.news import NewsKind
from pysim.story.oncall import CallKind
from pysim.views.names import PARTS as PART_NAMES

# Commands of a session. The argument is always text.
MoveName = Literal[
    "seek",
    "seek-fraction",
    "skip",
    "chapter",
    "incident",
    "goto",
    "restart",
    "seed",
    "inject",
    "decide",
    "play-until",
    "view",
    "zoom",
]  # to another place, run, future or look
ControlName = Literal["pause", "resume", "speed", "resize", "loop"]
CommandName = Literal[MoveName, ControlName]

# Names in the query string that belong to the page itself; all others are options of the command line.
PageOption = Literal[
    "autoplay", "controls", "theme", "fontsize", "poster", "loop", "loading", "notes", "caption", "credit", "border"
]
PAGE_OPTIONS: tuple[str, ...] = get_args(PageOption)

# The parts of a screen that can be all that is wanted; the timeline is the page's own.
PARTS: tuple[str, ...] = PART_NAMES

# What the page's speed menu covers, in show seconds per second.
SLOWEST, FASTEST = 0.1, 10_000.0

# The keys of the page and of a terminal are the same, as far as each can have them.
SKIP_SECONDS, FAR_SKIP_SECONDS = SKIP_SHOW_SECONDS, FAR_SKIP_SHOW_SECONDS
KEY_HELP: tuple[tuple[str, str], ...] = tuple((key.on_page, key.meaning) for key in KEYS if key.on_page)

# A terminal's is another: on the page that copies.
ON_CALL_KEY = "o"


class Call(TypedDict):
    """Something shows that somebody may have to do something about; when somebody else will, if nobody decides; null for never."""

    number: int
    kind: CallKind
    title: str
    since_seconds: float
    escalates_seconds: float | None


ToldKind = Literal[NewsKind, "validation", "checkpoint"]


class Values(TypedDict):
    """What a run is like at a moment: as the last step had it, null before the first; goodput is a share of the time so far."""

    loss: float | None
    learning_rate: float | None
    grad_norm: float | None
    tokens_per_second: float | None
    goodput: float


class State(TypedDict):
    """Where a show is. Run and show seconds are the two clocks; the steps are data steps; the query asks for this very run."""

    run_seconds: float
    total_seconds: float
    expected_seconds: (
        float  # of the whole run, by all that who watches may know: on call nobody knows how long the night will be
    )
    show_seconds: float
    total_show_seconds: float
    speed: float
    paused: bool
    ended: bool
    phase: Phase
    title: str
    query: str
    status: str
    step: int
    total_steps: int
    live_rows: int  # of the screen, at its end, that are no log
    on_call: bool  # whether what goes wrong waits for a decision
    calls: list[Call]  # that wait for one now
    stopped_for: int  # the number of the call that the show has stopped for and stands at; 0 for none. `resume` goes on
    values: Values


class Problem(TypedDict):
    """A value of the query string that was refused, and why; the value is null where no single one is to blame."""

    option: str
    value: str | None
    message: str


class Chapter(TypedDict):
    """A place in the run to jump to."""

    run_seconds: float
    fraction: float
    kind: ChapterKind
    title: str


CurvePoint = tuple[float, float]  # place in the run from 0 to 1, loss


class Mark(TypedDict):
    """A marked moment of the timeline. Of an incident also what it was, where, when somebody noticed and when it was over; else empty, 0 or null."""

    run_seconds: float
    fraction: float
    kind: MarkKind
    title: str
    number: int
    cause: str
    place: str
    noticed_seconds: float | None
    over_seconds: float | None


class Passage(TypedDict):
    """Time in which a run does not get on as planned, in seconds and as places in the run from 0 to 1. Between passages it trains."""

    kind: PassageKind
    begin_seconds: float
    end_seconds: float
    begin: float
    end: float


class Story(TypedDict):
    """What is drawn behind the slider; it changes with the run, not with time."""

    chapters: list[Chapter]
    marks: list[Mark]
    passages: list[Passage]
    curve: list[CurvePoint]


class OptionField(TypedDict):
    """One option of the page's form."""

    name: str
    group: str
    help: str
    control: Literal["checkbox", "select", "number", "text"]
    kind: str
    wants: str
    placeholder: str
    choices: list[str]
    repeatable: bool
    default: object


class PresetEntry(TypedDict):
    """A preset in the page's form: what it is, its first run in a few words, and how that run's loss falls."""

    name: str
    title: str
    summary: str
    run: str
    curve: list[CurvePoint]


class ScenarioEntry(TypedDict):
    """A situation to be on call in: what is known beforehand, and what is to be reached."""

    name: str
    title: str
    briefing: str
    goal: str


class Form(TypedDict):
    """The page's form."""

    options: list[OptionField]
    presets: list[PresetEntry]
    scenarios: list[ScenarioEntry]


class Trouble(TypedDict):
    """Something that can be let happen in the run on show."""

    name: str
    title: str
    hits: str


class ExplainedNumber(TypedDict):
    """A number of an explanation: as people write it, what it means, and the formula with this run's numbers put in; empty where it has none."""

    name: str
    text: str
    formula: str
    meaning: str


class Reading(TypedDict):
    """Where to read more."""

    title: str
    url: str


class Explanation(TypedDict):
    """What something on the screen is. `known` is what an operator can know of an incident by then; `truth` what nobody can: on request only."""

    subject: SubjectKind
    name: str
    title: str
    about: str
    run_seconds: float
    numbers: list[ExplainedNumber]
    better: str
    known: list[str]
    truth: list[str]
    read: list[Reading]


class News(TypedDict):
    """An incident that somebody has noticed, that the job is up again after it and what it cost, or work that is done; told as the show passes it.

    Of work the place, the cause and the costs are empty; a validation has its loss, if that is a number.
    """

    run_seconds: float
    kind: ToldKind
    number: int
    cause: str
    title: str
    place: str
    step: int
    lost_seconds: float
    steps_redone: int
    validation_loss: float | None
    values: Values


class CurveRow(TypedDict):
    """A completed step, what it was like, when it ended, and the last held-out loss of those up to it since the row before."""

    step: int
    run_seconds: float
    loss: float | None
    learning_rate: float | None
    grad_norm: float | None
    tokens_per_second: float | None
    validation_loss: float | None


class CurveAnswer(TypedDict):
    """Why there is no curve, or nothing; and the curve."""

    refusal: str
    points: list[CurveRow]


class EventsAnswer(TypedDict):
    """Why there are no events, or nothing; and the events with their fields, as in `--view events`."""

    refusal: str
    events: list[object]


class PlaceAnswer(TypedDict):
    """Where a place is in the run, or why nowhere."""

    refusal: str
    run_seconds: float | None
    fraction: float | None


class ChoiceValue(TypedDict):
    """One value that an argument of a decision can have, as it is written, and what it means."""

    text: str
    title: str


class ChoiceArgument(TypedDict):
    """What a decision can be given, as name=value; the first value is meant where it is not needed and none is given."""

    name: ArgumentName
    title: str
    values: list[ChoiceValue]
    is_needed: bool
    least: float
    most: float


class Choice(TypedDict):
    """An action that the moment offers. What it is expected to cost: null where nobody can say; the risk is empty where there is none."""

    name: ActionName
    title: str
    minutes: float | None
    steps_redone: int | None
    usd: float | None
    risk: str
    arguments: list[ChoiceArgument]


class Offers(TypedDict):
    """What waits for a decision, and what can be decided now: `decide` takes a choice's name and ,name=value for each argument."""

    calls: list[Call]
    choices: list[Choice]


class Tally(TypedDict):
    """How a run went up to a moment."""

    goodput: float
    usd: float
    interruptions: int
    steps_redone: int
    step: int
    seconds: float
    is_over: bool
    loss: float | None


class Aim(TypedDict):
    """A part of a scenario's goal, and what it is so far for whoever decides and under the automatic policy; null: not known yet."""

    text: str
    own: float | None
    automatic: float | None
    is_reached: bool
    is_reached_by_policy: bool


class Score(TypedDict):
    """How whoever is on call does, beside the automatic policy and beside nobody, for the same luck. Without a scenario the title is empty."""

    run_seconds: float
    own: Tally
    automatic: Tally
    nobody: Tally
    decisions: int
    title: str
    aims: list[Aim]


class Suggestion(TypedDict):
    """Something to compare the run on show with: as `compare` takes it, and in words."""

    change: str
    title: str


class WeighedRun(TypedDict):
    """One run of a comparison: its letter, what is asked for otherwise, and what became otherwise with it; empty for the first."""

    letter: str
    change: str
    with_it: list[str]


class WeighedRow(TypedDict):
    """A quantity: for each column its value or difference as it is shown."""

    name: str
    cells: list[str]


class WeighedBlock(TypedDict):
    """A part of the table: so far, or at the end."""

    title: str
    heads: list[str]
    rows: list[WeighedRow]


class Weighing(TypedDict):
    """What is worth comparing with the run on show, and what it is compared with: no blocks where that is nothing."""

    suggestions: list[Suggestion]
    runs: list[WeighedRun]
    blocks: list[WeighedBlock]


RecordedFrame = tuple[float, str, float]  # show seconds, text, run seconds


class Poster(TypedDict):
    """What is known of the first run of a show before it is computed here: a picture for the play button."""

    title: str
    cluster: str
    total_seconds: float
    total_steps: int
    curve: list[CurvePoint]


class Recorded(TypedDict):
    """The beginning of a show, for a screen of that size; title and length are the run's, as in its state."""

    columns: int
    rows: int
    live_rows: int
    seconds: float
    title: str
    total_seconds: float
    frames: list[RecordedFrame]


class Session(Protocol):
    """A show as the page's worker has it: text and numbers in, text out."""

    @property
    def problems(self) -> str:
        """Values of the query string that could not be used: JSON of a list of `Problem`."""

    def frame(self, wall_seconds: float, /) -> str:
        """Text to write after that much time."""

    def framing(self, wall_seconds: float, /) -> Work[str]:
        """The same as `frame`, bit by bit."""

    def command(self, name: str, argument: str, /) -> str:
        """Do what a control asks for; text to write."""

    @property
    def refusal(self) -> str:
        """Why what was asked for last does not happen, as one line; empty if it does."""

    def meaning(self, words: str, /) -> str:
        """What a value means that is written for a decision, as `drain,node=12`: one line; empty where it means no more than it says."""

    def possible(self, typed: str, /) -> str:
        """What can be let happen in the run on show and is meant by some letters: JSON of a list of `Trouble`, the likeliest first."""

    def curve(self, asked: str, /) -> str:
        """JSON of a `CurveAnswer` to a JSON list: how many points, from which place to which; an empty place is the run's own end."""

    def events(self, asked: str, /) -> str:
        """JSON of an `EventsAnswer` to a JSON list of two places."""

    def places(self, asked: str, /) -> str:
        """JSON of a list of `PlaceAnswer` to one of places."""

    def explain(self, wish: str, /) -> str:
        """JSON of `Explanation`, or null where there is nothing.

        `row UP COLUMN`: a cell, its row counted up from the last one, through the log above the screen; `at SECONDS` of run time, or
        `place WORDS` (a step or a time): what was told last by then; no words: by now.
        """

    def reading(self, cell: str, /) -> str:
        """What a chart has at a cell, as in `row UP COLUMN` but without the word: one line; empty where there is no chart or nothing is known."""

    def weighing(self) -> str:
        """What the run on show is and can be compared with: JSON of `Weighing`."""

    def offers(self) -> str:
        """What can be decided now: JSON of `Offers`."""

    def score(self) -> str:
        """How the decisions so far do: JSON of `Score`, or null where nobody is on call and nothing was decided."""

    def state(self) -> str:
        """JSON of `State`."""

    def news(self) -> str:
        """What the show has passed since this was last asked: JSON of a list of `News`."""

    def story(self, points: int, /) -> str:
        """JSON of `Story`, the curve with that many points."""

    def telling_story(self, points: int, /) -> Work[str]:
        """The same as `story`, bit by bit."""

    def asciicast(self) -> str:
        """The last minutes of the show up to now, as an asciicast file."""

    def log(self) -> str:
        """What the view on show has told of the run up to now, every line whole, as a file has it; of a long show the end."""
