"""The block of arguments with which Megatron-LM begins, as far as a run decides them (megatron/training/arguments.py, `_print_args`).

A real block has hundreds more, which have their defaults whatever is trained.
"""

from collections.abc import Iterator, Mapping

from pysim.story.header import Header

_NAME_COLUMNS = 48
_DIVISIBLE = 128  # --make-vocab-size-divisible-by
_SCHEDULES = {
    "cosine": "cosine",
    "linear": "linear",
    "wsd": "WSD",
    "inverse-sqrt": "inverse-square-root",
    "constant": "constant",
}
_TORCH = {"fp32": "torch.float32", "fp16": "torch.float16"}


def printed(title: str, named: Mapping[str, object]) -> Iterator[str]:
    """The block: names in alphabetical order whatever their case, dots up to one column."""
    yield f"------------------------ {title} ------------------------"
    lines = (f"  {name} {'.' * (_NAME_COLUMNS - len(name))} {value}" for name, value in named.items())
    yield from sorted(lines, key=str.lower)
    yield f"-------------------- end of {title} ---------------------"


def arguments(header: Header) -> dict[str, object]:
    """By name."""
    return {**_of_model(header), **_of_training(header), **_of_layout(header), **_of_files(header)}


def _of_model(header: Header) -> dict[str, object]:
    model = header.job.model
    quantum = _DIVISIBLE * header.tensor_parallel
    return {
        "add_bias_linear": model.linear_biases,
        "add_position_embedding": bool(model.learned_positions),
        "add_qkv_bias": model.qkv_biases,
        "ffn_hidden_size": model.ffn_hidden_size,
        "group_query_attention": model.kv_heads < model.attention_heads,
        "hidden_size": model.hidden_size,
        "kv_channels": model.head_dim,
        "make_vocab_size_divisible_by": _DIVISIBLE,
        "max_position_embeddings": header.sequence_length,
        "moe_ffn_hidden_size": model.expert_ffn_hidden_size or None,
        "moe_router_topk": model.experts_per_token or 2,
        "multi_latent_attention": model.latent_attention,
        "normalization": "LayerNorm" if model.norm_biases else "RMSNorm",
        "num_attention_heads": model.attention_heads,
        "num_experts": model.experts or None,
        "num_layers": model.layers,
        "num_query_groups": model.kv_heads,
        "padded_vocab_size": -(-model.vocab_size // quantum) * quantum,
        "position_embedding_type": "learned_absolute" if model.learned_positions else "rope",
        "seq_length": header.sequence_length,
        "swiglu": model.ffn_matrices == 3,  # noqa: PLR2004 - a gate beside the two
        "tokenizer_model": header.job.corpus.tokenizer,
        "untie_embeddings_and_output_weights": not model.tied_embeddings,
        "vocab_size": model.vocab_size,
    }


def _of_training(header: Header) -> dict[str, object]:
    optimization, setup, ramp = header.job.optimization, header.job.setup, header.job.setup.ramp
    is_half = header.precision == "fp16"
    return {
        "adam_beta1": optimization.beta1,
        "adam_beta2": optimization.beta2,
        "adam_eps": optimization.epsilon,
        "bf16": header.precision not in ("fp16", "fp32"),
        "clip_grad": optimization.clip_grad_norm,
        "eval_interval": setup.validation_interval,
        "eval_iters": header.validation_batches,
        "fp16": is_half,
        "fp8": "hybrid" if header.precision == "fp8" else None,
        "global_batch_size": header.global_batch_size,
        "initial_loss_scale": optimization.first_loss_scale if is_half else 4294967296,
        "log_interval": 100,
        "log_throughput": True,
        "loss_scale": None,
        "loss_scale_window": float(optimization.loss_scale_window),
        "lr": optimization.peak_learning_rate,
        "lr_decay_style": _SCHEDULES[optimization.schedule],
        "lr_warmup_iters": optimization.warmup_steps,
        "lr_wsd_decay_iters": optimization.decay_steps or None,
        "micro_batch_size": setup.micro_batch_size,
        "min_lr": optimization.final_learning_rate,
        "optimizer": "adam",
        "params_dtype": _TORCH.get(header.precision, "torch.bfloat16"),
        "rampup_batch_size": [ramp.first, ramp.increment, ramp.sequences] if ramp else None,
        "recompute_granularity": {"full": "full", "selective": "selective"}.get(setup.recompute),
        "seed": 1234,
        "train_iters": header.total_steps,
        "weight_decay": optimization.weight_decay,
    }


def _of_layout(header: Header) -> dict[str, object]:
    setup = header.job.setup
    return {
        "context_parallel_size": header.context_parallel,
        "data_parallel_size": setup.data_parallel,
        "distributed_backend": "nccl",
        "distributed_timeout_minutes": max(setup.watchdog_seconds // 60, 1),
        "expert_model_parallel_size": header.expert_parallel,
        "pipeline_model_parallel_size": header.pipeline_parallel,
        "rank": 0,
        "sequence_parallel": header.tensor_parallel > 1,
        "tensor_model_parallel_size": header.tensor_parallel,
        "use_distributed_optimizer": header.sharding != "ddp",
        "virtual_pipeline_model_parallel_size": setup.virtual_pipeline if setup.virtual_pipeline > 1 else None,
        "world_size": header.world_size,
    }


def _of_files(header: Header) -> dict[str, object]:
    job = header.job
    return {
        "ckpt_format": "torch_dist",
        "data_path": [job.corpus.name],
        "load": job.storage,
        "save": job.storage,
        "save_interval": job.setup.checkpoint_interval,
        "split": "99,1,0",
    }
