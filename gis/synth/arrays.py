"""The kinds of arrays that the invented county is made of, and geometry calls that always give arrays."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]
Texts = NDArray[np.object_]

NO_SHAPES: Shapes = np.zeros(0, dtype=object)


def nearest(known: Floats, places: Floats) -> tuple[Floats, Integers]:
    """Give for each place the distance to the nearest known one, and which it is."""
    away_m, number = cKDTree(known).query(places)
    return np.asarray(away_m, dtype=float), np.asarray(number, dtype=np.int64)


def two_nearest(known: Floats, places: Floats) -> tuple[Floats, Integers]:
    """Give for each place the distances to the nearest two known ones, and which they are, (n, 2) each."""
    away_m, number = cKDTree(known).query(places, k=2)
    return np.asarray(away_m, dtype=float), np.asarray(number, dtype=np.int64)


def lines(places: Floats, of: Integers | None = None) -> Shapes:
    """Give lines through places: (n, m, 2), or (n, 2) with the number of the line of each place."""
    if of is None:
        return np.asarray(shapely.linestrings(places), dtype=object)
    return np.asarray(shapely.linestrings(places, indices=of), dtype=object)


def multilines(parts: Shapes, of: Integers) -> Shapes:
    """Give lines of several parts; `of` is the number of the line of each part, rising."""
    return np.asarray(shapely.multilinestrings(parts, indices=of), dtype=object)


def segments(found: Shapes | Sequence[shapely.LineString]) -> tuple[Floats, Integers]:
    """Give the straight pieces of lines, (n, 2, 2), and the line that each is from."""
    places, of = shapely.get_coordinates(np.asarray(found, dtype=object), return_index=True)
    both = of[:-1] == of[1:]
    return np.stack([places[:-1][both], places[1:][both]], axis=1), of[:-1][both].astype(np.int64)


def middles(found: Shapes) -> Floats:
    """Give the place half-way along each line, (n, 2)."""
    return shapely.get_coordinates(shapely.line_interpolate_point(found, 0.5, normalized=True))


def neighbours(places: Floats) -> Integers:
    """Give the pairs of places that neighbour each other in their Delaunay triangulation, (n, 2), lower one first."""
    corners = Delaunay(places).simplices
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    return np.unique(np.sort(sides, axis=1), axis=0).astype(np.int64)
