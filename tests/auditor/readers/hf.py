"""Reads the words of Hugging Face's Trainer: dictionaries of strings with four significant digits, records of its logger, bars."""

import re
from collections.abc import Iterable, Iterator

from auditor.readers.trainer_lines import TrainerLines
from auditor.record import Record

_STAMP = r"\[INFO\|(?P<s_place>[\w.]+:\d+)\] (?P<s_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) >> "
_SHORT = r"(?:-?\d+(?:\.\d+)?(?:e[+-]\d\d)?|nan|inf)"


def _dictionary(**names: str) -> str:
    return r"\{" + ", ".join(f"'{name}': '(?P<n_{field}>{_SHORT})'" for name, field in names.items()) + r"\}"


ROWS = (
    ("step", _dictionary(loss="loss", grad_norm="grad_norm", learning_rate="learning_rate", epoch="epoch")),
    (
        "evaluation",
        _dictionary(
            eval_loss="loss",
            eval_runtime="seconds",
            eval_samples_per_second="samples_rate",
            eval_steps_per_second="batches_rate",
            epoch="epoch",
        ),
    ),
    (
        "end",
        _dictionary(
            train_runtime="seconds",
            train_samples_per_second="samples_rate",
            train_steps_per_second="steps_rate",
            train_loss="loss",
            epoch="epoch",
        ),
    ),
    ("saving", _STAMP + r"Saving model checkpoint to (?P<s_path>\S+-(?P<i_step>\d+))"),
    ("saved", _STAMP + r"Model weights saved in (?P<s_path>\S+-(?P<i_step>\d+))/model\.safetensors"),
    ("loading", _STAMP + r"Loading model from (?P<s_path>\S+-(?P<i_step>\d+))\."),
    ("resuming", _STAMP + r"  Resuming training from checkpoint with epoch (?P<i_epoch>\d+) and global step (?P<i_step>\d+)"),
    ("forward", _STAMP + r"  Fast-forwarding the dataloader past (?P<i_epochs>\d+) epochs and (?P<i_batches>\d+) batches to resume from the exact training state\."),
    ("fact", _STAMP + r"  (?P<s_name>[A-Z][^=]+) = (?P<s_value>[\d,]+)"),
    ("bar", r" *(?P<i_percent>\d+)%\|[█▏▎▍▌▋▊▉ ]{10}\| (?P<i_done>\d+)/(?P<i_total>\d+) \[(?P<s_passed>[\d:]+)<(?P<s_left>[\d:?]+), *(?P<s_rate>[\d.?]+)(?P<s_unit>it/s|s/it)\]"),
)  # fmt: skip

_TABLE = TrainerLines(ROWS)
_CURSOR = re.compile(r"\x1b\[A")
_AFTER_BAR = re.compile(r"( *\d+%\|.*?\[[^\]]*(?:it/s|s/it)\]) ?(.*)")


class Chains:
    """A file in which bars are written over: what stands between two carriage returns is a line of its own."""

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        """A record for each piece that a row knows."""
        return _TABLE.records(pieces(lines))


def pieces(lines: Iterable[str]) -> Iterator[str]:
    """What was written at a time; a bar that stays in front of something else is apart, blanks that wipe are nothing."""
    for line in lines:
        for piece in _CURSOR.sub("", line).split("\r"):
            found = _AFTER_BAR.fullmatch(piece)
            parts = found.groups() if found else (piece.lstrip(" ") if piece.startswith(" " * 9) else piece,)
            yield from (part for part in parts if part)


HF = Chains()
