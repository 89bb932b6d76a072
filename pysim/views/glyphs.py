"""The few signs that are not letters, and what stands for them where the encoding has only ASCII."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One column each."""

    dot: str
    conditions: tuple[str, ...]  # in the order of `CONDITIONS`
    rule: str
    cell: str
    separator: str
    times: str
    marker: str
    ellipsis: str
    validation: str  # and what else is marked on charts and timelines
    checkpoint: str
    stop: str
    braille: bool


UNICODE = Glyphs(
    dot="●",
    conditions=("●", "▲", "○", "-", "▽", "x"),
    rule="─",
    cell="■",
    separator="·",
    times="x",
    marker="┃",
    ellipsis="…",
    validation="◆",
    checkpoint="▲",
    stop="✕",
    braille=True,
)
ASCII = Glyphs(
    dot="*",
    conditions=("*", "^", "o", "-", "v", "x"),
    rule="-",
    cell="#",
    separator="|",
    times="x",
    marker="|",
    ellipsis="...",
    validation="o",
    checkpoint="^",
    stop="x",
    braille=False,
)


def glyphs(*, unicode: bool) -> Glyphs:
    """The signs that a screen can show."""
    return UNICODE if unicode else ASCII
