"""How long a pipe plan is searched for, whom its progress is told, and how it ends early with the best plan so far."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from gis.plan.pace import Pace

LATER = 4
"""A plan drawn again with the cost of its sizes is searched for so many times fewer steps: it changes little."""
LAST = "store"
"""What cannot be ended early."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what is being done, and who may end a search: then the best plan so far is made whole and kept."""

    begin: Callable[[str], None] = lambda _: None
    end: Callable[[], bool] = lambda: False


NOBODY = Watch()


@dataclass(frozen=True, slots=True)
class Tempo:
    """Searches of a plan: the first of so many `steps` or `seconds`, the later ones of a part of the steps it had.

    A plan and its sizes are made to agree in so many `rounds`, where one of them holds.
    """

    steps: int
    seconds: float | None
    rounds: int
    watch: Watch

    def first(self) -> Pace:
        """Give the pace of the first search, which begins now; one with as many steps as it did does the same."""
        until = math.inf if self.seconds is None else time.monotonic() + self.seconds
        return self._told("search", self.steps, lambda: time.monotonic() > until or self.watch.end())

    def later(self, done: int, idle: Callable[[], bool]) -> Pace:
        """Give the pace of a search after one that did so many steps; it stops where it is `idle`."""
        return self._told("again", max(done // LATER, 1), idle)

    def _told(self, what: str, steps: int, stop: Callable[[], bool]) -> Pace:
        return Pace(steps, stop=stop, told=lambda done: self.watch.begin(f"{what} {done}/{steps}"))
