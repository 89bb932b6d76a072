"""What transformers 5.24 is set to in a run: training arguments and the model's configuration, as far as the run decides them.

All else has the library's defaults and is left out, as `to_diff_dict` leaves it out.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pysim.story.header import Header
from pysim.story.job import Architecture

VERSION = "5.24.0"
_DTYPES = {"fp32": "float32", "fp16": "float16"}
_SCHEDULES = {
    "linear": "linear",
    "wsd": "warmup_stable_decay",
    "inverse-sqrt": "inverse_sqrt",
    "constant": "constant_with_warmup",
}
_GATED = 3  # matrices of a feed-forward network

Config = dict[str, object]


def training_arguments(header: Header, log_every: int) -> Config:
    """By the names of `TrainingArguments`."""
    job, chosen, setup = header.job, header.job.optimization, header.job.setup
    return {
        "output_dir": job.storage,
        "per_device_train_batch_size": setup.micro_batch_size,
        "per_device_eval_batch_size": setup.micro_batch_size,
        "gradient_accumulation_steps": setup.accumulation,
        "num_train_epochs": float(header.epochs),
        "max_steps": header.total_steps,
        "learning_rate": chosen.peak_learning_rate,
        **_schedule(header),
        "warmup_steps": chosen.warmup_steps,
        "optim": "adamw_torch_fused",
        "weight_decay": chosen.weight_decay,
        "adam_beta1": chosen.beta1,
        "adam_beta2": chosen.beta2,
        "adam_epsilon": chosen.epsilon,
        "max_grad_norm": chosen.clip_grad_norm,
        "bf16": header.precision not in _DTYPES,
        "fp16": header.precision == "fp16",
        "gradient_checkpointing": setup.recompute != "none",
        "torch_compile": setup.execution != "eager",
        "logging_strategy": "steps",
        "logging_steps": log_every,
        "eval_strategy": "steps",
        "eval_steps": setup.validation_interval,
        "save_strategy": "steps",
        "save_steps": setup.checkpoint_interval,
        "ddp_timeout": setup.watchdog_seconds,
        "run_name": header.run_name,
    }


def _schedule(header: Header) -> Config:
    chosen = header.job.optimization
    if chosen.schedule != "cosine":
        return {"lr_scheduler_type": _SCHEDULES[chosen.schedule]}
    if not chosen.final_learning_rate:
        return {"lr_scheduler_type": "cosine"}
    return {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr": chosen.final_learning_rate}}


def model_config(header: Header) -> Config | None:
    """What `config.json` says of the model; None where transformers has it in a shape that a run does not know wholly."""
    model = header.job.model
    shape = next((shape for shape, is_it in _SHAPES.items() if is_it(model)), None)
    if shape is None:
        return None
    name, write = _WRITTEN[shape]
    return {
        "architectures": [name],
        "dtype": _DTYPES.get(header.precision, "bfloat16"),
        "model_type": shape,
        "tie_word_embeddings": model.tied_embeddings,
        "transformers_version": VERSION,
        "use_cache": False,
        "vocab_size": model.vocab_size,
        **write(model, header.sequence_length),
    }


def _rotates(model: Architecture) -> bool:
    """Whether it is a decoder as Llama's: rotations, gates, RMSNorm, no biases but those of attention."""
    is_plain = not (model.learned_positions or model.norm_biases or model.linear_biases or model.latent_attention)
    return is_plain and model.ffn_matrices == _GATED


def _is_llama(model: Architecture) -> bool:
    return _rotates(model) and not model.experts and not model.qkv_biases and model.family in _LLAMAS


_LLAMAS = ("llama", "llama3", "house", "space", "office", "zoo", "lab")  # and whose models exist only here

_SHAPES: Mapping[str, Callable[[Architecture], bool]] = MappingProxyType(
    {
        "gpt2": lambda model: model.family in ("gpt2", "gpt3", "megatron"),
        "opt": lambda model: model.family == "opt",
        "bloom": lambda model: model.family == "bloom",
        "gpt_neox": lambda model: model.family == "gpt-neox",
        "llama": _is_llama,
        "mistral": lambda model: model.family == "mistral" and _rotates(model) and not model.experts,
        "mixtral": lambda model: model.family in ("mixtral", "zoo") and _rotates(model) and model.experts > 0,
        "qwen2": lambda model: _rotates(model) and model.qkv_biases and not model.experts,
    }
)


def _gpt2(model: Architecture, _length: int) -> Config:
    return {
        "n_embd": model.hidden_size,
        "n_head": model.attention_heads,
        "n_inner": model.ffn_hidden_size,
        "n_layer": model.layers,
        "n_positions": model.learned_positions,
    }


def _opt(model: Architecture, _length: int) -> Config:
    return {
        "ffn_dim": model.ffn_hidden_size,
        "hidden_size": model.hidden_size,
        "max_position_embeddings": model.context_length,
        "num_attention_heads": model.attention_heads,
        "num_hidden_layers": model.layers,
        "word_embed_proj_dim": model.hidden_size,
    }


def _bloom(model: Architecture, _length: int) -> Config:
    return {"hidden_size": model.hidden_size, "n_head": model.attention_heads, "n_layer": model.layers}


def _neox(model: Architecture, length: int) -> Config:
    return {
        "hidden_size": model.hidden_size,
        "intermediate_size": model.ffn_hidden_size,
        "max_position_embeddings": length,
        "num_attention_heads": model.attention_heads,
        "num_hidden_layers": model.layers,
    }


def _rotary(model: Architecture, length: int) -> Config:
    return {
        **_neox(model, length),
        "num_key_value_heads": model.kv_heads,
    }


def _llama(model: Architecture, length: int) -> Config:
    return {**_rotary(model, length), "head_dim": model.head_dim}


def _mixtral(model: Architecture, length: int) -> Config:
    return {
        **_llama(model, length),
        "intermediate_size": model.expert_ffn_hidden_size,
        "num_experts_per_tok": model.experts_per_token,
        "num_local_experts": model.experts,
    }


_WRITTEN: Mapping[str, tuple[str, Callable[[Architecture, int], Config]]] = MappingProxyType(
    {
        "gpt2": ("GPT2LMHeadModel", _gpt2),
        "opt": ("OPTForCausalLM", _opt),
        "bloom": ("BloomForCausalLM", _bloom),
        "gpt_neox": ("GPTNeoXForCausalLM", _neox),
        "llama": ("LlamaForCausalLM", _llama),
        "mistral": ("MistralForCausalLM", _llama),
        "mixtral": ("MixtralForCausalLM", _mixtral),
        "qwen2": ("Qwen2ForCausalLM", _rotary),
    }
)
