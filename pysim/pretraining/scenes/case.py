"""An incident as those who speak of it know it: who was hit, who is left, whom the launcher blames, which collective they wait in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pysim.physics.states import shard_ranks
from pysim.pretraining.names import host, launcher_process_id, process_id
from pysim.pretraining.run.befallen import Befallen
from pysim.pretraining.run.hit import nodes_hit, ranks_hit, victim
from pysim.pretraining.run.run import Run
from pysim.pretraining.run.segments import Stretch
from pysim.story import job
from pysim.story.noise import Stream

TOLD = 3  # of many who say the same
_DRAWS = 2**20  # of one incident
_RANK_DRAWS = 1000  # from here on, one for each rank or node
_START, _COLLECTIVE, _AHEAD = 0, 1, 2
_MOST_AHEAD = 4  # collectives that were enqueued and not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Collective:
    """What all ranks wait in: its number in the world's group since the launch, and how many elements go in and come out."""

    name: str
    sequence: int
    enqueued: int
    numel_in: int
    numel_out: int


@dataclass(frozen=True)
class Case:
    """One incident of a run."""

    run: Run
    befallen: Befallen

    def draw(self, meaning: int) -> float:
        """A uniform in [0, 1) of its own."""
        incident = self.befallen.incident
        return Stream(self.run.plan.noise_seed, f"evidence-{incident.cause.name}").spread_at(
            incident.address * _DRAWS + meaning
        )

    def own(self, place: int) -> float:
        """The uniform of a rank or node, by which those who say the same are apart."""
        return self.draw(_RANK_DRAWS + place)

    # Who

    @cached_property
    def per_node(self) -> int:
        """Ranks of a node."""
        return self.run.plan.accelerators_per_node

    @cached_property
    def nodes_hit(self) -> range:
        """The nodes that were hit, or the one in which something was."""
        return nodes_hit(self.run.plan, self.befallen.incident)

    @cached_property
    def ranks_hit(self) -> range:
        """The ranks that were hit: one, or all of the nodes."""
        return ranks_hit(self.run.plan, self.befallen.incident)

    @cached_property
    def victim(self) -> int:
        """The rank that was hit, the first of its node where the whole node was."""
        return victim(self.run.plan, self.befallen.incident)

    @cached_property
    def survivors(self) -> int:
        """How many ranks were not hit."""
        return self.run.plan.world_size - len(self.ranks_hit)

    @cached_property
    def told_survivors(self) -> Sequence[int]:
        """Some of them from all over the cluster, in the order in which they speak."""
        count = self.survivors
        start, told = int(self.draw(_START) * count), min(TOLD, count)
        places = ((start + index * count // told) % count for index in range(told))
        ranks = (place if place < self.ranks_hit.start else place + len(self.ranks_hit) for place in places)
        return sorted(ranks, key=self.own)

    @cached_property
    def first_dead(self) -> int:
        """The rank whose end a launcher saw first. It may be one that nothing ailed."""
        if self.befallen.incident.cause.blames != "survivor" or not self.survivors:
            return self.victim
        blamed = self.befallen.named * self.per_node
        return self.told_survivors[0] if blamed // self.per_node in self.nodes_hit else blamed

    @cached_property
    def first_dead_exit(self) -> int:
        """Its exit code, negative for a signal."""
        exits = self.befallen.incident.cause.exits
        codes = exits.victim if exits and self.first_dead == self.victim else exits.survivors if exits else ()
        return next(iter(codes), -9)

    # Where

    def machine(self, node: int, time_us: int) -> int:
        """The machine that is a node at a time; that of the victim until it is replaced."""
        return self.run.incidents.machine_in(node, time_us)

    def host(self, node: int, time_us: int) -> str:
        """The host name of a node at a time."""
        return host(self.run.plan, self.machine(node, time_us))

    def process(self, rank: int, time_us: int) -> int:
        """The process of a rank at a time."""
        return process_id(self.run.plan, rank, self.run.incidents.launches_before(time_us))

    def launcher(self, node: int, time_us: int) -> int:
        """The launcher of a node at a time."""
        return launcher_process_id(self.run.plan, node, self.run.incidents.launches_before(time_us))

    # When

    @cached_property
    def began_us(self) -> int:
        """When it truly began."""
        return self.run.incidents.began_us(self.befallen)

    @cached_property
    def over_us(self) -> int:
        """When it was over."""
        return self.run.incidents.over_us(self.befallen)

    @cached_property
    def relaunched_us(self) -> int:
        """When all processes were started again."""
        return self.run.incidents.relaunched_us(self.befallen)

    @cached_property
    def stopped_us(self) -> int:
        """When steps stopped, if it interrupted the run; else when it was noticed."""
        crashes = self.befallen.incident.cause.stops_steps
        return self.befallen.at_us if crashes else self.befallen.acted_us

    def step_at(self, time_us: int) -> int:
        """The batch that was worked on at a time, or would have been next."""
        timeline = self.run.timeline
        return min(timeline.step_behind(timeline.at(min(time_us, self.stopped_us) - 1)) + 1, timeline.total_steps)

    @cached_property
    def collective(self) -> Collective:
        """What all wait in. Numbers begin anew with every launch, so they follow from the steps since then."""
        place = self.run.at(self.stopped_us - 1)
        steps = place.completed - place.segment.completed if isinstance(place.segment, Stretch) else 0
        kinds = _kinds(self.run)
        index = int(self.draw(_COLLECTIVE) * len(kinds))
        name, numel_in, numel_out = kinds[index]
        sequence = steps * len(kinds) + index + 1
        ahead = int(self.draw(_AHEAD) * min(_MOST_AHEAD, len(kinds) - index))
        return Collective(
            name=name, sequence=sequence, enqueued=sequence + ahead, numel_in=numel_in, numel_out=numel_out
        )


def collectives(run: Run) -> list[job.Collective]:
    """The collectives of one step in the group of all ranks, in order."""
    return [job.Collective(operation=name, elements_in=into, elements_out=out) for name, into, out in _kinds(run)]


def _kinds(run: Run) -> list[tuple[str, int, int]]:
    """The same: (operation, elements in, elements out).

    Where all ranks are replicas the gradients go through it, and the weights where they are sharded; else, as with hybrid
    shards, what is summed over the whole job: the gradient's norm, and the loss.
    """
    plan, layers = run.plan, run.plan.model.layers
    if plan.data_parallel < plan.world_size or shard_ranks(plan) < plan.world_size:
        return [("ALLREDUCE", 1, 1), ("ALLREDUCE", 2, 2)]
    shard = -(-run.figures.parameters // layers // plan.world_size)
    whole = shard * plan.world_size
    gather, reduce = ("_ALLGATHER_BASE", shard, whole), ("_REDUCE_SCATTER_BASE", whole, shard)
    norm = ("ALLREDUCE", 1, 1)
    match plan.sharding:
        case "fsdp" | "zero3" | "hsdp":
            return [gather] * layers + [gather, reduce] * layers + [norm]
        case "zero1" | "zero2":
            return [reduce] * layers + [norm] + [gather] * layers
        case _:
            return [("ALLREDUCE", whole, whole)] * layers + [norm]
