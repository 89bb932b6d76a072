"""Which run has which number: everything that is drawn for it, from the seed of the corpus and its number alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from pysim.export.corpus.distribution import UNASKED
from pysim.export.corpus.specification import Injecting, Population, Specification
from pysim.story.noise import Stream

MOST_ATTEMPTS = 100  # until a run is found that can be
_INJECTIONS = 100  # draws of an attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is let happen in a run: a cause, and where in the part that is told, from 0 to 1."""

    cause: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What is asked of one run: options by name as they are written, and what is let happen in it."""

    number: int
    attempt: int  # from 0; more than that where what was drawn before cannot be
    population: str
    options: Mapping[str, str]
    inject: tuple[Asked, ...]

    @property
    def seed(self) -> int:
        """Its own."""
        return int(self.options["seed"])


def run_seed(seed: int, number: int) -> int:
    """The seed of a run of a corpus: no two of them have the same noise."""
    return int(Stream(seed, "corpus").words(number, 1)[0]) >> 1


def draw(specification: Specification, number: int, attempt: int) -> Drawn:
    """One run; another one with every attempt."""
    seed = run_seed(specification.seed, number)
    populations = specification.populations
    left = Stream(seed, "corpus population").uniform(attempt) * sum(each.weight for each in populations)
    for population in populations:
        left -= population.weight
        if left < 0:
            break
    return of_population(population, seed, number, attempt)


def of_population(population: Population, seed: int, number: int, attempt: int) -> Drawn:
    """One run of a population."""
    options = {"seed": str(seed)}
    for name, distribution in population.sample.items():
        text = distribution.draw(Stream(seed, f"corpus {name}").uniform(attempt))
        if text != UNASKED:
            options[name] = text
    return Drawn(
        number=number,
        attempt=attempt,
        population=population.name,
        options=options,
        inject=_injected(population.inject, seed, attempt) if population.inject else (),
    )


def _injected(injecting: Injecting, seed: int, attempt: int) -> tuple[Asked, ...]:
    count = int(injecting.count.draw(Stream(seed, "corpus count").uniform(attempt)))
    causes, places = Stream(seed, "corpus cause"), Stream(seed, "corpus place")
    asked = []
    for index in range(attempt * _INJECTIONS, attempt * _INJECTIONS + count):
        share = float(injecting.place.draw(places.uniform(index)).removesuffix("%")) / 100
        asked.append(Asked(cause=injecting.cause.draw(causes.uniform(index)), share=share))
    return tuple(sorted(asked, key=lambda each: each.share))
