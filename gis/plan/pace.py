"""How long a search goes on: so many steps, or until somebody says stop; the steps done are counted."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """`done` steps of at most `steps` (none: no limit); a search asks `on` before each step and ends where it is false.

    `stop` may look at a clock; `told` hears of each step that begins. A run with as many steps as were done, and no
    `stop`, does the same.
    """

    steps: int | None = None
    stop: Callable[[], bool] | None = None
    done: int = 0
    over: bool = False
    told: Callable[[int], None] | None = None

    @property
    def cut(self) -> bool:
        """Whether somebody stopped the search while steps were left."""
        return self.over and (self.steps is None or self.done < self.steps)

    def on(self) -> bool:
        """Give whether one more step may be done, and count it."""
        self.over = self.over or (self.steps is not None and self.done >= self.steps)
        self.over = self.over or (self.stop is not None and self.stop())
        self.done += not self.over
        if self.told is not None and not self.over:
            self.told(self.done)
        return not self.over
