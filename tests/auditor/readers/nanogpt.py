"""Reads nanoGPT's words. Made from its source and a run of it, not from ours."""

from auditor.readers.trainer_lines import TrainerLines

ROWS = (
    ("step", r"iter (?P<i_iteration>\d+): loss (?P<n_loss>\d+\.\d{4}|nan), time (?P<n_milliseconds>\d+\.\d\d)ms, mfu (?P<n_mfu>-?\d+\.\d\d)%"),
    ("validation", r"step (?P<i_step>\d+): train loss (?P<n_train_loss>\d+\.\d{4}|nan), val loss (?P<n_loss>\d+\.\d{4}|nan)"),
    ("saving", r"saving checkpoint to (?P<s_path>\S+)"),
    ("loading", r"Resuming training from (?P<s_path>\S+)"),
    ("batch", r"tokens per iteration will be: (?P<s_tokens>[\d,]+)"),
    ("vocabulary", r"found vocab_size = (?P<i_size>\d+) \(inside \S+/meta\.pkl\)"),
    ("parameters", r"number of parameters: (?P<n_millions>\d+\.\d\d)M"),
    ("decayed", r"num decayed parameter tensors: (?P<i_tensors>\d+), with (?P<s_parameters>[\d,]+) parameters"),
    ("vectors", r"num non-decayed parameter tensors: (?P<i_tensors>\d+), with (?P<s_parameters>[\d,]+) parameters"),
)  # fmt: skip

NANOGPT = TrainerLines(ROWS)
