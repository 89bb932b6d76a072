"""Runs Lightning's Trainer for twenty steps on two processes of this machine's CPU; the first start ends at step 14, the second resumes.

python run_lightning.py FOLDER
"""

import sys

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

FOLDER, STEPS, RESUMED = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


class Line(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(16, 1)

    def training_step(self, batch, _):
        loss = self.layer(batch).square().mean()
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, _):
        self.log("val_loss", self.layer(batch).square().mean(), prog_bar=True, sync_dist=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def batches(count):
    return DataLoader(torch.randn(count, 16, generator=torch.Generator().manual_seed(1)), batch_size=4)


pl.seed_everything(1)
trainer = pl.Trainer(
    default_root_dir=FOLDER,
    accelerator="cpu",
    devices=2,
    strategy="ddp",
    max_steps=STEPS,
    val_check_interval=10,
    log_every_n_steps=5,
    logger=False,
    callbacks=[
        ModelCheckpoint(FOLDER, "{step}", monitor="val_loss", every_n_train_steps=None, save_last=True, verbose=True)
    ],
)
trainer.fit(Line(), batches(400), batches(16), ckpt_path=RESUMED[0] if RESUMED else None)
