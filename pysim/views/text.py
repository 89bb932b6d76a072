"""Numbers as people write them: fixed widths, thousands separators, units always."""

from functools import lru_cache

_DECIMAL_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_BYTE_UNITS = ((10**15, "PB"), (10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_HOURS_PER_DAY = 24
_ROUNDS_UP = 0.9995  # of a unit: from here on three digits of the unit below would read 1000
_WHOLE = 100  # from here on a number is shown without decimals
GIB = 2**30
NOT_A_NUMBER = "nan"
SHARDING = {"ddp": "DDP", "zero1": "ZeRO-1", "zero2": "ZeRO-2", "zero3": "ZeRO-3", "fsdp": "FSDP", "hsdp": "HSDP"}


def count(value: float) -> str:
    """A large count in three digits: `405 B`, `15.6 T`."""
    return _scaled(value, _DECIMAL_UNITS)


def size(value: float) -> str:
    """Bytes in decimal units: `1.61 GB`."""
    return _scaled(value, _BYTE_UNITS) if value >= _BYTE_UNITS[-1][0] else f"{value:.0f} B"


def power(watts: float) -> str:
    """`41.9 kW`, and `10.97 MW` from a megawatt on."""
    return f"{watts / 1e3:.1f} kW" if watts < 1e6 else f"{watts / 1e6:.2f} MW"  # noqa: PLR2004  # a megawatt


def share(fraction: float, decimals: int = 0) -> str:
    """Per cent in a fixed width, cut and not rounded: nothing is 100% before it is done."""
    cut = int(fraction * 100 * 10**decimals + 1e-6) / 10**decimals
    return f"{cut:{4 + decimals if decimals else 3}.{decimals}f}%"


def amount(value: float) -> str:
    """A quantity with one decimal below a hundred, and none from there on."""
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.1f}"


def gib(value: float) -> str:
    """Bytes in binary gigabytes with one decimal, without the unit."""
    return f"{value / GIB:.1f}"


def _scaled(value: float, units: tuple[tuple[float, str], ...]) -> str:
    for scale, unit in units:
        if value >= scale * _ROUNDS_UP:
            scaled = value / scale
            decimals = sum(scaled < limit * _ROUNDS_UP for limit in (_WHOLE, _WHOLE / 10))
            return f"{scaled:.{decimals}f} {unit}"
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """`3:25:10`, with days from one day on: `12d 03:25:10`."""
    minutes, second = divmod(int(seconds), 60)
    return f"{_until_second(minutes)}{second:02d}"


@lru_cache(maxsize=16)  # a log has the same ones line after line
def _until_second(minutes: int) -> str:
    hours, minute = divmod(minutes, 60)
    if hours < _HOURS_PER_DAY:
        return f"{hours}:{minute:02d}:"
    days, hour = divmod(hours, _HOURS_PER_DAY)
    return f"{days}d {hour:02d}:{minute:02d}:"


def brief_duration(seconds: float) -> str:
    """The same in at most nine columns: hours up to a hundred, then `12d 03h`."""
    hours, rest = divmod(int(seconds), 3600)
    if hours >= _WHOLE:
        return f"{hours // 24}d {hours % 24:02d}h"
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"


def short_seconds(seconds: float) -> str:
    """A measured time: `9.84 s`, `11.30 ms`, and minutes from two minutes on."""
    if seconds < 1.0:
        return f"{seconds * 1e3:.2f} ms"
    return f"{seconds:.2f} s" if seconds < 2 * 60 else duration(seconds)


def loss(value: float | None, decimals: int = 4) -> str:
    """As trainers print it, `nan` where it is not a number."""
    return NOT_A_NUMBER if value is None else f"{value:.{decimals}f}"


def perplexity(value: float | None) -> str:
    """Two decimals, none from ten thousand on."""
    if value is None:
        return NOT_A_NUMBER
    return f"{value:.2f}" if value < 9999.995 else f"{value:,.0f}"  # noqa: PLR2004  # as on the step line


def plural(noun: str, number: int) -> str:
    """The noun as it stands behind a number: `node`, `nodes`, `processes`."""
    if number == 1:
        return noun
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"
