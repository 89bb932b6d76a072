"""What goes wrong: enough causes of every kind, consistent in themselves, and everything that an expert looks at first."""

import re
from collections import Counter
from dataclasses import fields
from math import exp
from typing import get_args, get_type_hints

import pytest

from pysim.catalog import UnknownName, accelerators
from pysim.catalog.incidents import (
    PARTS,
    SINCE,
    Cause,
    Cure,
    Evidence,
    causes,
    failure_rates,
    looks,
    needs,
    reading,
    shares,
    speakers,
    template_fields,
    what_it_has,
)

CAUSES = [pytest.param(cause, id=name) for name, cause in causes().items()]
GENERATIONS = failure_rates().generations
LINES = [(cause, line) for cause in causes().values() for line in cause.evidence]

# What has to be there, in the words of people who run clusters, and the causes that stand for it.
KINDS = {
    "GPU off the bus": ["gpu-off-bus"],
    "uncorrectable HBM": ["hbm-error", "hbm-uncontained"],
    "SRAM": ["sram-error"],
    "row remap": ["row-remap"],
    "NVLink": ["nvlink-error", "nvswitch-error"],
    "GSP time-out": ["gsp-timeout"],
    "NIC down": ["nic-down"],
    "link flap": ["link-flap"],
    "switch or cable": ["switch-down", "cable-down"],
    "host reboot": ["host-reboot"],
    "kernel panic": ["kernel-panic"],
    "host out of memory": ["host-out-of-memory"],
    "CUDA out of memory": ["cuda-out-of-memory"],
    "software bug": ["software-bug"],
    "straggler": ["straggler"],
    "thermal throttling": ["thermal-throttling", "rack-cooling"],
    "power cap": ["power-cap"],
    "silent data corruption": ["silent-corruption"],
    "loss spike": ["loss-spike"],
    "divergence": ["divergence"],
    "overflow storm": ["fp16-overflow"],
    "NaN": ["nan"],
    "hang": ["collective-hang"],
    "loader stall": ["loader-stall", "loader-deadlock"],
    "storage slow or full": ["storage-slow", "disk-full"],
    "torn checkpoint": ["torn-checkpoint"],
    "preemption": ["preemption"],
    "planned maintenance": ["planned-maintenance"],
}

# A cluster of each kind: accelerator, accelerators, precision.
CLUSTERS = {
    "one 4090": ("rtx-4090", 1, "bf16"),
    "eight A100": ("a100-80gb", 8, "bf16"),
    "64 H100": ("h100-sxm", 64, "bf16"),
    "OPT": ("a100-80gb", 992, "fp16"),
    "Llama 3": ("h100-sxm", 16_384, "bf16"),
    "GB200": ("gb200", 4_608, "fp8"),
    "V100": ("v100-32gb", 256, "fp16"),
    "MI300X": ("mi300x", 512, "bf16"),
    "TPU": ("tpu-v4", 4_096, "bf16"),
    "potatoes": ("potato-mk2", 64, "bf16"),
}


def has(cluster: str) -> frozenset[str]:
    accelerator, count, precision = CLUSTERS[cluster]
    return what_it_has(accelerators()[accelerator], count, precision, saves=True)  # type: ignore[arg-type]  # mypy forgets


def said(cause: Cause, *roles: str) -> list[Evidence]:
    return [line for line in cause.evidence if line.role in roles]


# Enough of them


@pytest.mark.parametrize(("kind", "names"), KINDS.items())
def test_every_kind_of_trouble_is_there(kind: str, names: list[str]) -> None:
    assert set(names) <= causes().keys(), kind


def test_there_are_many_causes_and_everything_can_be_hit() -> None:
    assert len(causes()) >= 24
    assert {cause.hits for cause in causes().values()} == set(get_args(get_type_hints(Cause)["hits"]))
    assert {cause.effect for cause in causes().values()} == set(get_args(get_type_hints(Cause)["effect"]))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_has_a_plain_name_a_title_and_a_source(cause: Cause) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cause.name)
    assert cause.title
    assert cause.title != cause.name
    assert not cause.title.endswith(".")
    assert len(cause.source) > 4


