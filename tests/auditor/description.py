"""Reads what `--describe` says of a plan: every text against its value, and every formula worked out by hand.

A row's formula is arithmetic with words in it, or words alone; what such a row must be is said here, from the plan and the
other rows. `audit_description` takes the JSON form, which has the plan, the values and all that is printed for people.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.interval import Interval, exactly, rounded
from auditor.ledger import Ledger
from auditor.ramp import smaller_batches
from auditor.record import Record

_SCALES = {
    "": 1.0, "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "GiB": 2**30, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0,
    "%": 1e-2, "W": 1.0, "kWh": 3.6e6, "TFLOP/s": 1e12, "USD": 1.0, "FLOP": 1.0, "kFLOP": 1e3, "MFLOP": 1e6, "GFLOP": 1e9, "TFLOP": 1e12, "PFLOP": 1e15,
}  # fmt: skip
_COUNTED = {"", "B"}  # units of whole numbers that are not rounded
_NUMBER = r"(?<![\w.])\$?(\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)(?: ?(%|TFLOP/s|[kMGTP]?FLOP|[kMGTP]?B|GiB|min|kWh|ms|[shdW])(?![\w/]))?"
_QUANTITY = rf"{_NUMBER}(?: {_NUMBER})*"


@dataclass(frozen=True, slots=True)
class Description:
    """A plan's choices, and its rows by section and name."""

    plan: Mapping[str, Any]
    rows: Mapping[tuple[str, str], Mapping[str, Any]]

    def value(self, section: str, name: str) -> float:
        return float(self.rows[section, name]["value"])

    def sum(self, section: str, *names: str) -> float:
        return sum(self.value(section, name) for name in names)


def audit_description(document: Mapping[str, Any]) -> Ledger:
    """What does not tie is in the ledger's findings."""
    audit = Ledger()
    said = Description(document["plan"], {(row["section"], row["name"]): row for row in document["derived"]})
    for place, row in said.rows.items():
        record = Record(": ".join(place), exactly(0), f"{': '.join(place)}: {row['text']} = {row['formula']}")
        value = _stored(row)
        audit.tie("text = value", record, read_quantity(row), value)
        if place not in _IN_WORDS:
            audit.tie("formula = value", record, _formula(place, row), value)
        if place in _BY_HAND:
            audit.tie("by hand", record, _BY_HAND[place](said), value)
    return audit


def _stored(row: Mapping[str, Any]) -> Interval:
    """The value in base units; what is no whole number has six digits."""
    value = float(row["value"]) * _SCALES.get(row["unit"], 1.0)
    half = 0.0 if isinstance(row["value"], int) else abs(value) * 0.6e-5
    return Interval(value - half, value + half)


def read_quantity(row: Mapping[str, Any]) -> Interval:
    """The first quantity of a text: `3 d 4 h`, `63.6 of 79.6 GiB`, `1,234 x anything`."""
    text = re.sub(r"([\d.]+) of [\d.]+ GiB", r"\1 GiB", row["text"])
    found = re.match(_QUANTITY, text)
    if found is None:
        message = f"no quantity: {text!r}"
        raise ValueError(message)
    return _amount(found[0], counted=isinstance(row["value"], int))


def _amount(text: str, *, counted: bool, rounds: bool = True) -> Interval:
    """`3 d 4 h`: only the last part is rounded, and not even that where it counts something."""
    *whole, (last, unit) = re.findall(_NUMBER, text)
    exact = sum(float(number.replace(",", "")) * _SCALES[of] for number, of in whole)
    mantissa, _, exponent = last.partition("e")
    known = counted and not exponent and unit in _COUNTED and mantissa.replace(",", "").isdigit()
    number = exactly(float(mantissa.replace(",", ""))) if known or not rounds else rounded(mantissa)
    return number * (10.0 ** int(exponent or 0) * _SCALES[unit]) + exact


def on_a_calculator(row: Mapping[str, Any]) -> tuple[Interval, float] | None:
    """What a row prints, and what its formula makes of its numbers as they are printed, in base units; None of one in words."""
    place = (row["section"], row["name"])
    return None if place in _IN_WORDS else (read_quantity(row), _formula(place, row, rounds=False).low)


def _formula(place: tuple[str, str], row: Mapping[str, Any], *, rounds: bool = True) -> Interval:
    """What a row's formula makes, in base units."""
    counted = place != _SUM_OF_PARTS
    made = evaluate(row["formula"], counted=counted, rounds=rounds) * _FORMULA_UNITS.get(place, 1.0)
    return _WHOLE[place](made) if place in _WHOLE else made


