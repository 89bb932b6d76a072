"""One run of a corpus: its files, written to a folder of this machine, and brought to their place, what says that it is made last.

Nothing is kept between two runs, and a run knows nothing of others: whoever makes it makes the same bytes.
"""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol, Self

from pysim import __version__
from pysim.export.corpus.lines import Line, Template, lines
from pysim.export.corpus.naming import MARKER, SPECIFICATION, Variant, folder_of, marker_of, run_name, split_of
from pysim.export.corpus.place import Place
from pysim.export.corpus.questions import questions
from pysim.export.corpus.roles import Trouble, troubles
from pysim.export.corpus.sampling import MOST_ATTEMPTS, Drawn, draw
from pysim.export.corpus.specification import Specification, read_specification
from pysim.export.corpus.tables import schema
from pysim.options.values import spelled_time
from pysim.story.columns import StepColumns
from pysim.story.noise import fnv1a
from pysim.story.story import Span, Story
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import why_not

_GROUP_ROWS = 65_536  # of a table in memory before they are written
_GROUP_BYTES = 16 * 2**20
_TRAINING_SHARE = 0.8  # of the time that is told
_ANOMALOUS = frozenset({"cause", "symptom", "consequence"})
_COMPRESSION = "zstd"


class ToldRun(Protocol):
    """A run, and the part of it that is told."""

    @property
    def story(self) -> Story:
        """All of it."""

    @property
    def span(self) -> Span:
        """The part."""

    @property
    def view(self) -> str:
        """The dialect that was drawn."""

    @property
    def log_every(self) -> int | None:
        """Steps in a line of its log."""

    @property
    def asked(self) -> Sequence[tuple[str, int]]:
        """What was let happen in it: causes, and from when on, in microseconds."""


class TellRun(Protocol):
    """What makes a run of what was drawn; raises ValueError if that cannot be one."""

    def __call__(self, drawn: Drawn, *, left_out: int = 0) -> ToldRun:
        """The run, without the first so many of what is let happen in it."""


class ImpossibleError(ValueError):
    """A run that cannot be made; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run to make: small, since there may be millions."""

    address: str
    number: int
    variant: Variant = ""


def make_run(task: Task, tell: TellRun) -> int:
    """Make a run, unless it is there; how many bytes that were."""
    place = Place.at(task.address)
    specification = _specification(task.address, place.read(MARKER).decode())
    marker = marker_of(specification.seed, task.number, task.variant)
    if place.has(marker):
        return 0
    drawn, run = _told(specification, task, tell)
    fnv1a.cache_clear()  # a worker that makes many runs would keep the names of all of them
    with tempfile.TemporaryDirectory(prefix="pysim-corpus-") as made:
        made_run = _Making(Path(made), specification, task, drawn, run)
        facts = made_run.make()
        folder = folder_of(specification.seed, task.number, task.variant)
        place.sweep(folder)
        for name in sorted(facts["files"]):
            place.put(Path(made) / name, f"{folder}/{name}")
        place.write(marker, _json(facts))
    return sum(each["bytes"] for each in facts["files"].values())


@cache
def _specification(address: str, marker: str) -> Specification:
    """Read once by each process; the marker tells two corpora at one place apart, and what was asked for beside the file."""
    asked = json.loads(marker)
    specification = read_specification(Place.at(address).read(SPECIFICATION).decode())
    return replace(specification, seed=asked["seed"], pairs=asked["pairs"])


def _told(specification: Specification, task: Task, tell: TellRun) -> tuple[Drawn, ToldRun]:
    """The first draw that can be a run; with pairs one in which something is let happen."""
    why = "nothing is ever let happen in it"
    for attempt in range(MOST_ATTEMPTS):
        drawn = draw(specification, task.number, attempt)
        if specification.pairs and not drawn.inject:
            continue
        try:
            run = tell(drawn)
            if task.variant == "without":
                run = tell(drawn, left_out=1)
        except ValueError as error:
            why = str(error)
        else:
            return drawn, run
    message = f"run {task.number}: none of {MOST_ATTEMPTS} draws can be a run; the last: {why}"
    raise ImpossibleError(message)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


