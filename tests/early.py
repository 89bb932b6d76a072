"""What happens early in a preset's show, and with which seeds. `make seeds` looks for some; `data/presets.toml` keeps them.

An incident that comes so early is as rare as the odds of its cluster make it; only the choice of the seed brings it. Look anew
when the luck of runs has changed: `tests/edge/test_starts.py` notices.
"""

import sys
from collections.abc import Iterator
from itertools import islice, takewhile

from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.planning.presets import presets
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.luck import Luck
from pysim.pretraining.story import tell
from pysim.show.tempo import show_tempo
from pysim.story.steps import Executed

WITHIN_SECONDS = (30.0, 110.0)  # of show: after a first look at the run, and before two minutes are over
MOST_SEEDS = 100_000
CHOICES = 3  # for whoever chooses


def early(preset: str, seed: int | None = None) -> Iterator[tuple[float, Befallen]]:
    """What stops a preset's run within the first minutes of its show, and when it is noticed, in seconds of show."""
    story = tell(choose_plan(Request(preset=preset, seed=seed)))
    tempo = show_tempo(story.acts())
    least, most = WITHIN_SECONDS
    for befallen in story.run.befallen:
        seconds = tempo.show_seconds(befallen.noticed_us)
        if befallen.interrupts and least < seconds < most:
            yield seconds, befallen


def seeds(preset: str) -> Iterator[tuple[int, float, str]]:
    """Seeds, when something happens with them in seconds of show, and what; steps that were saved come before it."""
    calm = tell(choose_plan(Request(preset=preset, seed=0, incidents=0.0)))
    saved_us = calm.run.timeline.checkpoint_start_us(Executed(calm.run.plan.checkpoint_interval))
    until_us = show_tempo(calm.acts()).run_us(WITHIN_SECONDS[1])
    for seed in range(MOST_SEEDS):
        luck = takewhile(
            lambda each: each.at_us < until_us, Luck(choose_plan(Request(preset=preset, seed=seed))).incidents()
        )
        if any(each.at_us > min(saved_us, until_us / 2) and each.cause.cure.interrupts for each in luck):
            yield from ((seed, seconds, each.incident.cause.name) for seconds, each in early(preset, seed))


def main() -> None:
    """Print some for each preset that is named, or for all in which anything goes wrong by chance."""
    for preset in sys.argv[1:] or presets():
        plan = choose_plan(Request(preset=preset))
        if plan.incident_factor and not plan.is_drill:
            for seed, seconds, cause in islice(seeds(preset), CHOICES):
                print(f"{preset:18} seed = {seed:<8} {cause} after {seconds:.0f} s", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
