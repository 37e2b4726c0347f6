"""The invented county's buildings: houses, shops, factories and sheds along its streets, and what goes with each."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator

from gis.synth.arrays import Flags, Floats, Integers, Shapes, Texts, middles, nearest
from gis.synth.land import Land
from gis.synth.patches import CORE
from gis.synth.plots import FACTORY, HOUSE, SHOP, SITE, Plots, apart, blocked, plots, sheds
from gis.synth.streets import THROUGH, Streets

BUILT_ON = ("residential", "service", "secondary", "tertiary", "primary")
SHED_SHARE, NOTCH_SHARE, VACANT_SHARE, SITES_APART_M = 0.3, 0.16, 0.22, 90.0


class Stock(NamedTuple):
    """Buildings outside compounds: footprint, plot, village, whether a shed, the row of its house, and its depth.

    `depth` is 0 in the middle of a village or of the core, 1 at its last lane, more beyond it.
    """

    footprints: Shapes
    plot: Plots
    village: Integers
    shed: Flags
    house: Integers
    depth: Floats


def sites(rng: Generator, ground: Land, net: Streets, closed: Shapes, *, count: int) -> Shapes:
    """Give plots of building sites, 38 to 90 m wide, beside main roads; fewer if few fit.

    Half of them lie in the core, first those on the side of the street on which the gas main runs (the left).
    """
    depth = depths(ground, net)
    main = np.isin(net.road_class, ["primary", "secondary", "tertiary"]) & ~net.bridge & (depth < 1.6)
    plot = plots(rng, net, np.where(main, SITE, -1))
    shapes = plot.shapes()
    good = np.flatnonzero(~blocked(shapes, ground, net, closed))
    order = rng.permutation(len(good)).astype(float)
    free = good[apart(shapes[good], order, gap_m=SITES_APART_M)]
    free = free[rng.permutation(len(free))]
    piece = plot.piece[free]
    beside_main = (net.road_class[piece] == "secondary") & (net.drawn.seat[net.street[piece]] == CORE)
    free = free[np.argsort(~(beside_main & (plot.side[free] == 1)), kind="stable")]
    inner = ground.seats.kind[ground.nearest(plot.middle[free])] == "core"
    chosen = np.r_[free[inner][: count // 2], free[~inner]][:count]
    found: Shapes = shapes[np.sort(chosen)]
    return found


def houses(rng: Generator, ground: Land, net: Streets, closed: Shapes, *, target: int) -> Stock:
    """Give `target` buildings, the innermost that fit; none overlaps another, a street, water or a compound."""
    depth = depths(ground, net)
    plot = plots(rng, net, _frontages(rng, ground, net, depth))
    plot = plot.where(rng.random(len(plot.kind)) >= VACANT_SHARE)
    notch = (plot.kind == HOUSE) & (rng.random(len(plot.kind)) < NOTCH_SHARE)
    shed, owner = sheds(rng, plot, SHED_SHARE)
    shapes = np.concatenate([plot.shapes(notch), shed.shapes()])
    every = Plots(*(np.concatenate(pair) for pair in zip(plot, shed, strict=True)))
    house = np.concatenate([np.arange(len(plot.kind)), owner])
    is_shed = np.arange(len(shapes)) >= len(plot.kind)
    village = ground.nearest(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    lane_of = net.drawn.seat[net.street[every.piece]]
    bad = blocked(shapes, ground, net, closed) | ((lane_of >= 0) & (lane_of != village)) | (village != village[house])
    wish = 0.55 * depth[plot.piece] + rng.uniform(0, 0.6, len(plot.kind))
    good = np.flatnonzero(~bad)
    stays = np.zeros(len(shapes), dtype=bool)
    stays[good] = apart(shapes[good], (wish[house] + 1e3 * is_shed)[good])
    stays &= stays[house]
    order = np.lexsort((is_shed, wish[house]))
    chosen = np.sort(order[stays[order]][:target])
    return Stock(
        shapes[chosen],
        every.where(chosen),
        village[chosen],
        is_shed[chosen],
        np.searchsorted(chosen, house[chosen]),
        depth[every.piece[chosen]],
    )


def depths(ground: Land, net: Streets) -> Floats:
    """Give how far out of its village each street piece lies: 0 in the middle, 1 at the rim, 1 more each 250 m on."""
    middle = middles(net.lines)
    seat = net.drawn.seat[net.street]
    lane = seat != THROUGH
    away_m, village = nearest(ground.seats.place, middle)
    reach_m = np.ones(len(ground.seats.town))
    np.maximum.at(reach_m, village[lane], away_m[lane])
    inside = np.minimum(away_m / reach_m[village], 1.0)
    inside = np.where(seat == CORE, np.minimum(ground.core.depth(middle), 1.0), inside)
    beyond_m = np.maximum(nearest(middle[lane], middle)[0] - 40, 0)
    found: Floats = inside + beyond_m / 250
    return found


def _frontages(rng: Generator, ground: Land, net: Streets, depth: Floats) -> Integers:
    """Give what stands along each piece: shops on main streets of towns, factories on main roads at the rim."""
    count = len(net.lines)
    middle = middles(net.lines)
    kind = ground.seats.kind[ground.nearest(middle)]
    main = np.isin(net.road_class, ["primary", "secondary", "tertiary"])
    town = np.isin(kind, ["core", "seat"])
    draw = rng.random(count)
    found = np.where(np.isin(net.road_class, BUILT_ON) & ~net.bridge, HOUSE, -1)
    built = found == HOUSE
    shops = np.where(main, np.where(town, 0.6, 0.12), np.where(town & (net.road_class == "residential"), 0.06, 0.0))
    found[built & (depth < 1.05) & (draw < shops)] = SHOP
    works = np.where(np.isin(net.road_class, ["primary", "secondary"]), 0.4, 0.1) * main
    works = np.where(_estate(ground, middle) & (depth < 1.05) & (net.road_class != "service"), 0.6, works)
    found[built & (depth > 0.7) & (depth < 2.5) & (draw > 1 - works)] = FACTORY
    return found


def _estate(ground: Land, places: Floats) -> Flags:
    """Tell which places lie in the industrial estate: downstream at the rim of the core."""
    away = places - ground.core.place
    turn = np.array([np.cos(ground.core.bearing), np.sin(ground.core.bearing)])
    downstream = (away @ turn) > 0.7 * np.hypot(*away.T)
    depth = ground.core.depth(places)
    estate: Flags = downstream & (depth > 0.72) & (depth < 1.15)
    return estate


def uses(rng: Generator, stock: Stock) -> Texts:
    """Give the use of each building, as the building layer's choices."""
    draw, kind = rng.random(len(stock.shed)), stock.plot.kind
    found = np.full(len(draw), "residential", dtype=object)
    found[(kind == HOUSE) & (draw < 0.012)] = "public"
    found[(kind == HOUSE) & (draw > 0.988)] = "commercial"
    found[(kind == SHOP) & (draw < 0.42)] = "commercial"
    found[kind == FACTORY] = "industrial"
    found[(kind == FACTORY) & (draw < 0.08)] = "public"
    found[(kind == FACTORY) & (draw > 0.9)] = "commercial"
    found[stock.shed] = "auxiliary"
    return found


