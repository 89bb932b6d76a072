"""The page about corpora: what is written by hand, and the schema from the code."""

from collections.abc import Iterator

from pysim.export.corpus.card import FILES
from pysim.export.corpus.roles import ROLES
from pysim.export.corpus.specification import DRAWN
from pysim.export.corpus.tables import TABLES
from pysim.export.corpus.usual import USUAL

_INTRODUCTION = """\
# Corpora

    pip install 'pysim-llm[corpus]'
    pysim corpus out --runs 50

makes fifty runs, their logs in the words of the programs that were drawn, and beside every line of every log the truth: the template it is
made by and what was filled in, the event that it tells, step and rank, the incident that it is of and its part in it. Steps come as columns,
incidents as a table, and questions with their answers as JSON Lines. `README.md` in the folder is a dataset card with counts of its own runs,
`croissant.json` describes every column for machines.

```python
import datasets  # Hugging Face

lines = datasets.load_dataset("out", "lines", split="train")
```

```sql
-- DuckDB
select cause, role, any_value(text) from 'out/runs/*/*/*/*.lines.parquet' join 'out/runs/*/*/*/incidents.parquet' using (run, incident)
group by all order by all;
```

## What it is good for

- **Log parsers.** A template is what stands in the source of the program that is imitated, and its parameters are what was filled in; nothing is guessed by
  comparing lines. The views' own source is loaded a second time with every f-string keeping the two apart, so a template filled with its parameters is the
  line, to the byte. Parts of a time are one parameter, and so is a list whose items are made alike. `examples/corpus/parsing.ipynb` scores Drain.
- **Anomaly detectors.** `role` says which lines are trouble and which are only unusual. Half of the trouble says nothing: steps that take longer, losses off
  their course, told by the same template with other numbers. `examples/corpus/detecting.ipynb` scores an isolation forest.
- **Diagnosis, and agents.** `questions/*.jsonl` asks what caused it, on which host and rank, since when, for how long and at what cost, of each incident
  that did something and of which some log of the run says something.
- **Causes and effects.** `--pairs` makes each run twice, with and without one cause: losses, step times and all other luck are the same.

It is no substitute for real logs: what a program says once in a million hours is missing, and clusters are tidier here than anywhere.

## Parts of an incident

"""

_ROLES = {
    "cause": "said where it happened, as it happened: the kernel's Xid, the exception of the rank that was hit, the monitoring of its node",
    "symptom": "how others meet it: ranks that wait in vain, steps that take longer, losses off their course",
    "consequence": "what follows from it: processes that end, launchers and schedulers that end the rest, steps that are done again",
    "recovery": "what is done about it, up to the first batch after it: a node is drained, processes start, a checkpoint is read",
    "noise": "said because of it and tells nothing of it, or is of something that did no harm",
}

_CLUSTER = """\
## A specification

`pysim corpus --print-spec` prints the usual one:

```toml
{usual}```

Every option that says which run it is can be drawn: {options}. Values are read as on the command line. Runs of a `[[population]]` are drawn alike;
`[sample]` is common to all. A draw that cannot be a run - a model that does not fit, a cause that cannot hit such a cluster, a program that cannot tell such a run -
is drawn anew, always the same. All faults of a specification are told at once, each with its line, before anything is made.

The seed of a run follows from the seed of the corpus and its number, and each option of it is drawn from a stream of its own: another option in the
specification changes no other draw, and more runs can be asked for later without making those that are there again.

## Where it lies

OUT is a folder, or any address that [fsspec](https://filesystem-spec.readthedocs.io) knows: `s3://bucket/logs` with `pip install s3fs`, `gs://` with `gcsfs`,
`abfs://` with `adlfs`. `make corpus-readers` holds what is written to a server that answers as S3 does against what is written to a folder, byte by byte.

    corpus.json, specification.toml      what it is; a corpus goes on only with the same
    README.md, croissant.json, LICENSE   about it, written when all runs are there
    templates.parquet                    every template of the corpus
    tables/runs/SPLIT-PART.parquet       every run
    questions/SPLIT-PART.jsonl           every question
    runs/SPLIT/PART/RUN/                 a run: NAME.log and NAME.lines.parquet of each log, steps, incidents, templates, questions
    runs/SPLIT/PART/RUN.json             that it is made: what was drawn, how many bytes each file has, and its SHA-256

A part is a thousand runs. A file is written under another name and renamed where the file system knows names to be changed; an object store shows an object
when it is whole. The `.json` of a run is written last: what has none is made again, with the same bytes, so a corpus that was killed at any moment goes on
with the same command. A folder that is not a corpus, and a corpus of another version, seed or specification, is refused and left alone; nothing is
written before the scheduler has answered.

## A million runs on a cluster

Dask runs it; every run is a task of its own, which needs nothing but the address of the corpus and its number. On any machine of the cluster:

    pip install 'pysim-llm[corpus]' s3fs                       # and on every worker, the same version
    dask scheduler                                             # tcp://10.0.0.1:8786, dashboard at :8787
    srun --ntasks=1000 dask worker tcp://10.0.0.1:8786 --nthreads 1 --memory-limit 1GiB     # or dask-jobqueue, dask-kubernetes, dask-mpi
    pysim corpus s3://bucket/logs --runs 1000000 --spec spec.toml --scheduler tcp://10.0.0.1:8786

- One thread for each worker: making a run is Python, which a second thread would only wait for.
- `DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False` in the environment of workers keeps them small: Dask's profiler remembers where each was in every one of the last
  thousand seconds. Workers that pysim starts itself have it off.
- Workers may come and go. A run whose worker died is made by another; twenty deaths under one run are held to be its fault.
- The scheduler is given ten thousand runs at a time, the client keeps nothing of a run but a number.
- When it ends, or is killed, the same command goes on. It lists the folders of the parts, a thousand runs at a time, and makes what is missing.
- Credentials are those of the fsspec plug-in, on client and workers (environment, instance role or `~/.config/fsspec`); pysim asks for none.

[scale.md](scale.md) works out what that costs.

## Schema

"""


def page() -> str:
    """All of it, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION.rstrip("\n")
    yield ""
    yield from ("| role | meaning |", "|---|---|")
    yield from (f"| `{role}` | {_ROLES[role]} |" for role in ROLES)
    yield ""
    yield _CLUSTER.format(usual=USUAL, options=", ".join(f"`{name}`" for name in DRAWN)).rstrip("\n")
    yield ""
    for name, columns in TABLES.items():
        yield from (
            f"### {name}",
            "",
            f"`{FILES[name].format(split='*')}`",
            "",
            "| column | type | unit | meaning |",
            "|---|---|---|---|",
        )
        yield from (f"| `{each.name}` | {each.type} | {each.unit} | {each.meaning} |" for each in columns)
        yield ""
