"""What `--describe` and `--list-modules` print."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby

from pysim.kinds import modules
from pysim.pretraining.describe import describe
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan


def module_list() -> str:
    """One line per kind of run."""
    known = modules()
    width = max(map(len, known))
    return "".join(f"{name:<{width}}  {module.summary}\n" for name, module in known.items())


def description(plan: Plan) -> str:
    """Every derived number of a plan with its formula, for people."""
    return "\n".join(_description_lines(plan)) + "\n"


def _description_lines(plan: Plan) -> Iterator[str]:
    rows = describe(plan, figures(plan))
    name_width, text_width = max(len(row.name) for row in rows), max(len(row.text) for row in rows)
    yield (
        f"{plan.name}: {plan.model.title} on {plan.world_size:,} x {plan.accelerator.title}, "
        f"{plan.dataset.title}, seed {plan.seed}"
    )
    for section, members in groupby(rows, key=lambda row: row.section):
        yield from ("", section)
        for row in members:
            yield f"  {row.name:<{name_width}}  {row.text:<{text_width}}  {row.formula}".rstrip()


def description_json(plan: Plan) -> str:
    """The plan as chosen and everything derived from it, for programs."""
    derived = [asdict(row) for row in describe(plan, figures(plan))]
    return json.dumps({"plan": asdict(plan), "derived": derived}, indent=2, ensure_ascii=False) + "\n"
