"""The catalog: enough rows, of the right types, that refer to each other and lie in sane ranges."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from pysim.catalog import (
    Accelerator,
    Dataset,
    LocalAttention,
    MixtureOfExperts,
    Model,
    UnknownName,
    accelerators,
    chassis_of,
    datasets,
    find,
    interconnects,
    models,
    tokenizers,
)
from pysim.catalog import rows as catalog
from pysim.physics.transformer import parameter_count

TABLES: dict[str, Mapping[str, Any]] = {
    "model": models(),
    "accelerator": accelerators(),
    "interconnect": interconnects(),
    "tokenizer": tokenizers(),
    "dataset": datasets(),
}
ROWS = [pytest.param(row, id=f"{kind}-{name}") for kind, table in TABLES.items() for name, row in table.items()]
MODELS = [pytest.param(model, id=name) for name, model in models().items()]
ACCELERATORS = [pytest.param(accelerator, id=name) for name, accelerator in accelerators().items()]

# Exact totals of released checkpoints, written down here once more so that the file cannot drift.
EXACT = {
    "gpt2-124m": 124_439_808,
    "gpt2-xl": 1_557_611_200,
    "bloom-7b1": 7_069_016_064,
    "bloom-176b": 176_247_271_424,
    "pythia-12b": 11_846_072_320,
    "gpt-neox-20b": 20_554_567_680,
    "llama-7b": 6_738_415_616,
    "llama2-70b": 68_976_648_192,
    "llama3-8b": 8_030_261_248,
    "llama3-70b": 70_553_706_496,
    "llama3.2-1b": 1_235_814_400,
    "mistral-7b": 7_241_732_096,
    "mixtral-8x7b": 46_702_792_704,
    "deepseek-v2-lite": 15_706_484_224,
    "qwen2.5-7b": 7_615_616_512,
    "gemma-7b": 8_537_680_896,
    "phi-3-mini": 3_821_079_552,
    "smollm-135m": 134_515_008,
    "qwen3-0.6b": 596_049_920,
    "qwen3-1.7b": 1_720_574_976,
    "qwen3-4b": 4_022_468_096,
    "qwen3-14b": 14_768_307_200,
    "qwen3-32b": 32_762_123_264,
    "qwen3-235b-a22b": 235_093_634_560,
    "gpt-oss-20b": 20_914_757_184,
    "gpt-oss-120b": 116_829_156_672,
    "glm-4.6": 352_797_829_024,
    "olmo2-13b": 13_716_198_400,
    "olmo3-7b": 7_298_011_136,
    "olmo3-32b": 32_233_522_176,
    "gemma3-270m": 268_098_176,
    "gemma3-1b": 999_885_952,
    "gemma3-27b": 27_009_346_304,
    "mistral-small-24b": 23_572_403_200,
    "minimax-m2-230b": 228_689_764_864,
}

# Sizes that names state: "llama3-8b" says 8 billion; "8x7b" and "gpt2-xl" say none.
SIZE_IN_NAME = re.compile(r"(?<![0-9x.])(\d+(?:\.\d+)?)(m|b|t)(?!\w)")
UNITS = {"m": 1e6, "b": 1e9, "t": 1e12}
STATED_SIZES = {name: float(size[1]) * UNITS[size[2]] for name in models() if (size := SIZE_IN_NAME.search(name))}


# DATA-01


def test_data_01_there_are_many_models_real_and_funny() -> None:
    funny = [model for model in models().values() if model.fictional]
    assert len(models()) >= 44
    assert len(funny) >= 8
    assert len(models()) - len(funny) >= 36


@pytest.mark.parametrize(("name", "parameters"), EXACT.items())
def test_data_01_known_checkpoints_are_exact(name: str, parameters: int) -> None:
    assert models()[name].published_parameters == parameters
    assert parameter_count(models()[name]) == parameters


@pytest.mark.parametrize("model", MODELS)
def test_data_01_the_architecture_multiplies_out(model: Model) -> None:
    if model.fictional:
        assert parameter_count(model) == model.published_parameters
        assert model.parameters_source == ""
    else:
        assert parameter_count(model) == pytest.approx(model.published_parameters, rel=0.01)
        assert model.parameters_source.endswith(("[V]", "[S]", "[M]"))


# Which tokenizers a family's models were trained with.
FAMILY_TOKENIZERS = {
    "gpt2": {"gpt2"}, "gpt3": {"gpt2"}, "megatron": {"gpt2"}, "opt": {"opt"}, "bloom": {"bloom"}, "gpt-neox": {"gpt-neox"},
    "mpt": {"gpt-neox"}, "starcoder": {"starcoder"}, "llama": {"llama"}, "llama3": {"llama3"}, "dbrx": {"cl100k"},
    "mistral": {"mistral", "mistral-v3", "tekken"}, "mixtral": {"mistral"}, "grok": {"grok"}, "kimi": {"kimi"},
    "deepseek": {"deepseek-v2", "deepseek-v3"}, "qwen": {"qwen", "qwen3"}, "olmo": {"dolma2"}, "falcon": {"falcon"},
    "gemma": {"gemma"}, "phi": {"phi-3"}, "smollm": {"smollm"}, "yi": {"yi"}, "nemotron": {"nemotron"},
    "llama4": {"llama4"}, "gpt-oss": {"o200k-harmony"}, "glm": {"glm4"}, "gemma3": {"gemma3"}, "minimax": {"minimax"},
}  # fmt: skip

# Sizes that the vocabulary files have, special tokens included.
VOCABULARIES = {
    "gpt2": 50_257, "opt": 50_265, "gpt-neox": 50_277, "bloom": 250_680, "llama": 32_000, "llama3": 128_256, "mistral": 32_000,
    "mistral-v3": 32_768, "tekken": 131_072, "qwen": 151_665, "qwen3": 151_669, "deepseek-v2": 100_002, "deepseek-v3": 128_815,
    "kimi": 163_840, "gemma": 256_000, "dolma2": 100_278, "cl100k": 100_277, "phi-3": 32_011, "falcon": 65_024,
    "starcoder": 49_152, "smollm": 49_152, "yi": 64_000, "grok": 131_072, "nemotron": 256_000, "llama4": 202_048, "o200k-harmony": 201_088,
    "glm4": 151_365, "gemma3": 262_144, "minimax": 200_054,
}  # fmt: skip
MOST_PADDING = 0.025  # of the embedding: DeepSeek-V2's 102,400 for 100,002
PADDED_TO = 16  # rows: OPT's 50,272 is the least round embedding that is padded


@pytest.mark.parametrize("model", [model for model in models().values() if not model.fictional], ids=lambda m: m.name)
def test_data_01_tokenizer_and_vocabulary_are_of_the_family(model: Model) -> None:
    tokenizer = tokenizers()[model.tokenizer]
    assert model.tokenizer in FAMILY_TOKENIZERS[model.family]
    assert tokenizer.vocab_size == VOCABULARIES[model.tokenizer]
    padding = model.vocab_size - tokenizer.vocab_size
    assert 0 <= padding <= MOST_PADDING * model.vocab_size
    assert padding == 0 or model.vocab_size % PADDED_TO == 0


# DATA-02


def test_data_02_there_are_many_accelerators() -> None:
    funny = [accelerator for accelerator in accelerators().values() if accelerator.fictional]
    assert len(accelerators()) >= 20
    assert len(funny) >= 2


@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_data_02_accelerators_lie_in_sane_ranges(accelerator: Accelerator) -> None:
    assert 4_096 <= accelerator.memory_mib <= 1 << 20
    assert accelerator.bf16_tflops or accelerator.fp16_tflops
    assert 0.4 <= accelerator.matmul_efficiency <= 0.95
    assert 0 < accelerator.idle_watts < accelerator.power_watts <= 2_000
    assert 1 <= accelerator.per_node <= 16
    assert 0 < accelerator.usd_per_hour < 20
    assert (accelerator.vendor == "fictional") == accelerator.fictional


@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_data_02_lower_precision_is_never_slower(accelerator: Accelerator) -> None:
    peaks = (accelerator.fp32_tflops, accelerator.bf16_tflops or accelerator.fp16_tflops, accelerator.fp8_tflops)
    supported = [peak for peak in peaks if peak]
    assert supported == sorted(supported)
    assert all(peak >= 0 for peak in peaks)


def test_data_02_a_chassis_belongs_to_an_accelerator() -> None:
    assert catalog._chassis().keys() - {"generic"} <= accelerators().keys()
    assert chassis_of(accelerators()["potato-mk2"]).name == "generic"


@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_data_02_a_chassis_lies_in_sane_ranges(accelerator: Accelerator) -> None:
    chassis = chassis_of(accelerator)
    assert 20 <= chassis.rise_celsius <= 45
    assert 0 <= chassis.preheat_celsius <= 10
    assert chassis.max_clock_mhz == 0 or 1000 <= chassis.max_clock_mhz <= 3000
    assert 0 < chassis.clock_drop < 0.2
    assert all(re.fullmatch(r"[0-9a-f]{2}", bus) for bus in chassis.bus_ids.split())
    assert 1 <= chassis.channels_between_nodes <= chassis.channels_in_node <= 64
    assert chassis.multicast_channels in (0, 16)
    assert chassis.source


def test_data_02_links_are_as_fast_as_their_lines() -> None:
    for link in interconnects().values():
        # An all-reduce inside the switch sends each byte once, so its bus bandwidth may exceed the line rate a little.
        assert 0.5 < link.busbw_gb_per_second / link.line_rate_gb_per_second < 1.1, link.name
        assert 1 <= link.latency_microseconds <= 1_000


# DATA-03


def test_data_03_there_are_many_datasets_real_and_funny() -> None:
    funny = [dataset for dataset in datasets().values() if dataset.fictional]
    assert len(datasets()) - len(funny) >= 34
    assert len(funny) >= 10


@pytest.mark.parametrize("dataset", [pytest.param(dataset, id=name) for name, dataset in datasets().items()])
def test_data_03_datasets_lie_in_sane_ranges(dataset: Dataset) -> None:
    assert 10**8 <= dataset.tokens <= 10**14
    assert 4 <= dataset.tokens / dataset.documents <= 200_000
    assert -0.9 <= dataset.loss_offset <= 0.4


# Tokens of one epoch as the authors state them, in billions.
PUBLISHED_TOKENS = {
    "openwebtext": 9.04, "c4": 156, "mc4": 6300, "the-pile": 300, "the-pile-dedup": 207, "roots": 366, "refinedweb": 600,
    "redpajama-v1": 1200, "redpajama-v2": 30_400, "slimpajama": 627, "fineweb": 15_000, "fineweb-10b": 10, "fineweb-edu": 1300,
    "dolma": 3059, "dclm-baseline": 3800, "nemotron-cc": 6300, "culturax": 6300, "olmo-mix-1124": 3900, "starcoderdata": 250,
    "the-stack-v2": 900, "arxiv": 28, "proof-pile-2": 55, "open-web-math": 14.7, "pes2o": 42, "cosmopedia": 25, "gpt3-mix": 300,
    "mt-nlg-mix": 270, "opt-mix": 180, "llama-mix": 1400, "llama2-mix": 2000, "llama3-mix": 15_600, "deepseek-v3-mix": 14_800,
    "qwen2.5-mix": 18_000, "kimi-k2-mix": 15_500, "dolma3-mix": 5930,
}  # fmt: skip


@pytest.mark.parametrize(
    "dataset", [dataset for dataset in datasets().values() if not dataset.fictional], ids=lambda dataset: dataset.name
)
def test_data_03_tokens_are_as_published(dataset: Dataset) -> None:
    """Either the figure is the authors' or the row says that it is from memory."""
    if dataset.name in PUBLISHED_TOKENS:
        assert dataset.tokens == pytest.approx(PUBLISHED_TOKENS[dataset.name] * 1e9, rel=0.001)
        assert re.search(r"arXiv \d{4}\.\d{4,5}|card|/", dataset.source)
    else:
        assert re.search(r"tokens( by GPT-2)? \[M\]", dataset.source)


