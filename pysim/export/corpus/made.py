"""Text that knows how it was made: which parts of it stand in the program, and which were filled in.

A `Made` is the string itself, so whoever handles it as one does nothing else. What cuts, joins or pads strings keeps the parts; what
cannot keep them gives a plain string, which counts as filled in wherever it goes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from string import Formatter
from typing import Any, NamedTuple, Self, SupportsIndex

TIME = "time"
_CLOCK = re.compile(r"\b(?:moment|stamp|us|microsecond|milliseconds|nanoseconds)\b|_stamp|^second$|^time$")
_LIKE_A_CLOCK = re.compile(r"\d\d:\d\d:\d\d|^\d\d:\d\d$")
_FIELD = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[a-zA-Z%]")
_WORDS = re.compile(r"[A-Za-z_]\w*")
_BETWEEN_CLOCKS = re.compile(r"[ .,:T-]?")


class Piece(NamedTuple):
    """Some characters; `name` says what they stand for if they were filled in, and is None for what stands in the program."""

    text: str
    name: str | None = None


class Made(str):
    """A string and its pieces, which joined are the string."""

    __slots__ = ("pieces",)
    pieces: tuple[Piece, ...]

    def __new__(cls, pieces: Iterable[Piece]) -> Self:
        """Of pieces; those without a character are left out."""
        kept = tuple(piece for piece in pieces if piece.text)
        made = super().__new__(cls, "".join([piece.text for piece in kept]))
        made.pieces = kept
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Made, (self.pieces,)

    # What keeps the pieces

    def __getitem__(self, index: SupportsIndex | slice) -> "Made":
        """Some of its characters."""
        if not isinstance(index, slice):
            place = range(len(self))[index]
            return self._cut(place, place + 1)
        begin, end, stride = index.indices(len(self))
        return self._cut(begin, end) if stride == 1 else literal(str.__getitem__(self, index))

    def _cut(self, begin: int, end: int) -> "Made":
        if begin <= 0 and end >= len(self):
            return self
        cut, place = [], 0
        for text, name in self.pieces:
            cut.append(Piece(text[max(begin - place, 0) : max(end - place, 0)], name))
            place += len(text)
        return Made(cut)

    def __iter__(self) -> Iterator["Made"]:
        return (self._cut(place, place + 1) for place in range(len(self)))

    def __add__(self, other: str) -> "Made":
        return Made((*self.pieces, *pieces_of(other)))

    def __radd__(self, other: str) -> "Made":
        return Made((*pieces_of(other), *self.pieces))

    def __mul__(self, count: SupportsIndex) -> "Made":
        """So many blanks as there is room for are filled in; a rule stands in the program, however long it is."""
        if self.isspace():
            return Made((Piece(str(self) * count.__index__(), "blanks"),))
        return Made(self.pieces * max(count.__index__(), 0))

    __rmul__ = __mul__

    def _found(self, found: str, begin: int) -> "Made":
        return self._cut(begin, begin + len(found))

    def strip(self, chars: str | None = None, /) -> "Made":
        """As of any string, and all that follow."""
        return self.lstrip(chars).rstrip(chars)

    def lstrip(self, chars: str | None = None, /) -> "Made":
        """Without what stands before it."""
        left = str.lstrip(self, chars)
        return self._found(left, len(self) - len(left))

    def rstrip(self, chars: str | None = None, /) -> "Made":
        """Without what stands behind it."""
        return self._found(str.rstrip(self, chars), 0)

    def removeprefix(self, prefix: str, /) -> "Made":
        """Without a beginning."""
        rest = str.removeprefix(self, prefix)
        return self._found(rest, len(self) - len(rest))

    def removesuffix(self, suffix: str, /) -> "Made":
        """Without an end."""
        return self._found(str.removesuffix(self, suffix), 0)

    def partition(self, sep: str, /) -> tuple["Made", "Made", "Made"]:
        """Before, at and behind the first place."""
        before, between, behind = str.partition(self, sep)
        return (
            self._found(before, 0),
            self._found(between, len(before)),
            self._found(behind, len(before) + len(between)),
        )

    def rpartition(self, sep: str, /) -> tuple["Made", "Made", "Made"]:
        """Before, at and behind the last place."""
        before, between, behind = str.rpartition(self, sep)
        return (
            self._found(before, 0),
            self._found(between, len(before)),
            self._found(behind, len(before) + len(between)),
        )

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list["Made"]:  # type: ignore[override]  # a list is invariant
        """At every place."""
        parts, place = [], 0
        for part in str.split(self, sep, maxsplit):
            place = self.index(part, place)
            parts.append(self._found(part, place))
            place += len(part)
        return parts

    def join(self, parts: Iterable[str], /) -> "Made":
        """Parts that are made alike are a list of whatever length, and filled in as one; others stay what they are."""
        every = list(parts)
        pieces = [pieces_of(part) for part in every]
        if len(every) > 1 and not all(map(_is_literal, every)) and len(set(map(_shape, pieces))) == 1:
            return Made((Piece(str.join(self, every), _named(pieces[0])),))
        between = [self.pieces] * max(len(every) - 1, 0)
        return Made(piece for both in zip(pieces, [*between, ()], strict=False) for part in both for piece in part)

    def format(self, *values: object, **named: object) -> "Made":
        """With fields filled in."""
        return formatted(self, {**{str(index): value for index, value in enumerate(values)}, **named})

    def __mod__(self, values: object) -> "Made":
        """With fields filled in as `printf` does; each is called by the word before it, or is a time if it looks like one."""
        return Made(_printed(self, iter(values if type(values) is tuple else (values,))))

    def lower(self) -> "Made":
        """In small letters."""
        return Made(Piece(text.lower(), name) for text, name in self.pieces)

    def upper(self) -> "Made":
        """In capitals."""
        return Made(Piece(text.upper(), name) for text, name in self.pieces)

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> "Made":  # noqa: ARG002 - all of them, or none
        """With something else in the place of something."""
        return Made(Piece(text.replace(old, new), name) for text, name in _whole_literals(self.pieces))


def literal(text: str) -> Made:
    """What stands in the program."""
    return Made((Piece(text),))


def pieces_of(text: str) -> tuple[Piece, ...]:
    """A plain string was filled in as a whole."""
    return text.pieces if isinstance(text, Made) else (Piece(text, ""),)


def _is_literal(text: str) -> bool:
    return isinstance(text, Made) and all(piece.name is None for piece in text.pieces)


def _whole_literals(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """What stands in the program without a field between as one piece."""
    for is_literal, group in groupby(pieces, key=lambda piece: piece.name is None):
        if is_literal:
            yield Piece("".join([piece.text for piece in group]))
        else:
            yield from group


def _shape(pieces: Sequence[Piece]) -> tuple[str | None, ...]:
    """What tells pieces apart that were made in different places."""
    return tuple(piece.text if piece.name is None else None for piece in pieces)


def _named(pieces: Sequence[Piece]) -> str:
    return next((piece.name for piece in pieces if piece.name), "")


def filled(value: object, conversion: str, spec: str, name: str) -> tuple[Piece, ...]:
    """What a replacement field becomes: the pieces of what was made before, else one of its own."""
    if conversion == "r" or isinstance(value, dict | list):
        value = shown(value)
    if isinstance(value, Made):
        return _padded(value, spec) if spec else value.pieces
    return (Piece(format(value, spec), TIME if isinstance(value, date) else name),)


def _padded(made: Made, spec: str) -> tuple[Piece, ...]:
    padded = format(str(made), spec)
    begin = padded.find(str(made))
    if begin < 0:  # cut
        return made[: len(padded)].pieces if str(made).startswith(padded) else (Piece(padded, ""),)
    pieces = [Piece(padded[:begin]), *made.pieces, Piece(padded[begin + len(made) :])]
    if len(made.pieces) and made.pieces[0].name is not None:  # so that how much it is does not change the template
        pieces[:2] = [Piece(padded[:begin] + made.pieces[0].text, made.pieces[0].name)]
    if len(made.pieces) and made.pieces[-1].name is not None:
        pieces[-2:] = [Piece(pieces[-2].text + pieces[-1].text, pieces[-2].name)]
    return tuple(pieces)


def shown(value: object) -> str:
    """As `str` has it: keys and texts of the program stand in what it makes of containers."""
    if isinstance(value, Made):
        return _quoted(value)
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, dict) and all(isinstance(key, Made) for key in value):  # else it is as long as something else
        pairs = [literal("") + shown(key) + literal(": ") + shown(item) for key, item in value.items()]
        return literal("{") + literal(", ").join(pairs) + literal("}")
    if type(value) is list:
        return literal("[") + literal(", ").join(map(shown, value)) + literal("]")
    return repr(value)


def _quoted(made: Made) -> str:
    whole = repr(str(made))
    return literal(whole[0]) + made + literal(whole[-1]) if whole[1:-1] == str(made) else whole


def text(value: object = "") -> str:
    """What `str` makes of something."""
    if isinstance(value, Made):
        return value
    return shown(value) if isinstance(value, dict | list) else str(value)


def json_text(value: object) -> str:
    """What `json.dumps` makes of something."""
    import json  # noqa: PLC0415 - few programs write it

    if isinstance(value, Made):
        whole = json.dumps(str(value))
        return literal('"') + value + literal('"') if whole[1:-1] == str(value) else whole
    if isinstance(value, dict):
        pairs = [literal("") + json_text(key) + literal(": ") + json_text(item) for key, item in value.items()]
        return literal("{") + literal(", ").join(pairs) + literal("}")
    return json.dumps(value)


def plain(spell: Callable[..., str]) -> Callable[..., str]:
    """A function that spells a value, which is filled in as a whole whatever it is made of."""
    return lambda *given, **named: str(spell(*given, **named))


def formatted(template: str, values: Mapping[str, object]) -> Made:
    """What `str.format` makes of a template; fields without a name count from 0."""
    pieces: list[Piece] = []
    for index, (before, field, spec, conversion) in enumerate(Formatter().parse(template)):
        pieces.append(Piece(before))
        if field is not None:
            pieces += filled(values[field or str(index)], conversion or "", spec or "", field or str(index))
    return Made(pieces)


def _printed(template: Made, values: Iterator[object]) -> Iterator[Piece]:
    said, is_time = "", False  # since the field before, and whether that was one
    for piece in _whole_literals(template.pieces):
        if piece.name is not None:
            yield piece
            continue
        end = 0
        for field in _FIELD.finditer(piece.text):
            before = piece.text[end : field.start()]
            said, end = said + before, field.end()
            yield Piece(before)
            if field[0] == "%%":
                said += "%"
                yield Piece("%")
                continue
            *sizes, value = (next(values) for _ in range(field[0].count("*") + 1))
            if isinstance(value, Made) and field[0] == "%s":
                yield from (
                    Piece(text, name or _last_word(said) if name is not None else None) for text, name in value.pieces
                )
                is_time = False
            else:
                text = field[0] % (*sizes, value)
                is_time = _LIKE_A_CLOCK.search(text) is not None or (is_time and said in (",", "."))
                yield Piece(text, TIME if is_time else _last_word(said))
            said = ""
        said += piece.text[end:]
        yield Piece(piece.text[end:])


def _last_word(said: str) -> str:
    return next(iter(_WORDS.findall(said)[-1:]), "")


def joined(*parts: "str | tuple[object, str, str, str]") -> Made:
    """What an f-string becomes: texts of the program, and (value, conversion, format, name) of what is filled in."""
    pieces: list[Piece] = []
    for part in parts:
        if type(part) is tuple:
            pieces += filled(*part)
        else:
            pieces.append(Piece(str(part)))
    return Made(pieces)


def is_clock(name: str | None) -> bool:
    """Whether what was filled in is part of a time."""
    return name is not None and bool(_CLOCK.search(name))


def parts(line: str) -> list[Piece]:
    """The pieces of a line as a reader would find them: none of them empty, and what touches is one.

    Parts of a time are one time.
    """
    found: list[Piece] = []
    for piece in pieces_of(line):
        if not piece.text:
            continue
        last = found[-1] if found else None
        if last is not None and (last.name is None) == (piece.name is None):
            both = TIME if is_clock(last.name) and is_clock(piece.name) else last.name or piece.name
            found[-1] = Piece(last.text + piece.text, both)
        elif len(found) > 1 and is_clock(piece.name) and is_clock(found[-2].name) and _is_between(found[-1]):
            between, before = found.pop(), found.pop()
            found.append(Piece(before.text + between.text + piece.text, TIME))
        elif last is not None and piece.name is None and is_clock(last.name) and piece.text.startswith("000"):
            found[-1:] = [Piece(f"{last.text}000", TIME), *_rest(piece)]  # microseconds that a clock does not count
        else:
            found.append(piece)
    return found


def _rest(piece: Piece) -> tuple[Piece, ...]:
    return (Piece(piece.text[3:]),) if piece.text[3:] else ()


def _is_between(piece: Piece) -> bool:
    return piece.name is None and _BETWEEN_CLOCKS.fullmatch(piece.text) is not None