class _Making:
    """The files of one run."""

    def __init__(self, folder: Path, specification: Specification, task: Task, drawn: Drawn, run: ToldRun) -> None:
        self._folder = folder
        self._specification = specification
        self._task = task
        self._drawn = drawn
        self._run = run
        self._name = run_name(task.number, task.variant)
        self._split = split_of(specification.seed, task.number)
        end_us = run.span.ends_us(run.story.end_us)
        self._end_us = end_us
        self._test_from = (run.span.since_us + (end_us - run.span.since_us) * _TRAINING_SHARE) / 1e6
        self._befell = troubles(run.story)
        self._templates: dict[str, dict[str, Any]] = {}
        self._told: set[int] = set()  # incidents of which a log says something
        self._lines: Counter[str] = Counter()  # by dialect
        self._roles: Counter[str] = Counter()
        self._steps = 0

    def make(self) -> dict[str, Any]:
        """All files; what is known of the run."""
        header = self._run.story.header
        first = self._run.view
        dialects = [first, *(name for name in self._specification.beside if name != first)]
        dialects = [name for name in dialects if why_not(DIALECTS[name], header) is None]
        for name in dialects:
            self._write_log(name)
        self._write_steps()
        within = [each for each in self._befell if self._is_within(each)]
        write_table(self._folder / "incidents.parquet", "incidents", [self._incident(each) for each in within])
        self._write_templates()
        self._write_questions(within)
        return self._facts(dialects, within)

    def _is_within(self, trouble: Trouble) -> bool:
        return trouble.touches(self._run.span.since_us, self._end_us)

    # Logs

    def _write_log(self, dialect: str) -> None:
        """The log and the truth beside it, row group by row group."""
        told = lines(self._run.story, DIALECTS[dialect], self._run.span, self._befell, self._log_every(dialect))
        rows = _Rows(self._folder / f"{dialect}.lines.parquet", "lines")
        with (self._folder / f"{dialect}.log").open("w", encoding="utf-8", newline="") as log, rows:
            for number, line in enumerate(told, start=1):
                log.write(f"{line.text}\n")
                rows.add(self._row(dialect, number, line))
                self._count(dialect, line)

    def _log_every(self, dialect: str) -> int | None:
        return self._run.log_every if dialect == self._run.view else None

    def _row(self, dialect: str, number: int, line: Line) -> tuple[object, ...]:
        return (
            self._name,
            dialect,
            self._split,
            "test" if line.time_seconds >= self._test_from else "train",
            number,
            line.text,
            line.time_seconds,
            line.event,
            line.template.id,
            line.parameters,
            line.step,
            line.rank,
            line.part.incident if line.part else None,
            line.part.role if line.part else None,
        )

    def _count(self, dialect: str, line: Line) -> None:
        self._lines[dialect] += 1
        if line.part:
            self._told.add(line.part.incident)
            self._roles[line.part.role] += 1
        self._count_template(dialect, line.template, line.text)

    def _count_template(self, dialect: str, template: Template, text: str) -> None:
        found = self._templates.get(template.id)
        if found is None:
            found = {"text": template.text, "names": template.names, "dialects": {}, "lines": 0, "example": text}
            self._templates[template.id] = found
        found["dialects"][dialect] = True
        found["lines"] += 1

    def _write_templates(self) -> None:
        rows = [
            (number, each["text"], each["names"], sorted(each["dialects"]), each["lines"], each["example"])
            for number, each in sorted(self._templates.items())
        ]
        write_table(self._folder / "templates.parquet", "templates", rows)

    # Steps, incidents, questions

    def _write_steps(self) -> None:
        """From columns, without an object for each step."""
        import pyarrow as pa  # noqa: PLC0415 - an extra

        columns, waiting, count = schema("steps"), [], 0
        with _writer(self._folder / "steps.parquet", "steps") as writer:
            for told in self._run.story.blocks(*self._run.span, "nothing"):
                if not isinstance(told, StepColumns):
                    continue
                constant = [pa.repeat(pa.scalar(text), len(told)) for text in (self._name, self._split)]
                arrays = [pa.array(values, from_pandas=True) for values in told.as_arrays().values()]
                waiting.append(pa.Table.from_arrays([*constant, *arrays], schema=columns))
                count += len(told)
                if sum(len(each) for each in waiting) >= _GROUP_ROWS:
                    writer.write_table(pa.concat_tables(waiting).combine_chunks())
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
        self._steps = count

    def _incident(self, each: Trouble) -> tuple[object, ...]:
        label, cause, header = each.label, each.cause, self._run.story.header
        return (
            self._name,
            self._split,
            each.number,
            label.cause,
            cause.title if cause else label.cause,
            each.effect,
            cause.hits if cause else ("data" if label.place == "data" else "node"),
            label.place,
            self._is_asked(label.cause, label.begin_us),
            label.begin_us / 1e6,
            None if label.noticed_us is None else label.noticed_us / 1e6,
            label.end_us / 1e6,
            label.evidence,
            label.lost_seconds,
            label.lost_accelerator_hours,
            round(label.lost_accelerator_hours * header.usd_per_hour, 6),
            label.blamed,
            label.returns or None,
        )

    def _is_asked(self, cause: str, begin_us: int) -> bool:
        """Whether it is the first of its cause from where it was let happen on."""
        places = [at_us for name, at_us in self._run.asked if name == cause]
        later = [each.label.begin_us for each in self._befell if each.label.cause == cause]
        return begin_us in {min((time for time in later if time >= place), default=None) for place in places}

    def _write_questions(self, within: list[Trouble]) -> None:
        header, span = self._run.story.header, self._run.span
        asked = questions(self._name, header, span, within, frozenset(self._told))
        text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in asked)
        (self._folder / "questions.jsonl").write_bytes(text.encode())

    # What is known of it

    def _facts(self, dialects: list[str], within: list[Trouble]) -> dict[str, Any]:
        header, span, drawn = self._run.story.header, self._run.span, self._drawn
        files = {each.name: _sizes(each) for each in sorted(self._folder.iterdir())}
        return {
            "pysim_version": __version__,
            "row": {
                "run": self._name,
                "number": self._task.number,
                "variant": self._task.variant,
                "split": self._split,
                "population": drawn.population,
                "attempt": drawn.attempt,
                "seed": drawn.seed,
                "options": self._options(),
                "run_name": header.run_name,
                "preset": header.preset,
                "model": header.model_title,
                "accelerator": header.accelerator_title,
                "accelerators": header.world_size,
                "nodes": header.nodes,
                "total_steps": header.total_steps,
                "start_time": header.start_time,
                "begin_seconds": span.since_us / 1e6,
                "end_seconds": self._end_us / 1e6,
                "dialects": dialects,
                "lines": self._lines.total(),
                "anomalous_lines": sum(self._roles[role] for role in _ANOMALOUS),
                "steps": self._steps,
                "incidents": len(within),
                "bytes": sum(each["bytes"] for each in files.values()),
            },
            "counts": {
                "lines": dict(sorted(self._lines.items())),
                "roles": dict(sorted(self._roles.items())),
                "causes": dict(sorted(Counter(each.label.cause for each in within).items())),
            },
            "files": files,
        }

    def _options(self) -> str:
        """What shows the same, in pysim's own words."""
        span, drawn = self._run.span, dict(self._drawn.options)
        words = [f"--{name} {text}" for name, text in drawn.items() if name not in ("from", "until")]
        words += [f"--inject {cause}@{spelled_time(at_us)}" for cause, at_us in self._run.asked]
        words += [f"--from {spelled_time(span.since_us)}"] if span.since_us else []
        words += [] if span.until_us is None else [f"--until {spelled_time(span.until_us)}"]
        return " ".join(words)


def _sizes(file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def _writer(file: Path, name: str) -> Any:  # noqa: ANN401 - a library that is imported where files are written
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    return pq.ParquetWriter(file, schema(name), compression=_COMPRESSION)


def write_table(file: Path, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    """A small table."""
    with _Rows(file, name) as writing:
        for row in rows:
            writing.add(row)


class _Rows:
    """A table that is written row by row, and never in memory as a whole."""

    def __init__(self, file: Path, name: str) -> None:
        self._columns = schema(name)
        self._writer = _writer(file, name)
        self._waiting: list[tuple[object, ...]] = []

    def add(self, row: tuple[object, ...]) -> None:
        """Another row."""
        self._waiting.append(row)
        if len(self._waiting) >= _GROUP_ROWS // 4:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - an extra

        arrays = [
            pa.array(values, each.type)
            for values, each in zip(zip(*self._waiting, strict=True), self._columns, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._columns))
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiting:
            self._write()
        self._writer.close()
