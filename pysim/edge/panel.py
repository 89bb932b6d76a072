"""The panel of whoever is on call: what shows, what can be done about it now, and what each of it is expected to cost.

Arrows choose an action, tab the next thing that it can be given, left and right a value of that; digits write one.
"""

from collections.abc import Sequence

from pysim.story.choices import Argument, Choice
from pysim.story.oncall import Call, Result, Score
from pysim.terminal.ansi import Palette, clip, visible_width

_BRIEF_KEYS = "enter decide  esc go on  arrows  s score"
_CUT = "..."
KEYS = "enter decide  esc go on  up down action  tab < > 0-9 value  s score"
_NARROW_COLUMNS = 64  # below this an action has a few words only
_LONGEST = 9  # characters of a value
_FEWEST_ACTIONS = 1


class Panel:
    """What is offered, and what is chosen of it."""

    def __init__(self, calls: Sequence[Call], choices: Sequence[Choice], time_us: int) -> None:
        self._calls = calls
        self._choices = choices
        self._time_us = time_us
        self._chosen = self._focus = 0
        self._values: dict[tuple[str, str], str] = {}  # that were chosen or written
        self._refusal = ""
        self._score: Score | None = None

    @property
    def words(self) -> str:
        """The decision as it is written: what is as usual is left out."""
        choice = self._choices[self._chosen]
        given = ((each.name, self._value(choice, each)) for each in choice.arguments)
        return ",".join([choice.name, *(f"{name}={text}" for name, text in given if text)])

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be decided."""
        return not self._choices

    def press(self, key: str) -> None:
        """A key that chooses or writes; others mean nothing here."""
        self._refusal, self._score = "", None
        if not self._choices:
            return
        if key in _WAYS:
            self._chosen, self._focus = (self._chosen + _WAYS[key]) % len(self._choices), 0
            return
        arguments = self._choices[self._chosen].arguments
        if not arguments:
            return
        self._focus %= len(arguments)
        if key == "tab":
            self._focus = (self._focus + 1) % len(arguments)
        elif key in ("left", "right"):
            self._turn(arguments[self._focus], 1 if key == "right" else -1)
        elif key == "backspace" or key in "0123456789.":
            self._write(arguments[self._focus], key)

    def refuse(self, why: str) -> None:
        """It is not done; what was chosen stays."""
        self._refusal = why

    def tell(self, score: Score | None) -> None:
        """How it goes, until the next key."""
        self._score = score
        self._refusal = "" if score else "there is no score where nobody decides"

    def lines(self, columns: int, rows: int, palette: Palette) -> list[str]:
        """The panel, at most so many rows: what shows, the actions around the chosen one, what that is given and risks."""
        is_narrow = columns < _NARROW_COLUMNS
        head, foot = self._head(palette, is_narrow=is_narrow), self._foot(palette, is_narrow=is_narrow)
        room = max(rows - len(head) - len(foot), _FEWEST_ACTIONS)
        first = min(max(self._chosen - room + 1, 0), max(len(self._choices) - room, 0))
        shown = list(enumerate(self._choices))[first : first + room]
        body = [
            self._row(choice, palette, is_chosen=index == self._chosen, is_narrow=is_narrow) for index, choice in shown
        ]
        return [_cut(line, columns) for line in (*head, *body, *foot)][:rows]

    # What it says

    def _head(self, p: Palette, *, is_narrow: bool) -> list[str]:
        if not self._calls:
            return [f"{p.bold}on call{p.reset}: nothing {'waits' if is_narrow else 'shows that waits for a decision'}"]
        named = f"{p.bold}{p.yellow}on call{p.reset} "
        if is_narrow:
            return [f"{named}{self._brief_left(call)}{p.bold}{call.title}{p.reset}" for call in self._calls[-2:]]
        return [f"{named}{p.bold}{call.title}{p.reset}{self._left(call)}" for call in self._calls[-2:]]

    def _brief_left(self, call: Call) -> str:
        """First, as the title may be cut."""
        return "" if call.escalates_us is None else f"{self._minutes_left(call.escalates_us):.0f} min: "

    def _minutes_left(self, until_us: int) -> float:
        return max(until_us - self._time_us, 0) / 60e6

    def _left(self, call: Call) -> str:
        if call.escalates_us is None:
            return ""
        minutes = self._minutes_left(call.escalates_us)
        return f" {(self._time_us - call.since_us) / 60e6:.0f} min ago; escalates in {minutes:.0f}"

    def _row(self, choice: Choice, p: Palette, *, is_chosen: bool, is_narrow: bool) -> str:
        mark, title = ">" if is_chosen else " ", choice.name if is_narrow else choice.title
        row = f"{mark} {title}  {self._cost(choice)}"
        return f"{p.bold}{row}{p.reset}" if is_chosen else row

    def _cost(self, choice: Choice) -> str:
        costs = choice.costs
        minutes = "unknown time" if costs.minutes is None else f"{costs.minutes:.0f} min" if costs.minutes else ""
        redone = f"{costs.steps_redone:,} steps redone" if costs.steps_redone else ""
        usd = f"${costs.usd:,.0f}" if costs.usd else ""
        return ", ".join(filter(None, (minutes, redone, usd))) or "free"

    def _foot(self, p: Palette, *, is_narrow: bool) -> list[str]:
        if self._score:
            return list(_score_lines(self._score, is_narrow=is_narrow))
        if self._refusal:
            return [f"{p.red}{self._refusal}{p.reset}"]
        if not self._choices:
            return ["nothing is left to be decided"]
        choice = self._choices[self._chosen]
        given = [self._given(choice, each, p, is_focus=at == self._focus) for at, each in enumerate(choice.arguments)]
        risk = [f"{p.dim}{choice.costs.risk}{p.reset}"] if choice.costs.risk else []
        return [
            *([f"  {'  '.join(given)}"] if given else []),
            *risk,
            f"{p.dim}{_BRIEF_KEYS if is_narrow else KEYS}{p.reset}",
        ]

    def _given(self, choice: Choice, argument: Argument, p: Palette, *, is_focus: bool) -> str:
        text = self._value(choice, argument)
        usual = argument.values[0].text if argument.values and not argument.is_needed else ""
        listed = next((each.title for each in argument.values if each.text == (text or usual)), "")
        known = listed or argument.meaning(text) or f"{argument.least:g} to {argument.most:g}"
        shown = f"{argument.name} {text or usual or '?'}" + (f" ({known})" if known and is_focus else "")
        return f"{p.accent}[{shown}]{p.reset}" if is_focus else shown

    # What is chosen

    def _value(self, choice: Choice, argument: Argument) -> str:
        """What was chosen, or the likeliest where one is needed; empty for what is usual."""
        usual = argument.values[0].text if argument.values and argument.is_needed else ""
        return self._values.get((choice.name, argument.name), usual)

    def _turn(self, argument: Argument, by: int) -> None:
        texts = [each.text for each in argument.values]
        if not texts:
            return
        choice = self._choices[self._chosen]
        now = self._value(choice, argument) or texts[0]
        index = texts.index(now) if now in texts else -by
        self._values[choice.name, argument.name] = texts[(index + by) % len(texts)]

    def _write(self, argument: Argument, key: str) -> None:
        place = (self._choices[self._chosen].name, argument.name)
        known = {each.text for each in argument.values}
        before = self._values.get(place, "")
        before = "" if before in known and key != "backspace" else before
        self._values[place] = before[:-1] if key == "backspace" else (before + key)[:_LONGEST]


_WAYS = {"down": 1, "up": -1}


def _cut(line: str, columns: int) -> str:
    """A line that says so where it had to be cut."""
    return line if visible_width(line) <= columns else clip(line, columns - len(_CUT)) + _CUT


def _score_lines(score: Score, *, is_narrow: bool) -> Sequence[str]:
    named = (("you", score.own), ("the policy", score.automatic), ("nobody", score.nobody))
    lines = [f"{name:>10}: {_tally(tally, is_narrow=is_narrow)}" for name, tally in named]
    aims = [f"{'reached' if aim.is_reached else 'not yet'}: {aim.text}" for aim in score.aims]
    return [*lines, *(f"{'the goal' if at == 0 else '':>10}  {aim}" for at, aim in enumerate(aims))]


def _tally(tally: Result, *, is_narrow: bool) -> str:
    if is_narrow:
        return f"{tally.goodput:.1%}, {tally.steps_redone:,} redone, ${tally.usd:,.0f}"
    return f"goodput {tally.goodput:.1%}, step {tally.step:,}, {tally.steps_redone:,} redone, ${tally.usd:,.0f}"
