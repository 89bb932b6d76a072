"""A progress bar as tqdm 4.67 draws it (tqdm/std.py, format_meter): what several programs show while they work."""

from functools import lru_cache

_TWO_DIGITS = tuple(f"{second:02d}" for second in range(60))
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_CELLS = 10  # of the bar, where nobody knows how wide a line may be


def duration(seconds: float) -> str:
    """Minutes and seconds, and hours if there are any."""
    minutes, rest = divmod(int(seconds), 60)
    return _until_second(minutes) + _TWO_DIGITS[rest]


@lru_cache(maxsize=8)
def _until_second(minutes: int) -> str:
    """How a duration begins: for many in order mostly as the one before."""
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:" if hours else f"{minutes:02d}:"


def bar(done: int, total: int, elapsed: float, per_second: float | None, columns: int | None = None) -> str:
    """The whole line: `columns` wide where that is known. Nobody knows a rate before the first of `total` is done."""
    rate, left = "?it/s", "?"
    if per_second:
        rate = f"{per_second:5.2f}it/s" if per_second >= 1 else f"{1 / per_second:5.2f}s/it"
        left = duration((total - done) / per_second)
    before = f"{done / total * 100:3.0f}%|"
    after = f"| {done}/{total} [{duration(elapsed)}<{left}, {rate}]"
    cells = _CELLS if columns is None else max(1, columns - len(before) - len(after))
    return before + _filled(done * cells * 8 // total, cells) + after


@lru_cache(maxsize=8)
def _filled(eighths: int, cells: int) -> str:
    """Whole cells, one in eighths, and empty ones."""
    whole, eighths = divmod(eighths, 8)
    part = _EIGHTHS[eighths] if whole < cells else ""
    return "█" * whole + part + " " * (cells - whole - len(part))


def rewritten(line: str, text: str) -> str:
    """What a file that knows no cursor gets when `text` is written above a bar: the bar, blanks over it, and the text."""
    return f"\r{line}\r{' ' * len(line)}\r{text}"
