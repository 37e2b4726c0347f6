"""Cells cut and joined exactly: parts taken to a cell's very border, a cell cut along a line, cells made one."""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gis.plan.adjacency import adjacency, shared_borders
from gis.plan.blocks import first_touched, longer

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]


def fitted(cell: BaseGeometry, pieces: Shapes) -> Shapes:
    """Give the pieces of a cell taken to its very border, in their order; one of which nothing lies in it is empty.

    The cell and the outlines of the pieces are cut into faces where they meet. A face goes to the first piece that it
    lies in; what lies in none, such as the hair between a cell and a file of other precision, to the piece with which
    it shares most border. So the parts tile the cell, whatever the pieces are.
    """
    faces = _faces(cell, shapely.boundary(pieces))
    inside = np.asarray(shapely.point_on_surface(faces), dtype=object)
    piece = first_touched(pieces, shapely.get_coordinates(inside))
    borders = shared_borders(faces)
    while (piece < 0).any():
        one, other = piece[borders.first], piece[borders.second]
        pays = np.concatenate((borders.first[(one < 0) & (other >= 0)], borders.second[(other < 0) & (one >= 0)]))
        if not len(pays):
            lost = np.flatnonzero(piece < 0)
            piece[lost] = STRtree(pieces).query_nearest(inside[lost], all_matches=False)[1]
            break
        gets = np.concatenate((other[(one < 0) & (other >= 0)], one[(other < 0) & (one >= 0)]))
        metres = np.concatenate(
            (borders.length_m[(one < 0) & (other >= 0)], borders.length_m[(other < 0) & (one >= 0)])
        )
        sums = np.zeros((len(faces), len(pieces)))
        np.add.at(sums, (pays, gets), metres)
        found = np.unique(pays)
        piece[found] = sums[found].argmax(axis=1)
    return np.array([shapely.coverage_union_all(faces[piece == each]) for each in range(len(pieces))], dtype=object)


def cut_along(cell: BaseGeometry, line: BaseGeometry, *, reach_m: float) -> Shapes:
    """Give the parts into which a drawn line cuts a cell, one where it does not; ends within `reach_m` are led on.

    Pieces of a cell that the line does not meet stay with the nearest part.
    """
    clean = shapely.remove_repeated_points(shapely.line_merge(shapely.union_all(shapely.get_parts(line))))
    drawn = np.array([longer(each, reach_m) for each in shapely.get_parts(clean)], dtype=object)
    faces: list[Shapes] = []
    whole: list[Shapes] = []
    for polygon in shapely.get_parts(cell):
        found = _faces(polygon, drawn)
        (faces if len(found) > 1 else whole).append(found)
    if not faces:
        return np.array([cell], dtype=object)
    parts = np.concatenate(faces)
    nearest = [int(np.argmin(shapely.distance(parts, each[0]))) for each in whole]
    for place, each in zip(nearest, whole, strict=True):
        parts[place] = shapely.union(parts[place], each[0])
    return parts


def made_one(cells: Shapes, *, tolerance_m: float) -> BaseGeometry | None:
    """Give the union of cells that touch along their borders, hairs up to `tolerance_m` wide between them closed.

    None where they do not all hang together by a metre of border.
    """
    near = adjacency(cells, shortest_m=1.0, reach_m=tolerance_m)
    if connected_components(near, directed=False)[0] > 1:
        return None
    whole = shapely.union_all(cells)
    outer = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))))
    hair = shapely.buffer(whole, tolerance_m, join_style="mitre")
    closed = shapely.intersection(shapely.buffer(hair, -tolerance_m, join_style="mitre"), outer)
    pieces = shapely.get_num_geometries(whole)
    between = shapely.difference(closed, whole)
    if pieces == 1 and shapely.is_empty(between):
        return whole
    return shapely.union_all(
        [whole, between if pieces == 1 else shapely.buffer(hair, -tolerance_m, join_style="mitre")]
    )


def narrow(parts: Shapes, width_m: float) -> NDArray[np.bool_]:
    """Say which parts are nowhere as wide as `width_m`."""
    return np.asarray(shapely.is_empty(shapely.buffer(parts, -width_m / 2)))


def _faces(cell: BaseGeometry, lines: Shapes) -> Shapes:
    edges = shapely.unary_union([shapely.boundary(cell), *lines])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    shapely.prepare(cell)
    faces = faces[shapely.intersects(cell, shapely.point_on_surface(faces))]
    return np.asarray(faces[np.lexsort(shapely.bounds(faces).T)], dtype=object)
