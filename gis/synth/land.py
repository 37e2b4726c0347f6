"""The invented county's land: outline, valleys, seats of villages and towns, their areas, in metres around a centre."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from gis.synth.arrays import Floats, Integers, Shapes, Texts, nearest
from gis.synth.valleys import Valley, valleys

AREA_M2, VILLAGES, TOWNS, BUILDINGS = 1046e6, 452, 14, 250_000
CORE_REACH_M, CORE_FLAT = 4000.0, 1.25
CORE_VILLAGES, URBAN_TOWNS = 0.115, 3 / 14
CORE_HOUSES, SEAT_WEIGHT = 0.27, 3.5
CANDIDATE_M, CORE_CANDIDATE_M, RIM_SHARE = 120.0, 300.0, 0.09


class Seats(NamedTuple):
    """The middles of the villages, one entry each.

    `place` in metres; `bearing` of its axis; `valley` whose road is its axis at `along_m` (-1 in the core); `kind`
    (core, seat, lanes, strip); `town` from 0, urban ones first; `houses`, the buildings meant to stand there.
    """

    place: Floats
    bearing: Floats
    valley: Integers
    along_m: Floats
    kind: Texts
    town: Integers
    houses: Floats


class Core(NamedTuple):
    """The built-up core: an ellipse by its middle, the bearing of its long axis and both half axes in metres."""

    place: Floats
    bearing: float
    half_m: tuple[float, float]

    def depth(self, places: Floats) -> Floats:
        """Give how far out places lie: 0 in the middle, 1 on the rim."""
        away = places - self.place
        turn = np.array([np.cos(self.bearing), np.sin(self.bearing)])
        along, across = away @ turn, away @ np.array([-turn[1], turn[0]])
        depth: Floats = np.hypot(along / self.half_m[0], across / self.half_m[1])
        return depth


@dataclass(frozen=True, slots=True)
class Land:
    """What lies there before people build: valleys, the core, seats; areas of villages in the order of the seats."""

    outline: BaseGeometry
    valleys: list[Valley]
    core: Core
    seats: Seats
    villages: Shapes
    buildings: int

    def nearest(self, places: Floats) -> Integers:
        """Give the village in which each place lies: the one with the nearest seat."""
        return nearest(self.seats.place, places)[1]

    @property
    def urban(self) -> int:
        """Give how many of the towns, the first ones, are streets (街道) of the core."""
        return _urban(int(self.seats.town.max()) + 1)


def land(rng: Generator, *, centre: tuple[float, float], scale: float) -> Land:
    """Give the land: `scale` 1 has 1,046 km², 452 villages and 14 towns.

    Area, villages and buildings grow with `scale`; the number of towns with its cube root, so that a small county
    still has several.
    """
    outline = _outline(rng, centre, scale)
    found = valleys(rng, outline)
    core = _core(found[0], centre, scale)
    count = max(8, round(VILLAGES * scale))
    urban = max(1, round(CORE_VILLAGES * count))
    seats = _seats(rng, found, core, outline, (urban, count - urban))
    towns = max(3, round(TOWNS * scale ** (1 / 3)))
    areas = _villages(outline, seats.place)
    capitals = _capitals(rng, seats, found, outline, towns)
    town = _town_of(seats, areas, capitals)
    buildings = round(BUILDINGS * scale)
    kind = seats.kind.copy()
    kind[capitals[_urban(towns) :]] = "seat"
    seats = seats._replace(town=town, kind=kind, houses=_sizes(rng, kind, buildings))
    return Land(shapely.union_all(areas), found, core, seats, areas, buildings)


def _urban(towns: int) -> int:
    return max(1, round(URBAN_TOWNS * towns))


def _outline(rng: Generator, centre: tuple[float, float], scale: float) -> BaseGeometry:
    turn = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    waves = sum(rng.uniform(0.01, 0.05) * np.cos(n * turn + rng.uniform(0, 2 * np.pi)) for n in (2, 3, 5, 8, 13))
    shape = Polygon(np.column_stack([1.4 * (1 + waves) * np.cos(turn), (1 + waves) * np.sin(turn)]))
    size_m = float(np.sqrt(AREA_M2 * scale / shape.area))
    placed = affinity.affine_transform(shape, [size_m, 0, 0, size_m, *centre])
    return shapely.set_precision(placed, 0.01)


def _core(river: Valley, centre: tuple[float, float], scale: float) -> Core:
    along_m = river.road.project(shapely.Point(centre))
    before, place, after = shapely.get_coordinates(river.road.interpolate([along_m - 400, along_m, along_m + 400]))
    reach_m = CORE_REACH_M * float(np.sqrt(scale))
    half_m = (reach_m * CORE_FLAT**0.5, reach_m / CORE_FLAT**0.5)
    return Core(place, float(np.arctan2(*(after - before)[::-1])), half_m)


def _seats(rng: Generator, found: list[Valley], core: Core, outline: BaseGeometry, count: tuple[int, int]) -> Seats:
    """Give villages of the core, spread over it, then the others beside the valley roads, nearer together inwards."""
    inner = _inner(rng, core, found)
    inner = inner[spread(np.ones(len(inner)), inner, core.place[None], count[0])]
    place, bearing, valley, along_m = _roadside(found, outline)
    depth = core.depth(place)
    wish = rng.uniform(0.7, 1.0, len(place)) / (0.75 + 0.35 * np.minimum(depth / 5, 1))
    free = np.flatnonzero(depth > 1.12)
    taken = free[spread(wish[free], place[free], inner, count[1])]
    none = np.full(len(inner), -1)
    kind = np.where(rng.random(len(taken)) < 0.4, "strip", "lanes").astype(object)
    return Seats(
        np.vstack([inner, place[taken]]),
        np.concatenate([np.full(len(inner), core.bearing), bearing[taken]]),
        np.concatenate([none, valley[taken]]).astype(np.int64),
        np.concatenate([none, along_m[taken]]).astype(float),
        np.concatenate([np.full(len(inner), "core", dtype=object), kind]),
        np.zeros(len(inner) + len(taken), dtype=np.int64),
        np.zeros(len(inner) + len(taken)),
    )


def _inner(rng: Generator, core: Core, found: list[Valley]) -> Floats:
    """Give places all over the core, off the water."""
    half_m = core.half_m[0]
    steps = np.arange(-half_m, half_m + 1, min(CORE_CANDIDATE_M, half_m / 6))
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    grid = core.place + grid + rng.uniform(-60, 60, grid.shape) * min(1.0, half_m / 1000)
    dry: Floats = grid[(core.depth(grid) < 0.93) & (shapely.distance(shapely.points(grid), found[0].water) > 40)]
    return dry


def _roadside(found: list[Valley], outline: BaseGeometry) -> tuple[Floats, Floats, Integers, Floats]:
    """Give the places along valley roads where a village may lie: place, bearing, valley, metres along its road."""
    parts = []
    for number, each in enumerate(found):
        along_m = np.arange(350.0, each.road.length - 150, CANDIDATE_M)
        before, after = (shapely.get_coordinates(each.road.interpolate(along_m + off)) for off in (-150.0, 150.0))
        bearing = np.arctan2(after[:, 1] - before[:, 1], after[:, 0] - before[:, 0])
        place = shapely.get_coordinates(each.road.interpolate(along_m))
        parts.append((place, bearing, np.full(len(place), number), along_m))
    place, bearing, valley, along_m = (np.concatenate(column) for column in zip(*parts, strict=True))
    inside = shapely.contains_xy(outline.buffer(-250), place)
    return place[inside], bearing[inside], valley[inside].astype(np.int64), along_m[inside]


def spread(wish: Floats, places: Floats, taken: Floats, count: int) -> Integers:
    """Give places far from each other and from those taken: each time the farthest one, distances weighted by `wish`.

    Farthest-first traversal (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5).
    """
    away_m = nearest(taken, places)[0]
    chosen = []
    for _ in range(min(count, len(places))):
        best = int(np.argmax(away_m * wish))
        chosen.append(best)
        away_m = np.minimum(away_m, np.hypot(*(places - places[best]).T))
    return np.array(chosen, dtype=np.int64)


def _capitals(rng: Generator, seats: Seats, found: list[Valley], outline: BaseGeometry, count: int) -> Integers:
    """Give the seats of the towns, the core's first: far from each other, on the larger valleys, off the rim."""
    inner = np.flatnonzero(seats.valley < 0)
    rank = np.array([each.rank for each in found])
    deep = shapely.distance(shapely.points(seats.place), outline.boundary) > RIM_SHARE * np.sqrt(outline.area)
    outer = np.flatnonzero((seats.valley >= 0) & (rank[seats.valley] < 2) & deep)
    middle = seats.place[inner].mean(axis=0, keepdims=True)
    urban = min(_urban(count), len(inner))
    heads = inner[spread(np.ones(len(inner)), seats.place[inner], middle, urban)]
    wish = rng.uniform(0.8, 1.0, len(outer))
    return np.concatenate([heads, outer[spread(wish, seats.place[outer], seats.place[heads], count - urban)]])


