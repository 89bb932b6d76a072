"""The registry: every kind of run, and the modules, which are runs by name: every preset, and `random`, another one with every seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from types import MappingProxyType

from pysim.catalog import find
from pysim.pretraining.kind import PRETRAINING
from pysim.pretraining.names import command_line
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, draw_plan
from pysim.pretraining.planning.presets import presets
from pysim.story.kind import Kind
from pysim.story.noise import Stream

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (PRETRAINING,)})
RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Module:
    """A run by the name that --modules takes."""

    name: str
    summary: str
    kind: Kind = PRETRAINING

    @property
    def seed(self) -> int:
        """That of a show which begins with it and asks for no other."""
        return 0 if self.name == RANDOM else presets()[self.name].seed

    def plan(self, seed: int, start: int | None = None) -> Plan:
        """This module's plan for a seed; `start` in Unix seconds, None for the usual one."""
        if self.name == RANDOM:
            return draw_plan(Request(seed=seed, start=start))
        plan: Plan = self.kind.choose(Request(preset=self.name, seed=seed, start=start))
        return plan

    def signature(self, plan: Plan) -> str:
        """The command line that one of its runs pretends to have been started with."""
        return command_line(plan)


@cache
def modules() -> Mapping[str, Module]:
    """Every module by name: the presets in the order of their file, then `random`."""
    known = {name: Module(name, preset.introduction) for name, preset in presets().items()}
    known[RANDOM] = Module(RANDOM, "another model on another cluster with every seed")
    return MappingProxyType(known)


def playlist(names: Sequence[str], seed: int) -> Iterator[tuple[Module, int]]:
    """Modules with seeds, without end: every round has each of the names once, in a new order drawn from the seed.

    No module comes twice in a row unless it is the only one. Seeds count up from `seed`. No names means all modules.

    Raises:
        UnknownName: if a name is no module.
    """
    known = modules()
    chosen = [find(known, "module", name) for name in dict.fromkeys(names or known)]
    return zip(_endless(chosen, Stream(seed, "playlist")), count(seed), strict=False)


def _endless(chosen: Sequence[Module], stream: Stream) -> Iterator[Module]:
    last: Module | None = None
    for round_index in count():
        order = _shuffled(chosen, stream, round_index)
        if order[0] == last:
            order = [*order[1:], order[0]]
        yield from order
        last = order[-1]


def _shuffled(chosen: Sequence[Module], stream: Stream, round_index: int) -> list[Module]:
    keys = stream.uniforms(round_index * len(chosen), len(chosen)).tolist()
    return [module for _, module in sorted(zip(keys, chosen, strict=True), key=lambda pair: pair[0])]
