"""The axes along which a model is laid over accelerators: one row each, for all that reads, tries or names them."""

from dataclasses import dataclass
from typing import Literal

from pysim.wording import listed, quoted

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
