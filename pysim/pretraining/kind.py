"""Pre-training as a kind of run, for the registry."""

from dataclasses import fields

from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.story import KIND, tell
from pysim.story.kind import Description, Kind


def description(plan: Plan) -> Description:
    """Every derived number of a plan with its formula; the page fetches what knows them when it is first asked for."""
    from pysim.pretraining.describe import describe  # noqa: PLC0415 - see above

    return Description(
        heading=(
            f"{plan.name}: {plan.model.title} on {plan.world_size:,} x {plan.accelerator.title}, "
            f"{plan.dataset.title}, seed {plan.seed}"
        ),
        chosen=plan.chosen,
        rows=describe(plan, figures(plan)),
    )


PRETRAINING: Kind = Kind(
    name=KIND,
    options=tuple(field.name for field in fields(Request)),
    choose=choose_plan,
    tell=tell,
    describe=description,
)
