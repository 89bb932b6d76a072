"""The files of one run of a corpus: logs and tables, and what is known of the run."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pysim import __version__
from pysim.export.corpus.incidents import incident_rows
from pysim.export.corpus.logs import Counts, write_logs
from pysim.export.corpus.naming import Variant, run_name, split_of
from pysim.export.corpus.questions import questions
from pysim.export.corpus.roles import Trouble, troubles
from pysim.export.corpus.rows import write_steps, write_table
from pysim.export.corpus.sampling import Drawn
from pysim.export.corpus.specification import Specification
from pysim.export.corpus.telling import ToldRun
from pysim.options.values import spelled_time
from pysim.views.dialects.table import DIALECTS
from pysim.views.registry import why_not


class RunFiles:
    """The files of one run, in a folder of this machine."""

    def __init__(
        self, folder: Path, specification: Specification, drawn: Drawn, run: ToldRun, variant: Variant
    ) -> None:
        self._folder = folder
        self._drawn = drawn
        self._run = run
        self._variant = variant
        self._name = run_name(drawn.number, variant)
        self._split = split_of(specification.seed, drawn.number)
        self._end_us = run.span.ends_us(run.story.end_us)
        self._dialects = _dialects(run, specification.beside)

    def make(self) -> dict[str, Any]:
        """All files; what is known of the run."""
        befell = troubles(self._run.story)
        within = [each for each in befell if each.touches(self._run.span.since_us, self._end_us)]
        counts = write_logs(self._folder, self._run, befell, self._dialects, name=self._name, split=self._split)
        steps = write_steps(self._folder / "steps.parquet", self._run, self._name, self._split)
        incidents = incident_rows(self._run, befell, within)
        self._write("incidents", [(self._name, self._split, *row) for row in incidents])
        self._write("templates", counts.templates.rows())
        self._write_questions(within, counts)
        return self._facts(within, counts, steps)

    def _write(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        write_table(self._folder / f"{table}.parquet", table, rows)

    def _write_questions(self, within: Sequence[Trouble], counts: Counts) -> None:
        asked = questions(self._name, self._run.story.header, self._run.span, within, frozenset(counts.told))
        text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in asked)
        (self._folder / "questions.jsonl").write_bytes(text.encode())

    def _facts(self, within: Sequence[Trouble], counts: Counts, steps: int) -> dict[str, Any]:
        header, span, drawn = self._run.story.header, self._run.span, self._drawn
        files = {each.name: _sizes(each) for each in sorted(self._folder.iterdir())}
        return {
            "pysim_version": __version__,
            "row": {
                "run": self._name,
                "number": drawn.number,
                "variant": self._variant,
                "split": self._split,
                "population": drawn.population,
                "attempt": drawn.attempt,
                "seed": drawn.seed,
                "options": _options(self._run, drawn),
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
                "dialects": self._dialects,
                "lines": counts.lines.total(),
                "anomalous_lines": counts.anomalous,
                "steps": steps,
                "incidents": len(within),
                "bytes": sum(each["bytes"] for each in files.values()),
            },
            "counts": {
                "lines": dict(sorted(counts.lines.items())),
                "roles": dict(sorted(counts.roles.items())),
                "causes": dict(sorted(Counter(each.label.cause for each in within).items())),
            },
            "files": files,
        }


def _dialects(run: ToldRun, beside: Sequence[str]) -> list[str]:
    """The one that was drawn, and those beside it that can tell such a run."""
    dialects = [run.view, *(name for name in beside if name != run.view)]
    return [name for name in dialects if why_not(DIALECTS[name], run.story.header) is None]


def _options(run: ToldRun, drawn: Drawn) -> str:
    """What shows the same, in pysim's own words."""
    span = run.span
    words = [f"--{name} {text}" for name, text in drawn.options.items() if name not in ("from", "until")]
    words += [f"--inject {cause}@{spelled_time(at_us)}" for cause, at_us in run.asked]
    words += [f"--from {spelled_time(span.since_us)}"] if span.since_us else []
    words += [] if span.until_us is None else [f"--until {spelled_time(span.until_us)}"]
    return " ".join(words)


def _sizes(file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}
