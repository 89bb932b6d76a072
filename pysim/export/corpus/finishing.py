"""A corpus once its runs are there: tables of all of them, a card, a description for machines.

Runs are gone through a thousand at a time, each thousand a task like a run; what comes of it is small, however many runs there are.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pysim import __version__
from pysim.export.corpus.naming import RUNS_PER_PART, TEMPLATES, Split, Variant, folder_of, marker_of, split_of
from pysim.export.corpus.place import Place
from pysim.export.corpus.rows import write_table
from pysim.export.corpus.specification import Specification
from pysim.export.corpus.summary import Summary
from pysim.export.corpus.tables import RUNS
from pysim.export.scratch import scratch, scratch_folder

Page = Callable[[Specification, Summary], str]


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
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

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
            templates = pa.BufferReader(place.read(f"{folder}/{TEMPLATES}"))
            summary.templates.add(pq.read_table(templates).to_pylist())
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
    put_table(place, TEMPLATES, "templates", whole.templates.rows())
    for name, page in pages:
        place.write(name, page(specification, whole).encode())


def check_version(version: str, what: str) -> None:
    """That something was made by this version."""
    if version != __version__:
        message = f"{what} was made by pysim {version}, and this is {__version__}: one corpus is made by one version"
        raise OtherVersionError(message)


def put_table(place: Place, name: str, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """A table in its place."""
    with scratch_folder() as made:
        file = made / "table.parquet"
        with scratch():
            write_table(file, table, rows)
        place.put(file, name)
