"""One SHA-256 for the narrated text of each of a dozen cases: every event rendered, nothing left out.

The promise is that they are the same on every Python and in every browser. `python tests/digests.py` prints them as JSON and
needs nothing but pysim; a page can import this module and call `digests()`.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from interrupted import BEFALLEN, Befallen
from plans import CLASSIC, HALF, HUGE, MIXTURE, PIPELINED, RAMPED, TINY

from pysim.edge.playlist import turns
from pysim.edge.telling import told
from pysim.options.settings import parse_query
from pysim.physics.workload import Schedule
from pysim.pretraining.injection import Injection, incidents
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.show.transcript import transcript
from pysim.story.reports import EVEN
from pysim.story.steps import Executed
from pysim.terminal.screen import PAGE, Screen
from pysim.views.jsonlines import json_line

_HOUR_US = 3_600_000_000
USUAL, WIDE, NARROW, SMALL = Screen(), Screen(200, 60), Screen(80, 24), Screen(40, 15)


NIGHT = (  # what a careful operator decided
    "drain@7m45.870131s,node=173 drain@20m44.438205s,node=155 drain@47m13.827814s,node=164 drain@59m41.646699s,node=187 "
    "restart@1h23m9.589938s restart@1h26m48.767728s restart@1h55m57.505949s drain@2h36.170231s,node=158 "
    "drain@2h8m15.715633s,node=194 restart@2h14m2.930735s restart@2h19m59.158588s restart@2h47m59.388757s "
    "restart@3h16m58.056992s restart@3h44m34.347291s restart@4h25m14.744294s drain@4h28m44.054096s,node=30 "
    "drain@4h32m49.647518s,node=128 drain@4h36m53.34712s,node=78 skip@4h44m0.126284s,batches=272,checkpoint=0 "
    "restart@4h53m43.376447s restart@5h6m43.453979s drain@5h19m43.060957s,node=238 drain@5h32m47.58163s,node=27 "
    "restart@8h6m51.887914s drain@8h10m43.666636s,node=20 drain@8h35m33.295981s,node=128 restart@8h50m9.072308s "
    "drain@8h56m2.81651s,node=104 drain@9h1m27.506682s,node=127 restart@9h6m28.090784s drain@9h11m46.644986s,node=98 "
    "drain@9h17m16.126419s,node=89 drain@9h22m42.800131s,node=71 drain@9h39m45.915522s,node=243 "
    "skip@10h27m33.876921s,batches=271,checkpoint=0 drain@12h38m55.628333s,node=237 drain@14h54m56.471093s,node=107 "
    "restart@15h24m25.361801s"
)


@dataclass(frozen=True, slots=True)
class Case:
    """What is told: a plan's steps from `first` to `last`; from the launch if `first` is 0, to the very end if `last` is."""

    plan: Plan
    first: int
    last: int
    view: Literal["console", "events"]
    screen: Screen = USUAL
    befallen: str = ""  # a case of `interrupted`
    injected: tuple[str, ...] = ()  # causes that somebody lets happen, one every hour
    every: int = 1  # steps that are told as one
    decided: str = ""  # what somebody who is on call decides, as a link has it
    is_reported: bool = False  # as trainers tell their steps

    def story(self) -> PretrainingStory:
        """The story that is told."""
        return night(self.decided) if self.decided else PretrainingStory(self._run())

    def _run(self) -> Run:
        case = BEFALLEN.get(self.befallen, Befallen())
        asked = [Injection(cause=cause, at_us=hour * _HOUR_US) for hour, cause in enumerate(self.injected, start=1)]
        return simulate(self.plan, case.cuts, case.slowdowns, incidents(self.plan, asked))

    @property
    def name(self) -> str:
        """The case in words."""
        size = "file" if self.screen.is_unlimited else f"{self.screen.columns}x{self.screen.rows}"
        view = size if self.view == "console" else "events"
        plain = "" if self.screen.color else " plain"
        ascii_only = "" if self.screen.unicode else " ascii"
        befallen = " ".join(["", *self.injected, *filter(None, (self.befallen,))])
        every = f" every {self.every}" if self.every > 1 else ""
        every += " reported" if self.is_reported else ""
        befallen += " on call" if self.decided else ""
        return f"{self.plan.name}{befallen} {self.first}-{self.last or 'end'} {view}{plain}{ascii_only}{every}"


def link(decided: str) -> str:
    """Asks for a night."""
    return "&".join(["preset=night-shift", "on-call", *(f"decide={each}" for each in decided.split())])


