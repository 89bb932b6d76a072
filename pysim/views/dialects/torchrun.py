"""What torchrun says before a trainer says anything (torch/distributed/run.py of PyTorch 2.8), for all dialects of programs that it starts."""

from typing import TYPE_CHECKING

from pysim.story.events import JobRelaunched, LauncherWarned

if TYPE_CHECKING:
    from pysim.views.dialects.dialect import DialectView, Lines

_STARS = "*" * 41
_THREADS = (  # with two blanks at its end
    "Setting OMP_NUM_THREADS environment variable for each process to be {} in default, to avoid your system being "
    "overloaded, please further tune the variable for optimal performance in your application as needed. "
)


def threads_warned(view: "DialectView", e: LauncherWarned) -> "Lines":
    """On standard error, by the launcher of a node that starts several processes."""
    return _warned(view, e.time_seconds, e.process_id, e.threads_per_process)


def threads_warned_again(view: "DialectView", e: JobRelaunched) -> "Lines":
    """The same of the first node, whenever all are started again."""
    if min(view.header.per_node, e.world_size) > 1:
        yield from _warned(view, e.time_seconds, view.job.launcher_process_id(0, e.launch), 1)


def _warned(view: "DialectView", time_seconds: float, process_id: int, threads: int) -> "Lines":
    moment = view.moment(time_seconds)
    origin = f"W{moment:%m%d %H:%M:%S}.{moment.microsecond // 1000:03d}000 {process_id} torch/distributed/run.py:792] "
    yield from (f"{origin}{words}" for words in ("", _STARS, _THREADS.format(threads), _STARS))
