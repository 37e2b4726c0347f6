"""The invented county: four towns in a valley, their streets, houses, gas and people, and two years of checks.

It lies around 120.0°E 28.9°N in EPSG:4549, holds nothing real, and every name in it is recognisably unreal.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gis import law, layers
from gis.synth import delivery, fill, gas, history, houses, names
from gis.synth.delivery import shaped
from gis.synth.land import Land, land
from gis.synth.settled import Settled
from gis.synth.streets import Streets, streets

SRID = 4549
CENTRE = (500_000.0, 3_198_180.0)
CODE, JURISDICTION, TIMEZONE, SCHEME = "990701", "CN-33", "Asia/Shanghai", "local"
HOUSES, WORKERS, SITES = 3000, 24, 10

Frames = dict[str, gpd.GeoDataFrame]
Texts = NDArray[np.object_]


def county(seed: int = 7, *, today: date, scale: float = 1.0, workers: int = WORKERS) -> Frames:
    """Give the deliveries of the invented county by layer, in metres of EPSG:4549, as known at the start of `today`.

    `scale` 1 is about 3,000 houses on 78 km²; 10 is ten times both. Same seed, day and scale: same frames. Checks name
    their objects by `object_key`; whoever stores them puts the internal id in `object_id`.
    """
    rng = np.random.default_rng([seed, 0])
    ground = land(rng, centre=CENTRE, scale=scale)
    net = streets(rng, ground)
    stock = houses.houses(rng, ground, net, target=round(HOUSES * scale))
    frames = _places(ground) | {"road": _roads(net), "water": _waters(ground)} | _network(ground, net, today)
    bare = _buildings(rng, net, stock)
    frames["construction_site"] = _sites(rng, houses.sites(rng, ground, net, stock, count=SITES), today)
    frames["building"] = fill.grades(bare, seed=seed, today=today)
    frames["gas_user"] = fill.users(bare, frames["gas_pipeline"], seed=seed, today=today, homes=0.85)
    frames["worker"] = fill.workers(frames["town"], count=round(workers * scale) or 1, seed=seed, today=today)
    frames["check"] = _checks(frames, seed=seed, today=today)
    return frames


def write(folder: Path, frames: Mapping[str, gpd.GeoDataFrame]) -> list[Path]:
    """Write one GeoJSON file per layer in CGCS2000 degrees, each saying 合成数据, and give the paths."""
    return delivery.write(folder, frames)


def geography(place: Settled, today: date) -> Frames:
    """Give the frames of a settled county's geography: county, towns, villages, roads, water, gas network."""
    places = _places(place.land)
    return (
        places
        | {"road": _roads(place.streets), "water": _waters(place.land)}
        | _network(place.land, place.streets, today)
    )


def _places(ground: Land) -> Frames:
    """Give county, towns and villages; towns are unions of villages, so that borders agree to the last digit."""
    towns = sorted({each.town for each in ground.seats})
    codes = [f"{CODE}{town + 1:03d}" for town in towns]
    of_town = np.array([each.town for each in ground.seats])
    areas = np.array(ground.villages, dtype=object)
    merged = np.array([shapely.union_all(areas[of_town == town]) for town in towns], dtype=object)
    serial = [int((of_town[:place] == town).sum()) + 1 for place, town in enumerate(of_town)]
    facts = {
        "code": CODE,
        "name": names.COUNTY,
        "storage_srid": SRID,
        "timezone": TIMEZONE,
        "jurisdiction": JURISDICTION,
        "code_scheme": SCHEME,
    }
    villages = {
        "code": [f"{codes[town]}{200 + number}" for town, number in zip(of_town, serial, strict=True)],
        "code_scheme": SCHEME,
        "name": [names.VILLAGES[place % len(names.VILLAGES)] for place in range(len(of_town))],
        "town_code": [codes[town] for town in of_town],
    }
    outline = np.array([ground.outline], dtype=object)
    return {
        "county": shaped(layers.named("county"), facts, outline, srid=SRID),
        "town": shaped(
            layers.named("town"),
            {"code": codes, "code_scheme": SCHEME, "name": list(names.TOWNS)},
            merged,
            srid=SRID,
        ),
        "village": shaped(layers.named("village"), villages, areas, srid=SRID),
    }


def _codes(letter: str, count: int) -> list[str]:
    return [f"{letter}-{number:05d}" for number in range(1, count + 1)]


