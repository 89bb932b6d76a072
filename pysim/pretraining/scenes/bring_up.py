"""Bring-up: from the launcher's first line to the first batch."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pysim.catalog.software import software_of
from pysim.physics.exchanges import Exchange, exchange_seconds
from pysim.physics.states import shards_weights
from pysim.pretraining.names import bus_id, command_line, has_launcher, host, launcher_process_id, short_host
from pysim.pretraining.plan import Plan
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.collective import timed
from pysim.pretraining.scenes.communicators import group_communicators, world_communicator
from pysim.story import events as ev
from pysim.story.noise import Stream
from pysim.story.steps import Executed

LISTED_NODES = 2  # whose accelerators are named one by one
_TEST_BYTES = 2**30  # message of the all-reduce test
_PROCESSES_APART_SECONDS = 1.5  # of one node, in finding their accelerators [M]
_LAUNCHER_WARNS = 0.6  # of the stage in which it starts its processes
_SHARD_LINES = 4  # of the weights' initialisation, about


def bring_up(run: Run, since_us: int = 0, until_us: int | None = None) -> Iterable[ev.Event]:
    """From the launcher's start to the first batch. What takes long to tell may be left out where it lies outside of a span."""
    stage = run.stage_of("connecting process groups")
    is_whole = since_us <= stage.end_us and (until_us is None or until_us > stage.start_us)
    return _whole(run) if is_whole else _told(run)


@lru_cache(maxsize=1)
def _whole(run: Run) -> tuple[ev.Event, ...]:
    """A show is told its bring-up when it is opened, and again by every frame of it."""
    return tuple(_told(run, world_communicator(run)))


def _told(run: Run, connecting: Iterable[ev.Event] = ()) -> Iterator[ev.Event]:
    plan = run.plan
    yield ev.JobLaunched(
        time_seconds=0.0,
        run_name=plan.name,
        command=command_line(plan),
        world_size=plan.world_size,
        nodes=plan.nodes,
        start_time=plan.start_time,
    )
    yield from launch(run)
    yield from detect_accelerators(run)
    yield from connecting
    yield from connect(run)
    yield from build_model(run)
    yield load_tokenizer(run)
    yield open_dataset(run)
    yield from plan_ramp(run)
    yield allocate_optimizer(run)
    yield from group_communicators(run)
    start = run.stage_of("warming up").end_us / 1e6
    yield ev.TrainingStarted(
        time_seconds=start,
        first_step=1,
        total_steps=plan.total_steps,
        steps_per_epoch=plan.steps_per_epoch,
        epochs=plan.epochs,
        step_seconds=run.figures.step_seconds,
    )


def launch(run: Run) -> Iterator[ev.Event]:
    """The launcher of the first node; torchrun only warns where it starts several processes."""
    plan, time_us = run.plan, run.stage_of("launching processes").at_us(_LAUNCHER_WARNS)
    if plan.accelerators_per_node > 1 and has_launcher(plan):
        yield ev.LauncherWarned(
            time_seconds=time_us / 1e6,
            node=0,
            nodes=plan.nodes,
            host=short_host(plan, 0),
            process_id=launcher_process_id(plan, 0),
            threads_per_process=1,
            unlisted_nodes=plan.nodes - 1,
        )


def listed_accelerators(plan: Plan) -> int:
    """How many accelerators are named one by one: those of the first nodes."""
    return min(plan.world_size, LISTED_NODES * plan.accelerator.per_node)


def detect_accelerators(run: Run) -> Iterator[ev.Event]:
    """Every accelerator is found; the first nodes' are named one by one, as their processes come up."""
    plan, stage = run.plan, run.stage_of("detecting accelerators")
    accelerator, listed = plan.accelerator, listed_accelerators(plan)
    memory_bytes = accelerator.memory_mib * 2**20
    celsius, watts = run.fleet.at_rest(listed)
    for found_us, rank in sorted((found_us, rank) for rank, found_us in enumerate(_found_us(run, listed))):
        node, local_rank = divmod(rank, accelerator.per_node)
        yield ev.AcceleratorDetected(
            time_seconds=found_us / 1e6,
            rank=rank,
            node=node,
            local_rank=local_rank,
            host=host(plan, node),
            accelerator=accelerator.title,
            memory_bytes=memory_bytes,
            power_limit_watts=accelerator.power_watts,
            bus_id=bus_id(plan, rank),
            temperature_celsius=celsius[rank],
            power_watts=watts[rank],
        )
    yield ev.AcceleratorsDetected(
        time_seconds=stage.end_us / 1e6,
        accelerator=accelerator.title,
        world_size=plan.world_size,
        nodes=plan.nodes,
        listed=listed,
        memory_bytes=memory_bytes * plan.world_size,
    )


