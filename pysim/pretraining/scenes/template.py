"""What stands in the curly brackets of a template: one function for each field of `data/incidents.toml`.

A field that has no value in a case (a checkpoint before the newest where there is none) leaves its line out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType

from pysim.catalog.software import software_of
from pysim.pretraining.names import (
    SCRIPT,
    accelerator_uuid,
    adapter,
    address,
    board_serial,
    bus_id,
    checkpoint_path,
    file_system,
    job_id,
    short_host,
)
from pysim.pretraining.scenes.case import Case
from pysim.story.times import utc

_BINARY, _PROCESS = "/usr/bin/python3", "pt_main_thread"
_FABRICS = {"ib": "InfiniBand", "roce": "RoCE"}
_SIGNALS = {6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}
_NO_TRACEBACK = "To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html"
_LINKS = 18  # of an accelerator
_WORKERS_LATER = 400  # process ids between a rank and its data loader's workers
_LINK, _REGISTER, _ADDRESS, _PORT, _FREE, _WANTED, _SERVER, _SHARD, _PING = range(10, 19)  # draws
_BOOTS_SECONDS = 45  # from its kernel to its registration [M]
_PINGS_SECONDS = 25  # between two questions of the controller: a third of SlurmdTimeout

_MICROSECONDS = 1_000_000

Value = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """Somebody who is about to say something: a rank or a service on a node, and when."""

    case: Case
    rank: int | None
    about: int | None  # the rank of whose process is spoken
    time_us: int
    waited_until_us: int  # when the watchdog of this voice had enough


def filled(words: str, saying: Saying) -> str | None:
    """The words with all fields filled in; None where one has no value."""
    wanted = {name for _, name, _, _ in Formatter().parse(words) if name}
    values = {name: FIELDS[name](saying) for name in wanted}
    return None if None in values.values() else words.format_map(values)


def _nccl_version(s: Saying) -> str:
    plan = s.case.run.plan
    return software_of(plan.accelerator.vendor, plan.start_time).version


def _speaking_rank(s: Saying) -> int:
    return s.case.victim if s.rank is None else s.rank


def _local(s: Saying) -> int:
    """The local rank of the accelerator that was hit."""
    return s.case.victim % s.case.per_node


def _victim_host(s: Saying) -> str:
    return short_host(s.case.run.plan, s.case.befallen.host)


def _first_host(s: Saying) -> str:
    return s.case.host(0, s.time_us).partition(".")[0]


def _bus(s: Saying) -> str:
    return bus_id(s.case.run.plan, _speaking_rank(s) if s.rank is not None else s.case.victim)[:2] or "17"


def _bus_nic(s: Saying) -> str:
    """Beside its accelerator, behind the same switch."""
    return f"{int(_bus(s), 16) + 1:02x}"


def _pid(s: Saying) -> int:
    rank = _speaking_rank(s) if s.about is None else s.about
    return s.case.process(rank, min(s.time_us, s.case.befallen.noticed_us))


def _adapter(s: Saying) -> str:
    fabric = _FABRICS.get(s.case.run.plan.accelerator.scale_out.partition("-")[0], "InfiniBand")
    return f"{adapter(fabric)}_{_speaking_rank(s) % s.case.per_node}"


def _gib(value: float) -> str:
    return f"{value:.2f}"


def _capacity(s: Saying) -> float:
    return s.case.run.plan.accelerator.memory_mib / 1024


def _free(s: Saying) -> float:
    return 0.2 + 0.8 * s.case.draw(_FREE)


def _wanted(s: Saying) -> float:
    return _free(s) + 0.5 + 3.0 * s.case.draw(_WANTED)


def _reason(s: Saying) -> str:
    code, rank = s.case.first_dead_exit, s.case.first_dead
    if code >= 0:
        return _NO_TRACEBACK
    process = s.case.process(rank, s.case.befallen.noticed_us)
    return f"Signal {-code} ({_SIGNALS[-code]}) received by PID {process}"


def _first_dead_host(s: Saying) -> str:
    return s.case.host(s.case.first_dead // s.case.per_node, s.case.befallen.noticed_us)


def _first_to_time_out(s: Saying) -> int | None:
    return s.case.told_survivors[0] if s.case.survivors else None


def _time(s: Saying) -> str:
    return utc(s.case.run.plan.start_time, s.time_us)[:19]


def _boot_time(s: Saying) -> int:
    return s.case.run.plan.start_time + s.time_us // _MICROSECONDS - _BOOTS_SECONDS


def _last_response(s: Saying) -> int:
    ago = int(_PINGS_SECONDS * s.case.draw(_PING)) + 1
    return s.case.run.plan.start_time + s.case.began_us // _MICROSECONDS - ago


def _ran_ms(s: Saying) -> int:
    return (s.waited_until_us - s.case.began_us) // 1000


def _skipped(s: Saying) -> tuple[int, int] | None:
    """The first and the last batch that was left out, if any was."""
    stretch = s.case.run.incidents.resumption(s.case.befallen)
    if stretch is None or stretch.first_data_step == stretch.resumed_after + 1:
        return None
    return stretch.resumed_after + 1, stretch.first_data_step - 1


def _skipped_from(s: Saying) -> int | None:
    skipped = _skipped(s)
    return skipped[0] if skipped else None


def _skipped_to(s: Saying) -> int | None:
    skipped = _skipped(s)
    return skipped[1] if skipped else None


def _older_checkpoint(s: Saying) -> str | None:
    stretch = s.case.run.incidents.resumption(s.case.befallen)
    if stretch is None or not stretch.resumed_after:
        return None
    return checkpoint_path(s.case.run.plan, stretch.resumed_after)


def _hexadecimal(s: Saying, draw: int, digits: int) -> str:
    return f"{int(16**digits * s.case.draw(draw)):0{digits}x}"


FIELDS: Mapping[str, Callable[[Saying], Value]] = MappingProxyType(
    {
        "rank": _speaking_rank,
        "local_rank": lambda s: _speaking_rank(s) % s.case.per_node,
        "task": lambda s: s.case.victim // s.case.per_node,
        "pid": _pid,
        "process": lambda _s: _PROCESS,
        "binary": lambda _s: _BINARY,
        "script": lambda _s: SCRIPT,
        "victim_host": _victim_host,
        "first_host": _first_host,
        "first_host_left": lambda s: None if 0 in s.case.nodes_hit else _first_host(s),
        "drained_host": lambda s: short_host(s.case.run.plan, s.case.befallen.drained),
        "victim_rank": lambda s: s.case.victim,
        "victim_gpu": _local,
        "bus": _bus,
        "uuid": lambda s: accelerator_uuid(s.case.run.plan, s.case.befallen.host, _local(s)),
        "serial": lambda s: board_serial(s.case.run.plan, s.case.befallen.host, _local(s)),
        "link": lambda s: int(_LINKS * s.case.draw(_LINK)),
        "lane_register": lambda s: _hexadecimal(s, _REGISTER, 8),
        "address_hex": lambda s: f"7f{_hexadecimal(s, _ADDRESS, 2)}_{_hexadecimal(s, _REGISTER, 8)}",
        "capacity_gib": lambda s: _gib(_capacity(s)),
        "used_gib": lambda s: _gib(_capacity(s) - _free(s)),
        "free_gib": lambda s: _gib(_free(s)),
        "wanted_gib": lambda s: _gib(_wanted(s)),
        "adapter": _adapter,
        "interface": lambda s: f"ib{_speaking_rank(s) % s.case.per_node}",
        "bus_nic": _bus_nic,
        "peer": lambda s: address(s.case.run.plan, s.case.befallen.host),
        "peer_port": lambda s: 32_768 + int(28_000 * s.case.draw(_PORT)),
        "first_dead_rank": lambda s: s.case.first_dead,
        "first_dead_local_rank": lambda s: s.case.first_dead % s.case.per_node,
        "first_dead_host": _first_dead_host,
        "first_dead_node": lambda s: _first_dead_host(s).partition(".")[0],
        "first_dead_task": lambda s: s.case.first_dead // s.case.per_node,
        "first_dead_pid": lambda s: s.case.process(s.case.first_dead, s.case.befallen.noticed_us),
        "first_dead_exit": lambda s: s.case.first_dead_exit,
        "first_dead_reason": _reason,
        "first_to_time_out": _first_to_time_out,
        "time": _time,
        "table_time": lambda s: _time(s).replace("T", "_"),
        "boot_time": _boot_time,
        "last_response": _last_response,
        "watchdog_ms": lambda s: s.case.run.plan.watchdog_seconds * 1000,
        "ran_ms": _ran_ms,
        "collective": lambda s: s.case.collective.name,
        "numel_in": lambda s: s.case.collective.numel_in,
        "numel_out": lambda s: s.case.collective.numel_out,
        "sequence": lambda s: s.case.collective.sequence,
        "enqueued": lambda s: s.case.collective.enqueued,
        "completed": lambda s: s.case.collective.sequence - 1,
        "group_id": lambda _s: 0,
        "group_guid": lambda _s: 0,
        "group_name": lambda _s: "default_pg",
        "group_rank": _speaking_rank,
        "nccl_version": _nccl_version,
        "job_id": lambda s: job_id(s.case.run.plan),
        "step": lambda s: s.case.step_at(s.time_us),
        "skipped_from": _skipped_from,
        "skipped_to": _skipped_to,
        "older_checkpoint": _older_checkpoint,
        "shard": lambda s: int(64 * s.case.draw(_SHARD)),
        "server": lambda s: f"{int(16 * s.case.draw(_SERVER)):04x}",
        "server_address": lambda s: address(s.case.run.plan, 200 + int(16 * s.case.draw(_SERVER))),
        "file_system": lambda _s: file_system(),
        "worker_pid": lambda s: _pid(s) + _WORKERS_LATER,
    }
)
"""By the names that the file explains in its table of fields."""
