"""The invented county as a settled place: towns, villages, streets, buildings, compounds, gas and building sites.

What people, registers and checks are invented on; pure and seeded.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator

from gis.errors import Refused
from gis.synth import compounds, doors, gas, houses, names
from gis.synth.arrays import Integers, Shapes, Texts
from gis.synth.compounds import Slabs
from gis.synth.doors import Gates
from gis.synth.edges import edges
from gis.synth.gas import Network
from gis.synth.houses import Stock
from gis.synth.land import Land, land
from gis.synth.lanes import lanes
from gis.synth.patches import patches
from gis.synth.streets import Streets, streets

SRID = 4549
CENTRE = (500_000.0, 3_198_180.0)
CODE = "990701"
SMALLEST, LARGEST = 0.004, 4.0
COMPOUNDS, FEWEST_COMPOUNDS, SITES, FEWEST_SITES = 100, 2, 64, 6
ROOMY = (1.0, 1.5, 2.2, 3.2, 5.0)


@dataclass(frozen=True, slots=True)
class Settled:
    """The geography of the invented county, in metres of EPSG:4549.

    `towns`: number, code, name, urban (街道), geometry. `villages`: number, code, name, town, kind (core, seat, lanes,
    strip), geometry; towns are unions of villages. `houses`: code, town, village, street, number, block, compound,
    use, floors, basement, built_year, self_built, dwellings, shops, geometry; a shed (auxiliary) bears the number of
    its house, all blocks of a compound bear the compound's, block and compound are empty elsewhere. In villages of
    kind lanes and strip, village and number alone name one house and its shed. `compounds`: number, name, town,
    village, street, door, built_year, geometry. `road_names` names the pieces of `streets`; `sites` are plots without
    a house.
    """

    land: Land
    streets: Streets
    road_names: Texts
    towns: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    houses: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    network: Network
    sites: Shapes


def settled(seed: int, *, scale: float, today: date) -> Settled:
    """Give the invented county as it stands on `today`; same arguments, same county.

    `scale` 1 is 250,000 buildings on 1,046 km² in 14 towns and 452 villages. Refused outside 0.004 to 4.
    """
    if not SMALLEST <= scale <= LARGEST:
        raise Refused(
            f"合成县的规模应在 {SMALLEST} 到 {LARGEST} 之间 · scale: expected {SMALLEST} to {LARGEST}, got {scale}"
        )
    ground = land(np.random.default_rng([seed, 0]), centre=CENTRE, scale=scale)
    for attempt, roomy in enumerate(ROOMY, start=1):
        rng = np.random.default_rng([seed, attempt])
        built = _built(rng, ground, roomy=roomy, scale=scale, latest=today.year)
        if len(built.stock.shed) + len(built.slabs.block) == ground.buildings:
            break
    net, areas, stock = built.net, built.areas, built.stock
    towns, villages = _places(ground)
    gates, street, number = _addresses(ground, net, stock, areas)
    count = len(stock.shed)
    compound = _compounds(ground, built, gates, street[count:], number[count:])
    houses_ = _buildings(rng, ground, stock, street[:count], number[:count], latest=today.year)
    flats = _flats(rng, ground, built.slabs, compound)
    network = gas.network(ground, net, areas)
    names_ = doors.road_names(ground, net)
    return Settled(ground, net, names_, towns, villages, _coded(houses_, flats), compound, network, built.sites)


class Built(NamedTuple):
    """What stands in the county: streets, compounds with their years and slabs, other buildings, building sites."""

    net: Streets
    areas: Shapes
    years: Integers
    slabs: Slabs
    stock: Stock
    sites: Shapes


def _built(rng: Generator, ground: Land, *, roomy: float, scale: float, latest: int) -> Built:
    """Give streets and buildings; `roomy` stretches the villages' lanes where the land is too narrow for all houses."""
    found = patches(rng, ground, roomy=roomy)
    blocks = compounds.blocks(rng, ground, found[0], max(FEWEST_COMPOUNDS, round(COMPOUNDS * scale)))
    areas = compounds.grounds(found[0], blocks)
    net = streets(rng, ground, found, lanes(rng, edges(rng, ground, found, blocks), areas), areas)
    plots = houses.sites(rng, ground, net, areas, count=max(FEWEST_SITES, round(SITES * scale)))
    years = compounds.built_years(rng, len(areas), latest)
    slabs = compounds.slabs(rng, areas, years, ground.core.bearing)
    closed = np.concatenate([areas, plots])
    stock = houses.houses(rng, ground, net, closed, target=ground.buildings - len(slabs.block))
    return Built(net, areas, years, slabs, stock, plots)