@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_assumed_is_marked(cause: Cause) -> None:
    assert cause.trust in ("V", "S", "C", "M")
    assert cause.rate is None or cause.rate.trust == "M" or "assumed" not in cause.rate.source


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_can_hit_some_cluster(cause: Cause) -> None:
    assert any(cause.can_hit(has(cluster)) for cluster in CLUSTERS)


# How it shows


def test_every_field_of_the_templates_is_known_and_used() -> None:
    used = {name for _, line in LINES for name in line.fields}
    assert used <= template_fields().keys()
    unused = template_fields().keys() - used
    assert unused == set()


@pytest.mark.parametrize("cause", CAUSES)
def test_templates_can_be_filled_in(cause: Cause) -> None:
    values = dict.fromkeys(template_fields(), 7)
    for line in cause.evidence:
        text = line.words.format(**values)
        assert "{" not in text
        assert "}" not in text
        assert all(row.isprintable() for row in text.split("\n"))


@pytest.mark.parametrize("cause", CAUSES)
def test_lines_have_no_stamps_and_no_prefix(cause: Cause) -> None:
    """Stamps and prefixes are of three styles in one log, and a view's business."""
    for line in cause.evidence:
        assert not re.search(
            r"\d\d:\d\d:\d\d[.,]\d{3}|\d{4}-\d\d-\d\d|\[rank|NCCL (INFO|WARN)|^[EWI]\d{3,4} ", line.words
        )
    for line in cause.evidence:
        places = {"watchdog": r"ProcessGroupNCCL\.cpp:\d+", "elastic": r"(torch/distributed/elastic/\S+\.py:\d+)?"}
        assert re.fullmatch(places.get(line.speaker, r".*"), line.place)
        assert line.speaker != "nccl" or re.fullmatch(r"(transport|misc)/\w+\.cc:\d+", line.place)


@pytest.mark.parametrize("cause", CAUSES)
def test_evidence_comes_in_the_order_of_time(cause: Cause) -> None:
    times = [(SINCE.index(line.since), line.after) for line in cause.evidence]
    assert times == sorted(times)
    assert all(line.after >= 0 and line.within >= 0 for line in cause.evidence)


@pytest.mark.parametrize("cause", CAUSES)
def test_speakers_and_needs_are_known(cause: Cause) -> None:
    assert set(cause.needs) <= needs().keys()
    for line in cause.evidence:
        assert line.speaker in speakers()
        assert set(line.needs) <= needs().keys()


OF_A_PROCESS = {"rank", "local_rank", "group_rank", "enqueued", "numel_in"}


@pytest.mark.parametrize("cause", CAUSES)
def test_only_what_runs_on_a_node_names_its_own(cause: Cause) -> None:
    assert not [line for line in said(cause, "cluster") if line.fields & OF_A_PROCESS]


@pytest.mark.parametrize("cluster", [cluster for cluster in CLUSTERS if "several-nodes" in has(cluster)])
def test_an_interruption_leaves_words_that_are_shown(cluster: str) -> None:
    """In the log of the job, at default levels; where there are no others, the log of a dead node just ends."""
    for cause in causes().values():
        if cause.planned or not cause.cure.interrupts or not cause.can_hit(has(cluster)):
            continue
        shown = [line for line in cause.evidence_on(has(cluster)) if speakers()[line.speaker].shows(line.level)]
        assert [line for line in shown if speakers()[line.speaker].log == "job"], cause.name


def test_the_launcher_gives_up_before_the_scheduler_and_after_the_processes() -> None:
    for cause in causes().values():
        lines = [line.words[:12] for line in cause.evidence_on(has("Llama 3"))]
        order = [
            lines.index(words)
            for words in ("Sending proc", "failed (exit", "torch.distri", "srun: error:")
            if words in lines
        ]
        assert order == sorted(order) or "oom-kill:con" in lines


