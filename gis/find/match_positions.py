"""Which footprint a position means: the one that it is in, or the nearest within a reach."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import Geometries

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
HEAP = 3
"""Different addresses at one spot that make it the spot of an area (a village's centre) and of no house."""


@dataclass(frozen=True, slots=True)
class Near:
    """Per position: the nearest footprint (-1: none within `reach_m`), its distance, and that of the next one.

    Distances are in metres, 0 inside, infinite where there is none within twice the reach.
    """

    footprint: Ints
    away_m: Floats
    next_m: Floats

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Which positions lie in a footprint, and in one alone."""
        found: npt.NDArray[np.bool_] = (self.away_m == 0) & (self.next_m > 0)
        return found


def near(points: Geometries, shapes: Geometries, *, reach_m: float) -> Near:
    """Give what lies nearest to each point, in storage metres; an empty point is near nothing."""
    count = len(points)
    first = Near(np.full(count, -1, dtype=np.int64), np.full(count, np.inf), np.full(count, np.inf))
    if not count or not len(shapes):
        return first
    point, shape = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=2 * reach_m)
    away = shapely.distance(points[point], shapes[shape])
    order = np.lexsort((shape, away, point))
    point, shape, away = point[order], shape[order], away[order]
    begins = np.flatnonzero(np.r_[True, point[1:] != point[:-1]]) if len(point) else np.empty(0, dtype=np.intp)
    reached = begins[away[begins] <= reach_m]
    first.footprint[point[reached]] = shape[reached]
    first.away_m[point[reached]] = away[reached]
    second = begins + 1
    second = second[second < len(point)]
    second = second[point[second] == point[second - 1]]
    first.next_m[point[second]] = away[second]
    return first


def of_areas(points: Geometries, houses: Sequence[Hashable]) -> npt.NDArray[np.bool_]:
    """Tell which positions stand for an area: spots at which rows of three or more different houses lie.

    `houses` names the house that each row's address says, None where it says none.
    """
    found = np.zeros(len(points), dtype=bool)
    full = np.flatnonzero(~(shapely.is_missing(points) | shapely.is_empty(points)))
    spots = np.round(shapely.get_coordinates(points[full]), 2)
    told: dict[tuple[float, float], set[Hashable]] = {}
    for (x, y), row in zip(spots.tolist(), full.tolist(), strict=True):
        if houses[row] is not None:
            told.setdefault((x, y), set()).add(houses[row])
    heaps = {spot for spot, of in told.items() if len(of) >= HEAP}
    found[full] = [(x, y) in heaps for x, y in spots.tolist()]
    return found