def _found_us(run: Run, ranks: int) -> list[int]:
    """When each of the first ranks has found its accelerator: some time after its node's first, all within the stage."""
    stage, stream = run.stage_of("detecting accelerators"), Stream(run.plan.noise_seed, "detected")
    per_node = run.plan.accelerator.per_node
    apart = min(_PROCESSES_APART_SECONDS / stage.seconds, 0.5)
    of_nodes, of_ranks = stream.uniforms(0, -(-ranks // per_node)), stream.uniforms(ranks, ranks)
    return [stage.at_us((1.0 - apart) * of_nodes[rank // per_node] + apart * of_ranks[rank]) for rank in range(ranks)]


def connect(run: Run) -> Iterator[ev.Event]:
    """Process groups come up and an all-reduce over all ranks is timed."""
    plan, stage = run.plan, run.stage_of("connecting process groups")
    layout = plan.parallel
    software = software_of(plan.accelerator.vendor, plan.start_time)
    yield ev.DistributedInitialised(
        time_seconds=stage.end_us / 1e6,
        backend=software.library,
        backend_version=software.version,
        world_size=plan.world_size,
        nodes=plan.nodes,
        tensor_parallel=layout.tensor,
        pipeline_parallel=layout.pipeline,
        context_parallel=layout.context,
        expert_parallel=layout.expert,
        data_parallel=plan.data_parallel,
        sharding=plan.sharding,
        init_seconds=round(stage.seconds, 2),
    )
    if plan.world_size > 1:
        ended_us = run.stage_of("testing the fabric").end_us
        test = Exchange("all_reduce", _TEST_BYTES, plan.world_size, plan.accelerators_per_domain)
        yield timed(run, Executed(0), ended_us, test, exchange_seconds(plan, test))


def build_model(run: Run) -> Iterator[ev.Event]:
    """Weights are initialised shard by shard: one for each rank that holds a part of its own."""
    plan, stage, model = run.plan, run.stage_of("initialising weights"), run.plan.model
    split = shards_weights(plan)
    shards = plan.world_size if split else plan.parallel.tensor * plan.parallel.pipeline
    stride = max(1, shards // _SHARD_LINES)
    for shard in range(stride, shards + 1, stride):
        yield ev.ModelLoading(time_seconds=stage.at_us(shard / (shards + 1)) / 1e6, shard=shard, shards=shards)
    yield ev.ModelReady(
        time_seconds=stage.end_us / 1e6,
        model=model.title,
        parameters=run.figures.parameters,
        active_parameters=run.figures.active_parameters,
        layers=model.layers,
        hidden_size=model.hidden_size,
        attention_heads=model.attention_heads,
        kv_heads=model.kv_heads,
        ffn_hidden_size=model.ffn_hidden_size,
        vocab_size=model.vocab_size,
        context_length=model.context_length,
        experts=model.moe.experts if model.moe else 0,
        experts_per_token=model.moe.experts_per_token if model.moe else 0,
        precision=plan.precision,
    )


def load_tokenizer(run: Run) -> ev.TokenizerReady:
    """The tokenizer that the model's family uses."""
    tokenizer, stage = run.plan.tokenizer, run.stage_of("loading the tokenizer")
    return ev.TokenizerReady(
        time_seconds=stage.end_us / 1e6,
        tokenizer=tokenizer.title,
        kind=tokenizer.kind,
        vocab_size=tokenizer.vocab_size,
        load_seconds=round(stage.seconds, 2),
    )


def open_dataset(run: Run) -> ev.DatasetReady:
    """The dataset, and how it is cut into batches."""
    plan = run.plan
    return ev.DatasetReady(
        time_seconds=run.stage_of("indexing the dataset").end_us / 1e6,
        dataset=plan.dataset.title,
        documents=plan.dataset.documents,
        dataset_tokens=plan.dataset.tokens,
        run_tokens=plan.run_tokens,
        epochs=plan.epochs,
        sequence_length=plan.sequence_length,
        global_batch_size=plan.global_batch_size,
        micro_batch_size=plan.micro_batch_size,
        accumulation=plan.accumulation,
        tokens_per_step=plan.tokens_per_step,
    )


def plan_ramp(run: Run) -> Iterator[ev.Event]:
    """How the batch grows, where it does."""
    plan, ramp = run.plan, run.plan.batch_ramp
    if ramp:
        yield ev.BatchRampReady(
            time_seconds=run.stage_of("indexing the dataset").end_us / 1e6,
            first_batch_size=ramp.first,
            increment=ramp.increment,
            global_batch_size=plan.global_batch_size,
            ramp_sequences=ramp.sequences,
            ramp_tokens=ramp.sequences * plan.sequence_length,
            ramp_steps=plan.batches.ramp_steps,
            extra_steps=plan.extra_steps,
            first_step_seconds=run.plateaus[0].step_seconds,
        )


def allocate_optimizer(run: Run) -> ev.OptimizerReady:
    """The optimizer's state, and with it the sum of what each accelerator holds."""
    plan, memory = run.plan, run.figures.memory
    return ev.OptimizerReady(
        time_seconds=run.stage_of("allocating the optimizer").end_us / 1e6,
        optimizer="AdamW",
        moment_precision=plan.optimizer_precision,
        peak_learning_rate=plan.schedule.peak_lr,
        schedule=plan.schedule.title,
        warmup_steps=int(plan.schedule.warmup_steps),
        clip_grad_norm=plan.clip_grad_norm,
        weight_bytes=memory.weight_bytes,
        gradient_bytes=memory.gradient_bytes,
        optimizer_bytes=memory.optimizer_bytes,
        activation_bytes=memory.activation_bytes,
        workspace_bytes=memory.workspace_bytes,
        memory_bytes=memory.total_bytes,
        memory_capacity_bytes=memory.capacity_bytes,
    )
