"""Runs torchtitan itself, on a CPU, and prints what it says: the sample that our dialect is held against.

    python -m venv V; V/bin/pip install torchtitan==0.3.0 torch==2.13.0
    for STEPS in 8 12; do STEPS=$STEPS V/bin/torchrun --nproc-per-node 1 --local-ranks-filter 0 --role rank --tee 3 \
        tests/real/run_torchtitan.py WORKDIR; done | grep titan] > tests/real/torchtitan.txt

Eight steps of its debug model with checkpoints and validations, and a second life that goes on from the last checkpoint up to the twelfth.
torchtitan knows accelerators only: what it asks of one (name, memory) is answered here with constants, and attention is PyTorch's own;
everything else is its code. Not run by the tests, which read what it left behind; the working directory was made `.` in it.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import torch._utils

_GIB = 2**30


@dataclass(frozen=True)
class _Properties:
    total_memory: int = 80 * _GIB


def _stand_in_for_an_accelerator() -> None:
    """The memory counters that a CPU does not have."""
    stats = {
        "active_bytes.all.peak": 3 * _GIB,
        "reserved_bytes.all.peak": 4 * _GIB,
        "num_alloc_retries": 0,
        "num_ooms": 0,
    }
    for name, answer in {
        "current_device": 0,
        "get_device_name": "NVIDIA H100 80GB HBM3",
        "get_device_properties": _Properties(),
        "memory_stats": stats,
        "reset_peak_memory_stats": None,
        "empty_cache": None,
    }.items():
        setattr(torch.cpu, name, lambda *_args, answer=answer: answer)
    torch._utils._get_available_device_type = lambda: "cpu"
    torch.distributed.set_timeout = lambda *_args, **_rest: None  # which only later versions have


def _attention(q, k, v, *, scale=None, enable_gqa=False, **_rest):
    """What its kernel computes on an accelerator, without the borders of documents."""
    return torch.nn.functional.scaled_dot_product_attention(
        q, k, v, is_causal=True, scale=scale, enable_gqa=enable_gqa
    ), None


def _assets(folder: Path) -> None:
    """A corpus of numbers in words and a tokenizer of bytes, where torchtitan looks for those of its tests."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: PLC0415

    data = folder / "tests/assets/c4_test"
    data.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"text": " ".join(f"line {n} of {n * 7 % 13} and {n * n}" for n in range(k, k + 90))})
        for k in range(400)
    ]
    (data / "data.json").write_text("\n".join(lines) + "\n")
    vocabulary = {
        token: index for index, token in enumerate([*sorted(pre_tokenizers.ByteLevel.alphabet()), "<|eos|>", "<|bos|>"])
    }
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|eos|>", "<|bos|>"])
    assets = folder / "tests/assets/tokenizer"
    assets.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(assets / "tokenizer.json"))
    (assets / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<|bos|>", "eos_token": "<|eos|>"}))


def _life(steps: int) -> None:
    """One launch of the trainer, from its first line to its last."""
    sys.argv = [
        "train", "--module", "llama3", "--config", "llama3_debugmodel",
        "--training.steps", str(steps), "--training.local_batch_size", "1", "--training.seq_len", "128", "--training.gc_freq", "5",
        "--training.disable_cuda_graphs", "--parallelism.spmd_backend", "partial_dtensor", "--metrics.log_freq", "5", "--metrics.disable_color_printing",
        "--checkpoint.enable", "--checkpoint.interval", "6", "--validator.enable", "--validator.freq", "5", "--validator.steps", "2", "--validator.dataloader.dataset", "c4_test",
    ]  # fmt: skip
    from torchtitan.models.common.attention import FlexAttention  # noqa: PLC0415
    from torchtitan.train import main  # noqa: PLC0415

    FlexAttention.compiled_flex_attn = staticmethod(_attention)
    main()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    _stand_in_for_an_accelerator()
    _assets(Path())
    _life(int(os.environ.get("STEPS", "7")))
