"""The invented county's streets: valley roads, village lanes and bridges, noded where they meet."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.affinity import rotate, translate
from shapely.geometry import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from gis.synth.land import Land, Seat

Shapes = NDArray[np.object_]
RANKS = ("primary", "secondary", "tertiary", "residential", "service", "track")


class Streets(NamedTuple):
    """Street pieces that touch only at their ends, the class of each, the number of its street, and bridges."""

    lines: Shapes
    road_class: Shapes
    street: NDArray[np.int64]
    bridge: NDArray[np.bool_]


def streets(rng: Generator, ground: Land) -> Streets:
    """Give the street net: a main road beside the river, a road up each side valley, lanes around each seat."""
    main = _beside(ground.river, ground, 0.12 * ground.size_m)
    drawn: list[tuple[str, BaseGeometry]] = [("primary", main)]
    for stream in ground.streams:
        up = _beside(stream, ground, 0.04 * ground.size_m)
        foot = shapely.shortest_line(up, main)
        drawn += [("tertiary", up), ("secondary", foot)]
    for seat in ground.seats:
        roads = [line for name, line in drawn if name in {"primary", "tertiary"}]
        drawn += _lanes(rng, seat, roads, stretch=ground.size_m / 1000)
    drawn += [("track", each) for each in _tracks(ground)]
    return _noded(drawn, ground)


def _beside(line: BaseGeometry, ground: Land, off_m: float) -> BaseGeometry:
    moved = shapely.intersection(shapely.offset_curve(line, off_m, join_style="round"), ground.outline)
    parts = shapely.get_parts(moved)
    longest: BaseGeometry = shapely.simplify(parts[shapely.length(parts).argmax()], 1.0)
    return longest


def _lanes(
    rng: Generator, seat: Seat, roads: Sequence[BaseGeometry], *, stretch: float
) -> list[tuple[str, BaseGeometry]]:
    """Give a village's net of lanes along its valley, and the lane that ties it to the nearest road."""
    rows, columns = (max(2, round(each * stretch)) for each in ((7, 9) if seat.rank == 0 else (4, 5)))
    xs = np.cumsum(rng.uniform(62, 92, columns))
    ys = np.cumsum(rng.uniform(44, 58, rows))
    xs, ys = xs - xs.mean(), ys - ys.mean()
    along = [LineString([(xs[0], y), (xs[-1], y)]) for y in ys]
    across = [LineString([(x, ys[0]), (x, ys[-1])]) for x in xs if rng.random() < 0.85 or x in (xs[0], xs[-1])]
    net = rotate(MultiLineString([*along, *across]), seat.bearing, origin=(0, 0), use_radians=True)
    net = translate(net, *seat.place)
    road = min(roads, key=net.distance)
    parts = shapely.get_parts(net)
    names = ["residential"] * len(along) + ["service" if seat.rank else "residential"] * len(across)
    tie = [("secondary" if seat.rank == 0 else "tertiary", shapely.shortest_line(net, road))]
    return [*zip(names, parts, strict=True), *(each for each in tie if each[1].length > 0)]


def _tracks(ground: Land) -> list[LineString]:
    """Give field tracks that join the highest villages of neighbouring valleys over the hills."""
    high = [each for each in ground.seats if each.rank == 2]
    pairs = [(a, b) for a, b in zip(high, high[2:], strict=False) if a.town != b.town]
    return [LineString([a.place, b.place]) for a, b in pairs]


def _noded(drawn: list[tuple[str, BaseGeometry]], ground: Land) -> Streets:
    lines = np.array([each for _, each in drawn], dtype=object)
    rank = np.array([RANKS.index(name) for name, _ in drawn])
    inside = shapely.intersection(shapely.union_all(lines, grid_size=0.01), ground.outline, grid_size=0.01)
    pieces = shapely.get_parts(shapely.node(inside))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, line = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=0.05)
    best = np.full(len(pieces), len(RANKS) * len(lines))
    np.minimum.at(best, piece, rank[line] * len(lines) + line)
    named = best < len(RANKS) * len(lines)
    pieces, best = pieces[named], best[named]
    names = np.array(RANKS, dtype=object)[best // len(lines)]
    water = shapely.union_all([ground.river, *ground.streams])
    wet = shapely.intersects(pieces, water)
    kept = _joined(pieces, ~wet | np.isin(names, ["primary", "secondary", "tertiary"]))
    order = np.lexsort((shapely.get_y(middle[named][kept]), shapely.get_x(middle[named][kept])))
    chosen = np.flatnonzero(kept)[order]
    return Streets(pieces[chosen], names[chosen], (best % len(lines))[chosen].astype(np.int64), wet[chosen])


def _joined(pieces: Shapes, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep of the wanted pieces those that hang together with the largest net."""
    ends = {}
    for place in np.flatnonzero(wanted).tolist():
        line = pieces[place]
        ends[place] = (line.coords[0], line.coords[-1])
    leader: dict[tuple[float, ...], tuple[float, ...]] = {}
    for start, end in ends.values():
        leader[_top(leader, start)] = _top(leader, end)
    tops = {place: _top(leader, start) for place, (start, _) in ends.items()}
    weight: dict[tuple[float, ...], float] = {}
    for place, top in tops.items():
        weight[top] = weight.get(top, 0.0) + float(pieces[place].length)
    largest = max(weight, key=lambda top: (weight[top], top))
    kept = np.zeros(len(pieces), dtype=bool)
    kept[[place for place, top in tops.items() if top == largest]] = True
    return kept


def _top(leader: dict[tuple[float, ...], tuple[float, ...]], end: tuple[float, ...]) -> tuple[float, ...]:
    while leader.get(end, end) != end:
        end = leader[end]
    return end
