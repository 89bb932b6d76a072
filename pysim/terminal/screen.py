"""What a view may assume about the place where its text will be shown."""

from dataclasses import dataclass

MIN_COLUMNS, MIN_ROWS = 20, 6
UNLIMITED = 2**31 - 1  # columns of a place where a line may be as long as it likes: a file, a pipe
TIMELINE_COLUMNS, TIMELINE_ROWS = 40, 12  # of the smallest screen with room for a timeline
_PICTURE_COLUMNS = 120  # of what is drawn there and not written


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal's size in cells and what it can do. `live` is False for pipes and files: lines only, no cursor movement.

    Files have no width unless one is asked for: their `columns` are UNLIMITED. Their `rows` say how tall a picture may be.
    `timeline`: whether a timeline is wanted in the live region; a page has its own. `parts`: what alone is wanted of what a view has,
    by name; all of it where none is named.
    """

    columns: int = 120
    rows: int = 40
    color: bool = True
    unicode: bool = True
    live: bool = True
    timeline: bool = False
    parts: tuple[str, ...] = ()

    @property
    def is_unlimited(self) -> bool:
        """Whether there is no right edge, so that every record is one line and says all."""
        return self.columns == UNLIMITED

    def wants(self, part: str) -> bool:
        """Whether this is among what is to be seen."""
        return not self.parts or part in self.parts

    @property
    def has_timeline(self) -> bool:
        """Whether one is wanted in the live region, and there is room for it."""
        return (
            self.timeline and self.wants("timeline") and self.columns >= TIMELINE_COLUMNS and self.rows >= TIMELINE_ROWS
        )

    @property
    def picture_columns(self) -> int:
        """How wide a picture may be."""
        return _PICTURE_COLUMNS if self.is_unlimited else self.columns


PAGE = Screen(UNLIMITED, color=False, live=False)
"""What a file is: every line whole, and nothing but lines."""
