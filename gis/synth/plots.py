"""The invented county's plots: rectangles on both sides of the streets, sheds behind them, and which of them fit."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator

from gis.synth.arrays import Flags, Floats, Integers, Shapes, lines, segments
from gis.synth.land import Land
from gis.synth.streets import Streets

HALF_STREET_M = {"primary": 9.0, "secondary": 6.5, "tertiary": 4.5, "residential": 3.0, "service": 2.0, "track": 2.0}
RIVER_M, STREAM_M, GAP_M, CORNER_M, RIM_M = 28.0, 9.0, 0.6, 5.0, 15.0
HOUSE, SHOP, FACTORY, SITE = 0, 1, 2, 3


class Frontage(NamedTuple):
    """How plots of a kind stand: least and most width, depth, gap between and setback from the street, in metres."""

    width_m: tuple[float, float]
    depth_m: tuple[float, float]
    gap_m: tuple[float, float]
    setback_m: tuple[float, float]


FRONTAGES = (
    Frontage((8.0, 20.0), (8.5, 17.5), (1.5, 22.0), (0.3, 8.0)),
    Frontage((6.0, 11.0), (11.0, 18.0), (0.8, 2.5), (1.0, 3.0)),
    Frontage((22.0, 64.0), (18.0, 48.0), (8.0, 18.0), (5.0, 14.0)),
    Frontage((38.0, 90.0), (38.0, 60.0), (20.0, 90.0), (0.5, 3.0)),
)


class Plots(NamedTuple):
    """Rectangles: middle, width along the street, depth, bearing; kind, street piece, side (1 left) and foot on it."""

    middle: Floats
    width_m: Floats
    depth_m: Floats
    bearing: Floats
    kind: Integers
    piece: Integers
    side: Integers
    foot: Floats

    def where(self, wanted: Flags | Integers) -> "Plots":
        """Give some of the plots."""
        return Plots._make(each[wanted] for each in self)

    def shapes(self, notch: Flags | None = None) -> Shapes:
        """Give the rectangles; those with a `notch` lack a corner at the back and are L-shaped."""
        half = np.stack([self.width_m, self.depth_m], axis=1) / 2
        outer = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        bent = np.array([(-1, -1), (1, -1), (1, 0.3), (0.25, 0.3), (0.25, 1), (-1, 1)])
        found = np.empty(len(half), dtype=object)
        cut = np.zeros(len(half), dtype=bool) if notch is None else notch
        for rows, corners in ((~cut, outer), (cut, bent)):
            found[rows] = self._turned(half[rows, None, :] * corners, rows)
        return found

    def _turned(self, corners: Floats, rows: Flags) -> Shapes:
        """Give polygons with corners along and away from the street; `away` is positive on the far side."""
        along = np.stack([np.cos(self.bearing), np.sin(self.bearing)], axis=1)[rows, None, :]
        away = np.stack([-along[..., 1], along[..., 0]], axis=-1) * self.side[rows, None, None]
        places = self.middle[rows, None, :] + corners[..., :1] * along + corners[..., 1:] * away
        return np.asarray(shapely.polygons(np.round(places, 2)), dtype=object)


def plots(rng: Generator, net: Streets, kind: Integers) -> Plots:
    """Give plots along both sides of street pieces; `kind` is the frontage of each piece, -1 for none."""
    length_m = shapely.length(net.lines)
    wanted = np.flatnonzero((kind >= 0) & (length_m > 2 * CORNER_M + 6))
    piece, side = np.repeat(wanted, 2), np.tile([1, -1], len(wanted))
    least_m = np.array([each.width_m[0] + each.gap_m[0] for each in FRONTAGES])[kind[piece]]
    slots = np.ceil(length_m[piece] / least_m).astype(np.int64)
    strip = np.repeat(np.arange(len(piece)), slots)
    of_kind = kind[piece[strip]]
    width_m, depth_m, gap_m, setback_m = (_drawn(rng, of_kind, name) for name in Frontage._fields)
    ahead_m = np.cumsum(width_m + gap_m)
    before_m = np.r_[0.0, ahead_m][np.cumsum(slots) - slots]
    lead_m = rng.uniform(CORNER_M, CORNER_M + 6, len(piece))
    along_m = lead_m[strip] + ahead_m - before_m[strip] - gap_m - width_m / 2
    fits = along_m + width_m / 2 < length_m[piece[strip]] - CORNER_M
    strip, along_m, of_kind = strip[fits], along_m[fits], of_kind[fits]
    width_m, depth_m, setback_m = width_m[fits], depth_m[fits], setback_m[fits]
    foot, bearing = _feet(net, piece[strip], along_m)
    half_m = np.array([HALF_STREET_M[each] for each in net.road_class])[piece[strip]]
    off_m = side[strip] * (half_m + setback_m + depth_m / 2)
    middle = foot + off_m[:, None] * np.stack([-np.sin(bearing), np.cos(bearing)], axis=1)
    return Plots(middle, width_m, depth_m, bearing, of_kind, piece[strip], side[strip], foot)


def _drawn(rng: Generator, kind: Integers, name: str) -> Floats:
    """Draw a measure of a frontage, the smaller values more often."""
    low, high = np.array([getattr(each, name) for each in FRONTAGES]).T
    found: Floats = low[kind] + (high - low)[kind] * rng.beta(1.6, 2.4, len(kind))
    return found


def _feet(net: Streets, piece: Integers, along_m: Floats) -> tuple[Floats, Floats]:
    lines = net.lines[piece]
    before, foot, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, along_m + off)) for off in (-3.0, 0.0, 3.0)
    )
    return foot, np.arctan2(after[:, 1] - before[:, 1], after[:, 0] - before[:, 0])


def sheds(rng: Generator, houses: Plots, share: float) -> tuple[Plots, Integers]:
    """Give sheds behind some houses, and the house of each."""
    owner = np.flatnonzero((houses.kind == HOUSE) & (rng.random(len(houses.kind)) < share))
    house = houses.where(owner)
    width_m, depth_m = rng.uniform(2.8, 6.5, len(owner)), rng.uniform(2.6, 5.5, len(owner))
    along = np.stack([np.cos(house.bearing), np.sin(house.bearing)], axis=1)
    away = np.stack([-along[:, 1], along[:, 0]], axis=1) * house.side[:, None]
    back_m = house.depth_m / 2 + rng.uniform(0.8, 4.5, len(owner)) + depth_m / 2
    beside_m = rng.uniform(-0.45, 0.45, len(owner)) * house.width_m
    middle = house.middle + back_m[:, None] * away + beside_m[:, None] * along
    return house._replace(middle=middle, width_m=width_m, depth_m=depth_m), owner


def blocked(shapes: Shapes, ground: Land, net: Streets, closed: Shapes) -> Flags:
    """Tell which shapes stand in a street, beside water, in a compound or beyond the county."""
    tree = shapely.STRtree(shapes)
    bad = np.zeros(len(shapes), dtype=bool)
    half_m = np.array([HALF_STREET_M[each] for each in net.road_class]) - 0.1
    bad[tree.query(net.lines, predicate="dwithin", distance=half_m)[1]] = True
    for number, each in enumerate(ground.valleys):
        water = lines(segments([each.water])[0])
        reach_m = STREAM_M if number else RIVER_M
        bad[tree.query(water, predicate="dwithin", distance=reach_m)[1]] = True
    if len(closed):
        bad[tree.query(closed, predicate="intersects")[1]] = True
    border = lines(segments(shapely.get_parts(shapely.boundary(ground.outline)))[0])
    bad[tree.query(border, predicate="dwithin", distance=RIM_M)[1]] = True
    return bad


def apart(shapes: Shapes, order: Floats, gap_m: float = GAP_M) -> Flags:
    """Tell which shapes stay so that no two are nearer than `gap_m`: of two in conflict the one earlier in `order`.

    The same choice as taking them one by one in that order, made in rounds (Luby 1986, doi:10.1137/0215074): each
    takes all that come before everything in their way. Ties go to the lower place.
    """
    rank = np.empty(len(shapes), dtype=np.int64)
    rank[np.lexsort((np.arange(len(shapes)), order))] = np.arange(len(shapes))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    first = rank[one] < rank[other]
    one, other = one[first], other[first]
    taken, open_ = np.zeros(len(shapes), dtype=bool), np.ones(len(shapes), dtype=bool)
    while open_.any():
        held = np.zeros(len(shapes), dtype=bool)
        held[other] = True
        new = open_ & ~held
        taken |= new
        beaten = np.zeros(len(shapes), dtype=bool)
        beaten[other[new[one]]] = True
        open_ &= ~(new | beaten)
        alive = open_[one] & open_[other]
        one, other = one[alive], other[alive]
    return taken
