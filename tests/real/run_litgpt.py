"""Runs litgpt's pretraining for twenty optimizer steps on this machine's CPU; the first start ends at step 14, the second resumes.

TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1 python -u run_litgpt.py FOLDER
"""

import sys
from pathlib import Path

import torch
from litgpt.args import EvalArgs, TrainArgs
from litgpt.config import Config
from litgpt.data import DataModule
from litgpt.pretrain import setup
from torch.utils.data import DataLoader

SEQUENCE, SEQUENCES_PER_STEP = 16, 8


class RandomTokens(DataModule):
    """As much of a data module as pretraining asks for."""

    def connect(self, tokenizer=None, batch_size=1, max_seq_length=None):
        self.batch_size = batch_size

    def train_dataloader(self):
        return self._loader(200)

    def val_dataloader(self):
        return self._loader(8)

    def _loader(self, count):
        rows = torch.randint(0, 64, (count, SEQUENCE + 1), generator=torch.Generator().manual_seed(1))
        return DataLoader(rows, batch_size=self.batch_size)


def train(folder: Path, steps: int, *, resume: bool) -> None:
    setup(
        model_name="pythia-14m",
        model_config=Config(
            name="tiny", block_size=SEQUENCE, vocab_size=64, padded_vocab_size=64, n_layer=1, n_head=2, n_embd=16
        ),
        out_dir=folder,
        precision="32-true",
        resume=resume,
        data=RandomTokens(),
        train=TrainArgs(
            save_interval=5,
            log_interval=2,
            global_batch_size=SEQUENCES_PER_STEP,
            micro_batch_size=4,
            max_tokens=steps * SEQUENCES_PER_STEP * SEQUENCE,
            max_norm=1.0,
            min_lr=4e-5,
            lr_warmup_steps=2,
            tie_embeddings=False,
        ),
        eval=EvalArgs(interval=10, max_iters=2),
        devices=1,
        logger_name="csv",
    )


torch.compile = lambda model: model  # a toy on a CPU is not worth a compiler
train(Path(sys.argv[1]), 14, resume=False)
print("---- a second start", flush=True)
train(Path(sys.argv[1]), 20, resume=True)
