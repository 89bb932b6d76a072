"""What crosses the border to the page, in its shapes: each function makes a thing of the core's into one of `protocol`'s."""

from pysim.edge import protocol
from pysim.edge.passing import Work
from pysim.story.choices import Argument, Choice
from pysim.story.events import ValidationCompleted
from pysim.story.explanation import Explanation
from pysim.story.marks import Mark, Passage
from pysim.story.moment import Moment
from pysim.story.news import News
from pysim.story.oncall import Aim, Result, Score
from pysim.story.story import Story
from pysim.views.dashboard.figures import goodput


def explained(explanation: Explanation) -> protocol.Explanation:
    """An explanation."""
    return {
        "subject": explanation.subject,
        "name": explanation.name,
        "title": explanation.title,
        "about": explanation.about,
        "run_seconds": explanation.time_us / 1e6,
        "numbers": [
            {"name": each.name, "text": each.text, "formula": each.formula, "meaning": each.meaning}
            for each in explanation.numbers
        ],
        "better": explanation.better,
        "known": list(explanation.known),
        "truth": list(explanation.truth),
        "read": [{"title": source.title, "url": source.url} for source in explanation.read],
    }


def fraction(time_us: int, story: Story) -> float:
    """How far into a run that is, from 0 to 1."""
    return round(time_us / story.end_us, 6)


def values(now: Moment) -> protocol.Values:
    """What a run is like at a moment."""
    last = now.last
    return {
        "loss": None if last is None else last.loss,
        "learning_rate": None if last is None else last.learning_rate,
        "grad_norm": None if last is None else last.grad_norm,
        "tokens_per_second": None if last is None else last.tokens_per_second,
        "goodput": round(goodput(now), 6),
    }


def told(each: News | Work, story: Story) -> protocol.News:
    """What was passed, with what the run was like then."""
    now = values(story.moment(each.time_us))
    if isinstance(each, News):
        return {
            "run_seconds": each.time_us / 1e6,
            "kind": each.kind,
            "number": each.number,
            "cause": each.cause,
            "title": each.title,
            "place": each.place,
            "step": each.step,
            "lost_seconds": each.lost_seconds,
            "steps_redone": each.steps_redone,
            "validation_loss": None,
            "values": now,
        }
    return {
        "run_seconds": each.time_us / 1e6,
        "kind": "validation" if isinstance(each.done, ValidationCompleted) else "checkpoint",
        "number": 0,
        "cause": "",
        "title": each.chapter.title,
        "place": "",
        "step": each.done.step,
        "lost_seconds": 0.0,
        "steps_redone": 0,
        "validation_loss": each.done.loss if isinstance(each.done, ValidationCompleted) else None,
        "values": now,
    }


def mark(mark: Mark, story: Story) -> protocol.Mark:
    """A mark on the timeline."""
    return {
        "run_seconds": mark.time_us / 1e6,
        "fraction": fraction(mark.time_us, story),
        "kind": mark.kind,
        "title": mark.title,
        "number": mark.number,
        "cause": mark.cause,
        "place": mark.place,
        "noticed_seconds": None if mark.noticed_us is None else mark.noticed_us / 1e6,
        "over_seconds": None if mark.over_us is None else mark.over_us / 1e6,
    }


def passage(passage: Passage, story: Story) -> protocol.Passage:
    """A stretch of the timeline."""
    return {
        "kind": passage.kind,
        "begin_seconds": passage.begin_us / 1e6,
        "end_seconds": passage.end_us / 1e6,
        "begin": fraction(passage.begin_us, story),
        "end": fraction(passage.end_us, story),
    }


def calls(now: Moment) -> list[protocol.Call]:
    """What waits for a decision at a moment."""
    return [
        {
            "number": call.number,
            "kind": call.kind,
            "title": call.title,
            "since_seconds": call.since_us / 1e6,
            "escalates_seconds": None if call.escalates_us is None else call.escalates_us / 1e6,
        }
        for call in now.calls
    ]


def choice(choice: Choice) -> protocol.Choice:
    """What can be decided."""
    costs = choice.costs
    return {
        "name": choice.name,
        "title": choice.title,
        "minutes": costs.minutes,
        "steps_redone": costs.steps_redone,
        "usd": costs.usd,
        "risk": costs.risk,
        "arguments": [_argument(argument) for argument in choice.arguments],
    }


def _argument(argument: Argument) -> protocol.ChoiceArgument:
    return {
        "name": argument.name,
        "title": argument.title,
        "values": [{"text": value.text, "title": value.title} for value in argument.values],
        "is_needed": argument.is_needed,
        "least": argument.least,
        "most": argument.most,
    }


def score(score: Score) -> protocol.Score:
    """How decisions do."""
    return {
        "run_seconds": score.time_us / 1e6,
        "own": _tally(score.own),
        "automatic": _tally(score.automatic),
        "nobody": _tally(score.nobody),
        "decisions": score.decisions,
        "title": score.title,
        "aims": [_aim(aim) for aim in score.aims],
    }


def _tally(tally: Result) -> protocol.Tally:
    return {
        "goodput": tally.goodput,
        "usd": tally.usd,
        "interruptions": tally.interruptions,
        "steps_redone": tally.steps_redone,
        "step": tally.step,
        "seconds": tally.seconds,
        "is_over": tally.is_over,
        "loss": tally.loss,
    }


def _aim(aim: Aim) -> protocol.Aim:
    return {
        "text": aim.text,
        "own": aim.own,
        "automatic": aim.automatic,
        "is_reached": aim.is_reached,
        "is_reached_by_policy": aim.is_reached_by_policy,
    }
