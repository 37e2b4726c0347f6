"""Grid cells (网格): made from street blocks inside towns, and the faults of a tiling of cells."""

from math import ceil, pi, sqrt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.plan.adjacency import FULL, HEAVY, joined, shared_borders

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]

GRID_M = 1e-5  # a town's lines are noded on this grid, so that neighbouring blocks share their vertices exactly
BARRIER = 0.2  # a metre of border along a barrier weighs so much of a metre of street when blocks are merged


def make_cells(
    towns: Shapes, streets: Shapes, barriers: Shapes, points: Floats, load: Floats, *, target: float = 60.0
) -> gpd.GeoDataFrame:
    """Give the grid cells of all towns: `town` (place in `towns`), `serial`, `load`, `geometry`, in storage metres.

    Blocks between streets, barriers (water: lines, or areas by their outline) and the town line are merged, the
    lightest first, into the neighbour with which they share most street and make the roundest shape, until each carries
    about `target`; a block over twice the target is first cut straight across the main direction of its points. The
    cells of a town tile it; pieces of a town that share no border stay cells of their own, however light. Without
    streets the cuts are straight; without points each piece of a town is one cell. A point counts in the first town and
    block that touches it; a point outside every town counts nowhere.

    `serial` runs 1, 2, … within a town: the cells' centroids are dealt from north to south into bands of about √n
    cells, and each band is numbered from west to east. The method is greedy and promises tiling and connection, not
    balance: over twice the target stay cells whose load sits in one spot, under it those that no neighbour can take in.
    """
    water = shapely.get_parts(np.where(shapely.get_dimensions(barriers) == 2, shapely.boundary(barriers), barriers))
    lines = np.concatenate((shapely.get_parts(streets), water))
    tree, water_bits = STRtree(lines), STRtree(_bits(water))
    home = _first_touched(towns, points)
    found = []
    for town in range(len(towns)):
        near = lines[np.sort(tree.query(towns[town], predicate="dwithin", distance=GRID_M))]
        here = home == town
        blocks, carried = _blocks(towns[town], near, points[here], load[here], target)
        group = _grouped(blocks, carried, water_bits, target)
        shapes = np.array(
            [shapely.coverage_union_all(blocks[group == each]) for each in range(group.max(initial=-1) + 1)]
        )
        order = _serial_order(shapes)
        sums = np.bincount(group, carried, minlength=len(shapes))
        serial = np.arange(1, len(order) + 1)
        found.append(pd.DataFrame({"town": town, "serial": serial, "load": sums[order], "geometry": shapes[order]}))
    columns = pd.DataFrame({"town": [], "serial": [], "load": [], "geometry": []})
    frame = pd.concat(found, ignore_index=True) if found else columns
    return gpd.GeoDataFrame(frame.astype({"town": int, "serial": int, "load": float}), geometry="geometry")


def _bits(lines: Shapes) -> Shapes:
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    inner = np.flatnonzero(line[1:] == line[:-1])
    return np.asarray(shapely.linestrings(np.stack((vertices[inner], vertices[inner + 1]), axis=1)), dtype=object)


def _first_touched(polygons: Shapes, points: Floats) -> Integers:
    """Give for each point the lowest polygon that touches it, -1 where none does."""
    polygon, point = STRtree(np.asarray(shapely.points(points))).query(polygons, predicate="intersects")
    home = np.full(len(points), len(polygons), dtype=np.int64)
    np.minimum.at(home, point, polygon)
    return np.where(home < len(polygons), home, -1)


def _serial_order(shapes: Shapes) -> Integers:
    x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
    southward = np.lexsort((x, -y))
    bands = ceil(sqrt(len(shapes)))
    band = np.empty(len(shapes), dtype=np.int64)
    band[southward] = np.arange(len(shapes)) * bands // max(len(shapes), 1)
    return np.lexsort((-y, x, band)).astype(np.int64)


def _blocks(town: BaseGeometry, lines: Shapes, points: Floats, load: Floats, target: float) -> tuple[Shapes, Floats]:
    """Give the street blocks of a town, the heavy ones cut, and the load of each."""
    edges = shapely.unary_union(np.concatenate((lines, shapely.get_parts(town.boundary))), grid_size=GRID_M)
    blocks = _faces(edges, town)
    home = _block_of(blocks, points)
    heavy = np.flatnonzero(np.bincount(home, load, minlength=len(blocks)) > HEAVY * target)
    cuts = [cut for each in heavy for cut in _cuts(blocks[each], points[home == each], load[home == each], target)]
    if cuts:
        blocks = _faces(shapely.unary_union([edges, *cuts], grid_size=GRID_M), town)
        home = _block_of(blocks, points)
    return blocks, np.bincount(home, load, minlength=len(blocks)).astype(np.float64)


def _faces(edges: BaseGeometry, town: BaseGeometry) -> Shapes:
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    shapely.prepare(town)
    faces = faces[shapely.intersects(town, shapely.point_on_surface(faces))]
    return faces[np.lexsort(shapely.bounds(faces).T)]


def _block_of(blocks: Shapes, points: Floats) -> Integers:
    """Give the lowest block that touches each point; the nearest where the noding grid moved the border away."""
    home = _first_touched(blocks, points)
    lost = np.flatnonzero(home < 0)
    if len(lost):
        home[lost] = STRtree(blocks).query_nearest(shapely.points(points[lost]), all_matches=False)[1]
    return home


