"""What a real place lacks, invented on what it has: grades, gas users, regulator stations and workers (合成).

Frames are in the county's metres and hold the fields of their layers; every function is pure and seeded, and gives
the same rows whatever the order of its input. Whoever stores them marks them as invented.
"""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gis import layers
from gis.synth import kitchens, names
from gis.synth.delivery import LABEL, Column, shaped

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

GRADES = np.array(["A", "B", "C", "D"], dtype=object)
GRADED_SHARE = 0.72
GRADE_SHARES = {1900: (0.55, 0.33, 0.10, 0.02), 1980: (0.80, 0.17, 0.025, 0.005), 2000: (0.97, 0.028, 0.002, 0.0)}
PERIODS = ((1920, 1980, 0.14), (1980, 2000, 0.36), (2000, 2012, 0.32), (2012, 2022, 0.18))


def grades(buildings: gpd.GeoDataFrame, *, seed: int, today: date) -> gpd.GeoDataFrame:
    """Give the buildings with invented year, grade, day of grading and vacancy where these are empty.

    Reads `code`, `use`, `built_year`, `grade`. About seven in ten houses are graded, most of them A; older ones fall
    to C or D more often; auxiliary buildings stay ungraded. Values that were delivered stay.
    """
    found = buildings.sort_values("code", kind="stable").copy()
    rng = np.random.default_rng([seed, 1])
    year = _filled(found["built_year"], _years(len(found), rng))
    table = np.array(list(GRADE_SHARES.values()))
    limits = table[np.searchsorted(list(GRADE_SHARES), np.maximum(year, 1900), side="right") - 1].cumsum(axis=1)
    drawn = GRADES[(rng.random(len(found))[:, None] >= limits[:, :-1]).sum(axis=1)]
    back_d = rng.integers(30, 5 * 365, len(found))
    day = np.array([today - timedelta(days=int(each)) for each in back_d], dtype=object)
    possible = np.array([each.year for each in day]) > year
    wanted = (rng.random(len(found)) < GRADED_SHARE) & possible & (found["use"] != "auxiliary").to_numpy()
    new = found["grade"].isna().to_numpy() & wanted
    empty = new & (rng.random(len(found)) < 0.6) & (drawn == "D") & found["vacated"].isna().to_numpy()
    found["built_year"] = pd.Series(year.astype(int), index=found.index, dtype=object)
    found["grade"] = np.where(new, drawn, found["grade"].to_numpy(object))
    found["graded_on"] = np.where(new, day, found["graded_on"].to_numpy(object))
    found["vacated"] = np.where(empty, True, found["vacated"].to_numpy(object))
    return found.loc[buildings.index]


def _years(count: int, rng: Generator) -> Floats:
    period = rng.choice(len(PERIODS), count, p=[share for _, _, share in PERIODS])
    start, end = (np.array([each[place] for each in PERIODS], dtype=float)[period] for place in (0, 1))
    return np.floor(rng.uniform(start, end))


def _filled(column: Column, drawn: Floats) -> Floats:
    given = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(given), drawn, given)


def users(
    buildings: gpd.GeoDataFrame, pipelines: gpd.GeoDataFrame, *, seed: int, today: date, homes: float = 0.5
) -> gpd.GeoDataFrame:
    """Give invented gas users on buildings, as rows of the gas_user layer at the buildings' representative points.

    Reads `code`, `use`, `floors` of the buildings and `regime` of the pipelines. `homes` is the share of dwellings and
    of buildings of unknown use that are registered users; large houses hold up to eight. One house in forty has a
    kitchen or shop on its ground floor. Users within 60 m of a town gas pipe are mostly piped; all others keep bottles.
    """
    rng = np.random.default_rng([seed, 2])
    stock = _dwellings(buildings.sort_values("code", kind="stable"), homes=homes, rng=rng)
    count = len(stock)
    kind, spot = stock["kind"].to_numpy(object), stock.geometry.to_numpy()
    piped = _near_town_gas(spot, pipelines) & (rng.random(count) < 0.75)
    users = kitchens.Users(kind, piped)
    kept = kitchens.kitchens(users, today, rng)
    householder = np.array(names.people(count, rng), dtype=object)
    columns = {
        "code": [f"U-{number:06d}" for number in range(1, count + 1)],
        "kind": kind,
        "supply": np.where(piped, "piped", "bottled"),
        "building_code": stock["code"].to_numpy(object),
        "name": np.where(users.shop, rng.choice(np.array(names.SHOPS, dtype=object), count), householder),
        "phone": names.telephones(count, rng),
        "address": [f"{LABEL}地址{number}号" for number in range(1, count + 1)],
        "floor": stock["floor"].to_numpy(object),
        **kept,
        "meter": kitchens.only(np.where(rng.random(count) < 0.65, "indoors", "outdoors").astype(object), piped),
    }
    return shaped(layers.named("gas_user"), columns, spot, srid=_srid(buildings))


def _srid(frame: gpd.GeoDataFrame) -> int | None:
    code = frame.crs.to_epsg() if frame.crs is not None else None
    return int(code) if code is not None else None


