from dataclasses import replace

import numpy as np
import pytest
from small_corpora import stories

from pysim.catalog.incidents import causes
from pysim.export.corpus.lines import Line, lines
from pysim.export.corpus.roles import ROLES, Parts, role_of, troubles
from pysim.pretraining.story import PretrainingStory
from pysim.story import events as ev
from pysim.story.story import WHOLE, Label
from pysim.views.dialects.table import DIALECTS

SAID = {  # words and whose cause they are of: what somebody who reads them would say
    ("gpu-off-bus", "NVRM: Xid (PCI"): "cause",
    ("gpu-off-bus", "NVRM: GPU at PCI"): "noise",
    ("gpu-off-bus", "torch.AcceleratorError"): "cause",
    ("gpu-off-bus", "Sending process"): "consequence",
    ("gpu-off-bus", "srun: error"): "consequence",
    ("gpu-off-bus", "[default] starting workers"): "recovery",
    ("collective-hang", "[Rank {rank}] Watchdog caught"): "symptom",
    ("collective-hang", "terminate called"): "consequence",
    ("nic-down", "NET/IB: Got completion"): "symptom",
    ("nic-down", "mlx5_core"): "cause",
    ("link-flap", "mlx5_core 0000:{bus_nic}:00.0 {interface}: Link up"): "recovery",
    ("host-reboot", "error: Nodes {victim_host} not responding, setting DOWN"): "consequence",
    ("straggler", "update_node: node"): "recovery",
    ("preemption", "slurmstepd: error: *** STEP"): "cause",
    ("row-remap", "NVRM: Xid"): "noise",
    ("torn-checkpoint", "RuntimeError: PytorchStreamReader"): "cause",
    ("torn-checkpoint", " loading distributed checkpoint"): "recovery",
    ("software-bug", "Traceback"): "cause",
    ("nan", "RuntimeError: Rank"): "symptom",
    ("divergence", "Skipped iterations"): "recovery",
}


@pytest.mark.parametrize(("of", "role"), SAID.items(), ids=lambda each: each if isinstance(each, str) else each[0])
def test_words_have_the_role_that_a_reader_gives_them(of: tuple[str, str], role: str) -> None:
    cause = causes()[of[0]]
    found = [evidence for evidence in cause.evidence if evidence.words.startswith(of[1])]
    assert found
    assert {role_of(evidence, cause) for evidence in found} == {role}


@pytest.fixture(scope="module")
def story() -> PretrainingStory:
    return next(stories())


@pytest.fixture(scope="module")
def merged(story: PretrainingStory) -> list[Line]:
    return list(lines(story, DIALECTS["merged"], WHOLE, troubles(story), 1))


def test_a_failure_goes_through_its_roles_in_order(merged: list[Line]) -> None:
    """From the first word to the first step that was not done before."""
    roles = [line.part.role for line in merged if line.part and line.part.incident == 1]
    told = [role for role in roles if role != "noise"]
    changes = [role for role, before in zip(told, ["", *told], strict=False) if role != before]
    assert changes[:2] == ["cause", "consequence"]
    assert "recovery" in changes
    assert set(changes) <= set(ROLES)


def test_every_line_about_an_incident_lies_in_its_time(story: PretrainingStory, merged: list[Line]) -> None:
    labels = {label.number: label for label in story.labels()}
    for line in merged:
        if line.part and line.part.role in ("cause", "symptom"):
            label = labels[line.part.incident]
            assert line.time_seconds >= label.begin_us / 1e6 - 1e-6
            assert line.time_seconds <= max(label.end_us, label.noticed_us or 0) / 1e6 + 120


def test_nothing_is_of_an_incident_before_the_first_begins(story: PretrainingStory, merged: list[Line]) -> None:
    first = min(label.begin_us for label in story.labels()) / 1e6
    before = [line for line in merged if line.time_seconds < first - 1e-6]
    assert len(before) > 100
    assert {line.part for line in before} == {None}


