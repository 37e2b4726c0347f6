"""The invented county as a settled place: towns, villages, streets, buildings, compounds, gas and building plots.

What people, registers and checks are invented on; pure and seeded.
"""

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.synth import gas, houses, names
from gis.synth.gas import Facility, Pipe
from gis.synth.houses import Shapes
from gis.synth.land import Land, land
from gis.synth.streets import Streets, streets

SRID = 4549
CENTRE = (500_000.0, 3_198_180.0)
CODE = "990701"


@dataclass(frozen=True, slots=True)
class Settled:
    """The geography of the invented county, in metres of EPSG:4549.

    `towns`: number, code, name, urban (街道), geometry. `villages`: number, code, name, town, kind (core, seat, strip,
    lanes), geometry. `houses`: code, town, village, street, number, block, compound, use, floors, basement,
    built_year, self_built, dwellings, shops, geometry. `compounds`: number, name, town, village, street, door,
    built_year, geometry. `sites`: plots without a house.
    """

    land: Land
    streets: Streets
    towns: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    houses: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    network: tuple[list[Pipe], list[Facility]]
    sites: Shapes


def settled(seed: int, *, scale: float, today: date) -> Settled:
    """Give the invented county; `scale` 1 is 250,000 buildings on 1,046 km². Same arguments, same county."""
    rng = np.random.default_rng([seed, 0])
    ground = land(rng, centre=CENTRE, scale=scale * 83)
    net = streets(rng, ground)
    stock = houses.houses(rng, ground, net, target=round(250_000 * scale))
    towns, villages = _places(ground)
    count = len(stock.footprints)
    middle = np.asarray(shapely.centroid(stock.footprints), dtype=object)
    village = shapely.STRtree(villages.geometry.to_numpy()).nearest(middle)
    street = net.street[stock.street]
    number = pd.Series(street).groupby(street).cumcount() + 1
    home = stock.use == "residential"
    flats = home & (rng.random(count) < 0.05)
    year = np.minimum(np.floor(rng.uniform(1950, today.year, count)), today.year).astype(int)
    built = gpd.GeoDataFrame(
        {
            "code": [f"B-{place:07d}" for place in range(1, count + 1)],
            "town": villages["town"].to_numpy()[village],
            "village": village + 1,
            "street": [names.STREETS[each % len(names.STREETS)] for each in street],
            "number": number.to_numpy(),
            "block": pd.array(np.where(flats, 1, -1), dtype="Int64"),
            "compound": pd.array(np.where(flats, 1, -1), dtype="Int64"),
            "use": stock.use,
            "floors": np.where(flats, 6, stock.floors),
            "basement": rng.random(count) < 0.03,
            "built_year": year,
            "self_built": home & ~flats & (rng.random(count) < 0.8),
            "dwellings": np.where(home, np.where(flats, 24, 1), 0),
            "shops": (stock.use == "commercial").astype(int),
        },
        geometry=gpd.GeoSeries(stock.footprints, crs=SRID),
    )
    built.loc[~flats, ["block", "compound"]] = pd.NA
    built.loc[flats, "block"] = np.arange(1, flats.sum() + 1)
    where = shapely.box(*built[flats].total_bounds)
    compounds = gpd.GeoDataFrame(
        {
            "number": [1],
            "name": ["合成小区"],
            "town": [1],
            "village": [1],
            "street": [names.STREETS[0]],
            "door": [1],
            "built_year": [2000],
        },
        geometry=gpd.GeoSeries([where], crs=SRID),
    )
    plots = houses.sites(rng, ground, net, stock, count=max(10, round(64 * scale)))
    return Settled(ground, net, towns, villages, built, compounds, gas.network(ground, net), plots)


def _places(ground: Land) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    of_town = np.array([each.town for each in ground.seats])
    areas = np.array(ground.villages, dtype=object)
    towns = sorted(set(of_town.tolist()))
    merged = [shapely.union_all(areas[of_town == town]) for town in towns]
    codes = [f"{CODE}{town + 1:03d}" for town in towns]
    serial = [int((of_town[:place] == town).sum()) + 1 for place, town in enumerate(of_town)]
    town = gpd.GeoDataFrame(
        {"number": np.array(towns) + 1, "code": codes, "name": list(names.TOWNS), "urban": np.array(towns) == 0},
        geometry=gpd.GeoSeries(merged, crs=SRID),
    )
    village = gpd.GeoDataFrame(
        {
            "number": np.arange(1, len(areas) + 1),
            "code": [f"{codes[t]}{200 + n}" for t, n in zip(of_town, serial, strict=True)],
            "name": [names.VILLAGES[place % len(names.VILLAGES)] for place in range(len(areas))],
            "town": of_town + 1,
            "kind": ["seat" if each.rank == 0 else "strip" for each in ground.seats],
        },
        geometry=gpd.GeoSeries(areas, crs=SRID),
    )
    return town, village
