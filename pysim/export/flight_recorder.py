"""What PyTorch's flight recorder leaves of a collective that hung: a pickle for each rank whose process was there to write one.

The fields are those of PyTorch 2.8 (torch/csrc/distributed/c10d/FlightRecorder.hpp and FlightRecorderDetail.hpp, version 2.9 of the dump)
with its defaults: 2,000 entries, no timing of kernels - so that what has not completed is `scheduled`, and when it started nobody knows -
and files named `nccl_trace_rank_N`. Read by PyTorch's analyser (torch.distributed.flight_recorder, before 2.10 tools/flight_recorder) and
NVIDIA's (nvidia_resiliency_ext.attribution.trace_analyzer.fr_attribution).

Only the group of all ranks is told, because it is the one that the watchdog speaks of; stacks are empty, because a run has no source. Which
collective hung, since when, and who waited is read from the watchdog's own words, so that dump and log agree; who was not there is the truth.
"""

import pickle
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysim.export.exporter import Quiet, TooMuchError
from pysim.export.format import Asked
from pysim.story import events as ev
from pysim.story.columns import StepColumns
from pysim.story.job import Collective
from pysim.story.noise import Stream
from pysim.story.story import Span, Story

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

VERSION = "2.9"  # of the dump
ENTRIES = 2_000
LARGEST_BYTES = 16 * 10**9  # of one hang's dumps
FILE = "nccl_trace_rank_{rank}"
_PROTOCOL = 2  # of pickles, as PyTorch's own writer has it
_ENTRY_BYTES, _HEAD_BYTES, _RANK_BYTES = 420, 400, 7
_GROUP = ("0", "default_pg")
_THREAD = "pt_main_thread"
_FIRST_STACK, _PAGE = 0x7F0000000740, 4096  # of a process's main thread [M]
_POLL_NS = 100_000_000  # between two looks of the watchdog at what has completed
_JITTER_NS = 400_000  # by which ranks enqueue the same collective earlier or later [M]
_AHEAD_NS = 1_000_000  # between two that are enqueued while nothing goes on
_NORM_ELEMENTS = 2  # of what is summed over a job: the gradient's norm, a loss

_TIMED_OUT = re.compile(
    r"Watchdog caught collective operation timeout: WorkNCCL\(SeqNum=(\d+), OpType=(\w+), NumelIn=(\d+), NumelOut=(\d+), "
    r"Timeout\(ms\)=(\d+)\) ran for (\d+) milliseconds"
)
_ENQUEUED = re.compile(r"last enqueued work: (\d+), last completed work: (\d+)")
_DUMPS = re.compile(r"Received a dump signal due to a collective timeout")
_NAMES = {
    "ALLREDUCE": "all_reduce",
    "_ALLGATHER_BASE": "_all_gather_base",
    "_REDUCE_SCATTER_BASE": "_reduce_scatter_base",
}
_TYPES = {
    "bf16": "BFloat16",
    "fp16": "Half",
    "fp32": "Float",
}  # as c10 names them; what is less is gathered as bfloat16


class Hang:
    """What is said of one hang while it is told."""

    def __init__(self, rank: int) -> None:
        """`rank` is the first one that was hit."""
        self.rank = rank
        self.sequence = self.enqueued = self.timeout_ms = 0
        self.began_ns = 0  # since the launch of the job
        self.waiting: set[int] = set()  # ranks that say so
        self.unlisted = 0  # and how many more do
        self.culprits = False  # those that were hit are there to write a dump

    @property
    def is_told(self) -> bool:
        """Whether a watchdog has seen it."""
        return bool(self.sequence)