def test_classic_has_its_model_and_its_dataset() -> None:
    assert parameter_count(models()["classic-10b"]) == pytest.approx(10e9, rel=0.01)
    assert datasets()["classic-20b"].tokens == 20_000_000_000


# Faults of the original


@pytest.mark.parametrize("model", MODELS)
def test_fault_4_hidden_size_is_divisible_by_heads(model: Model) -> None:
    own_head_dim = model.head_dim * model.attention_heads != model.hidden_size
    assert own_head_dim or model.hidden_size % model.attention_heads == 0
    assert not (own_head_dim and model.fictional)
    assert model.attention_heads % model.kv_heads == 0


@pytest.mark.parametrize(("name", "size"), STATED_SIZES.items())
def test_fault_4_the_name_says_the_size(name: str, size: float) -> None:
    model = models()[name]
    # Vendors round boldly (Gemma 2B has 2.5 billion); our own names may not.
    assert parameter_count(model) == pytest.approx(size, rel=0.1 if model.fictional else 0.26)


# References and shape


@pytest.mark.parametrize("row", ROWS)
def test_every_value_has_the_type_of_its_field(row: Any) -> None:
    hints = get_type_hints(type(row))
    for field in fields(row):
        allowed = get_args(hints[field.name]) or (hints[field.name],)
        value = getattr(row, field.name)
        assert value in allowed or type(value) in allowed, field.name


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_plain_name_a_title_and_a_source(row: Any) -> None:
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", row.name)
    assert row.title
    assert row.title.isprintable()
    assert len(row.source) > 4
    assert ("fictional" in row.source) == getattr(row, "fictional", "fictional" in row.source)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_tokenizer_that_fits(model: Model) -> None:
    assert tokenizers()[model.tokenizer].vocab_size <= model.vocab_size


