"""Staffing: how many visits fall into each month under a rule, before the rule is issued."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

YEAR_DAYS = 365


def expected_visits(first_due: Integers, every: Integers, edges: Integers) -> Integers:
    """Give the visits of each object (row) in each period (column), each visit made on its last day.

    `first_due` is the day of the first visit, `every` the days from one to the next (above 0), `edges` the first days
    of the periods and the day after the last; all days are counted from the same day. A visit that is due before the
    first period is made on its first day, as the work in arrears, and the next one `every` days later.
    """
    first = np.maximum(first_due, edges[0])[:, None]
    before = np.maximum(-(-(edges[None] - first) // every[:, None]), 0)
    return np.asarray(np.diff(before, axis=1), dtype=np.int64)


def visits_a_year(every: Integers) -> Integers:
    """Give the fewest visits in 365 days that leave no gap above `every` days: 365 // every, 0 for rarer ones."""
    return np.asarray(YEAR_DAYS // every, dtype=np.int64)
