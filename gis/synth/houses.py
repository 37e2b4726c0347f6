"""The invented county's houses and construction sites, set along its streets."""

from typing import NamedTuple

import numpy as np
import rtree
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gis.synth.land import Land
from gis.synth.streets import Streets

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
BUILT_ON = ("residential", "service", "secondary", "tertiary", "primary")
ROAD_HALF_M, WATER_M, GAP_M = 4.0, 12.0, 1.5


class Houses(NamedTuple):
    """Footprints, the street piece each stands on, use and storeys."""

    footprints: Shapes
    street: NDArray[np.int64]
    use: Shapes
    floors: NDArray[np.int64]


class Plots(NamedTuple):
    """Rectangles by their middle, width along the street, depth and bearing, and the street piece of each."""

    middle: Floats
    width_m: Floats
    depth_m: Floats
    bearing: Floats
    street: NDArray[np.int64]

    def shapes(self) -> Shapes:
        """Give the rectangles."""
        turn = np.stack([np.cos(self.bearing), np.sin(self.bearing)], axis=1)
        side = np.stack([-turn[:, 1], turn[:, 0]], axis=1)
        halves = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        corners = [
            self.middle + a * turn * self.width_m[:, None] / 2 + b * side * self.depth_m[:, None] / 2 for a, b in halves
        ]
        return np.asarray(shapely.polygons(np.round(np.stack(corners, axis=1), 2)), dtype=object)


def houses(rng: Generator, ground: Land, net: Streets, *, target: int) -> Houses:
    """Give about `target` houses on both sides of the streets, in villages first, clear of each other and of water."""
    plots = _plots(rng, net)
    shapes = plots.shapes()
    seats = np.asarray(shapely.points(np.array([each.place for each in ground.seats])), dtype=object)
    reach_m = np.array([0.52 if each.rank == 0 else 0.3 for each in ground.seats]) * ground.size_m
    centres = np.asarray(shapely.points(plots.middle), dtype=object)
    away_m = (shapely.distance(centres[:, None], seats[None, :]) / reach_m).min(axis=1)
    order = np.argsort(away_m + rng.uniform(0, 0.6, len(shapes)), kind="stable")
    free = shapely.within(shapes, ground.outline.buffer(-20)) & ~_hit(shapes, net, ground)
    chosen = _apart(shapes, order[free[order]], target)
    area_m2 = shapely.area(shapes[chosen])
    use = _uses(rng, net.road_class[plots.street[chosen]], area_m2)
    storeys = np.where(
        use == "auxiliary", 1, rng.choice([1, 2, 3, 4, 5, 6], len(chosen), p=[0.1, 0.25, 0.36, 0.16, 0.08, 0.05])
    )
    return Houses(shapes[chosen], plots.street[chosen], use, storeys)


def _plots(rng: Generator, net: Streets) -> Plots:
    built = np.flatnonzero(np.isin(net.road_class, BUILT_ON) & (shapely.length(net.lines) > 14) & ~net.bridge)
    rows: list[tuple[Floats, float, float, float, int]] = []
    for street in built:
        for side in (1.0, -1.0):
            along_m = float(rng.uniform(8, 14))
            line = net.lines[street]
            while along_m < line.length - 7:
                width_m, depth_m = float(rng.uniform(9, 17)), float(rng.uniform(9, 14))
                before, after = (line.interpolate(along_m + step) for step in (-2.0, 2.0))
                bearing = float(np.arctan2(after.y - before.y, after.x - before.x))
                off_m = side * (ROAD_HALF_M + depth_m / 2 + rng.uniform(0.5, 3.5))
                here = np.array([(before.x + after.x) / 2, (before.y + after.y) / 2])
                middle = here + off_m * np.array([-np.sin(bearing), np.cos(bearing)])
                rows.append((middle, width_m, depth_m, bearing, int(street)))
                along_m += width_m + float(rng.uniform(2, 9))
    middles, widths, depths, turns, streets = (np.array(each) for each in zip(*rows, strict=True))
    return Plots(middles, widths, depths, turns, streets.astype(np.int64))


def _hit(shapes: Shapes, net: Streets, ground: Land) -> NDArray[np.bool_]:
    """Whether each shape stands in a street or beside water."""
    hit = np.zeros(len(shapes), dtype=bool)
    hit[shapely.STRtree(net.lines).query(shapes, predicate="dwithin", distance=ROAD_HALF_M - 0.5)[0]] = True
    water = np.array([ground.river, *ground.streams], dtype=object)
    hit[shapely.STRtree(water).query(shapes, predicate="dwithin", distance=WATER_M)[0]] = True
    return hit


def _apart(shapes: Shapes, order: NDArray[np.intp], target: int) -> NDArray[np.int64]:
    """Give up to `target` shapes in the given order, none nearer than `GAP_M` to one taken before.

    The boxes taken so far change with every step, which is what an R-tree that grows is for.
    """
    taken: list[int] = []
    boxes = rtree.index.Index()
    for place in order.tolist():
        if len(taken) >= target:
            break
        near = boxes.intersection(shapely.bounds(shapely.buffer(shapes[place], GAP_M)).tolist())
        if not any(shapely.dwithin(shapes[place], shapes[other], GAP_M) for other in near):
            boxes.insert(place, shapely.bounds(shapes[place]).tolist())
            taken.append(place)
    return np.array(sorted(taken), dtype=np.int64)


def _uses(rng: Generator, road_class: Shapes, area_m2: Floats) -> Shapes:
    draw = rng.random(len(road_class))
    busy = np.isin(road_class, ["primary", "secondary"])
    use = np.full(len(draw), "residential", dtype=object)
    use[draw < 0.10] = "auxiliary"
    use[(draw > 0.955) | (busy & (draw > 0.75))] = "commercial"
    use[(draw > 0.985) & (area_m2 > 140)] = "industrial"
    use[(draw > 0.945) & (draw <= 0.955)] = "public"
    return use


def sites(rng: Generator, ground: Land, net: Streets, stock: Houses, *, count: int) -> Shapes:
    """Give rectangles of 40 to 90 m beside streets, free of houses, streets and water; fewer where none fit.

    The first stand on the main road, where the gas main runs within their reach.
    """
    roads = (
        np.isin(net.road_class, ["primary", "secondary", "tertiary"]) & ~net.bridge & (shapely.length(net.lines) > 30)
    )
    street = rng.permutation(np.flatnonzero(roads))
    busy = (net.road_class[street] == "primary").cumsum() <= count // 2
    street = street[np.argsort(~(busy & (net.road_class[street] == "primary")), kind="stable")]
    place = shapely.line_interpolate_point(net.lines[street], rng.random(len(street)), normalized=True)
    ends = shapely.get_coordinates(net.lines[street]).reshape(-1, 2)
    index = np.cumsum(shapely.get_num_coordinates(net.lines[street]))
    turn = np.arctan2(*(ends[index - 1] - ends[np.r_[0, index[:-1]]]).T[::-1])
    depth_m = rng.uniform(40, 60, len(street))
    off = (depth_m / 2 + ROAD_HALF_M + 2)[:, None] * np.stack([-np.sin(turn), np.cos(turn)], axis=1)
    plots = Plots(shapely.get_coordinates(place) + off, rng.uniform(40, 90, len(street)), depth_m, turn, street)
    shapes = plots.shapes()
    free = shapely.within(shapes, ground.outline.buffer(-20)) & ~_hit(shapes, net, ground)
    free[shapely.STRtree(stock.footprints).query(shapes, predicate="intersects")[0]] = False
    return shapes[_apart(shapes, np.flatnonzero(free), count)]