@pytest.mark.parametrize("model", MODELS)
def test_every_mixture_activates_a_part_of_its_experts(model: Model) -> None:
    if model.moe:
        assert 0 < model.moe.experts_per_token < model.moe.experts
        assert 0 <= model.moe.dense_layers < model.layers


@pytest.mark.parametrize("model", MODELS)
def test_every_window_is_shorter_than_the_context(model: Model) -> None:
    if local := model.local_attention:
        assert 0 < local.layers < model.layers
        assert 0 < local.window < model.context_length


@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_every_accelerator_has_links_that_exist(accelerator: Accelerator) -> None:
    inside, between = interconnects()[accelerator.scale_up], interconnects()[accelerator.scale_out]
    assert inside.busbw_gb_per_second >= between.busbw_gb_per_second


def test_every_tokenizer_is_used() -> None:
    assert {model.tokenizer for model in models().values()} == set(tokenizers())


# Loading


def test_tables_are_read_once_and_are_read_only() -> None:
    assert models() is models()
    assert not hasattr(models(), "__setitem__")


def test_nested_tables_become_parts_of_the_model() -> None:
    moe = models()["deepseek-v3"].moe
    assert moe == MixtureOfExperts(256, 8, 2048, shared_experts=1, dense_layers=3, selection_biases=True)
    latent = models()["deepseek-v3"].latent_attention
    assert latent is not None
    assert latent.kv_lora_rank == 512
    assert models()["gpt-oss-20b"].local_attention == LocalAttention(layers=12, window=128)


