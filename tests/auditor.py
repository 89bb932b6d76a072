"""An independent reader of what a run prints: it parses the console's text, or the JSON lines, and recomputes every tie.

It knows nothing of how pysim computes or writes; what it knows is what a sceptic in front of the screen knows: arithmetic,
data sheets, and the rules of realism that real logs obey. A printed number stands for the interval of all numbers that
print like it, so a tie either can hold or cannot; there are no tolerances to tune except where the world itself has some.

    auditor = Auditor()
    auditor.read_text(lines)      # or read_json(lines); several pieces of one run with cut() between them
    auditor.finish()
    assert auditor.findings == []
"""

import json
import math
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import library_audit as library

# What a printed number can mean


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers that a printed one can stand for."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def meets(self, other: "Interval", slack: float = 0.0) -> bool:
        """Whether both can be the same number, give or take `slack` relative to them."""
        room = slack * max(abs(self.middle), abs(other.middle)) + 1e-9 * max(abs(self.high), abs(other.high))
        return self.low - room <= other.high and other.low - room <= self.high

    def __add__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(corners), max(corners))

    def __truediv__(self, other: "Interval | float") -> "Interval":
        other = exactly(other)
        return self * Interval(1 / other.high, 1 / other.low)

    def __str__(self) -> str:
        return f"{self.low:.6g}..{self.high:.6g}" if self.high > self.low else f"{self.low:.8g}"


def exactly(value: "Interval | float") -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value)


_HALF = 0.56  # of the last digit: half, and room for a number that was rounded twice
_UNITS = {
    "bytes": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "B": 1e9, "M": 1e6, "k": 1e3, "T": 1e12,
    "GiB": 2**30, "G": 2**30, "ms": 1e-3, "s": 1.0, "%": 1e-2, "kW": 1e3, "MW": 1e6, "W": 1.0, "": 1.0,
}  # fmt: skip
_NUMBER = re.compile(r"\$?(-?[\d,]+(?:\.(\d+))?(?:e([+-]\d+))?)(?: ?([A-Za-z%]+))?")
_CLOCK = re.compile(r"(?:(\d+)d )?(\d+):(\d\d):(\d\d)")


def measure(text: str) -> Interval:
    """`1.07 GB`, `8.46 ms`, `0:01:25`, `21.8%`, `6.00e-04` or `1,024` in base units."""
    clock = _CLOCK.fullmatch(text)
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        whole = days * 86_400 + hours * 3600 + minutes * 60 + seconds
        return Interval(whole, whole + 1)  # cut, not rounded
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        message = f"no number: {text!r}"
        raise ValueError(message)
    digits, decimals, exponent, unit = number.groups(default="")
    value, scale = float(digits.replace(",", "")), _UNITS[unit]
    if not decimals and not exponent and unit in ("", "bytes", "GiB", "W"):
        return exactly(value * scale)
    half = _HALF * 10.0 ** (int(exponent or 0) - len(decimals))
    return Interval((value - half) * scale, (value + half) * scale)


# Records: one for each event, whatever it was read from. Fields have the names of the JSON lines.

Value = Any  # Interval, int, str, bool, None or a list of int


@dataclass(slots=True)
class Record:
    """What one event said."""

    kind: str
    time: Interval  # seconds; from the launch in JSON, of the day and later in text
    where: str  # for findings
    fields: dict[str, Value] = field(default_factory=dict)

    def number(self, name: str) -> Interval:
        return exactly(self.fields[name])

    def has(self, *names: str) -> bool:
        return all(self.fields.get(name) is not None for name in names)


def rounded(text: str) -> Interval:
    """A measured number, which was rounded even where it has no decimals."""
    value, decimals = float(text.replace(",", "").lstrip("$")), len(text.partition(".")[2])
    return Interval(value - _HALF * 10.0**-decimals, value + _HALF * 10.0**-decimals)


_DECIMALS = {  # of measured values in the JSON lines; what is not here has six significant digits or microseconds
    "tokens_per_second": 1, "mean_tokens_per_second": 1, "samples_per_second": 2, "mfu": 4, "mean_mfu": 4, "accelerator_hours": 1,
    "energy_kwh": 1, "usd": 2, "gb_per_second": 3, "init_seconds": 2, "load_seconds": 2, "grad_norm": 3, "loss": 4, "train_loss": 4, "mean_loss": 4,
    "best_loss": 4, "final_train_loss": 4, "final_validation_loss": 4, "best_validation_loss": 4,
}  # fmt: skip


def _datum(kind: str, name: str, value: Value) -> Value:
    if not isinstance(value, float):
        return value
    decimals = 1 if (kind, name) == ("EpochCompleted", "seconds") else _DECIMALS.get(name)
    half = _HALF * 10.0**-decimals if decimals else max(abs(value) * 0.6e-5, 0.6e-6)
    if name.endswith("_seconds") and name not in _DECIMALS:
        half = 0.6e-6
    return Interval(value - half, value + half)


def json_records(lines: Iterable[str]) -> Iterator[Record]:
    """Records of the JSON lines."""
    for line in lines:
        read = json.loads(line)
        kind = read.pop("event")
        fields = {name: _datum(kind, name, value) for name, value in read.items()}
        time = exactly(fields.pop("time_seconds"))
        yield Record(kind, time, f"{kind} at {time.middle:.2f} s {fields.get('step', '')}".strip(), fields)


_N, _Q = r"[\d,]+", r"[\d,.]+ [A-Za-z]+"  # a count; a quantity with its unit
_T = r"(?:\d+d )?\d+:\d\d:\d\d|[\d.]+ m?s"  # a length of time