def _places(ground: Land) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Give towns and villages; towns are unions of villages, so that borders agree to the last digit."""
    of_town, count = ground.seats.town, int(ground.seats.town.max()) + 1
    urban = np.arange(count) < ground.urban
    codes = np.array([f"{CODE}{town + 1:03d}" for town in range(count)], dtype=object)
    merged = [shapely.union_all(ground.villages[of_town == town]) for town in range(count)]
    town = gpd.GeoDataFrame(
        {
            "number": np.arange(1, count + 1),
            "code": codes,
            "name": [names.TOWNS[town] + ("街道" if urban[town] else "镇") for town in range(count)],
            "urban": urban,
        },
        geometry=gpd.GeoSeries(merged, crs=SRID),
    )
    serial = pd.Series(of_town).groupby(of_town).cumcount().to_numpy() + 201
    kind = ground.seats.kind
    bases = names.villages(len(of_town))
    village = gpd.GeoDataFrame(
        {
            "number": np.arange(1, len(of_town) + 1),
            "code": [f"{codes[place]}{number}" for place, number in zip(of_town, serial, strict=True)],
            "name": [base + ("社区" if each == "core" else "村") for base, each in zip(bases, kind, strict=True)],
            "town": of_town + 1,
            "kind": kind,
        },
        geometry=gpd.GeoSeries(ground.villages, crs=SRID),
    )
    return town, village


def _addresses(ground: Land, net: Streets, stock: Stock, areas: Shapes) -> tuple[Gates, Texts, Integers]:
    """Give the gates of the compounds, and street and number of each building of the stock, then of each compound."""
    house = np.flatnonzero(~stock.shed)
    fronts = stock.plot.where(house)
    gates = _gates(ground, net, areas)
    every = Gates(
        np.concatenate([stock.village[house], gates.village]),
        np.concatenate([net.street[fronts.piece], gates.street]),
        np.concatenate([fronts.foot, gates.foot]),
        np.concatenate([fronts.side, gates.side]),
    )
    street, number = doors.addresses(ground, net, every)
    rows = np.concatenate([np.searchsorted(house, stock.house), len(house) + np.arange(len(areas))])
    return gates, street[rows], number[rows]


def _gates(ground: Land, net: Streets, areas: Shapes) -> Gates:
    """Give where compounds meet the street nearest to them."""
    open_ = np.flatnonzero(~net.bridge & np.isin(net.road_class, houses.BUILT_ON))
    _, nearest = shapely.STRtree(net.lines[open_]).query_nearest(areas, all_matches=False)
    piece = open_[nearest]
    middle = shapely.centroid(areas)
    along_m = shapely.line_locate_point(net.lines[piece], middle)
    before, foot, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(net.lines[piece], np.maximum(along_m + off, 0)))
        for off in (-1.0, 0.0, 1.0)
    )
    ahead, away = after - before, shapely.get_coordinates(middle) - foot
    side = np.where(ahead[:, 0] * away[:, 1] - ahead[:, 1] * away[:, 0] > 0, 1, -1)
    village = ground.nearest(shapely.get_coordinates(middle))
    return Gates(village, net.street[piece], foot, side)


def _compounds(ground: Land, built: Built, gates: Gates, street: Texts, door: Integers) -> gpd.GeoDataFrame:
    count = len(built.areas)
    columns = {
        "number": np.arange(1, count + 1),
        "name": [names.compound(number) for number in range(count)],
        "town": ground.seats.town[gates.village] + 1,
        "village": gates.village + 1,
        "street": street,
        "door": door,
        "built_year": built.years,
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(built.areas, crs=SRID))


def _buildings(
    rng: Generator, ground: Land, stock: Stock, street: Texts, number: Integers, *, latest: int
) -> gpd.GeoDataFrame:
    count = len(stock.footprints)
    use = houses.uses(rng, stock)
    year = houses.built_years(rng, stock, use, latest)
    area_m2 = shapely.area(stock.footprints)
    floors = houses.storeys(rng, use, year, area_m2)
    kind = ground.seats.kind[stock.village]
    home = use == "residential"
    columns = {
        "town": ground.seats.town[stock.village] + 1,
        "village": stock.village + 1,
        "street": street,
        "number": number,
        "block": pd.Series(pd.NA, range(count), "Int64"),
        "compound": pd.Series(pd.NA, range(count), "Int64"),
        "use": use,
        "floors": floors,
        "basement": rng.random(count) < np.where(use == "commercial", 0.12, np.where(home, 0.012, 0.02)),
        "built_year": year,
        "self_built": home & (rng.random(count) < np.where(kind == "core", 0.75, 0.95)),
        "dwellings": houses.homes(rng, use, floors, kind),
        "shops": houses.shops(rng, use, stock.plot.kind, area_m2),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(stock.footprints, crs=SRID))


def _flats(rng: Generator, ground: Land, slabs: Slabs, compounds_: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    village = ground.nearest(shapely.get_coordinates(shapely.point_on_surface(slabs.footprints)))
    year = compounds_["built_year"].to_numpy()[slabs.compound]
    columns = {
        "town": ground.seats.town[village] + 1,
        "village": village + 1,
        "street": compounds_["street"].to_numpy()[slabs.compound],
        "number": compounds_["door"].to_numpy()[slabs.compound],
        "block": pd.array(slabs.block, dtype="Int64"),
        "compound": pd.array(slabs.compound + 1, dtype="Int64"),
        "use": "residential",
        "floors": slabs.floors,
        "basement": rng.random(len(village)) < np.where(year >= 2000, 0.8, 0.1),
        "built_year": year,
        "self_built": False,
        "dwellings": slabs.dwellings,
        "shops": 0,
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(slabs.footprints, crs=SRID))


def _coded(built: gpd.GeoDataFrame, flats: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give all buildings, numbered town by town, village by village, street by street."""
    every = pd.concat([built, flats], ignore_index=True)
    every = every.sort_values(["town", "village", "street", "number", "block", "use"], kind="stable", ignore_index=True)
    every.insert(0, "code", [f"B-{place:07d}" for place in range(1, len(every) + 1)])
    return every
