"""What is constant in a run: all that a reader of its events needs to know beside them."""

from dataclasses import dataclass
from typing import Literal

from pysim.story.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The constant facts of one run. Batches count sequences of `sequence_length` tokens; what is expected is a mean."""

    kind: str  # of run: a name of the registry
    run_id: str  # the same for the same plan
    run_name: str
    preset: str | None  # that the plan began with
    command: str  # the command line that the run pretends to have been started with
    seed: int
    start_time: int  # Unix seconds (UTC) of the launch

    model_title: str
    precision: str
    dataset_title: str

    accelerator_title: str
    accelerator_short_title: str
    vendor: str
    device: str  # what people call an accelerator: GPU, TPU, core
    world_size: int
    per_node: int  # accelerators of a full node
    listed_accelerators: int  # named one by one at the start
    usd_per_hour: float  # for one accelerator

    sharding: str
    tensor_parallel: int
    pipeline_parallel: int
    context_parallel: int
    expert_parallel: int

    sequence_length: int
    global_batch_size: int
    steps_per_epoch: int
    epochs: int
    extra_steps: int = 0  # of the first epoch, whose first batches are smaller where the batch grows
    total_tokens: int  # that the run trains on, each batch counted once
    validation_batches: int
    checkpoint_bytes: int
    learning_rates: tuple[float, ...]  # at evenly spaced steps, from the first to the last

    step_seconds: float  # expected, as the next three
    training_seconds: float
    tokens_per_second: float
    samples_per_second: float

    looked_at: int | Literal["all"] | None = (
        None  # the node whose own words are shown; None: as is usual for who speaks
    )
    look_seconds: int | None = None  # between two looks of who watches accelerators; None where nobody does
    job: Job  # what its programs know by name

    @property
    def nodes(self) -> int:
        """Nodes of the job; the last may be used in part."""
        return -(-self.world_size // self.per_node)

    def ranks_of(self, node: int) -> range:
        """The ranks of a node."""
        first = node * self.per_node
        return range(first, min(first + self.per_node, self.world_size))

    @property
    def total_steps(self) -> int:
        """Steps of the run, each batch counted once."""
        return self.steps_per_epoch * self.epochs + self.extra_steps

    def steps_in_epoch(self, epoch: int) -> int:
        """Steps of one pass over the data."""
        return self.steps_per_epoch + (self.extra_steps if epoch == 1 else 0)

    @property
    def title(self) -> str:
        """The run in a few words: what is trained on what."""
        return f"{self.model_title} on {self.world_size:,} {self.accelerator_short_title}"
