"""Districts that were, made whole again after units, loads or workers changed."""

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis.plan.compiled import compiled
from gis.plan.halving import ends_inside, halved

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Labels = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Before(NamedTuple):
    """Whose each unit was (-1: nobody's), and which districts must stay as they are."""

    label: Labels
    fixed: Flags


def handed_over(indptr: Integers, indices: Labels, label: Labels, number: Labels, workers: int) -> Before:
    """Give what was before for so many workers, from the old districts (-1: none) and their new numbers (-1: gone).

    Units of those who are gone are nobody's, and only the districts beside such units may change; all may where nobody
    is gone, where none is beside them, or where a worker is new.
    """
    now = np.where(label >= 0, np.append(number, -1)[label], -1).astype(np.int32)
    row = np.repeat(np.arange(len(label)), np.diff(indptr))
    gone = (label >= 0) & (now < 0)
    beside = np.unique(now[indices[gone[row]]])
    beside = beside[beside >= 0]
    fixed = np.full(workers, len(beside) > 0 and len(np.unique(now[now >= 0])) == workers)
    fixed[beside] = False
    return Before(now, fixed)


def kept(links: csr_array, load: Floats, heft: Floats, xy: Floats, before: Labels, fixed: Flags) -> Labels:
    """Give every unit a district, from the districts before (-1: none), of which the fixed ones stay as they were.

    Of a district in several pieces the heaviest stays; what has no district floods from the districts beside it, what
    is nearest to their centres first; a district left without a unit takes half of the heaviest one that may be cut.
    Every cluster must have a unit with a district.
    """
    workers = len(fixed)
    label = np.where((before >= 0) & (before < workers), before, -1).astype(np.int32)
    inside = _same(links, label)
    piece = connected_components(inside, directed=False)[1]
    carried = np.bincount(piece, heft)
    order = np.lexsort((-carried[piece], label))
    first = order[np.flatnonzero(np.diff(label[order], prepend=-2))]
    main = np.full(workers + 1, -1)
    main[label[first]] = piece[first]
    label[(piece != main[label]) & ~fixed[label]] = -1
    centre = np.zeros((workers, 2))
    held = label >= 0
    total = np.bincount(label[held], heft[held], minlength=workers)
    for axis in range(2):
        centre[:, axis] = np.bincount(label[held], heft[held] * xy[held, axis], minlength=workers) / np.maximum(
            total, 1e-300
        )
    indptr, indices = links.indptr.astype(np.int64), links.indices.astype(np.int32)
    _flooded(indptr, indices, label, xy, centre, fixed)
    _flooded(indptr, indices, label, xy, centre, np.zeros(workers, dtype=bool))
    for empty in np.flatnonzero(np.bincount(label, minlength=workers) == 0).tolist():
        _seated(links, label, load, heft, xy, fixed, empty)
    return label


def _same(links: csr_array, label: Labels) -> csr_array:
    found = links.tocoo()
    inner = label[found.row] == label[found.col]
    return csr_array((np.ones(int(inner.sum())), (found.row[inner], found.col[inner])), shape=links.shape)


@compiled
def _flooded(indptr: Integers, indices: Labels, label: Labels, xy: Floats, centre: Floats, fixed: Flags) -> None:
    """Let districts that are not fixed take the units beside them that have none, the nearest to a centre first."""
    heap = [(0.0, np.int64(0), np.int64(0)) for _ in range(0)]
    for unit in range(len(label)):
        if label[unit] >= 0 and not fixed[label[unit]]:
            heappush(heap, (-1.0, np.int64(unit), np.int64(label[unit])))
    while len(heap) > 0:
        away, place, district = heappop(heap)
        if away >= 0.0:
            if label[place] >= 0:
                continue
            label[place] = district
        for at in range(indptr[place], indptr[place + 1]):
            near = np.int64(indices[at])
            if label[near] < 0:
                dx, dy = xy[near, 0] - centre[district, 0], xy[near, 1] - centre[district, 1]
                heappush(heap, (dx * dx + dy * dy, near, district))


def _seated(links: csr_array, label: Labels, load: Floats, heft: Floats, xy: Floats, fixed: Flags, empty: int) -> None:
    """Give an empty district half of the heaviest one that has two units or more; nothing if there is none."""
    carried = np.bincount(label, load, minlength=len(fixed))
    carried[(np.bincount(label, minlength=len(fixed)) < 2) | fixed] = -1.0
    if carried.max() < 0:
        return
    members = np.flatnonzero(label == np.argmax(carried))
    half = halved(*ends_inside(links, members), xy[members], load[members], heft[members], np.ones(2), np.zeros((2, 2)))
    label[members[half == 1]] = empty
