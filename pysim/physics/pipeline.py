"""How the layers of a model are divided among the stages of its pipeline.

Megatron-LM cuts a model into as many equal parts as there are stages. Where the layers do not divide, the embedding and the loss
count as a layer each (its --account-for-embedding-in-pipeline-split and --account-for-loss-in-pipeline-split), so that the first
and the last stage have a layer less: BLOOM's 70 layers in 12 stages of 6 (bigscience, tr11-176B-ml), the 126 of Llama 3 405B in
16 of 8 (arXiv 2407.21783, section 3.3.2). Any other split has to be stated (its --pipeline-model-parallel-layout).
"""

from functools import cache

from pysim.physics.workload import Workload

TABLES = 2  # input and output, each in the place of a layer


def stage_layers(plan: Workload) -> tuple[int, ...]:
    """Layers of each pipeline stage, in order."""
    return plan.pipeline_split or usual_split(plan.model.layers, plan.parallel.pipeline)


def layers_per_stage(plan: Workload) -> int:
    """Layers of the fullest pipeline stage."""
    return max(stage_layers(plan))


@cache
def usual_split(layers: int, stages: int) -> tuple[int, ...]:
    """Layers of each of `stages` stages: equal, or with both tables in the place of a layer.

    What then is left over goes to the first stage, whose table costs no time, and to the last of those between.
    """
    if layers % stages == 0:
        return (layers // stages,) * stages
    each, more = divmod(layers + TABLES, stages)
    first, between = (each, more - 1) if more else (each - 1, 0)
    middle = tuple(each + (stages - 1 - stage <= between) for stage in range(1, stages - 1))
    return (first, *middle, layers - first - sum(middle))


def slots(layers: int, stages: int, split: tuple[int, ...] = ()) -> int:
    """Parts of the model that its stages and their chunks share: its layers, and the tables where those do not divide equally."""
    return layers if layers % stages == 0 and not split else layers + TABLES


def telling_stages(plan: Workload) -> tuple[int, ...]:
    """The stages of which one needs most of anything: the first, the last, and the first of each run of equal ones."""
    layers = stage_layers(plan)
    changes = (stage for stage in range(1, len(layers)) if layers[stage] != layers[stage - 1])
    return tuple(dict.fromkeys((0, *changes, len(layers) - 1)))


def in_flight_micro_batches(plan: Workload, stage: int = 0) -> float:
    """Micro-batches whose activations a stage holds.

    1F1B: one for each stage from this one on. Interleaved, v chunks on p stages: (v-1)p + 2(p-1-stage) + 1 chunks, as Megatron-LM
    warms up, which is p + (p-1)/v on the first stage (Korthikanti et al. 2022, section 4.2).
    """
    stages, chunks = plan.parallel.pipeline, plan.parallel.virtual_pipeline
    after = stages - 1 - stage
    warm_up = after + 1 if chunks == 1 else ((chunks - 1) * stages + 2 * after + 1) / chunks
    return max(1.0, min(warm_up, plan.accumulation))
