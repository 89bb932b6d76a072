"""Addressable noise: every draw has an address (seed, stream name, index), so time can be random-access.

Words come from NumPy's counter-based Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), keyed by
the seed and the stream's name; the index is the counter. Only the bit generator is used: its words are stable across NumPy
versions and platforms. Uniforms and normals are made from them with additions, multiplications, divisions and square roots
alone, which IEEE 754 defines to the last bit; no libm call takes part, so CPython and WASM agree exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import DTypeLike, NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Number = TypeVar("Number", np.int64, np.float64)

_WORDS_PER_COUNT = 4  # Philox4x64 makes four words per counter value
_MASK = 0xFFFF_FFFF_FFFF_FFFF
_FNV_OFFSET, _FNV_PRIME = 0xCBF2_9CE4_8422_2325, 0x0000_0100_0000_01B3
# SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): step, then shift and multiply.
_GAMMA = 0x9E37_79B9_7F4A_7C15
_MIXES = ((30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB), (31, 1))
_GAMMA_WORD, _MIX_WORDS = np.uint64(_GAMMA), tuple(tuple(map(np.uint64, mix)) for mix in _MIXES)
_WASTE = np.uint64(11)  # bits of a word that a float has no place for
_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476
_ATANH = tuple(1.0 / odd for odd in range(23, 0, -2))  # its series, highest power first

# Wichura 1988, algorithm AS 241 (PPND16): rational approximations of the normal quantile, highest power first.
_CENTRAL = 0.425
_TAIL_SPLIT = 5.0
_CENTRAL_TOP = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_CENTRAL_BOTTOM = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
_TAIL_TOP = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_TAIL_BOTTOM = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
)  # fmt: skip
_FAR_TOP = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_FAR_BOTTOM = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
)  # fmt: skip


class _Key(ISeedSequence):
    """Gives a key to a generator that makes its own of a seed: one that is handed over has it seed itself from the system first."""

    __slots__ = ("_words",)

    def __init__(self, words: Words) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: DTypeLike = np.uint32) -> Words:  # noqa: ARG002 - NumPy's own signature
        return self._words


@dataclass(frozen=True, slots=True)
class Stream:
    """One meaning's own supply of noise. Two meanings never share a stream."""

    seed: int
    name: str

    def words(self, start: int, count: int) -> Words:
        """Raw 64-bit words at indices [start, start + count), shape (count,)."""
        first, skipped = divmod(start, _WORDS_PER_COUNT)
        key = np.array([self.seed & _MASK, fnv1a(self.name)], dtype=np.uint64)
        generator = np.random.Philox(_Key(key), counter=first)  # type: ignore[arg-type]  # the stub knows one such class only
        words: Words = generator.random_raw(skipped + count)[skipped:]
        return words

    def uniforms(self, start: int, count: int) -> Floats:
        """Uniforms in the open interval (0, 1), shape (count,), with 53 random bits."""
        bits = (self.words(start, count) >> _WASTE).astype(np.float64)
        bits += 0.5
        bits *= 2.0**-53
        return bits

    def normals(self, start: int, count: int) -> Floats:
        """Standard normals, shape (count,)."""
        return normal_quantile(self.uniforms(start, count))

    def exponentials(self, start: int, count: int) -> Floats:
        """Exponential draws of mean one, shape (count,)."""
        return -_log(self.uniforms(start, count))

    def uniform(self, index: int) -> float:
        """The uniform at one index."""
        return float(self.uniforms(index, 1)[0])

    def normal(self, index: int) -> float:
        """The standard normal at one index."""
        return float(self.normals(index, 1)[0])

    def spread(self, index: NDArray[np.int64]) -> Floats:
        """A uniform in [0, 1) for each index, in any order, without generating the ones before it; same shape.

        A hash of the index (SplitMix64), not Philox: for periodic work whose sum must stay in closed form.
        """
        return spreads(np.uint64(self.origin), index)

    def spread_at(self, index: int) -> float:
        """`spread` at one index, without the cost of arrays."""
        word = index * _GAMMA + self.origin & _MASK
        for shift, factor in _MIXES:
            word = (word ^ (word >> shift)) * factor & _MASK
        return (word >> 11) * 2.0**-53

    @property
    def origin(self) -> int:
        """What sets its hashes apart from those of all others."""
        return fnv1a(self.name) ^ (self.seed & _MASK)


def spreads(origins: Words | np.uint64, index: NDArray[np.int64]) -> Floats:
    """`Stream.spread` of streams by their origins, one for each index or one for all; same shape as `index`."""
    word = index.astype(np.uint64) * _GAMMA_WORD + origins
    for shift, factor in _MIX_WORDS:
        word = (word ^ (word >> shift)) * factor
    return (word >> _WASTE).astype(np.float64) * 2.0**-53


def once_each(draw: Callable[[NDArray[np.int64]], NDArray[Number]], index: NDArray[np.int64]) -> NDArray[Number]:
    """What is drawn at each index, same shape; many indices from among few that follow each other are drawn for once each."""
    if not index.size:
        return draw(index)
    first, last = int(index.min()), int(index.max())
    if last - first >= index.size:
        return draw(index)
    return draw(np.arange(first, last + 1, dtype=np.int64))[index - first]


@cache
def fnv1a(name: str) -> int:
    """The 64-bit FNV-1a hash of a name: Python's own hash is salted per process."""
    value = _FNV_OFFSET
    for byte in name.encode():
        value = (value ^ byte) * _FNV_PRIME & _MASK
    return value


def normal_quantile(p: Floats) -> Floats:
    """The standard normal quantile of probabilities in (0, 1), any shape, to about 1e-16 (Wichura 1988, AS 241)."""
    q = p - 0.5
    r = _CENTRAL * _CENTRAL - q * q
    result = _ratio(_CENTRAL_TOP, _CENTRAL_BOTTOM, r)
    result *= q
    tail = np.nonzero(np.abs(q) > _CENTRAL)  # places, not a mask: that is read and written many times faster
    if len(tail[0]):
        beyond = p[tail]
        result[tail] = np.sign(q[tail]) * _tail_quantile(np.minimum(beyond, 1.0 - beyond))
    return result


def _tail_quantile(p: Floats) -> Floats:
    r = np.sqrt(-_log(p))
    result = _ratio(_TAIL_TOP, _TAIL_BOTTOM, r - 1.6)
    far = r > _TAIL_SPLIT
    if far.any():  # of one in a hundred billion
        result[far] = _ratio(_FAR_TOP, _FAR_BOTTOM, r[far] - _TAIL_SPLIT)
    return result


def _ratio(top: tuple[float, ...], bottom: tuple[float, ...], x: Floats) -> Floats:
    value = _horner(top, x)
    value /= _horner(bottom, x)
    return value


def _horner(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = x * coefficients[0]
    for coefficient in coefficients[1:-1]:
        value += coefficient
        value *= x
    value += coefficients[-1]
    return value


def _log(x: Floats) -> Floats:
    """Natural logarithm by atanh series: log(m 2^e) = e ln 2 + 2 atanh((m - 1) / (m + 1)), with m near one."""
    mantissa, exponent = np.frexp(x)
    low = mantissa < _SQRT_HALF
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square = s * s
    result: Floats = (exponent - low) * _LN2 + 2.0 * s * _horner(_ATANH, square)
    return result