def test_every_need_and_every_speaker_is_used() -> None:
    needed = {need for cause in causes().values() for need in cause.needs}
    needed |= {need for _, line in LINES for need in line.needs}
    assert needed == needs().keys()
    assert {line.speaker for _, line in LINES} == speakers().keys()


# Words that belong to one vendor's drivers and libraries, and whose they are; ROCm goes by NCCL's name for its own.
WORDS_OF = {
    r"NCCL|c10::Dist": {"nvidia", "amd", "fictional"},
    r"NVRM|CUDA error|Xid": {"nvidia"},
    r"amdgpu": {"amd"},
    r"TDRV|NMGR|Neuron": {"aws"},
    r"jax_worker": {"google"},
    r"torch[./]distributed|torchrun": {"nvidia", "amd", "fictional", "aws", "intel"},
}


@pytest.mark.parametrize("name", accelerators())
def test_nothing_fails_in_the_words_of_another_vendor(name: str) -> None:
    accelerator = accelerators()[name]
    has = what_it_has(accelerator, 4096, "bf16", saves=True)
    said = [
        line.words + line.place for cause in causes().values() if cause.can_hit(has) for line in cause.evidence_on(has)
    ]
    for words, vendors in WORDS_OF.items():
        heard = any(re.search(words, line) for line in said)
        assert not heard or accelerator.vendor in vendors, words
    assert len(said) > 100


def test_trainium_speaks_of_a_hang_in_the_words_of_its_runtime() -> None:
    has = what_it_has(accelerators()["trainium3"], 512, "bf16", saves=True)
    lines = causes()["collective-hang"].evidence_on(has)
    assert any("suspected hang in collectives" in line.words for line in lines)


def test_every_program_that_takes_part_is_heard() -> None:
    assert speakers().keys() >= {
        "kernel", "nccl", "watchdog", "elastic", "trainer", "scheduler", "telemetry", "storage",
    }  # fmt: skip


# Who says what: what an expert looks at first


def test_an_error_line_is_not_its_cause() -> None:
    """The same words come of a monitor's driver and of ranks that wait for each other, of three kinds of memory and of bugs."""
    by_words: dict[str, set[str]] = {}
    for cause, line in LINES:
        if line.speaker in ("trainer", "watchdog"):
            by_words.setdefault(line.words.split("\n")[0][:60], set()).add(cause.name)
    assert {"gsp-timeout", "collective-hang"} <= by_words[
        "[Rank {rank}] Watchdog caught collective operation timeout: WorkNCCL(SeqNum={sequence}, OpType"[:60]
    ]
    memory = by_words["torch.AcceleratorError: CUDA error: uncorrectable ECC error encountered"[:60]]
    assert len(memory) == 3
    lost = [
        names
        for words, names in by_words.items()
        if "raised the following async exception" in words or "[Rank {rank}] Collective" in words
    ]
    assert lost
    assert {"host-reboot", "kernel-panic", "cable-down", "switch-down"} <= lost[0]


@pytest.mark.parametrize("name", ["host-reboot", "kernel-panic", "power-supply"])
def test_a_dead_node_is_silent_and_the_others_speak(name: str) -> None:
    cause = causes()[name]
    here = [line for line in cause.evidence_on(has("Llama 3")) if speakers()[line.speaker].log == "job"]
    assert {line.role for line in here} & {"victim", "neighbours", "launcher", "host", "all"} == set()
    assert "survivors" in {line.role for line in here}
    assert looks()[cause.looks.victim].readable is False
    assert cause.exits is not None
    assert cause.exits.victim == ()


