"""Whose names an export to trackers can have, and how often each logs."""

from collections.abc import Mapping
from types import MappingProxyType

from pysim.export.format import Asked
from pysim.export.trackers.hf import HuggingFaceLog
from pysim.export.trackers.logs import FrameworkLog
from pysim.export.trackers.maxtext import MaxTextLog
from pysim.export.trackers.megatron import MegatronLog
from pysim.export.trackers.torchtitan import TorchtitanLog
from pysim.story.header import Header
from pysim.views.dialects.table import DIALECTS

FRAMEWORKS: Mapping[str, type[FrameworkLog]] = MappingProxyType(
    {"megatron": MegatronLog, "torchtitan": TorchtitanLog, "hf": HuggingFaceLog, "maxtext": MaxTextLog}
)


def framework_log(header: Header, asked: Asked) -> FrameworkLog:
    """What the framework logs whose names are asked for."""
    return FRAMEWORKS[asked.view](header, asked.log_every or DIALECTS[asked.view].log_every)
