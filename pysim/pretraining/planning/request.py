"""What can be asked of a plan: every part once, with how it is offered.

The options of the command line, those of the page and its form follow from the fields of `Request` that carry an `Offer`, and
so does how a request is read. Imports nothing that takes time, so that a mistake is answered at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

Names = tuple[str, ...]
ValueKind = Literal[
    "name",
    "accelerators",
    "layout",
    "split",
    "ramp",
    "sequence",
    "tokens",
    "count",
    "seed",
    "incidents",
    "spares",
    "checkpoint interval",
    "grid interval",
    "duration",
]
AUTO = "auto"  # of an interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a part of a plan is offered: its kind of value, the names it can have, and what it does.

    `names` may be a function, for those of the catalog. A part that `chooses` says what is trained, on what and how.
    """

    kind: ValueKind
    metavar: str
    help: str
    names: Names | Callable[[], Names] = ()
    examples: Names = ()
    chooses: bool = True


def _presets() -> Names:
    from pysim.pretraining.planning.presets import presets  # noqa: PLC0415 - see the top

    return tuple(presets())


def _models() -> Names:
    from pysim.catalog import models  # noqa: PLC0415 - see the top

    return tuple(models())


def _accelerators() -> Names:
    from pysim.catalog import accelerators  # noqa: PLC0415 - see the top

    return tuple(accelerators())


