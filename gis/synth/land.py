"""The invented county's land: outline, rivers, seats, villages and towns, in metres around a centre."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seat:
    """The middle of a village: place, the direction of its valley, its town's number; a town's seat has `rank` 0."""

    place: tuple[float, float]
    bearing: float
    town: int
    rank: int


@dataclass(frozen=True, slots=True)
class Land:
    """What lies there before people build: a main river, side valleys, seats; `size_m` is 1 km at scale 1."""

    outline: BaseGeometry
    river: LineString
    streams: tuple[BaseGeometry, ...]
    seats: tuple[Seat, ...]
    villages: tuple[BaseGeometry, ...]
    size_m: float


def land(rng: Generator, *, centre: tuple[float, float], scale: float) -> Land:
    """Give the land: four towns on the main river, each with villages in side valleys; `scale` stretches areas."""
    size_m = float(np.sqrt(scale) * 1000)
    outline = _outline(rng, centre, size_m)
    river = _river(rng, centre, size_m)
    streams, seats = _valleys(rng, river, outline, size_m)
    villages = _villages(outline, seats)
    return Land(shapely.union_all(villages), river, tuple(streams), tuple(seats), villages, size_m)


def _outline(rng: Generator, centre: tuple[float, float], size_m: float) -> Polygon:
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = sum(rng.uniform(0.02, 0.06) * np.cos(n * turn + rng.uniform(0, 2 * np.pi)) for n in (2, 3, 5, 8))
    x = centre[0] + 6.2 * size_m * (1 + waves) * np.cos(turn)
    y = centre[1] + 4.0 * size_m * (1 + waves) * np.sin(turn)
    return Polygon(np.round(np.column_stack([x, y]), 2))


def _river(rng: Generator, centre: tuple[float, float], size_m: float) -> LineString:
    x = np.linspace(-9, 9, 181)
    bends = [(0.5, 0.55), (0.18, 1.7), (0.05, 4.3)]
    y = sum(height * np.sin(pace * x + rng.uniform(0, 2 * np.pi)) for height, pace in bends)
    return LineString(np.round(np.column_stack([centre[0] + size_m * x, centre[1] + size_m * y]), 2))


def _valleys(
    rng: Generator, river: LineString, outline: Polygon, size_m: float
) -> tuple[list[BaseGeometry], list[Seat]]:
    inside = shapely.intersection(river, outline)
    streams: list[BaseGeometry] = []
    seats: list[Seat] = []
    for town, along in enumerate((0.14, 0.39, 0.64, 0.87)):
        mouth, bearing = _on(inside, along)
        side = 0.22 * size_m * np.array([-np.sin(bearing), np.cos(bearing)])
        seats.append(Seat((mouth[0] + side[0], mouth[1] + side[1]), bearing, town, 0))
        for way in (1.0, -1.0):
            stream = _stream(rng, mouth, bearing + way * (np.pi / 2 + rng.uniform(-0.25, 0.25)), size_m)
            streams.append(shapely.intersection(stream, outline.buffer(-0.15 * size_m)))
            for rank, part in enumerate((0.42, 0.85), start=1):
                place, slope = _on(streams[-1], part * rng.uniform(0.92, 1.0))
                off = 0.09 * size_m * np.array([-np.sin(slope), np.cos(slope)])
                seats.append(Seat((place[0] + off[0], place[1] + off[1]), slope, town, rank))
    return streams, seats


def _on(line: BaseGeometry, share: float) -> tuple[Floats, float]:
    """Give the place at a share of a line's length and the direction of the line there."""
    before, place, after = (line.interpolate(share + step, normalized=True) for step in (-1e-2, 0.0, 1e-2))
    return np.array(place.coords[0]), float(np.arctan2(after.y - before.y, after.x - before.x))


def _stream(rng: Generator, mouth: Floats, bearing: float, size_m: float) -> LineString:
    along = np.linspace(0, 3.4, 60)
    bend = bearing + 0.35 * np.sin(1.3 * along + rng.uniform(0, 2 * np.pi)) * np.minimum(along, 1)
    step = np.diff(along, prepend=0) * size_m
    track = mouth + np.cumsum(np.column_stack([step * np.cos(bend), step * np.sin(bend)]), axis=0)
    return LineString(np.round(track, 2))


def _villages(outline: Polygon, seats: list[Seat]) -> tuple[BaseGeometry, ...]:
    """Give each seat the land nearest to it, clipped to the outline: no gap, no overlap, rounded to shared corners."""
    cloud = shapely.multipoints([each.place for each in seats])
    cells = shapely.get_parts(shapely.voronoi_polygons(cloud, extend_to=outline))
    edges = shapely.union_all(
        [*(shapely.intersection(cell.exterior, outline) for cell in cells), outline.exterior], grid_size=0.01
    )
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    home = shapely.STRtree([Point(each.place) for each in seats]).nearest(shapely.point_on_surface(faces))
    return tuple(shapely.union_all(faces[home == place]) for place in range(len(seats)))
