"""A run as Arrow tables: their columns with unit and meaning, and what the story says put into them without an object for each row.

What happens at a moment has `time`, that moment in UTC. What is not a number, or not known, is null.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pysim import __version__
from pysim.story import events
from pysim.story.columns import StepColumns, step_columns
from pysim.story.events import SCHEMA_VERSION, Event, FleetSampled, GroundTruth
from pysim.story.fleet import CONDITIONS
from pysim.story.header import Header
from pysim.story.story import Label, Span

_MICROSECONDS = 1_000_000
_TIME = pa.timestamp("us", "UTC")
_SCALARS: Mapping[object, Any] = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}
_UNITS = (  # by the end of a name, the more particular one first
    ("gb_per_second", "GB/s"),
    ("flops_per_second", "FLOP/s"),
    ("per_second", "1/s"),
    ("accelerator_hours", "h"),
    ("seconds", "s"),
    ("_us", "us"),
    ("_bytes", "B"),
    ("_percent", "%"),
    ("_celsius", "Cel"),
    ("_watts", "W"),
    ("_mhz", "MHz"),
    ("loss", "nat"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: what its rows are, and its columns."""

    name: str
    rows: str
    schema: Any  # pyarrow.Schema, which has no types of its own


def unit_of(name: str) -> str:
    """A column's unit, which its name ends with; nothing for what is counted or named."""
    return next((unit for end, unit in _UNITS if name.endswith(end)), "")


def arrow_type(annotation: Any) -> Any:  # noqa: ANN401 - types have no common type
    """The type of a column for the type of a field.

    Raises:
        TypeError: if there is none.
    """
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if isinstance(annotation, type) and is_dataclass(annotation):
        return pa.struct([(each.name, arrow_type(each.type)) for each in fields(annotation)])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is UnionType:
        return arrow_type(next(part for part in arguments if part is not NoneType))
    if origin is tuple:
        return pa.list_(arrow_type(arguments[0]))
    if origin is Annotated and get_origin(arguments[0]) is np.ndarray:
        kind = pa.int64()
        for _axis in annotation.__metadata__:
            kind = pa.list_(kind)
        return kind
    message = f"{annotation} has no form in Arrow"
    raise TypeError(message)


def _is_nullable(annotation: Any) -> bool:  # noqa: ANN401 - the same
    return get_origin(annotation) is UnionType and NoneType in get_args(annotation)


def _column(name: str, kind: Any, unit: str, meaning: str, *, nullable: bool = False) -> Any:  # noqa: ANN401 - pyarrow's
    told = {"unit": unit, "description": meaning}
    return pa.field(name, kind, nullable, {key: value for key, value in told.items() if value})


def _of_field(name: str, annotation: Any, meaning: str = "") -> Any:  # noqa: ANN401 - the same
    return _column(name, arrow_type(annotation), unit_of(name), meaning, nullable=_is_nullable(annotation))


def _moment(name: str, meaning: str) -> Any:  # noqa: ANN401 - the same
    return _column(name, _TIME, "", meaning)


def _table(name: str, rows: str, columns: Iterable[Any], more: Mapping[str, str] = MappingProxyType({})) -> Table:
    said = {"description": rows, "pysim_version": __version__, "schema_version": str(SCHEMA_VERSION), **more}
    return Table(name=name, rows=rows, schema=pa.schema(list(columns), said))


# The tables