def night(decided: str) -> PretrainingStory:
    """As its link tells it.

    Raises:
        Unfitting: if the run does not go with a decision.
    """
    settings, _ = parse_query(link(decided))
    return told(next(turns(settings, 0)))


PLAIN = Screen(80, 24, color=False, unicode=False, live=False)
STEEP = replace(TINY, name="steep-slope-2", loss_curve="exponential", precision="fp32", seed=2)
STEADY = replace(
    TINY, name="long-plateau-5", schedule=Schedule("inverse-sqrt", 1e-3, 1e-5, 20), sharding="ddp", seed=2**63 - 1
)
REHEARSED = replace(CLASSIC, name="cold-bell-3", incident_factor=1.0, is_drill=True, spares=32, checkpoint_interval=50)
"""Everything that can go wrong."""
LUCKLESS = replace(CLASSIC, name="hard-luck-9", incident_factor=500.0, spares=2, checkpoint_interval=50)
"""64 H100 that fail as tens of thousands do."""

SHIFT = choose_plan(Request(preset="night-shift"))

CASES = (
    Case(TINY, 0, 0, "console"),
    Case(TINY, 0, 0, "events"),
    Case(TINY, 0, 0, "console", PLAIN),
    Case(STEEP, 0, 0, "events"),
    Case(STEADY, 0, 0, "console", WIDE),
    Case(CLASSIC, 0, 60, "console"),
    Case(CLASSIC, 7000, 7600, "events"),
    Case(PIPELINED, 100_000, 100_200, "console", WIDE),
    Case(MIXTURE, 0, 600, "events"),
    Case(MIXTURE, 19_900, 20_100, "console", NARROW),
    Case(HALF, 900, 2600, "console", PLAIN),
    Case(HALF, 12_900, 0, "events"),
    Case(HUGE, 0, 40, "console", SMALL),
    Case(HUGE, 699_950, 700_050, "console"),
    Case(HUGE, 55_700, 58_100, "events"),
    Case(HUGE, 929_700, 0, "console", NARROW),
    Case(TINY, 0, 0, "console", befallen="with a hang"),
    Case(TINY, 0, 0, "events", befallen="twice in a row"),
    Case(TINY, 0, 0, "events", befallen="slow, then cut"),
    Case(TINY, 0, 0, "console", NARROW, befallen="skipping batches"),
    Case(LUCKLESS, 0, 400, "console"),
    Case(LUCKLESS, 550, 730, "events"),
    Case(REHEARSED, 0, 0, "console", NARROW),
    Case(replace(CLASSIC, spares=2), 250, 1400, "console", injected=("gpu-off-bus", "loss-spike", "collective-hang")),
    Case(replace(CLASSIC, spares=2), 700, 900, "events", injected=("divergence", "straggler")),
    Case(replace(CLASSIC, spares=2), 250, 1400, "events", injected=("gpu-off-bus", "loss-spike"), every=100),
    Case(LUCKLESS, 13_535, 13_560, "events"),
    Case(RAMPED, 0, 60, "events"),
    Case(RAMPED, 0, 60, "console", NARROW),
    Case(TINY, 0, 0, "console", PAGE),
    Case(HUGE, 0, 40, "console", PAGE),
    Case(SHIFT, 0, 0, "events", every=10, decided=NIGHT),
    Case(SHIFT, 0, 600, "events", every=100, decided="diagnose@30m,node=5 spares@31m,count=2"),
    Case(TINY, 0, 0, "events", every=10, is_reported=True),
)


def lines(case: Case) -> Iterator[str]:
    """The case's text, line by line."""
    story = case.story()
    since, until = _span(story.run, case)
    if case.view == "events":
        told = story.narrate(since, until, case.every, EVEN if case.is_reported else None)
        return (f"{json_line(event)}\n" for event in told)
    return transcript(story, case.screen, since, until)


def digest(case: Case) -> str:
    """SHA-256 of the case's text in UTF-8, in hexadecimal."""
    total = hashlib.sha256()
    for line in lines(case):
        total.update(line.encode())
    return total.hexdigest()


def digests() -> dict[str, str]:
    """All cases by name."""
    return {case.name: digest(case) for case in CASES}


def _span(run: Run, case: Case) -> tuple[int, int | None]:
    since = run.timeline.start_of_us(Executed(case.first)) if case.first else 0
    return since, run.timeline.end_of_us(Executed(case.last)) + 1 if case.last else None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests(), indent=2) + "\n")
