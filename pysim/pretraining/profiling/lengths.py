"""How long each piece of a step takes, from the laws that make its duration: what there add up to a step here take turns in it."""

from dataclasses import dataclass, replace
from functools import lru_cache

from pysim.physics.cluster import (
    EXPERT_EXCHANGES,
    HIDDEN_SHARDS,
    HOST_SECONDS,
    LAYER_REDUCTIONS,
    LAYER_REDUCTIONS_FULL,
    StepTime,
    exposed_context_layer_seconds,
    gradient_sync_seconds,
    send_seconds,
    sharded_exchange_seconds,
    stage_imbalance,
    step_time,
    tensor_layer_seconds,
)
from pysim.physics.kernels import KernelShares, kernel_shares, logits_share
from pysim.physics.pipeline import layers_per_stage, stage_layers
from pysim.physics.states import shards_weights
from pysim.physics.transformer import attention_share, flops_per_token, hardware_flops_per_token
from pysim.pretraining.plan import Plan

_FORWARD = 1 / 3  # of the model's FLOPs
_KEPT = 16  # plans


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Seconds of one step as the laws have them, before anything made it longer or shorter."""

    step: StepTime
    micro_batches: int
    stages: int
    chunks: int  # of each stage
    layers: tuple[int, ...]  # of each stage
    forward_share: float  # of all kernel time; the rest is backward
    shares: KernelShares
    attention_matmuls: float  # share of the layers' matmuls
    layer: float  # kernels of one layer for one micro-batch, both passes
    logits: float  # the same of the output table, on the last stage
    tensor_layer: float  # reductions of one layer for one micro-batch, both passes
    context_layer: float  # what is exposed of the exchange of keys and values
    expert_layer: float  # exposed all-to-alls
    tensor_calls: int  # reductions of a layer
    expert_calls: int
    send: float  # one send to the next stage
    gather: float  # exposed, of one layer's weights: for one micro-batch and once; 0 where they are not divided, or in a pipeline
    scatter: float  # exposed, of one layer's gradients
    hidden: float  # of those exchanges, over what is exposed
    sync: float  # exposed exchange at the end of the step
    sync_hidden: float  # of it, behind the last passes
    optimizer: float
    host: float
    stragglers: float

    def share(self, *, is_forward: bool) -> float:
        """Of all kernel time, that of one direction."""
        return self.forward_share if is_forward else 1 - self.forward_share

    @property
    def total(self) -> float:
        """The step."""
        return self.step.total_seconds


@lru_cache(_KEPT)
def lengths(plan: Plan, batch: int) -> Lengths:
    """Of a step with that many sequences."""
    small = plan if batch == plan.global_batch_size else replace(plan, global_batch_size=batch, batch_ramp=None)
    step, stretch = step_time(small), 1 + step_time(small).bubble_fraction
    layers, micro_batches, fullest = stage_layers(small), small.accumulation, layers_per_stage(small)
    kernels = step.compute_seconds / stage_imbalance(small) * len(layers) / micro_batches  # of the whole model
    table = logits_share(small)
    executed = hardware_flops_per_token(small.model, small.sequence_length, small.recompute)
    gather, scatter, hidden, sync, sync_hidden = _data(small, step)
    per_layer = stretch * micro_batches * fullest
    full = small.recompute == "full"
    return Lengths(
        step=step,
        micro_batches=micro_batches,
        stages=len(layers),
        chunks=small.parallel.virtual_pipeline,
        layers=layers,
        forward_share=_FORWARD * flops_per_token(small.model, small.sequence_length) / executed,
        shares=kernel_shares(small),
        attention_matmuls=attention_share(small.model),
        layer=kernels * (1 - table) / small.model.layers,
        logits=kernels * table,
        tensor_layer=tensor_layer_seconds(small),
        context_layer=exposed_context_layer_seconds(small),
        expert_layer=step.expert_comm_seconds / per_layer,
        tensor_calls=LAYER_REDUCTIONS_FULL if full else LAYER_REDUCTIONS,
        expert_calls=EXPERT_EXCHANGES,
        send=send_seconds(small) if len(layers) > 1 else 0.0,
        gather=gather,
        scatter=scatter,
        hidden=hidden,
        sync=sync,
        sync_hidden=sync_hidden,
        optimizer=step.optimizer_seconds,
        host=HOST_SECONDS,
        stragglers=step.overhead_seconds - HOST_SECONDS,
    )


def _data(plan: Plan, step: StepTime) -> tuple[float, float, float, float, float]:
    """Exposed gather and scatter of a layer, what is hidden over what is exposed, the exposed exchange at the end, and what of that is hidden.

    Where ranks divide the weights, all of the exchange is among the layers; in a pipeline, what is exposed of it stands at the end.
    """
    exposed = step.data_comm_seconds
    if not shards_weights(plan):
        return 0.0, 0.0, 0.0, exposed, max(gradient_sync_seconds(plan) - exposed, 0.0)
    hidden = HIDDEN_SHARDS * min(exposed / (1 - HIDDEN_SHARDS), step.compute_seconds)
    if plan.parallel.pipeline > 1 or not exposed:
        return 0.0, 0.0, 0.0, exposed, 0.0
    gather, scatter = sharded_exchange_seconds(plan)
    among = plan.accumulation * (2 * gather + scatter)
    ratio = exposed / (exposed + hidden)
    each = ratio / plan.model.layers
    return gather * each, scatter * each, hidden / exposed, max(exposed - ratio * among, 0.0), 0.0
