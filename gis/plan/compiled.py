"""One decorator that compiles the inner loops of plans to machine code, and the heap that such loops share."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """Give the function compiled by numba, kept on disk where a folder for that can be written.

    What is kept is renewed when the function's own file changes, not when another file does: compiled functions call
    only functions of their own module, and the heap below, with whose change every file that uses it must change.
    """
    numba: Any = njit
    try:
        made: Loop = numba(cache=True)(loop)
    except RuntimeError:  # numba finds no folder to write to: each process compiles anew
        made = numba()(loop)
    return made


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
