"""Gas users of the invented county: who cooks in which flat, under what address, and where they are said to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gis import layers
from gis.synth import address, kitchens, names
from gis.synth.address import Place
from gis.synth.delivery import shaped
from gis.synth.settled import SRID, Settled

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]
Truths = NDArray[np.bool_]

BOTTLED, PIPED, SHOPS = 189_050, 70_000, 4_219
"""Users at scale 1: the county's own account of 2023 (DOMAIN 0), and the piped ones that this project adds."""
REACH_M, HIGH_FLOORS = 60.0, 9
PLACED = {"code": 0.18, "phone": 0.42, "shifted": 0.22, "street": 0.06, "village": 0.12}
"""How users are placed: by the building's code, by a telephone's position, by a map with shifted coordinates (GCJ-02,
undone at load), by a geocoder that knew the street, or by one that knew the village alone."""
BLUR_M = {"phone": 6.0, "shifted": 6.0, "street": 45.0}
OLD_NAME, NO_LANE = 0.25, 0.3
"""How often people still write the former name of their village, and leave out the lane where its number is enough."""


@dataclass(frozen=True, slots=True)
class Households:
    """Users as rows of the gas_user layer, and the truth beside them, row by row.

    `truth` has `code`, `building`, `floor`, `unit`, `room` (0: none), `hand` (how the address is written), `placed`
    (of `PLACED`) and `row` (of the building in `Settled.houses`). A row placed by code has no shape.
    """

    users: gpd.GeoDataFrame
    truth: pd.DataFrame


def households(place: Settled, pipelines: gpd.GeoDataFrame, *, seed: int, scale: float, today: date) -> Households:
    """Give the users of the county: bottled and piped homes, and shops, in the numbers of `scale`.

    Reads `regime` of the pipelines. Homes within 60 m of town gas are piped, those in houses of nine floors and more
    first: these keep no bottles but for a few. Where the county has fewer homes than wanted, all are users.
    """
    rng = np.random.default_rng([seed, 20])
    rows = _chosen(place.houses, _near_town_gas(place, pipelines), scale, rng)
    rows["code"] = [f"U-{number:07d}" for number in rng.permutation(len(rows)) + 1]
    rows = rows.sort_values("code", ignore_index=True)
    houses = place.houses.iloc[rows["row"]].reset_index(drop=True)
    texts, did = _addresses(place, houses, rows, rng)
    placed = rng.choice(np.array(list(PLACED), dtype=object), len(rows), p=list(PLACED.values()))
    truth = rows[["code", "row", "floor", "unit", "room"]].assign(building=houses["code"], hand=did, placed=placed)
    users = kitchens.Users(rows["kind"].to_numpy(object), rows["piped"].to_numpy(bool))
    told = _told(rows, houses, users, rng)
    columns = {
        "code": rows["code"],
        "kind": users.kind,
        "supply": np.where(users.piped, "piped", "bottled"),
        "building_code": kitchens.only(houses["code"].to_numpy(object), placed == "code"),
        "address": texts,
        "floor": [each or None for each in rows["floor"].tolist()],
        **told,
        **kitchens.kitchens(users, today, rng),
    }
    spots = _spots(place, houses, placed, rng)
    return Households(shaped(layers.named("gas_user"), columns, spots, srid=SRID), truth)


def _near_town_gas(place: Settled, pipelines: gpd.GeoDataFrame) -> Truths:
    lines = pipelines.geometry[pipelines["regime"] == "town"].to_numpy()
    near = np.zeros(len(place.houses), dtype=bool)
    if len(lines):
        tree = shapely.STRtree(lines)
        near[tree.query(place.houses.geometry.to_numpy(), predicate="dwithin", distance=REACH_M)[0]] = True
    compound = place.houses["compound"].astype("Int64")
    piped = set(compound[near].dropna())
    return np.asarray(near | compound.isin(piped).fillna(value=False).to_numpy(bool), dtype=bool)


