"""Round numbers for axes. Comparisons and divisions only, so that they are the same everywhere."""

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_WIDTHS = (1, 2, 3, 4, 5, 6, 8, 10)


def round_above(value: float) -> float:
    """The smallest round number that is not below a positive one: 1, 2, 2.5 or 5 times a power of ten."""
    power = _power_below(value)
    return next(power * each for each in _ROUND if power * each >= value * (1.0 - 1e-9))


def round_width(value: int) -> int:
    """The smallest whole number of one digit and noughts that is not below a positive one."""
    power = 1
    while power * 10 < value:
        power *= 10
    return next(power * each for each in _WIDTHS if power * each >= value)


def _power_below(value: float) -> float:
    power = 1.0
    while power > value:
        power /= 10.0
    while power * 10.0 <= value:
        power *= 10.0
    return power


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round numbers in [low, high], evenly spaced, at most so many."""
    if high <= low:
        return [low]
    step = round_above((high - low) / max(at_most, 1))
    first = int(low / step) - 1
    found = [step * (first + index) for index in range(at_most + 4)]
    return [value for value in found if low - step * 1e-6 <= value <= high + step * 1e-6]


def steps_label(step: int) -> str:
    """A step in few letters where it is round: `200k`, `1.5M`."""
    for unit, sign in ((1_000_000, "M"), (1_000, "k")):
        if step >= unit and step % (unit // 10) == 0:
            return f"{step / unit:g}{sign}"
    return f"{step:,}"
