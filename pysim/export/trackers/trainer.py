"""What Hugging Face's Trainer (transformers 5.24) leaves in its output directory, but for the weights: nothing stands for them.

`trainer_state.json` grows with every checkpoint. The log that it holds is kept once, in a file of its own until all is done, with where it
ended at each checkpoint: a start that goes on from one goes on with its log.
"""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from pysim.export.exporter import Quiet
from pysim.export.format import Asked
from pysim.export.trackers.frameworks import framework_log
from pysim.export.trackers.hf import HuggingFaceLog
from pysim.export.trackers.hf_settings import VERSION, model_config, training_arguments
from pysim.export.trackers.logs import Logged, done_before
from pysim.story import events as ev
from pysim.story.story import Span, Story

_STATE, _LOG = "trainer_state.json", ".log_history"
_PIECE_BYTES = 2**20
_BETWEEN, _IN_LIST = ",\n", 4  # entries of the log, and how far they are set in


class TrainerFolder(Quiet):
    """An output directory."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._asked = asked
        self._ends: dict[int, int] = {0: 0}  # bytes of the log by the checkpoint that has them

    def begin(self, story: Story, span: Span, /) -> None:
        """The run, and what stays as it is."""
        self._story, self._span = story, span
        header = story.header
        log = framework_log(header, self._asked)
        if not isinstance(log, HuggingFaceLog):
            message = f"{self._asked.view} leaves no trainer_state.json"
            raise TypeError(message)
        self._log = log
        self._config = model_config(header)
        self._history = (self._folder / _LOG).open("w+b")
        arguments = training_arguments(header, log.log_every)
        _write(self._folder / "training_args.json", json.dumps(arguments, indent=2) + "\n")
        _write(self._folder / "README.md", _readme(header.title, has_config=self._config is not None))

    def advance(self) -> Iterator[int]:
        """Write it all; yields how far it is, in microseconds of the run."""
        for event, number in zip(self._log.told(self._story, self._span), count()):
            for logged in self._log.of(event):  # type: ignore[arg-type]  # it looks at events only
                self._add(logged)
            match event:
                case ev.CheckpointCompleted():
                    self._checkpoint(event.step)
                case ev.TrainingResumed():
                    self._go_on(event)
                case ev.ProcessesDone():
                    self._finish(event)
            if isinstance(event, ev.Event) and number % 64 == 0:
                yield event.time_us

    def end(self) -> None:
        """The log stands in the states."""
        self._history.close()
        (self._folder / _LOG).unlink()

    # The log

    def _add(self, logged: Logged) -> None:
        entry = json.dumps({**logged.numbers, "step": logged.step}, indent=2, sort_keys=True)
        lines = (_BETWEEN if self._history.tell() else "") + "\n".join(
            " " * _IN_LIST + line for line in entry.splitlines()
        )
        self._history.write(lines.encode())

    def _go_on(self, event: ev.TrainingResumed) -> None:
        """With the log of the checkpoint that it has loaded, or a new one."""
        loaded = done_before(event) if event.checkpoint else 0
        self._ends = {step: end for step, end in self._ends.items() if step <= loaded}
        self._history.seek(self._ends[max(self._ends)])
        self._history.truncate()

    # The files

    def _checkpoint(self, step: int) -> None:
        folder = self._folder / f"checkpoint-{step}"
        folder.mkdir(exist_ok=True)
        self._ends[step] = self._history.tell()
        if self._config is not None:
            _write(folder / "config.json", json.dumps(self._config, indent=2, sort_keys=True) + "\n")
            generation = {"_from_model_config": True, "transformers_version": VERSION, "use_cache": False}
            _write(folder / "generation_config.json", json.dumps(generation, indent=2, sort_keys=True) + "\n")
        self._write_state(folder / _STATE, step, is_saved=True)

    def _finish(self, event: ev.ProcessesDone) -> None:
        """As the examples do: the last state, and the results."""
        self._write_state(self._folder / _STATE, event.step, is_saved=False)
        for logged in self._log.of(event):
            results = json.dumps(logged.numbers, indent=4, sort_keys=True)
            for name in ("train_results.json", "all_results.json"):
                _write(self._folder / name, results)

    def _write_state(self, path: Path, step: int, *, is_saved: bool) -> None:
        """As `json.dumps(state, indent=2, sort_keys=True)` has it, with the log copied into its place."""
        before, after = json.dumps(self._state(step, is_saved=is_saved), indent=2, sort_keys=True).split("[]", 1)
        end = self._history.tell()
        with path.open("wb") as file:
            file.write(before.encode())
            file.write(b"[\n" if end else b"[")
            self._history.seek(0)
            while self._history.tell() < end:
                file.write(self._history.read(min(_PIECE_BYTES, end - self._history.tell())))
            file.write(b"\n  ]" if end else b"]")
            file.write(f"{after}\n".encode())

    def _state(self, step: int, *, is_saved: bool) -> dict[str, Any]:
        header, setup = self._story.header, self._story.header.job.setup
        control = {
            "should_training_stop": step >= header.total_steps,
            "should_epoch_stop": False,
            "should_save": is_saved,
            "should_evaluate": False,
            "should_log": False,
        }
        return {
            "best_global_step": None,
            "best_metric": None,
            "best_model_checkpoint": None,
            "epoch": step / header.steps_per_epoch,
            "eval_steps": setup.validation_interval,
            "global_step": step,
            "is_hyper_param_search": False,
            "is_local_process_zero": True,
            "is_world_process_zero": True,
            "log_history": [],
            "logging_steps": self._log.log_every,
            "max_steps": header.total_steps,
            "num_input_tokens_seen": 0,
            "num_train_epochs": header.epochs,
            "save_steps": setup.checkpoint_interval,
            "stateful_callbacks": {"TrainerControl": {"args": control, "attributes": {}}},
            "total_flos": self._log.total_flos(step),
            "train_batch_size": setup.micro_batch_size,
            "trial_name": None,
            "trial_params": None,
        }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _readme(title: str, *, has_config: bool) -> str:
    config = "" if has_config else "`config.json` and `generation_config.json`, "
    return f"""# {title}

What Hugging Face's Trainer (transformers {VERSION}) leaves of a training run that pysim has simulated. Nothing was trained, so this is
left out: {config}weights, optimizer, scheduler and random states, and `training_args.bin`; `training_args.json` has what the run decides
of that, and all else is the library's default.
"""
