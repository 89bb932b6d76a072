"""Every format once."""

from collections.abc import Mapping
from types import MappingProxyType

from pysim.export.format import Format
from pysim.views.names import COMPARE, EVENTS, WATCHED

_SEEN = tuple(name for name in WATCHED if name != COMPARE)
_OF_A_SCREEN = ("view", "log-every", "node", "show", "size", "color", "tempo", "speed-factor")

_FRAMEWORKS = ("megatron", "torchtitan", "hf")  # whose names trackers can have
_OF_A_LOG = ("view", "log-every")

_ROWS = (
    Format(
        name="jsonl",
        summary="every event as a JSON object a line (JSON Lines), as --view events has it",
        module="jsonl",
        exporter="JsonLinesFile",
        feed="events",
        mark=b'{"event":"Opened"',
        views=(EVENTS,),
        options=("log-every",),
    ),
    Format(
        name="csv",
        summary="every step as a row of comma-separated values, with a header",
        module="csv_steps",
        exporter="StepsCsv",
        mark=b"executed,attempt,time_us,",
    ),
    Format(
        name="parquet",
        summary="tables of steps, events, accelerators and labels in PATH/run=ID/, for DuckDB, pandas, Polars, Spark",
        module="parquet",
        exporter="Parquet",
        shape="folder",
        extra="parquet",
        own_options=("tables",),
        is_partitioned=True,
    ),
    # What programs read that track experiments, as trainers write it
    Format(
        name="tensorboard",
        summary="TensorBoard's event files, one for each start of the job, with HParams and charts",
        module="trackers.tensorboard",
        exporter="TensorBoardFolder",
        shape="folder",
        feed="nothing",
        extra="tensorboard",
        views=(*_FRAMEWORKS, "maxtext"),
        options=_OF_A_LOG,
    ),
    Format(
        name="wandb",
        summary="W&B's offline runs, one for each start of the job, which wandb sync uploads",
        module="trackers.wandb",
        exporter="WandbFolder",
        shape="folder",
        feed="nothing",
        extra="wandb",
        views=_FRAMEWORKS,
        options=_OF_A_LOG,
    ),
    Format(
        name="mlflow",
        summary="MLflow's store in SQLite, a run for each start of the job",
        module="trackers.mlflow",
        exporter="MlflowFolder",
        shape="folder",
        feed="nothing",
        extra="mlflow",
        views=_FRAMEWORKS,
        options=_OF_A_LOG,
    ),
    Format(
        name="trainer",
        summary="what Hugging Face's Trainer leaves: trainer_state.json and a folder for each checkpoint, without weights",
        module="trackers.trainer",
        exporter="TrainerFolder",
        shape="folder",
        feed="nothing",
        views=("hf",),
        options=("log-every",),
    ),
    Format(
        name="asciicast",
        summary="a recording of the show in a terminal, for asciinema 3 and its player (version 3)",
        module="recording",
        exporter="Asciicast",
        feed="nothing",
        mark=b'{"version": 3, "term":',
        views=_SEEN,
        options=_OF_A_SCREEN,
    ),
    Format(
        name="asciicast-v2",
        summary="the same for every asciinema (version 2)",
        module="recording",
        exporter="AsciicastOfTwo",
        feed="nothing",
        mark=b'{"version": 2, "width":',
        views=_SEEN,
        options=_OF_A_SCREEN,
    ),
    Format(
        name="trace",
        summary="some steps of some processes kernel by kernel, as PyTorch's profiler writes them, for Perfetto and HTA",
        module="trace",
        exporter="Trace",
        shape="folder",
        feed="nothing",
    ),
    Format(
        name="openmetrics",
        summary="what Prometheus would have collected: DCGM's exporter, node_exporter and the trainer, with time stamps",
        module="metrics.file",
        exporter="OpenMetricsFile",
        feed="nothing",
        mark=b"# HELP training_info The run in words.",
        own_options=("sample-every", "serve"),
    ),
    Format(
        name="nccl-flight-recorder",
        summary="what PyTorch's flight recorder leaves of every collective that hung: a file for each rank, for torchfrtrace",
        module="flight_recorder",
        exporter="FlightRecorder",
        shape="folder",
        own_options=("entries",),
    ),
    Format(
        name="dmesg",
        summary="the kernel's log of every machine that had something to say, in a file each",
        module="node_logs",
        exporter="NodeLogs",
        shape="folder",
    ),
    Format(
        name="slurm",
        summary="the controller's log, and what sacct prints of the job and its steps, as a table and as JSON",
        module="accounting",
        exporter="Accounting",
        shape="folder",
    ),
)
FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _ROWS})