def test_the_culprit_of_a_hang_times_out_on_nobody() -> None:
    """It never entered the collective: it only hears of the others, and what it enqueued is what it completed."""
    hang = causes()["collective-hang"]
    assert all("Watchdog caught" not in line.words for line in said(hang, "victim", "all"))
    heard = [line for line in said(hang, "victim") if "Last enqueued" in line.words]
    assert [
        "Last enqueued NCCL work: {completed}, last completed NCCL work: {completed}." in line.words for line in heard
    ] == [True]
    assert all(
        "Last enqueued NCCL work: {enqueued}, last" in line.words
        for line in said(hang, "survivors")
        if "Last enq" in line.words
    )


@pytest.mark.parametrize("name", ["collective-hang", "gsp-timeout", "cable-down", "host-reboot"])
def test_the_launcher_blames_a_healthy_rank(name: str) -> None:
    cause = causes()[name]
    assert cause.blames == "survivor"
    assert cause.exits is not None
    assert cause.exits.survivors == (-6,)


def test_a_hang_is_busy_at_a_tenth_of_the_power() -> None:
    spinning = looks()["spinning"]
    assert spinning.utilization == 1.0
    watts = {}
    for name in ("v100-32gb", "a100-80gb", "h100-sxm"):
        part = accelerators()[name]
        watts[name] = part.idle_watts + spinning.load * (part.power_watts - part.idle_watts)
        assert part.idle_watts < watts[name] < 0.2 * part.power_watts
    assert watts["h100-sxm"] == pytest.approx(100, rel=0.05)
    assert watts["a100-80gb"] == pytest.approx(70, rel=0.15)
    assert looks()["idle"].utilization == 0.0
    assert (spinning.cpu, looks()["asleep"].cpu) == (0.98, 0.02)


@pytest.mark.parametrize("cause", [param for param in CAUSES if param.values[0].effect == "hang"])  # type: ignore[union-attr]
def test_all_but_one_spin_in_a_hang(cause: Cause) -> None:
    assert (cause.looks.victim, cause.looks.survivors) == ("asleep", "spinning")


def test_a_default_level_hides_lines() -> None:
    hidden = {line.words.split("\n")[0] for _, line in LINES if not speakers()[line.speaker].shows(line.level)}
    visible = {line.words.split("\n")[0] for _, line in LINES if speakers()[line.speaker].shows(line.level)}
    assert "[default] Rendezvous'ing worker group" in hidden
    assert any("Got completion from peer" in words for words in hidden)  # NCCL says nothing unless it is told to
    assert "Sending process {pid} closing signal SIGTERM" in visible
    assert any(words.startswith("failed (exitcode") for words in visible)
    assert any(
        words.startswith("torch.distributed.elastic.multiprocessing.errors.ChildFailedError") for words in visible
    )
    assert all(line.level != "info" for _, line in LINES if line.speaker == "watchdog")


def test_words_stand_in_the_log_of_their_speaker() -> None:
    logs = {name: speaker.log for name, speaker in speakers().items()}
    assert logs["kernel"] == logs["storage"] == "host"
    assert logs["scheduler"] == "scheduler"
    assert logs["telemetry"] == "monitoring"
    assert {logs[name] for name in ("nccl", "watchdog", "elastic", "trainer", "step")} == {"job"}
    assert all(line.role == "host" for _, line in LINES if logs[line.speaker] == "host")


def test_the_driver_names_buses_in_two_ways() -> None:
    words = [row for _, line in LINES if line.speaker == "kernel" for row in line.words.split("\n")]
    xids = [row for row in words if "NVRM: Xid" in row]
    assert len(xids) > 15
    assert all(re.match(r"NVRM: Xid \(PCI:0000:\{bus\}:00\): \d+, ", row) for row in xids)
    assert all(
        row.startswith("NVRM: GPU 0000:{bus}:00.0: ")
        for row in words
        if "fallen off the bus" in row and "Xid" not in row
    )
    assert all("(PCI:0000:05:00.0)" in row for row in words if "SXid" in row)


