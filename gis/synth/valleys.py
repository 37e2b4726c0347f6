"""The invented county's valleys: a river through the county, side valleys, branches, and the road beside each water."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from gis.synth.arrays import Floats, nearest

STEP_M, RIM_M, SHORTEST_M = 40.0, 300.0, 900.0
APART_M, FROM_PARENT_M, FREE_M = 700.0, 350.0, 800.0
ROAD_OFF_M = (150.0, 55.0, 40.0)
RIVER_BENDS = ((1100.0, 17_000.0), (330.0, 5_200.0), (70.0, 1_900.0))
STREAM_BENDS = ((0.30, 3_500.0), (0.10, 1_300.0))


@dataclass(frozen=True, slots=True)
class Valley:
    """A water line from its mouth upwards, the road beside it, and its rank: 0 river, 1 side valley, 2 branch."""

    water: LineString
    road: LineString
    rank: int


def valleys(rng: Generator, outline: BaseGeometry) -> list[Valley]:
    """Give the river first, then side valleys, then branches; no two waters cross or run within 700 m of each other.

    Bends are gentle (radius above 600 m), so that lanes can run parallel to a valley road for some hundred metres.
    """
    water = _river(rng, outline)
    found = [Valley(water, _beside(water, outline, ROAD_OFF_M[0] * rng.choice([-1.0, 1.0])), 0)]
    inner = outline.buffer(-RIM_M)
    for rank, gap_m, first_m in ((1, 1500.0, 900.0), (2, 1800.0, 1500.0)):
        for parent in [each for each in found if each.rank == rank - 1]:
            length_m = 60_000.0 if rank == 1 else None
            for mouth, bearing in _mouths(rng, parent, inner, gap_m=gap_m, first_m=first_m):
                reach_m = length_m or float(rng.uniform(1800, 5000))
                stream = _kept(_stream(rng, mouth, bearing, reach_m), parent, found, inner)
                if stream is not None:
                    found.append(Valley(stream, _road(rng, stream, parent, outline, rank), rank))
    return found


def _river(rng: Generator, outline: BaseGeometry) -> LineString:
    west, south, east, north = outline.bounds
    x = np.arange(west - 500, east + 500, STEP_M)
    calm = min(1.0, (east - west) / 15_000)
    y = sum(calm * high * np.sin(2 * np.pi * x / wide + rng.uniform(0, 2 * np.pi)) for high, wide in RIVER_BENDS)
    return LineString(np.round(np.column_stack([x, (south + north) / 2 + y]), 2))


def _mouths(
    rng: Generator, parent: Valley, inner: BaseGeometry, *, gap_m: float, first_m: float
) -> list[tuple[Floats, float]]:
    """Give where side valleys leave a valley, on alternating sides, and where they head."""
    inside = shapely.get_coordinates(shapely.intersection(parent.water, inner))
    if len(inside) < 2:
        return []
    start_m, end_m = (parent.water.project(shapely.Point(inside[place])) for place in (0, -1))
    found, way, along_m = [], float(rng.choice([-1.0, 1.0])), start_m + first_m * rng.uniform(0.5, 1.0)
    while along_m < end_m - 400:
        mouth, ahead = shapely.get_coordinates(parent.water.interpolate([along_m, along_m + STEP_M]))
        bearing = float(np.arctan2(*(ahead - mouth)[::-1]))
        turn = rng.uniform(1.25, 1.65) if parent.rank == 0 else rng.uniform(0.85, 1.3)
        found.append((mouth, bearing + way * float(turn)))
        way, along_m = -way, along_m + gap_m * rng.uniform(0.75, 1.25)
    return found


def _stream(rng: Generator, mouth: Floats, bearing: float, reach_m: float) -> Floats:
    along = np.arange(0, reach_m, STEP_M)
    ease = np.minimum(along / 800, 1)
    turns = [swing * ease * np.sin(2 * np.pi * along / wide + rng.uniform(0, 6.3)) for swing, wide in STREAM_BENDS]
    course = bearing + np.sum(turns, axis=0)
    steps = STEP_M * np.column_stack([np.cos(course), np.sin(course)])
    return np.round(mouth + np.vstack([np.zeros(2), np.cumsum(steps, axis=0)[:-1]]), 2)


def _kept(track: Floats, parent: Valley, found: list[Valley], inner: BaseGeometry) -> LineString | None:
    """Give a stream up to where it leaves the county or meets another valley; None where too little is left."""
    others = [shapely.get_coordinates(each.water) for each in found if each is not parent]
    near = ~shapely.contains_xy(inner, track)
    if others:
        near |= nearest(np.vstack(others), track)[0] < APART_M
    back = nearest(shapely.get_coordinates(parent.water), track)[0] < FROM_PARENT_M
    near |= back & (np.arange(len(track)) * STEP_M > FREE_M)
    last = int(near.argmax()) if near.any() else len(track)
    return LineString(track[:last]) if last * STEP_M >= SHORTEST_M else None


def _beside(water: LineString, outline: BaseGeometry, off_m: float) -> LineString:
    """Give the longest part of a line beside a water, in the water's direction."""
    parts = shapely.get_parts(shapely.intersection(shapely.offset_curve(water, off_m, join_style="round"), outline))
    line = shapely.simplify(parts[shapely.length(parts).argmax()], 0.5)
    ahead = water.project(shapely.get_point(line, -1)) > water.project(shapely.get_point(line, 0))
    return LineString(np.round(shapely.get_coordinates(line)[:: 1 if ahead else -1], 2))


def _road(rng: Generator, stream: LineString, parent: Valley, outline: BaseGeometry, rank: int) -> LineString:
    """Give a valley's road, starting on its parent's road; the foot of it may bridge the parent's water."""
    road = _beside(stream, outline, ROAD_OFF_M[rank] * rng.choice([-1.0, 1.0]))
    meets = shapely.get_coordinates(shapely.intersection(road, parent.road))
    if len(meets):
        start_m = max(road.project(shapely.Point(place)) for place in meets)
        if start_m < road.length / 2:
            return LineString(np.round(shapely.get_coordinates(substring(road, start_m, road.length)), 2))
    foot = shapely.get_coordinates(shapely.shortest_line(shapely.get_point(road, 0), parent.road))[1]
    return LineString(np.round(np.vstack([foot, shapely.get_coordinates(road)]), 2))