def evaluate(formula: str, *, counted: bool = True, rounds: bool = True) -> Interval:
    """Work out `2,048 / (TP 1 x PP 16 x CP 1)`; words between the numbers mean nothing, and each is exact unless it `rounds`."""
    amounts: list[Interval] = []

    def name(found: re.Match[str]) -> str:
        amounts.append(_amount(found[0], counted=counted, rounds=rounds))
        return f" N{len(amounts) - 1} "

    signs = re.findall(r"N\d+\b|\bx\b|\b(?:ln|exp|sqrt|cos)(?=\()|[()/+]| - ", re.sub(_QUANTITY, name, formula))
    text = " ".join("*" if sign == "x" else sign for sign in signs)
    return _worked_out(ast.parse(text, mode="eval").body, amounts)


def _worked_out(node: ast.expr, amounts: Sequence[Interval]) -> Interval:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_worked_out(node.left, amounts), _worked_out(node.right, amounts))
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        argument = _worked_out(node.args[0], amounts)
        ends = sorted(map(_FUNCTIONS[node.func.id], (argument.low, argument.high)))
        return Interval(ends[0], ends[-1])
    assert isinstance(node, ast.Name)
    return amounts[int(node.id[1:])]


def _divided(one: Interval, other: Interval) -> Interval:
    """A number that was rounded to nothing may be anything below."""
    return one / other if other.low > 0 else Interval(0.0, 1e30)


_OPERATORS: Mapping[type[ast.operator], Callable[[Interval, Interval], Interval]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
}
_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "ln": math.log,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "cos": math.cos,
}
_NO_WINDOWS = {"layers": 0, "window": 1, "chunked": False}
_SUM_OF_PARTS = ("time per step", "step")
_FORMULA_UNITS = {
    ("memory", "total"): 2**30,  # said once, behind the total
    ("throughput", "MFU"): 1e12,  # said once, behind the peak
    ("energy and cost", "cost"): 1 / 3600,  # of hours, by the hour
}
_WHOLE: Mapping[tuple[str, str], Callable[[Interval], Interval]] = {
    ("parallel layout", "nodes"): lambda made: exactly(math.ceil(made.low)),
    ("run length", "steps per epoch"): lambda made: exactly(math.floor(made.high)),
    ("reliability", "expected goodput"): lambda made: Interval(max(made.low, 0.0), max(made.high, 0.0)),
}


def _model_flops(said: Description) -> float:
    model, active = said.plan["model"], said.value("model", "active parameters")
    latent = model["latent_attention"]
    keys = latent["qk_nope_head_dim"] + latent["qk_rope_head_dim"] if latent else model["head_dim"]
    values = latent["v_head_dim"] if latent else model["head_dim"]
    width = model["attention_heads"] * (keys + values) / 2
    length, local = said.plan["sequence_length"], model["local_attention"] or _NO_WINDOWS
    window = min(local["window"], length)
    seen = window if local["chunked"] else 2 * window - window**2 / length  # whole blocks
    return float(6 * active + 6 * width * ((model["layers"] - local["layers"]) * length + local["layers"] * seen))


def _hfu(said: Description) -> float:
    executed, model = said.value("model", "executed FLOPs per token"), said.value("model", "model FLOPs per token")
    return said.value("throughput", "MFU") * executed / model


def _validation(said: Description) -> float:
    """Forward passes: a third of the model's FLOPs, by kernels and in a pipeline."""
    forward = said.value("model", "model FLOPs per token") / 3 / said.value("model", "executed FLOPs per token")
    working = said.sum("time per step", "compute", "pipeline bubble")
    return float(said.plan["validation_batches"] * forward * working)


def _training(said: Description) -> Interval:
    """Steps, validations and checkpoints; reading a corpus file by file comes on top."""
    steps = said.value("run length", "steps")
    validations = math.ceil(steps / said.plan["validation_interval"]) * said.value("run length", "validation")
    checkpoints = math.ceil(steps / said.plan["checkpoint_interval"]) * said.value("run length", "checkpoint")
    smaller = _ramp_steps(said)
    least = (steps - smaller) * said.value("time per step", "step") + validations + checkpoints
    least += said.value("run length", "ramp") if smaller else 0.0
    least += first_step_extra(said)
    files = said.plan["tokens"] / (said.plan["dataset"]["shard_tokens"] or math.inf)
    return Interval(least * (1 - 1e-5), (least + 0.3 * files) * (1 + 1e-5))


def _ramp_steps(said: Description) -> int:
    """Steps before the full batch, one after the other as Megatron-LM counts them: by the sequences that were taken before each."""
    ramp, full = said.plan.get("batch_ramp"), said.plan["global_batch_size"]
    return len(smaller_batches(ramp["first"], ramp["increment"], ramp["sequences"], full)) if ramp else 0


def _ramp_tokens(said: Description) -> int:
    ramp, full = said.plan["batch_ramp"], said.plan["global_batch_size"]
    batches = smaller_batches(ramp["first"], ramp["increment"], ramp["sequences"], full)
    return sum(batches) * int(said.plan["sequence_length"])


