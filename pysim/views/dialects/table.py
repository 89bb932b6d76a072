"""Every dialect once: whose words of which version they are, how often it logs, what it cannot tell, and where it is told.

A leaf: whoever lists the names must not wait for the dialects themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from pysim.story.reports import EVEN, Reports, Running
from pysim.views.dialects import needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysim.story.header import Header
    from pysim.terminal.screen import Screen
    from pysim.views.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A program's words, and what makes the view of them: a class in a module of this package."""

    name: str
    program: str
    version: str  # whose words these are
    module: str
    view: str
    log_every: int = 1  # steps, by the program's default
    look_seconds: int = 0  # between two looks at the accelerators, by its default; 0 where it prints what it is told
    reports: Reports = EVEN
    needs: tuple[needs.Need, ...] = ()

    def __call__(self, header: Header, screen: Screen) -> View:
        """The view of a run."""
        module = import_module(f"pysim.views.dialects.{self.module}")
        return cast("View", getattr(module, self.view)(header, screen))

    def refuses(self, header: Header) -> str | None:
        """Why it cannot tell a run; None if it can."""
        why = next((why for why in (need(header) for need in self.needs) if why), None)
        return why and f"cannot tell this run: {why}"


SELDOM = 1000  # steps to a line of who does not speak of them, where somebody asks how many

_ROWS = (
    # NVIDIA's own
    Dialect(
        name="megatron",
        program="Megatron-LM",
        version="d98e8a64",
        module="megatron",
        view="Megatron",
        log_every=100,
        reports=Reports(preview=True),
        needs=(needs.cuda,),
    ),
    # Built on PyTorch: Hugging Face, Lightning, DeepSpeed, and single files
    Dialect(
        name="hf",
        program="Hugging Face Trainer",
        version="transformers 5.24.0",
        module="hf",
        view="HuggingFace",
        log_every=500,
        needs=(needs.cuda, needs.unpipelined, needs.unramped),
    ),
    Dialect(
        name="nanogpt",
        program="nanoGPT",
        version="3adf61e1",
        module="nanogpt",
        view="NanoGpt",
        log_every=10,
        reports=Reports(
            offset=1, running=Running(weight=0.1, settling=5, once=False, singly=False, waits=True, corrected=False)
        ),
        needs=(needs.cuda, needs.gpt2, needs.unsharded, needs.unramped),
    ),
    Dialect(name="nemo", program="NeMo", version="8cfedd72", module="nemo", view="Nemo", needs=(needs.nvidia,)),
    Dialect(
        name="deepspeed",
        program="DeepSpeed",
        version="0.19.8",
        module="deepspeed",
        view="DeepSpeed",
        log_every=10,
        reports=Reports(
            counted=True, running=Running(weight=0.0, settling=2, once=False, singly=True, waits=False, corrected=True)
        ),
        needs=(needs.cuda, needs.unpipelined, needs.unramped),
    ),
    Dialect(
        name="llmc",
        program="llm.c",
        version="f1e2ace",
        module="llmc",
        view="LlmC",
        reports=Reports(
            running=Running(weight=0.05, settling=1, once=True, singly=True, waits=False, corrected=True), window=128
        ),
        needs=(needs.nvidia, needs.gpt2, needs.unsharded, needs.unscaled, needs.unramped),
    ),
    Dialect(
        name="litgpt",
        program="litgpt",
        version="0.5.13",
        module="litgpt",
        view="LitGpt",
        needs=(needs.cuda, needs.unscaled, needs.dense, needs.rotary, needs.unsharded, needs.unramped),
    ),
    # Pre-training at scale on PyTorch and JAX, and what benchmarks ask for
    Dialect(
        name="torchtitan",
        program="torchtitan",
        version="0.3.0",
        module="torchtitan",
        view="Torchtitan",
        log_every=10,
        reports=Reports(first=True),
        needs=(needs.cuda, needs.unscaled, needs.steady),
    ),
    Dialect(
        name="olmo",
        program="OLMo-core",
        version="3.0.0",
        module="olmo",
        view="Olmo",
        reports=Reports(first=True),
        needs=(needs.cuda, needs.unscaled, needs.steady),
    ),
    Dialect(
        name="maxtext",
        program="MaxText",
        version="0.2.5",
        module="maxtext",
        view="MaxText",
        reports=Reports(first=True),
        needs=(needs.accelerated_by_jax, needs.unscaled),
    ),
    Dialect(
        name="mlperf",
        program="MLPerf Training",
        version="5.1",
        module="mlperf",
        view="MLPerf",
        log_every=32,
        needs=(needs.cuda, needs.benchmarked),
    ),
    # Not trainers: the others that speak in a cluster
    Dialect(
        name="kernel",
        program="dmesg",
        version="util-linux 2.39",
        module="kernel",
        view="Kernel",
        log_every=SELDOM,
        reports=Reports(speakers=("kernel", "storage"), steps=False),
    ),
    Dialect(
        name="slurm",
        program="Slurm",
        version="284c3b95",
        module="slurm",
        view="Slurm",
        log_every=SELDOM,
        reports=Reports(speakers=("scheduler",), steps=False),
        needs=(needs.scheduled,),
    ),
    Dialect(
        name="dcgmi",
        program="dcgmi dmon",
        version="72fa3fe",
        module="dcgmi",
        view="Dcgmi",
        look_seconds=1,
        needs=(needs.nvidia,),
    ),
    Dialect(
        name="nvidia-smi",
        program="nvidia-smi",
        version="580.105.08",
        module="nvidia_smi",
        view="NvidiaSmi",
        look_seconds=5,
        needs=(needs.nvidia,),
    ),
    Dialect(
        name="merged",
        program="Megatron-LM, kernels, services and Slurm",
        version="d98e8a64",
        module="merged",
        view="Merged",
        log_every=100,
        reports=Reports(preview=True),
        needs=(needs.cuda,),
    ),
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType({row.name: row for row in _ROWS})
