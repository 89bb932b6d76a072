"""A corpus once its runs are there: tables of all of them, a card, a description for machines.

Runs are gone through a thousand at a time, each thousand a task like a run; what comes of it is small, however many runs there are.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pysim import __version__
from pysim.export.corpus.making import write_table
from pysim.export.corpus.naming import RUNS_PER_PART, TEMPLATES, Split, Variant, folder_of, marker_of, split_of
from pysim.export.corpus.place import Place
from pysim.export.corpus.specification import Specification
from pysim.export.corpus.tables import RUNS

Page = Callable[[Specification, "Summary"], str]


class OtherVersionError(ValueError):
    """A part of a corpus was made by another version; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some runs of one split, to be summed up."""

    address: str
    seed: int
    split: Split
    first: int  # number of a run, as the next, which is no more of it
    end: int
    variants: tuple[Variant, ...]

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.split}-{self.first // RUNS_PER_PART:05d}"


@dataclass(slots=True)
class Summary:
    """What there is in some runs."""

    runs: Counter[str] = field(default_factory=Counter)  # by split
    populations: Counter[str] = field(default_factory=Counter)
    presets: Counter[str] = field(default_factory=Counter)
    accelerators: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)  # by dialect
    roles: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)  # steps, bytes, told seconds
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    questions: int = 0

    def add(self, facts: dict[str, Any]) -> None:
        """Another run."""
        row, counts = facts["row"], facts["counts"]
        self.runs[row["split"]] += 1
        self.populations[row["population"]] += 1
        self.presets[row["preset"] or "drawn"] += 1
        self.accelerators[row["accelerator"]] += 1
        self.lines.update(counts["lines"])
        self.roles.update(counts["roles"])
        self.causes.update(counts["causes"])
        self.sums.update({"steps": row["steps"], "bytes": row["bytes"], "incidents": row["incidents"]})
        self.sums["seconds"] += round(row["end_seconds"] - row["begin_seconds"])

    def add_templates(self, rows: Iterable[dict[str, Any]]) -> None:
        """Templates of more runs."""
        for row in rows:
            found = self.templates.setdefault(row["template"], {**row, "lines": 0, "dialects": []})
            found["lines"] += row["lines"]
            found["dialects"] = sorted({*found["dialects"], *row["dialects"]})

    def join(self, other: "Summary") -> None:
        """All of another one."""
        for name in ("runs", "populations", "presets", "accelerators", "lines", "roles", "causes", "sums"):
            getattr(self, name).update(getattr(other, name))
        self.add_templates(other.templates.values())
        self.questions += other.questions


def parts(address: str, seed: int, runs: int, variants: tuple[Variant, ...]) -> list[Part]:
    """All parts of a corpus."""
    firsts = range(0, runs, RUNS_PER_PART)
    splits: tuple[Split, ...] = ("train", "validation", "test")
    return [
        Part(
            address=address,
            seed=seed,
            split=split,
            first=first,
            end=min(first + RUNS_PER_PART, runs),
            variants=variants,
        )
        for first in firsts
        for split in splits
    ]


def sum_up(part: Part) -> Summary:
    """Write the tables of all runs of a part; what there is in them.

    Raises:
        OtherVersionError: if one of them was made by another version.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    place, summary, rows, asked = Place.at(part.address), Summary(), [], []
    for number in range(part.first, part.end):
        if split_of(part.seed, number) != part.split:
            continue
        for variant in part.variants:
            facts = json.loads(place.read(marker_of(part.seed, number, variant)))
            check_version(facts["pysim_version"], facts["row"]["run"])
            summary.add(facts)
            rows.append(tuple(facts["row"][column.name] for column in RUNS))
            folder = folder_of(part.seed, number, variant)
            with place.open(f"{folder}/{TEMPLATES}") as file:
                summary.add_templates(pq.read_table(file).to_pylist())
            asked.append(place.read(f"{folder}/questions.jsonl"))
    summary.questions = sum(each.count(b"\n") for each in asked)
    if rows:
        put_table(place, f"tables/runs/{part.name}.parquet", "runs", rows)
        place.write(f"questions/{part.name}.jsonl", b"".join(asked))
    return summary


def finished(
    place: Place, specification: Specification, summaries: Sequence[Summary], pages: Sequence[tuple[str, Page]]
) -> None:
    """Write what is of the whole corpus: templates, and pages about it."""
    whole = Summary()
    for summary in summaries:
        whole.join(summary)
    rows = [
        (number, each["text"], each["names"], each["dialects"], each["lines"], each["example"])
        for number, each in sorted(whole.templates.items())
    ]
    put_table(place, TEMPLATES, "templates", rows)
    for name, page in pages:
        place.write(name, page(specification, whole).encode())


def check_version(version: str, what: str) -> None:
    """That something was made by this version."""
    if version != __version__:
        message = f"{what} was made by pysim {version}, and this is {__version__}: one corpus is made by one version"
        raise OtherVersionError(message)


def put_table(place: Place, name: str, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """A table in its place."""
    with tempfile.TemporaryDirectory(prefix="pysim-corpus-") as made:
        file = Path(made) / "table.parquet"
        write_table(file, table, rows)
        place.put(file, name)