def _all_steps(said: Description) -> int:
    """Whole steps of the first epoch, and of all others."""
    epoch, full = (
        said.plan["tokens"] // said.plan["epochs"],
        said.plan["global_batch_size"] * said.plan["sequence_length"],
    )
    if not said.plan.get("batch_ramp"):
        return int(epoch // full * said.plan["epochs"])
    left = epoch // said.plan["sequence_length"] - _ramp_tokens(said) // said.plan["sequence_length"]
    return int(_ramp_steps(said) + left // said.plan["global_batch_size"] + epoch // full * (said.plan["epochs"] - 1))


def _ramp_seconds(said: Description) -> Interval:
    """Between what the first and the last of them would take if all were alike."""
    return Interval(
        said.value("time per step", "first step of the ramp"), said.value("time per step", "step")
    ) * _ramp_steps(said)


def first_step_extra(said: Description) -> float:
    """By what the first step is longer: 20 s and five steps, within 20 to 300 s."""
    return min(300.0, max(20.0, 20.0 + 5.0 * said.value("time per step", "step")))


def _grid_every(said: Description) -> Interval:
    """As chosen; else the lines that the grid takes are a fifth of all at most."""
    chosen = said.plan["grid_interval"]
    if chosen:
        return exactly(chosen)
    lines = float(said.rows["run length", "grid every"]["formula"].partition(" ")[0])
    return Interval(4 * lines, 10 * lines)


def _run(said: Description) -> float:
    return said.sum("run length", "bring-up", "training", "export")


def _cost(said: Description) -> float:
    return said.value("energy and cost", "accelerator hours") * float(said.plan["accelerator"]["usd_per_hour"])


def _best_interval(said: Description) -> float:
    """Daly 2006, equation 37: Young's square root, with what a checkpoint itself takes."""
    write, between = said.value("run length", "checkpoint"), said.value("reliability", "between failures")
    half = write / (2 * between)
    return math.sqrt(2 * write * between) * (1 + math.sqrt(half) / 3 + half / 9) - write


def _guessing(said: Description) -> float:
    """An untrained model is worse than guessing evenly by half the variance of its logits; wide ones are initialised smaller."""
    model = said.plan["model"]
    deviation = min(0.02, 0.02 * 4096 / model["hidden_size"])
    nats: float = math.log(model["vocab_size"]) + model["hidden_size"] * deviation**2 / 2
    return nats


_MEMORY = ("weights", "gradients", "optimizer state", "activations", "workspace")
_BY_HAND: Mapping[tuple[str, str], Callable[[Description], Interval | float]] = {
    ("model", "model FLOPs per token"): _model_flops,
    ("parallel layout", "accelerators"): lambda said: said.plan["world_size"],
    ("parallel layout", "nodes"): lambda said: -(-said.plan["world_size"] // said.plan["accelerator"]["per_node"]),
    ("parallel layout", "pipeline split"): lambda said: max(
        said.plan["pipeline_split"] or (-(-said.plan["model"]["layers"] // said.plan["parallel"]["pipeline"]),)
    ),
    ("batch", "sequence length"): lambda said: said.plan["sequence_length"],
    ("batch", "micro-batch"): lambda said: said.plan["micro_batch_size"],
    ("batch", "tokens per step"): lambda said: said.plan["global_batch_size"] * said.plan["sequence_length"],
    ("memory", "total"): lambda said: said.sum("memory", *_MEMORY),
    ("throughput", "HFU"): _hfu,
    ("batch", "ramp steps"): _ramp_steps,
    ("batch", "ramp tokens"): _ramp_tokens,
    ("run length", "ramp"): _ramp_seconds,
    ("run length", "steps"): _all_steps,
    ("run length", "validation"): _validation,
    ("run length", "training"): _training,
    ("run length", "grid every"): _grid_every,
    ("run length", "run"): _run,
    ("energy and cost", "cost"): _cost,
    ("reliability", "checkpoint every"): lambda said: (
        said.plan["checkpoint_interval"] * said.value("time per step", "step")
    ),
    ("reliability", "best interval"): _best_interval,
    ("loss", "initial"): _guessing,
}
"""What is worked out from the plan and other rows: where the formula is in words, and where it could agree with itself only."""
_IN_WORDS = {
    ("model", "parameters"), ("model", "active parameters"),
    ("parallel layout", "accelerators"), ("parallel layout", "pipeline split"), ("batch", "sequence length"), ("batch", "micro-batch"), *(("memory", part) for part in _MEMORY),
    *(("time per step", part) for part in ("compute", "tensor and context communication", "expert communication", "pipeline communication", "data communication", "optimizer step", "overhead")),
    ("batch", "ramp steps"), ("time per step", "first step of the ramp"), ("run length", "ramp"),
    ("energy and cost", "power in training"), ("loss", "final"), ("run length", "grid every"),
    ("reliability", "recovery"), ("reliability", "best interval"), ("reliability", "spares"), ("reliability", "drill"),
}  # fmt: skip
