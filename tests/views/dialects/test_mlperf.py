"""MLPerf's lines: its own writer writes the same, its compliance checker accepts them, and they say what the events say."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from auditor.readers.mlperf import TOKEN, MLPerf
from befalling import befallen_by, in_step, incident
from lives import compare_golden
from mlperf_logging.compliance_checker import mlp_compliance
from mlperf_logging.mllog import mllog
from plans import CLASSIC
from telling import FILE

from pysim.catalog import accelerators, datasets, models
from pysim.physics.workload import Parallelism, Schedule
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.views.dialects.table import DIALECTS

BATCH, TOKENS, STEPS = 32, 8192, 1_200_000
BENCHMARK = replace(
    CLASSIC, name="keen-heron-5", model=models()["llama3-8b"], dataset=datasets()["c4"], accelerator=accelerators()["b200"],
    world_size=8, sequence_length=TOKENS, micro_batch_size=1, global_batch_size=BATCH, epochs=1, tokens=STEPS * BATCH * TOKENS,
    schedule=Schedule("cosine", 1e-3, 1e-4, 128), validation_interval=384, validation_batches=32, checkpoint_interval=1000,
    sharding="zero1",
)  # fmt: skip
"""llama31_8b as the rules of 5.1 want it, on one node."""
LARGE = replace(
    BENCHMARK, model=models()["llama3-405b"], accelerator=accelerators()["gb200"], world_size=512, parallel=Parallelism(tensor=4, pipeline=8),
    global_batch_size=1152, tokens=STEPS * 1152 * TOKENS, schedule=Schedule("cosine", 8e-5, 8e-7, 8000), validation_interval=16,
    validation_batches=5,
)  # fmt: skip
"""llama31_405b."""
ROW = DIALECTS["mlperf"]


def lines(run: Run, target: float = 3.3) -> Iterator[str]:
    story = PretrainingStory(run)
    view, over_us = ROW(story.header, FILE), story.header.job.validated_us(target)
    assert over_us is not None
    for event in story.narrate(0, over_us + 20_000_000, ROW.log_every, ROW.reports):
        yield from view.lines(event)


@pytest.fixture(scope="module")
def log() -> list[str]:
    return list(lines(simulate(BENCHMARK)))


@pytest.fixture(scope="module")
def broken() -> Run:
    """One that fails in its second thousand of steps, and goes on from its checkpoint."""
    return befallen_by(BENCHMARK, [incident("gpu-off-bus", in_step(simulate(BENCHMARK), 1100), node=0, local_rank=0)])


def succeeds(log: list[str], folder: Path) -> bool:
    (folder / "result_0.txt").write_text("\n".join(log))
    checker = mlp_compliance.make_checker("training", "5.1.0", quiet=True, werror=False)
    valid, *_ = mlp_compliance.main(str(folder / "result_0.txt"), "training_5.1.0/common.yaml", checker)
    return bool(valid)


def test_the_compliance_checker_says_success(log: list[str], tmp_path: Path) -> None:
    assert succeeds(log, tmp_path)


def test_it_says_so_of_405b(tmp_path: Path) -> None:
    log = list(lines(simulate(LARGE), 5.6))
    assert MLPerf().read(log).findings == []
    assert succeeds(log, tmp_path)


def test_it_does_not_where_the_target_is_not_reached(log: list[str], tmp_path: Path) -> None:
    last = max(index for index, line in enumerate(log) if '"eval_accuracy"' in line)
    assert not succeeds(log[:last], tmp_path)


def test_a_run_that_was_started_twice_is_none(broken: Run, tmp_path: Path) -> None:
    assert not succeeds(list(lines(broken)), tmp_path)


def test_its_own_writer_writes_the_same(log: list[str]) -> None:
    written = [line for line in log if line.startswith(TOKEN)]
    assert len(written) > 100
    assert [mllog._encode_log(**json.loads(line[len(TOKEN) :])) for line in written] == written


def test_it_is_the_same_run(log: list[str]) -> None:
    run, reader = simulate(BENCHMARK), MLPerf()
    told = reader.read(log)
    assert told.findings == []
    assert reader.status == "success"
    over_us = PretrainingStory(run).header.job.validated_us(3.3)
    found = [*PretrainingStory(run).narrate(0, (over_us or 0) + 1)]
    steps = {e.step: e.loss or 0.0 for e in found if isinstance(e, ev.StepCompleted)}
    assert [int(line["step"].low) for line in told.steps] == [step for step in steps if step % ROW.log_every == 0]
    assert all(abs(line["loss"].middle - steps[int(line["step"].low)]) < 1e-4 for line in told.steps)
    validations = [e.loss or 0.0 for e in found if isinstance(e, ev.ValidationCompleted)]
    assert all(abs(line["loss"].middle - loss) < 1e-4 for line, loss in zip(told.validations, validations, strict=True))


def test_whole_life(broken: Run, *, update_golden: bool) -> None:
    log = list(lines(broken))
    compare_golden("mlperf", tuple(log), update=update_golden)
    told = MLPerf().read(log)
    assert told.findings == []
    assert (told.launches, told.begun, told.loaded, told.ended) == (2, [1, 1001], [1000], True)


def test_nothing_is_told_after_the_target(log: list[str]) -> None:
    assert '"run_stop"' in log[-1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": models()["gpt2-124m"]}, "MLPerf has no benchmark of GPT-2 124M"),
        ({"sequence_length": 4096}, "sequences of 8,192 tokens"),
        ({"accelerator": accelerators()["tpu-v5p"]}, "runs on TPUs"),
    ],
)
def test_what_is_no_benchmark_is_refused(change: dict[str, object], why: str) -> None:
    header = PretrainingStory(simulate(replace(BENCHMARK, tokens=2000 * BATCH * TOKENS, **change))).header  # type: ignore[arg-type]
    assert why in (ROW.refuses(header) or "")
