"""What stands where on a dashboard, noted down while it is drawn: for those who point at something and want to know."""

from collections.abc import Iterable, Sequence

from pysim.story.explanation import Subject, of_event
from pysim.story.moment import Moment
from pysim.terminal.ansi import strip
from pysim.views.view import Spot

OF_THE_LAST_STEP = {  # figures by their labels, and the number of the step's event that each is
    "train loss": "loss",
    "perplexity": "perplexity",
    "lr": "learning_rate",
    "grad_norm": "grad_norm",
    "throughput": "tokens_per_second",
    "MFU": "mfu",
    "step time": "step_seconds",
    "tokens": "tokens",
    "left": "eta_seconds",
}


class Spots:
    """The spots of one screen."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self.found: list[Spot] = []

    def clear(self) -> None:
        """A new picture."""
        self.found = []

    def part(self, name: str, row: int, rows: int = 1, column: int = 0, columns: int | None = None) -> None:
        """A rectangle that is one part."""
        self._add(Subject(kind="part", name=name), row, rows, column, columns)

    def figure(self, now: Moment, label: str, row: int, column: int, columns: int) -> None:
        """A figure by its label: a number of the last step, or a part of the name."""
        name = OF_THE_LAST_STEP.get(label)
        if name is None:
            self.part(label, row, 1, column, columns)
        elif now.last is not None:
            self._add(of_event(now.last, name), row, 1, column, columns)

    def incidents(self, numbers: Iterable[int], row: int, column: int, columns: int) -> None:
        """One a row."""
        for offset, number in enumerate(numbers):
            self._add(Subject(kind="incident", number=number), row + offset, 1, column, columns)

    def fleet(self, event_row: int, rows: int) -> None:
        """The fleet, which is an event that is taken when somebody asks."""
        self._add(Subject(kind="event", name="FleetSampled"), event_row, rows, 0, None)

    def words(self, line: str, row: int, parts: Sequence[tuple[str, str]]) -> None:
        """Parts by the words that were written for them, as far as they stand in a row."""
        plain = strip(line)
        for name, words in parts:
            sought = strip(words)
            at = plain.find(sought)
            if at >= 0 and sought.strip():
                blanks = len(sought) - len(sought.lstrip())
                self.part(name, row, 1, at + blanks, len(sought) - blanks)

    def _add(self, subject: Subject, row: int, rows: int, column: int, columns: int | None) -> None:
        width = self._columns - column if columns is None else columns
        if rows > 0:
            self.found.append(Spot(subject=subject, row=row, rows=rows, column=column, columns=width))
