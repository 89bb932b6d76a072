"""Runs DeepSpeed's engine for twenty steps on two processes of this machine's CPU, with its logger at INFO as its own examples
set it: the first start is killed after step 14, the second resumes.

    DS_ACCELERATOR=cpu deepspeed --num_accelerators 2 run_deepspeed.py FOLDER [die]
"""

import sys

import deepspeed
import torch
from deepspeed.utils.logging import set_log_level_from_string

sys.modules["deepspeed.comm.torch"].build_shm_op = lambda: None  # the CPU's own collectives would have to be compiled
FOLDER = next(word for word in sys.argv[1:] if not word.startswith("-") and word != "die")
DIES = "die" in sys.argv

set_log_level_from_string("info")
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.Linear(16, 1))
engine, _, _, _ = deepspeed.initialize(
    model=model,
    model_parameters=model.parameters(),
    config={
        "train_batch_size": 8,
        "train_micro_batch_size_per_gpu": 2,
        "steps_per_print": 5,
        "optimizer": {"type": "AdamW", "params": {"lr": 1e-3, "torch_adam": True}},
        "scheduler": {"type": "WarmupLR", "params": {"warmup_max_lr": 1e-3, "warmup_num_steps": 10}},
        "zero_optimization": {"stage": 1},
        "gradient_clipping": 1.0,
        "bf16": {"enabled": True},
    },
)
if not DIES:
    engine.load_checkpoint(FOLDER)
while engine.global_steps < 20:
    done = engine.global_steps
    loss = engine(torch.randn(2, 16, dtype=torch.bfloat16)).float().square().mean()
    engine.backward(loss)
    engine.step()
    if engine.global_steps == done:
        continue
    if engine.global_steps % 10 == 0:
        engine.save_checkpoint(FOLDER)
    if DIES and engine.global_steps == 14 and engine.global_rank == 1:
        raise RuntimeError("CUDA error: uncorrectable ECC error encountered")
