"""The description of a corpus for machines: Croissant 1.0 (mlcommons.org/croissant), tables with the meaning of every column."""

import json
from typing import Any

from pysim import __version__
from pysim.export.corpus.card import FILES
from pysim.export.corpus.licence import LICENCE_URL
from pysim.export.corpus.specification import Specification
from pysim.export.corpus.summary import Summary
from pysim.export.corpus.tables import TABLES
from pysim.story.columns import Column

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"string": "sc:Text", "list": "sc:Text", "int64": "sc:Integer", "float64": "sc:Float", "bool": "sc:Boolean"}
_KEYS = {
    "lines": ("run", "dialect", "line"),
    "runs": ("run",),
    "incidents": ("run", "incident"),
    "templates": ("template",),
}


def croissant(specification: Specification, found: Summary) -> str:
    """All of it, as JSON-LD."""
    runs, lines = found.runs.total(), found.lines.total()
    description = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "simulated-llm-training-runs",
        "description": f"{runs:,} simulated training runs of large language models: {lines:,} lines of logs, each with its "
        "template and its part in what went wrong, steps as columns, incidents, questions with answers.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": LICENCE_URL,
        "version": "1.0.0",
        "creator": {"@type": "sc:Organization", "name": f"pysim {__version__}"},
        "citeAs": f"pysim {__version__}, corpus with seed {specification.seed}",
        "keywords": ["logs", "log parsing", "anomaly detection", "failure diagnosis", "synthetic"],
        "distribution": [_file_set(name) for name in TABLES],
        "recordSet": [_record_set(name, columns) for name, columns in TABLES.items()],
    }
    return json.dumps(description, indent=1) + "\n"


def _file_set(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"files-of-{name}",
        "name": f"files-of-{name}",
        "encodingFormat": "application/x-parquet",
        "includes": FILES[name].format(split="*"),
    }


def _record_set(name: str, columns: tuple[Column, ...]) -> dict[str, Any]:
    record_set: dict[str, Any] = {"@type": "cr:RecordSet", "@id": name, "name": name}
    if name in _KEYS:
        record_set["key"] = [{"@id": f"{name}/{column}"} for column in _KEYS[name]]
    record_set["field"] = [_field(name, column) for column in columns]
    return record_set


def _field(table: str, column: Column) -> dict[str, Any]:
    unit = f" [{column.unit}]" if column.unit else ""
    found: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": f"{column.meaning}{unit}",
        "dataType": _TYPES[column.type],
        "source": {"fileSet": {"@id": f"files-of-{table}"}, "extract": {"column": column.name}},
    }
    if column.type == "list":
        found["repeated"] = True
    return found
