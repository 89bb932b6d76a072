"""Presets: whole plans by name, from `data/presets.toml`."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from pysim.catalog import Accelerator, Dataset, Model, Precision, accelerators, datasets, models, tokenizers
from pysim.catalog.resources import read_table
from pysim.physics.ramps import OFF
from pysim.physics.workload import (
    AttentionKernel,
    CrossEntropy,
    GradPrecision,
    LossCurve,
    MomentPrecision,
    ParamPrecision,
    Recompute,
    Schedule,
    Sharding,
)
from pysim.pretraining.names import named
from pysim.pretraining.plan import Known, LossScaling, Plan
from pysim.pretraining.planning.parallel import parse_parallel, parse_ramp, parse_split
from pysim.pretraining.planning.usual_software import usual_software

DEFAULT_PRESET = "classic"
DEFAULT_START = 1_767_603_600  # 2026-01-05 09:00:00 UTC, a Monday
_DEFAULT_WEIGHT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One row: names of catalog rows, and the numbers of a plan. `gpus` counts accelerators, whatever they are."""

    name: str
    title: str
    summary: str
    model: str
    accelerator: str
    gpus: int
    dataset: str
    precision: Precision
    parallel: str  # as on the command line
    sharding: Sharding
    recompute: Recompute
    sequence_length: int
    micro_batch_size: int
    global_batch_size: int
    tokens: int
    epochs: int
    schedule: Schedule
    validation_interval: int
    validation_batches: int
    checkpoint_interval: int
    source: str
    batch_ramp: str = "off"  # as on the command line, as `pipeline_split`
    grid_interval: int = 0  # 0: seldom, and when something changed
    pipeline_split: str = ""
    param_precision: ParamPrecision | None = None
    grad_precision: GradPrecision | None = None
    optimizer_precision: MomentPrecision = "fp32"
    cross_entropy: CrossEntropy = "fused"
    loss_curve: LossCurve = "scaling-law"
    software_year: int = 0  # 0: of the start
    attention_kernel: AttentionKernel | None = None  # None: what was usual in that year
    start_time: int = DEFAULT_START
    joke: bool = False
    seed: int = 0  # where nobody asks for another: one with which something happens early
    drill: bool = False
    known: tuple[Known, ...] = ()
    spares: int = 0  # 0: as many as usual
    loss_scaling: LossScaling = "megatron"

    @property
    def introduction(self) -> str:
        """What a list of presets says of it: its summary, and the month in which a published run began."""
        began, usual = (datetime.fromtimestamp(seconds, UTC) for seconds in (self.start_time, DEFAULT_START))
        return self.summary if began.date() == usual.date() else f"{self.summary} ({began:%B %Y})"

    def plan(self, seed: int | None = None, start: int | None = None) -> Plan:
        """The plan of this preset; `seed`, and `start` in Unix seconds, take the place of its own."""
        seed = self.seed if seed is None else seed
        model = models()[self.model]
        plan = Plan(
            name="",
            model=model,
            accelerator=accelerators()[self.accelerator],
            world_size=self.gpus,
            dataset=datasets()[self.dataset],
            tokenizer=tokenizers()[model.tokenizer],
            precision=self.precision,
            parallel=parse_parallel(self.parallel),
            pipeline_split=parse_split(self.pipeline_split) if self.pipeline_split else (),
            sharding=self.sharding,
            param_precision=self.param_precision,
            grad_precision=self.grad_precision,
            optimizer_precision=self.optimizer_precision,
            cross_entropy=self.cross_entropy,
            recompute=self.recompute,
            sequence_length=self.sequence_length,
            micro_batch_size=self.micro_batch_size,
            global_batch_size=self.global_batch_size,
            batch_ramp=None if self.batch_ramp == OFF else parse_ramp(self.batch_ramp),
            tokens=self.tokens,
            epochs=self.epochs,
            schedule=self.schedule,
            loss_curve=self.loss_curve,
            validation_interval=self.validation_interval,
            validation_batches=self.validation_batches,
            checkpoint_interval=self.checkpoint_interval,
            grid_interval=self.grid_interval,
            seed=seed,
            start_time=self.start_time if start is None else start,
            loss_scaling=self.loss_scaling,
            preset=self.name,
            is_drill=self.drill,
            known=self.known,
            spares=self.spares,
        )
        software = usual_software(plan, self.software_year)
        return named(replace(software, attention_kernel=self.attention_kernel or software.attention_kernel))


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by name, in the order of the file."""
    return MappingProxyType({keys["name"]: _preset(keys) for keys in read_table("presets")["preset"]})


@cache
def accelerator_weights() -> Mapping[str, float]:
    """How often a plan that is drawn from a seed runs on each accelerator, relative to the others."""
    listed: dict[str, float] = read_table("presets")["accelerator_weights"]
    return MappingProxyType({name: listed.get(name, _DEFAULT_WEIGHT) for name in accelerators()})


def is_invented(row: Model | Accelerator | Dataset) -> bool:
    """Whether a row is made up for fun; what a serious preset uses, such as the house model of `classic`, is only made up."""
    return row.fictional and row.name not in _house_names()


@cache
def _house_names() -> frozenset[str]:
    serious = [preset for preset in presets().values() if not preset.joke]
    return frozenset(name for preset in serious for name in (preset.model, preset.accelerator, preset.dataset))


def _preset(keys: Mapping[str, Any]) -> Preset:
    known = {field.name for field in fields(Preset)}
    required = {field.name for field in fields(Preset) if field.default is MISSING}
    wrong = (keys.keys() - known) | (required - keys.keys())
    if wrong:
        message = f"preset {keys.get('name')!r}: unknown or missing keys {', '.join(sorted(wrong))}"
        raise ValueError(message)
    known_for = tuple(Known(**each) for each in keys.get("known", ()))
    schedule = keys["schedule"]
    tail = tuple((float(rate), int(steps)) for rate, steps in schedule.get("tail", ()))
    return Preset(**{**keys, "schedule": Schedule(**{**schedule, "tail": tail}), "known": known_for})
