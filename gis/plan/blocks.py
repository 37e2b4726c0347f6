"""Street blocks: the faces between streets, water and outlines of which cells are made, the heavy ones cut straight."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.plan.adjacency import Borders, shared_borders

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]

GRID_M = 1e-5  # an area's lines are noded on this grid, so that neighbouring blocks share their vertices exactly
BARRIER = 0.2  # a metre of cell border along water or a village line costs so much of a metre along a street
OFF_STREET = 2.0  # and a metre that follows nothing that can be seen outside
STRIPS = 12  # a block of fewer wanted pieces is cut into parallel strips
ALONE = 1.5  # a part of a block is cut on while it is heavier than so many wanted pieces


@dataclass(frozen=True, slots=True)
class Ground:
    """What is seen on the ground: streets and water as lines, each with an index."""

    streets: Shapes
    water: Shapes
    street_tree: STRtree
    water_tree: STRtree

    @classmethod
    def of(cls, streets: Shapes, barriers: Shapes) -> "Ground":
        """Give the ground of lines, and of barriers that are lines, or areas by their outline."""
        outlines = np.where(shapely.get_dimensions(barriers) == 2, shapely.boundary(barriers), barriers)
        dry, wet = bits(shapely.get_parts(streets)), bits(shapely.get_parts(outlines))
        return cls(dry, wet, STRtree(dry), STRtree(wet))

    def near(self, area: BaseGeometry) -> Shapes:
        """Give the bits of line that meet an area."""
        return np.concatenate(
            [
                lines[np.sort(tree.query(area, predicate="dwithin", distance=GRID_M))]
                for lines, tree in ((self.streets, self.street_tree), (self.water, self.water_tree))
            ]
        )


@dataclass(frozen=True, slots=True)
class Blocks:
    """Street blocks of an area: shapes, what each carries, borders between them and the cost of a cell border."""

    shapes: Shapes
    home: Integers
    load: Floats
    borders: Borders
    cost: Floats


def bits(lines: Shapes) -> Shapes:
    """Give the straight bits of lines."""
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    inner = np.flatnonzero(line[1:] == line[:-1])
    return np.asarray(shapely.linestrings(np.stack((vertices[inner], vertices[inner + 1]), axis=1)), dtype=object)


def blocks_of(area: BaseGeometry, edges: BaseGeometry, ground: Ground, points: Floats, load: Floats) -> Blocks:
    """Give the blocks that noded edges make of an area; a point counts in the lowest block that touches it."""
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    shapely.prepare(area)
    faces = faces[shapely.intersects(area, shapely.point_on_surface(faces))]
    faces = faces[np.lexsort(shapely.bounds(faces).T)]
    home = _block_of(faces, points)
    borders = shared_borders(faces)
    middle = np.asarray(shapely.points(borders.middle), dtype=object)
    cost = np.full(len(middle), OFF_STREET)
    cost[_along(ground.street_tree, middle)] = 1.0
    cost[_along(ground.water_tree, middle)] = BARRIER
    carried = np.bincount(home, load, minlength=len(faces)).astype(np.float64)
    return Blocks(faces, home, carried, borders, cost)


def noded(area: BaseGeometry, lines: Shapes) -> BaseGeometry:
    """Give the lines and the outline of an area cut where they meet, on the noding grid."""
    return shapely.unary_union(np.concatenate((lines, shapely.get_parts(area.boundary))), grid_size=GRID_M)


def first_touched(polygons: Shapes, points: Floats) -> Integers:
    """Give for each point the lowest polygon that touches it, -1 where none does."""
    polygon, point = STRtree(np.asarray(shapely.points(points))).query(polygons, predicate="intersects")
    home = np.full(len(points), len(polygons), dtype=np.int64)
    np.minimum.at(home, point, polygon)
    return np.where(home < len(polygons), home, -1)


def _along(tree: STRtree, middle: Shapes) -> Integers:
    return np.unique(tree.query(middle, predicate="dwithin", distance=10 * GRID_M)[0]).astype(np.int64)


def _block_of(blocks: Shapes, points: Floats) -> Integers:
    """Give the lowest block that touches each point; the nearest where the noding grid moved the border away."""
    home = first_touched(blocks, points)
    lost = np.flatnonzero(home < 0)
    if len(lost):
        home[lost] = STRtree(blocks).query_nearest(shapely.points(points[lost]), all_matches=False)[1]
    return home


def cuts(
    block: BaseGeometry, points: Floats, load: Floats, wanted: float, main: Floats | None = None
) -> list[BaseGeometry]:
    """Give the straight lines that cut a block into parts of about the wanted load.

    Each lies across the main direction of the points, where the widest gap between them is within a tenth of the wanted
    share; under `STRIPS` parts all lie across one direction, `main`, so that whatever parts are joined has straight
    borders. Points in one spot are not parted.
    """
    if load.sum() <= ALONE * wanted:
        return []
    centre = np.average(points, axis=0, weights=load)
    spread = np.cov((points - centre).T, aweights=load, bias=True)
    axis = np.linalg.eigh(spread)[1][:, -1] if main is None else main
    along = (points - centre) @ axis
    place = _cut_place(along, load, max(2, round(float(load.sum() / wanted))))
    if place is None:
        return []
    far = 4 * float(shapely.minimum_bounding_radius(block)) + 1
    middle, across = centre + place * axis, far * np.array((-axis[1], axis[0]))
    line = LineString([middle - across, middle + across])
    found = [longer(bit) for bit in shapely.get_parts(line.intersection(block)) if bit.length > 0]
    kept = axis if load.sum() <= STRIPS * wanted else None
    for side in (-1, 1):
        there = side * along > side * place
        far_edge = [middle + across + side * far * axis, middle - across + side * far * axis]
        part = block.intersection(Polygon([middle - across, middle + across, *far_edge]))
        found += cuts(part, points[there], load[there], wanted, kept)
    return found


def _cut_place(along: Floats, load: Floats, parts: int) -> float | None:
    """Give where along its main direction a block is cut into `parts // 2` and the rest; None for one spot."""
    order = np.argsort(along, kind="stable")
    gap, share = np.diff(along[order]), np.cumsum(load[order])[:-1] / load.sum()
    off = np.where(gap > 1e-3, np.abs(share - (parts // 2) / parts), np.inf)
    if not np.isfinite(off).any():
        return None
    best = np.argmin(off) if off.min() > 0.1 else np.argmax(np.where(off <= 0.1, gap, 0.0))
    return float(along[order][best] + gap[best] / 2)


def longer(line: BaseGeometry, by_m: float = 1e-3) -> BaseGeometry:
    """Give a line longer at both ends, so that it surely meets the border it was cut at; closed lines stay."""
    vertices = shapely.get_coordinates(line)
    if line.is_closed:
        return line
    first, last = vertices[0] - vertices[1], vertices[-1] - vertices[-2]
    start = vertices[0] + first / np.hypot(*first) * by_m
    end = vertices[-1] + last / np.hypot(*last) * by_m
    return LineString(np.vstack((start, vertices, end)))
