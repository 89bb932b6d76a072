"""Runs OLMo-core itself, on a CPU, and prints what it says: the sample that our dialect is held against.

    python -m venv V; V/bin/pip install ai2-olmo-core==3.0.0 torch==2.13.0
    for STEPS in 8 12; do STEPS=$STEPS V/bin/torchrun --nproc-per-node 1 tests/real/run_olmo.py WORKDIR; done > tests/real/olmo.txt

Eight steps of a small model on made-up tokens, with checkpoints and a validation, and a second life that goes on from the last checkpoint
up to the twelfth. What it asks of a GPU (name, memory) is answered here with constants; everything else is its own code. Not run by the
tests, which read what it left behind: what is printed before logging is set up and the model itself are left out there, the host's name and
the working directory replaced.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch
from olmo_core.config import DType
from olmo_core.data import NumpyDataLoaderConfig, NumpyFSLDatasetConfig, NumpyPaddedFSLDatasetConfig, TokenizerConfig
from olmo_core.distributed.utils import get_world_size
from olmo_core.nn.transformer import TransformerConfig
from olmo_core.optim import AdamWConfig, CosWithWarmup
from olmo_core.train import Duration, TrainerConfig, prepare_training_environment, teardown_training_environment
from olmo_core.train.callbacks import CheckpointerCallback, GPUMemoryMonitorCallback, LMEvaluatorCallbackConfig
from olmo_core.train.train_module import TransformerTrainModuleConfig
from olmo_core.utils import seed_all

LENGTH, BATCH = 128, 4
_GIB = 2**30


class _Properties:
    total_memory = 80 * _GIB


def _stand_in_for_a_gpu() -> None:
    """The name and the memory counters that a CPU does not have."""
    stats = {
        "active_bytes.all.peak": 3 * _GIB,
        "reserved_bytes.all.peak": 4 * _GIB,
        "num_alloc_retries": 0,
        "num_ooms": 0,
    }
    for name, answer in {
        "get_device_name": "NVIDIA H100 80GB HBM3",
        "get_device_properties": _Properties(),
        "memory_stats": stats,
        "memory_allocated": _GIB,
        "memory_reserved": 2 * _GIB,
        "reset_peak_memory_stats": None,
        "empty_cache": None,
    }.items():
        setattr(torch.cuda, name, lambda *_args, answer=answer: answer)


def _corpus(folder: Path) -> tuple[str, str]:
    random = np.random.default_rng(0)
    paths = [folder / "train.npy", folder / "validation.npy"]
    for path, tokens in zip(paths, (LENGTH * BATCH * 40, LENGTH * BATCH * 2), strict=True):
        made = (np.arange(tokens) % 90 + random.integers(0, 3, tokens)).astype(np.uint8)
        made[63::64] = 255  # documents end
        made.tofile(path)
    return str(paths[0]), str(paths[1])


def main(folder: Path, steps: int) -> None:
    train, validation = _corpus(folder)
    tokenizer = TokenizerConfig(vocab_size=256, eos_token_id=255, pad_token_id=254)
    seed_all(1)
    model = TransformerConfig.llama_like(vocab_size=256, n_layers=2, d_model=64, n_heads=4).build(init_device="cpu")
    module = TransformerTrainModuleConfig(
        rank_microbatch_size=LENGTH * BATCH,
        max_sequence_length=LENGTH,
        optim=AdamWConfig(lr=3e-3),
        scheduler=CosWithWarmup(warmup_steps=2),
        max_grad_norm=1.0,
        autocast_precision=DType.bfloat16,
    ).build(model)
    work = str(folder / "work")
    dataset = NumpyFSLDatasetConfig(paths=[train], sequence_length=LENGTH, tokenizer=tokenizer, work_dir=work).build()
    loader = NumpyDataLoaderConfig(global_batch_size=LENGTH * BATCH, seed=0, num_workers=0).build(dataset)
    evaluated = NumpyPaddedFSLDatasetConfig(
        paths=[validation],
        metadata=[{"label": "c4-validation"}],
        sequence_length=LENGTH,
        tokenizer=tokenizer,
        work_dir=work,
    )
    trainer = (
        TrainerConfig(save_folder=str(folder / "run"), save_overwrite=True, max_duration=Duration.steps(steps))
        .with_callback(
            "checkpointer", CheckpointerCallback(save_interval=6, save_async=False, pre_train_checkpoint=False)
        )
        .with_callback("gpu_monitor", GPUMemoryMonitorCallback(device_id=0))
        .with_callback("lm_evaluator", LMEvaluatorCallbackConfig(eval_dataset=evaluated, eval_interval=5))
        .build(module, loader)
    )
    trainer.fit()


if __name__ == "__main__":
    prepare_training_environment(backend="gloo")
    _stand_in_for_a_gpu()
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    assert get_world_size() == 1
    main(folder, int(os.environ.get("STEPS", "8")))
    teardown_training_environment()