# Kind of event, what its first part looks like, and what its further parts may look like. `n_` numbers, `s_` words.
_LINES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "StepCompleted",
        rf"(?:\[Rank 0/(?P<n_world_size>\d+)\] )?(?:\[Node 0/(?P<n_nodes>\d+)\] )?step +(?P<n_step>{_N})/(?P<n_total_steps>{_N})",
        (
            r"loss +(?P<n_loss>\d+\.\d{4})", r"ppl +(?P<m_perplexity>[\d,.]+)", r"lr (?P<n_learning_rate>\S+)", r"grad_norm +(?P<n_grad_norm>[\d.]+|inf)",
            rf"loss scale +(?P<n_loss_scale>{_N})", r" *(?P<n_step_seconds>[\d.]+ s)", rf" *(?P<m_tokens_per_second>{_N}) tok/s", r" *(?P<n_samples_per_second>[\d,.]+) samples/s",
            r"MFU +(?P<n_mfu>[\d.]+%)",
        ),
    ),
    ("JobLaunched", r"run (?P<s_run_name>\S+)", (rf"(?P<n_world_size>{_N}) process(?:es)? on (?P<n_nodes>{_N}) nodes?", rf"seed {_N}")),
    (
        "AcceleratorDetected",
        r"\[Rank +(?P<n_rank>\d+)/(?P<n_world_size>\d+)\](?: \[Node (?P<n_node>\d+)/(?P<n_nodes>\d+)\])? (?P<s_accelerator>.+)",
        (r"(?P<n_memory_bytes>[\d.]+ GiB)", r"(?P<n_power_limit_watts>\d+ W)", r"(?P<s_host>[a-z][\w-]*\.[\w.-]+)", r"(?P<s_bus_id>[0-9a-f]{2}:00\.0)",
        r"idle (?P<n_temperature_celsius>\d+) C (?P<n_power_watts>\d+) W"),
    ),
    ("MoreRanks", rf"\.\.\. and (?P<n_more>{_N}) more ranks", ()),
    ("MoreNodes", rf"\.\.\. and the same on (?P<n_more>{_N}) more nodes?", ()),
    ("More", rf"\.\.\. and (?P<n_more>{_N}) more \w+", ()),
    ("CommunicatorsReady", r"(?P<s_communicator>\w+)-parallel groups ready", (rf"(?P<n_communicators>{_N}) communicators? of (?P<n_ranks>{_N}) ranks",)),
    ("AcceleratorsDetected", rf"(?P<n_world_size>{_N}) x (?P<s_accelerator>.+)", (rf"(?P<n_memory_bytes>{_Q}) of memory", rf"(?P<n_nodes>{_N}) nodes?")),
    ("DistributedInitialised", r"process group ready: (?P<s_backend>[A-Z]+) [\d.]+", (rf"world size (?P<n_world_size>{_N})", rf"init (?P<n_init_seconds>{_T})")),
    (
        "DistributedInitialised",
        (rf"parallel layout TP (?P<n_tensor_parallel>\d+) x PP (?P<n_pipeline_parallel>\d+) x CP (?P<n_context_parallel>\d+)"
        rf" x DP (?P<n_data_parallel>\d+) = (?P<n_world_size>{_N})"),
        (r"EP (?P<n_expert_parallel>\d+)", r"sharding (?P<s_sharding>[\w-]+)"),
    ),
    (
        "CollectiveTimed",
        rf"(?P<s_test>test: )?all-reduce (?P<n_message_bytes>{_Q}) over (?P<n_ranks>{_N}) ranks in (?P<n_seconds>[\d.]+ ms)",
        (r"(?P<m_busbw_gb_per_second>\d+) GB/s bus",),
    ),
    ("ModelLoading", rf"initialising weight shards (?P<s_bar>\[.*\]) (?P<n_done>{_N})/(?P<n_of>{_N})", ()),
    ("ModelReady", r"model (?P<s_model>.+)", (rf"(?P<n_parameters>{_N}) parameters", rf"(?P<n_active_parameters>{_N}) active per token", r"(?P<s_precision>(?:BF|FP)\d+)")),
    (
        "ModelReady",
        r"layers (?P<n_layers>\d+)",
        (
            rf"hidden (?P<n_hidden_size>{_N})", r"heads (?P<n_attention_heads>\d+)", r"KV heads (?P<n_kv_heads>\d+)", rf"FFN (?P<n_ffn_hidden_size>{_N})",
            rf"vocabulary (?P<n_vocab_size>{_N})", rf"context (?P<n_context_length>{_N})", r"(?P<n_experts>\d+) experts, (?P<n_experts_per_token>\d+) per token",
        ),
    ),
    ("TokenizerReady", r"tokenizer (?P<s_tokenizer>.+)", (rf"vocabulary (?P<n_vocab_size>{_N})", rf"loaded in (?P<n_load_seconds>{_T})", r"(?P<s_kind>\D.*)")),
    ("DatasetReady", r"dataset (?P<s_dataset>.+)", (rf"(?P<n_documents>{_N}) documents", rf"(?P<n_dataset_tokens>{_Q}) tokens")),
    (
        "DatasetReady",
        rf"global batch (?P<n_global_batch_size>{_N}) x (?P<n_sequence_length>{_N}) = (?P<n_tokens_per_step>{_N}) tokens",
        (rf"micro batch (?P<n_micro_batch_size>{_N}) x accumulation (?P<n_accumulation>{_N})", rf"(?P<n_run_tokens>{_Q}) tokens in (?P<n_epochs>{_N}) epochs?"),
    ),
    ("OptimizerReady", r"optimizer (?P<s_optimizer>\w+)", (r"peak lr (?P<n_peak_learning_rate>\S+)", rf"(?P<s_schedule>[\w-]+), warm-up (?P<n_warmup_steps>{_N}) steps", r"clip (?P<n_clip_grad_norm>\S+)")),
    (
        "OptimizerReady",
        r"memory",
        (
            *(rf"{word} (?P<n_{name}_bytes>[\d.]+)" for word, name in (("weights", "weight"), ("gradients", "gradient"), ("optimizer", "optimizer"), ("activations", "activation"), ("workspace", "workspace"))),
            r"= (?P<n_memory_bytes>[\d.]+) of (?P<n_memory_capacity_bytes>[\d.]+) GiB",
        ),
    ),
    ("TrainingStarted", r"training starts", (rf"(?P<n_total_steps>{_N}) steps in (?P<n_epochs>{_N}) epochs?", rf"expecting (?P<n_step_seconds>{_T}) a step", rf"(?P<n_training_seconds>{_T}) in all")),
    ("EpochStarted", rf"epoch (?P<n_epoch>{_N})/(?P<n_epochs>{_N}) starts", (rf"step (?P<n_step>{_N})",)),
    ("StepSkipped", rf"gradient overflow, step (?P<n_step>{_N}) skipped", (rf"loss scale (?P<n_loss_scale>{_N}) -> (?P<n_next_loss_scale>{_N})",)),
    ("ValidationStarted", rf"validation (?P<n_index>{_N}) starts", (rf"step (?P<n_step>{_N})", rf"(?P<n_batches>{_N}) batch(?:es)?", rf"(?P<n_tokens>{_Q}|{_N}) tokens")),
    ("ValidationCompleted", r"validation loss (?P<n_loss>[\d.]+)", (r"ppl (?P<m_perplexity>[\d,.]+)", r"train loss (?P<n_train_loss>[\d.]+)", rf"(?P<n_seconds>{_T})")),
    (
        "ValidationJudged",
        rf"(?P<s_improved>best so far)|best (?P<n_best_loss>[\d.]+) at step (?P<n_best_step>{_N})",
        (r"patience (?P<n_validations_without_improvement>\d+)/(?P<n_patience>\d+)",),
    ),
    ("CheckpointStarted", r"saving checkpoint to (?P<s_path>\S+)", (rf"(?P<n_checkpoint_bytes>{_Q}) in (?P<n_files>{_N}) files?",)),
    ("CheckpointProgressed", r"(?P<s_bar>\[.{20}\]) +(?P<n_share>\d+%)", (rf"(?P<n_written_bytes>{_Q}) of (?P<n_checkpoint_bytes>{_Q})",)),
    ("CheckpointCompleted", rf"checkpoint of step (?P<n_step>{_N}) saved", (rf"(?P<n_checkpoint_bytes>{_Q})", rf"(?P<n_seconds>{_T}), (?P<n_gb_per_second>[\d,.]+) GB/s")),
    ("EpochCompleted", rf"epoch (?P<n_epoch>{_N})/(?P<n_epochs>{_N}) done", (r"mean loss (?P<n_mean_loss>[\d.]+)", rf"took (?P<n_seconds>{_T})")),
    ("TrainingCompleted", r"training done", (rf"(?P<n_step>{_N}) steps", rf"took (?P<n_seconds>{_T})")),
    ("ExportStarted", r"exporting to (?P<s_path>\S+)", (rf"(?P<n_export_bytes>{_Q}) of weights", rf"(?P<n_files>{_N}) files?")),
    ("ExportStageCompleted", r"(?P<s_bar>\[=+\]) (?P<s_stage>merged|converted to \w+)", (rf"(?P<n_items>{_N}) (?P<s_unit>files|parameters)", rf"(?P<n_seconds>{_T})")),
    ("ExportFileWritten", rf"(?P<s_bar>\[.{{20}}\]) (?P<n_done>{_N})/(?P<n_of>{_N}) (?P<s_file>\S+)", (rf"(?P<n_file_bytes>{_Q})",)),
    ("ExportCompleted", r"export done", (rf"(?P<n_export_bytes>{_Q}) in (?P<n_files>{_N}) files?", rf"took (?P<n_seconds>{_T})")),
)  # fmt: skip
_COMPILED = [(kind, re.compile(head), [re.compile(part) for part in parts]) for kind, head, parts in _LINES]

_STAMPED = re.compile(r"\[(?:(\d{4}-\d\d-\d\d) )?(\d\d):(\d\d):(\d\d)\] (INFO   |WARNING) (.*)")
_STATUS = re.compile(
    rf"\[ \w+ status \] step (?P<n_step>{_N})(?: · (?P<n_world_size>{_N}) x (?P<s_accelerator>[^·]+))?"
    r"(?: · (?P<n_power_watts>[\d,.]+ [kM]W))?(?: · hottest node (?P<n_node>\d+) \w+ (?P<n_local>\d+) at (?P<n_celsius>\d+) C)?"
    rf"(?: · clock (?P<n_slowest>{_N}) to (?P<n_fastest>{_N}) MHz)?(?: · (?P<n_throttled>{_N}) throttled)?"
)
_CELL = re.compile(
    r"(?:\x1b\[3(?P<color>\d)m)?●(?:\x1b\[0m)? +(?P<local>\d+) +(?P<busy>\d+)% +(?P<celsius>\d+)C"
    r"(?: +(?P<used>[\d.]+)/(?P<capacity>\d+)G)?(?: +(?P<percent>\d+)%)?(?: +(?P<watts>\d+)W)?(?: +(?P<clock>\d+)MHz)?"
)
_SUMMARY = re.compile(
    r"  (total time|epochs|steps|tokens|train loss|validation loss|throughput|mean MFU|\w+-hours|energy|cost|saved to) +(.*)"
)
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_DAY = 86_400


def _field(kind: str, group: str, text: str) -> Value:
    """A group's value; its first letter says whether it is a word, a count or quantity, or a measured number."""
    if group.startswith("s_"):
        return text
    if text == "inf":
        return None
    if group.startswith("m_"):
        return rounded(text)
    if kind == "OptimizerReady" and group.endswith("_bytes"):
        return measure(f"{text} GiB")
    return measure(re.sub(r" B$", " bytes", text) if group.endswith("_bytes") else text)


