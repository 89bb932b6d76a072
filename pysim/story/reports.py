"""How a log with an interval tells steps: where its intervals end. What a view asks a story for."""

from typing import NamedTuple


class Running(NamedTuple):
    """A running mean of steps a second that a program prints with each report."""

    weight: float  # of the newest; 0 where all steps count alike
    settling: int  # first steps that it leaves out
    once: bool  # only those of the run; else those of every process
    singly: bool  # every step gives its rate, not only those that reports end with
    waits: bool  # a step's time has what passed since the step before
    corrected: bool  # each rate counts by its weight; else the first one stands for all that were before it too


class Reports(NamedTuple):
    """When a program prints a line for its last so many steps, which are counted from 1 here."""

    offset: int = 0  # intervals end at multiples of their length and this; 1 for who counts steps from 0
    first: bool = False  # the first step of every process is an interval by itself
    preview: bool = False  # it is told by itself, and again in the mean of the interval that it begins
    counted: bool = False  # intervals end at multiples of their length among the steps of a process as well
    look_seconds: int = 0  # between two looks at every accelerator, from the launch on; 0 where nobody looks
    speakers: tuple[str, ...] | None = None  # whose words are told when something goes wrong; None: everybody's
    steps: bool = True  # they are told, and what follows them; else only jobs, machines and who looks at them
    running: Running | None = None  # that it prints
    interval: int = 0  # steps between two that it prints, of which a log may leave some out; 0 where none is left out
    window: int = 0  # values by whose deviation it judges the last step's loss and gradient norm, itself included

    def ends(self, step: int, every: int, first_step: int) -> bool:
        """Whether an interval of `every` steps ends with a step, where a process began with `first_step`."""
        is_counted = self.counted and (step - first_step + 1) % every == 0
        return (step - self.offset) % every == 0 or is_counted or (self.first and step == first_step)

    def begin(self, step: int, every: int, first_step: int) -> int:
        """The first step of the interval that a step is in."""
        if self.first and step == first_step:
            return step
        begin = (step - 1 - self.offset) // every * every + 1 + self.offset
        counted = first_step + (step - first_step) // every * every if self.counted else begin
        return max(begin, counted, first_step + self.first)

    def open(self, step: int, every: int, first_step: int) -> int:
        """How many steps up to one that is done are not told yet."""
        if step < first_step or self.ends(step, every, first_step):
            return 0
        return step - self.begin(step, every, first_step) + 1


EVEN = Reports()


class Cadence(NamedTuple):
    """How steps are told: each `every` of them as one, and when; without `reports` singly where `every` is 1."""

    every: int = 1
    reports: Reports | None = None

    @property
    def is_single(self) -> bool:
        """Whether steps are told one by one, each with all that follows it, and looks at accelerators whenever one has changed."""
        return self.every == 1 and self.reports is None

    @property
    def speakers(self) -> tuple[str, ...] | None:
        """Whose words are told when something goes wrong; None for everybody's."""
        return self.reports.speakers if self.reports else None

    @property
    def has_steps(self) -> bool:
        """Whether steps are told at all."""
        return self.reports is None or self.reports.steps

    def begin(self, step: int, first_step: int) -> int:
        """The first step of the interval that a step is in, where a process began with `first_step`."""
        return (self.reports or EVEN).begin(step, self.every, first_step)

    def open(self, step: int, first_step: int) -> int:
        """How many steps up to one that is done are not told yet."""
        return 0 if self.every == 1 else (self.reports or EVEN).open(step, self.every, first_step)


SINGLY = Cadence()
