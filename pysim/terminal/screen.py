"""What a view may assume about the place where its text will be shown."""

from dataclasses import dataclass

MIN_COLUMNS, MIN_ROWS = 20, 6


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal's size in cells and what it can do. `live` is False for pipes and files: lines only, no cursor movement."""

    columns: int = 120
    rows: int = 40
    color: bool = True
    unicode: bool = True
    live: bool = True