class _Text:
    """Turns console lines into records. A stamp without a date may go past midnight; then the next day begins."""

    def __init__(self) -> None:
        self._day = 0
        self._second = 0
        self.dated = True
        self._pending: Record | None = None  # a record that may go on in the next line
        self._parts: list[re.Pattern[str]] = []
        self._folded: tuple[str, Interval, str] | None = None  # a head that says nothing yet
        self.unread: list[str] = []

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        for colored in lines:
            line = _COLORS.sub("", colored.rstrip("\n"))
            stamped = _STAMPED.fullmatch(line)
            if stamped and stamped[6].startswith("  ") and (self._pending or self._folded):
                self._go_on(line, stamped[6].strip())
                continue
            if self._grid_goes_on(line, colored):
                continue
            yield from self._close()
            if stamped:
                self._open(line, self._time(*stamped.groups()[:4]), stamped[6].strip())
            else:
                self._unstamped(line)
        yield from self._close()

    def _time(self, date: str | None, hour: str, minute: str, second: str) -> Interval:
        of_day = int(hour) * 3600 + int(minute) * 60 + int(second)
        if date:
            self._day = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
        else:
            self.dated = False
            self._day += _DAY * (of_day < self._second)
        self._second = of_day
        return Interval(self._day + of_day, self._day + of_day + 1)

    def _open(self, line: str, time: Interval, body: str) -> None:
        head, *parts = body.split(" | ")
        for kind, pattern, part_patterns in _COMPILED:
            found = pattern.fullmatch(head)
            if found:
                self._pending, self._parts = Record(kind, time, line.strip()), part_patterns
                self._take(self._pending, found)
                self._take_parts(self._pending, parts)
                return
        self._folded = (line, time, body)

    def _go_on(self, line: str, body: str) -> None:
        """A further line of the same record: more parts, or the rest of a head that was too wide."""
        if self._folded:
            (first, time, half), self._folded = self._folded, None
            self._open(f"{first} {line}", time, f"{half} {body}")
        elif self._pending:
            self._take_parts(self._pending, body.split(" | "))

    def _take_parts(self, record: Record, parts: list[str]) -> None:
        for part in parts:
            found = next((match for pattern in self._parts if (match := pattern.fullmatch(part))), None)
            if found is None:
                self.unread.append(f"{record.where} ({part!r})")
            else:
                self._take(record, found)

    def _take(self, record: Record, found: re.Match[str]) -> None:
        for group, text in found.groupdict().items():
            if text is not None:
                record.fields[group[2:]] = _field(record.kind, group, text)

    def _grid_goes_on(self, line: str, colored: str) -> bool:
        """Whether the line belongs to the status block that was opened; its cells are kept."""
        if (
            self._pending is None
            or self._pending.kind != "FleetSampled"
            or _STAMPED.fullmatch(line)
            or _STATUS.fullmatch(line)
        ):
            return False
        self._pending.fields["cells"] += [cell.groupdict() for cell in _CELL.finditer(colored)]
        return not line.startswith(("─", "run "))

    def _close(self) -> Iterator[Record]:
        if self._folded:
            self.unread.append(self._folded[0])
            self._folded = None
        record, self._pending = self._pending, None
        if record:
            yield record

    def _unstamped(self, line: str) -> None:
        status, summary = _STATUS.fullmatch(line), _SUMMARY.fullmatch(line)
        said, warned = library.LINE.fullmatch(line), library.LAUNCHER.fullmatch(line)
        now = Interval(self._day + self._second, self._day + self._second + 1)
        if status:
            self._pending = Record("FleetSampled", now, line, {"cells": []})
            self._take(self._pending, status)
        elif summary:
            self._pending = Record("Summary", now, line, {"label": summary[1], "value": summary[2]})
        elif said:
            self._pending = Record("Library", now, line, said.groupdict())
        elif warned:
            self._pending = Record("Launcher", now, line, warned.groupdict())
        elif not (line.startswith(("$ ", "    ", "─", "run ")) or _is_chart(line) or library.BARE.fullmatch(line)):
            self.unread.append(line)


def _is_chart(line: str) -> bool:
    body = line[9:]
    return line[:9].strip().replace(".", "").replace("e-", "").isdigit() or (
        not line[:9].strip() and "⠀" <= body[:1] <= "⣿"
    )


# The rules

_DENSE_TFLOPS = {  # data sheets, dense 16-bit peak
    "Tesla V100-SXM2-32GB": 125, "NVIDIA A100-SXM4-40GB": 312, "NVIDIA A100-SXM4-80GB": 312, "NVIDIA A800-SXM4-80GB": 312,
    "NVIDIA H100 PCIe": 756, "NVIDIA H100 80GB HBM3": 989, "NVIDIA H800": 989, "NVIDIA H200": 989, "NVIDIA B200": 2250,
    "NVIDIA GB200": 2500, "NVIDIA B300 SXM6 AC": 2250, "NVIDIA GB300": 2500, "NVIDIA L40S": 362, "NVIDIA GeForce RTX 4090": 165.2,
    "NVIDIA GeForce RTX 3090": 71, "AMD Instinct MI250X": 383, "AMD Instinct MI300X": 1307, "AMD Instinct MI325X": 1300,
    "AMD Instinct MI355X": 2500, "TPU v4": 275, "TPU v5e": 197, "TPU v5p": 459, "TPU v6e": 918, "Intel Gaudi 2 HL-225": 432,
    "Intel Gaudi 3 HL-325L": 1835, "AWS Trainium2": 667,
    "Solanum Potato Mk II 4GB": 0.08, "Quantum Toaster QT-4 128GB": 640, "BananaChip X1 512GB (peel before use)": 3000,
}  # fmt: skip
_FP8_TFLOPS = {
    "NVIDIA H100 PCIe": 1513, "NVIDIA H100 80GB HBM3": 1979, "NVIDIA H800": 1979, "NVIDIA H200": 1979, "NVIDIA B200": 4500,
    "NVIDIA GB200": 5000, "NVIDIA B300 SXM6 AC": 4500, "NVIDIA GB300": 5000, "NVIDIA L40S": 733, "NVIDIA GeForce RTX 4090": 330.3,
    "AMD Instinct MI300X": 2614, "AMD Instinct MI325X": 2600, "AMD Instinct MI355X": 5000, "Intel Gaudi 2 HL-225": 865,
    "Intel Gaudi 3 HL-325L": 1835, "AWS Trainium2": 1299,
    "Quantum Toaster QT-4 128GB": 1280, "BananaChip X1 512GB (peel before use)": 6000,
}  # fmt: skip
_FP32_TFLOPS = {  # TF32 where the tensor cores have it
    "Tesla V100-SXM2-32GB": 15.7, "NVIDIA A100-SXM4-40GB": 156, "NVIDIA A100-SXM4-80GB": 156, "NVIDIA A800-SXM4-80GB": 156,
    "NVIDIA H100 PCIe": 378, "NVIDIA H100 80GB HBM3": 494, "NVIDIA H800": 494, "NVIDIA H200": 494, "NVIDIA B200": 1125,
    "NVIDIA GB200": 1250, "NVIDIA B300 SXM6 AC": 1125, "NVIDIA GB300": 1250, "NVIDIA L40S": 183, "NVIDIA GeForce RTX 4090": 82.6,
    "NVIDIA GeForce RTX 3090": 35.6, "AMD Instinct MI250X": 95.7, "AMD Instinct MI300X": 163.4, "AMD Instinct MI325X": 163.4,
    "AMD Instinct MI355X": 157.3, "AWS Trainium2": 181,
    "Solanum Potato Mk II 4GB": 0.04, "Quantum Toaster QT-4 128GB": 320, "BananaChip X1 512GB (peel before use)": 1500,
}  # fmt: skip
_PEAKS = {"FP8": _FP8_TFLOPS, "FP32": _FP32_TFLOPS}
_ATTENTION_WIDTH = {  # where heads times head size is not the hidden size; of latent attention, the mean of keys and values
    "Gemma 7B": 16 * 256, "Mistral NeMo 12B": 32 * 128, "Qwen3 0.6B": 16 * 128, "Qwen3 30B-A3B": 32 * 128,
    "Qwen3 235B-A22B": 64 * 128, "DeepSeek-V2-Lite 16B": 16 * (192 + 128) // 2, "DeepSeek-V2 236B": 128 * (192 + 128) // 2,
    "DeepSeek-V3 671B": 128 * (192 + 128) // 2, "Kimi K2 1T": 64 * (192 + 128) // 2,
}  # fmt: skip
_BOOST_MHZ = {
    "NVIDIA A100-SXM4-80GB": 1410, "NVIDIA H100 80GB HBM3": 1980, "NVIDIA H800": 1980, "AMD Instinct MI300X": 2100, "NVIDIA B200": 1965,
}  # fmt: skip
_THROTTLE_CELSIUS = 87
_CHECKPOINT_BYTES = {"FP32": 12, "FP16": 14, "BF16": 14, "FP8": 14}
_SMALLEST_NOISE, _LARGEST_NOISE = 24.0, 50.0  # nats times the root of the tokens, from logs of 124M to 405B
_ENOUGH_STEPS = 800  # for statistics
_LEAST_SKEW = 0.3  # of the step time; four standard errors of a symmetric one
_SETTLED_STEP = 1500  # the loss curve is straight enough to be detrended from here
_RECENT_STEPS = 100
_WHOLE_PERPLEXITY = 9999.995  # from here on without decimals
_LEVEL_SHIFT = Interval(1.05, 1.06)  # how much longer steps take for hours, while a node is slow
_SHARD_TOKENS = {"FineWeb 10B sample": 100_000_000}  # corpora that are read file by file
_FEWEST_STEPS_PER_SHARD = 20  # else it is read ahead
_SHARD_SECONDS = Interval(0.2, 0.3)  # to read one
_FIRST_STEP_SECONDS = 330  # that a start may take longer

Rule = Callable[["Auditor", Record], None]


