"""Reads torchtitan's log, as run_train.sh shows it, and works out again what it says."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from auditor.interval import Interval, exactly, rounded
from auditor.told import Told

_RECORD = re.compile(
    r"\[rank(?P<local>\d+)\]:\[titan\] (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - [\w.]+ - (?P<level>INFO|WARNING) - (?P<words>.*)"
)
_COLOR = re.compile(r"\x1b\[[\d;]*m")
_STEP = re.compile(
    r"step: +(?P<step>\d+)  loss: +(?P<loss>\d+\.\d{5})  grad_norm: +(?P<grad_norm>\d+\.\d{4}|nan)  "
    r"memory: +(?P<memory>\d+\.\d\d)GiB\((?P<share>\d+\.\d\d)%\)  tps: (?P<tps>[\d,]+)  tflops: (?P<tflops>[\d,]+\.\d\d)  "
    r"mfu: (?:(?P<mfu>\d+\.\d\d)%|N/A)"
)
_VALIDATION = re.compile(
    r"validate step: +(?P<step>\d+)  loss: +(?P<loss>\d+\.\d{4})  memory: +(?P<memory>\d+\.\d\d)GiB\((?P<share>\d+\.\d\d)%\)  tps: (?P<tps>[\d,]+)"
)
_MESH = re.compile(
    r"Building device mesh with parallelism: pp=(\d+), dp_replicate=(\d+), dp_shard=(\d+), cp=(\d+), tp=(\d+), ep=(\d+)"
)
_CAPACITY = re.compile(r"CUDA capacity: (.+) with (\d+\.\d\d)GiB memory")
_MODEL = re.compile(r"Model (.+) size: ([\d,]+) total parameters")
_PEAK = re.compile(r"Peak FLOPS used for computing MFU: (\d\.\d{3}e\+\d\d)")
_TRAINER = re.compile(
    r"Trainer is initialized with local batch size (\d+), global batch size (\d+), gradient accumulation steps (\d+), "
    r"sequence length (\d+), total steps (\d+) \(warmup (\d+)\)"
)
_SECONDS = r"(\d+\.\d\d) ?s"
_SAVING = re.compile(r"Saving the checkpoint\.")
_SAVED = re.compile(rf"(?:Finished saving the checkpoint in|Last step checkpoint completed in) {_SECONDS}")
_LAST = re.compile(r"Saving a full checkpoint at last step, step (\d+)\.")
_LOADING = re.compile(r"Loading the checkpoint from (\S+)/step-(\d+)\.")
_LOADED = re.compile(rf"Finished loading the checkpoint in {_SECONDS}")
_STARTS = re.compile(r"Training starts at step (\d+)")
_HELLO = re.compile(r"torchtitan version: ([\d.]+) \(0\.0\.0 means __version__ is not defined correctly\)\.")

_IDLE = re.compile(  # said, and nothing to work out
    r"initial_load_model_only=True has no effect without an initial_load_path\.|Structured logging -> JSONL: \S+|"
    r"ENV\[\w+\] = \S+ will be overridden to \S+ based on job config|Successfully created meshes with active dimensions: \[.*\]|"
    r"\[GC\] .+ took \d+\.\d\d seconds|Building \S+ \S+|Applied (?:\w+AC activation checkpointing|FSDP|HSDP|Context Parallel \(forward wrapping\)) to the model|"
    r"Compiling each TransformerBlock with torch\.compile|(?:CUDA|CPU) memory usage for model: \d+\.\d\dGiB\(\d+\.\d\d%\)|"
    r"Loading tokenizer from tokenizer\.json|Preparing \S+ dataset from \S+|Checkpointing active\. Checkpoints will be loaded from and saved to \S+|"
    r"No checkpoint was provided, this is a fresh start\.|Synchronizing and adjusting timeout for all ProcessGroups to \d+:\d\d:\d\d|"
    r"Sleeping 2 seconds for other ranks to complete|Training completed|Using pipeline schedule \w+ with \d+ microbatches and \d+ stages\.|"
    r"Number of microbatches \(\d+\) is less than the total number of stages \(\d+\) which may result in a bubble in the pipeline\.|"
    r"Total parameter count: dense [\d,]+, sparse [\d,]+, vision 0, active [\d,]+|Peak flops undefined for: .+, fallback to A100|"
    # what only a machine like that of the sample says
    r"Error running lspci: .+|CPU capacity: .+|Optimizer AdamW \(model_part=\d\): .+|model\.safetensors\.index\.json not found .+|Destroying the purge thread\."
)


class Torchtitan:
    """One log, which several lives may have written."""

    def __init__(self) -> None:
        self.told = Told()
        self._facts: dict[str, float] = {}
        self._last_time = exactly(0)
        self._flops = Interval(0, 1e30)  # of a token
        self._since: tuple[int, Interval] | None = (
            None  # the step of the last line and its time, where nothing came between
        )
        self._rules: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Interval], None]], ...] = (
            (_STEP, self._step), (_VALIDATION, self._validation), (_MESH, self._mesh), (_CAPACITY, self._capacity),
            (_MODEL, self._model), (_PEAK, self._peak), (_TRAINER, self._trainer), (_SAVING, self._saving),
            (_SAVED, self._saved), (_LAST, self._last), (_LOADING, self._loading), (_LOADED, self._loaded),
            (_STARTS, self._starts), (_HELLO, self._hello), (re.compile(r"Process group destroyed"), self._end),
            (_IDLE, lambda _found, _time: None),
        )  # fmt: skip

    def read(self, lines: Iterable[str]) -> Told:
        for line in lines:
            record = _RECORD.fullmatch(_COLOR.sub("", line))
            if record is None:
                self.told.unread.append(line)  # launchers, exceptions
                continue
            at = datetime.strptime(record["time"], "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC).timestamp()
            time = Interval(at, at + 0.001)
            if time.high < self._last_time.low:
                self.told.findings.append(f"time runs backwards: {line}")
            self._last_time = time
            self._take(record["words"], time)
        return self.told

    def _take(self, words: str, time: Interval) -> None:
        for pattern, rule in self._rules:
            found = pattern.fullmatch(words) or (pattern in (_SAVED, _LOADED) and pattern.match(words))
            if found:
                rule(found, time)
                return
        self.told.findings.append(f"no line of torchtitan: {words}")

    # Facts of a life

    def _hello(self, _found: re.Match[str], _time: Interval) -> None:
        self.told.launches += 1
        self._since = None

    def _mesh(self, found: re.Match[str], _time: Interval) -> None:
        pipeline, replicas, shards, context, tensor, _expert = map(int, found.groups())
        self._facts |= {
            "pipeline": pipeline,
            "data": replicas * shards,
            "world": pipeline * replicas * shards * context * tensor,
        }

    def _capacity(self, found: re.Match[str], _time: Interval) -> None:
        self._facts["capacity"] = float(found[2])

    def _model(self, found: re.Match[str], _time: Interval) -> None:
        self._facts["parameters"] = int(found[2].replace(",", ""))

    def _peak(self, found: re.Match[str], _time: Interval) -> None:
        self._facts["peak"] = float(found[1])

    def _trainer(self, found: re.Match[str], time: Interval) -> None:
        local, batch, accumulation, length, total, _warmup = map(int, found.groups())
        self._facts |= {"batch": batch, "length": length, "total": total}
        self.told.tie("batch", time, exactly(batch), exactly(local * accumulation * self._facts["data"]))

    def _starts(self, found: re.Match[str], _time: Interval) -> None:
        first = int(found[1])
        self.told.begun.append(first)
        due = self.told.loaded[-1] + 1 if len(self.told.loaded) == self.told.launches - 1 and self.told.loaded else 1
        self.told.tie("first step", first, exactly(first), exactly(due))

    def _end(self, _found: re.Match[str], _time: Interval) -> None:
        self.told.ended = True

    @property
    def flops(self) -> Interval:
        """Of a token, as all lines together have it."""
        return self._flops

    # Steps

    def _step(self, found: re.Match[str], time: Interval) -> None:
        told, facts = self.told, self._facts
        step = int(found["step"])
        tps, tflops = rounded(found["tps"].replace(",", "")), rounded(found["tflops"].replace(",", ""))
        told.steps.append(
            {
                "step": exactly(step),
                "time": time,
                "loss": rounded(found["loss"]),
                "grad_norm": rounded(found["grad_norm"]),
                "tps": tps,
            }
        )
        if "peak" in facts and found["mfu"]:
            told.tie("mfu", step, rounded(found["mfu"]), tflops * 1e14 / facts["peak"])
        if tps.low > 1000:  # known to four digits
            flops = tflops / tps * 1e12
            told.tie("FLOPs of a token", step, self._flops, flops)
            self._flops = Interval(max(self._flops.low, flops.low), min(self._flops.high, flops.high))
        self._memory(found, step)
        if self._since:
            before, since = self._since
            tokens = (step - before) * facts["batch"] * facts["length"]
            elapsed = Interval(max(time.low - since.high, 1e-9), time.high - since.low)
            told.tie("tps", step, tps * facts["world"], exactly(tokens) / elapsed, 0.01)
        self._since = step, time

    def _validation(self, found: re.Match[str], time: Interval) -> None:
        step = int(found["step"])
        self.told.validations.append({"step": exactly(step), "time": time, "loss": rounded(found["loss"])})
        self._memory(found, step)
        self._since = (step, time) if self._since and self._since[0] == step else None

    def _memory(self, found: re.Match[str], step: int) -> None:
        if "capacity" in self._facts:
            gib, share = rounded(found["memory"]), rounded(found["share"])
            self.told.tie("memory", step, share, gib * 100 / rounded(f"{self._facts['capacity']:.2f}"))

    # Checkpoints

    def _saving(self, _found: re.Match[str], time: Interval) -> None:
        self._began = time
        self._since = None

    def _last(self, found: re.Match[str], _time: Interval) -> None:
        self.told.tie("last step", found[0], exactly(int(found[1])), exactly(self._facts["total"]))

    def _saved(self, found: re.Match[str], time: Interval) -> None:
        self.told.saved.append(len(self.told.saved))
        self.told.tie("saving", time, rounded(found[1]), time - self._began, 0.01)

    def _loading(self, found: re.Match[str], time: Interval) -> None:
        self.told.loaded.append(int(found[2]))
        self._began = time

    def _loaded(self, found: re.Match[str], time: Interval) -> None:
        self.told.tie("loading", time, rounded(found[1]), time - self._began, 0.02)
