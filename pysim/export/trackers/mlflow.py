"""MLflow's store in SQLite, one run for each start of the process that logs, in an experiment of the run's name.

MLflow makes the tables, and its own models write the rows: through its client each batch of a thousand numbers would look up what is there
already. Names are as Hugging Face's callback makes them fit: what MLflow does not take is an underscore. Ids are drawn from the run's seed;
users, hosts and paths of the machine that exports are nowhere in it.
"""

import errno
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # which importing it would begin with

import sqlalchemy
from mlflow.store.tracking.dbmodels import models
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.orm import Session

from pysim.export.format import Asked
from pysim.export.trackers.logs import Began, Ended, Logged, drawn_id, flat
from pysim.export.trackers.tracker import TrackerFolder
from pysim.story.story import Span, Story

DATABASE = "mlflow.db"
_ARTIFACTS = "mlflow-artifacts:/"  # wherever a server keeps them
_EXPERIMENT = 1  # the number that MLflow gives to the first one beside its own
_REFUSED = re.compile(r"[^0-9A-Za-z_\-. :/]")
_HEX = "0123456789abcdef"
_ID_LETTERS = 32
_ROWS = 20_000  # held before they are written
_LARGEST = 1.7976931348623157e308  # stands for what has no end, as MLflow writes it
_CHARACTERS = 8000  # of a parameter


class MlflowFolder(TrackerFolder):
    """A database, which `mlflow ui --backend-store-uri sqlite:///FOLDER/mlflow.db` shows."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        super().__init__(folder, asked)
        self._run = ""  # that goes on
        self._held: list[dict[str, object]] = []
        self._latest: dict[str, dict[str, object]] = {}

    def begin(self, story: Story, span: Span, /) -> None:
        """Tables, and the experiment."""
        super().begin(story, span)
        with _faults(self.folder):
            self._make(span)

    def advance(self) -> Iterator[int]:
        """Write it all; yields how far it is, in microseconds of the run."""
        with _faults(self.folder):
            yield from super().advance()

    def _make(self, span: Span) -> None:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        with _unsafe_sqlite():
            store = SqlAlchemyStore(f"sqlite:///{self.folder / DATABASE}", _ARTIFACTS)  # type: ignore[no-untyped-call]  # as it is
        self._engine = store.engine
        self._session = Session(self._engine)
        began = self._milliseconds(span.since_us)
        own = {"creation_time": began, "last_update_time": began}
        self._session.execute(sqlalchemy.update(models.SqlExperiment).values(**own))
        self._session.add(
            models.SqlExperiment(
                experiment_id=_EXPERIMENT,
                name=self.header.run_name,
                artifact_location=f"{_ARTIFACTS}{_EXPERIMENT}",
                **own,
            )
        )

    def began(self, record: Began) -> None:
        """A run of its own, with the settings and what tells it from the others."""
        self._flush()
        self._run = drawn_id(self.header, record.attempt, _ID_LETTERS, _HEX)
        name = f"{self.header.run_name}-{record.attempt}"
        self._session.add(
            models.SqlRun(
                run_uuid=self._run,
                name=name,
                source_type="JOB",
                source_name="",
                entry_point_name="",
                user_id="",
                status="RUNNING",
                start_time=self._milliseconds(record.time_us),
                source_version="",
                artifact_uri=f"{_ARTIFACTS}{_EXPERIMENT}/{self._run}/artifacts",
                experiment_id=_EXPERIMENT,
            )
        )
        self._session.flush()
        tags = {
            "mlflow.runName": name,
            "mlflow.source.name": self.header.command,
            "mlflow.source.type": "JOB",
            "attempt": str(record.attempt),
            "host": record.host,
            "seed": str(self.header.seed),
            "simulated": "true",
        }
        params = {_REFUSED.sub("_", name): str(value)[:_CHARACTERS] for name, value in flat(self.log.settings)}
        self._insert(models.SqlTag, [self._keyed(key, value) for key, value in tags.items()])
        self._insert(models.SqlParam, [self._keyed(key, value) for key, value in params.items() if value])

    def logged(self, record: Logged) -> None:
        """A row for each number."""
        at = {"timestamp": self._milliseconds(record.time_us), "step": record.step}
        for name, number in self.log.metrics(record).items():
            is_nan = isnan(number)
            value = 0.0 if is_nan else min(max(float(number), -_LARGEST), _LARGEST)
            row = {**self._keyed(_REFUSED.sub("_", name), value), **at, "is_nan": is_nan}
            self._latest[str(row["key"])] = row
            self._held.append(row)
        if len(self._held) >= _ROWS:
            self._write()

    def ended(self, record: Ended) -> None:
        """How it ended."""
        status = "FINISHED" if record.is_done else "FAILED"
        change = sqlalchemy.update(models.SqlRun).where(models.SqlRun.run_uuid == self._run)
        self._session.execute(change.values(status=status, end_time=self._milliseconds(record.time_us)))
        self._flush()

    def end(self) -> None:
        """All is written."""
        with _faults(self.folder):
            self._flush()
            self._session.commit()
        self._session.close()
        self._engine.dispose()

    def _flush(self) -> None:
        """What is held of a run."""
        self._write()
        self._insert(models.SqlLatestMetric, list(self._latest.values()))
        self._latest = {}

    def _write(self) -> None:
        self._insert(models.SqlMetric, self._held)
        self._held = []

    def _insert(self, table: type, rows: list[dict[str, object]]) -> None:
        if rows:
            self._session.execute(sqlalchemy.insert(table), rows)

    def _keyed(self, key: str, value: object) -> dict[str, object]:
        return {"key": key, "value": value, "run_uuid": self._run}

    def _milliseconds(self, time_us: int) -> int:
        return self.header.start_time * 1000 + time_us // 1000


@contextmanager
def _faults(folder: Path) -> Iterator[None]:
    """What SQLite cannot write is what the system does not allow."""
    try:
        yield
    except sqlalchemy.exc.OperationalError as error:
        code = errno.ENOSPC if "full" in str(error.orig) else errno.EIO
        raise OSError(code, str(error.orig), str(folder / DATABASE)) from error


@contextmanager
def _unsafe_sqlite() -> Iterator[None]:
    """Connections that do not wait for the disk: whoever exports brings the whole folder to it in the end."""

    def hurry(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]  # as sqlite3 has it

    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", hurry)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.engine.Engine, "connect", hurry)