def test_steps_that_are_done_again_are_a_consequence(merged: list[Line]) -> None:
    reached, again = 0, []
    for line in merged:
        if line.event == "StepsReported" and line.step is not None and "] iteration " in line.text:
            if line.step <= reached and "iteration" in line.text[:60]:
                again.append(line)
            reached = max(reached, line.step)
    assert again
    assert {line.part.role if line.part else "" for line in again} == {"consequence"}


def step(last: int, time_seconds: float) -> ev.StepsReported:
    names = ev.StepsReported.__dataclass_fields__
    values = dict.fromkeys(names, 0) | {
        "last": last,
        "first": last,
        "time_seconds": time_seconds,
        "mean_step_seconds": 1.0,
    }
    return ev.StepsReported(**values)  # type: ignore[arg-type]  # numbers all of them


def test_slow_steps_are_a_symptom_and_their_checkpoints_are_not() -> None:
    label = Label(begin_us=10_000_000, end_us=20_000_000, cause="straggler", place="h", evidence="", number=4)
    unnumbered = replace(label, cause="slow node", number=0, begin_us=40_000_000, end_us=50_000_000)
    parts = Parts(troubles(_Labelled([label, unnumbered])))  # type: ignore[arg-type]  # nothing else is looked at
    assert [parts.of(step(n, t)) for n, t in ((9, 9.5), (10, 10.5), (20, 21.5), (42, 42.0))] == [
        None, (4, "symptom"), None, (-1, "symptom"),
    ]  # fmt: skip
    saved = ev.CheckpointCompleted(
        time_seconds=15.0, step=15, path="", checkpoint_bytes=1, files=1, seconds=2.0, gb_per_second=1.0
    )
    assert parts.of(saved) is None


def test_a_look_is_a_symptom_where_something_does_not_work() -> None:
    label = Label(begin_us=10_000_000, end_us=20_000_000, cause="collective-hang", place="job", evidence="", number=2)
    parts = Parts(troubles(_Labelled([label])))  # type: ignore[arg-type]  # nothing else is looked at
    ranks = np.zeros(4, np.int64)
    names = (
        "utilisation_percent",
        "temperature_celsius",
        "power_watts",
        "memory_bytes",
        "clock_mhz",
        "memory_celsius",
        "throttled",
    )
    fleet = ev.FleetSampled(
        time_seconds=15.0, step=3, memory_capacity_bytes=1, condition=ranks, **dict.fromkeys(names, ranks)
    )
    assert parts.of(fleet) is None
    assert parts.of(replace(fleet, condition=ranks + 2)) == (2, "symptom")
    assert parts.of(replace(fleet, condition=ranks + 2, time_seconds=25.0)) is None


class _Labelled:
    def __init__(self, labels: list[Label]) -> None:
        self._labels = labels

    def labels(self) -> list[Label]:
        return self._labels


@pytest.mark.parametrize(
    ("effect", "written", "shows"),
    [
        ("straggler", "iteration <*> | elapsed time per iteration (ms): <*> | lm loss: <*>", True),
        ("straggler", "[Rank <*>] (after <*> iterations) memory (MB) | allocated: <*>", False),
        ("straggler", "    throughput/device/TPS=<*> formatted(value)", True),
        ("straggler", "    train/CE loss=<*> formatted(value)", False),
        ("loss-spike", "    train/CE loss=<*> formatted(value)", True),
        ("loss-spike", "(min, max) time across ranks (ms):", False),
    ],
)
def test_a_symptom_shows_only_where_a_number_is_told_that_it_moves(effect: str, written: str, shows: bool) -> None:  # noqa: FBT001 - a case
    label = Label(begin_us=0, end_us=20_000_000, cause=effect, place="h", evidence="", number=4)
    parts = Parts(troubles(_Labelled([label])))  # type: ignore[arg-type]  # nothing else is looked at
    part = parts.of(step(3, 3.0))
    assert part == (4, "symptom")
    assert parts.narrowed(part, step(3, 3.0), written) == (part if shows else None)
