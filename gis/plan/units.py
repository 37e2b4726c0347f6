"""Units of patrol work: the objects along one street in one cell, on their ground; and which lie next to each other."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from shapely import STRtree

from gis.plan.adjacency import Borders, shared_borders
from gis.plan.blocks import GRID_M
from gis.plan.cutting import narrow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]

LIGHT = 0.125  # of the heaviest unit wanted: objects along a street that carry less join a neighbouring group
ROUNDS = 8  # of k-means, where the objects along one street are too much for one unit
THIN_M = 0.1  # a face nowhere wider than this is a hair between lines that were drawn twice, and no ground of its own
WET_M = 1.0  # a border whose middle is nearer to a barrier than this runs along it


@dataclass(frozen=True)
class WorkUnits:
    """Units that tile the cells, with polygons that share their vertices exactly.

    `cell`, `polygon`, `load` and place `xy` (metres) are of each unit; `unit` of each object, -1 for one in no cell.
    """

    cell: Integers
    polygon: Shapes
    load: Floats
    xy: Floats
    unit: Integers


def seeds(spots: Floats, load: Floats, home: Integers, street: Integers, *, most: float) -> tuple[Floats, Integers]:
    """Give the middles of the units wanted, and their cells, from objects' places, loads, cells and streets.

    The objects of one cell along one street are one unit, several if they carry over `most` (k-means along their main
    direction); along streets with an eighth of that or less they are left to the groups beside them, except that the
    heaviest group of a cell always counts. Objects in no cell (-1) count nowhere.
    """
    inside = np.flatnonzero(home >= 0)
    order = inside[np.lexsort((street[inside], home[inside]))]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (home[order][1:] != home[order][:-1]) | (street[order][1:] != street[order][:-1])
    begin = np.flatnonzero(fresh)
    carried = np.add.reduceat(load[order], begin) if len(begin) else np.empty(0)
    cell = home[order][begin]
    heaviest = np.zeros(int(cell.max(initial=-1)) + 1)
    np.maximum.at(heaviest, cell, carried)
    middles: list[Floats] = []
    cells: list[int] = []
    for each, end in enumerate(np.append(begin, len(order))[1:]):
        if carried[each] <= LIGHT * most and carried[each] < heaviest[cell[each]]:
            continue
        members = order[begin[each] : end]
        found = _middles(spots[members], load[members], ceil(carried[each] / most) if most > 0 else 1)
        middles.append(found)
        cells += [int(cell[each])] * len(found)
    return np.concatenate(middles) if middles else np.empty((0, 2)), np.array(cells, dtype=np.int64)


def _middles(spots: Floats, load: Floats, count: int) -> Floats:
    """Give up to `count` middles of groups of about equal load along the main direction of some spots."""
    weight = load + max(float(load.mean()), 1e-9) * 0.01
    if count <= 1 or len(spots) == 1:
        return np.average(spots, axis=0, weights=weight)[None]
    off = spots - np.average(spots, axis=0, weights=weight)
    order = np.argsort(off @ np.linalg.eigh(off.T @ (off * weight[:, None]))[1][:, -1], kind="stable")
    at = np.searchsorted(np.cumsum(weight[order]), (np.arange(count) + 0.5) / count * weight.sum())
    middles = np.unique(spots[order][np.minimum(at, len(spots) - 1)], axis=0)
    for _ in range(ROUNDS):
        nearest = np.asarray(cKDTree(middles).query(spots)[1])
        total = np.bincount(nearest, weight, minlength=len(middles))
        sums = np.stack([np.bincount(nearest, weight * axis, minlength=len(middles)) for axis in spots.T], axis=1)
        middles = sums[total > 0] / total[total > 0, None]
    return middles


def work_units(
    cells: Shapes, middles: Floats, of_cell: Integers, objects: tuple[Floats, Floats, Integers]
) -> WorkUnits:
    """Give the units that tile the cells, each cell cut halfway between the middles inside it.

    `objects` are places, loads and cells (-1: none) of what is patrolled. A cell with fewer than two middles is one
    unit; a part of a cell that touches the rest in no more than a point is a unit of its own. All lines are noded
    together on a grid of 0.01 mm; hairs between cells whose borders have other vertices go to the unit beside them.
    """
    spots, load, home = objects
    lines = [shapely.boundary(cells)]
    for cell in np.flatnonzero(np.bincount(of_cell, minlength=len(cells)) > 1).tolist():
        here = shapely.multipoints(middles[of_cell == cell])
        cuts = shapely.voronoi_polygons(here, extend_to=cells[cell], only_edges=True)
        lines.append(shapely.get_parts(shapely.intersection(cuts, shapely.buffer(cells[cell], 1e-3, quad_segs=1))))
    edges = shapely.unary_union(np.concatenate(lines), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    point, inside = STRtree(cells).query(shapely.point_on_surface(faces), predicate="within")
    ground = np.full(len(faces), len(cells), dtype=np.int64)
    np.minimum.at(ground, point, inside)
    faces, ground = _without_hairs(faces, np.where(ground < len(cells), ground, -1))
    order = np.lexsort((*shapely.bounds(faces).T[::-1], ground))
    faces, ground = faces[order], ground[order]
    unit = _unit_of(faces, ground, spots, home)
    held = unit >= 0
    weight = load[held] + 1e-9
    total = np.bincount(unit[held], weight, minlength=len(faces))
    place = shapely.get_coordinates(shapely.point_on_surface(faces))
    mean = np.stack([np.bincount(unit[held], weight * axis, minlength=len(faces)) for axis in spots[held].T], axis=1)
    xy = np.where(total[:, None] > 0, mean / np.maximum(total, 1e-300)[:, None], place)
    carried = np.bincount(unit[held], load[held], minlength=len(faces)).astype(np.float64)
    return WorkUnits(ground, faces, carried, np.asarray(xy, dtype=np.float64), unit)


def _without_hairs(faces: Shapes, ground: Integers) -> tuple[Shapes, Integers]:
    """Give the faces in cells (`ground`, -1: in none), each with the hairs that share most of their border with it.

    A hair goes to a face of its own cell where one is beside it; one that is beside no face of any cell is left out.
    """
    hair = np.zeros(len(faces), dtype=bool)
    slim = np.flatnonzero(2 * shapely.area(faces) < THIN_M * shapely.length(faces))
    hair[slim] = narrow(faces[slim], THIN_M)
    owner = np.where(hair | (ground < 0), -1, np.arange(len(faces)))
    borders = shared_borders(faces)
    ends = np.concatenate((borders.first, borders.second)), np.concatenate((borders.second, borders.first))
    metres = np.tile(borders.length_m, 2)
    while True:
        some = hair[ends[0]] & (owner[ends[0]] < 0) & (owner[ends[1]] >= 0)
        if not some.any():
            break
        pays, gets = ends[0][some], owner[ends[1][some]]
        pair, inside = np.unique(np.stack((pays, gets), axis=1), axis=0, return_inverse=True)
        shared = np.bincount(inside.ravel(), metres[some])
        strange = ground[pair[:, 0]] != ground[pair[:, 1]]
        order = np.lexsort((pair[:, 1], -shared, strange, pair[:, 0]))
        first = order[np.flatnonzero(np.diff(pair[order, 0], prepend=-1))]
        owner[pair[first, 0]] = pair[first, 1]
    kept = np.flatnonzero(owner == np.arange(len(faces)))
    joined = faces.copy()
    for each in np.unique(owner[hair & (owner >= 0)]).tolist():
        joined[each] = shapely.coverage_union_all(faces[owner == each])
    return joined[kept], ground[kept]


def _unit_of(faces: Shapes, cell: Integers, spots: Floats, home: Integers) -> Integers:
    """Give the lowest unit of its cell that touches each object, else the nearest of that cell; -1 without a cell."""
    points = np.asarray(shapely.points(spots), dtype=object)
    found = np.full(len(spots), len(faces), dtype=np.int64)
    face, point = STRtree(points).query(faces, predicate="intersects")
    own = cell[face] == home[point]
    np.minimum.at(found, point[own], face[own])
    for each in np.flatnonzero((found == len(faces)) & np.isin(home, cell)).tolist():
        inside = np.flatnonzero(cell == home[each])
        found[each] = inside[np.argmin(shapely.distance(faces[inside], points[each]))]
    return np.where(found < len(faces), found, -1)


def next_to(units: Shapes, streets: Shapes, barriers: Shapes, *, shortest_m: float = 1.0) -> csr_array:
    """Give the symmetric matrix of units that are next to each other, in metres of border that can be walked over.

    Next to each other are units with at least `shortest_m` metres of common border away from every barrier (a river, by
    its line or its outline), and units with a street across their common border, which count for at least
    `shortest_m`. A unit without neighbours has an empty row. The polygons must share their vertices exactly.
    """
    borders = shared_borders(units)
    pair, inverse = np.unique(borders.first * len(units) + borders.second, return_inverse=True)
    wet = _along(borders, barriers)
    free = np.bincount(inverse, np.where(wet, 0.0, borders.length_m), minlength=len(pair)).astype(np.float64)
    crossed = np.zeros(len(pair), dtype=bool)
    if len(streets) and wet.any():
        some = np.flatnonzero(wet)
        crossed[inverse[some[STRtree(streets).query(_bits(units, borders, some), predicate="intersects")[0]]]] = True
    length = np.where(crossed, np.maximum(free, shortest_m), free)
    kept = length >= shortest_m
    first, second = np.divmod(pair[kept], max(len(units), 1))
    ends = np.concatenate((first, second)), np.concatenate((second, first))
    return csr_array((np.tile(length[kept], 2), ends), shape=(len(units), len(units)))


def _along(borders: Borders, barriers: Shapes) -> NDArray[np.bool_]:
    lines = shapely.get_parts(np.where(shapely.get_dimensions(barriers) == 2, shapely.boundary(barriers), barriers))
    wet = np.zeros(len(borders.first), dtype=bool)
    if len(lines) and len(wet):
        wet[STRtree(lines).query(shapely.points(borders.middle), predicate="dwithin", distance=WET_M)[0]] = True
    return wet


def _bits(units: Shapes, borders: Borders, some: Integers) -> Shapes:
    """Give for some bits of border the whole border that their two units share there."""
    return np.asarray(shapely.intersection(units[borders.first[some]], units[borders.second[some]]), dtype=object)
