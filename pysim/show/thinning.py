"""How many steps a line of the log stands for: where more pass than can be read, means of ten, a hundred or a thousand.

Who looks at accelerators at an interval looks so much more seldom.
It follows from the tempo and the speed alone, so the log of a moment is the same however one got there.
"""

from pysim.show.tempo import Tempo
from pysim.story.header import Header
from pysim.story.reports import Cadence, Reports
from pysim.story.rounding import significant
from pysim.story.story import Acts

READABLE_LINES_PER_SECOND = 20.0
INTERVALS = (1, 10, 100, 1_000)


def items_per_second(acts: Acts, tempo: Tempo, item_seconds: float) -> float:
    """Items that a second of show brings where they flow: in the acts that are not brief, which all have one pace. The longest is looked at."""
    longest = int(((acts.end_us - acts.begin_us) * ~acts.is_brief).argmax())
    if acts.is_brief[longest]:
        return 0.0
    begin_us, end_us = int(acts.begin_us[longest]), int(acts.end_us[longest])
    shown = tempo.show_seconds(end_us) - tempo.show_seconds(begin_us)
    return significant((end_us - begin_us) / 1e6 / item_seconds / shown)


def log_interval(items_per_second: float) -> int:
    """The fewest items for each line with which the lines can be read; the most where none are few enough."""
    return next((every for every in INTERVALS if items_per_second / every <= READABLE_LINES_PER_SECOND), INTERVALS[-1])


def thinned_looks(reports: Reports, header: Header, items_per_second: float) -> Cadence:
    """With looks so far apart that the rows of a node can be read; steps are counted by as many as pass in one row."""
    rows, seconds = header.per_node, reports.look_seconds
    apart = seconds * log_interval(items_per_second * header.step_seconds / seconds * rows)
    return Cadence(max(round(apart / header.step_seconds / rows), 1), reports._replace(look_seconds=apart))
