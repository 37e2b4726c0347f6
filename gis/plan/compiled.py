"""Inner loops compiled to machine code on their first call (numba), and the heap that they share."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Give the function compiled on its first call; the machine code is kept beside the module for the next process."""
    quick: Any = numba.njit(cache=True)(function)
    ready: F = quick
    return ready


@compiled
def push(keys: Integers, items: Integers, size: int, key: int, item: int) -> int:
    """Put an item in a heap, smallest key first and of equal keys the lower item; give the new size."""
    place = size
    while place:
        above = (place - 1) >> 1
        if keys[above] < key or (keys[above] == key and items[above] <= item):
            break
        keys[place], items[place] = keys[above], items[above]
        place = above
    keys[place], items[place] = key, item
    return size + 1


@compiled
def drop(keys: Integers, items: Integers, size: int) -> int:
    """Take the first item (place 0) out of a heap; give the new size."""
    size -= 1
    key, item = keys[size], items[size]
    place, below = 0, 1
    while below < size:
        right = below + 1
        if right < size and (keys[right] < keys[below] or (keys[right] == keys[below] and items[right] < items[below])):
            below = right
        if key < keys[below] or (key == keys[below] and item <= items[below]):
            break
        keys[place], items[place] = keys[below], items[below]
        place, below = below, 2 * below + 1
    keys[place], items[place] = key, item
    return size
