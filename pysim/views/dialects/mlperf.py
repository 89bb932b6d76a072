"""MLPerf Training (rules 5.1): the `:::MLLOG` lines of a run of one of its benchmarks, as NVIDIA's results of that round have them.

A run is over when a validation has reached the benchmark's target; what comes later is none of the benchmark's. Formats:
mlcommons/logging 7bbf792 (mllog.py), mlcommons/training_results_v5.1, NVIDIA's results of llama31_8b and llama31_405b, and the rules of
its compliance checker. What the rules fix is said as they have it; all else is the run's.
"""

import json
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.terminal.screen import Screen
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Floats, Lines, Writers
from pysim.views.dialects.needs import BENCHMARKS
from pysim.views.dialects.torchrun import threads_warned, threads_warned_again

_TARGETS = {"llama31_8b": 3.3, "llama31_405b": 5.6}  # held-out loss
_SHELL = ("<string>", 3)
_STARTS = ("/workspace/llm/pretrain.py", 750)
_SUBMITS = ("/workspace/llm/pretrain.py", 566)
_IS_SET = ("/workspace/llm/pretrain.py", 601)
_TRACKS = ("/workspace/llm/custom_callbacks.py", 480)
_CALLBACK = "/usr/local/lib/python3.12/dist-packages/mlperf_common/callbacks/logging.py"
_CLEARED_SECONDS = 0.002  # from one node to the next
_READS_SECONDS = 0.788  # the configuration
_ADAM = {"opt_adamw_beta_1": 0.9, "opt_adamw_beta_2": 0.95, "opt_adamw_epsilon": 1e-05, "opt_adamw_weight_decay": 0.1}


