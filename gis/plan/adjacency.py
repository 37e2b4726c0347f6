"""What lies next to what: the borders that blocks and cells share."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from shapely import STRtree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]


class Borders(NamedTuple):
    """Straight bits of border: the two polygons beside each (`first` < `second`), its length and its midpoint."""

    first: Integers
    second: Integers
    length_m: Floats
    middle: Floats


def shared_borders(polygons: Shapes) -> Borders:
    """Give every straight bit of border that two polygons of an exactly noded coverage share.

    Two polygons share a bit only if both have its two end vertices; for other polygons use `adjacency`.
    """
    rings, owner = shapely.get_rings(polygons, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    inner = np.flatnonzero(ring[1:] == ring[:-1])
    start, end = vertices[inner], vertices[inner + 1]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[turned], end[turned] = end[turned], start[turned]
    beside = owner[ring[inner]].astype(np.int64)
    order = np.lexsort((beside, end[:, 1], end[:, 0], start[:, 1], start[:, 0]))
    start, end, beside = start[order], end[order], beside[order]
    same = np.flatnonzero((start[1:] == start[:-1]).all(axis=1) & (end[1:] == end[:-1]).all(axis=1))
    same = same[beside[same] != beside[same + 1]]
    length = np.hypot(*(end[same] - start[same]).T)
    return Borders(beside[same], beside[same + 1], length, (start[same] + end[same]) / 2)


def adjacency(
    cells: Shapes, streets: Shapes | None = None, *, shortest_m: float = 1.0, reach_m: float = 0.01
) -> csr_array:
    """Give the symmetric matrix of cells that are next to each other, in metres of common border.

    Next to each other are cells with a common border of at least `shortest_m` metres, whether or not both have the same
    vertices on it, borders up to `reach_m` apart counted as common; and cells that meet in less but have a street
    that runs through the meeting place into the inside of both: these stand with `shortest_m`. A cell without
    neighbours has an empty row.
    """
    tree = STRtree(cells)
    first, second = tree.query(cells, predicate="dwithin", distance=reach_m)
    once = first < second
    first, second = first[once], second[once]
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    wide = shapely.buffer(cells, reach_m, quad_segs=1)
    length = shapely.length(shapely.intersection(shapely.boundary(cells[second]), wide[first]))
    near = length >= shortest_m
    if streets is not None and len(streets):
        away = np.flatnonzero(~near)
        away = away[_street_joins(cells, streets, first[away], second[away], reach_m=reach_m)]
        length[away], near[away] = shortest_m, True
    first, second, length = first[near], second[near], length[near]
    both = np.concatenate((first, second)), np.concatenate((second, first))
    return csr_array((np.concatenate((length, length)), both), shape=(len(cells), len(cells)))


def _street_joins(
    cells: Shapes, streets: Shapes, first: Integers, second: Integers, *, reach_m: float
) -> NDArray[np.bool_]:
    """Say for each pair whether streets run from the inside of one cell through the meeting place into the other."""
    place = shapely.intersection(
        shapely.buffer(cells[first], reach_m, quad_segs=1), shapely.buffer(cells[second], reach_m, quad_segs=1)
    )
    pair, street = STRtree(streets).query(place, predicate="dwithin", distance=reach_m)
    joined = np.zeros(len(first), dtype=bool)
    for each in np.unique(pair):
        here = shapely.unary_union(streets[np.sort(street[pair == each])])
        inside = shapely.buffer(cells[[first[each], second[each]]], -1.5 * reach_m, quad_segs=1)
        parts = shapely.intersection(here, inside)
        close = shapely.distance(parts, place[each]) <= 4 * reach_m
        joined[each] = bool(close.all() and (shapely.length(parts) > 0).all())
    return joined


def holds_without(beside: Sequence[Collection[int]], members: set[int], part: int) -> bool:
    """Say whether a connected set stays connected, and not empty, without one of its members."""
    inside = [each for each in beside[part] if each in members]
    if len(inside) < 2:
        return bool(inside)
    wanted, stack = set(inside[1:]), [inside[0]]
    seen = {part, inside[0]}
    while stack and wanted:
        fresh = [each for each in beside[stack.pop()] if each in members and each not in seen]
        seen.update(fresh)
        wanted.difference_update(fresh)
        stack += fresh
    return not wanted
