"""Layouts from text: `tp=8,pp=4,cp=1,ep=1,vpp=1`; splits of a pipeline: `7,8x14,7`; ramps of a batch: `192,16,9765625`."""

from collections.abc import Callable
from typing import TypeVar

from pysim.physics.axes import read_layout, read_split
from pysim.physics.ramps import BatchRamp, read_ramp
from pysim.physics.workload import Parallelism
from pysim.pretraining.planning.problem import PlanError
from pysim.wording import quoted

Read = TypeVar("Read")


def parse_parallel(text: str) -> Parallelism:
    """The layout that a text describes; what it does not name is 1, so nothing is no parallelism.

    Raises:
        PlanError: if it describes none.
    """
    layout = _parsed(read_layout, "parallel", text, "tp=8,pp=4,cp=1,ep=1,vpp=1") if text else {}
    return Parallelism(**{axis.name: degree for axis, degree in layout.items()})


def parse_split(text: str) -> tuple[int, ...]:
    """The layers of each pipeline stage that a text describes.

    Raises:
        PlanError: if it describes none.
    """
    return _parsed(read_split, "pipeline_split", text, "7,8x14,7")


def parse_ramp(text: str) -> BatchRamp:
    """The ramp of the batch that a text describes; `NO_RAMP` where none is wanted.

    Raises:
        PlanError: if it describes none.
    """
    return _parsed(read_ramp, "batch_ramp", text, "192,16,9765625, or off")


def _parsed(read: Callable[[str], Read], field: str, text: str, example: str) -> Read:
    try:
        return read(text)
    except ValueError as error:
        raise PlanError(field, quoted(text), str(error), hint=f"write it as {example}") from None
