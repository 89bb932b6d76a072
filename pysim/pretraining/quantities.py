"""How figures are written for people: bytes, durations, and all digits of what a formula is made of."""

from pysim.physics.memory import GIB
from pysim.story.rounding import significant

SECONDS_PER_MINUTE, SECONDS_PER_HOUR, SECONDS_PER_DAY = 60, 3600, 86_400
_SMALL = 10  # below it, one digit says too little
_LONG_SECONDS = 100  # whose third decimal no sum of figures with six digits can tell
_MANY = 1e6  # from there on, six digits are fewer than a whole number has
_LARGE = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def human_bytes(count: float) -> str:
    """Bytes in decimal units: "5.67 TB"."""
    return scaled(count, "B")


def human_duration(seconds: float) -> str:
    """Seconds in the two units that matter: "3 d 4 h"."""
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.3g} s"
    if seconds < SECONDS_PER_HOUR:
        return _two_units(seconds, SECONDS_PER_MINUTE, "min", 1, "s")
    if seconds < SECONDS_PER_DAY:
        return _two_units(seconds, SECONDS_PER_HOUR, "h", SECONDS_PER_MINUTE, "min")
    return _two_units(seconds, SECONDS_PER_DAY, "d", SECONDS_PER_HOUR, "h")


def _two_units(seconds: float, large: int, large_name: str, small: int, small_name: str) -> str:
    whole = round(seconds / small) * small
    return f"{whole // large} {large_name} {whole % large // small} {small_name}"


def scaled(count: float, unit: str) -> str:
    """Two decimals with the decimal prefix that leaves few digits before them: "1.06 TFLOP"."""
    for size, prefix in _LARGE:
        if count >= size:
            return f"{count / size:.2f} {prefix}{unit}"
    return f"{count:.0f} {unit}"


def figure(value: float) -> str:
    """All six digits of a figure, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= _MANY else f"{value:,.6g}"


def figure_of_bytes(count: float) -> str:
    """The same of bytes, in decimal units."""
    size, prefix = next(((size, prefix) for size, prefix in _LARGE if count >= size), (1.0, ""))
    return f"{figure(count / size)} {prefix}B"


def gib(count: float) -> str:
    """Bytes in GiB, without the unit."""
    return one_decimal(count / GIB)


def one_decimal(value: float) -> str:
    """One decimal, or two digits of what it would make nothing of."""
    return f"{value:,.1f}" if value >= 1 or value == 0 else f"{value:.2g}"


def short_seconds(seconds: float) -> str:
    """Milliseconds of what is shorter than a second, five digits of what is long."""
    if seconds >= _LONG_SECONDS:
        return f"{figure(significant(seconds, 5))} s"
    return f"{seconds:.3f} s" if seconds >= 1 else f"{one_decimal(seconds * 1e3)} ms"


def whole(value: float) -> str:
    """No decimals, or two digits of what would become nothing."""
    return f"{value:,.0f}" if value >= _SMALL else f"{value:.2g}"