def test_an_xid_79_comes_with_company_and_before_the_trainer_s_words() -> None:
    lines = causes()["gpu-off-bus"].evidence_on(has("Llama 3"))
    order = [line.words for line in lines]
    xid = next(index for index, words in enumerate(order) if " 79, " in words)
    assert any(" 154, " in words for words in order[xid:])
    assert [line.speaker for line in lines[: xid + 1]] == ["kernel"] * (xid + 1)
    spoken = list(dict.fromkeys(line.speaker for line in lines))
    assert spoken[:3] == ["kernel", "nccl", "trainer"]
    assert spoken.index("trainer") < spoken.index("elastic") < spoken.index("telemetry")


@pytest.mark.parametrize("cause", [param for param in CAUSES if param.values[0].effect == "slow"])  # type: ignore[union-attr]
def test_what_is_slow_makes_no_trainer_speak(cause: Cause) -> None:
    assert not [line for line in cause.evidence if line.speaker in ("trainer", "watchdog", "nccl")]


# What it does, and what is done about it


@pytest.mark.parametrize("cause", CAUSES)
def test_an_effect_has_its_numbers(cause: Cause) -> None:
    assert (cause.slowing is not None) == (cause.effect == "slow")
    assert (cause.stall is not None) == (cause.effect == "stall")
    assert (cause.loss is not None) == (cause.effect == "loss")
    if cause.slowing:
        assert 0 < cause.slowing.permille[0] < cause.slowing.permille[1] <= 1000
        assert 0 < cause.slowing.seconds[0] < cause.slowing.seconds[1]
    if cause.stall:
        assert 0 < cause.stall.seconds[0] < cause.stall.seconds[1] < cause.stall.seconds[2]


@pytest.mark.parametrize("cause", CAUSES)
def test_it_is_noticed_in_its_time(cause: Cause) -> None:
    assert 0 <= cause.notice.seconds[0] <= cause.notice.seconds[1] <= cause.notice.seconds[2]
    assert cause.notice.watchdog == (cause.notice.by == "watchdog")


@pytest.mark.parametrize("cause", CAUSES)
def test_processes_end_where_the_cure_interrupts(cause: Cause) -> None:
    assert (cause.exits is not None) == cause.cure.interrupts
    assert not cause.blames or cause.cure.interrupts
    assert not cause.cure.replaces or cause.hits in ("accelerator", "node", "switch")
    assert (cause.rollback is not None) <= cause.cure.interrupts
    assert cause.cure.interrupts or cause.effect in ("slow", "stall", "loss", "survives")


@pytest.mark.parametrize("cause", CAUSES)
def test_an_interrupted_run_is_launched_again(cause: Cause) -> None:
    names = [part.name for part in cause.cure.parts]
    assert names == sorted(names, key=PARTS.index)
    assert bool(names) == cause.cure.interrupts
    assert not cause.cure.interrupts or names[-1] == "loading"


@pytest.mark.parametrize("cause", CAUSES)
def test_chances_are_chances_and_looks_are_known(cause: Cause) -> None:
    assert 0 <= cause.recurs < 1
    assert 0 <= cause.misdiagnosed < 1
    assert {cause.looks.victim, cause.looks.survivors} <= looks().keys()


@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_planned_is_nobody_s_fault(cause: Cause) -> None:
    assert not (cause.planned and cause.blames)
    assert cause.planned or not cause.saves_first
    assert cause.planned == (cause.cure.name in ("requeue", "maintain", "update"))


def cure(name: str) -> Cure:
    return next(cause.cure for cause in causes().values() if cause.cure.name == name)


@pytest.mark.parametrize(("nodes", "low", "high"), [(8, 120, 1200), (128, 240, 1500), (2048, 420, 1500)])
def test_a_recovery_takes_as_long_as_clusters_report(nodes: int, low: float, high: float) -> None:
    """3 to 20 minutes on 64 accelerators, 10 to 25 on 10,000, with the time that noticing takes; Llama 3 about eight."""
    assert low <= causes()["gpu-off-bus"].cure.seconds_on(nodes) <= high