MAY_BE_NONE = ("loss", "perplexity", "grad_norm")
STEPS = _table(
    "steps",
    "a step that was done; one that was done again after a restart comes again, with another attempt",
    [
        _moment("time", "when the step was done, in UTC"),
        *(
            _column(each.name, pa.type_for_alias(each.type), each.unit, each.meaning, nullable=each.name in MAY_BE_NONE)
            for each in step_columns()
        ),
    ],
)
_OF_RANKS = {
    "utilisation_percent": "as the driver counts it: who waits in a collective is busy",
    "temperature_celsius": "of the chip",
    "power_watts": "drawn",
    "memory_bytes": "in use",
    "clock_mhz": "of the chip; 0 where the driver reports none",
    "memory_celsius": "of the memory",
    "throttled": "1 where heat holds the clock down",
}
FLEET = _table(
    "fleet",
    "an accelerator at a moment at which all of them were looked at",
    [
        _moment("time", "when it was looked at, in UTC"),
        _column("time_seconds", pa.float64(), "s", "since the launch of the job"),
        _column("step", pa.int64(), "", "the trainer's last step before"),
        _column("rank", pa.int64(), "", "of the accelerator's process"),
        _column("node", pa.int64(), "", "of the job"),
        *(_column(name, pa.int64(), unit_of(name), meaning) for name, meaning in _OF_RANKS.items()),
        _column(
            "condition",
            pa.dictionary(pa.int8(), pa.string()),
            "",
            f"{', '.join(CONDITIONS[:-1])} or {CONDITIONS[-1]}; who is dead cannot be read: all else that is said of it is 0",
        ),
    ],
)
_LABELLED = {
    "begin_us": "since the launch of the job",
    "end_us": "since the launch of the job",
    "cause": "what it was; where it can be asked for, as --inject takes it",
    "place": "where: a host, a host and a rank, or the job, its data or its storage",
    "evidence": "how it shows",
    "number": "of the incident, as in its events; 0 for what is no incident",
    "noticed_us": "when somebody or something noticed it; null: nobody did",
    "evidence_us": "when something was said by which it could be told",
    "lost_seconds": "since steps stopped until they went on",
    "lost_accelerator_hours": "the same of all accelerators together",
    "blamed": "the host that the diagnosis named, where it was a wrong one; else empty",
    "returns": "number of the incident that this is the return of, because a wrong host was blamed; 0 for none",
}
LABELS = _table(
    "labels",
    "something that was true of the run for a while and that nobody in it can know",
    [
        _moment("time", "when it began, in UTC"),
        _moment("until", "when it was over, in UTC"),
        *(_of_field(each.name, each.type, _LABELLED[each.name]) for each in fields(Label)),
    ],
    {"ground_truth": "true"},
)
_OF_WHO_LOOKS = ("looked_at", "look_seconds")
_OF_THE_RUN = tuple(
    each
    for each in fields(Header)
    if each.type in _SCALARS or (_is_nullable(each.type) and each.name not in _OF_WHO_LOOKS)
)
RUN = _table(
    "run",
    "the run: what is constant in it",
    [
        _moment("launched", "when its job was launched, in UTC"),
        *(_of_field(each.name, each.type) for each in _OF_THE_RUN),
        _column("nodes", pa.int64(), "", "of the job; the last may be used in part"),
        _column("total_steps", pa.int64(), "", "each batch counted once"),
        _column("parameters", pa.int64(), "", "of the model"),
        _column("active_parameters", pa.int64(), "", "that each token passes through"),
        _column("since_us", pa.int64(), "us", "where the part begins that is told, since the launch"),
        _column("until_us", pa.int64(), "us", "where it ends; null: with the run", nullable=True),
        _column("end_us", pa.int64(), "us", "when the run was over, since the launch"),
    ],
)


def event_table(kind: type[Event]) -> Table:
    """The table of a kind of event."""
    return _event_table(kind.__name__)


@cache
def _event_table(name: str) -> Table:
    kind: type[Event] = getattr(events, name)
    is_truth = issubclass(kind, GroundTruth)
    columns = [_moment("time", "when it happened, in UTC"), *(_of_field(each.name, each.type) for each in fields(kind))]
    return _table(kind.__name__, (kind.__doc__ or "").strip(), columns, {"ground_truth": "true"} if is_truth else {})


# Their rows


