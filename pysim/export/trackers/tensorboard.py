"""TensorBoard's event files, one for each start of the process that logs, as torch.utils.tensorboard leaves them.

Beside what frameworks write, the first file has what TensorBoard's HParams and Custom Scalars pages show. The wall time of all is the
run's; the names of hosts and processes in those of the files are the run's too.
"""

import re
from pathlib import Path

from tensorboardX.proto.api_pb2 import DataType, Experiment, HParamInfo, MetricInfo, MetricName, Status
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboardX.record_writer import RecordWriter
from tensorboardX.summary import custom_scalars, text

from pysim.export.format import Asked
from pysim.export.trackers.logs import Began, Configured, Ended, Logged, flat
from pysim.export.trackers.tracker import TrackerFolder

_VERSION = "brain.Event:2"


class TensorBoardFolder(TrackerFolder):
    """A log directory."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        super().__init__(folder, asked)
        self._file: RecordWriter | None = None
        self._is_described = False
        self._where: Path | None = None  # of the run's files whose hyperparameters are there

    def began(self, record: Began) -> None:
        """A new file; in the run's own directory where the framework has one for each start."""
        self._close()
        named = self.log.DIRECTORY.format(host=record.host, run=self.header.run_name)
        directory = self.folder / self.calendar(record.time_us).strftime(named)
        directory.mkdir(parents=True, exist_ok=True)
        seconds = int(self.seconds(record.time_us))
        name = f"events.out.tfevents.{seconds:010d}.{record.host}.{record.process_id}.0"
        self._file = RecordWriter(str(directory / name))
        self._write(Event(wall_time=self.seconds(record.time_us), file_version=_VERSION))
        self._time_us = record.time_us
        if self._where != directory:
            self._where = directory
            self._describe(record.attempt)

    def _describe(self, attempt: int) -> None:
        """What belongs together, and by which settings runs are compared."""
        if not self._is_described:
            self._is_described = True
            layout = {
                title: {name: ["Multiline", [f"^{re.escape(tag)}$" for tag in tags]] for name, tags in charts.items()}
                for title, charts in self.log.CHARTS.items()
            }
            self._add(custom_scalars(layout), 0)
        settings = dict(flat(self.log.settings))
        began = self.seconds(self._time_us)
        kinds = {name: _KINDS[type(value)] for name, value in settings.items()}
        experiment = Experiment(
            name=self.header.run_name,
            description=self.header.title,
            time_created_secs=began,
            hparam_infos=[HParamInfo(name=name, type=kind) for name, kind in kinds.items()],
            metric_infos=[MetricInfo(name=MetricName(tag=tag)) for tag in self.log.GOALS],
        )
        start = SessionStartInfo(group_name=f"{self.header.run_name}-{attempt}", start_time_secs=began)
        for name, value in settings.items():
            match value:
                case bool():
                    start.hparams[name].bool_value = value
                case str():
                    start.hparams[name].string_value = value
                case _:
                    start.hparams[name].number_value = value
        self._add(_plugin("experiment", HParamsPluginData(experiment=experiment)), 0)
        self._add(_plugin("session_start_info", HParamsPluginData(session_start_info=start)), 0)

    def configured(self, record: Configured) -> None:
        """What the framework shows as text."""
        self._time_us = record.time_us
        for tag, words in self.log.texts().items():
            self._add(text(tag, words), record.step)

    def logged(self, record: Logged) -> None:
        """A number each."""
        wall_time = self.seconds(record.time_us)
        for tag, value, step in self.log.scalars(record):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            self._write(Event(wall_time=wall_time, step=step, summary=summary))

    def ended(self, record: Ended) -> None:
        """How it ended, and no more of it."""
        self._time_us = record.time_us
        status = Status.Value("STATUS_SUCCESS" if record.is_done else "STATUS_FAILURE")
        if record.is_done or "%" in self.log.DIRECTORY:  # else it goes on in the same directory
            end = SessionEndInfo(status=status, end_time_secs=self.seconds(record.time_us))
            self._add(_plugin("session_end_info", HParamsPluginData(session_end_info=end)), 0)
        self._close()

    def end(self) -> None:
        """Whatever is open."""
        self._close()

    def _add(self, summary: Summary, step: int) -> None:
        self._write(Event(wall_time=self.seconds(self._time_us), step=step, summary=summary))

    def _write(self, event: Event) -> None:
        if self._file:
            self._file.write(event.SerializeToString())

    def _close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


_KINDS = {
    bool: DataType.Value("DATA_TYPE_BOOL"),
    str: DataType.Value("DATA_TYPE_STRING"),
    int: DataType.Value("DATA_TYPE_FLOAT64"),
    float: DataType.Value("DATA_TYPE_FLOAT64"),
}


def _plugin(name: str, content: HParamsPluginData) -> Summary:
    """A message to the HParams page."""
    data = SummaryMetadata.PluginData(plugin_name="hparams", content=content.SerializeToString(deterministic=True))
    return Summary(value=[Summary.Value(tag=f"_hparams_/{name}", metadata=SummaryMetadata(plugin_data=data))])
