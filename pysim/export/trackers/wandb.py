"""W&B's offline runs, one for each start of the process that logs: folders that `wandb sync` and `wandb leet` read.

The messages are wandb's own; the transaction log that they stand in is a file in the format of LevelDB's log, whose reader is in
wandb-core (core/internal/transactionlog). Nothing of wandb runs: no service, no network. Ids are drawn from the run's seed, and of machines
it names only the run's own.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from wandb.proto.wandb_internal_pb2 import HistoryRecord, HistoryStep, MetricRecord, Record

from pysim import __version__
from pysim.export.format import Asked
from pysim.export.trackers.logs import Began, Ended, Logged, drawn_id
from pysim.export.trackers.tracker import TrackerFolder

_MIN_CONSUMER = "0.70.0"  # as wandb writes it
_ID_LETTERS = 8
_MICROSECONDS = 1_000_000


class WandbFolder(TrackerFolder):
    """A folder of runs that have not been synced yet."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        super().__init__(folder, asked)
        self._file: TransactionLog | None = None
        self._row: Logged | None = None  # that more may be added to
        self._summary: dict[str, object] = {}

    def began(self, record: Began) -> None:
        """A run of its own."""
        self._close()
        self._began_us, self._rows, self._summary = record.time_us, 0, {}
        run = drawn_id(self.header, record.attempt, _ID_LETTERS)
        folder = self.folder / f"offline-run-{self.calendar(record.time_us):%Y%m%d_%H%M%S}-{run}"
        (folder / "files").mkdir(parents=True)
        self._file = TransactionLog((folder / f"run-{run}.wandb").open("xb"))
        self._write_header()
        self._write_run(record, run)
        self._write_place(record)
        if self.log.LOGS_BY_ROW:
            self._write(Record(metric=MetricRecord(name="train/global_step")))
            following = MetricRecord(glob_name="*", step_metric="train/global_step")
            following.options.step_sync = True
            self._write(Record(metric=following))

    def _write_header(self) -> None:
        first = Record()
        first.header.version_info.producer = f"pysim {__version__}"
        first.header.version_info.min_consumer = _MIN_CONSUMER
        self._write(first)

    def _write_run(self, record: Began, run: str) -> None:
        about = Record()
        about.run.run_id = run
        about.run.project = self.log.PROJECT or self.header.job.model.name
        about.run.display_name = f"{self.header.run_name}-{record.attempt}"
        about.run.run_group = self.header.run_name
        about.run.host = record.host
        about.run.start_time.FromMicroseconds(self._microseconds(record.time_us))
        for name, value in {"_wandb": {}, **self.log.settings}.items():
            about.run.config.update.add(key=name, value_json=_json(value))
        self._write(about)

    def _write_place(self, record: Began) -> None:
        about = Record()
        place, header = about.environment, self.header
        place.started_at.FromMicroseconds(self._microseconds(record.time_us))
        place.host = record.host
        place.program, *arguments = header.command.split()
        place.args.extend(arguments)
        place.gpu_type, place.gpu_count = header.accelerator_title, header.per_node
        if header.nodes > 1:
            place.slurm["job_id"] = str(header.job.job_id)
            place.slurm["nnodes"] = str(header.nodes)
        self._write(about)

    def logged(self, record: Logged) -> None:
        """Where steps count, what is logged of one step is one row."""
        if self._row and (self.log.LOGS_BY_ROW or self._row.step != record.step):
            self._write_row(self._row, self.log.history(self._row))
            self._row = None
        if self._row:
            numbers = {**self.log.history(self._row), **self.log.history(record)}
            self._write_row(record, numbers)
            self._row = None
        else:
            self._row = record

    def _write_row(self, record: Logged, numbers: Mapping[str, float]) -> None:
        step = self._rows if self.log.LOGS_BY_ROW else record.step
        row = {
            **numbers,
            "_step": step,
            "_timestamp": self.seconds(record.time_us),
            "_runtime": (record.time_us - self._began_us) / _MICROSECONDS,
        }
        history = HistoryRecord(step=HistoryStep(num=step))
        for name, value in row.items():
            history.item.add(nested_key=(name,), value_json=_json(value))
        self._write(Record(history=history))
        self._rows += 1
        self._summary |= row

    def ended(self, record: Ended) -> None:
        """Its last values, and how it ended."""
        self._flush()
        if self._summary:
            self._write_summary()
        last = Record()
        last.exit.exit_code = 0 if record.is_done else 1
        last.exit.runtime = (record.time_us - self._began_us) // _MICROSECONDS
        self._write(last)
        self._close()

    def end(self) -> None:
        """Of a run that goes on, no exit is told."""
        self._flush()
        self._close()

    def _flush(self) -> None:
        if self._row:
            self._write_row(self._row, self.log.history(self._row))
            self._row = None

    def _write_summary(self) -> None:
        record = Record()
        for name, value in self._summary.items():
            record.summary.update.add(nested_key=(name,), value_json=_json(value))
        self._write(record)

    def _write(self, record: Record) -> None:
        if self._file:
            self._file.write(record)

    def _close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _microseconds(self, time_us: int) -> int:
        return self.header.start_time * _MICROSECONDS + time_us


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


_BLOCK_BYTES = 32_768
_HEAD = struct.Struct("<IHB")  # CRC-32 of kind and data, bytes of the data, kind
_FULL, _FIRST, _MIDDLE, _LAST = range(1, 5)
_SEEDS = {kind: zlib.crc32(bytes([kind])) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}
_MAGIC = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)


class TransactionLog:
    """Numbered records in blocks of 32 KiB; one that does not fit into what is left of a block goes on in the next."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._records = 0
        self._file.write(_MAGIC)
        self._offset = len(_MAGIC)

    def write(self, record: Record) -> None:
        """The next one."""
        self._records += 1
        record.num = self._records
        data, kind = record.SerializeToString(), _FULL
        while True:
            room = self._room()
            piece, data = data[:room], data[room:]
            if data:
                kind = _FIRST if kind == _FULL else _MIDDLE
            elif kind != _FULL:
                kind = _LAST
            self._put(_HEAD.pack(zlib.crc32(piece, _SEEDS[kind]), len(piece), kind) + piece)
            if not data:
                return

    def _room(self) -> int:
        """For data in this block; where there is none even for a head, it is filled up and the next begins."""
        left = _BLOCK_BYTES - self._offset % _BLOCK_BYTES
        if left < _HEAD.size:
            self._put(bytes(left))
            left = _BLOCK_BYTES
        return left - _HEAD.size

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._offset += len(data)

    def close(self) -> None:
        """No more."""
        self._file.close()
