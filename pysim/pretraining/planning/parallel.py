"""Layouts as text: `tp=8,pp=4,cp=1,ep=1,vpp=1`."""

from pysim.physics.workload import Parallelism
from pysim.pretraining.planning.validate import PlanError
from pysim.wording import nearest

_FIELDS = {"tp": "tensor", "pp": "pipeline", "cp": "context", "ep": "expert", "vpp": "virtual_pipeline"}
_EXAMPLE = "write it as tp=8,pp=4,cp=1,ep=1,vpp=1"


def parse_parallel(text: str) -> Parallelism:
    """The layout that a text describes; what it does not name is 1.

    Raises:
        PlanError: if a part is not a known name, `=` and a whole number from 1, or comes twice.
    """
    sizes: dict[str, int] = {}
    for part in filter(None, text.lower().replace(" ", "").split(",")):
        name, _, degree = part.partition("=")
        field = _field(name, text)
        if field in sizes:
            raise _problem(text, f"{name} comes twice")
        sizes[field] = _degree(name, degree, text)
    return Parallelism(**sizes)


def _field(name: str, text: str) -> str:
    if name in _FIELDS:
        return _FIELDS[name]
    closest = nearest(name, _FIELDS)
    hint = f"did you mean {closest}?" if closest else _EXAMPLE
    raise _problem(text, f"{name!r} is no kind of parallelism", hint)


def _degree(name: str, degree: str, text: str) -> int:
    if degree.isascii() and degree.isdigit() and int(degree) >= 1:
        return int(degree)
    raise _problem(text, f"{name} needs a whole number from 1, not {degree!r}")


def _problem(text: str, problem: str, suggestion: str = _EXAMPLE) -> PlanError:
    return PlanError("parallel", repr(text), problem, suggestion)