def _grouped(blocks: Shapes, load: Floats, water_bits: STRtree, target: float) -> Integers:
    """Give for each block the number of its cell."""
    borders = shared_borders(blocks)
    wet = np.unique(water_bits.query(shapely.points(borders.middle), predicate="dwithin", distance=10 * GRID_M)[0])
    weight = borders.length_m.copy()
    weight[wet] *= BARRIER
    measures = load, shapely.area(blocks), shapely.length(blocks)
    return joined(borders, weight, *measures, target=target)


def _cuts(block: BaseGeometry, points: Floats, load: Floats, target: float) -> list[BaseGeometry]:
    """Give the straight lines that cut a block into parts of about the wanted load.

    Each lies across the main direction of the points, where the widest gap between them is within a tenth of the wanted
    share. Points in one spot are not parted.
    """
    if load.sum() <= FULL * target:
        return []
    centre = np.average(points, axis=0, weights=load)
    axis = np.linalg.eigh(np.cov((points - centre).T, aweights=load, bias=True))[1][:, -1]
    along = (points - centre) @ axis
    place = _cut_place(along, load, max(2, round(float(load.sum() / target))))
    if place is None:
        return []
    far = 4 * float(shapely.minimum_bounding_radius(block)) + 1
    middle, across = centre + place * axis, far * np.array((-axis[1], axis[0]))
    line = LineString([middle - across, middle + across])
    cuts = [_longer(bit) for bit in shapely.get_parts(line.intersection(block)) if bit.length > 0]
    for side in (-1, 1):
        there = side * along > side * place
        far_edge = [middle + across + side * far * axis, middle - across + side * far * axis]
        part = block.intersection(Polygon([middle - across, middle + across, *far_edge]))
        cuts += _cuts(part, points[there], load[there], target)
    return cuts


def _cut_place(along: Floats, load: Floats, parts: int) -> float | None:
    """Give where along its main direction a block is cut into `parts // 2` and the rest; None for one spot."""
    order = np.argsort(along, kind="stable")
    gap, share = np.diff(along[order]), np.cumsum(load[order])[:-1] / load.sum()
    off = np.where(gap > 1e-3, np.abs(share - (parts // 2) / parts), np.inf)
    if not np.isfinite(off).any():
        return None
    best = np.argmin(off) if off.min() > 0.1 else np.argmax(np.where(off <= 0.1, gap, 0.0))
    return float(along[order][best] + gap[best] / 2)


def _longer(line: BaseGeometry) -> BaseGeometry:
    """Give a straight line a millimetre longer at both ends, so that it surely meets the border it was cut at."""
    ends = shapely.get_coordinates(line)[[0, -1]]
    step = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0])) * 1e-3
    return LineString([ends[0] - step, ends[1] + step])


def faults(cells: gpd.GeoDataFrame, towns: Shapes, tolerance_m: float = 0.01) -> pd.DataFrame:
    """Give each fault of a tiling: `kind`, `town`, `cells` (rows that touch it), `area_m2`, `width_m`; empty if clean.

    Reads `town` (place in `towns`) and `geometry`. A gap is a part of a town in no cell, an overlap a part of two
    cells, a stray part a part of a cell outside its town. What is narrower than `tolerance_m` everywhere, so that it
    vanishes when shrunk by half of that, is no fault; the width is that of the largest circle inside.
    """
    shapes, home = cells.geometry.to_numpy(), cells["town"].to_numpy(dtype=np.int64)
    tree = STRtree(shapes)
    rows: list[tuple[str, int, list[int], Polygon]] = []
    for town, outline in enumerate(towns):
        near = shapes[np.sort(tree.query(outline, predicate="intersects"))]
        for part in _wide(shapely.difference(outline, shapely.union_all(near)), tolerance_m):
            beside = np.sort(tree.query(part, predicate="dwithin", distance=tolerance_m))
            rows.append(("gap", town, beside.tolist(), part))
    first, second = tree.query(shapes, predicate="intersects")
    for one, other in sorted(zip(first[first < second].tolist(), second[first < second].tolist(), strict=True)):
        common = shapely.intersection(shapes[one], shapes[other])
        rows += [("overlap", int(home[one]), [one, other], part) for part in _wide(common, tolerance_m)]
    for each, beyond in enumerate(shapely.difference(shapes, towns[home])):
        rows += [("stray", int(home[each]), [each], part) for part in _wide(beyond, tolerance_m)]
    return pd.DataFrame(
        [(kind, town, beside, part.area, _width(part, tolerance_m)) for kind, town, beside, part in rows],
        columns=["kind", "town", "cells", "area_m2", "width_m"],
    )


def _wide(shape: BaseGeometry, tolerance_m: float) -> list[Polygon]:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) >= pi * tolerance_m**2 / 4]
    return list(parts[~shapely.is_empty(shapely.buffer(parts, -tolerance_m / 2))])


def _width(part: Polygon, tolerance_m: float) -> float:
    return 2 * shapely.maximum_inscribed_circle(part, tolerance=tolerance_m / 10).length
