"""What lies next to what: the borders that blocks and cells share, and neighbours joined up to a wanted load."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import pi
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from shapely import STRtree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]

LIGHT, FULL, HEAVY = 0.6, 1.5, 2.0  # in wanted loads: joined while below, joined up to, joined up to at worst
EVENNESS = 1.0  # what a saved squared deviation is worth against a share of a part's outline
ROUNDS = 4  # sweeps over all parts that move single parts across a border


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


@dataclass(slots=True)
class _Region:
    """Parts joined so far, and for each neighbouring region the length and the weight of the common border."""

    parts: list[int]
    load: float
    area_m2: float
    outline_m: float
    beside: dict[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[float, float]:
        return self.load, self.area_m2


def joined(
    borders: Borders, weight: Floats, load: Floats, area_m2: Floats, outline_m: Floats, *, target: float
) -> Integers:
    """Give for each part of a coverage the number of the region it is joined into, 0, 1, … by lowest part.

    The lightest region goes first, into the neighbour with the largest common border (by `weight`, metres that count)
    and the roundest union, while the sum stays within 1.5 `target`, else 2, else only if it carries next to nothing;
    then single parts move over a border where that straightens it or evens the loads. Regions stay connected.
    """
    start = _regions(borders, weight, load, area_m2, outline_m)
    alive = dict(enumerate(start))
    heap = [(*region.rank, place) for place, region in alive.items()]
    heapify(heap)
    while heap:
        *rank, place = heappop(heap)
        if place not in alive or alive[place].rank != tuple(rank):
            continue
        if alive[place].load >= LIGHT * target:
            break
        partner = _partner(alive, place, target)
        if partner is not None:
            _join(alive, place, partner)
            heappush(heap, (*alive[partner].rank, partner))
    owner = np.empty(len(load), dtype=np.int64)
    for place, region in alive.items():
        owner[region.parts] = place
    fresh = _regions(borders, weight, load, area_m2, outline_m)
    _straighten(fresh, owner, target)
    return _numbered(owner)


def _numbered(owner: Integers) -> Integers:
    _, lowest, inverse = np.unique(owner, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(lowest)).astype(np.int64)[inverse]


def _regions(borders: Borders, weight: Floats, load: Floats, area_m2: Floats, outline_m: Floats) -> list[_Region]:
    measures = zip(load.tolist(), area_m2.tolist(), outline_m.tolist(), strict=True)
    regions = [_Region([part], *each) for part, each in enumerate(measures)]
    pair, inverse = np.unique(borders.first * len(load) + borders.second, return_inverse=True)
    length, counted = np.bincount(inverse, borders.length_m), np.bincount(inverse, weight)
    for each, metres, weighted in zip(pair.tolist(), length.tolist(), counted.tolist(), strict=True):
        one, other = divmod(each, len(load))
        regions[one].beside[other] = regions[other].beside[one] = (metres, weighted)
    return regions


def _partner(alive: dict[int, _Region], place: int, target: float) -> int | None:
    region = alive[place]
    for limit in (FULL, HEAVY, np.inf if region.load <= 0.1 * target else 0.0):
        fitting = [each for each in region.beside if alive[each].load + region.load <= limit * target]
        if fitting:
            return max(fitting, key=lambda each: (_fit(region, alive[each], *region.beside[each]), -each))
    return None


def _fit(region: _Region, other: _Region, border_m: float, weighted_m: float) -> float:
    """Give the share of the smaller outline that vanishes plus the roundness of the union (1 for a circle)."""
    outline = region.outline_m + other.outline_m - 2 * border_m
    roundness = 4 * pi * (region.area_m2 + other.area_m2) / outline**2
    return weighted_m / min(region.outline_m, other.outline_m) + roundness


def _join(alive: dict[int, _Region], place: int, partner: int) -> None:
    gone, kept = alive.pop(place), alive[partner]
    kept.parts += gone.parts
    kept.load += gone.load
    kept.area_m2 += gone.area_m2
    kept.outline_m += gone.outline_m - 2 * gone.beside[partner][0]
    for each, (metres, weighted) in gone.beside.items():
        del alive[each].beside[place]
        if each != partner:
            before = kept.beside.get(each, (0.0, 0.0))
            kept.beside[each] = alive[each].beside[partner] = (before[0] + metres, before[1] + weighted)


def _straighten(parts: list[_Region], owner: Integers, target: float) -> None:
    """Move single parts to a neighbouring region where it shortens the border or evens the loads; changes `owner`."""
    members: dict[int, set[int]] = {}
    for part, region in enumerate(owner.tolist()):
        members.setdefault(region, set()).add(part)
    load = {region: sum(parts[part].load for part in held) for region, held in members.items()}
    beside = [list(part.beside) for part in parts]
    for _ in range(ROUNDS):
        moved = 0
        for part, region in enumerate(owner.tolist()):
            aim = _better_home(parts[part], region, owner, load, target)
            if aim != region and holds_without(beside, members[region], part):
                members[region].remove(part)
                members[aim].add(part)
                load[region] -= parts[part].load
                load[aim] += parts[part].load
                owner[part] = aim
                moved += 1
        if not moved:
            return


def _better_home(part: _Region, region: int, owner: Integers, load: dict[int, float], target: float) -> int:
    """Give the region that a part should rather be in: by border saved per outline plus squared deviation saved."""
    border: dict[int, float] = {region: 0.0}
    for each, (_, weighted) in part.beside.items():
        other = int(owner[each])
        border[other] = border.get(other, 0.0) + weighted
    best, gain = region, 1e-3
    for other in sorted(border):
        if other == region or (part.load and load[other] + part.load > FULL * target):
            continue
        change = part.load * (load[region] - load[other] - part.load) * 2 / target**2
        saved = (border[other] - border[region]) / part.outline_m + EVENNESS * change
        if saved > gain:
            best, gain = other, saved
    return best


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