def _roads(net: Streets) -> gpd.GeoDataFrame:
    columns = {
        "code": _codes("R", len(net.lines)),
        "name": [names.STREETS[number % len(names.STREETS)] for number in net.street],
        "road_class": net.road_class,
        "surface": np.where(net.road_class == "track", "gravel", "asphalt"),
        "bridge": ["yes" if each else None for each in net.bridge],
    }
    return shaped(layers.named("road"), columns, net.lines, srid=SRID)


def _waters(ground: Land) -> gpd.GeoDataFrame:
    lines = shapely.intersection(np.array([ground.river, *ground.streams], dtype=object), ground.outline)
    columns = {
        "code": _codes("H", len(lines)),
        "name": [names.RIVER, *(f"{names.RIVER}{number}号支流" for number in range(1, len(lines)))],
        "water_class": ["river", *["stream"] * (len(lines) - 1)],
    }
    return shaped(layers.named("water"), columns, lines, srid=SRID)


def _network(ground: Land, net: Streets, today: date) -> Frames:
    pipes, facilities = gas.network(ground, net)
    pipe_columns = {
        "code": _codes("P", len(pipes)),
        "regime": [each.regime for each in pipes],
        "pressure": [each.pressure for each in pipes],
        "material": [each.material for each in pipes],
        "diameter": [each.diameter_mm for each in pipes],
        "laid_on": today - timedelta(days=3000),
        "depth": [1.5 if each.regime == "transmission" else 0.9 for each in pipes],
        "position_accuracy": 0.5,
        "operator": names.GAS_COMPANY,
    }
    facility_columns = {
        "code": _codes("F", len(facilities)),
        "kind": [each.kind for each in facilities],
        "live": True,
        "inlet_pressure": [each.inlet for each in facilities],
        "outlet_pressure": [each.outlet for each in facilities],
        "fenced": [each.kind.endswith("station") for each in facilities],
        "position_accuracy": 0.5,
        "operator": names.GAS_COMPANY,
    }
    lines = np.array([each.line for each in pipes], dtype=object)
    spots = np.array([each.place for each in facilities], dtype=object)
    return {
        "gas_pipeline": shaped(layers.named("gas_pipeline"), pipe_columns, lines, srid=SRID),
        "gas_facility": shaped(layers.named("gas_facility"), facility_columns, spots, srid=SRID),
    }


def _buildings(rng: Generator, net: Streets, stock: houses.Houses) -> gpd.GeoDataFrame:
    count = len(stock.footprints)
    home = stock.use == "residential"
    street = [names.STREETS[number % len(names.STREETS)] for number in net.street[stock.street]]
    number = pd.Series(net.street[stock.street]).groupby(net.street[stock.street]).cumcount() + 1
    columns = {
        "code": _codes("B", count),
        "address": [f"{delivery.LABEL}{name}{no}号" for name, no in zip(street, number, strict=True)],
        "use": stock.use,
        "floors": stock.floors,
        "basement": rng.random(count) < 0.03,
        "self_built": home & (rng.random(count) < 0.8),
        "let_or_business": (stock.use == "commercial") | (home & (rng.random(count) < 0.08)),
        "owner_name": names.people(count, rng),
    }
    return shaped(layers.named("building"), columns, stock.footprints, srid=SRID)


def _sites(rng: Generator, plots: Texts, today: date) -> gpd.GeoDataFrame:
    count = len(plots)
    columns = {
        "code": _codes("S", count),
        "name": [f"{delivery.LABEL}工地{number}" for number in range(1, count + 1)],
        "kind": ["small" if number % 4 == 3 else "site" for number in range(count)],
        "builder": rng.choice(np.array(names.BUILDERS, dtype=object), count),
        "permit": [f"SG-{number}" if number % 5 else None for number in range(1, count + 1)],
        "pit_depth": np.round(rng.uniform(1, 9, count), 1),
        "pile_length": [round(float(each), 1) if each > 8 else None for each in rng.uniform(0, 25, count)],
        "started_on": [today - timedelta(days=int(each)) for each in rng.integers(90, 700, count)],
    }
    return shaped(layers.named("construction_site"), columns, plots, srid=SRID)


def _checks(frames: Frames, *, seed: int, today: date) -> gpd.GeoDataFrame:
    force = law.in_force(law.applicable(law.rules(), JURISDICTION), today)
    stock = [layer for layer in layers.every() if layer.patrol is not None and layer.name in frames]
    objects = pd.concat([history.patrolled(layer, frames[layer.name], force) for layer in stock], ignore_index=True)
    found = history.checks(objects, list(frames["worker"]["code"]), seed=seed, today=today, timezone=TIMEZONE)
    return gpd.GeoDataFrame(found, geometry=gpd.GeoSeries(np.full(len(found), None, dtype=object)))