def _chosen(houses: gpd.GeoDataFrame, near: Truths, scale: float, rng: Generator) -> pd.DataFrame:
    """Give one row per user: its building's row, kind, whether piped, unit, floor and room."""
    dwellings = houses["dwellings"].to_numpy(np.int64)
    homes = _flats(houses, np.repeat(np.arange(len(houses)), dwellings), dwellings)
    at = homes["row"].to_numpy()
    high = houses["floors"].to_numpy(float)[at] >= HIGH_FLOORS
    piped = _some(near[at], round(PIPED * scale), rng, first=high)
    bottled = _some(~piped & (~high | (rng.random(len(at)) < 0.005)), round(BOTTLED * scale), rng)
    homes = homes.assign(kind="resident", piped=piped)[piped | bottled]
    shops_at = np.repeat(np.arange(len(houses)), houses["shops"].to_numpy(np.int64))
    shops_at = np.sort(rng.permutation(shops_at)[: round(SHOPS * scale)])
    shops = pd.DataFrame({"row": shops_at, "floor": 1, "unit": 0, "room": 0})
    shops["kind"] = _trades(houses["use"].to_numpy(object)[shops_at], rng)
    shops["piped"] = near[shops_at] & (rng.random(len(shops)) < 0.3)
    return pd.concat([homes, shops], ignore_index=True)


