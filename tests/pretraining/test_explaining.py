"""Everything that is printed has an explanation, nothing else has one, and whoever works a formula out gets the number beside it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, replace

import pytest
from auditor.description import evaluate, on_a_calculator, read_quantity
from explained import DRILL, printed_fields, samples, story_of
from plans import CLASSIC, TINY
from random_failures import failing_run
from random_plans import random_plan
from thorough import sampled

from pysim.catalog.explanations import explanations
from pysim.catalog.incidents import causes
from pysim.pretraining.explaining import cases
from pysim.pretraining.explaining.compose import BEHIND, RECKONINGS, rows_behind, rows_of
from pysim.pretraining.explaining.parts import PARTS
from pysim.pretraining.injection import Injection
from pysim.pretraining.story import PretrainingStory, tell
from pysim.story import events as ev
from pysim.story.events import Event
from pysim.story.explanation import Subject, of_event
from pysim.story.kind import Row
from pysim.views.dashboard.spots import OF_THE_LAST_STEP

TEXTS = explanations()
OF_DASHBOARDS = {"StepCompleted": frozenset(OF_THE_LAST_STEP.values())}
ROUNDED = 1e-5  # of a mean that was rounded to a microsecond


def worked_out(rows: Iterable[Row]) -> tuple[int, list[str]]:
    """How many have a formula, and those of which it makes something else."""
    count, found = 0, []
    for row in rows:
        if row.section == "line":
            both = (read_quantity(asdict(row)), evaluate(row.formula, rounds=False).low) if row.formula else None
        else:
            both = on_a_calculator(asdict(row))
        if both is not None:
            count += 1
            printed, made = both
            if not printed.low - ROUNDED * abs(made) <= made <= printed.high + ROUNDED * abs(made):
                found.append(f"{row.name}: {row.text} is not {row.formula}: {made:.9g}")
    return count, found


# Texts


def test_all_that_is_printed_is_explained_and_nothing_else() -> None:
    assert TEXTS.events.keys() == printed_fields().keys()
    assert TEXTS.parts.keys() == PARTS.keys()
    assert TEXTS.causes.keys() == causes().keys()


@pytest.mark.parametrize("kind", sorted(TEXTS.events))
def test_every_number_of_a_line_has_a_meaning(kind: str) -> None:
    printed = printed_fields()[kind] | OF_DASHBOARDS.get(kind, frozenset())
    assert {name for name in printed if not TEXTS.meaning(kind, name)} == set()
    reckoned = {row.name for story, event in samples()[kind] for row in rows_of(story.run, event)}
    assert {name for name in reckoned if not TEXTS.meaning(kind, name)} == set()
    assert TEXTS.events[kind].fields.keys() - printed - reckoned == set()


def test_no_meaning_is_there_for_nothing() -> None:
    printed = {name for names in printed_fields().values() for name in names}
    reckoned = {row.name for rows in samples().values() for story, event in rows for row in rows_of(story.run, event)}
    of_cases = {"lost_so_far", "hours_so_far", "usd_so_far", "steps_to_redo", "lost"}
    assert TEXTS.fields.keys() - printed - reckoned - of_cases == set()


def test_every_text_is_a_sentence_or_more_and_says_where_to_read_on() -> None:
    texts = [*TEXTS.events.values(), *TEXTS.parts.values(), *TEXTS.causes.values()]
    assert all(text.title and text.about.endswith(".") for text in texts)
    assert all(text.better.endswith(".") for text in texts if text.better)
    assert all(text.better and text.read for text in TEXTS.causes.values())
    meanings = [*TEXTS.fields.values(), *(each for text in texts for each in text.fields.values())]
    assert all(meaning.endswith(".") for meaning in meanings)
    used = {reading.url for text in texts for reading in text.read}
    assert used == {reading.url for reading in TEXTS.readings.values()}
    assert all(re.fullmatch(r"https://[\w./-]+", reading.url) for reading in TEXTS.readings.values())


# Formulas


@pytest.mark.parametrize("kind", sorted(TEXTS.events))
def test_each_formula_makes_what_stands_beside_it(kind: str) -> None:
    count = 0
    for story, event in samples()[kind]:
        worked, wrong = worked_out([*rows_of(story.run, event), *rows_behind(story.run, kind)])
        assert wrong == []
        count += worked
    has_formulas = {kind.__name__ for kind in RECKONINGS}
    assert (count > 0) == (kind in has_formulas or any(rows_behind(story_of(CLASSIC).run, kind)))


def told_at_several_moments(story: PretrainingStory) -> Iterator[Event]:
    end_us, step_us = story.end_us, round(story.header.step_seconds * 1e6)
    yield from story.narrate(0, story.run.timeline.start_us + 3 * step_us)
    for part in (0.1, 0.37, 0.8):
        since_us = round(end_us * part)
        yield from story.narrate(since_us, since_us + 3 * step_us)
        yield from story.narrate(since_us, since_us + 25 * step_us, 10)
    yield from story.narrate(story.run.timeline.end_us - step_us)


def wrong_in(story: PretrainingStory) -> list[str]:
    found = []
    for event in told_at_several_moments(story):
        worked, wrong = worked_out(rows_of(story.run, event))
        found += [f"{type(event).__name__} {each}" for each in wrong]
        assert worked <= len(fields(event)) + 2
    for part in (0.0, 0.001, 0.1, 0.5, 0.999, 1.0):
        now = story.moment(round(story.end_us * part))
        for name, reckon in PARTS.items():
            found += [f"{name} {each}" for each in worked_out(reckon(story.run, now))[1]]
    return found


@pytest.mark.parametrize("seed", sampled(range(400), 50))
def test_those_of_random_plans_do(seed: int) -> None:
    assert wrong_in(tell(random_plan(seed))) == []


@pytest.mark.parametrize("seed", sampled(range(100), 25))
def test_those_of_random_failing_runs_do(seed: int) -> None:
    assert wrong_in(PretrainingStory(failing_run(seed))) == []


def test_a_formula_that_is_off_by_a_tenth_is_found() -> None:
    steps = samples()["StepCompleted"]
    story, event = max(steps, key=lambda each: getattr(each[1], "mfu"))  # noqa: B009  # of which kind it is no type checker knows
    off = [replace(row, formula=f"({row.formula}) x 1.1") for row in rows_of(story.run, event) if row.formula]
    assert len(worked_out(off)[1]) == len(off) >= 8


def test_rows_of_the_plan_are_those_of_describe() -> None:
    for name, wanted in BEHIND.items():
        assert tuple(row.name for row in rows_behind(story_of(CLASSIC).run, name)) == wanted


# Incidents

DRILLED = story_of(DRILL)


@pytest.mark.parametrize("number", sampled(range(1, len(DRILLED.run.befallen) + 1), 4))
def test_what_is_known_of_an_incident_grows_and_the_truth_is_apart(number: int) -> None:
    case = cases.case_of(DRILLED.run, number)
    assert case
    began, noticed, over = case.began_us, case.befallen.noticed_us, case.over_us
    before, after = (list(cases.known(case, time_us)) for time_us in (noticed - 1, max(noticed, over)))
    assert before == ["Nobody has noticed it yet."]
    assert after[0].startswith("Noticed by:")
    cause = case.befallen.incident.cause
    assert not any(cause.name in sentence or cause.title in sentence for sentence in (*before, *after))
    assert any(cause.name in sentence for sentence in cases.truth(case))
    for time_us in (began, noticed, (noticed + over) // 2, over, DRILLED.end_us):
        assert worked_out(cases.costs(case, time_us))[1] == []


def test_an_incident_is_explained_by_what_it_cost_so_far() -> None:
    lost = next(each for each in DRILLED.run.befallen if each.interrupts)
    case = cases.case_of(DRILLED.run, lost.number)
    assert case
    halfway, late = (case.stopped_us + case.over_us) // 2, DRILLED.end_us
    early_told, told = (
        DRILLED.explain(Subject(kind="incident", number=lost.number), time_us) for time_us in (halfway, late)
    )
    assert float(early_told.numbers[0].value) < float(told.numbers[0].value)
    assert [number.name for number in told.numbers][:3] == ["lost so far", "hours so far", "usd so far"]
    assert told.truth


def test_there_are_no_others() -> None:
    found = DRILLED.explain(Subject(kind="incident", number=9_999), 0)
    assert (found.known, found.truth, found.numbers) == (("There is no such incident.",), (), ())
    assert cases.case_of(DRILLED.run, 0) is None


def test_a_line_of_trouble_names_its_program_and_its_incident() -> None:
    story, line = samples()["LogLine"][0]
    assert isinstance(line, ev.LogLine)
    found = story.explain(of_event(line), round(line.time_seconds * 1e6))
    assert "Who speaks here: " in found.about
    assert found.truth


def test_an_explanation_says_nothing_of_what_happens_later() -> None:
    """More that goes wrong later changes no number, and nothing that is known."""
    plan = replace(TINY, incident_factor=1e-6, spares=1)
    calm = tell(plan)
    event = next(each for each in calm.narrate() if isinstance(each, ev.StepCompleted) and each.step == 50)
    time_us = round(event.time_seconds * 1e6)
    disturbed = tell(plan, [Injection(cause="gpu-error", at_us=time_us + 10_000_000)])
    assert len(disturbed.run.befallen) > len(calm.run.befallen)
    for name in PARTS:
        subject = Subject(kind="part", name=name)
        assert calm.explain(subject, time_us) == disturbed.explain(subject, time_us)
    assert calm.explain(of_event(event), time_us) == disturbed.explain(of_event(event), time_us)


# Single numbers


def test_one_number_of_a_step_is_explained_alone() -> None:
    story, event = samples()["StepCompleted"][0]
    found = story.explain(of_event(event, "mfu"), story.end_us)
    assert [number.name for number in found.numbers] == ["mfu"]
    assert found.title.endswith(": mfu")
    assert found.about == TEXTS.meaning("StepCompleted", "mfu")


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_part_is_explained_at_any_moment(name: str) -> None:
    for story in (story_of(CLASSIC), DRILLED):
        for part in (0.0, 0.3, 1.0):
            found = story.explain(Subject(kind="part", name=name), round(story.end_us * part))
            assert found.title == TEXTS.parts[name].title
            assert all(
                number.meaning or number.name.startswith("plan:") or name == "lost-by-cause" for number in found.numbers
            )
