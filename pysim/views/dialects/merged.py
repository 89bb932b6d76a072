"""What one collects centrally: the trainer's output, in Megatron-LM's words, and between its lines what kernels, services and schedulers say.

Lines come in the order in which they are said; a log that is read from many places has no other.
"""

from pysim.story import events as ev
from pysim.views.dialects.dialect import Lines, is_remark
from pysim.views.dialects.megatron import Megatron
from pysim.views.speakers import spoken


class Merged(Megatron):
    """Megatron-LM and everybody else."""

    def failure(self, event: ev.LogLine) -> Lines:
        """Whoever speaks."""
        if event.speaker == "trainer" and is_remark(event):
            yield from super().failure(event)
        elif event.is_shown:
            yield from spoken(event, self.moment(event.time_seconds))

    WRITERS = {**Megatron.WRITERS, ev.LogLine: failure}  # noqa: RUF012 - it is a table like that of all dialects
