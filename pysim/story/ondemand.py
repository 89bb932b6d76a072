"""Sequences whose items are made when somebody looks at them: of tens of thousands, a moment of a run needs a handful."""

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

Item_co = TypeVar("Item_co", covariant=True)


class OnDemand(Sequence[Item_co]):
    """Items by their number, each made once."""

    def __init__(self, length: int, make: Callable[[int], Item_co]) -> None:
        self._length = length
        self._make = make
        self._made: dict[int, Item_co] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Item_co: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Item_co, ...]: ...

    def __getitem__(self, index: int | slice) -> Item_co | tuple[Item_co, ...]:
        if isinstance(index, slice):
            return tuple(map(self.__getitem__, range(*index.indices(self._length))))
        number = index + self._length if index < 0 else index
        if number not in self._made:
            if not 0 <= number < self._length:
                raise IndexError(index)
            self._made[number] = self._make(number)
        return self._made[number]
