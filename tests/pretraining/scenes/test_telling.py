"""What goes wrong, told: every cause happens, its words are complete, its speakers agree, and what an expert looks at first is right."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import pytest
from befalling import MANY_NODES, SMALL, befallen_by, calm, diagnosed, in_step, incident, misdiagnosed, one
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.catalog.incidents import causes, template_fields
from pysim.pretraining.names import bus_id, host, process_id, short_host
from pysim.pretraining.narrate import narrate
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.template import FIELDS
from pysim.pretraining.story import PretrainingStory, header
from pysim.story import events as ev
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.jsonlines import json_line

Kind = TypeVar("Kind", bound=ev.Event)
HAPPENING = list(causes())
WHOLE_NODES = ("node", "rack", "switch")


def told(run: Run, since_us: int = 0, until_us: int | None = None) -> list[ev.Event]:
    return list(narrate(run, since_us, until_us))


def spoken(run: Run) -> list[ev.LogLine]:
    """What is said from the beginning of the first incident to half an hour after everything is over."""
    first = min(run.incidents.began_us(each) for each in run.befallen)
    last = max(max(each.noticed_us, run.incidents.over_us(each)) for each in run.befallen)
    return [event for event in narrate(run, first, last + 1_800_000_000) if isinstance(event, ev.LogLine)]


def about(run: Run) -> list[ev.Event]:
    """From a minute before an incident to a minute after it."""
    (befallen,) = run.befallen
    begin_us = run.incidents.began_us(befallen) - 60_000_000
    return told(run, begin_us, max(run.incidents.over_us(befallen), befallen.noticed_us) + 60_000_000)


def only(events: list[ev.Event], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def test_every_field_that_the_file_explains_is_filled() -> None:
    assert set(FIELDS) == set(template_fields())


@pytest.mark.parametrize("cause", HAPPENING)
def test_a_cause_happens(cause: str) -> None:
    """In order, complete, from beginning to recovery; nothing before it differs from the calm run."""
    run = one(cause)
    (befallen,) = run.befallen
    began_us = run.incidents.began_us(befallen)
    events = about(run)
    assert [event.time_seconds for event in events] == sorted(event.time_seconds for event in events)
    (began,) = only(events, ev.IncidentBegan)
    assert began.cause == cause
    assert began.time_seconds == began_us / 1e6
    assert not any(re.search(r"\{\w+\}|\bNone\b(?!\))", line.words) for line in only(events, ev.LogLine))
    before = narrate(calm(run.plan), began_us - 60_000_000, began_us)
    assert list(map(json_line, narrate(run, began_us - 60_000_000, began_us))) == list(map(json_line, before))
    recovered = only(events, ev.Recovered)
    assert len(recovered) == befallen.interrupts
    assert len(only(events, ev.NodeReplaced)) == (befallen.replaced_by is not None)


@pytest.mark.parametrize("cause", HAPPENING)
def test_spans_join(cause: str) -> None:
    run = one(cause)
    (befallen,) = run.befallen
    begin_us, end_us = run.incidents.began_us(befallen), max(run.incidents.over_us(befallen), befallen.noticed_us) + 1
    whole = list(map(json_line, narrate(run, begin_us, end_us)))
    cuts = [begin_us + (end_us - begin_us) * part // 7 for part in range(8)]
    seams = sorted({*cuts, befallen.noticed_us, befallen.noticed_us + 1})
    assert [json_line(event) for since, until in pairwise(seams) for event in narrate(run, since, until)] == whole


@settings(deadline=None, max_examples=40)
@given(
    asked=st.lists(st.tuples(st.sampled_from(HAPPENING), st.integers(1, 270), st.integers(0, 127)), max_size=6),
    cuts=st.lists(st.integers(0, 10_000), max_size=4),
)
def test_any_list_of_incidents_can_be_told_from_anywhere(asked: list[tuple[str, int, int]], cuts: list[int]) -> None:
    """One after the other, at once, while the job is down or restarts."""
    incidents = [
        incident(cause, in_step(calm(MANY_NODES), step), node=node, address=index)
        for index, (cause, step, node) in enumerate(asked)
    ]
    run = befallen_by(MANY_NODES, incidents)
    events = told(run)
    assert [event.time_seconds for event in events] == sorted(event.time_seconds for event in events)
    borders = [0, *(run.end_us * cut // 10_000 for cut in sorted(cuts)), run.end_us + 1]
    again = [json_line(event) for since, until in pairwise(borders) for event in narrate(run, since, until)]
    assert again == list(map(json_line, events))
    recovered = [event.number for event in only(events, ev.Recovered)]
    assert len(recovered) == len(set(recovered)) <= sum(each.interrupts for each in run.befallen)
    resumed = only(events, ev.TrainingResumed)
    assert {event.time_seconds for event in only(events, ev.Recovered)} <= {event.time_seconds for event in resumed}
    restarts = (segment for segment in run.timeline.segments if segment.kind == "restart")
    assert run.goodput.interruptions == len(only(events, ev.TrainingInterrupted))
    assert set(recovered) == {segment.incident for segment in restarts if not segment.is_cut}
    lost = (
        run.goodput.noticing_us
        + run.goodput.repairing_us
        + sum(segment.end_us - segment.begin_us for segment in run.timeline.segments if segment.kind == "restart")
    )
    assert sum(round(label.lost_seconds * 1e6) for label in PretrainingStory(run).labels()) == lost


# Names agree with the bring-up and with each other


@pytest.mark.parametrize("cause", ["gpu-off-bus", "hbm-error", "collective-hang", "nic-down", "switch-down"])
def test_hosts_processes_and_buses_are_those_of_the_bring_up(cause: str) -> None:
    run = one(cause)
    relaunched_us = run.incidents.relaunched_us(run.befallen[0])
    for line in spoken(run):
        if line.rank is None or line.time_seconds * 1e6 >= relaunched_us:
            continue
        assert line.host == short_host(run.plan, line.rank // run.plan.accelerators_per_node)
        assert line.process_id == process_id(run.plan, line.rank)
        assert line.local_rank == line.rank % run.plan.accelerators_per_node
    buses = {bus for line in spoken(run) for bus in re.findall(r"Xid \(PCI:0000:(\w\w):00\)", line.words)}
    assert buses <= {bus_id(run.plan, 11)[:2]}


def test_a_replaced_node_has_another_name_and_its_processes_others() -> None:
    run = one("gpu-off-bus")
    (befallen,) = run.befallen
    (replaced,) = only(about(run), ev.NodeReplaced)
    assert (replaced.node, replaced.host) == (1, host(run.plan, 1))
    assert replaced.replacement == host(run.plan, befallen.replaced_by or 0) != replaced.host
    started = [line for line in spoken(run) if "starting workers" in line.words]
    assert {line.host for line in started} == {short_host(run.plan, 0), short_host(run.plan, befallen.replaced_by or 0)}
    assert not {line.process_id for line in started} & {process_id(run.plan, rank) for rank in range(16)}


@pytest.mark.parametrize("cause", ["collective-hang", "gsp-timeout", "nic-down", "kernel-panic", "switch-down"])
def test_all_speakers_mean_the_same_collective(cause: str) -> None:
    words = [line.words for line in spoken(one(cause))]
    sequences = {
        int(number)
        for text in words
        for number in re.findall(r"SeqNum=(\d+)|sequence id: (\d+)", text)
        for number in number
        if number
    }
    completed = {int(number) for text in words for number in re.findall(r"last completed (?:NCCL )?work: (\d+)", text)}
    assert len(sequences) == 1
    assert completed == {min(sequences) - 1}


def test_numbers_of_collectives_grow_with_the_steps_since_the_launch() -> None:
    def number(step: int) -> int:
        words = " ".join(line.words for line in spoken(one("nic-down", step=step)))
        return int(re.findall(r"SeqNum=(\d+)", words)[0])

    assert number(20) < number(21) < number(250)
    assert abs(number(250) / 249 / (number(20) / 19) - 1) < 0.1


# What an expert would look at first


def test_the_error_line_is_not_the_cause() -> None:
    """The same words come of two causes; the truth is marked, and nobody in the run says it."""
    run = one("gpu-off-bus")
    (began,) = only(about(run), ev.IncidentBegan)
    assert isinstance(began, ev.GroundTruth)
    assert not issubclass(ev.LogLine, ev.GroundTruth)
    assert not any(began.cause in line.words or began.title in line.words for line in spoken(run))


@pytest.mark.parametrize("cause", ["host-reboot", "kernel-panic", "power-supply", "collective-hang"])
def test_the_victim_is_silent_and_the_survivors_speak(cause: str) -> None:
    run = one(cause)
    hit = range(8, 16) if causes()[cause].hits in WHOLE_NODES else range(11, 12)
    said = [line for line in spoken(run) if line.rank is not None and line.speaker in ("watchdog", "nccl")]
    assert {line.rank for line in said if line.rank not in hit}
    victims = [line.words for line in said if line.rank in hit]
    assert not any("timeout:" in words or "communication error" in words for words in victims)
    if causes()[cause].hits in WHOLE_NODES:
        assert not victims


@pytest.mark.parametrize("seconds", [60, 600, 1800])
def test_a_hang_is_told_by_watchdogs_after_their_limit(seconds: int) -> None:
    run = one("collective-hang", replace(SMALL, watchdog_seconds=seconds))
    (befallen,) = run.befallen
    first = next(line for line in spoken(run) if line.speaker == "watchdog")
    waited = first.time_seconds - run.incidents.began_us(befallen) / 1e6
    assert seconds < waited < seconds + 2
    (limit, ran), *_ = re.findall(r"Timeout\(ms\)=(\d+)\) ran for (\d+) milliseconds", first.words)
    assert int(limit) == seconds * 1000
    assert int(ran) == pytest.approx(waited * 1000, abs=1)
    before = told(run, run.incidents.began_us(befallen), befallen.noticed_us)
    assert {type(event) for event in before} == {ev.IncidentBegan}


def test_a_rank_says_the_same_of_its_own_wait_in_all_its_lines() -> None:
    waits: dict[int | None, set[str]] = defaultdict(set)
    for line in spoken(one("collective-hang")):
        waits[line.rank] |= set(re.findall(r"ran for (\d+) milliseconds", line.words))
    assert {len(found) for rank, found in waits.items() if found} == {1}
    assert len({min(found) for found in waits.values() if found}) == 3


def test_the_launchers_root_cause_may_be_a_healthy_rank() -> None:
    blamed = {}
    for cause in ("collective-hang", "gpu-off-bus"):
        (table,) = (line.words for line in spoken(one(cause)) if "Root Cause" in line.words)
        ((blamed[cause], local_rank),) = re.findall(r"rank +: (\d+) \(local_rank: (\d+)\)", table)
        assert int(local_rank) == int(blamed[cause]) % 8
    assert int(blamed["gpu-off-bus"]) == 11
    assert int(blamed["collective-hang"]) != 11


def test_restarts_are_silent_by_default() -> None:
    lines = [line for line in spoken(one("gpu-off-bus")) if line.speaker == "elastic"]
    shown = Counter((line.level, line.is_shown) for line in lines)
    assert {level for level, is_shown in shown if is_shown} == {"warning", "error"}
    assert {level for level, is_shown in shown if not is_shown} == {"info"}


def test_a_node_that_nobody_can_replace_is_repaired() -> None:
    run = one("gpu-off-bus", replace(SMALL, spares=0))
    (replaced,) = only(about(run), ev.NodeReplaced)
    assert replaced.host == replaced.replacement
    line = Console(header(run), Screen(200, 60, color=False)).lines(replaced)[0]
    assert re.search(r"node 1 repaired \| worker-1\.\S+ \| waited \S+", line)
    assert "->" not in line


def test_on_a_large_cluster_some_are_told_and_the_rest_counted() -> None:
    lines = [line for line in spoken(one("collective-hang", MANY_NODES)) if line.speaker == "watchdog"]
    ranks = {line.rank for line in lines if line.rank != 11}
    assert len(ranks) == 3
    assert sum(line.unlisted for line in lines) == 1024 - 1 - 3


def test_what_an_interruption_cost_adds_up() -> None:
    run = one("gpu-off-bus")
    (recovered,) = only(about(run), ev.Recovered)
    parts = recovered.noticing_seconds + recovered.repairing_seconds + recovered.restarting_seconds
    assert recovered.lost_seconds == pytest.approx(parts)
    before, after = run.timeline.stretches
    assert recovered.step == after.first_data_step == 241
    assert recovered.steps_to_redo == before.last_data_step - 240
    assert recovered.time_seconds - recovered.lost_seconds == pytest.approx(before.end_us / 1e6)


def test_what_cuts_a_restart_takes_the_recovery_with_it() -> None:
    first = one("gpu-off-bus")
    at_us = (first.incidents.relaunched_us(first.befallen[0]) + first.befallen[0].over_us) // 2
    again = [incident("gpu-off-bus", in_step(calm(SMALL), 250)), incident("software-bug", at_us, node=0, address=1)]
    run = befallen_by(SMALL, again)
    events = told(run, run.incidents.began_us(run.befallen[0]), run.befallen[1].over_us + 1)
    assert [event.number for event in only(events, ev.Recovered)] == [2]
    assert [event.number for event in only(events, ev.IncidentNoticed)] == [1, 2]
    assert len(only(events, ev.TrainingInterrupted)) == 2


@pytest.mark.parametrize("cause", ["collective-hang", "gpu-off-bus", "software-bug"])
def test_the_scheduler_and_the_launcher_mean_the_same_node(cause: str) -> None:
    words = [line.words for line in spoken(one(cause))]
    ((named, task),) = (found for text in words for found in re.findall(r"srun: error: (\S+): task (\d+)", text))
    ((blamed, rank),) = (found for text in words for found in re.findall(r"host +: (\S+)\n +rank +: (\d+)", text))
    assert "." not in named
    assert blamed.partition(".")[0] == named
    assert int(task) == int(rank) // 8


def test_a_launcher_stops_one_process_after_the_other() -> None:
    closing = [line for line in spoken(one("straggler")) if "closing signal" in line.words]
    by_node: dict[str, list[int]] = defaultdict(list)
    for line in closing:
        by_node[line.host].append(int(line.words.split()[2]))
    assert [len(pids) for pids in by_node.values()] == [8, 8]
    assert all(pids == sorted(pids) for pids in by_node.values())


# Labels


@pytest.mark.parametrize("cause", HAPPENING)
def test_a_label_agrees_with_the_events(cause: str) -> None:
    run = one(cause)
    events = about(run)
    (label,) = (label for label in PretrainingStory(run).labels() if label.number)
    (began,) = only(events, ev.IncidentBegan)
    assert (label.cause, label.begin_us) == (began.cause, round(began.time_seconds * 1e6))
    assert label.begin_us <= label.end_us
    for noticed in only(events, ev.IncidentNoticed):
        assert label.noticed_us == round(noticed.time_seconds * 1e6)
    assert {round(line.time_seconds * 1e6) for line in only(events, ev.LogLine)} <= set(label.evidence_us)
    for recovered in only(events, ev.Recovered):
        assert label.end_us == round(recovered.time_seconds * 1e6)
        assert label.lost_seconds == recovered.lost_seconds
        assert label.lost_accelerator_hours == pytest.approx(recovered.lost_seconds * run.plan.world_size / 3600)


# The wrong node

MISDIAGNOSED = [name for name, cause in causes().items() if cause.returns]


def host_in(run: Run, node: int, time_us: int) -> str:
    return host(run.plan, run.incidents.machine_in(node, time_us))


@pytest.mark.parametrize("cause", MISDIAGNOSED)
def test_what_was_not_cured_comes_back_to_its_node(cause: str) -> None:
    """Within the hour, in other steps; then it is found."""
    run = misdiagnosed(cause)
    first, second = run.befallen[:2]
    assert (first.incident.cause, first.incident.node) == (second.incident.cause, second.incident.node)
    assert (first.blamed != first.incident.node) > (second.blamed != second.incident.node)
    back_us = run.incidents.began_us(second) - first.over_us
    assert back_us == 1 if first.incident.cause.slowing else 120e6 <= back_us <= 3600e6
    assert first.host == second.host, "nobody has touched it"
    assert run.incidents.machine_in(1, first.over_us) == first.host
    if first.incident.cause.cure.replaces:
        assert run.incidents.machine_in(first.blamed, first.over_us) == first.replaced_by != first.drained
    if first.incident.cause.cure.replaces and second.interrupts:  # what slows may pass before it is found again
        assert run.incidents.machine_in(1, second.over_us) == second.replaced_by


@pytest.mark.parametrize("cause", MISDIAGNOSED)
def test_who_was_blamed_is_told_and_what_was_true_is_marked(cause: str) -> None:
    run = misdiagnosed(cause)
    first, second = run.befallen[:2]
    events = told(run, run.incidents.began_us(first), max(second.over_us, second.noticed_us) + 1)
    (wrong,) = only(events, ev.Misdiagnosed)
    assert isinstance(wrong, ev.GroundTruth)
    assert (wrong.number, wrong.node, wrong.true_node) == (first.number, first.blamed, 1)
    assert (wrong.host, wrong.true_host) == (host(run.plan, first.drained), host(run.plan, first.host))
    began = {event.number: event for event in only(events, ev.IncidentBegan)}
    assert {began[first.number].host, began[second.number].host} == {wrong.true_host}
    assert [began[each.number].returns for each in (first, second)] == [None, first.number]
    replaced = {event.number: (event.node, event.host) for event in only(events, ev.NodeReplaced)}
    if first.incident.cause.cure.replaces:
        assert replaced[first.number] == (wrong.node, wrong.host)
        assert replaced.get(second.number) == ((1, wrong.true_host) if second.interrupts else None)
    drained = [line.words for line in only(events, ev.LogLine) if "DRAINING" in line.words]
    if drained:
        assert short_host(run.plan, first.drained) in drained[0]
        assert short_host(run.plan, second.host) in drained[1]
    labels = {label.number: label for label in PretrainingStory(run).labels()}
    assert labels[first.number].blamed == wrong.host
    assert labels[first.number].place.startswith(wrong.true_host)
    assert (labels[second.number].blamed, labels[second.number].returns) == ("", first.number)


def test_the_launchers_root_cause_is_on_the_node_that_is_blamed() -> None:
    """Where the survivors fail first; somebody believed it."""
    run = misdiagnosed("nic-down", MANY_NODES)
    (table,) = (
        line.words for line in spoken(run) if "Root Cause" in line.words and line.number == run.befallen[0].number
    )
    assert f"host      : {host(run.plan, run.befallen[0].drained)}" in table


def test_a_machine_that_left_for_another_reason_takes_its_trouble_along() -> None:
    first = misdiagnosed("gpu-error").befallen[0]
    leaves = diagnosed("host-reboot", first.over_us + 1_000_000)
    run = befallen_by(SMALL, [first.incident, leaves])
    assert [each.incident.cause.name for each in run.befallen] == ["gpu-error", "host-reboot"]