def _flats(houses: gpd.GeoDataFrame, at: Whole, dwellings: Whole) -> pd.DataFrame:
    """Give each dwelling its unit, floor and room: two flats a floor and unit in a block, floor by floor elsewhere."""
    first = np.cumsum(dwellings) - dwellings
    nth = np.arange(len(at)) - first[at]
    floors = np.maximum(houses["floors"].to_numpy(np.int64), 1)[at]
    block = houses["block"].notna().to_numpy(bool)[at]
    per_floor = np.where(block, 2, -(-dwellings[at] // floors))
    floor = np.minimum(nth // per_floor % floors + 1, floors)
    unit = np.where(block, nth // (2 * floors) + 1, 0)
    room = np.where(dwellings[at] > 1, 100 * floor + nth % per_floor + 1, 0)
    return pd.DataFrame({"row": at, "floor": floor, "unit": unit, "room": room})


def _some(can: Truths, count: int, rng: Generator, *, first: Truths | None = None) -> Truths:
    """Give `count` of those who can, drawn at random, those of `first` before others; all where they are fewer."""
    found = np.zeros(len(can), dtype=bool)
    drawn = rng.permutation(np.flatnonzero(can))
    if first is not None:
        drawn = drawn[np.argsort(~first[drawn], kind="stable")]
    found[drawn[:count]] = True
    return found


def _trades(use: Texts, rng: Generator) -> Texts:
    kind = np.where(rng.random(len(use)) < 0.62, "catering", "commercial").astype(object)
    kind[use == "industrial"] = "industrial"
    return kind


def _addresses(
    place: Settled, houses: gpd.GeoDataFrame, rows: pd.DataFrame, rng: Generator
) -> tuple[list[str], list[str]]:
    former = dict(zip(place.villages["number"], former_names(place), strict=True))
    old = np.array([former[each] for each in houses["village"].tolist()], dtype=object)
    keeps = (old != "") & (rng.random(len(rows)) < OLD_NAME)
    parts = places(place, houses, rows)
    bare = houses["village"].isin(place.villages.loc[place.villages["kind"] == "lanes", "number"]).to_numpy(bool)
    bare &= rng.random(len(rows)) < NO_LANE
    parts = [each._replace(village=was) if kept else each for each, was, kept in zip(parts, old, keeps, strict=True)]
    parts = [each._replace(street="") if gone else each for each, gone in zip(parts, bare, strict=True)]
    texts, did = address.all_written(parts, rng)
    more = ["former+" * kept + "lane+" * gone for kept, gone in zip(keeps.tolist(), bare.tolist(), strict=True)]
    return texts, [f"{each}{hand}" for each, hand in zip(more, did, strict=True)]


def former_names(place: Settled) -> list[str]:
    """Give the former name of each village, "" for those that had no other; the same for the same county."""
    rng = np.random.default_rng(len(place.villages))
    return address.former(place.villages["town"].tolist(), rng)


def places(place: Settled, houses: gpd.GeoDataFrame, rows: pd.DataFrame | None = None) -> list[Place]:
    """Give the address of each house, or of each flat where `rows` have `unit` and `room`.

    In a strip village the number follows the village: its one street is not named.
    """
    strip = houses["village"].isin(place.villages.loc[place.villages["kind"] == "strip", "number"])
    towns = dict(zip(place.towns["number"], place.towns["name"], strict=True))
    villages = dict(zip(place.villages["number"], place.villages["name"], strict=True))
    compounds = dict(zip(place.compounds["number"], place.compounds["name"], strict=True))
    none = [0] * len(houses)
    columns = (
        houses["town"].map(towns),
        houses["village"].map(villages),
        houses["street"].fillna("").where(~strip, ""),
        _numbers(houses["number"]),
        [compounds.get(each, "") for each in _numbers(houses["compound"])],
        _numbers(houses["block"]),
        none if rows is None else rows["unit"].tolist(),
        none if rows is None else rows["room"].tolist(),
    )
    return [Place(*each) for each in zip(*columns, strict=True)]


def _numbers(column: "pd.Series[int]") -> list[int]:
    return list(column.astype("Int64").fillna(0).astype(int))


def _told(rows: pd.DataFrame, houses: gpd.GeoDataFrame, users: kitchens.Users, rng: Generator) -> Mapping[str, object]:
    """Give what users say of themselves and the company writes beside it."""
    count = len(rows)
    trade = np.array([f"{name}{n}店" for name, n in zip(rng.choice(names.SHOPS, count), range(count), strict=True)])
    where = kitchens.indoors(houses["built_year"].to_numpy(float), users.piped, rng)
    use = rng.choice(np.array(["in_use", "vacant", "stopped"], dtype=object), count, p=(0.93, 0.05, 0.02))
    shop = users.kind != "resident"
    return {
        "name": np.where(shop, trade.astype(object), np.array(names.people(count, rng), dtype=object)),
        "phone": names.telephones(count, rng),
        "meter": where,
        "riser": kitchens.only(where, users.piped & ~shop & (rows["unit"].to_numpy() > 0)),
        "occupancy": np.where(shop, "in_use", use),
        "supplier": np.where(users.piped, names.GAS_COMPANY, _stations(houses["town"].to_numpy(), rng)),
    }


def _stations(town: Whole, rng: Generator) -> Texts:
    """Give the station that bottles come from: one of the two in the town (`venues.lpg_stations`)."""
    return np.array([f"L-{number:03d}" for number in 2 * town + rng.integers(0, 2, len(town))], dtype=object)


def _spots(place: Settled, houses: gpd.GeoDataFrame, placed: Texts, rng: Generator) -> Texts:
    """Give the position that each user is delivered with; None where only a code places it."""
    middle = shapely.get_coordinates(shapely.point_on_surface(houses.geometry.to_numpy()))
    blur_m = pd.Series(placed).map(BLUR_M).fillna(0.0).to_numpy()
    at = middle + rng.normal(0, 1, middle.shape) * blur_m[:, None]
    seat = place.houses.geometry.centroid
    centre = pd.DataFrame({"x": seat.x, "y": seat.y}).groupby(place.houses["village"].to_numpy()).median()
    village = placed == "village"
    at[village] = centre.loc[houses["village"].to_numpy()[village]].to_numpy()
    spots = np.asarray(shapely.points(np.round(at, 3)), dtype=object)
    spots[placed == "code"] = None
    return spots