def _dwellings(buildings: gpd.GeoDataFrame, *, homes: float, rng: Generator) -> gpd.GeoDataFrame:
    """Give one row per user: building code, kind, floor and place."""
    count = len(buildings)
    use = buildings["use"].fillna("other").to_numpy(object)
    area_m2 = buildings.geometry.area.to_numpy()
    floors = np.clip(pd.to_numeric(buildings["floors"]).fillna(1).to_numpy(dtype=float), 1, 8)
    lived_in = np.isin(use, ["residential", "other"]) & (area_m2 >= 50) & (rng.random(count) < homes)
    size = np.clip(np.round(area_m2 * np.maximum(floors, 1.5) / 400), 1, 8).astype(int)
    draw, business = rng.random(count), np.full(count, None, dtype=object)
    house = np.isin(use, ["residential", "other"]) & (area_m2 >= 80)
    business[house & (draw < 0.025)] = "commercial"
    business[house & (draw < 0.015)] = "catering"
    business[(use == "commercial") & (draw < 0.7)] = "commercial"
    business[(use == "commercial") & (draw < 0.35)] = "catering"
    business[(use == "industrial") & (draw < 0.4)] = "industrial"
    business[(use == "public") & (draw < 0.3)] = "commercial"
    homes_at = np.repeat(np.arange(count), np.where(lived_in, size, 0))
    shops_at = np.flatnonzero(business != None)  # noqa: E711  compared element by element
    at = np.concatenate([homes_at, shops_at])
    found = gpd.GeoDataFrame(
        {
            "code": buildings["code"].to_numpy(object)[at],
            "kind": np.concatenate([np.full(len(homes_at), "resident", dtype=object), business[shops_at]]),
            "floor": np.concatenate([rng.integers(1, floors[homes_at].astype(int) + 1), np.ones(len(shops_at), int)]),
        },
        geometry=buildings.geometry.representative_point().to_numpy()[at],
        crs=buildings.crs,
    )
    return found.sort_values("code", kind="stable", ignore_index=True)


def _near_town_gas(spots: Texts, pipelines: gpd.GeoDataFrame, reach_m: float = 60.0) -> NDArray[np.bool_]:
    lines = pipelines.geometry[pipelines["regime"] == "town"].to_numpy()
    near = np.zeros(len(spots), dtype=bool)
    if len(lines) and len(spots):
        near[shapely.STRtree(lines).query(spots, predicate="dwithin", distance=reach_m)[0]] = True
    return near


def stations(
    pipelines: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    outline: shapely.Geometry,
    *,
    seed: int,
    apart_m: float = 1500.0,
    share: float = 0.8,
) -> gpd.GeoDataFrame:
    """Give invented live regulator stations on the pipelines inside the outline, as rows of the gas_facility layer.

    Reads `code`, `regime`, `pressure` of the pipelines. Places every 100 m along the lines are taken greedily by how
    many buildings not yet near a station lie within `apart_m`, until `share` of those that can be reached are near
    one. A transmission line feeds nobody itself: a station on it lets the gas down for the town. Empty where no
    pipeline runs inside the outline.
    """
    lines, owner = _inside(pipelines.sort_values("code", kind="stable"), outline)
    place, at = _stops(lines)
    stands = _greedy(place, buildings.geometry.representative_point().to_numpy(), apart_m=apart_m, share=share)
    pipes = owner.iloc[at[stands]]
    rng = np.random.default_rng([seed, 3])
    columns = {
        "code": [f"TY-{number:03d}" for number in range(1, len(stands) + 1)],
        "kind": "regulator_station",
        "live": True,
        "inlet_pressure": pipes["pressure"].to_numpy(object),
        "outlet_pressure": "medium_b",
        "fenced": rng.random(len(stands)) < 0.8,
        "operator": names.GAS_COMPANY,
    }
    return shaped(layers.named("gas_facility"), columns, place[stands], srid=_srid(pipelines))


def _inside(pipelines: gpd.GeoDataFrame, outline: shapely.Geometry) -> tuple[Texts, pd.DataFrame]:
    parts, row = shapely.get_parts(shapely.intersection(pipelines.geometry.to_numpy(), outline), return_index=True)
    lines = shapely.length(parts) > 0
    return parts[lines], pd.DataFrame(pipelines.drop(columns=pipelines.geometry.name)).iloc[row[lines]]


def _stops(lines: Texts, every_m: float = 100.0) -> tuple[Texts, NDArray[np.int64]]:
    stops = [np.arange(every_m / 2, max(length_m, every_m), every_m) for length_m in shapely.length(lines)]
    at = np.repeat(np.arange(len(lines)), [len(each) for each in stops]).astype(np.int64)
    along_m = np.concatenate(stops) if stops else np.empty(0)
    return np.asarray(shapely.line_interpolate_point(lines[at], along_m), dtype=object), at


def _greedy(place: Texts, houses: Texts, *, apart_m: float, share: float) -> NDArray[np.int64]:
    """Give the stops chosen, in their order along the lines; ties go to the first stop."""
    if not len(place):
        return np.empty(0, dtype=np.int64)
    stop, house = shapely.STRtree(houses).query(place, predicate="dwithin", distance=apart_m)
    waiting = np.zeros(len(houses), dtype=bool)
    waiting[house] = True
    enough = (1 - share) * waiting.sum()
    chosen = [0] if not waiting.any() else []
    while waiting.sum() > enough:
        best = int(np.bincount(stop[waiting[house]], minlength=len(place)).argmax())
        chosen.append(best)
        waiting[house[stop == best]] = False
    return np.sort(np.array(chosen, dtype=np.int64))


def workers(towns: pd.DataFrame, *, count: int, seed: int, today: date) -> gpd.GeoDataFrame:
    """Give `count` invented workers as rows of the worker layer, spread over the towns by their order (`code`)."""
    rng = np.random.default_rng([seed, 5])
    codes = sorted(str(each) for each in towns["code"])
    start = [today - timedelta(days=int(each)) for each in rng.integers(60, 2000, count)]
    columns = {
        "code": [f"W-{number:03d}" for number in range(1, count + 1)],
        "name": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "town_code": [codes[number * len(codes) // count] if codes else None for number in range(count)],
        "share": np.where(rng.random(count) < 0.9, 1.0, 0.5),
        "from_on": start,
    }
    return shaped(layers.named("worker"), columns)
