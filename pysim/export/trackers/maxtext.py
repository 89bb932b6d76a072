"""MaxText 0.2.5: common/metric_logger.py and trainers/pre_train/train.py. The first process logs every step, counted from 0, to TensorBoard.

What a run does not decide is left out: the norm of the parameters, and losses of parts that the model has not.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import exp, isnan, nan
from types import MappingProxyType
from typing import ClassVar

from pysim.export.trackers.logs import Charts, FrameworkLog, Logged
from pysim.story.columns import StepColumns
from pysim.story.events import DistributedInitialised, Event, GroupsRejoined, ValidationCompleted
from pysim.story.header import Header
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.dialects.maxtext import MaxText


class MaxTextLog(FrameworkLog):
    """Logs as MaxText does."""

    DIRECTORY = "{run}"
    BEGINS = (DistributedInitialised, GroupsRejoined)
    GOALS = ("learning/loss", "eval/avg_loss", "perf/per_device_tflops_per_sec")
    CHARTS: ClassVar[Charts] = MappingProxyType(
        {
            "Loss": {
                "training and evaluation": ("learning/loss", "eval/avg_loss"),
                "gradient norm": ("learning/grad_norm", "learning/raw_grad_norm"),
            },
            "Schedule": {"learning rate": ("learning/current_learning_rate",)},
            "Speed": {
                "TFLOP/s per device": ("perf/per_device_tflops_per_sec",),
                "seconds": ("perf/step_time_seconds",),
            },
        }
    )

    def __init__(self, header: Header, log_every: int) -> None:
        super().__init__(header, log_every)
        self._view = MaxText(header, PAGE)
        self._tokens = header.global_batch_size * header.sequence_length / header.world_size  # of a device
        self._teraflops = self.job.flops_per_token("megatron") * self._tokens / 1e12

    @property
    def rank(self) -> int:
        """The first."""
        return 0

    @property
    def settings(self) -> Mapping[str, object]:
        """Its parameters."""
        return self._view.parameters()

    def texts(self) -> Mapping[str, str]:
        """Each of them, and how many the model has."""
        parameters = {name: str(value) for name, value in self.settings.items()}
        return {"num_model_parameters": str(self.job.model.parameters), **parameters}

    def told(self, story: Story, span: Span) -> Iterator[Event | StepColumns]:
        """Every step."""
        return story.blocks(*span)

    def of(self, event: Event) -> Iterable[Logged]:
        """An evaluation."""
        if not isinstance(event, ValidationCompleted):
            return
        header = self.header
        loss = nan if event.loss is None else self._view.finer(event.loss, "validation", event.step)
        weights = header.validation_batches * header.global_batch_size * header.sequence_length
        numbers = {
            "eval/avg_loss": loss,
            "eval/avg_perplexity": exp(loss),
            "eval/total_loss": loss * weights,
            "eval/total_weights": weights,
        }
        yield Logged(time_us=event.time_us, step=event.step - 1, numbers=numbers)

    def of_steps(self, columns: StepColumns) -> Iterator[Logged]:
        """Each step; rates are not told while the batch grows."""
        clip = self.job.optimization.clip_grad_norm
        names = ("time_us", "step", "loss", "learning_rate", "grad_norm", "step_seconds", "global_batch_size")
        lists = [getattr(columns, name).tolist() for name in names]
        for time_us, step, rounded, rate, norm, seconds, batch in zip(*lists, strict=True):
            loss = rounded if isnan(rounded) else self._view.finer(rounded, "loss", step)
            numbers = {
                "learning/loss": loss,
                "learning/lm_loss": loss,
                "learning/perplexity": exp(loss),
                "learning/total_weights": batch * self.header.sequence_length,
                "learning/grad_norm": min(norm, clip) if clip else norm,
                "learning/raw_grad_norm": norm,
                "perf/step_time_seconds": seconds,
                "learning/current_learning_rate": rate,
            }
            if batch == self.header.global_batch_size:
                numbers |= {
                    "perf/per_device_tflops": self._teraflops,
                    "perf/per_device_tflops_per_sec": self._teraflops / seconds,
                    "perf/per_device_tokens": self._tokens,
                    "perf/per_device_tokens_per_sec": self._tokens / seconds,
                }
            yield Logged(time_us=time_us, step=step - 1, numbers=numbers)
