"""Shortage: how much of the work cannot be done in time by any calendar, however it is arranged."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def missing_minutes(opens: Integers, due: Integers, minutes: Floats, capacity: Floats) -> float:
    """Give the minutes that would have to be added to `capacity` (per day) so that all work fits between its days.

    Each piece of work lies between its first day `opens` and its last `due`, both counted from the first day of
    `capacity`; one that reaches beyond the calendar is cut to it. The work may be split, so that this is a lower bound
    for visits, which may not. By Hall's theorem (1935): over all choices of stretches of days that do not overlap, the
    most work that lies wholly within them less what they hold. 0 without days or work.
    """
    days = len(capacity)
    if not days or not len(minutes):
        return 0.0
    first, last = np.clip(opens, 0, days - 1), np.clip(due, 0, days - 1)
    inside = np.zeros((days, days))
    np.add.at(inside, (np.minimum(first, last), last), minutes)
    inside = np.cumsum(np.cumsum(inside[::-1], axis=0)[::-1], axis=1)
    held = np.concatenate(([0.0], np.cumsum(capacity)))
    over = inside - (held[None, 1:] - held[:-1, None])
    most = np.zeros(days + 1)
    for end in range(days):
        most[end + 1] = max(most[end], float((most[: end + 1] + over[: end + 1, end]).max()))
    return float(most[-1])
