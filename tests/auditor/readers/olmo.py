"""Reads OLMo-core's log in its plain form, with tabs, and works out again what it says."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from auditor.interval import HALF, Interval, exactly
from auditor.told import Told

_HEAD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\t([\w.-]+):(\d+)\t([\w.]+):(\d+)\t([A-Z]+)\t(.*)")
_MARKER = re.compile(r"\[step=(\d+)/(\d+),epoch=(\d+)(?:,eta=(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?)?\]")
_METRIC = re.compile(r"    (.+)=(\S+)")
_SUFFIXES = {"B": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}

# What is said by which line of which module, and what a reader makes of it.
_SAID: dict[str, tuple[str, str]] = {
    r"Loading checkpoint from '\S+/step(\d+)'\.\.\.": ("trainer:1106", "loading"),
    r"Will resume training from step (\d+), epoch (\d+)": ("trainer:1035", "resumes"),
    r"Saving checkpoint for step (\d+) to '\S+/step\d+'\.\.\.": ("trainer:1177", "saving"),
    r"Checkpoint saved": ("trainer:1197", "saved"),
    r"Training for ([\d,]+) steps": ("trainer:737", "begin"),
    r"Training complete": ("trainer:782", "end"),
    r"Data parallel world size = ([\d,]+)": ("train_module:177", "width"),
    r"Built \dD device mesh with shape \((.*)\)": ("parallel:252", "mesh"),
    r"- ([\d,]+) non-embedding params": ("config:458", "inner"),
    r"Data loader will resume from batch ([\d,]+)/([\d,]+) based on batch size of ([\d,]+) tokens": (
        "data_loader:761",
        "batch",
    ),
    r"Device: (.+), Device peak Flops/s: (\d+|None)": ("speed_monitor:152", "peak"),
    r"GPU capacity: (.+) with (\d+\.\d\d)GiB memory of which .*": ("gpu_memory_monitor:41", "capacity"),
    r"    \S+-validation/CE loss=(\S+)": ("evaluator_callback:184", "validation"),
    r"    \S+-validation/PPL=(\S+)": ("evaluator_callback:184", "perplexity"),
}


def value(text: str) -> Interval:
    """`3.750`, `16,033`, `143.8T`, `1.00E-05`: what `format_float` writes."""
    if text in ("nan", "inf"):
        return exactly(float(text))
    scale = _SUFFIXES.get(text[-1], 1.0)
    digits = text.rstrip("BTPE") if scale != 1.0 else text
    number = float(digits.replace(",", ""))
    if "." not in digits:
        return Interval(number * scale, (number + 1) * scale)  # cut, not rounded
    mantissa, _, exponent = digits.partition("E")
    half = HALF * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return Interval((number - half) * scale, (number + half) * scale)


class Olmo:
    """One log, which several lives may have written."""

    def __init__(self) -> None:
        self.told = Told()
        self.flops = Interval(0, 1e30)  # of a token
        self._facts: dict[str, float] = {}
        self._total = 0
        self._began = 0.0
        self._last_time = 0.0

    def read(self, lines: Iterable[str]) -> Told:
        for record in _records(lines):
            head = _HEAD.match(record[0])
            if head is None:
                self.told.unread += record
                continue
            stamp, _host, _rank, module, number, _level, words = head.groups()
            time = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
            if time < self._last_time:
                self.told.findings.append(f"time runs backwards: {record[0]}")
            self._last_time = time
            self._take(f"{module.rpartition('.')[2]}:{number}", [words, *record[1:]], time)
        return self.told

    def _take(self, place: str, rows: list[str], time: float) -> None:
        marker = _MARKER.fullmatch(rows[0])
        if marker:
            self._step(marker, rows[1:], time)
        for row in rows:
            for pattern, (due, rule) in _SAID.items():
                found = re.fullmatch(pattern, row)
                if found and place == due:
                    getattr(self, f"_{rule}")(found, time)

    # Facts

    def _begin(self, found: re.Match[str], _time: float) -> None:
        self._total = _count(found[1])
        self.told.launches += 1

    def _width(self, found: re.Match[str], _time: float) -> None:
        self._facts.setdefault("world", _count(found[1]))

    def _mesh(self, found: re.Match[str], _time: float) -> None:
        self._facts["world"] = math.prod(int(degree) for degree in re.findall(r"=(\d+)", found[1]))

    def _inner(self, found: re.Match[str], _time: float) -> None:
        self._facts["inner"] = _count(found[1])

    def _batch(self, found: re.Match[str], _time: float) -> None:
        self._facts["batch"] = _count(found[3])

    def _peak(self, found: re.Match[str], _time: float) -> None:
        self._facts["peak"] = float(found[2]) if found[2] != "None" else 0.0

    def _capacity(self, found: re.Match[str], _time: float) -> None:
        self._facts["capacity"] = float(found[2])

    # Life

    def _loading(self, found: re.Match[str], _time: float) -> None:
        self.told.loaded.append(int(found[1]))

    def _resumes(self, found: re.Match[str], _time: float) -> None:
        self.told.tie("resumed step", found[0], exactly(int(found[1])), exactly(self.told.loaded[-1]))

    def _saving(self, found: re.Match[str], time: float) -> None:
        self.told.saved.append(int(found[1]))
        self._began = time

    def _saved(self, _found: re.Match[str], _time: float) -> None:
        return

    def _end(self, _found: re.Match[str], _time: float) -> None:
        self.told.ended = True

    def _validation(self, found: re.Match[str], time: float) -> None:
        self.told.validations.append({"time": exactly(time), "loss": value(found[1])})

    def _perplexity(self, found: re.Match[str], time: float) -> None:
        self._tie_perplexity(time, self.told.validations[-1]["loss"], value(found[1]))

    def _tie_perplexity(self, where: object, loss: Interval, perplexity: Interval) -> None:
        self.told.tie("perplexity", where, perplexity, Interval(math.exp(loss.low), math.exp(loss.high)))

    def _step(self, marker: re.Match[str], rows: list[str], time: float) -> None:
        step, total = int(marker[1]), int(marker[2])
        if len(self.told.begun) < self.told.launches:
            self.told.begun.append(step)
        self.told.tie("steps", step, exactly(total), exactly(self._total))
        metrics = {found[1]: value(found[2]) for found in map(_METRIC.fullmatch, rows) if found}
        line = {"step": exactly(step), "time": exactly(time)}
        if "train/CE loss" in metrics:
            line["loss"] = metrics["train/CE loss"]
            if "train/PPL" in metrics:
                self._tie_perplexity(step, line["loss"], metrics["train/PPL"])
            self._memory(step, metrics)
        if "throughput/device/TPS" in metrics:
            self._throughput(step, metrics)
        self.told.steps.append(line)

    def _memory(self, step: int, metrics: dict[str, Interval]) -> None:
        for name in ("active", "reserved"):
            share, gib = (metrics[f"gpu_memory/GPU {name} mem ({unit})"] for unit in ("%", "GiB"))
            capacity = Interval(self._facts["capacity"] - 0.006, self._facts["capacity"] + 0.006)
            self.told.tie("memory", step, share, gib * 100 / capacity)

    def _throughput(self, step: int, metrics: dict[str, Interval]) -> None:
        told, tie = self.told, self.told.tie
        for suffix in ("", " (actual avg)"):
            tokens, batches = metrics[f"throughput/device/TPS{suffix}"], metrics[f"throughput/device/BPS{suffix}"]
            flops = metrics[f"throughput/device/flopsPS{suffix}"]
            told.tie("tokens of a step", step, tokens / batches, exactly(self._tokens(step, metrics)), 1e-3)
            each = flops / tokens
            tie("FLOPs of a token", step, self.flops, each)
            self.flops = Interval(max(self.flops.low, each.low), min(self.flops.high, each.high))
            if f"throughput/device/MFU{suffix}" in metrics:
                tie("MFU", step, metrics[f"throughput/device/MFU{suffix}"], flops * 100 / self._facts["peak"])
        tie("TFLOPs", step, metrics["throughput/device/TFLOPs_per_GPU"] * 1e12, metrics["throughput/device/flopsPS"])
        done = metrics["throughput/total tokens"]
        tie("petaflops", step, metrics["throughput/total petaflops"] * 1e15, done * self.flops, 1e-2)
        tie("chinchilla", step, metrics["throughput/chinchilla multiple"], done / (20 * self._facts["inner"]))

    def _tokens(self, step: int, metrics: dict[str, Interval]) -> float:
        """Of a step, on one device."""
        done = metrics["throughput/total tokens"]
        return (done.low if done.high == done.low + 1 else done.middle) / step / self._facts["world"]


def _count(text: str) -> int:
    return int(text.replace(",", ""))


def _records(lines: Iterable[str]) -> Iterable[list[str]]:
    """A line with a head and those that belong to it; others stand for themselves."""
    record: list[str] = []
    for line in lines:
        if _HEAD.match(line) or not (record and _HEAD.match(record[0])) or not _goes_on(line):
            if record:
                yield record
            record = [line]
        else:
            record.append(line)
    if record:
        yield record


def _goes_on(line: str) -> bool:
    return line.startswith(("    ", "- ", " - ", "'"))
