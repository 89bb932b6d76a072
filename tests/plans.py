"""Plans that several tests share, each a valid one: import what you need and `replace` what matters to the test.

`TINY` is a whole run of some hundred steps with everything in it; the others are real sizes in one respect each.
"""

from dataclasses import replace

from pysim.catalog import accelerators, datasets, models, tokenizers
from pysim.physics.ramps import BatchRamp
from pysim.physics.workload import Parallelism, Schedule
from pysim.pretraining.plan import Plan

CLASSIC = Plan(
    name="calm-otter-42",
    model=models()["classic-10b"],
    accelerator=accelerators()["h100-sxm"],
    world_size=64,
    dataset=datasets()["classic-20b"],
    tokenizer=tokenizers()["llama3"],
    precision="bf16",
    parallel=Parallelism(),
    sharding="fsdp",
    recompute="selective",
    sequence_length=4096,
    micro_batch_size=2,
    global_batch_size=1024,
    tokens=60_000_000_000,
    epochs=3,
    schedule=Schedule("cosine", 3e-4, 3e-5, 500),
    loss_curve="scaling-law",
    validation_interval=250,
    validation_batches=8,
    checkpoint_interval=500,
    seed=0,
    start_time=1_767_603_600,
)
"""10B parameters on 64 H100, three epochs, 14,304 steps."""

RAMPED = replace(CLASSIC, name="rising-heron-4", batch_ramp=BatchRamp(128, 128, 20_000))
"""The same with a batch that grows eightfold in its first dozens of steps."""

TINY = replace(
    CLASSIC,
    name="small-wren-7",
    model=models()["gpt2-124m"],
    dataset=datasets()["fineweb-10b"],
    tokenizer=tokenizers()["gpt2"],
    accelerator=accelerators()["a100-80gb"],
    world_size=16,
    sharding="zero1",
    recompute="none",
    sequence_length=1024,
    micro_batch_size=32,
    global_batch_size=512,
    tokens=300 * 512 * 1024,
    epochs=3,
    schedule=Schedule("cosine", 6e-4, 6e-5, 60),
    validation_interval=50,
    validation_batches=4,
    checkpoint_interval=120,
)
"""124M parameters on 16 A100, three epochs of 100 steps, validations, checkpoints, an export of one file."""

PIPELINED = replace(
    CLASSIC,
    name="patient-heron-3",
    model=models()["llama3-70b"],
    dataset=datasets()["llama3-mix"],
    world_size=512,
    parallel=Parallelism(tensor=8, pipeline=4),
    sharding="zero1",
    sequence_length=8192,
    micro_batch_size=1,
    global_batch_size=512,
    tokens=500_000_000_000,
    epochs=1,
    schedule=Schedule("cosine", 1.5e-4, 1.5e-6, 2000),
    validation_interval=500,
    validation_batches=4,
    checkpoint_interval=500,
)
"""70B parameters on 512 H100, tensor and pipeline parallel: 119,209 steps."""

MIXTURE = replace(
    CLASSIC,
    name="many-hats-8",
    model=models()["mixtral-8x7b"],
    tokenizer=tokenizers()["mistral"],
    dataset=datasets()["refinedweb"],
    world_size=256,
    parallel=Parallelism(tensor=2, pipeline=2, expert=8),
    sharding="zero1",
    micro_batch_size=1,
    tokens=100_000_000_000,
    epochs=1,
    schedule=Schedule("wsd", 2e-4, 2e-5, 1000, decay_steps=4000),
)
"""A mixture of experts on 256 H100, expert parallel: 23,841 steps."""

HALF = replace(
    CLASSIC,
    name="old-volta-16",
    model=models()["opt-13b"],
    tokenizer=tokenizers()["opt"],
    dataset=datasets()["opt-mix"],
    accelerator=accelerators()["a100-80gb"],
    world_size=128,
    precision="fp16",
    parallel=Parallelism(tensor=2),
    sequence_length=2048,
    tokens=30_000_000_000,
    epochs=1,
    schedule=Schedule("linear", 1e-4, 1e-5, 300),
)
"""FP16 with loss scaling, so with skipped steps: 14,305 steps on 128 A100."""

HUGE = replace(
    PIPELINED,
    name="vast-plain-1",
    model=models()["llama3-405b"],
    world_size=16_384,
    parallel=Parallelism(tensor=8, pipeline=16),
    global_batch_size=2048,
    tokens=15_600_000_000_000,
    schedule=Schedule("cosine", 8e-5, 8e-7, 8000),
)
"""405B parameters on 16,384 H100: 929,832 steps."""

PLANS = {plan.name: plan for plan in (CLASSIC, TINY, PIPELINED, MIXTURE, HALF, HUGE)}
"""All of them by run name."""