class FlightRecorder(Quiet):
    """Writes a folder for each hang, when the job is started again or the run is over."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._entries = asked.entries or ENTRIES

    def foretell(self, story: Story, _span: Span, /) -> str:
        """How much each hang leaves at most.

        Raises:
            TooMuchError: if that is too much.
        """
        ranks = story.header.world_size
        most = ranks * (_HEAD_BYTES + ranks * _RANK_BYTES + self._entries * _ENTRY_BYTES)
        told = f"{ranks:,} ranks with {self._entries:,} entries: at most {most / 1e9:,.2f} GB for each hang"
        if most > LARGEST_BYTES:
            message = f"--to nccl-flight-recorder: {told}, and it may be {LARGEST_BYTES / 1e9:,.0f} GB; ask for fewer (--entries 100)"
            raise TooMuchError(message)
        return told

    def begin(self, story: Story, _span: Span, /) -> None:
        """Whose ranks."""
        self._story, self._header = story, story.header
        self._kinds = story.header.job.collectives
        self._steps: deque[StepColumns] = deque()
        self._hangs: dict[int, Hang] = {}

    def steps(self, columns: StepColumns, /) -> None:
        """When steps ended, as far back as the entries reach."""
        if self._steps and self._steps[-1].attempt[-1] != columns.attempt[0]:
            self._steps.clear()
        self._steps.append(columns)
        wanted = self._entries // len(self._kinds) + 2
        while sum(map(len, self._steps)) - len(self._steps[0]) >= wanted:
            self._steps.popleft()

    def event(self, event: ev.Event, /) -> None:
        """What watchdogs say, and when it is over."""
        match event:
            case ev.IncidentBegan():
                self._hangs[event.number] = Hang(event.rank)
            case ev.LogLine(speaker="watchdog") if event.number in self._hangs:
                self._read(event, self._hangs[event.number])
            case ev.JobRelaunched():
                self._write()
            case _:
                pass

    def end(self) -> None:
        """What has not been started again."""
        self._write()

    def _read(self, line: ev.LogLine, hang: Hang) -> None:
        timed_out = _TIMED_OUT.match(line.words.partition("] ")[2])
        if timed_out and line.rank is not None:
            hang.sequence, _, _, hang.timeout_ms, ran_ms = (int(timed_out[group]) for group in (1, 3, 4, 5, 6))
            began_ns = round(line.time_seconds * 1e9) - ran_ms * 1_000_000
            hang.began_ns = max(hang.began_ns, began_ns)
            hang.waiting.add(line.rank)
        enqueued = _ENQUEUED.search(line.words)
        if enqueued:
            hang.enqueued = int(enqueued[1])
        if _DUMPS.search(line.words) and line.rank is not None and line.rank not in hang.waiting:
            hang.culprits = True
        hang.unlisted = max(hang.unlisted, line.unlisted)

    # Writing

    def _write(self) -> None:
        for number, hang in self._hangs.items():
            if hang.is_told:
                folder = self._folder / f"incident-{number:04d}"
                folder.mkdir()
                for rank in self._ranks(hang):
                    dump = pickle.dumps(self._dump(hang, rank), protocol=_PROTOCOL)
                    (folder / FILE.format(rank=rank)).write_bytes(dump)
        self._hangs.clear()

    def _hit(self, hang: Hang) -> range:
        """Those that the others waited for."""
        return range(hang.rank, hang.rank + self._header.world_size - len(hang.waiting) - hang.unlisted)

    def _ranks(self, hang: Hang) -> Iterator[int]:
        hit = self._hit(hang)
        return (rank for rank in range(self._header.world_size) if rank not in hit or hang.culprits)

    def _dump(self, hang: Hang, rank: int) -> dict[str, Any]:
        """All that one rank knows."""
        enqueued = hang.sequence - 1 if rank in self._hit(hang) else hang.enqueued
        ranks = ", ".join(map(str, range(self._header.world_size)))
        name, description = _GROUP
        return {
            "version": VERSION,
            "pg_config": {name: {"name": name, "desc": description, "ranks": f"[{ranks}]"}},
            "nccl_version": self._header.job.programs.library_version,
            "pg_status": {
                "0": {
                    "last_enqueued_collective": enqueued,
                    "last_started_collective": -1,  # nobody has timed it
                    "last_completed_collective": hang.sequence - 1,
                }
            },
            "entries": list(self._entries_of(hang, rank, enqueued)),
        }

    def _entries_of(self, hang: Hang, rank: int, enqueued: int) -> Iterator[dict[str, Any]]:
        sequences = np.arange(max(enqueued - self._entries, 0) + 1, enqueued + 1, dtype=np.int64)
        created, completed = self._times(hang, rank, sequences)
        thread = str(_FIRST_STACK + self._header.job.process_id(rank, self._launch(hang)) * _PAGE)
        for sequence, created_ns, completed_ns in zip(
            sequences.tolist(), created.tolist(), completed.tolist(), strict=True
        ):
            kind = self._kinds[(sequence - 1) % len(self._kinds)]
            is_done = sequence < hang.sequence
            yield {
                "frames": [],
                "record_id": sequence - 1,
                "pg_id": 0,
                "process_group": _GROUP,
                "thread_name": _THREAD,
                "thread_id": thread,
                "collective_seq_id": sequence,
                "p2p_seq_id": 0,
                "op_id": sequence,
                "profiling_name": f"nccl:{_NAMES[kind.operation]}",
                "time_created_ns": created_ns,
                "input_sizes": [[kind.elements_in]],
                "input_dtypes": [self._type(kind)],
                "output_sizes": [[kind.elements_out]],
                "output_dtypes": [self._type(kind)],
                "state": "completed" if is_done else "scheduled",
                "time_discovered_started_ns": None,
                "time_discovered_completed_ns": completed_ns if is_done else None,
                "retired": is_done,
                "timeout_ms": hang.timeout_ms,
                "is_p2p": False,
            }

    def _type(self, kind: Collective) -> str:
        if kind.elements_in <= _NORM_ELEMENTS:
            return "Float"
        is_gathered = kind.operation == "_ALLGATHER_BASE"
        precision = self._header.precision if is_gathered else self._header.job.optimization.gradient_precision
        return _TYPES.get(precision, "BFloat16")

    def _times(self, hang: Hang, rank: int, sequences: Ints) -> tuple[Ints, Ints]:
        """When each was enqueued and when the watchdog saw that it was done, Unix time in ns: evenly over the steps that they are of."""
        per_step = len(self._kinds)
        steps, places = np.divmod(sequences - 1, np.int64(per_step))
        ends, seconds = self._last_steps(hang)
        index = len(ends) - (
            (hang.sequence - 1) // per_step - steps
        )  # of the step among them; the one that hangs is behind them
        row = np.minimum(np.maximum(index, 0), len(ends) - 1)
        begun = ends[row] + (index - row - 1) * seconds[row]
        created = begun + places * seconds[row] / per_step
        completed = _nanoseconds(created + seconds[row] / per_step)
        ahead = sequences - hang.sequence
        enqueued = np.where(
            ahead < 0, np.minimum(_nanoseconds(created), hang.began_ns), hang.began_ns + ahead * _AHEAD_NS
        )
        launched_ns, jitter = self._header.start_time * 1_000_000_000, self._jitter(rank, sequences)
        return launched_ns + enqueued + jitter, launched_ns + completed + (-completed) % _POLL_NS + jitter

    def _last_steps(self, hang: Hang) -> tuple[Floats, Floats]:
        """When the last steps were done, and how long they took, in seconds; one that nobody has done where there is none."""
        if not self._steps:
            return np.array([hang.began_ns / 1e9]), np.array([self._header.step_seconds])
        ends = np.concatenate([columns.time_seconds for columns in self._steps])
        return ends, np.concatenate([columns.step_seconds for columns in self._steps])

    def _jitter(self, rank: int, sequences: Ints) -> Ints:
        uniforms = Stream(int(self._header.run_id, 16), f"flight-recorder-{rank}").uniforms(
            int(sequences[0]), len(sequences)
        )
        return _nanoseconds(uniforms * (_JITTER_NS / 1e9))

    def _launch(self, hang: Hang) -> int:
        return self._header.job.launches(hang.began_ns // 1000)


def _nanoseconds(seconds: Floats) -> Ints:
    return np.rint(seconds * 1e9).astype(np.int64)
