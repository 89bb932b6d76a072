"""torchtitan 0.3.0: components/metrics.py, every `metrics.log_freq` steps; the first rank of the last pipeline stage logs.

What a run does not decide is left out: the loss of the worst rank, and the time that data takes to load.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import nan
from types import MappingProxyType
from typing import ClassVar

from pysim.export.trackers.logs import Charts, FrameworkLog, Logged
from pysim.story import events as ev
from pysim.story.columns import StepColumns
from pysim.story.header import Header
from pysim.story.reports import Reports
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.dialects.torchtitan import Torchtitan

_GIB = 2**30
_FIRST = Reports(first=True)


class TorchtitanLog(FrameworkLog):
    """Logs as torchtitan does."""

    DIRECTORY = "%Y%m%d-%H%M"
    PROJECT = "torchtitan"
    BEGINS = (ev.DistributedInitialised, ev.GroupsRejoined)
    GOALS = ("loss_metrics/global_avg_loss", "validation_metrics/loss", "throughput(tps)")
    CHARTS: ClassVar[Charts] = MappingProxyType(
        {
            "Loss": {
                "training and validation": ("loss_metrics/global_avg_loss", "validation_metrics/loss"),
                "gradient norm": ("grad_norm",),
            },
            "Speed": {
                "tokens per second per device": ("throughput(tps)", "validation_metrics/throughput(tps)"),
                "MFU": ("mfu(%)",),
            },
            "Memory": {"GiB": ("memory/max_active(GiB)", "memory/max_reserved(GiB)")},
        }
    )

    def __init__(self, header: Header, log_every: int) -> None:
        super().__init__(header, log_every)
        self._view = Torchtitan(header, PAGE)

    @property
    def rank(self) -> int:
        """Where the loss is."""
        pipeline = self.header.pipeline_parallel
        return self.header.world_size // pipeline * (pipeline - 1)

    @property
    def settings(self) -> Mapping[str, object]:
        """Its configuration, by section."""
        header, setup, chosen = self.header, self.job.setup, self.job.optimization
        return {
            "dump_folder": self.job.storage,
            "metrics": {"log_freq": self.log_every},
            "training": {
                "local_batch_size": setup.micro_batch_size,
                "global_batch_size": header.global_batch_size,
                "seq_len": header.sequence_length,
                "max_norm": chosen.clip_grad_norm,
                "steps": header.total_steps,
            },
            "parallelism": {
                "data_parallel_replicate_degree": setup.data_parallel // setup.shard_ranks,
                "data_parallel_shard_degree": setup.shard_ranks,
                "tensor_parallel_degree": header.tensor_parallel,
                "pipeline_parallel_degree": header.pipeline_parallel,
                "context_parallel_degree": header.context_parallel,
                "expert_parallel_degree": header.expert_parallel,
            },
            "compile": {"enable": setup.execution != "eager"},
            "checkpoint": {"interval": setup.checkpoint_interval},
        }

    def told(self, story: Story, span: Span) -> Iterator[ev.Event | StepColumns]:
        """What stands in its log."""
        return story.narrate(*span, self.log_every, _FIRST)

    def of(self, event: ev.Event) -> Iterable[Logged]:
        """A report or a validation."""
        if isinstance(event, ev.StepsReported) and event.is_due and self._view.is_told(event):
            yield Logged(time_us=event.time_us, step=event.last, numbers=self._of_step(event))
        if isinstance(event, ev.ValidationCompleted) and event.loss is not None:
            yield Logged(time_us=event.time_us, step=event.step, numbers=self._of_validation(event))

    def _of_step(self, event: ev.StepsReported) -> dict[str, float]:
        told = self._view.numbers(event)
        steps, tokens = event.last - event.first + 1, event.global_batch_size * self.header.sequence_length
        numbers = {
            "loss_metrics/global_avg_loss": told.loss,
            "grad_norm": told.grad_norm,
            "throughput(tps)": told.tokens_per_second,
            "tflops": told.flops_per_second / 1e12,
            "time_metrics/end_to_end(s)": steps
            * tokens
            / told.tokens_per_second
            / self.header.world_size
            / self.log_every,
            **self._memory("memory/", event.memory_bytes),
        }
        return numbers if told.mfu is None else {**numbers, "mfu(%)": 100 * told.mfu}

    def _of_validation(self, event: ev.ValidationCompleted) -> dict[str, float]:
        prefix, reserved = "validation_metrics/", self.job.hardware.reserved_bytes + self.job.hardware.context_bytes
        loss = nan if event.loss is None else event.loss
        return {
            f"{prefix}loss": loss,
            f"{prefix}throughput(tps)": self._view.validation_rate(event),
            **self._memory(f"{prefix}memory/", reserved),
        }

    def _memory(self, prefix: str, memory_bytes: int) -> dict[str, float]:
        """What tensors take at most, and what is reserved: all but the driver's."""
        hardware = self.job.hardware
        active, reserved = hardware.allocated_bytes, memory_bytes - hardware.context_bytes
        return {
            f"{prefix}max_active(GiB)": active / _GIB,
            f"{prefix}max_active(%)": 100 * active / hardware.memory_bytes,
            f"{prefix}max_reserved(GiB)": reserved / _GIB,
            f"{prefix}max_reserved(%)": 100 * reserved / hardware.memory_bytes,
        }
