"""Megatron-LM (NVIDIA/Megatron-LM, megatron/training/training.py): what rank 0 and the last rank print, and what torchrun adds."""

from typing import ClassVar

from pysim.story import events as ev
from pysim.views.dialects.dialect import DialectView, Lines, Writers


class Megatron(DialectView):
    """Writes a run as Megatron-LM does."""

    def step(self, e: ev.StepsReported) -> Lines:
        """By the last rank, means over the log interval."""
        yield f" iteration {e.last:8d}/{self.header.total_steps:8d} |"

    WRITERS: ClassVar[Writers] = {ev.StepsReported: step, ev.LogLine: DialectView.failure}
