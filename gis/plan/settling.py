"""The loads that districts should have after a change so that as little work as can be changes hands."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEAR = 1e-9  # of a mean district's load: what rounding may leave between loads that are to be equal


def beside(links: csr_array, label: NDArray[np.int32]) -> Integers:
    """Give the pairs (n, 2) of districts with a link between them, the lower number first."""
    found = links.tocoo()
    ends = np.stack((label[found.row], label[found.col]), axis=1).astype(np.int64)
    pairs: Integers = np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0)
    return pairs


def settled(load: Floats, fair: Floats, pairs: Integers, *, slack: float) -> tuple[Floats, float]:
    """Give the load of each district after the least handing over, and how much work that hands over.

    Every district ends within `slack` (a share) of what is `fair`; work goes from a district to one beside it, and what
    goes through several changes hands at each border, because districts stay in one piece: a minimum cost flow, solved
    as a linear program by HiGHS. Where no such flow is, as where districts are cut off from each other, what is fair is
    given, and 0.
    """
    count, ways = len(load), np.concatenate((pairs, pairs[:, ::-1]))
    if not len(pairs):
        return fair.copy(), 0.0
    index = np.arange(len(ways))
    signs = np.concatenate((np.ones(len(ways)), -np.ones(len(ways))))
    gains = coo_array((signs, (np.concatenate((ways[:, 1], ways[:, 0])), np.tile(index, 2))), shape=(count, len(ways)))
    rows = csr_array(gains)
    band = LinearConstraint(rows, fair * (1 - slack) - load - NEAR, fair * (1 + slack) - load + NEAR)
    found = milp(np.ones(len(ways)), constraints=band, bounds=Bounds(np.zeros(len(ways)), np.full(len(ways), np.inf)))
    if found.x is None:
        return fair.copy(), 0.0
    return load + rows @ found.x, float(found.x.sum())
