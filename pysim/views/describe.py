"""What `--describe`, `--list-modules` and `--list-scenarios` print."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from textwrap import fill

from pysim.story.kind import Description

_COLUMNS = 100  # of a paragraph


def module_list(summaries: Mapping[str, str]) -> str:
    """One line per module: its name and what it is."""
    width = max(map(len, summaries))
    return "".join(f"{name:<{width}}  {summary}\n" for name, summary in summaries.items())


def scenario_list(rows: Sequence[tuple[str, str, str, str]]) -> str:
    """A paragraph for each scenario: name, title, briefing, goal."""
    return "\n".join(
        f"{name}: {title}\n{fill(briefing, _COLUMNS, initial_indent='  ', subsequent_indent='  ')}\n  goal: {goal}\n"
        for name, title, briefing, goal in rows
    )


def description_text(description: Description) -> str:
    """Every derived number of a plan with its formula, for people."""
    return "\n".join(_lines(description)) + "\n"


def _lines(description: Description) -> Iterator[str]:
    rows = description.rows
    name_width, text_width = max(len(row.name) for row in rows), max(len(row.text) for row in rows)
    yield description.heading
    for section, members in groupby(rows, key=lambda row: row.section):
        yield from ("", section)
        for row in members:
            yield f"  {row.name:<{name_width}}  {row.text:<{text_width}}  {row.formula}".rstrip()


def description_json(description: Description) -> str:
    """The plan as chosen and everything derived from it, for programs."""
    derived = [asdict(row) for row in description.rows]
    return json.dumps({"plan": description.chosen, "derived": derived}, indent=2, ensure_ascii=False) + "\n"
