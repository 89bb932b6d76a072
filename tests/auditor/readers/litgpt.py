"""Reads litgpt's words. Made from its source and a run of it, not from ours."""

from auditor.readers.trainer_lines import TrainerLines

ROWS = (
    (
        "step",
        (r"Epoch (?P<i_epoch>\d+) \| iter (?P<i_iteration>\d+) step (?P<i_step>\d+) \| loss train: (?P<n_loss>\d+\.\d{3}|nan), "
        r"val: (?P<s_validation>n/a|\d+\.\d{3}|nan) \| iter time: (?P<n_milliseconds>\d+\.\d\d) ms \(step\) remaining time: "
        r"(?P<s_left>(?:\d+ days?, )?\d+:\d\d:\d\d)"),
    ),
    ("validating", r"Validating \.\.\."),
    ("validation", r"iter (?P<i_iteration>\d+): val loss (?P<n_loss>\d+\.\d{4}|nan), val time: (?P<n_milliseconds>\d+\.\d\d) ms"),
    ("final", r"Final evaluation \| val loss: (?P<n_loss>\d+\.\d{3}|nan) \| val ppl: (?P<n_perplexity>\d+\.\d{3}|nan)"),
    ("saving", r"Saving checkpoint to '(?P<s_path>\S+)/(?:step-(?P<i_step>\d{8})|final)/lit_model\.pth'"),
    ("loading", r"Resuming training from (?P<s_path>\S+)/step-(?P<i_step>\d{8})/lit_model\.pth"),
    ("parameters", r"Total parameters: (?P<s_parameters>[\d,]+)"),
    ("flops", r"Measured TFLOPs: (?P<n_teraflops>\d+\.\d\d)"),
    ("tokens", r"\| - Total tokens  : (?P<s_tokens>[\d,]+)"),
    ("time", r"\| - Training Time : (?P<n_seconds>\d+\.\d\d) s"),
    ("rate", r"\| - Tok/sec       : (?P<n_rate>\d+\.\d\d) tok/s"),
)  # fmt: skip

LITGPT = TrainerLines(ROWS)
