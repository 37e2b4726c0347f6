"""One decorator that compiles the inner loops of plans to machine code."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """Give the function compiled by numba, kept on disk where a folder for that can be written.

    What is kept is renewed when the function's own file changes, not when another file does: compiled functions
    therefore call only functions of their own module.
    """
    numba: Any = njit
    try:
        made: Loop = numba(cache=True)(loop)
    except RuntimeError:  # numba finds no folder to write to: each process compiles anew
        made = numba()(loop)
    return made