def _town_of(seats: Seats, areas: Shapes, capitals: Integers) -> Integers:
    """Give each village's town; every town hangs together.

    Villages of the core go to the nearest of its seats; the others to the nearest outer seat or to the nearest village
    of the core, on the way from village to village.
    """
    pairs = shapely.STRtree(areas).query(areas, predicate="intersects")
    pairs = pairs[:, pairs[0] < pairs[1]]
    pairs = pairs[:, shapely.length(shapely.intersection(areas[pairs[0]], areas[pairs[1]])) > 1]
    core = seats.kind == "core"
    town = np.full(len(core), -1)
    town[capitals] = np.arange(len(capitals))
    inner = _source(seats.place, pairs[:, core[pairs].all(axis=0)], capitals[core[capitals]])
    town[core] = town[inner[core]]
    outer = _source(seats.place, pairs, np.concatenate([np.flatnonzero(core), capitals[~core[capitals]]]))
    town[~core] = town[outer[~core]]
    return town.astype(np.int64)


def _source(seats: Floats, pairs: Integers, sources: Integers) -> Integers:
    """Give the nearest source of each seat, on the way along pairs of neighbours."""
    length_m = np.hypot(*(seats[pairs[0]] - seats[pairs[1]]).T)
    graph = coo_array((length_m, pairs), shape=(len(seats),) * 2).tocsr()
    found = dijkstra(graph, directed=False, indices=sources, min_only=True, return_predecessors=True)
    return np.asarray(found[2], dtype=np.int64)


def _sizes(rng: Generator, kind: Texts, buildings: int) -> Floats:
    """Give how many buildings stand in each village; the core has its share as a whole."""
    weight = rng.lognormal(0.0, 0.45, len(kind)) * np.where(kind == "seat", SEAT_WEIGHT, 1.0)
    core = kind == "core"
    share = np.where(core, CORE_HOUSES, 1 - CORE_HOUSES) / np.where(core, weight[core].sum(), weight[~core].sum())
    sizes: Floats = buildings * weight * share
    return sizes


def _villages(outline: BaseGeometry, seats: Floats) -> Shapes:
    """Give each seat the land nearest to it, clipped to the outline: no gap, no overlap, rounded to shared corners."""
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seats), extend_to=outline))
    rings = shapely.intersection(shapely.get_exterior_ring(cells), outline)
    edges = shapely.union_all([*rings, outline.boundary], grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    home = nearest(seats, shapely.get_coordinates(shapely.point_on_surface(faces)))[1]
    order = np.argsort(home, kind="stable")
    parts = np.split(faces[order], np.searchsorted(home[order], np.arange(1, len(seats))))
    return np.array([shapely.union_all(each) for each in parts], dtype=object)
