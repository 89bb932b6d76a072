"""Makes the rows of `data/incidents.toml`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from pysim.catalog.incidents.cause import (
    PARTS,
    SINCE,
    Cause,
    Cure,
    Evidence,
    Exits,
    Look,
    Looks,
    LossPoint,
    LossShape,
    Notice,
    Part,
    Rate,
    Rollback,
    Slowing,
    Speaker,
    Stall,
)
from pysim.catalog.incidents.rates import Category, Clustering, FailureRates, Generation, Infancy, Record, Repairs
from pysim.catalog.resources import read_table
from pysim.catalog.rows import find, row_of

Keys = Mapping[str, Any]
Built = TypeVar("Built")

_NESTED: Mapping[str, type[Any]] = {
    "notice": Notice,
    "looks": Looks,
    "exits": Exits,
    "rate": Rate,
    "slowing": Slowing,
    "stall": Stall,
    "rollback": Rollback,
}
"""The keys of a cause that are tables of their own."""
_MADE = {"cure", "parts", "counts", "loss", "evidence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """Where a telling stands in the evidence of a cause, and by how many seconds its lines are later there."""

    telling: str
    after: float = 0.0


class _Named(Protocol):
    @property
    def name(self) -> str: ...


NamedRow = TypeVar("NamedRow", bound=_Named)


@cache
def causes() -> Mapping[str, Cause]:
    """Every cause by name, in the order of the file."""
    table = _table()
    tellings = {telling["name"]: telling for telling in table["telling"]}
    return _by_name("cause", (_cause(keys, cures(), tellings) for keys in table["cause"]))


@cache
def failure_rates() -> FailureRates:
    """How often things go wrong."""
    table = _table()
    records = map(_record, table["record"])
    return FailureRates(
        generations=_by_name("generation", (_built(Generation, "generation", keys) for keys in table["generation"])),
        infancy=_built(Infancy, "infancy", table["infancy"]),
        clustering=_built(Clustering, "clustering", table["clustering"]),
        repairs=_built(Repairs, "repairs", table["repairs"]),
        records=MappingProxyType({record.preset: record for record in records}),
    )


@cache
def speakers() -> Mapping[str, Speaker]:
    """Every program that says something, by name."""
    return _by_name("speaker", (_built(Speaker, "speaker", keys) for keys in _table()["speaker"]))


@cache
def looks() -> Mapping[str, Look]:
    """Every look of an accelerator, by name."""
    return _by_name("look", (_built(Look, "look", keys) for keys in _table()["look"]))


@cache
def cures() -> Mapping[str, Cure]:
    """What is done about something, by name."""
    return _by_name("cure", map(_cure, _table()["cure"]))


def template_fields() -> Mapping[str, str]:
    """What may stand in curly brackets in words, and what it is."""
    return MappingProxyType(_table()["fields"])


def needs() -> Mapping[str, str]:
    """What a cause or a line may need of a cluster, and what it is."""
    return MappingProxyType(_table()["needs"])


@cache
def shares(generation: str) -> Mapping[str, float]:
    """How the failures of a generation divide into causes; 1 in all."""
    named = find(failure_rates().generations, "generation", generation)
    counts = {cause.name: cause.count_in(named.counts_of or named.name) for cause in causes().values()}
    total = sum(counts.values())
    return MappingProxyType({name: count / total for name, count in counts.items() if count})


@cache
def _table() -> Keys:
    return read_table("incidents")


def _cause(keys: Keys, known: Mapping[str, Cure], tellings: Mapping[str, Keys]) -> Cause:
    label = f"cause {keys.get('name', 'without a name')!r}"
    plain = {key: value for key, value in keys.items() if key not in _NESTED and key not in _MADE}
    made = {key: _built(_NESTED[key], f"{label}, {key}", keys[key]) for key in _NESTED if key in keys}
    made["cure"] = _cure_with(find(known, "cure", keys["cure"]), keys.get("parts", {}))
    made["counts"] = tuple(keys.get("counts", {}).items())
    made["loss"] = _loss(f"{label}, loss", keys["loss"]) if "loss" in keys else None
    made["evidence"] = _told(f"{label}, evidence", keys["evidence"], tellings)
    return row_of(Cause, label, {**_frozen(plain), **made})


def _told(label: str, lines: Iterable[Keys], tellings: Mapping[str, Keys]) -> tuple[Evidence, ...]:
    """The lines of a cause in the order of time; those of the tellings that it names are among them."""
    told = (line for keys in lines for line in _lines(label, keys, tellings))
    return tuple(sorted(told, key=lambda line: (SINCE.index(line.since), line.after)))


def _lines(label: str, keys: Keys, tellings: Mapping[str, Keys]) -> Iterator[Evidence]:
    if "telling" not in keys:
        yield _built(Evidence, label, keys)
        return
    reference = _built(_Reference, label, keys)
    telling = find(tellings, "telling", reference.telling)
    for shared in telling["evidence"]:
        line = _built(Evidence, f"telling {reference.telling!r}", shared)
        yield replace(line, after=round(line.after + reference.after, 6), needs=(*telling["needs"], *line.needs))


def _loss(label: str, keys: Keys) -> LossShape:
    points = tuple(
        LossPoint(step=step, grad_norm_factor=grad_norm_factor, loss_factor=loss_factor)
        for step, grad_norm_factor, loss_factor in keys["points"]
    )
    return row_of(LossShape, label, {**keys, "points": points})


def _cure(keys: Keys) -> Cure:
    rest = {key: value for key, value in keys.items() if key not in PARTS}
    return _cure_with(row_of(Cure, f"cure {keys['name']!r}", rest), keys)


def _cure_with(cure: Cure, stated: Keys) -> Cure:
    """The cure with the parts that are stated, in place of its own of the same names; all in the order of time."""
    parts: dict[str, Part] = {part.name: part for part in cure.parts}
    parts |= {
        name: Part(name=name, seconds=stated[name][0], exponent=stated[name][1]) for name in PARTS if name in stated
    }
    return replace(cure, parts=tuple(parts[name] for name in PARTS if name in parts))


def _record(keys: Keys) -> Record:
    label = f"record {keys['preset']!r}"
    categories = tuple(_built(Category, f"{label}, category", category) for category in keys.get("categories", ()))
    return row_of(Record, label, {**keys, "categories": categories})


def _built(row_type: type[Built], label: str, keys: Keys) -> Built:
    return row_of(row_type, f"{label} {keys['name']!r}" if "name" in keys else label, _frozen(keys))


def _frozen(keys: Keys) -> Keys:
    return {key: _tuple(value) for key, value in keys.items()}


def _tuple(value: Any) -> Any:  # noqa: ANN401 - TOML values are of any type
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _by_name(kind: str, rows: Iterable[NamedRow]) -> Mapping[str, NamedRow]:
    named: dict[str, NamedRow] = {}
    for row in rows:
        if row.name in named:
            message = f"{kind} {row.name!r} is listed twice"
            raise ValueError(message)
        named[row.name] = row
    return MappingProxyType(named)
