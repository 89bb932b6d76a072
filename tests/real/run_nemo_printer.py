"""Runs Lightning's Trainer with the progress printer and the logger of a NeMo checkout (NVIDIA/NeMo at 8cfedd72) for twenty steps on
two processes of this machine's CPU; the first start ends at step 14, the second resumes. Megatron, which needs accelerators, is not
there: what it would say is not either, and the only thing that the printer asks it, the microbatches, is answered with one.

    PYTHONPATH=CHECKOUT python -u run_nemo_printer.py FOLDER STEPS [CHECKPOINT]
"""

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

FOLDER, STEPS, RESUMED = sys.argv[1], int(sys.argv[2]), sys.argv[3:]

for name in ("megatron", "megatron.core", "megatron.core.num_microbatches_calculator"):
    sys.modules[name] = ModuleType(name)
sys.modules["megatron.core.num_microbatches_calculator"].get_num_microbatches = lambda: 1

from nemo.utils import logging  # noqa: E402  its logger: the stand-in comes first

checkout = Path(importlib.util.find_spec("nemo").origin).parent
spec = importlib.util.spec_from_file_location("printer", checkout / "lightning/pytorch/callbacks/progress_printer.py")
printer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(printer)


class Line(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(16, 1)

    def training_step(self, batch, _):
        loss = self.layer(batch).square().mean()
        self.log("reduced_train_loss", loss, prog_bar=True)
        self.log("lr", 1e-3, prog_bar=True)
        self.log("global_step", float(self.trainer.global_step), prog_bar=True)
        self.log("consumed_samples", float((self.trainer.global_step + 1) * 8), prog_bar=True)
        self.log("train_step_timing in s", time.perf_counter() - self.began, prog_bar=True)
        return loss

    def on_train_batch_start(self, *_):
        self.began = time.perf_counter()

    def validation_step(self, batch, _):
        self.log("val_loss", self.layer(batch).square().mean(), prog_bar=True, sync_dist=True)

    def on_fit_start(self):
        self.trainer.strategy.current_epoch_step = 0

    def on_train_batch_end(self, *_):
        self.trainer.strategy.current_epoch_step = self.trainer.global_step

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


class Counts(pl.Callback):
    """The strategy's own count, which Megatron's has, before the printer asks for it."""

    def on_train_batch_end(self, trainer, *_):
        trainer.strategy.current_epoch_step = trainer.global_step


def batches(count):
    return DataLoader(torch.randn(count, 16, generator=torch.Generator().manual_seed(1)), batch_size=4)


logging.info(f"Experiments will be logged at {FOLDER}")
trainer = pl.Trainer(
    accelerator="cpu",
    devices=2,
    strategy="ddp",
    max_steps=STEPS,
    val_check_interval=10,
    limit_val_batches=2,
    log_every_n_steps=5,
    logger=False,
    enable_model_summary=False,
    callbacks=[
        Counts(),
        printer.ProgressPrinter(log_interval=2),
        ModelCheckpoint(FOLDER, "{step}", save_last=True, every_n_train_steps=5),
    ],
)
trainer.fit(Line(), batches(400), batches(16), ckpt_path=RESUMED[0] if RESUMED else None)
