"""Units that stay together, as those of a village that one worker can do: made one for the division, parted after."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gis.plan.evenness import Units

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Labels = NDArray[np.int32]


def together(units: Units, village: Integers, *, most: float) -> Integers:
    """Give the number of the group of each unit, from the number of its village (-1: none).

    The units of a village that hang together on the graph are one group where they carry `most` or less; all others
    are alone.
    """
    size = len(units.weight)
    row = np.repeat(np.arange(size), np.diff(units.indptr))
    same = (village[row] >= 0) & (village[row] == village[units.indices])
    ends = row[same], units.indices[same]
    piece = connected_components(csr_array((np.ones(len(ends[0])), ends), shape=(size, size)), directed=False)[1]
    heavy = np.bincount(piece, units.weight)[piece] > most
    alone = np.where(heavy, int(piece.max(initial=0)) + 1 + np.arange(size), piece)
    return np.unique(alone, return_inverse=True)[1].astype(np.int64)


def made_one(units: Units, group: Integers) -> Units:
    """Give the groups as units: the sum of loads, at the middle of their load, next to what any part is next to."""
    count = int(group.max(initial=-1)) + 1
    load = np.bincount(group, units.weight, minlength=count).astype(np.float64)
    heft = units.weight + max(float(units.weight.mean()), 1e-9) * 1e-3 if len(group) else units.weight
    total = np.bincount(group, heft, minlength=count)
    xy = np.stack([np.bincount(group, heft * axis, minlength=count) / total for axis in units.xy.T], axis=1)
    row, col = group[np.repeat(np.arange(len(group)), np.diff(units.indptr))], group[units.indices]
    links = csr_array(coo_array((np.ones(int((row != col).sum())), (row[row != col], col[row != col])), (count, count)))
    links.sum_duplicates()
    return Units(links.indptr.astype(np.int64), links.indices.astype(np.int32), load, xy.astype(np.float64))


def mostly(label: Labels, group: Integers, weight: Floats) -> Labels:
    """Give for each group the label (-1: none) that most of its load has, the lowest of equal ones."""
    count, labels = int(group.max(initial=-1)) + 1, int(label.max(initial=-1)) + 2
    pair, inside = np.unique(group * labels + label + 1, return_inverse=True)
    carried = np.bincount(inside, weight + 1e-9)
    order = np.lexsort((pair, -carried, pair // labels))
    first = order[np.flatnonzero(np.diff(pair[order] // labels, prepend=-1))]
    found = np.full(count, -1, dtype=np.int32)
    found[pair[first] // labels] = pair[first] % labels - 1
    return found