class MLPerf(DialectView):
    """Writes the lines of one run, on the first process."""

    def __init__(self, header: Header, screen: Screen) -> None:
        super().__init__(header, screen)
        self._benchmark = BENCHMARKS[self.job.model.name]
        self._target = _TARGETS[self._benchmark]
        self.over_us = self.job.validated_us(self._target)

    def lines(self, event: ev.Event) -> list[str]:
        """The event's lines, up to the end of the benchmark."""
        if self.over_us is not None and event.time_us > self.over_us:
            return []
        return super().lines(event)

    def lines_each(self, block: ev.Block[Any]) -> Iterable[Lines]:
        """The same of many."""
        is_over = self.over_us is not None and block.values("time_seconds")[-1] * 1e6 > self.over_us
        return map(self.lines, block) if is_over else super().lines_each(block)

    def _line(
        self, seconds: float, kind: str, key: str, value: object, place: tuple[str, int], **metadata: object
    ) -> str:
        return _record(self.header.start_time * 1000 + int(seconds * 1000), kind, key, value, place, **metadata)

    def _point(self, seconds: float, key: str, value: object, place: tuple[str, int], **metadata: object) -> str:
        return self._line(seconds, "POINT_IN_TIME", key, value, place, **metadata)

    def _begin(self, seconds: float, key: str, line: int, **metadata: object) -> str:
        return self._line(seconds, "INTERVAL_START", key, None, (_CALLBACK, line), **metadata)

    def _end(self, seconds: float, key: str, line: int, **metadata: object) -> str:
        return self._line(seconds, "INTERVAL_END", key, None, (_CALLBACK, line), **metadata)

    # Start

    def _launched(self, e: ev.JobLaunched) -> Lines:
        return self._clear(e.time_seconds)

    def _relaunched(self, e: ev.JobRelaunched) -> Lines:
        yield from self._clear(e.time_seconds)
        yield from threads_warned_again(self, e)

    def _clear(self, seconds: float) -> Lines:
        """Every node drops what its system has cached."""
        for node in range(self.header.nodes):
            yield self._point(seconds + _CLEARED_SECONDS * node, "cache_clear", value=True, place=_SHELL)

    def _found(self, e: ev.AcceleratorsDetected) -> Lines:
        return self._initialise(e.time_seconds, 0)

    def _loading(self, e: ev.CheckpointLoadStarted) -> Lines:
        return self._initialise(e.time_seconds, e.step)

    def _initialise(self, seconds: float, step: int) -> Lines:
        """Who submits, and how it is trained."""
        yield self._line(seconds, "INTERVAL_START", "init_start", None, _STARTS)
        read = seconds + _READS_SECONDS
        yield from (self._point(read, key, value, _SUBMITS) for key, value in self._submission().items())
        yield from (self._point(read, key, value, _IS_SET) for key, value in self._settings(step).items())

    def _submission(self) -> dict[str, object]:
        header = self.header
        return {
            "submission_benchmark": self._benchmark,
            "submission_org": self.job.host(0).partition(".")[2],
            "submission_division": "closed",
            "submission_status": "onprem",
            "submission_platform": f"{header.nodes}x{header.accelerator_title}",
        }

    def _settings(self, step: int) -> dict[str, object]:
        header, setup, chosen = self.header, self.job.setup, self.job.optimization
        return {
            "seed": header.seed,
            "global_batch_size": header.global_batch_size,
            "gradient_accumulation_steps": float(setup.accumulation),
            "max_sequence_length": header.sequence_length,
            "eval_samples": header.validation_batches * header.global_batch_size,
            "train_samples": self.job.corpus.tokens // header.sequence_length,
            "init_checkpoint_step": step,
            "opt_name": chosen.optimizer.lower(),
            "opt_base_learning_rate": chosen.peak_learning_rate,
            **_ADAM,
            "opt_gradient_clip_norm": chosen.clip_grad_norm,
            "opt_end_learning_rate": chosen.final_learning_rate,
            "opt_learning_rate_warmup_steps": chosen.warmup_steps,
            "opt_learning_rate_decay_steps": header.total_steps - chosen.warmup_steps,
            "max_steps": header.total_steps,
            "opt_learning_rate_decay_schedule": f"{chosen.schedule} with linear warmup",
            "target_accuracy": self._target,
        }

    # Training

    def _started(self, e: ev.TrainingStarted) -> Lines:
        return self._run(e.time_seconds, e.first_step - 1)

    def _resumed(self, e: ev.TrainingResumed) -> Lines:
        if not e.checkpoint:
            yield from self._initialise(e.time_seconds - _READS_SECONDS, 0)
        yield from self._run(e.time_seconds, e.step - 1)

    def _run(self, seconds: float, step: int) -> Lines:
        yield self._end(seconds, "init_stop", 83)
        yield self._begin(seconds, "run_start", 83)
        yield self._block(seconds, step)

    def _block(self, seconds: float, step: int) -> str:
        return self._begin(seconds, "block_start", 185, samples_count=self._block_samples, step=step)

    @property
    def _block_samples(self) -> int:
        return self.job.setup.validation_interval * self.header.global_batch_size

    @ByColumns
    def _steps(self, of: Columns) -> Iterable[Lines]:
        """The last one, counted from 0."""
        losses = self.finer_each(of.array("last_loss"), "loss", of.array("last"))
        began = self.header.start_time * 1000
        fields = (
            [began + int(seconds * 1000) for seconds in of.values("time_seconds")],
            map(_number, _singles(of.array("last_step_seconds"))),
            map(_number, _singles(losses)),
            [float(last - 1) for last in of.values("last")],
            [float(tokens // self.header.sequence_length) for tokens in of.values("tokens")],
        )
        return zip(map(_TRACKED.__mod__, zip(*fields, strict=True)))

    def _validate(self, e: ev.ValidationStarted) -> Lines:
        yield self._end(e.time_seconds, "block_stop", 194, samples_count=self._block_samples, step=e.step)
        yield self._begin(e.time_seconds, "eval_start", 131, samples_count=self.job.sequences(e.step), step=e.step)

    def _validated(self, e: ev.ValidationCompleted) -> Lines:
        seconds, samples = e.time_seconds, self.job.sequences(e.step)
        loss = float("nan") if e.loss is None else self.finer(e.loss, "validation", e.step)
        yield self._point(seconds, "eval_accuracy", _single(loss), (_CALLBACK, 272), samples_count=samples)
        yield self._point(seconds, "tracked_stats", {"validation_time": e.seconds}, (_CALLBACK, 163), step=e.step)
        yield self._end(seconds, "eval_stop", 148, samples_count=samples, step=e.step)
        if self.over_us == round(seconds * 1e6):
            yield self._stop(seconds, e.step, "success")
        elif e.step < self.header.total_steps:
            yield self._block(seconds, e.step)

    def _stop(self, seconds: float, step: int, status: str) -> str:
        samples = self.job.sequences(step)
        return self._end(seconds, "run_stop", 106, step=step, samples_count=samples, status=status)

    def _completed(self, e: ev.TrainingCompleted) -> Lines:
        """The target was not reached, or this would not be told."""
        yield self._stop(e.time_seconds, e.step, "aborted")

    WRITERS: ClassVar[Writers] = {
        ev.JobLaunched: _launched,
        ev.LauncherWarned: threads_warned,
        ev.AcceleratorsDetected: _found,
        ev.TrainingStarted: _started,
        ev.StepsReported: _steps,
        ev.ValidationStarted: _validate,
        ev.ValidationCompleted: _validated,
        ev.LogLine: DialectView.failure,
        ev.JobRelaunched: _relaunched,
        ev.CheckpointLoadStarted: _loading,
        ev.TrainingResumed: _resumed,
        ev.TrainingCompleted: _completed,
    }


def _record(time_ms: object, kind: str, key: str, value: object, place: tuple[str, int], **metadata: object) -> str:
    file, number = place
    record = {
        "namespace": "",
        "time_ms": time_ms,
        "event_type": kind,
        "key": key,
        "value": value,
        "metadata": {"file": file, "lineno": number, **metadata},
    }
    return f":::MLLOG {json.dumps(record)}"


_TRACKED = _record(
    "%d",
    "POINT_IN_TIME",
    "tracked_stats",
    {"train_step_time": "%s", "reduced_train_loss": "%s"},
    _TRACKS,
    step="%r",
    samples_count="%r",
)
for _number_field in ("%d", "%s", "%r"):
    _TRACKED = _TRACKED.replace(f'"{_number_field}"', _number_field)  # numbers have no quotes


def _single(value: float) -> float:
    """As a number of 32 bits is printed as one of 64."""
    return _singles(np.array([value], np.float64))[0]


def _singles(values: Floats) -> list[float]:
    """The same of many."""
    singles: list[float] = values.astype(np.float32).tolist()
    return singles


def _number(value: float) -> str:
    """As JSON has it, where it may have none."""
    return "NaN" if value != value else repr(value)  # noqa: PLR0124 - not a number
