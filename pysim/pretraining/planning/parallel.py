"""Layouts from text: `tp=8,pp=4,cp=1,ep=1,vpp=1`; splits of a pipeline: `7,8x14,7`; ramps of a batch: `192,16,9765625`."""

from pysim.physics.axes import read_layout, read_split
from pysim.physics.ramps import BatchRamp, read_ramp
from pysim.physics.workload import Parallelism
from pysim.pretraining.planning.problem import PlanError
from pysim.wording import quoted


def parse_parallel(text: str) -> Parallelism:
    """The layout that a text describes; what it does not name is 1, so nothing is no parallelism.

    Raises:
        PlanError: if it describes none.
    """
    try:
        layout = read_layout(text) if text else {}
    except ValueError as error:
        field = "parallel"
        raise PlanError(field, quoted(text), str(error), hint="write it as tp=8,pp=4,cp=1,ep=1,vpp=1") from None
    return Parallelism(**{axis.name: degree for axis, degree in layout.items()})


def parse_split(text: str) -> tuple[int, ...]:
    """The layers of each pipeline stage that a text describes.

    Raises:
        PlanError: if it describes none.
    """
    try:
        return read_split(text)
    except ValueError as error:
        field = "pipeline_split"
        raise PlanError(field, quoted(text), str(error), hint="write it as 7,8x14,7") from None


def parse_ramp(text: str) -> BatchRamp:
    """The ramp of the batch that a text describes; `NO_RAMP` where none is wanted.

    Raises:
        PlanError: if it describes none.
    """
    try:
        return read_ramp(text)
    except ValueError as error:
        field = "batch_ramp"
        raise PlanError(field, quoted(text), str(error), hint="write it as 192,16,9765625, or off") from None
