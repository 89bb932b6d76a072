"""Hugging Face's Trainer (transformers 5.24): trainer.py, and the callbacks of integrations/integration_utils.py. Rank 0 logs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

from pysim.export.trackers.hf_settings import model_config, training_arguments
from pysim.export.trackers.logs import Charts, FrameworkLog, Logged, Numbers
from pysim.story import events as ev
from pysim.story.columns import StepColumns
from pysim.story.header import Header
from pysim.story.reports import EVEN
from pysim.story.story import Span, Story
from pysim.terminal.screen import PAGE
from pysim.views.dialects.hf import HuggingFace

_EVALUATION = "eval_"


class HuggingFaceLog(FrameworkLog):
    """Logs as the Trainer does."""

    DIRECTORY = "runs/%b%d_%H-%M-%S_{host}"
    PROJECT = "huggingface"
    BEGINS = (ev.TrainingStarted, ev.TrainingResumed)
    GOALS = ("train/loss", "eval/loss")
    CHARTS: ClassVar[Charts] = MappingProxyType(
        {
            "Loss": {"training and evaluation": ("train/loss", "eval/loss"), "gradient norm": ("train/grad_norm",)},
            "Schedule": {"learning rate": ("train/learning_rate",), "epoch": ("train/epoch",)},
        }
    )
    LOGS_BY_ROW = True

    def __init__(self, header: Header, log_every: int) -> None:
        super().__init__(header, log_every)
        self._view = HuggingFace(header, PAGE)
        self.flops_per_token = 6 * parameters_without_embeddings(header)

    @property
    def rank(self) -> int:
        """The first."""
        return 0

    @property
    def settings(self) -> Mapping[str, object]:
        """Its arguments and, where transformers has such a model, the model's."""
        return {**(model_config(self.header) or {}), **training_arguments(self.header, self.log_every)}

    def texts(self) -> Mapping[str, str]:
        """Both, as JSON."""
        config = model_config(self.header)
        arguments = training_arguments(self.header, self.log_every)
        texts = {"args": json.dumps(arguments, indent=2)}
        return (
            texts if config is None else {**texts, "model_config": json.dumps(config, indent=2, sort_keys=True) + "\n"}
        )

    def told(self, story: Story, span: Span) -> Iterator[ev.Event | StepColumns]:
        """What stands in its log."""
        return story.narrate(*span, self.log_every, EVEN)

    def of(self, event: ev.Event) -> Iterable[Logged]:
        """An interval, an evaluation, or the sum of it all."""
        step, numbers = 0, dict[str, float]()
        if isinstance(event, ev.StepsReported) and event.is_due:
            step, numbers = event.last, self._view.step_metrics(event)
        elif isinstance(event, ev.ValidationCompleted):
            step, numbers = event.step, self._view.evaluation_metrics(event)
        elif isinstance(event, ev.ProcessesDone):
            step, numbers = event.step, self._closing(event)
        if numbers:
            yield Logged(time_us=event.time_us, step=step, numbers=numbers)

    def _closing(self, event: ev.ProcessesDone) -> dict[str, float]:
        numbers = self._view.closing_metrics(event)
        loss, epoch = numbers.pop("train_loss"), numbers.pop("epoch")
        return {**numbers, "total_flos": self.total_flos(event.step), "train_loss": loss, "epoch": epoch}

    def total_flos(self, step: int) -> float:
        """What it counts up to a step: 6 for every parameter that is no embedding, and token (`floating_point_ops`)."""
        return float(self.flops_per_token * self.job.sequences(step) * self.header.sequence_length)

    def scalars(self, logged: Logged) -> Iterator[tuple[str, float, int]]:
        """Under `rewrite_logs`' names."""
        return ((name, value, logged.step) for name, value in rewritten(logged.numbers).items())

    def history(self, logged: Logged) -> Numbers:
        """The same, with the step."""
        return {**rewritten(logged.numbers), "train/global_step": logged.step}


def rewritten(numbers: Numbers) -> dict[str, float]:
    """What is of an evaluation begins with `eval/`, all else with `train/`."""
    return {
        f"eval/{name.removeprefix(_EVALUATION)}" if name.startswith(_EVALUATION) else f"train/{name}": value
        for name, value in numbers.items()
    }


def parameters_without_embeddings(header: Header) -> int:
    """As `num_parameters(exclude_embeddings=True)` counts: without tables of tokens and positions; an output that is no table counts."""
    model = header.job.model
    return model.parameters - (model.vocab_size + model.learned_positions) * model.hidden_size