def _datasets() -> Names:
    from pysim.catalog import datasets  # noqa: PLC0415 - see the top

    return tuple(datasets())


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; None leaves it to the preset or the seed. `start` is in Unix seconds."""

    preset: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="NAME",
            names=_presets,
            help="a whole plan by name; the options below change parts of it",
            examples=("--preset llama3-405b --from 50%",),
        ),
    ] = None
    model: Annotated[str | None, Offer(kind="name", metavar="NAME", names=_models, help="the model to train")] = None
    accelerator: Annotated[
        str | None, Offer(kind="name", metavar="NAME", names=_accelerators, help="the accelerator to train on")
    ] = None
    gpus: Annotated[
        int | None,
        Offer(
            kind="accelerators",
            metavar="N",
            help="how many accelerators",
            examples=("--model llama-7b --accelerator a100-80gb --gpus 64",),
        ),
    ] = None
    dataset: Annotated[str | None, Offer(kind="name", metavar="NAME", names=_datasets, help="the corpus")] = None
    precision: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="FORMAT",
            names=("fp32", "fp16", "bf16", "fp8", "nvfp4", "mxfp4"),
            help="number format of the matrix multiplications; in nvfp4 and mxfp4, four bits, a sixth of the layers stays in bf16",
        ),
    ] = None
    parallel: Annotated[
        str | None,
        Offer(
            kind="layout",
            metavar="LAYOUT",
            help="tensor, pipeline, context, expert and virtual pipeline parallelism; data parallelism takes the rest",
            examples=("--preset llama3-70b --parallel tp=8,pp=4,cp=1",),
        ),
    ] = None
    pipeline_split: Annotated[
        str | None,
        Offer(
            kind="split",
            metavar="LAYERS",
            help=(
                "layers of each pipeline stage, such as 7,8x14,7; without it they are equal, or embedding and loss count as a "
                "layer each where the layers do not divide"
            ),
            examples=("--preset llama3-405b --parallel tp=8,pp=16 --pipeline-split 7,8x14,7",),
        ),
    ] = None
    sharding: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="KIND",
            names=("ddp", "zero1", "zero2", "zero3", "fsdp", "hsdp"),
            help="what data-parallel ranks divide among themselves; hsdp does so within nodes and replicates between them",
        ),
    ] = None
    seq_length: Annotated[
        int | None, Offer(kind="sequence", metavar="TOKENS", help="tokens of a sequence, such as 4096 or 32K (32,768)")
    ] = None
    micro_batch: Annotated[
        int | None, Offer(kind="count", metavar="N", help="sequences that a replica works on at once")
    ] = None
    recompute: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="WHAT",
            names=("none", "selective", "op", "full"),
            help=(
                "what the backward pass computes again: none, selective (attention, norms, activations), op (every second "
                "matmul, as torchtitan) or full (whole layers)"
            ),
        ),
    ] = None
    param_precision: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="FORMAT",
            names=("fp32", "fp16", "bf16", "fp8"),
            help="number format in which weights are kept beside the optimizer's: that of the precision, or bf16 under fp8",
        ),
    ] = None
    grad_precision: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="FORMAT",
            names=("fp32", "fp16", "bf16"),
            help="number format in which gradients are summed up and exchanged",
        ),
    ] = None
    optimizer_precision: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="FORMAT",
            names=("fp32", "bf16", "fp8"),
            help="number format of the optimizer's two moments; master weights stay in fp32",
        ),
    ] = None
    cross_entropy: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="KIND",
            names=("native", "fused", "compiled"),
            help="how the loss is computed: native holds 12 bytes for every logit, fused 6, compiled 4",
        ),
    ] = None
    batch_tokens: Annotated[int | None, Offer(kind="tokens", metavar="TOKENS", help="tokens per step, such as 4M")] = (
        None
    )
    batch_ramp: Annotated[
        str | None,
        Offer(
            kind="ramp",
            metavar="RAMP",
            help=(
                "a batch that grows over the first sequences of the run, as Megatron-LM's --rampup-batch-size: 192,16,9765625 begins with "
                "192 sequences and adds 16 at a time, until 9,765,625 are taken; off leaves a preset's out"
            ),
            examples=("--preset bloom-176b --batch-ramp off",),
        ),
    ] = None
    tokens: Annotated[
        int | None, Offer(kind="tokens", metavar="TOKENS", help="tokens over all epochs, such as 15.6T or 1e12")
    ] = None
    epochs: Annotated[int | None, Offer(kind="count", metavar="N", help="how often the data is gone through")] = None
    schedule: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="KIND",
            names=("cosine", "linear", "wsd", "inverse-sqrt", "constant"),
            help="learning-rate schedule after the warm-up",
        ),
    ] = None
    loss_curve: Annotated[
        str | None,
        Offer(kind="name", metavar="KIND", names=("scaling-law", "exponential"), help="law that the loss follows"),
    ] = None
    attention_kernel: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="KERNEL",
            names=("unfused", "flash-1", "flash-2", "flash-3", "cudnn", "native"),
            help="whose attention runs (native: of the accelerator's maker); what is usual for the software, if left out",
            examples=("--preset llama3-405b-128k --attention-kernel flash-2",),
            chooses=False,
        ),
    ] = None
    execution: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="HOW",
            names=("eager", "compiled", "graphs"),
            help="whether kernels are launched one by one, fused by a compiler or captured whole in a graph",
            chooses=False,
        ),
    ] = None
    software_year: Annotated[
        str | None,
        Offer(
            kind="name",
            metavar="YEAR",
            names=("2020", "2021", "2022", "2023", "2024", "2025", "2026"),
            help="year of the training software, which decides the two above if they are left out",
            chooses=False,
        ),
    ] = None
    seed: Annotated[
        int | None,
        Offer(
            kind="seed",
            metavar="N",
            help=(
                "where all noise and luck come from, and what is not given: the same seed gives the same bytes; "
                "without it, a preset's own, chosen so that something happens early, or 0"
            ),
            chooses=False,
        ),
    ] = None
    incidents: Annotated[
        float | None,
        Offer(
            kind="incidents",
            metavar="HOW",
            help="how often things go wrong: off, published (as the record says; the default, but for one machine) or a factor of that",
            examples=("--preset llama3-405b --incidents 3",),
            chooses=False,
        ),
    ] = None
    spares: Annotated[
        int | None,
        Offer(kind="spares", metavar="N", help="nodes that wait to take a broken one's place", chooses=False),
    ] = None
    checkpoint_every: Annotated[
        str | None,
        Offer(
            kind="checkpoint interval",
            metavar="INTERVAL",
            help="how often the run is saved: steps, a time such as 30m, or auto (near the best for what goes wrong)",
            chooses=False,
        ),
    ] = None
    watchdog: Annotated[
        float | None,
        Offer(
            kind="duration",
            metavar="TIME",
            help="how long a collective may hang until it is given up (10 minutes by default)",
            chooses=False,
        ),
    ] = None
    grid_every: Annotated[
        str | None,
        Offer(
            kind="grid interval",
            metavar="INTERVAL",
            help=(
                "how often the log shows every accelerator: steps, or auto (at most a fifth of the log, and when one's condition "
                "has changed; the default, but for classic)"
            ),
            examples=("--preset llama3-8b --grid-every 10",),
            chooses=False,
        ),
    ] = None
    start: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What is asked for of what is trained, on what and how, by field."""
        parts = {name: getattr(self, name) for name, offer in offers() if offer.chooses}
        return {name: value for name, value in parts.items() if value is not None}

    @property
    def changes_plan(self) -> bool:
        """Whether any part of a plan is asked for, apart from a whole one."""
        return bool(self.given.keys() - {"preset"})


@cache
def offers() -> tuple[tuple[str, Offer], ...]:
    """The fields that are offered, in order."""
    offered = (field for field in fields(Request) if get_origin(field.type) is Annotated)
    return tuple((field.name, get_args(field.type)[1]) for field in offered)
