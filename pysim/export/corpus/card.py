"""The card of a corpus: what it is, and what is in it, counted from its own runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pysim import __version__
from pysim.catalog.incidents import causes
from pysim.export.corpus.licence import SPDX
from pysim.export.corpus.naming import SPLITS
from pysim.export.corpus.roles import ROLES
from pysim.export.corpus.specification import Specification
from pysim.export.corpus.summary import Summary
from pysim.export.corpus.tables import TABLES

FILES: Mapping[str, str] = {
    "lines": "runs/{split}/*/*/*.lines.parquet",
    "steps": "runs/{split}/*/*/steps.parquet",
    "incidents": "runs/{split}/*/*/incidents.parquet",
    "runs": "tables/runs/{split}-*.parquet",
    "templates": "templates.parquet",
}
"""Where the rows of each table lie; those of a split, where it has splits."""
_HOUR, _MEGABYTE = 3600, 10**6
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_MANY = "n>10M"


def card(specification: Specification, found: Summary) -> str:
    """All of it, in Markdown with the head that dataset hubs read."""
    return "\n".join(_lines(specification, found)) + "\n"


def _lines(specification: Specification, found: Summary) -> Iterator[str]:
    yield from _head(found)
    runs, lines = found.runs.total(), found.lines.total()
    yield "# Simulated training runs of large language models, with the truth beside every line"
    yield ""
    yield (
        f"{runs:,} runs and {lines:,} lines of their logs, made by pysim {__version__} from the specification in "
        f"`specification.toml` with seed {specification.seed}. Nothing was trained and nothing was recorded: the numbers follow from "
        "published laws, the words from the sources of the programs that they imitate. For each line the corpus says by which template "
        "it is made, what was filled in, and of which incident it is."
    )
    yield ""
    yield "Do not take it for a record: use it to build and to test tools, and judge these on real logs."
    yield ""
    yield "## What is in it"
    yield ""
    yield from _table(
        ("", "train", "validation", "test", "all"), [("runs", *(found.runs[name] for name in SPLITS), runs)]
    )
    hours = found.sums["seconds"] / _HOUR
    yield from _table(
        ("", ""),
        [
            ("lines", lines),
            ("steps", found.sums["steps"]),
            ("incidents", found.sums["incidents"]),
            ("templates", len(found.templates)),
            ("questions", found.questions),
            ("hours of training told", f"{hours:,.0f}"),
            ("megabytes", f"{found.sums['bytes'] / _MEGABYTE:,.1f}"),
        ],
    )
    if specification.pairs:
        yield "Each run is there twice, with and without one cause, on the same luck: `variant` in the table of runs says which."
        yield ""
    yield from _counted("Lines by log", "log", found.lines)
    yield from _counted("Lines by their part in an incident", "role", _in_order(found.roles, ROLES, lines))
    yield from _counted(
        "Incidents by cause", "cause", found.causes, {cause.name: cause.title for cause in causes().values()}
    )
    yield from _counted("Runs by population", "population", found.populations)
    yield from _counted("Runs by preset", "preset", found.presets)
    yield from _counted("Runs by accelerator", "accelerator", found.accelerators)
    yield "## Splits"
    yield ""
    yield (
        "By run (`split`): eight tenths of the runs are for training, a tenth for validation, a tenth for tests; both of a pair are in "
        "one. By time (`period`): of each run the last fifth of what is told is for tests."
    )
    yield ""
    yield "## Tables"
    yield ""
    for name, columns in TABLES.items():
        yield f"### {name}: `{FILES[name].format(split='*')}`"
        yield ""
        yield from _table(
            ("column", "type", "meaning"), [(f"`{each.name}`", each.type, each.meaning) for each in columns]
        )
    yield (
        "Beside each `NAME.lines.parquet` lies `NAME.log`, the log itself. `questions/*.jsonl` has questions about the incidents "
        "with their answers. The `.json` beside each run's folder says what was drawn for it, and has the digest of every file."
    )
    yield ""
    yield "```python"
    yield "import datasets"
    yield 'lines = datasets.load_dataset("PATH", "lines", split="train")'
    yield "```"
    yield ""
    yield "```sql"
    yield "select role, count(*) from 'runs/*/*/*/*.lines.parquet' group by role; -- DuckDB"
    yield "```"
    yield ""
    yield f"Licence: {SPDX}."


def _head(found: Summary) -> Iterator[str]:
    yield from ("---", f"license: {SPDX.lower()}", "pretty_name: Simulated LLM training runs", "language:", "- en")
    yield from ("tags:", "- logs", "- aiops", "- anomaly-detection", "- log-parsing", "- synthetic", "- croissant")
    yield from ("size_categories:", f"- {_size(found.lines.total())}", "configs:")
    for name, pattern in FILES.items():
        yield f"- config_name: {name}"
        if name == "lines":
            yield "  default: true"
        if "{split}" not in pattern:
            yield f"  data_files: {pattern}"
            continue
        yield "  data_files:"
        for split in SPLITS:
            if found.runs[split]:
                yield from (f"  - split: {split}", f"    path: {pattern.format(split=split)}")
    yield from ("---", "")


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), _MANY)


def _in_order(counts: Counter[str], names: Sequence[str], of: int) -> Counter[str]:
    rest = of - counts.total()
    return Counter({**{name: counts[name] for name in names if counts[name]}, "none (ordinary lines)": rest})


def _counted(title: str, what: str, counts: Counter[str], titles: Mapping[str, str] | None = None) -> Iterator[str]:
    """Counts as a table, the most frequent first."""
    if not counts:
        return
    yield from (f"## {title}", "")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if titles is None:
        yield from _table((what, "count"), ordered)
    else:
        yield from _table((what, "", "count"), [(name, titles.get(name, ""), count) for name, count in ordered])


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |"
    yield ""
