"""Has OLMo-core's own handler print a few messages on terminals of several widths: what our lines there are held against.

V/bin/python tests/real/run_olmo_rich.py > tests/real/olmo_rich.json
"""

import io
import json
import logging
import sys

from olmo_core import utils
from rich.console import Console

MESSAGES = (
    ("olmo_core.train.callbacks.console_logger", 71, "INFO", "[step=5/8,epoch=1,eta=1m]\n    gpu_memory/GPU active mem (%)=3.750\n    train/PPL=147.8"),
    ("olmo_core.train.trainer", 725, "WARNING", "No checkpoint found in save folder ('/data/run') or load path ('None'), will train from scratch..."),
    ("olmo_core.train.train_module.transformer.train_module", 177, "INFO", "Data parallel world size = 16"),
    ("olmo_core.data.data_loader", 532, "INFO", "Global data order indices saved to:\n'/checkpoints/small-wren-7/dataset-cache/global_indices_dataset_size9765625_epoch1_seed0_v1.npy'"),
    ("olmo_core.train.trainer", 764, "ERROR", "Training failed due to:\nAcceleratorError: CUDA error: unknown error"),
)  # fmt: skip


def printed(width: int, name: str, line: int, level: str, words: str) -> str:
    file = io.StringIO()
    handler = utils._RichHandler(console=Console(file=file, force_terminal=True, width=width, color_system="standard"))
    record = logging.LogRecord(name, getattr(logging, level), "", line, words, (), None)
    record.hostname, record.local_rank = "worker-0", 0
    record.created = 1767603604.0
    handler.emit(record)
    return file.getvalue()


if __name__ == "__main__":
    rows = [
        {
            "width": width,
            "name": f"{name}:{line}",
            "level": level,
            "words": words,
            "printed": printed(width, name, line, level, words),
        }
        for width in (40, 60, 80, 160)
        for name, line, level, words in MESSAGES
    ]
    sys.stdout.write(json.dumps(rows, indent=1) + "\n")
