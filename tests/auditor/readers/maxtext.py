"""Reads MaxText's log, as absl writes it, and works out again what it says. It counts steps from 0; here they begin with 1."""

import math
import re
from collections.abc import Iterable

from auditor.interval import Interval, exactly, rounded
from auditor.told import Told

_HEAD = re.compile(r"([IWE])(\d\d)(\d\d) (\d\d):(\d\d):(\d\d\.\d{6}) +(\d+) ([\w.]+\.(?:py|cc):\d+)\] (.*)")
_STEP = re.compile(
    r"completed step: (?P<step>\d+), seconds: (?P<seconds>\d+\.\d{3}), TFLOP/s/device: (?P<tflops>\d+\.\d{3}), "
    r"Tokens/s/device: (?P<tokens>\d+\.\d{3}), total_weights: (?P<weights>\d+), loss: (?P<loss>\d+\.\d{3}), "
    r"lm_loss: (?P<lm_loss>\d+\.\d{3}), perplexity: (?P<perplexity>\d+\.\d{3})(?:, moe_lb_loss: \d+\.\d{6})?"
)
_EVAL = re.compile(
    r"Completed eval after train step (?P<step>\d+), loss=(?P<loss>\d+\.\d{3}), perplexity=(?P<perplexity>\d+\.\d{3}), "
    r"total_weights=(?P<weights>\d+\.\d), avg_z_loss=\d+\.\d{3}(?:, avg_moe_lb_loss=\d+\.\d{3})?"
)
_SAID = (
    (re.compile(r"restoring from this run's directory step (\d+)"), "restored"),
    (re.compile(r"Saved a checkpoint at step (\d+)\."), "saved"),
    (re.compile(r"Config param (\w+): (.*)"), "parameter"),
    (re.compile(r"Num_devices: (\d+), shape \((.*)\)"), "device_count"),
    (
        re.compile(
            r"\[train\] Total estimated memory size: (\S+) GB, estimated output size: (\S+) GB, estimated temp size: (\S+) GB, .*"
        ),
        "compiled",
    ),
    (re.compile(r"Starting eval after train step (\d+)"), "evaluating"),
    (re.compile(r"\tUsing \(GB\) (\S+) / (\S+) \((\S+)%\) on .*"), "memory"),
)


class MaxText:
    """One log, which several lives may have written."""

    def __init__(self) -> None:
        self.told = Told()
        self.parameters: dict[str, str] = {}
        self.teraflops = Interval(0, 1e30)  # of a step, on one device
        self._devices = 0
        self._clock = (0, 0, 0.0)
        self._evaluates: int | None = None
        self._begun = False

    def read(self, lines: Iterable[str]) -> Told:
        for line in lines:
            head = _HEAD.fullmatch(line)
            if head is None:
                self.told.unread.append(line)
                continue
            clock = (int(head[2]), int(head[3]), int(head[4]) * 3600 + int(head[5]) * 60 + float(head[6]))
            if clock < self._clock:
                self.told.findings.append(f"time runs backwards: {line}")
            self._clock = clock
            self._take(head[9])
        return self.told

    def _take(self, words: str) -> None:
        step, evaluated = _STEP.fullmatch(words), _EVAL.fullmatch(words)
        if step:
            self._step(step)
        elif evaluated:
            self._eval(evaluated)
        elif words.startswith(("completed step", "Completed eval after")):
            self.told.findings.append(f"no line of MaxText: {words}")
        for pattern, rule in _SAID:
            found = pattern.fullmatch(words)
            if found:
                getattr(self, f"_{rule}")(found)

    def _parameter(self, found: re.Match[str]) -> None:
        self.parameters[found[1]] = found[2]

    def _device_count(self, found: re.Match[str]) -> None:
        self._devices = int(found[1])

    def _restored(self, found: re.Match[str]) -> None:
        self.told.loaded.append(int(found[1]) + 1)

    def _saved(self, found: re.Match[str]) -> None:
        self.told.saved.append(int(found[1]) + 1)

    def _evaluating(self, found: re.Match[str]) -> None:
        self._evaluates = int(found[1])

    def _compiled(self, found: re.Match[str]) -> None:
        total, output, temporary = (rounded(found[number]) for number in (1, 2, 3))
        self.told.tie("memory", "compilation", total, output + temporary)
        self.told.launches += 1
        self._begun = False

    def _memory(self, found: re.Match[str]) -> None:
        used, limit, share = (float(found[number]) for number in (1, 2, 3))
        self.told.tie("memory", "first step", rounded(found[3]), exactly(100 * used / limit), 1e-6)
        del share

    def _step(self, found: re.Match[str]) -> None:
        told, step = self.told, int(found["step"]) + 1
        if not self._begun:
            told.begun.append(step)
            self._begun = True
        seconds, loss = rounded(found["seconds"]), rounded(found["loss"])
        told.steps.append({"step": exactly(step), "loss": loss, "seconds": seconds})
        told.tie("lm_loss", step, loss, rounded(found["lm_loss"]))
        self._perplexity(step, loss, found["perplexity"])
        each = rounded(found["tflops"]) * seconds
        told.tie("FLOPs of a step", step, self.teraflops, each)
        self.teraflops = Interval(max(self.teraflops.low, each.low), min(self.teraflops.high, each.high))
        if self._devices:
            told.tie("tokens", step, rounded(found["tokens"]) * seconds, exactly(int(found["weights"]) / self._devices))
        if step == int(self.parameters.get("steps", 0)):
            told.ended = True

    def _eval(self, found: re.Match[str]) -> None:
        loss = rounded(found["loss"])
        if self._evaluates != int(found["step"]):
            self.told.findings.append(f"{found[0]}: it was begun after {self._evaluates}")
        self.told.validations.append({"step": exactly(int(found["step"]) + 1), "loss": loss})
        self._perplexity(found["step"], loss, found["perplexity"])

    def _perplexity(self, where: object, loss: Interval, text: str) -> None:
        self.told.tie("perplexity", where, rounded(text), Interval(math.exp(loss.low), math.exp(loss.high)))
