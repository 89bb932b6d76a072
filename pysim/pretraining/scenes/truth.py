"""Why some steps are slow: facts that the trainer of a run cannot know."""

from collections.abc import Iterator
from dataclasses import dataclass

from pysim.pretraining.names import host
from pysim.pretraining.run.levels import LevelShift
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.done import Done
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.steps import DataStep, Executed


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowNode:
    """A node that all others wait for, through executed steps `first` to `last`, of which the run may not reach the last."""

    node: int
    host: str
    first: Executed
    last: Executed
    slower: float  # by this share of a step

    def begin_us(self, run: Run) -> int:
        """The first moment of its first step."""
        return run.timeline.start_of_us(self.first) + 1

    def end_us(self, run: Run) -> int:
        """When its last step ends, or the training."""
        timeline = run.timeline
        return timeline.end_of_us(self.last) if self.last <= timeline.last_step else timeline.end_us


def slow_nodes(run: Run) -> Iterator[SlowNode]:
    """All of a run, in order."""
    return (_slow_node(run, shift) for shift in run.timeline.level_shifts)


def _slow_node(run: Run, shift: LevelShift) -> SlowNode:
    node = int(Stream(run.plan.noise_seed, "slow-node").uniform(shift.first) * run.plan.nodes)
    return SlowNode(
        node=node,
        host=host(run.plan, node),
        first=Executed(shift.first),
        last=Executed(shift.last),
        slower=round(shift.factor - 1.0, 6),
    )


def begin_slowdown(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """A node is slow from this step on."""
    for slow in slow_nodes(run):
        if slow.first == step:
            time_seconds = slow.begin_us(run) / 1e6
            yield ev.SlowdownBegan(
                time_seconds=time_seconds, step=done.step, host=slow.host, node=slow.node, slower=slow.slower
            )


def end_slowdown(run: Run, step: Executed, done: Done) -> Iterator[ev.Event]:
    """This step was the last one that had to wait for a slow node."""
    for slow in slow_nodes(run):
        if slow.last == step:
            yield ev.SlowdownEnded(
                time_seconds=done.time_seconds,
                step=done.step,
                host=slow.host,
                node=slow.node,
                seconds=(slow.end_us(run) - slow.begin_us(run)) / 1e6,
            )


def await_shard(run: Run, _step: Executed, done: Done) -> Iterator[ev.Event]:
    """The step needed the next file of the corpus."""
    shards, before = run.timeline.shards, DataStep(done.step - 1)
    waited_us = shards.total_us(DataStep(done.step)) - shards.total_us(before)
    yield ev.ShardAwaited(
        time_seconds=done.time_seconds,
        step=done.step,
        shard=shards.before(DataStep(done.step)) + 1,
        seconds=waited_us / 1e6,
    )
