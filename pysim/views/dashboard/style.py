"""What a dashboard's panels share: signs and colours of one screen, and rows that fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pysim.terminal.ansi import Palette, clip, palette, visible_width
from pysim.terminal.screen import Screen
from pysim.views.glyphs import Glyphs, glyphs


@dataclass(frozen=True, slots=True)
class Marks:
    """Signs on a chart, one column each."""

    redone: str
    ahead: str
    tick: str
    wall: str
    block: str


_UNICODE = Marks(redone="≈", ahead="·", tick="┬", wall="│", block="█")
_ASCII = Marks(redone="~", ahead=".", tick="+", wall="|", block="#")


@dataclass(frozen=True, slots=True)
class Style:
    """How one screen is drawn on."""

    palette: Palette
    glyphs: Glyphs
    marks: Marks
    is_colored: bool
    is_unicode: bool

    @classmethod
    def of(cls, screen: Screen) -> "Style":
        """That of a screen."""
        return cls(
            palette=palette(color=screen.color),
            glyphs=glyphs(unicode=screen.unicode),
            marks=_UNICODE if screen.unicode else _ASCII,
            is_colored=screen.color,
            is_unicode=screen.unicode,
        )

    def dim(self, words: str) -> str:
        """Words that matter less."""
        return f"{self.palette.dim}{words}{self.palette.reset}" if words else ""

    def bold(self, words: str) -> str:
        """Words that matter more."""
        return f"{self.palette.bold}{words}{self.palette.reset}"

    def rule(self, columns: int) -> str:
        """A line between panels."""
        return self.dim(self.glyphs.rule * columns)

    def heading(self, words: str, columns: int, right: str = "") -> str:
        """What a panel is, and what belongs to it at the right edge, if there is room."""
        left = self.bold(words) if words else ""
        return ends(left, right, columns)


def ends(left: str, right: str, columns: int) -> str:
    """Something at the left edge of a row, and something at the right one where there is room for both."""
    gap = columns - visible_width(left) - visible_width(right)
    return f"{left}{' ' * gap}{right}" if right and gap >= 1 else clip(left, columns)


def padded(line: str, columns: int) -> str:
    """A row as wide as its panel."""
    line = clip(line, columns)
    return line + " " * (columns - visible_width(line))


def filled(lines: Iterable[str], rows: int) -> list[str]:
    """So many rows: of too many the first, and empty ones where there are too few."""
    kept = list(lines)[:rows]
    return kept + [""] * (rows - len(kept))


def beside(left: Sequence[str], right: Sequence[str], columns: int, gap: str) -> list[str]:
    """Two panels of as many rows next to each other, the left one so wide."""
    return [f"{padded(one, columns)}{gap}{other}" for one, other in zip(left, right, strict=True)]


def shortened(words: str, columns: int, style: Style) -> str:
    """Words that fit: of those that are too long, the beginning and a sign that says so."""
    mark = style.glyphs.ellipsis
    return words if len(words) <= columns else words[: max(columns - len(mark), 0)].rstrip() + mark


def packed(parts: Iterable[str], columns: int, gap: str = "  ") -> str:
    """As many parts as fit on one row, from the first on; one that does not fit is passed over."""
    line = ""
    for part in parts:
        wider = f"{line}{gap if line else ''}{part}"
        if part and visible_width(wider) <= columns:
            line = wider
    return line