@pytest.mark.parametrize(("accelerator_count", "seconds"), [(2048, 454), (4096, 545), (8192, 635), (16_384, 768)])
def test_queueing_takes_as_long_as_byterobust_reports(accelerator_count: int, seconds: float) -> None:
    (queueing,) = (part for part in cure("requeue").parts if part.name == "queueing")
    assert queueing.seconds_on(accelerator_count // 8) == pytest.approx(seconds, rel=0.05)


def test_a_part_of_a_cure_may_take_another_time_for_one_cause() -> None:
    parts = {part.name: part for part in causes()["nan"].cure.parts}
    assert (parts["diagnosing"].seconds_on(1), parts["diagnosing"].seconds_on(512)) == (4289, 4289)
    assert len(parts) == 5


# The loss


def test_a_spike_is_bloom_s() -> None:
    """bigscience-workshop/bigscience, 2022-04-12: gradient norm and loss of steps 31,214 to 31,219."""
    shape = causes()["loss-spike"].loss
    assert shape is not None
    norms = [0.242 * point.grad_norm_factor for point in shape.points[:6]]
    losses = [2.199 * point.loss_factor for point in shape.points[:6]]
    assert norms == pytest.approx([0.242, 0.947, 2.390, 15.886, 145.119, 960.351], rel=0.005)
    assert losses == pytest.approx([2.199, 2.220, 2.595, 2.242, 2.345, 5.098], rel=0.005)
    assert shape.recovers
    assert max(shape.points, key=lambda point: point.loss_factor).step == shape.leads_steps + 1
    back = next(point for point in shape.points[6:] if point.loss_factor < 1.01)
    assert back.step - 5 <= 31


@pytest.mark.parametrize("cause", [param for param in CAUSES if param.values[0].loss])  # type: ignore[union-attr]
def test_a_loss_begins_as_it_was_and_comes_back_if_it_recovers(cause: Cause) -> None:
    shape = cause.loss
    assert shape is not None
    steps = [point.step for point in shape.points]
    assert steps == sorted(set(steps))
    assert (shape.points[0].step, shape.points[0].grad_norm_factor) == (0, 1.0)
    assert (shape.points[0].loss_factor == 1.0) != bool(shape.skipped_steps), "what is skipped comes at once"
    assert all(point.grad_norm_factor > 0 and point.loss_factor > 0 for point in shape.points)
    returned = shape.points[-1].loss_factor == 1.0
    assert shape.not_a_number or returned == shape.recovers
    assert shape.recovers == (not cause.cure.interrupts)


# How often


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_divides_the_failures_or_has_a_rate_of_its_own(cause: Cause) -> None:
    assert bool(cause.counts) != bool(cause.rate)
    assert all(count > 0 for _, count in cause.counts)
    assert {generation for generation, _ in cause.counts} <= GENERATIONS.keys()
    if cause.rate:
        assert (cause.rate.value == 0) == (cause.rate.per == "request")
        assert 0 <= cause.rate.value < 0.1
        assert cause.rate.source


@pytest.mark.parametrize("generation", GENERATIONS)
def test_shares_of_a_generation_add_up(generation: str) -> None:
    assert sum(shares(generation).values()) == pytest.approx(1.0, abs=1e-9)
    assert all(share > 0 for share in shares(generation).values())


def test_the_table_of_llama_3_is_met_row_by_row() -> None:
    record = failure_rates().records["llama3-405b"]
    assert sum(category.count for category in record.categories) == record.unexpected == 419
    for category in record.categories:
        assert sum(causes()[name].count_in("hopper") for name in category.causes) == category.count, category.title
    named = Counter(name for category in record.categories for name in category.causes)
    assert named == Counter({cause.name: 1 for cause in causes().values() if cause.count_in("hopper")})


def test_every_accelerator_is_of_one_generation() -> None:
    listed = Counter(name for generation in GENERATIONS.values() for name in generation.accelerators)
    assert listed == Counter(dict.fromkeys(accelerators(), 1))
    assert all(failure_rates().generation_of(name).per_accelerator_day > 0 for name in accelerators())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_generation_has_counts_or_borrows_them(generation: str) -> None:
    row = GENERATIONS[generation]
    own = any(cause.count_in(generation) for cause in causes().values())
    assert own == (not row.counts_of)
    assert not row.counts_of or not GENERATIONS[row.counts_of].counts_of
    assert set(row.has) <= needs().keys()


def test_records_give_rates_of_the_right_order() -> None:
    records = failure_rates().records
    assert records["llama3-405b"].per_accelerator_day == pytest.approx(
        GENERATIONS["hopper"].per_accelerator_day, rel=1e-3
    )
    assert 54 * 24 / records["llama3-405b"].unexpected == pytest.approx(3.1, abs=0.05)
    opt = records["opt-175b"]
    assert opt.unexpected / opt.days == pytest.approx(2.0, rel=0.1)
    assert records["bloom-176b"].days / records["bloom-176b"].unexpected == pytest.approx(7, rel=0.05)


# How faults cluster


def test_a_trace_s_numbers_fit_each_other() -> None:
    clustering = failure_rates().clustering
    per_server, days = 584 / 400, 348
    assert 1 - exp(-7 * per_server / days) == pytest.approx(clustering.returns_without_clustering_7_days, abs=1e-3)
    untouched = (1 + per_server / clustering.server_shape) ** -clustering.server_shape
    assert untouched == pytest.approx(clustering.untouched_share, abs=0.02)
    assert dict(clustering.returns) == {1: 0.14, 7: 0.26, 30: 0.42}
    assert clustering.gap_variation == 1.76


def test_how_servers_differ_gives_the_worst_tenth_its_share() -> None:
    """Faults of a server are then negative binomial; the tenth with the most has two fifths of all."""
    clustering, mean = failure_rates().clustering, 584 / 400
    shape = clustering.server_shape
    chance, chances = (shape / (shape + mean)) ** shape, []
    for faults in range(60):
        chances.append(chance)
        chance *= (faults + shape) / (faults + 1) * mean / (shape + mean)
    left, worst = 0.1, 0.0
    for faults in reversed(range(60)):
        taken = min(left, chances[faults])
        left, worst = left - taken, worst + taken * faults
    assert worst / mean == pytest.approx(clustering.worst_tenth_share, abs=0.03)


def test_quantiles_of_repairs_rise() -> None:
    shares_, hours = zip(*failure_rates().repairs.quantiles, strict=True)
    assert (shares_[0], shares_[-1]) == (0.0, 1.0)
    assert list(shares_) == sorted(set(shares_))
    assert list(hours) == sorted(set(hours))


# What a cluster can be hit by


@pytest.mark.parametrize(
    ("cluster", "cause", "possible"),
    [
        ("one 4090", "nvlink-error", False),
        ("one 4090", "hbm-error", False),
        ("one 4090", "collective-hang", False),
        ("one 4090", "gpu-off-bus", True),
        ("eight A100", "nvlink-error", True),
        ("eight A100", "nic-down", False),
        ("eight A100", "preemption", False),
        ("64 H100", "switch-down", False),
        ("Llama 3", "switch-down", True),
        ("Llama 3", "fp16-overflow", False),
        ("OPT", "fp16-overflow", True),
        ("V100", "nvlink-error", True),
        ("V100", "nvswitch-error", False),
        ("MI300X", "nvlink-error", False),
        ("MI300X", "hbm-error", True),
        ("MI300X", "gsp-timeout", False),
        ("TPU", "gpu-off-bus", True),
        ("TPU", "cuda-out-of-memory", False),
        ("potatoes", "hbm-error", False),
        ("potatoes", "host-reboot", True),
    ],
)
def test_a_cluster_is_hit_by_what_it_has(cluster: str, cause: str, *, possible: bool) -> None:
    assert causes()[cause].can_hit(has(cluster)) == possible


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_cluster_speaks_in_its_own_words(cluster: str) -> None:
    here = has(cluster)
    words = "\n".join(
        line.words for cause in causes().values() if cause.can_hit(here) for line in cause.evidence_on(here)
    )
    assert ("NVRM" in words) == ("nvidia" in here)
    assert ("amdgpu" in words) == ("amd" in here)
    assert ("torch." in words) == ("torch" in here)
    assert ("jax_worker" in words) == ("tpu" in here)
    assert ("slurm" in words) == ("scheduler" in here)
    assert ("NVLink: fatal" in words) == ("nvlink4" in here)
    assert ("NETIR_LINK_EVT" in words) == ("nvlink5" in here)
    assert needs().keys() >= here


def test_saving_and_precision_count() -> None:
    h100 = accelerators()["h100-sxm"]
    assert "checkpoints" not in what_it_has(h100, 64, "bf16", saves=False)
    assert "fp16" not in what_it_has(h100, 64, "bf16", saves=True)


# Reading


def test_the_table_is_read_once_and_is_read_only() -> None:
    assert causes() is causes()
    assert not hasattr(causes(), "__setitem__")
    assert hash(causes()["gpu-off-bus"])


def test_a_telling_s_lines_are_moved_and_need_what_it_needs() -> None:
    lines = [line for line in causes()["collective-hang"].evidence if line.words.startswith("failed (exitcode")]
    assert [(line.after, line.needs) for line in lines] == [(2.5, ("torch",))]


def broken(**changes: object) -> None:
    table = reading._table()
    keys = {**table["cause"][0], **changes}
    tellings = {telling["name"]: telling for telling in table["telling"]}
    reading._cause(keys, {cause.cure.name: cause.cure for cause in causes().values()}, tellings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "grey"}, "cause 'gpu-off-bus': unknown keys colour"),
        ({"notice": {"by": "human"}}, "cause 'gpu-off-bus', notice: missing keys seconds"),
        ({"evidence": [{"speaker": "kernel"}]}, "cause 'gpu-off-bus', evidence: missing keys level, role, words"),
        (
            {"evidence": [{"telling": "first-xid", "speaker": "kernel"}]},
            "cause 'gpu-off-bus', evidence: unknown keys speaker",
        ),
    ],
)
def test_a_wrong_key_names_the_row(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        broken(**changes)


def test_an_unknown_cure_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown cure 'replaced'; did you mean 'replace'"):
        broken(cure="replaced")


def test_a_cause_may_be_listed_once() -> None:
    twice = [causes()["nan"], causes()["nan"]]
    with pytest.raises(ValueError, match="cause 'nan' is listed twice"):
        reading._by_name("cause", twice)


def test_every_value_has_the_type_of_its_field() -> None:
    for cause in causes().values():
        for row in (
            cause,
            cause.notice,
            cause.exits,
            cause.rate,
            cause.slowing,
            cause.stall,
            cause.rollback,
            *cause.evidence,
        ):
            if row is not None:
                _has_its_types(row)


def _has_its_types(row: object) -> None:
    hints = get_type_hints(type(row))
    for field in fields(row):  # type: ignore[arg-type]  # rows are dataclasses
        value, hint = getattr(row, field.name), hints[field.name]
        choices = get_args(hint)
        if choices and all(isinstance(choice, str) for choice in choices):
            assert value in choices, f"{field.name} of {row}"
        elif hint in (float, int, str, bool):
            assert isinstance(value, (int, float) if hint is float else hint), f"{field.name} of {row}"