class Auditor:
    """Reads records in order and keeps what does not tie."""

    def __init__(self, *, exponential: bool = False) -> None:
        self.findings: list[str] = []
        self.seen: dict[str, int] = {}  # records by kind
        self.checks: dict[str, int] = {}  # ties that were put to the test, by name
        self.facts: dict[str, Record] = {}  # the last record of each kind, fields of earlier ones kept
        self.steps: list[Record] = []
        self.pieces: list[list[Record]] = [[]]  # steps in a row
        self._exponential = exponential
        self._text = _Text()
        self._time: Interval | None = None
        self._step: Record | None = None  # the last one
        self._between = exactly(0.0)  # seconds of other work since
        self._summary: dict[str, str] = {}
        self._best: tuple[float, float] | None = None  # loss and step of the best validation
        self._since_best = 0
        self._whole = True  # nothing was cut out so far
        self._busy_watts: list[float] = []
        self._rest_watts: list[float] = []
        self._elsewhere = exactly(0.0)  # seconds of validations and checkpoints
        self.hosts: dict[int, str] = {}  # by node
        self.buses: dict[int, str] = {}  # by local rank
        self.library = library.LibraryAudit(self)

    # Reading

    def read_text(self, lines: Iterable[str]) -> None:
        for record in self._text.records(lines):
            self._take(record)
        self.findings += [f"cannot read: {line}" for line in self._text.unread]
        self._text.unread.clear()

    def read_json(self, lines: Iterable[str]) -> None:
        for record in json_records(lines):
            self._take(record)

    def cut(self) -> None:
        """What follows is a later piece of the same run."""
        self._step, self._between, self._whole, self._best = None, exactly(0.0), False, None
        self.pieces.append([])
        for kind in ("_validation", "ValidationStarted", "CheckpointStarted"):
            self.facts.pop(kind, None)
        self._time = None
        if not self._text.dated:  # nobody knows how many days went by
            for kind in ("JobLaunched", "TrainingStarted"):
                self.facts[kind].time = Interval(-1e12, 1e12)

    def _take(self, record: Record) -> None:
        self.seen[record.kind] = self.seen.get(record.kind, 0) + 1
        if record.kind != "Summary":
            if self._time and record.time.high < self._time.low:
                self.findings.append(f"time runs backwards: {record.where}")
            self._time = record.time
        known = self.facts.get(record.kind)
        self.facts[record.kind] = record
        if known and record.kind in ("DistributedInitialised", "ModelReady", "DatasetReady", "OptimizerReady"):
            record.fields = known.fields | record.fields
        rule = _RULES.get(record.kind)
        if rule:
            rule(self, record)

    # Asking

    def tie(
        self, name: str, record: Record, one: Interval | float, other: Interval | float, slack: float = 0.0
    ) -> None:
        """Both must be able to be the same number."""
        self.checks[name] = self.checks.get(name, 0) + 1
        if not exactly(one).meets(exactly(other), slack):
            self.findings.append(f"{name}: {exactly(one)} is not {exactly(other)}: {record.where}")

    def holds(self, name: str, record: Record, condition: bool, why: str = "") -> None:  # noqa: FBT001  # it is the claim itself
        self.checks[name] = self.checks.get(name, 0) + 1
        if not condition:
            self.findings.append(f"{name}{': ' if why else ''}{why}: {record.where}")

    def fact(self, kind: str, name: str) -> Interval | None:
        record = self.facts.get(kind)
        return record.number(name) if record and record.has(name) else None

    def per_node(self) -> int:
        """Accelerators of a full node; 0 if nobody said."""
        listed, world, nodes = (
            len(self.buses),
            self.fact("JobLaunched", "world_size"),
            self.fact("JobLaunched", "nodes"),
        )
        if listed:
            return listed
        return int(world.low / nodes.low) if world and nodes and world.low % nodes.low == 0 else 0

    # Bring-up

    def _launcher(self, r: Record) -> None:
        library.launcher(self, r)

    def _more_nodes(self, r: Record) -> None:
        nodes, launcher = self.fact("JobLaunched", "nodes"), self.seen.get("Launcher", 0)
        self.holds("a banner for each launcher", r, 3 <= launcher <= 4)
        if nodes:
            self.tie("launchers left out", r, r.number("more") + 1, nodes)

    def _launcher_warned(self, r: Record) -> None:
        nodes = self.fact("JobLaunched", "nodes")
        if nodes:
            self.tie("launchers left out", r, r.number("unlisted_nodes") + self.seen[r.kind], nodes)

    def _library(self, r: Record) -> None:
        self.library.text(r)

    def _library_fact(self, r: Record) -> None:
        self.library.json(r)

    def _more_ranks(self, r: Record) -> None:
        self.library.more(r, r.number("more").low)

    def _communicators_ready(self, r: Record) -> None:
        launched = self.fact("JobLaunched", "world_size")
        if launched:
            self.tie("groups make up the world", r, r.number("communicators") * r.number("ranks"), launched)
        if r.has("listed_ranks") and r.fields["communicator"] == "world":
            self.library.more(r, r.number("ranks").low - r.number("listed_ranks").low)
        size = self.fact("DistributedInitialised", f"{r.fields['communicator']}_parallel")
        if size:
            self.tie("size of a group", r, r.number("ranks"), size)

    def _accelerator_detected(self, r: Record) -> None:
        self._at_rest(r)
        launched = self.fact("JobLaunched", "world_size")
        if launched and r.has("world_size"):
            self.tie("world size", r, r.number("world_size"), launched)
        self.holds("ranks in order", r, r.number("rank").low == self.seen[r.kind] - 1)

    def _at_rest(self, r: Record) -> None:
        """Its place, which the library's lines must agree with, and what it draws before anything runs."""
        rank = int(r.number("rank").low)
        node = int(r.number("node").low) if r.has("node") else None
        if node is not None and r.has("host"):
            self.holds("a host for each node", r, self.hosts.setdefault(node, r.fields["host"]) == r.fields["host"])
        if r.fields.get("bus_id") and node in (None, 0):
            self.buses[rank] = r.fields["bus_id"]
        if r.has("temperature_celsius", "power_watts"):
            self._rest_watts.append(r.number("power_watts").middle)
            share = r.number("power_watts").high / r.number("power_limit_watts").low
            self.holds("cool at rest", r, 20 <= r.number("temperature_celsius").low <= 35 + 60 * share)
            self.holds(
                "little power at rest", r, r.number("power_watts").low < 0.5 * r.number("power_limit_watts").high
            )

    def _accelerators_detected(self, r: Record) -> None:
        one, launched = self.fact("AcceleratorDetected", "memory_bytes"), self.fact("JobLaunched", "world_size")
        more, listed = self.fact("More", "more"), self.seen.get("AcceleratorDetected", 0)
        if one:
            self.tie("memory of all", r, one * r.number("world_size"), r.number("memory_bytes"))
        if launched:
            self.tie("world size", r, r.number("world_size"), launched)
        if r.has("listed"):
            self.tie("accelerators listed", r, r.number("listed"), listed)
        elif listed:
            self.tie("accelerators listed", r, r.number("world_size"), (more or exactly(0)) + listed)

    def _distributed(self, r: Record) -> None:
        axes = ("tensor_parallel", "pipeline_parallel", "context_parallel", "data_parallel")
        if r.has(*axes):
            product = math.prod(r.number(axis).low for axis in axes)
            self.tie("world = TP x PP x CP x DP", r, product, r.number("world_size"))
            launched = self.fact("JobLaunched", "world_size")
            if launched:
                self.tie("world size", r, r.number("world_size"), launched)

    def _collective(self, r: Record) -> None:
        ranks = r.number("ranks").low
        moved = r.number("message_bytes") * (2 * (ranks - 1) / ranks)
        self.tie("bus bandwidth", r, moved / r.number("seconds") / 1e9, r.number("busbw_gb_per_second"))
        self.holds("bandwidth below any fabric's", r, r.number("busbw_gb_per_second").low < 2000)
        world = self.fact("JobLaunched", "world_size")
        if world:
            self.holds("group within the world", r, ranks <= world.low)
        if self._step and r.has("step"):
            self.holds(
                "collective within its step", r, r.number("seconds").low < self._step.number("step_seconds").high
            )

    def _model_ready(self, r: Record) -> None:
        if r.has("hidden_size", "attention_heads", "kv_heads"):
            self.holds(
                "hidden size divides into heads",
                r,
                r.number("hidden_size").low % r.number("attention_heads").low == 0
                or r.fields.get("model") in _ATTENTION_WIDTH,
            )
            self.holds(
                "heads share KV heads evenly", r, r.number("attention_heads").low % r.number("kv_heads").low == 0
            )

    def _tokenizer(self, r: Record) -> None:
        vocabulary = self.fact("ModelReady", "vocab_size")
        if vocabulary:
            self.holds("tokenizer fits the embedding", r, r.number("vocab_size").low <= vocabulary.high)

    def _dataset(self, r: Record) -> None:
        if not r.has("global_batch_size", "micro_batch_size"):
            return
        batch = r.number("global_batch_size")
        self.tie("tokens per step", r, batch * r.number("sequence_length"), r.number("tokens_per_step"))
        replicas = self.fact("DistributedInitialised", "data_parallel")
        if replicas:
            made = r.number("micro_batch_size") * replicas * r.number("accumulation")
            self.tie("GBS = MBS x DP x accumulation", r, made, batch)

    def _optimizer(self, r: Record) -> None:
        parts = ("weight_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes", "workspace_bytes")
        if r.has(*parts):
            total = exactly(0.0)
            for part in parts:
                total = total + r.number(part)
            self.tie("memory adds up", r, total, r.number("memory_bytes"))
            self.holds("memory fits", r, r.number("memory_bytes").low <= r.number("memory_capacity_bytes").high)
            card = self.fact("AcceleratorDetected", "memory_bytes")
            if card:
                self.tie("memory of the card", r, card, r.number("memory_capacity_bytes"))

    def _training_started(self, r: Record) -> None:
        tokens = self.fact("DatasetReady", "run_tokens")
        per_step = self.fact("DatasetReady", "tokens_per_step")
        if tokens and per_step:
            self.tie("tokens of the run", r, per_step * r.number("total_steps"), tokens)
        self.tie("whole epochs", r, r.number("total_steps").low % r.number("epochs").low, 0)

    # Training

    def _epoch_started(self, r: Record) -> None:
        per_epoch = self._steps_per_epoch()
        if per_epoch:
            self.tie("epoch's first step", r, r.number("step"), (r.number("epoch") - 1) * per_epoch + 1)

    def _steps_per_epoch(self) -> float:
        total, epochs = self.fact("TrainingStarted", "total_steps"), self.fact("TrainingStarted", "epochs")
        return total.low / epochs.low if total and epochs else 0.0

    def _step_completed(self, r: Record) -> None:
        self._perplexity(r)
        self._rates(r)
        self._continues(r)
        self._learning_rate(r)
        self._progress(r)
        self._first_loss(r)
        self._step, self._between = r, exactly(0.0)
        self.pieces[-1].append(r)

    def _first_loss(self, r: Record) -> None:
        """A model that has learned nothing guesses among all tokens, a little worse than evenly."""
        vocabulary = self.fact("ModelReady", "vocab_size")
        if vocabulary and r.number("step").low == 1 and not self._exponential:
            excess = r.number("loss").middle - math.log(vocabulary.low)
            self.holds("first loss is ln(vocabulary)", r, -0.1 < excess < 0.7, f"{excess:+.3f}")

    def _perplexity(self, r: Record) -> None:
        """To every printed digit: the loss is printed as it is."""
        if not r.has("perplexity"):
            return
        loss, printed = round(r.number("loss").middle, 4), r.number("perplexity").middle
        half = 0.005 if printed < _WHOLE_PERPLEXITY else 0.5
        self.holds("ppl = exp(loss)", r, abs(math.exp(loss) - printed) <= half * (1 + 1e-9), f"{math.exp(loss):.6f}")

    def _rates(self, r: Record) -> None:
        per_step, batch = self.fact("DatasetReady", "tokens_per_step"), self.fact("DatasetReady", "global_batch_size")
        if r.has("tokens_per_second", "step_seconds") and per_step:
            self.tie(
                "tokens/s x seconds = tokens per step",
                r,
                r.number("tokens_per_second") * r.number("step_seconds"),
                per_step,
            )
        if r.has("samples_per_second", "step_seconds") and batch:
            self.tie("samples/s x seconds = batch", r, r.number("samples_per_second") * r.number("step_seconds"), batch)
        if r.has("mfu", "step_seconds") and per_step:
            expected = self._mfu(r.number("step_seconds"))
            if expected:
                self.tie("MFU", r, r.number("mfu"), expected)

    def _flops_per_token(self) -> float | None:
        model, data = self.facts.get("ModelReady"), self.facts.get("DatasetReady")
        if not (model and data and model.has("parameters", "layers") and data.has("sequence_length")):
            return None
        active = model.number("active_parameters" if model.has("active_parameters") else "parameters").low
        width = _ATTENTION_WIDTH.get(model.fields["model"], model.number("hidden_size").low)
        return 6 * active + 6 * model.number("layers").low * width * data.number("sequence_length").low

    def _mfu(self, seconds: Interval) -> Interval | None:
        """Model FLOPs of one step over what the data sheet allows in that time."""
        flops, data, found = (
            self._flops_per_token(),
            self.facts.get("DatasetReady"),
            self.facts.get("AcceleratorsDetected"),
        )
        precision = self.facts["ModelReady"].fields.get("precision", "").upper() if "ModelReady" in self.facts else ""
        peak = _PEAKS.get(precision, _DENSE_TFLOPS).get(found.fields["accelerator"]) if found else None
        if not (flops and data and found and peak):
            return None
        return (
            exactly(flops * data.number("tokens_per_step").low / (peak * 1e12 * found.number("world_size").low))
            / seconds
        )

    def _continues(self, r: Record) -> None:
        """Against the step before: the number, and the time on the clock."""
        before = self._step
        if before is None:
            return
        self.tie("one step after the other", r, r.number("step"), before.number("step") + 1)
        if r.has("step_seconds"):
            passed = r.time - before.time
            self.tie("clock = step time + other work", r, passed, r.number("step_seconds") + self._between)
        if r.has("elapsed_seconds") and before.has("elapsed_seconds"):
            self.tie(
                "elapsed follows the clock",
                r,
                r.number("elapsed_seconds") - before.number("elapsed_seconds"),
                r.time - before.time,
            )

    def _learning_rate(self, r: Record) -> None:
        setup = self.facts.get("OptimizerReady")
        if setup is None or not setup.has("peak_learning_rate", "warmup_steps"):
            return
        step, peak, warmup = r.number("step").low, setup.number("peak_learning_rate"), setup.number("warmup_steps").low
        if not r.has("learning_rate"):
            return
        rate = r.number("learning_rate")
        if step <= warmup:
            self.tie("warm-up is linear", r, peak * (step / warmup), rate, 2e-3)
            return
        self.holds("rate below its peak", r, rate.low <= peak.high)
        if self._step and self._step.number("step").low >= warmup and self._step.has("learning_rate"):
            self.holds("rate never rises after the warm-up", r, rate.low <= self._step.number("learning_rate").high)

    def _progress(self, r: Record) -> None:
        per_epoch, per_step = self._steps_per_epoch(), self.fact("DatasetReady", "tokens_per_step")
        if r.has("epoch") and per_epoch:
            self.tie("epoch of the step", r, r.number("epoch"), (r.number("step").low - 1) // per_epoch + 1)
        if r.has("tokens") and per_step:
            self.tie("tokens so far", r, r.number("tokens"), per_step * r.number("step"))
        total = self.fact("TrainingStarted", "total_steps")
        if total:
            self.holds("step within the run", r, 1 <= r.number("step").low <= total.low)
            if r.has("total_steps"):
                self.tie("steps of the run", r, r.number("total_steps"), total)
        memory = self.fact("OptimizerReady", "memory_bytes")
        if r.has("memory_bytes") and memory:
            dense = not (self.fact("ModelReady", "experts") or exactly(0)).high
            self.holds(
                "memory constant",
                r,
                r.number("memory_bytes") == memory if dense else r.number("memory_bytes").high <= memory.high,
            )

    def _step_skipped(self, r: Record) -> None:
        self.tie("scale halves", r, r.number("loss_scale") / 2, r.number("next_loss_scale"))
        if self._step:
            self.tie("step skipped", r, r.number("step"), self._step.number("step"))
            self.holds("overflow has no norm", r, self._step.fields.get("grad_norm") is None)
            if self._step.has("loss_scale"):
                self.tie("scale of the skipped step", r, r.number("loss_scale"), self._step.number("loss_scale"))

    # Accelerators

    def _fleet(self, r: Record) -> None:
        if self._step:
            self.tie("status of the step", r, r.number("step"), self._step.number("step"))
        cells = r.fields.get("cells") or _cells_of_arrays(r)
        if not cells:
            return
        world, limit = self.fact("JobLaunched", "world_size"), self.fact("AcceleratorDetected", "power_limit_watts")
        if world:
            self.tie("all accelerators shown", r, len(cells), world)
        self._cells(r, cells, limit)
        hottest = max(int(cell["celsius"]) for cell in cells)
        if r.has("celsius"):
            self.tie("hottest accelerator", r, r.number("celsius"), hottest)
        self._clocks(r, cells)
        watts = [int(cell["watts"]) for cell in cells if cell["watts"]]
        if len(watts) == len(cells):
            self._busy_watts.append(sum(watts))
            if r.has("power_watts") and isinstance(r.fields["power_watts"], Interval):
                self.tie("power of all", r, sum(watts), r.number("power_watts"))

    def _clocks(self, r: Record, cells: list[dict[str, Any]]) -> None:
        clocks = [int(cell["clock"]) for cell in cells if cell.get("clock")]
        if len(clocks) != len(cells) or not max(clocks):
            return
        found = self.facts.get("AcceleratorsDetected")
        boost = _BOOST_MHZ.get(found.fields["accelerator"]) if found else None
        self.holds("clock up to the boost clock", r, boost is None or max(clocks) <= boost)
        self.holds("clocks of one kind of part", r, min(clocks) > 0.6 * max(clocks))
        if r.has("slowest", "fastest"):
            self.tie("slowest clock", r, r.number("slowest"), min(clocks))
            self.tie("fastest clock", r, r.number("fastest"), max(clocks))
        held = [clock for clock, cell in zip(clocks, cells, strict=True) if cell.get("throttled")]
        free = [clock for clock, cell in zip(clocks, cells, strict=True) if not cell.get("throttled")]
        self.holds("heat lowers the clock", r, not held or max(held) < statistics.median(free))
        for cell in cells if "throttled" in cells[0] else []:
            sure = cell["celsius"] != _THROTTLE_CELSIUS  # which may be half a degree less
            self.holds(
                "throttled where it is hot", r, not sure or cell["throttled"] == (cell["celsius"] > _THROTTLE_CELSIUS)
            )
            self.holds("memory hotter than the core", r, 3 <= cell["memory_celsius"] - cell["celsius"] <= 16)

    def _cells(self, r: Record, cells: list[dict[str, Any]], limit: Interval | None) -> None:
        budget = self.fact("OptimizerReady", "memory_bytes")
        self.holds("temperature of running silicon", r, all(20 <= int(cell["celsius"]) <= 100 for cell in cells))
        self.holds("utilisation", r, all(0 <= int(cell["busy"]) <= 100 for cell in cells))
        if limit and cells[0]["watts"]:
            self.holds("power within the limit", r, all(0 < int(cell["watts"]) <= limit.high for cell in cells))
        if budget and cells[0]["used"]:
            most = max(float(cell["used"]) for cell in cells)
            self.holds("memory within the budget", r, (most - 0.056) * 2**30 <= budget.high * (1 + 1e-9))
        for cell in cells if cells[0]["used"] and cells[0]["percent"] else []:
            share = float(cell["used"]) / float(cell["capacity"]) * 100  # of whole GiB, and cut
            self.holds("memory in per cent", r, share - 2 <= int(cell["percent"]) <= share + 1)
        for cell in cells if cells[0]["color"] else []:
            self._health(r, cell, int(cell["celsius"]))

    def _health(self, r: Record, cell: Mapping[str, Any], celsius: int) -> None:
        percent = float(cell["used"]) / float(cell["capacity"]) * 100 if cell["used"] else float(cell["percent"] or 0)
        sure = all(abs(percent - edge) > 1 for edge in (85, 95))
        want = "1" if celsius > 85 or percent > 95 else "3" if celsius > 75 or percent > 85 else "2"
        self.holds(
            "health dot",
            r,
            not sure or cell["color"] == want,
            f"{celsius} C, {percent:.0f} % in colour {cell['color']}",
        )

    # Between steps

    def _validation_started(self, r: Record) -> None:
        per_step = self.fact("DatasetReady", "tokens_per_step")
        if per_step:
            self.tie("tokens of a validation", r, per_step * r.number("batches"), r.number("tokens"))
        if self._step:
            self.tie("validation after its step", r, r.number("step"), self._step.number("step"))

    def _validation_completed(self, r: Record) -> None:
        self._perplexity(r)
        self._between = self._between + r.number("seconds")
        self._elsewhere = self._elsewhere + r.number("seconds")
        started = self.facts.get("ValidationStarted")
        if started:
            self.tie("clock of a validation", r, r.time - started.time, r.number("seconds"))
        recent = self._recent_losses(self._validation_gap())
        if recent:
            self.tie("train loss beside it", r, r.number("train_loss"), exactly(statistics.fmean(recent)), 1e-5)
        if r.has("best_loss"):
            self._validation_judged(r)

    def _validation_gap(self) -> int:
        """Steps since the validation before, at most the hundred that a mean covers; 0 if unknown."""
        started = self.facts.get("ValidationStarted")
        if not started:
            return 0
        index, step = started.number("index").low, started.number("step").low
        last = (
            int(self.facts["_validation"].number("step").low)
            if "_validation" in self.facts
            else 0
            if index == 1
            else None
        )
        self.facts["_validation"] = started
        return 0 if last is None else int(min(step - last, _RECENT_STEPS))

    def _recent_losses(self, count: int) -> list[float]:
        losses = [step.number("loss").middle for step in self.pieces[-1][-count:]] if count else []
        return losses if len(losses) == count else []

    def _validation_judged(self, r: Record) -> None:
        measured, started = self.facts["ValidationCompleted"], self.facts.get("ValidationStarted")
        if started is None:
            return
        loss, step = round(measured.number("loss").middle, 4), started.number("step").low
        improved = bool(r.fields.get("improved"))
        waited = r.number("validations_without_improvement").low
        self.holds("patience starts anew with the best", r, (waited == 0) == improved)
        self.holds("patience never exceeded in silence", r, waited <= r.number("patience").low)
        if self._best or self._whole:
            best = self._best[0] if self._best else math.inf
            self.holds("best so far", r, improved == (loss < best), f"{loss} against {best}")
            self._since_best = 0 if improved else self._since_best + 1
            self.tie("patience", r, waited, self._since_best)
        if improved:
            self._best, self._since_best = (loss, step), 0
        elif self._best is None:
            self._best = (round(r.number("best_loss").middle, 4), r.number("best_step").low)
            self._since_best = int(waited)
        if r.has("best_loss"):
            self.tie("best loss", r, round(r.number("best_loss").middle, 4), self._best[0])
            self.tie("best step", r, r.number("best_step").low, self._best[1])

    def _checkpoint_started(self, r: Record) -> None:
        model = self.facts.get("ModelReady")
        if model and model.has("parameters", "precision"):
            each = _CHECKPOINT_BYTES[model.fields["precision"].upper()]
            self.tie("checkpoint bytes", r, model.number("parameters") * each, r.number("checkpoint_bytes"))
        number = re.search(r"/step_(\d+)$", r.fields["path"])
        if self._step and number:
            self.tie("checkpoint named after its step", r, int(number[1]), self._step.number("step"))

    def _checkpoint_progressed(self, r: Record) -> None:
        share = r.number("written_bytes") / r.number("checkpoint_bytes")
        if r.has("share"):
            self.tie("share written", r, share, r.number("share"))
            self._bar(r, r.fields["bar"], r.number("share").middle)

    def _checkpoint_completed(self, r: Record) -> None:
        self._between = self._between + r.number("seconds")
        self._elsewhere = self._elsewhere + r.number("seconds")
        started = self.facts.get("CheckpointStarted")
        self.tie(
            "checkpoint GB/s x s = bytes",
            r,
            r.number("gb_per_second") * 1e9 * r.number("seconds"),
            r.number("checkpoint_bytes"),
        )
        if started:
            self.tie("checkpoint bytes", r, started.number("checkpoint_bytes"), r.number("checkpoint_bytes"))
            self.tie("clock of a checkpoint", r, r.time - started.time, r.number("seconds"))

    def _bar(self, r: Record, drawn: str, fraction: float) -> None:
        """Never ahead, and full only at the end."""
        cells = len(drawn) - 2
        filled = drawn[1:-1].count("=")
        self.holds(
            "bar",
            r,
            filled <= fraction * cells + 1e-9 and filled > fraction * cells - 1 - 1e-9,
            f"{filled} of {cells} at {fraction:.4f}",
        )
        self.holds("bar has one head", r, drawn.count(">") == (filled < cells))

    def _counted_bar(self, r: Record) -> None:
        if r.has("bar", "done", "of"):
            self._bar(r, r.fields["bar"], r.number("done").low / r.number("of").low)

    def _epoch_completed(self, r: Record) -> None:
        per_epoch = self._steps_per_epoch()
        if per_epoch and self._step:
            self.tie("epoch's last step", r, self._step.number("step"), r.number("epoch") * per_epoch)
        recent = self._recent_losses(int(min(per_epoch, _RECENT_STEPS)))
        if recent:
            self.tie("mean loss of the epoch", r, r.number("mean_loss"), statistics.fmean(recent), 1e-5)

    def _training_completed(self, r: Record) -> None:
        total, started = self.fact("TrainingStarted", "total_steps"), self.facts.get("TrainingStarted")
        if total:
            self.tie("all steps done", r, r.number("step"), total)
        if started:
            self.tie("clock of the training", r, r.time - started.time, r.number("seconds"))
            if started.has("training_seconds"):
                slowed = started.number("training_seconds") * Interval(1.0, _LEVEL_SHIFT.high)
                expected = slowed + Interval(0, _FIRST_STEP_SECONDS)
                self.tie("expected length", r, r.number("seconds"), expected, 0.02)

    # Export and summary

    def _export_started(self, r: Record) -> None:
        parameters = self.fact("ModelReady", "parameters")
        if parameters:
            self.tie("export bytes", r, parameters * 2, r.number("export_bytes"))

    def _export_file(self, r: Record) -> None:
        self._counted_bar(r)
        self.facts["_exported"] = Record(
            "_exported",
            r.time,
            r.where,
            {"bytes": (self.fact("_exported", "bytes") or exactly(0)) + r.number("file_bytes")},
        )

    def _export_completed(self, r: Record) -> None:
        written, started = self.fact("_exported", "bytes"), self.facts.get("ExportStarted")
        if written:
            self.tie("exported files add up", r, written, r.number("export_bytes"))
        if started:
            self.tie("clock of the export", r, r.time - started.time, r.number("seconds"))
            self.tie("exported files", r, r.number("files"), started.number("files"))

    def _summary_line(self, r: Record) -> None:
        self._summary[r.fields["label"]] = r.fields["value"]
        if r.fields["label"] == "saved to":
            self._sum_up(r, _summary_of_text(self._summary))

    def _run_completed(self, r: Record) -> None:
        self._sum_up(r, dict(r.fields))

    def _sum_up(self, r: Record, said: dict[str, Value]) -> None:
        world, started = self.fact("JobLaunched", "world_size"), self.facts.get("TrainingStarted")
        launched, trained = self.facts.get("JobLaunched"), self.fact("TrainingCompleted", "seconds")
        per_step = self.fact("DatasetReady", "tokens_per_step")
        number = {name: exactly(value) for name, value in said.items() if isinstance(value, Interval | int)}
        if not (world and started and launched and trained and per_step):
            return
        total = number.get("total_seconds", r.time - launched.time)
        self.tie("total time", r, total, r.time - launched.time)
        self.tie("hours = world x time", r, world * total / 3600, number["accelerator_hours"])
        self.tie("steps of the run", r, number["steps"], started.number("total_steps"))
        self.tie("tokens of the run", r, number["tokens"], per_step * started.number("total_steps"))
        self.tie("mean tokens/s", r, number["tokens"] / trained, number["mean_tokens_per_second"])
        mfu = self._mfu(per_step / number["mean_tokens_per_second"])
        if mfu:
            self.tie("mean MFU", r, number["mean_mfu"], mfu)
        if "usd_per_hour" in number:
            self.tie("cost = hours x rate", r, world * total / 3600 * number["usd_per_hour"], number["usd"])
        if self._best:
            self.tie("best validation", r, number["best_validation_loss"], self._best[0], 1e-6)
        self.tie(
            "final validation",
            r,
            number["final_validation_loss"],
            self.facts["ValidationCompleted"].number("loss"),
            1e-6,
        )
        recent = self._recent_losses(int(min(started.number("total_steps").low, _RECENT_STEPS)))
        if recent:
            self.tie("final loss", r, number["final_train_loss"], statistics.fmean(recent), 1e-5)
        self._energy(r, number["energy_kwh"], world, trained, total)

    def _energy(self, r: Record, kwh: Interval, world: Interval, trained: Interval, total: Interval) -> None:
        """While training, what was drawn at the looks taken; at other times something between rest and the limit.

        Validations and checkpoints draw less than steps; where not all of them were told, they take what the steps leave.
        """
        limit = self.fact("AcceleratorDetected", "power_limit_watts")
        if not limit or not self._rest_watts:
            return
        rest, most = world * statistics.fmean(self._rest_watts), world * limit
        joules = kwh * 3.6e6
        self.tie("mean power between rest and the limit", r, joules / total, Interval(rest.low * 0.99, most.high))
        if not self._busy_watts:
            return
        busy = statistics.fmean(self._busy_watts)
        elsewhere = self._elsewhere if self._whole else self._left_by_steps(trained)
        steps = (trained - elsewhere) * Interval(busy * 0.985, busy * 1.015)
        others = elsewhere * Interval(rest.low, busy * 1.015)
        idle = (total - trained) * Interval(rest.low, rest.low + 0.15 * (most.high - rest.low))
        self.tie("energy = power x time", r, joules, steps + others + idle)

    def _left_by_steps(self, trained: Interval) -> Interval:
        """Seconds of the training in which no step ran, by the expected step, which may be a slow node's for a while."""
        started = self.facts["TrainingStarted"]
        left = trained - started.number("total_steps") * started.number("step_seconds") * Interval(0.98, 1.06)
        return Interval(max(left.low, 0.0), max(left.high, 0.0))

    # The whole

    def finish(self) -> None:
        """What only many steps can tell."""
        for piece in self.pieces:
            self._noise(piece)
            self._step_times(piece)
            self._grad_norms(piece)
        self._schedule_shape()
        self._eta()

    def _claim(self, name: str, condition: bool, why: str) -> None:  # noqa: FBT001  # it is the claim itself
        self.holds(name, Record("", exactly(0), why), condition)

    def _noise(self, piece: list[Record]) -> None:
        """Loss noise is white and as large as the number of tokens that it averages allows."""
        losses = [s.number("loss").middle for s in piece if s.number("step").low >= _SETTLED_STEP]
        tokens = self.fact("DatasetReady", "tokens_per_step")
        if len(losses) < _ENOUGH_STEPS or not tokens or self._exponential:
            return
        residuals = _detrended(losses)
        size = statistics.pstdev(residuals) * math.sqrt(tokens.low)
        self._claim("loss noise x sqrt(tokens)", _SMALLEST_NOISE < size < _LARGEST_NOISE, f"{size:.1f}")
        lag = _autocorrelation(residuals)
        self._claim(
            "loss noise is white", abs(lag) < 4 / math.sqrt(len(residuals)) + 0.02, f"lag-1 autocorrelation {lag:.3f}"
        )

    def _step_times(self, piece: list[Record]) -> None:
        """Steady, with a tail to the right; but for shards to be read and a slow node."""
        name = "tokens_per_second"
        steps = [s for s in piece if s.has(name) and s.number("step").low > 1]
        per_step = self.fact("DatasetReady", "tokens_per_step")
        if len(steps) < _ENOUGH_STEPS or not per_step:
            return
        times = {int(s.number("step").low): per_step.low / s.number(name).middle for s in steps}
        median = statistics.median(times.values())
        for step in [step for step in times if self._reads_shard(step)]:
            waited = exactly(times.pop(step)) - Interval(0.95, 1.15) * median  # its own time is somewhere in there
            self._claim("a shard is read", _SHARD_SECONDS.meets(waited), f"{waited} s")
        self._spread_of_times(list(times.values()))
        expected = self.fact("TrainingStarted", "step_seconds")
        if expected:  # a shift that falls into the piece leaves the median anywhere between the two levels
            levels = expected * Interval(1.0, _LEVEL_SHIFT.high)
            self._claim("expected step time", exactly(median).meets(levels, 0.01), f"{median:.4g} s")

    def _reads_shard(self, step: int) -> bool:
        """Whether the last token of a file lies in this step's batch."""
        data = self.facts["DatasetReady"]
        tokens, shard = int(data.number("tokens_per_step").low), _SHARD_TOKENS.get(str(data.fields["dataset"]), 0)
        return shard >= _FEWEST_STEPS_PER_SHARD * tokens and step * tokens // shard > (step - 1) * tokens // shard

    def _spread_of_times(self, times: list[float]) -> None:
        """Against the steps around, so that a level which shifts on the way is not taken for noise."""
        relative = sorted(time / statistics.median(times[max(i - 25, 0) : i + 26]) for i, time in enumerate(times))
        spread = 1.4826 * statistics.median(abs(time - 1) for time in relative)
        self._claim("step time robust CV", 0.001 <= spread <= 0.02, f"{spread:.3%}")
        skew = _skewness(relative)
        self._claim("step time has a right tail", skew > _LEAST_SKEW, f"skewness {skew:.2f}")
        self._claim("step time has no wild outlier", relative[-1] < 1.7, f"{relative[-1]:.2f}")

    def _grad_norms(self, piece: list[Record]) -> None:
        norms = [
            s.number("grad_norm").middle for s in piece if s.has("grad_norm") and s.number("step").low >= _SETTLED_STEP
        ]
        if len(norms) < _ENOUGH_STEPS:
            return
        level = statistics.median(norms)
        spread = 1.4826 * statistics.median(abs(norm - level) for norm in norms) / level
        self._claim("grad_norm CV", 0.04 <= spread <= 0.22, f"{spread:.1%}")
        self._claim("grad_norm level", 0.05 <= level <= 2.0, f"{level}")

    def _schedule_shape(self) -> None:
        """The printed rates against the schedule's formula, where the last step says where it ends."""
        setup, total = self.facts.get("OptimizerReady"), self.fact("TrainingStarted", "total_steps")
        steps = [step for piece in self.pieces for step in piece]
        if not (
            setup
            and total
            and steps
            and setup.has("schedule")
            and steps[-1].number("step").low == total.low
            and steps[-1].has("learning_rate")
        ):
            return
        peak, warmup = setup.number("peak_learning_rate"), setup.number("warmup_steps").low
        final = steps[-1].number("learning_rate")
        shape = _SHAPES.get(setup.fields["schedule"])
        for step in steps if shape else []:
            x = (step.number("step").low - warmup) / (total.low - warmup)
            if shape and x > 0:
                self.tie("schedule", step, step.number("learning_rate"), final + (peak - final) * shape(x), 4e-3)

    def _eta(self) -> None:
        """Elapsed and time left add up to what the training took, but for what nobody could foresee: a slow node ahead."""
        took = self.fact("TrainingCompleted", "seconds")
        steps = [s for piece in self.pieces for s in piece[:: max(len(piece) // 200, 1)]]
        steps = [s for s in steps if s.has("eta_seconds", "elapsed_seconds")]
        if not took or not steps:
            return
        foreseen = steps[0].number("eta_seconds") + steps[0].number("elapsed_seconds")
        surprise = max(took.high - foreseen.low, 0.0)
        self._claim("ETA at the start", surprise <= (_LEVEL_SHIFT.high - 1) * took.high + 2, f"{surprise:.0f} s")
        for step in steps:
            left = took - step.number("elapsed_seconds")
            self.tie("ETA", step, step.number("eta_seconds"), left - Interval(0, surprise) + Interval(-2, 2), 0.005)


def _cells_of_arrays(r: Record) -> list[dict[str, Any]]:
    """Cells of a JSON sample; none where its arrays were left out."""
    names = (
        "utilisation_percent", "temperature_celsius", "power_watts", "memory_bytes", "clock_mhz", "memory_celsius", "throttled",
    )  # fmt: skip
    if not all(isinstance(r.fields.get(name), list) for name in names):
        return []
    capacity = r.fields["memory_capacity_bytes"] / 2**30
    return [
        {"busy": busy, "celsius": celsius, "watts": watts, "used": memory / 2**30, "capacity": capacity, "percent": None, "color": None,
         "clock": clock, "memory_celsius": hbm, "throttled": bool(hot)}
        for busy, celsius, watts, memory, clock, hbm, hot in zip(*(r.fields[name] for name in names), strict=True)
    ]  # fmt: skip


def _summary_of_text(lines: Mapping[str, str]) -> dict[str, Value]:
    hours = next(value for label, value in lines.items() if label.endswith("-hours"))
    cost, rate = re.fullmatch(r"(\$[\d,]+) at \$([\d.]+) per .*", lines["cost"]).groups()  # type: ignore[union-attr]  # a wrong line may raise
    final, best = re.fullmatch(r"([\d.]+) \(best ([\d.]+)\)", lines["validation loss"]).groups()  # type: ignore[union-attr]  # as above
    tokens, short = re.fullmatch(r"([\d,]+) \((.*)\)", lines["tokens"]).groups()  # type: ignore[union-attr]  # as above
    if not measure(tokens).meets(measure(short)):
        message = f"{tokens} tokens are not {short}"
        raise ValueError(message)
    return {
        "total_seconds": measure(lines["total time"]),
        "epochs": measure(lines["epochs"]),
        "steps": measure(lines["steps"]),
        "tokens": measure(tokens),
        "final_train_loss": measure(lines["train loss"]),
        "final_validation_loss": measure(final),
        "best_validation_loss": measure(best),
        "mean_tokens_per_second": rounded(lines["throughput"].removesuffix(" tok/s")),
        "mean_mfu": measure(lines["mean MFU"]),
        "accelerator_hours": rounded(hours),
        "energy_kwh": rounded(lines["energy"].removesuffix(" kWh (accelerators)")),
        "usd": rounded(cost),
        "usd_per_hour": rounded(rate),
    }


def _detrended(values: list[float], window: int = 50) -> list[float]:
    """Differences from the mean of the neighbours on both sides, scaled to the values' own spread."""
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    residuals = []
    for i in range(window, len(values) - window):
        around = sums[i + window + 1] - sums[i - window] - values[i]
        residuals.append((values[i] - around / (2 * window)) / math.sqrt(1 + 1 / (2 * window)))
    return residuals


def _skewness(values: list[float]) -> float:
    """Third standardised moment: 0 for what is symmetric, give or take the root of 6/n."""
    mean, spread = statistics.fmean(values), statistics.pstdev(values)
    return statistics.fmean(((value - mean) / spread) ** 3 for value in values)


def _autocorrelation(values: list[float]) -> float:
    mean = statistics.fmean(values)
    centred = [value - mean for value in values]
    return sum(a * b for a, b in pairwise(centred)) / sum(a * a for a in centred)


_SHAPES: dict[str, Callable[[float], float]] = {
    "cosine": lambda x: 0.5 * (1 + math.cos(math.pi * x)),
    "linear": lambda x: 1 - x,
    "constant": lambda _x: 1.0,
}

_RULES: dict[str, Rule] = {
    **dict.fromkeys(library.KINDS, Auditor._library_fact),
    "Launcher": Auditor._launcher,
    "LauncherWarned": Auditor._launcher_warned,
    "MoreNodes": Auditor._more_nodes,
    "MoreRanks": Auditor._more_ranks,
    "Library": Auditor._library,
    "CommunicatorsReady": Auditor._communicators_ready,
    "AcceleratorDetected": Auditor._accelerator_detected,
    "AcceleratorsDetected": Auditor._accelerators_detected,
    "DistributedInitialised": Auditor._distributed,
    "CollectiveTimed": Auditor._collective,
    "ModelLoading": Auditor._counted_bar,
    "ModelReady": Auditor._model_ready,
    "TokenizerReady": Auditor._tokenizer,
    "DatasetReady": Auditor._dataset,
    "OptimizerReady": Auditor._optimizer,
    "TrainingStarted": Auditor._training_started,
    "EpochStarted": Auditor._epoch_started,
    "StepCompleted": Auditor._step_completed,
    "StepSkipped": Auditor._step_skipped,
    "FleetSampled": Auditor._fleet,
    "ValidationStarted": Auditor._validation_started,
    "ValidationCompleted": Auditor._validation_completed,
    "ValidationJudged": Auditor._validation_judged,
    "CheckpointStarted": Auditor._checkpoint_started,
    "CheckpointProgressed": Auditor._checkpoint_progressed,
    "CheckpointCompleted": Auditor._checkpoint_completed,
    "EpochCompleted": Auditor._epoch_completed,
    "TrainingCompleted": Auditor._training_completed,
    "ExportStarted": Auditor._export_started,
    "ExportFileWritten": Auditor._export_file,
    "ExportCompleted": Auditor._export_completed,
    "Summary": Auditor._summary_line,
    "RunCompleted": Auditor._run_completed,
}

# The live region

_EPOCH_BAR = re.compile(r"Epoch +(?P<epoch>\d+)/(?P<epochs>\d+) +(?P<bar>\[[=> ]*\])(?: +(?P<share>[\d.]+%))?.*")
_STEP_BAR = re.compile(rf"(?:Step +)?(?P<step>{_N})/(?P<steps>{_N}) +(?P<bar>\[[=> ]*\])(?P<rest>.*)")
_LIVE_NUMBERS = {
    "loss": re.compile(r"loss (\d+\.\d{4})"),
    "perplexity": re.compile(r"ppl ([\d,.]+)"),
    "rate": re.compile(r"([\d,]+) tok/s"),
    "samples": re.compile(r"([\d,.]+) samples/s"),
    "elapsed": re.compile(r" (\d\S*(?: \d\dh)?)<"),
    "left": re.compile(r"<(\d\S*(?: \d\dh)?)"),
}


def audit_live(frames: Iterable[list[str]], tokens_per_sample: int, total_seconds: float) -> tuple[list[str], int]:
    """What does not tie in frames of the live region, in order of time; and how many frames showed steps."""
    auditor, done, shown = Auditor(), 0.0, 0
    for frame in frames:
        lines = [_COLORS.sub("", line).strip() for line in frame]
        epoch = next((found for line in lines if (found := _EPOCH_BAR.fullmatch(line))), None)
        step = next(
            (found for line in lines if not line.startswith("Epoch") and (found := _STEP_BAR.fullmatch(line))), None
        )
        if epoch is None or step is None:
            continue
        shown += 1
        record = Record("Live", exactly(0), lines[-1])
        fraction = measure(step["step"]).low / measure(step["steps"]).low
        whole = (int(epoch["epoch"]) - 1 + fraction) / int(epoch["epochs"])
        auditor._bar(record, step["bar"], fraction)
        auditor._bar(record, epoch["bar"], whole)
        auditor.holds("bars never go back", record, whole >= done)
        done = whole
        if epoch["share"]:
            printed = float(epoch["share"].rstrip("%"))
            auditor.holds("share of the run", record, printed - 1e-6 <= 100 * whole < printed + 0.1)  # never ahead
        numbers = {name: found[1] for name, pattern in _LIVE_NUMBERS.items() if (found := pattern.search(step["rest"]))}
        _live_numbers(auditor, record, numbers, tokens_per_sample, total_seconds)
    return auditor.findings, shown


def _live_numbers(
    auditor: Auditor, r: Record, numbers: Mapping[str, str], per_sample: int, total_seconds: float
) -> None:
    if "perplexity" in numbers:
        r.fields = {"loss": measure(numbers["loss"]), "perplexity": rounded(numbers["perplexity"])}
        auditor._perplexity(r)
    if "samples" in numbers:
        auditor.tie("tokens/s over samples/s", r, rounded(numbers["rate"]), rounded(numbers["samples"]) * per_sample)
    if "elapsed" in numbers and numbers["elapsed"].count(":") == 2 == numbers["left"].count(
        ":"
    ):  # hours, minutes, seconds
        both = measure(numbers["elapsed"]) + measure(numbers["left"])
        auditor.tie("elapsed + left", r, both, total_seconds, 0.01)
