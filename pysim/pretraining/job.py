"""A pre-training run as its programs know it: the header's `Job`."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysim.catalog import chassis_of
from pysim.catalog.software import software_of
from pysim.physics.conventions import CONVENTIONS
from pysim.physics.memory import CUDA_CONTEXT_BYTES, stage_budget, stage_parameters
from pysim.physics.states import grad_precision, param_precision, shard_ranks
from pysim.physics.transformer import embedding_parameters
from pysim.pretraining import names
from pysim.pretraining.run.losscale import scaler_of
from pysim.pretraining.run.run import Run
from pysim.story.job import Architecture, Collective, Corpus, Hardware, Optimization, Programs, Ramp, Setup, Stage
from pysim.story.steps import DataStep

# What a plan does not choose: as GPT-3 was trained (arXiv 2005.14165, appendix B), and most since.
_BETA1, _BETA2, _EPSILON, _WEIGHT_DECAY = 0.9, 0.95, 1e-8, 0.1


@dataclass(frozen=True)
class PretrainingJob:
    """The job of a run."""

    run: Run

    @cached_property
    def model(self) -> Architecture:
        """What is trained."""
        model, moe = self.run.plan.model, self.run.plan.model.moe
        return Architecture(
            name=model.name,
            family=model.family,
            layers=model.layers,
            hidden_size=model.hidden_size,
            ffn_hidden_size=model.ffn_hidden_size,
            ffn_matrices=model.ffn_matrices,
            attention_heads=model.attention_heads,
            kv_heads=model.kv_heads,
            head_dim=model.head_dim,
            vocab_size=model.vocab_size,
            context_length=model.context_length,
            learned_positions=model.learned_positions,
            tied_embeddings=model.tied_embeddings,
            linear_biases=model.linear_biases,
            qkv_biases=model.qkv_biases,
            norm_biases=model.norm_biases,
            latent_attention=model.latent_attention is not None,
            experts=moe.experts if moe else 0,
            experts_per_token=moe.experts_per_token if moe else 0,
            expert_ffn_hidden_size=moe.expert_ffn_hidden_size if moe else 0,
            shared_experts=moe.shared_experts if moe else 0,
            dense_layers=moe.dense_layers if moe else 0,
            parameters=self.run.figures.parameters,
            active_parameters=self.run.figures.active_parameters,
            embedding_parameters=embedding_parameters(model),
        )

    @cached_property
    def optimization(self) -> Optimization:
        """How."""
        plan, schedule, scaler = self.run.plan, self.run.plan.schedule, scaler_of(self.run.plan)
        is_scaled = plan.precision == "fp16"
        return Optimization(
            optimizer="AdamW",
            peak_learning_rate=schedule.peak_lr,
            final_learning_rate=schedule.final_lr,
            schedule=schedule.kind,
            warmup_steps=int(schedule.warmup_steps),
            decay_steps=schedule.decay_steps,
            decay_shape=schedule.decay_shape,
            clip_grad_norm=plan.clip_grad_norm,
            beta1=_BETA1,
            beta2=_BETA2,
            epsilon=_EPSILON,
            weight_decay=_WEIGHT_DECAY,
            loss_scaling=plan.loss_scaling,
            first_loss_scale=scaler.initial if is_scaled else 1,
            loss_scale_window=scaler.window,
            weight_precision=param_precision(plan),
            gradient_precision=grad_precision(plan),
            moment_precision=plan.optimizer_precision,
        )

    @cached_property
    def corpus(self) -> Corpus:
        """On what."""
        plan = self.run.plan
        return Corpus(
            name=plan.dataset.name,
            documents=plan.dataset.documents,
            tokens=plan.dataset.tokens,
            tokenizer=plan.tokenizer.name,
            tokenizer_title=plan.tokenizer.title,
            tokenizer_kind=plan.tokenizer.kind,
            tokenizer_entries=plan.tokenizer.vocab_size,
        )

    @cached_property
    def setup(self) -> Setup:
        """In which batches, on how many of which."""
        plan, ramp = self.run.plan, self.run.plan.batch_ramp
        return Setup(
            micro_batch_size=plan.micro_batch_size,
            accumulation=plan.accumulation,
            data_parallel=plan.data_parallel,
            shard_ranks=shard_ranks(plan),
            virtual_pipeline=plan.parallel.virtual_pipeline,
            recompute=plan.recompute,
            attention_kernel=plan.attention_kernel,
            cross_entropy=plan.cross_entropy,
            execution=plan.execution,
            validation_interval=plan.validation_interval,
            checkpoint_interval=plan.checkpoint_interval,
            watchdog_seconds=plan.watchdog_seconds,
            ramp=Ramp(first=ramp.first, increment=ramp.increment, sequences=ramp.sequences) if ramp else None,
        )

    @cached_property
    def hardware(self) -> Hardware:
        """On which accelerator."""
        accelerator, memory = self.run.plan.accelerator, self.run.figures.memory
        return Hardware(
            name=accelerator.name,
            memory_bytes=memory.capacity_bytes,
            peak_flops_per_second=self.run.figures.peak_flops_per_second,
            power_limit_watts=accelerator.power_watts,
            idle_watts=accelerator.idle_watts,
            max_clock_mhz=chassis_of(accelerator).max_clock_mhz,
            scale_up=accelerator.scale_up,
            scale_out=accelerator.scale_out,
            weight_bytes=memory.weight_bytes,
            gradient_bytes=memory.gradient_bytes,
            optimizer_bytes=memory.optimizer_bytes,
            activation_bytes=memory.activation_bytes,
            workspace_bytes=memory.workspace_bytes,
            context_bytes=round(CUDA_CONTEXT_BYTES),
        )

    @cached_property
    def programs(self) -> Programs:
        """With which software."""
        plan = self.run.plan
        found = software_of(plan.accelerator.vendor, plan.start_time)
        return Programs(
            framework=found.framework,
            library=found.library,
            library_version=found.version,
            library_build=found.build,
            driver=found.driver,
            year=plan.software_year,
            script=names.SCRIPT,
        )

    @property
    def job_id(self) -> int:
        """The number that the scheduler knows it by."""
        return names.job_id(self.run.plan)

    @property
    def storage(self) -> str:
        """The directory of its checkpoints."""
        return self.checkpoint_path(0).rpartition("/")[0]

    @property
    def interface(self) -> str:
        """The network interface through which processes find each other."""
        return names.interface()

    @property
    def collectives(self) -> list[Collective]:
        """Those of one step in the group of all ranks."""
        from pysim.pretraining.scenes.case import collectives  # noqa: PLC0415 - few ask for them

        return collectives(self.run)

    def flops_per_token(self, convention: str) -> int:
        """To train on one token, as a framework counts."""
        return CONVENTIONS[convention](self.run.plan.model, self.run.plan.sequence_length)

    def stage(self, number: int) -> Stage:
        """A stage of the pipeline."""
        memory = stage_budget(self.run.plan, number)
        return Stage(
            parameters=round(stage_parameters(self.run.plan, number).total),
            weight_bytes=memory.weight_bytes,
            gradient_bytes=memory.gradient_bytes,
            optimizer_bytes=memory.optimizer_bytes,
            activation_bytes=memory.activation_bytes,
            workspace_bytes=memory.workspace_bytes,
        )

    def batch_size(self, step: int) -> int:
        """Sequences of a step."""
        return self.run.plan.batches.size(step)

    def sequences(self, step: int) -> int:
        """Sequences that the steps up to one take together."""
        return self.run.plan.batches.total(step)

    def learning_rate(self, step: int) -> float:
        """That of a step."""
        return float(self.learning_rates(np.array([step], np.int64))[0])

    def learning_rates(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Those of some, same shape."""
        return self.run.steps.learning_rates(steps)

    def checkpoint_path(self, step: int) -> str:
        """Where the checkpoint after a step is written."""
        return names.checkpoint_path(self.run.plan, DataStep(step))

    def host(self, machine: int) -> str:
        """The full name of a machine."""
        return names.host(self.run.plan, machine)

    def short_host(self, machine: int) -> str:
        """The same up to its first dot."""
        return names.short_host(self.run.plan, machine)

    def machine(self, node: int, time_us: int) -> int:
        """The machine that is a node of the job at a time."""
        return self.run.incidents.machine_in(node, time_us)

    def launches(self, time_us: int) -> int:
        """How often all processes have been started again by a time."""
        return self.run.incidents.launches_before(time_us)

    def ended_as(self, time_us: int) -> str:
        """What the scheduler calls the end of the processes that are gone at a time."""
        befallen = self.run.incidents.numbered(self.run.timeline.segment_at(time_us).incident)
        exits = befallen.incident.cause.exits if befallen else None
        return exits.scheduler if exits else "CANCELLED"

    def connected_us(self, time_us: int) -> int:
        """When the process groups of those processes were there that run at a time."""
        begun = (each for each in self.run.timeline.segments_back_from(time_us) if each.kind in ("bring-up", "restart"))
        starting = next(begun)
        stage = self.run.stages_of(starting).get("connecting process groups")
        return stage.end_us if stage else starting.begin_us

    def first_step_us(self, time_us: int) -> int:
        """When the first step was done of those processes that run at a time."""
        timeline = self.run.timeline
        stretch = timeline.stretches[max(timeline.stretch_number_at(time_us), 0)]
        return timeline.end_of_us(stretch.executed(stretch.first_data_step))

    def validated_us(self, loss: float) -> int | None:
        """When the first validation was over that found at most this loss; None where none does."""
        run = self.run
        for index in np.flatnonzero(run.validations.losses <= loss).tolist():
            step = DataStep(min((index + 1) * run.plan.validation_interval, run.plan.total_steps))
            for executed in run.timeline.executions(step):
                over_us, found = run.timeline.checkpoint_start_us(executed), run.validations.after(executed).loss
                if found is not None and found <= loss and over_us <= run.timeline.stretch_of(executed).end_us:
                    return over_us
        return None

    def address(self, machine: int) -> str:
        """Its address."""
        return names.address(self.run.plan, machine)

    def launcher_process_id(self, node: int, launch: int = 0) -> int:
        """The process of a node's launcher."""
        return names.launcher_process_id(self.run.plan, node, launch)

    def process_id(self, rank: int, launch: int = 0) -> int:
        """The process of a rank."""
        return names.process_id(self.run.plan, rank, launch)

    def bus_id(self, rank: int) -> str:
        """PCI bus and device of its accelerator."""
        return names.bus_id(self.run.plan, rank)

    def accelerator_uuid(self, machine: int, local_rank: int) -> str:
        """The identifier of an accelerator."""
        return names.accelerator_uuid(self.run.plan, machine, local_rank)

    def board_serial(self, machine: int, local_rank: int) -> str:
        """The serial number of its board."""
        return names.board_serial(self.run.plan, machine, local_rank)
