"""What a pipe plan is made from: streets, live roots and mains, users, houses and what pipes cross, with prices."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gis import layers
from gis.errors import Refused
from gis.layer import Demand, Layer, Supply, Use
from gis.run import tariff
from gis.run.pipe_sources import Sources, sources
from gis.run.tariff import Tariff
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.town import town_named

MEDIUM = "gas"
SUBJECTS = [
    *("pipe_cost", "pipe_surface", "pipe_cover", "pipe_trench", "pipe_crossing", "pipe_clearance", "pipe_protected"),
    *("pipe_bore", "pipe_roughness", "pipe_size_cost", "least_pipe", "simultaneity", "appliance_flow", "gas_pressure"),
    *("gas_speed", "pipe_clearance_least", "pipe_hookup", "pipe_regulator", "pipe_prize", "pipe_prize_more"),
    *("pipe_barred", "high_rise"),
]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Frames in storage metres, by key. `crossed` are the lines, with their class, that a pipe crosses at a price.

    `own` is the row of `houses` in which each user lives (-1: none); `demonstration` says whether that is in a
    demonstration village.
    """

    streets: gpd.GeoDataFrame
    crossed: gpd.GeoDataFrame
    sources: Sources
    users: gpd.GeoDataFrame
    by: str
    houses: gpd.GeoDataFrame
    own: NDArray[np.int64]
    demonstration: NDArray[np.bool_]
    tariff: Tariff


def ground(
    connection: sa.Connection, county: County, *, area: str | None, rules: Path | None, pressure: str | None
) -> Ground:
    """Fetch it; with an `area` (code or name of a town) only users there, with `rules` the prices of that file.

    Refused where no street or no live root with gas to spare is stored, or a town is unknown.
    """
    streets = pd.concat([features(connection, county, layer) for layer in layers.using(Use.STREET)], ignore_index=True)
    (source, supply), (layer, demand) = supplying(), demanding()
    fed = sources(features(connection, county, source, where=supply.where), live_mains(connection, county), pressure)
    users = features(connection, county, layer, where=demand.where)
    if area is not None:
        users = users[users["town_id"] == town_named(connection, county, area).id]
    users = users.reset_index(drop=True)
    if streets.empty or fed.roots.empty:
        missing = "street" if streets.empty else "live root (a station or cabinet with gas to spare)"
        out = "，".join(f"{why} {count}" for why, count in sorted(fed.left.items())) or "none"
        raise Refused(f"没有道路或可接气源 · no {missing} is stored, so no pipe can be planned; roots left out: {out}")
    houses = _houses(connection, county)
    return Ground(
        streets=streets,
        crossed=_crossed(connection, county),
        sources=fed,
        users=users,
        by=demand.by,
        houses=houses,
        own=_own(users, houses),
        demonstration=_demonstration(connection, county, users),
        tariff=tariff.of_file(county, rules) if rules is not None else tariff.stored(connection, county, SUBJECTS),
    )


def demanding() -> tuple[Layer, Demand]:
    """Give the layer of those who could get gas, with what it says of them."""
    found = [(layer, layer.demands) for layer in layers.every() if layer.demands and layer.demands.medium == MEDIUM]
    if len(found) != 1:
        raise Refused(f"expected one layer of users who could get {MEDIUM}, got {[layer.name for layer, _ in found]}")
    return found[0]


def supplying() -> tuple[Layer, Supply]:
    """Give the layer of what feeds gas, with what it says of live roots."""
    found = [(layer, layer.supplies) for layer in layers.every() if layer.supplies and layer.supplies.medium == MEDIUM]
    if len(found) != 1:
        raise Refused(f"expected one layer that feeds {MEDIUM}, got {[layer.name for layer, _ in found]}")
    return found[0]


def live_mains(connection: sa.Connection, county: County) -> gpd.GeoDataFrame:
    """Give the mains of towns that carry gas today, or of which nobody says whether they do; of every pressure."""
    mains = features(connection, county, layers.named("gas_pipeline"))
    live = mains["phase"].isna() | (mains["phase"] == "live")
    return mains[live & (mains["regime"] != "transmission")].reset_index(drop=True)


def _houses(connection: sa.Connection, county: County) -> gpd.GeoDataFrame:
    found = [features(connection, county, layer) for layer in layers.every() if layer.footprint is not None]
    return pd.concat(found, ignore_index=True)


def _own(users: gpd.GeoDataFrame, houses: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Give the house of each user: that of the code, else the first in which the user's point lies."""
    row = {code: place for place, code in enumerate(houses["code"])}
    own = np.array([row.get(code, -1) for code in users["building_code"]], dtype=np.int64)
    lost = np.flatnonzero(own < 0)
    user, house = shapely.STRtree(shapes(houses)).query(shapes(users)[lost], predicate="intersects")
    order = np.lexsort((house, user))
    first = np.unique(user[order], return_index=True)[1]
    own[lost[user[order][first]]] = house[order][first]
    return own


def _demonstration(connection: sa.Connection, county: County, users: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    villages = features(connection, county, layers.one(Use.VILLAGE))
    chosen = set(villages.loc[villages["demonstration"].eq(True), "id"])
    return np.array([each in chosen for each in users["village_id"]], dtype=bool)


def _crossed(connection: sa.Connection, county: County) -> gpd.GeoDataFrame:
    """Give the lines that are crossed at a price: `class` of each, and the `street` row that it is (-1: none)."""
    found = []
    for layer in layers.every():
        if layer.crossing is not None:
            rows = features(connection, county, layer)
            kind = rows[layer.crossing.by].fillna(layer.crossing.unknown)
            street = np.arange(len(rows)) if Use.STREET in layer.uses else np.full(len(rows), -1)
            found.append(gpd.GeoDataFrame({"class": kind, "street": street}, geometry=rows.geometry, crs=rows.crs))
    return pd.concat(found, ignore_index=True)
