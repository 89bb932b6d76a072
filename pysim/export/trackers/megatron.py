"""Megatron-LM (NVIDIA/Megatron-LM d98e8a64): megatron/training/training.py, `training_log` and `evaluate_and_print_results`.

As `--log-throughput --log-timers-to-tensorboard --log-validation-ppl-to-tensorboard` have it: most numbers at every step
(`--tensorboard-log-interval 1`), time and throughput of every `--log-interval` steps. The last rank logs; W&B gets the same names.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import exp, isnan, nan
from types import MappingProxyType
from typing import ClassVar

from pysim.export.trackers.logs import Charts, FrameworkLog, Logged, Numbers
from pysim.story.columns import StepColumns
from pysim.story.events import Event, JobLaunched, JobRelaunched, ValidationCompleted
from pysim.story.header import Header
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.dialects.megatron import Megatron
from pysim.views.dialects.megatron_arguments import arguments

_LARGEST_EXPONENT = 20  # of a perplexity
_BY_SAMPLES = frozenset(
    {
        "learning-rate",
        "batch-size",
        "lm loss",
        "loss-scale",
        "grad-norm",
        "lm loss validation",
        "lm loss validation ppl",
    }
)
"""What TensorBoard gets a second time, over samples."""


class MegatronLog(FrameworkLog):
    """Logs as Megatron-LM does."""

    BEGINS = (JobLaunched, JobRelaunched)
    GOALS = ("lm loss", "lm loss validation", "throughput")
    CHARTS: ClassVar[Charts] = MappingProxyType(
        {
            "Loss": {"training and validation": ("lm loss", "lm loss validation"), "gradient norm": ("grad-norm",)},
            "Schedule": {"learning rate": ("learning-rate",), "batch size": ("batch-size",)},
            "Speed": {"TFLOP/s per GPU": ("throughput",), "seconds per iteration": ("iteration-time",)},
        }
    )

    def __init__(self, header: Header, log_every: int) -> None:
        super().__init__(header, log_every)
        self._view = Megatron(header, PAGE)
        self._flops = self.job.flops_per_token("megatron") * header.sequence_length / header.world_size / 1e12
        self._seconds, self._steps = 0.0, 0  # since the last report

    @property
    def rank(self) -> int:
        """The last."""
        return self.header.world_size - 1

    @property
    def settings(self) -> Mapping[str, object]:
        """Its arguments."""
        logs = {"log_interval": self.log_every, "log_throughput": True, "log_timers_to_tensorboard": True}
        return {
            **arguments(self.header),
            **logs,
            "log_validation_ppl_to_tensorboard": True,
            "tensorboard_log_interval": 1,
        }

    def texts(self) -> Mapping[str, str]:
        """Each of them (`write_args_to_tensorboard`)."""
        return {name: str(value) for name, value in self.settings.items()}

    def told(self, story: Story, span: Span) -> Iterator[Event | StepColumns]:
        """Every step."""
        return story.blocks(*span)

    def of(self, event: Event) -> Iterable[Logged]:
        """A validation."""
        if not isinstance(event, ValidationCompleted):
            return
        loss = nan if event.loss is None else self._view.finer(event.loss, "validation", event.step)
        perplexity = exp(min(_LARGEST_EXPONENT, loss))
        yield Logged(
            time_us=event.time_us,
            step=event.step,
            numbers={"lm loss validation": loss, "lm loss validation ppl": perplexity},
            samples=self.job.sequences(event.step),
        )

    def of_steps(self, columns: StepColumns) -> Iterator[Logged]:
        """Each step, and what ends with it; a new process counts anew."""
        first_us = self.job.first_step_us(int(columns.time_us[0]))
        names = ("time_us", "step", "loss", "learning_rate", "grad_norm", "step_seconds", "tokens", "loss_scale")
        lists = [getattr(columns, name).tolist() for name in (*names, "global_batch_size", "skipped")]
        for time_us, step, loss, rate, norm, seconds, tokens, scale, batch, skipped in zip(*lists, strict=True):
            is_first = time_us == first_us
            if is_first:
                self._seconds, self._steps = 0.0, 0
            numbers = {
                "learning-rate": rate,
                "batch-size": batch,
                "lm loss": self._loss(step, loss),
                "loss-scale": scale,
            }
            if not skipped:
                numbers["grad-norm"] = norm
            self._seconds, self._steps = self._seconds + seconds, self._steps + 1
            is_due = step % self.log_every == 0
            if is_due or is_first:
                mean = self._seconds / self._steps
                numbers |= {} if is_first else {"iteration-time": mean}
                numbers["throughput"] = self._flops * batch / mean
            if is_due:
                self._seconds, self._steps = 0.0, 0
            samples = tokens // self.header.sequence_length
            yield Logged(time_us=time_us, step=step, numbers=numbers, samples=samples, is_due=is_due)

    def _loss(self, step: int, loss: float) -> float:
        return loss if isnan(loss) else self._view.finer(loss, "loss", step << 32 | step)

    def scalars(self, logged: Logged) -> Iterator[tuple[str, float, int]]:
        """By steps, and most of them by samples as well."""
        for name, value in logged.numbers.items():
            yield name, value, logged.step
            if name in _BY_SAMPLES:
                yield f"{name} vs samples", value, logged.samples

    def history(self, logged: Logged) -> Numbers:
        """Without perplexities; samples are a number of their own."""
        if "lm loss" not in logged.numbers:
            return {"lm loss validation": logged.numbers["lm loss validation"]}
        return {"samples vs steps": logged.samples, **logged.numbers}
