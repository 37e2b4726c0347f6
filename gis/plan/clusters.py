"""Which parts of a graph get workers of their own, how many, and to what the islands are joined that get none."""

from heapq import heapify, heappop, heapreplace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OWN = 0.5  # of a worker's load: what a connected piece must carry to get a worker of its own


class Clusters(NamedTuple):
    """Links with the joins added, the cluster of each unit, and the units of islands that were joined to another."""

    links: csr_array
    cluster: Integers
    joined: Integers


def clusters(
    links: csr_array, load: Floats, xy: Floats, wall: Integers, workers: int, *, seated: NDArray[np.bool_] | None = None
) -> Clusters:
    """Give the clusters that are divided each for itself, from links, loads, places and the walled part of each unit.

    Links through walls do not count. A connected piece with less than half a worker's load (where `seated` is given:
    without a seated unit) is joined to the nearest unit of another piece inside the same walls, lightest first; so is
    the lightest of all while there are more pieces than workers. Only what nobody inside its walls is seated in is
    joined to a piece beyond them. ValueError where there are more walled parts than
    workers.
    """
    parts = len(np.unique(wall))
    if parts > workers:
        raise ValueError(f"districts: expected a worker for each of {parts} walled parts, got {workers}")
    found = links.tocoo()
    inner = wall[found.row] == wall[found.col]
    row, col = found.row[inner].astype(np.int64), found.col[inner].astype(np.int64)
    kept = csr_array((np.ones(len(row)), (row, col)), shape=links.shape)
    piece = connected_components(kept, directed=False)[1].astype(np.int64)
    joined = np.zeros(len(load), dtype=bool)
    joins: list[tuple[int, int]] = []
    while True:
        light = _lightest(piece, load, wall, workers, seated)
        if light is None:
            break
        here = np.flatnonzero(piece == light)
        there = np.flatnonzero((piece != light) & (wall == wall[here[0]]))
        there = there if len(there) else np.flatnonzero(piece != light)
        found_there = cKDTree(xy[here]).query(xy[there])
        away, nearest = np.asarray(found_there[0]), np.asarray(found_there[1])
        best = int(np.argmin(away))
        joins.append((int(here[nearest[best]]), int(there[best])))
        joined[here] = True
        piece[here] = piece[there[best]]
    ends = np.array(joins, dtype=np.int64).reshape(-1, 2)
    both = np.concatenate((row, *ends.T)), np.concatenate((col, *ends.T[::-1]))
    return Clusters(
        csr_array(coo_array((np.ones(len(both[0])), both), shape=links.shape)),
        np.unique(piece, return_inverse=True)[1],
        np.flatnonzero(joined),
    )


def _lightest(
    piece: Integers, load: Floats, wall: Integers, workers: int, seated: NDArray[np.bool_] | None
) -> int | None:
    """Give the lightest piece that must be joined to another inside the same walls; None if all may stay."""
    name, first, inside = np.unique(piece, return_index=True, return_inverse=True)
    carried = np.bincount(inside, load)
    beside = np.bincount(wall[first])[wall[first]] > 1
    few = len(name) > workers
    if seated is not None:
        must = (np.bincount(inside, seated) == 0) & (len(name) > 1)
    else:
        must = (few | (carried < OWN * load.sum() / workers)) & beside
    if not must.any():
        return None
    return int(name[np.flatnonzero(must)[np.argmin(carried[must])]])


def dealt(load: Floats, units: Integers, workers: int) -> Integers:
    """Give how many workers each cluster gets, from its load and its number of units.

    One each, and then one more to the cluster with the most load per worker that has units for it, which keeps the
    largest load per worker smallest. Workers beyond the number of units are not dealt.
    """
    given = np.ones(len(load), dtype=np.int64)
    heap = [(-carried, each) for each, carried in enumerate(load.tolist()) if units[each] > 1]
    heapify(heap)
    for _ in range(workers - len(load)):
        if not heap:
            break
        each = heap[0][1]
        given[each] += 1
        if given[each] == units[each]:
            heappop(heap)
        else:
            heapreplace(heap, (-load[each] / given[each], each))
    return given
