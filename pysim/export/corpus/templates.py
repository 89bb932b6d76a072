"""Templates as they are counted: in one run while its logs are written, and in all of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pysim.export.corpus.lines import Template
from pysim.export.corpus.tables import TEMPLATES


class Templates:
    """Rows of the table of templates, by their number."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def count(self, dialect: str, template: Template, text: str) -> None:
        """A line of a log that is made by one."""
        found = self._rows.get(template.id) or self._begun(template, text)
        if dialect not in found["dialects"]:
            found["dialects"].append(dialect)
        found["lines"] += 1

    def _begun(self, template: Template, text: str) -> dict[str, Any]:
        row = {"template": template.id, "text": template.text, "names": template.names}
        self._rows[template.id] = {**row, "dialects": [], "lines": 0, "example": text}
        return self._rows[template.id]

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of the same table that was made of other lines; an example is the first that is found."""
        for row in rows:
            found = self._rows.setdefault(row["template"], {**row, "lines": 0, "dialects": []})
            found["lines"] += row["lines"]
            found["dialects"] += [each for each in row["dialects"] if each not in found["dialects"]]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Rows by name of column, in order of their numbers."""
        for _, row in sorted(self._rows.items()):
            yield {**row, "dialects": sorted(row["dialects"])}

    def rows(self) -> list[tuple[object, ...]]:
        """As the table has them."""
        return [tuple(row[column.name] for column in TEMPLATES) for row in self]