def built_years(rng: Generator, stock: Stock, use: Texts, latest: int) -> Integers:
    """Give the years: old houses in the middle of villages, later ones outwards, one in eight rebuilt since 2000."""
    count = len(use)
    year = 1972 + 27 * np.minimum(stock.depth, 1.2) + rng.normal(0, 11, count)
    year = np.where(
        np.isin(use, ["industrial", "commercial"]), np.maximum(year, 1985 + rng.integers(0, 25, count)), year
    )
    year = np.where(rng.random(count) < 0.125, rng.integers(2000, 2025, count), year)
    year = np.where(stock.shed, year + rng.integers(0, 12, count), year)
    return np.clip(np.floor(year), 1912, latest).astype(np.int64)


def storeys(rng: Generator, use: Texts, year: Integers, area_m2: Floats) -> Integers:
    """Give the storeys: one or two in old houses, three to five in new ones, one in sheds."""
    shares = np.array(
        [
            (0.55, 0.42, 0.03, 0.0, 0.0, 0.0),
            (0.12, 0.52, 0.30, 0.06, 0.0, 0.0),
            (0.03, 0.17, 0.45, 0.26, 0.08, 0.01),
            (0.02, 0.08, 0.32, 0.36, 0.18, 0.04),
        ]
    )
    period = np.searchsorted([1970, 1986, 2003], year, side="right")
    found = 1 + (rng.random(len(year))[:, None] >= shares.cumsum(axis=1)[period][:, :-1]).sum(axis=1)
    works = use == "industrial"
    found = np.where(works, np.minimum(found, np.where(area_m2 > 900, 2, 4)), found)
    found = np.where((use == "public") & (area_m2 > 300), np.maximum(found, 3), found)
    return np.where(use == "auxiliary", 1, found).astype(np.int64)


def homes(rng: Generator, use: Texts, floors: Integers, village: Texts) -> Integers:
    """Give the dwellings: one in most houses, up to three in tall ones, more often in the core."""
    tall = np.where(floors >= 5, 0.3, np.where(floors == 4, 0.12, 0.02)) * np.where(village == "core", 1.5, 1.0)
    draw = rng.random(len(use))
    found = 1 + (draw < tall) + (draw < tall / 3)
    return np.where(use == "residential", found, 0).astype(np.int64)


def shops(rng: Generator, use: Texts, kind: Integers, area_m2: Floats) -> Integers:
    """Give the commercial premises: one in a shop house, more in larger commercial buildings."""
    draw = rng.random(len(use))
    trade = use == "commercial"
    found = np.where(trade, 1 + (area_m2 > 150) * (draw < 0.5) + (area_m2 > 500) * 2, 0)
    housed = (use == "residential") & np.where(kind == SHOP, draw < 0.5, draw < 0.004)
    return np.where(housed, 1, found).astype(np.int64)