def step_rows(columns: StepColumns, start_time: int) -> Any:  # noqa: ANN401 - pyarrow's
    """The table of a block of steps; nothing is copied but what has gaps."""
    arrays = [_as_time(columns.time_us, start_time)]
    arrays += [pa.array(values, mask=_gaps(name, values)) for name, values in columns.as_arrays().items()]
    return pa.Table.from_arrays(arrays, schema=STEPS.schema)


def _gaps(name: str, values: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Where there is no number; None for nowhere."""
    gaps = np.isnan(values) if name in MAY_BE_NONE else None
    return gaps if gaps is not None and gaps.any() else None


def fleet_rows(sample: FleetSampled, header: Header) -> Any:  # noqa: ANN401 - pyarrow's
    """The table of one look at all accelerators."""
    ranks = np.arange(len(sample.condition), dtype=np.int64)
    time_us = np.full_like(ranks, sample.time_us)
    conditions = pa.DictionaryArray.from_arrays(sample.condition.astype(np.int8), list(CONDITIONS))
    arrays = [
        _as_time(time_us, header.start_time),
        pa.array(np.full(len(ranks), sample.time_seconds)),
        pa.array(np.full_like(ranks, sample.step)),
        pa.array(ranks),
        pa.array(ranks // header.per_node),
        *(pa.array(np.asarray(getattr(sample, name), np.int64)) for name in _OF_RANKS),
        conditions,
    ]
    return pa.Table.from_arrays(arrays, schema=FLEET.schema)


def event_values(kind: type[Event]) -> Callable[[Event], tuple[Any, ...]]:
    """What takes out of an event of a kind what `event_rows` wants of it: its time, and its fields."""
    return attrgetter("time_seconds", *(each.name for each in fields(kind)))


def event_rows(kind: type[Event], told: Iterable[tuple[Any, ...]], start_time: int) -> Any:  # noqa: ANN401 - pyarrow's
    """The table of some events of a kind, by their values."""
    schema = event_table(kind).schema
    seconds, *columns = zip(*told, strict=True)
    arrays = [_as_time(np.rint(np.array(seconds, np.float64) * _MICROSECONDS).astype(np.int64), start_time)]
    for field, values in zip(list(schema)[1:], columns, strict=True):
        plain = map(_plain, values) if pa.types.is_nested(field.type) else values
        arrays.append(pa.array(plain, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def label_rows(labels: Iterable[Label], start_time: int) -> Any:  # noqa: ANN401 - pyarrow's
    """The table of all labels of a run."""
    found = list(labels)
    times = (np.array([getattr(each, name) for each in found], np.int64) for name in ("begin_us", "end_us"))
    arrays = [_as_time(each, start_time) for each in times]
    names = LABELS.schema.names[len(arrays) :]
    arrays += [pa.array([getattr(each, name) for each in found], LABELS.schema.field(name).type) for name in names]
    return pa.Table.from_arrays(arrays, schema=LABELS.schema)


def run_row(header: Header, span: Span, end_us: int) -> Any:  # noqa: ANN401 - pyarrow's
    """The table of the run."""
    model = header.job.model
    values = {
        **{each.name: getattr(header, each.name) for each in _OF_THE_RUN},
        "nodes": header.nodes,
        "total_steps": header.total_steps,
        "parameters": model.parameters,
        "active_parameters": model.active_parameters,
        "since_us": span.since_us,
        "until_us": span.until_us,
        "end_us": end_us,
    }
    launched = _as_time(np.zeros(1, np.int64), header.start_time)
    arrays = [pa.array([values[name]], RUN.schema.field(name).type) for name in RUN.schema.names[1:]]
    return pa.Table.from_arrays([launched, *arrays], schema=RUN.schema)


def _as_time(time_us: NDArray[np.int64], start_time: int) -> Any:  # noqa: ANN401 - pyarrow's
    return pa.array(time_us + start_time * _MICROSECONDS).view(_TIME)


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
