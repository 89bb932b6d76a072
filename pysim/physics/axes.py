"""The axes along which a model is laid over accelerators: one row each, for all that reads, tries or names them.

And how layouts and the splits of pipelines are written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from pysim.wording import listed, quoted

MOST_STAGES = 1024  # of a pipeline whose split is stated
_STAGES = re.compile(r"(?P<layers>[0-9]{1,4})(?:x(?P<times>[0-9]{1,4}))?")

Divides = Literal["replica", "data", "stage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One kind of parallelism.

    `divides` says what: a replica among accelerators, data-parallel ranks among experts, or the layers of a pipeline's stage,
    which takes no further accelerators. `tried` are the degrees that a search for a layout goes through.
    """

    key: str  # what layouts are written with
    name: str  # of the field of `Parallelism`
    title: str
    divides: Divides
    tried: tuple[int, ...]

    @property
    def symbol(self) -> str:
        """What logs call it."""
        return self.key.upper()


TENSOR = Axis(key="tp", name="tensor", title="tensor", divides="replica", tried=(1, 2, 4, 8, 16))
PIPELINE = Axis(key="pp", name="pipeline", title="pipeline", divides="replica", tried=(1, 2, 4, 8, 16))
CONTEXT = Axis(key="cp", name="context", title="context", divides="replica", tried=(1, 2, 4, 8, 16))
EXPERT = Axis(key="ep", name="expert", title="expert", divides="data", tried=(1, 4, 8, 16, 32, 64))
CHUNKS = Axis(key="vpp", name="virtual_pipeline", title="virtual pipeline", divides="stage", tried=(1, 2, 3, 4, 5))
AXES = (TENSOR, PIPELINE, CONTEXT, EXPERT, CHUNKS)
_BY_KEY = {axis.key: axis for axis in AXES}


def read_layout(text: str) -> dict[Axis, int]:
    """The degrees that a layout such as `tp=8,pp=4` names, in its order.

    Raises:
        ValueError: if a part is no known key, `=` and a whole number from 1, or comes twice; the text says which.
    """
    layout: dict[Axis, int] = {}
    for part in text.lower().replace(" ", "").split(","):
        key, _, degree = part.partition("=")
        axis = _axis(key)
        if axis in layout:
            message = f"{key} comes twice"
            raise ValueError(message)
        layout[axis] = _degree(key, degree)
    return layout


def read_split(text: str) -> tuple[int, ...]:
    """The layers of each stage of a pipeline in a text such as `7,8x14,7`.

    Raises:
        ValueError: if a part is no number of layers, or one and how many stages in a row have it; the text says which.
    """
    split: list[int] = []
    for part in text.lower().replace(" ", "").split(","):
        found = _STAGES.fullmatch(part)
        layers, times = (int(found["layers"]), int(found["times"] or 1)) if found else (0, 0)
        if not 1 <= times <= MOST_STAGES - len(split):
            message = f"{quoted(part)} is no number of layers, or layers x stages, of at most {MOST_STAGES:,} stages"
            raise ValueError(message)
        split += [layers] * times
    return tuple(split)


def written_split(split: Sequence[int]) -> str:
    """A split as `read_split` takes it."""
    runs = [(layers, len(list(stages))) for layers, stages in groupby(split)]
    return ",".join(f"{layers}x{times}" if times > 1 else f"{layers}" for layers, times in runs)


def _axis(key: str) -> Axis:
    if key not in _BY_KEY:
        message = f"{quoted(key)} is none of {listed(tuple(_BY_KEY))}"
        raise ValueError(message)
    return _BY_KEY[key]


def _degree(key: str, degree: str) -> int:
    if degree.isascii() and degree.isdigit() and int(degree) >= 1:
        return int(degree)
    message = f"{key} needs a whole number from 1, not {quoted(degree)}"
    raise ValueError(message)


def written(layout: dict[Axis, int]) -> str:
    """A layout as `read_layout` takes it."""
    return ",".join(f"{axis.key}={degree}" for axis, degree in layout.items())
