"""The table of published runs is honest, and what is predicted keeps to the limits. `make realism` prints all of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import chain
from statistics import median
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from realism import fitting, record
from realism.comparison import Comparison, comparisons, tokens_per_second
from realism.published import Memory, PublishedRuns, Row, Throughput, published_runs, throughput_plan

from pysim.catalog import Model, models
from pysim.physics.cluster import bubble_fraction, stage_imbalance, step_time
from pysim.physics.conventions import CONVENTIONS
from pysim.physics.kernels import kernel_efficiency, logits_share, peak_flops_per_second
from pysim.physics.workload import Parallelism
from pysim.pretraining.figures import figures
from pysim.pretraining.plan import Plan

MakePlan = Callable[..., Plan]
TABLE = published_runs()
ROWS: list[Row] = list(
    chain.from_iterable(getattr(TABLE, field.name) for field in fields(PublishedRuns) if field.name != "bring_up")
)
COMPARED = list(comparisons())
NEVER_FITTED = ("FP4", "not to be fitted")  # four bits, of which few layouts are known, and rows that try the laws
GPT3 = models()["gpt3-175b"]


def gpt(layers: int, hidden_size: int, heads: int, vocab_size: int) -> Model:
    return replace(
        GPT3,
        layers=layers,
        hidden_size=hidden_size,
        attention_heads=heads,
        kv_heads=heads,
        head_dim=hidden_size // heads,
        ffn_hidden_size=4 * hidden_size,
        vocab_size=vocab_size,
    )


# The table


def test_there_are_many_rows_of_every_kind() -> None:
    assert len(TABLE.throughput) >= 35
    assert all(getattr(TABLE, field.name) for field in fields(PublishedRuns))
    assert len({row.name for row in ROWS}) == len(ROWS)


def suits(value: object, hint: Any) -> bool:
    """Whether the file's value is one of a field's: TOML knows whole numbers, numbers, words and tables."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return any(suits(value, each) for each in get_args(hint))
    kinds: dict[Any, tuple[type, ...]] = {
        float: (int, float),
        int: (int,),
        str: (str,),
        bool: (bool,),
        NoneType: (NoneType,),
    }
    return isinstance(value, kinds.get(hint, (dict,)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_whole(row: Row) -> None:
    hints = get_type_hints(type(row))
    assert all(suits(getattr(row, field.name), hints[field.name]) for field in fields(row))
    assert row.source or isinstance(row, Memory), "a memory row has the source of its run"
    assert row.reported > 0


@pytest.mark.parametrize("row", TABLE.throughput, ids=lambda row: row.name)
def test_every_run_can_be_laid_out(row: Throughput) -> None:
    plan = throughput_plan(row)
    assert plan.global_batch_size == plan.micro_batch_size * plan.data_parallel * plan.accumulation
    assert plan.world_size == plan.data_parallel * plan.parallel.replica_size
    assert bool(row.convention) == bool(row.printed_tflops or row.measure in ("tflops", "mfu"))
    assert not row.convention or row.convention in CONVENTIONS


def test_every_second_row_of_a_family_is_fitted() -> None:
    seen: Counter[str] = Counter()
    for row in TABLE.throughput:
        seen[row.family] += 1
        assert row.fit == (seen[row.family] % 2 == 0 and row.family not in NEVER_FITTED), row.name


def test_at_most_half_of_the_rows_is_fitted() -> None:
    for rows in (ROWS, TABLE.throughput, TABLE.collective):
        assert 2 * sum(row.fit for row in rows) <= len(rows)


# Predictions


def held_out(kind: str = "") -> list[Comparison]:
    return [row for row in COMPARED if not row.row.fit and row.kind.startswith(kind)]


@pytest.mark.parametrize("kind", ["", "throughput", "collective", "memory"])
def test_rows_that_nothing_was_fitted_to_are_predicted(kind: str) -> None:
    assert record.median_error(held_out(kind)) <= 0.10
    assert record.unexplained(held_out(kind)) == []


def speeds(*, fit: bool | None = None) -> list[Comparison]:
    return [row for row in COMPARED if row.kind == "throughput" and (fit is None or row.row.fit is fit)]


def test_speeds_are_predicted_within_eight_per_cent_whether_fitted_or_not() -> None:
    fitted, others = (record.median_error(speeds(fit=fit)) for fit in (True, False))
    assert max(fitted, others) <= 0.08
    assert abs(fitted - others) <= 0.01


def of_row(row: Comparison) -> Throughput:
    assert isinstance(row.row, Throughput)
    return row.row


@pytest.mark.parametrize(
    ("kind", "belongs", "limit"),
    [
        ("long sequences", lambda row: row.sequence_length >= 16_384, 0.15),
        ("mixtures", lambda row: throughput_plan(row).model.moe is not None, 0.12),
        ("TPUs", lambda row: row.accelerator.startswith("tpu"), 0.10),
        ("GPT-2", lambda row: row.model.startswith("gpt2"), 0.20),
        ("graphs", lambda row: throughput_plan(row).execution == "graphs", 0.12),
        ("rows that try the laws", lambda row: row.family == "not to be fitted", 0.08),
    ],
)
def test_no_kind_of_run_is_predicted_badly(kind: str, belongs: Callable[[Throughput], bool], limit: float) -> None:
    rows = [row for row in speeds() if belongs(of_row(row))]
    assert len(rows) >= 3, kind
    assert record.median_error(rows) <= limit


def test_no_kind_of_machine_is_predicted_too_fast_or_too_slow() -> None:
    """Half of the rows of each family above, half below, to five per cent; those in FP4 are slower than they were."""
    for family in {row.family for row in TABLE.throughput} - {"FP4"}:
        ratios = [(1 / row.ratio if row.unit == "s" else row.ratio) for row in speeds() if of_row(row).family == family]
        assert median(ratios) == pytest.approx(1.0, abs=0.05), family


def test_fitted_rows_are_no_worse() -> None:
    fitted = [row for row in COMPARED if row.row.fit]
    assert record.median_error(fitted) <= 0.10
    assert record.unexplained(fitted) == []


@pytest.mark.parametrize("row", [row for row in COMPARED if row.row.miss], ids=lambda row: row.row.name)
def test_only_a_miss_is_explained(row: Comparison) -> None:
    assert row.error > record.ROW_LIMIT


def test_few_rows_need_an_explanation() -> None:
    assert sum(row.row.miss != "" for row in COMPARED) <= len(COMPARED) / 10


@pytest.mark.parametrize("problem", [fitting.STEP_TIME, fitting.ALL_REDUCE], ids=["step time", "all-reduce"])
def test_the_constants_are_those_of_the_fit(problem: fitting.Problem) -> None:
    """To the two digits that are written down: the fit finds nothing that is a hundredth better."""
    found = fitting.fit(problem)
    assert problem.misfit(found) == pytest.approx(problem.misfit(problem.written), rel=0.02)
    for name, value in problem.written.items():
        assert value == pytest.approx(found[name], rel=0.05), name


def test_a_target_can_be_missed() -> None:
    rows = held_out()
    assert record.keeps_to_limits(rows)
    worse = [replace(row, predicted=row.predicted * 1.5) for row in rows]
    assert not record.keeps_to_limits(worse)
    assert not record.keeps_to_limits([*rows, replace(rows[0], predicted=rows[0].predicted * 1.4)])


def test_the_report_shows_every_row() -> None:
    section = record.section()
    assert section.passed
    for row in ROWS:
        assert sum(line.startswith(f"  {row.name:58} ") for line in section.lines) == 1, row.name


def test_rates_and_times_are_compared_alike() -> None:
    for row in TABLE.throughput:
        predicted, reported = tokens_per_second(row)
        ratio = next(compared.ratio for compared in COMPARED if compared.row is row)
        assert predicted / reported == pytest.approx(1 / ratio if row.measure == "step_seconds" else ratio)


@pytest.mark.parametrize("row", TABLE.throughput, ids=lambda row: row.name)
def test_no_bf16_run_claims_more_than_can_be(row: Throughput) -> None:
    """The best matrix product anyone gets is the limit; FLOPs that are only counted, as lookups are, do not reach it either."""
    plan = throughput_plan(row)
    if plan.precision != "fp8":
        assert figures(plan).mfu < plan.accelerator.matmul_efficiency


# Laws


def test_the_output_table_weighs_on_the_last_stage(make_plan: MakePlan) -> None:
    even = make_plan(parallel=Parallelism(pipeline=8))
    assert stage_imbalance(even) == pytest.approx(1 + 7 * logits_share(even))
    assert stage_imbalance(make_plan()) == pytest.approx(1.0)


def test_tables_count_as_layers_where_these_do_not_divide(make_plan: MakePlan) -> None:
    # 126 layers in 16 stages: eight on the fullest, seven and the table on the last; the table is less than a layer.
    llama = make_plan("llama3-405b", world_size=1024, parallel=Parallelism(tensor=8, pipeline=16))
    assert stage_imbalance(llama) == pytest.approx((1 - logits_share(llama)) * 8 * 16 / 126)
    # 70 layers in 12 stages: six on the fullest, five and a table of 1.5 on the last.
    bloom = make_plan("bloom-176b", world_size=384, parallel=Parallelism(tensor=4, pipeline=12))
    assert stage_imbalance(bloom) == pytest.approx(12 * ((1 - logits_share(bloom)) * 5 / 70 + logits_share(bloom)))


def test_the_rack_is_the_domain_where_the_link_joins_one(make_plan: MakePlan) -> None:
    sizes = {
        name: make_plan(accelerator=name, world_size=512).accelerators_per_domain for name in ("h100-sxm", "gb200")
    }
    assert sizes == {"h100-sxm": 8, "gb200": 72}
    assert make_plan(accelerator="gb200", world_size=16).accelerators_per_domain == 16


def test_attention_is_the_slower_part_on_long_sequences(make_plan: MakePlan) -> None:
    short, long = (make_plan(sequence_length=length) for length in (2048, 65_536))
    assert kernel_efficiency(short) > kernel_efficiency(long) > 0.7 * short.accelerator.attention_efficiency


@pytest.mark.parametrize("hidden", [6144, 12288, 20480])
def test_wider_models_run_at_higher_efficiency(hidden: int, make_plan: MakePlan) -> None:
    plan = make_plan(parallel=Parallelism(tensor=8))
    narrow, wide = (replace(plan, model=gpt(8, size, 32, 51200)) for size in (hidden, 2 * hidden))
    assert step_time(narrow).kernel_efficiency < step_time(wide).kernel_efficiency


def test_fp8_speeds_an_8b_model_up_by_less_than_half(make_plan: MakePlan) -> None:
    # torchtitan, Llama 3.1 8B on 8 H100: 6,667 -> 8,532 tokens/s, 1.28x
    choices: dict[str, Any] = {"model": "llama3-8b", "world_size": 8, "sharding": "fsdp", "sequence_length": 8192}
    bf16, fp8 = (step_time(make_plan(**choices, precision=p)).total_seconds for p in ("bf16", "fp8"))
    assert 1.2 < bf16 / fp8 < 1.5


def test_mfu_is_measured_against_the_peak_of_the_precision(make_plan: MakePlan) -> None:
    accelerator = make_plan().accelerator
    assert peak_flops_per_second(accelerator, "bf16") == 989e12
    assert peak_flops_per_second(accelerator, "fp8") == accelerator.fp8_tflops * 1e12 > 1.9 * 989e12


def test_interleaving_divides_the_bubble(make_plan: MakePlan) -> None:
    once, thrice = (make_plan(parallel=Parallelism(pipeline=4, virtual_pipeline=v)) for v in (1, 3))
    assert bubble_fraction(once) == pytest.approx(3 / once.accumulation)
    assert bubble_fraction(thrice) == pytest.approx(1 / once.accumulation)