def table(monkeypatch: pytest.MonkeyPatch, *rows: dict[str, object]) -> None:
    monkeypatch.setattr(catalog, "read_table", lambda _name: {"tokenizer": list(rows)})
    catalog.tokenizers.__wrapped__()


TOKENIZER: dict[str, object] = {
    "name": "runes",
    "title": "Runes",
    "kind": "chisel",
    "vocab_size": 24,
    "source": "stone",
}


def test_an_unknown_key_names_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="tokenizer 'runes': unknown keys colour"):
        table(monkeypatch, TOKENIZER | {"colour": "grey"})


def test_a_missing_key_names_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="tokenizer 'runes': missing keys kind, source"):
        table(monkeypatch, {key: TOKENIZER[key] for key in ("name", "title", "vocab_size")})


def test_a_row_without_a_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="'without a name': missing keys"):
        table(monkeypatch, {})


def test_a_name_may_occur_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="'runes' is listed twice"):
        table(monkeypatch, TOKENIZER, TOKENIZER)


# Finding


def test_find_ignores_case() -> None:
    assert find(models(), "model", "LLaMA3-8B") is models()["llama3-8b"]


def test_find_suggests_the_closest_name() -> None:
    with pytest.raises(UnknownName, match="unknown model 'lama3-8b'; did you mean 'llama3-8b'") as caught:
        find(models(), "model", "lama3-8b")
    assert (caught.value.kind, caught.value.name, caught.value.closest) == ("model", "lama3-8b", "llama3-8b")


def test_find_admits_that_nothing_is_close() -> None:
    with pytest.raises(UnknownName, match=r"unknown accelerator 'zzzzzzzz'$") as caught:
        find(accelerators(), "accelerator", "zzzzzzzz")
    assert caught.value.closest is None
