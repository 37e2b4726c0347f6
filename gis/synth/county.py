"""The invented county: towns in valleys, their streets, houses, gas and people, and two years of checks.

It lies around 120.0°E 28.9°N in EPSG:4549, holds nothing real, and every name in it is recognisably unreal.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis import layers
from gis.synth import delivery, history, names
from gis.synth.delivery import shaped
from gis.synth.dress import Wanted, dressed
from gis.synth.gas import Network
from gis.synth.land import Land
from gis.synth.settled import CODE, SRID, Settled, settled

JURISDICTION, TIMEZONE, SCHEME = "CN-33", "Asia/Shanghai", "local"
SMALL, WORKERS = 0.012, 24

Frames = dict[str, gpd.GeoDataFrame]
Texts = NDArray[np.object_]


def county(seed: int = 7, *, today: date, scale: float = SMALL, workers: int = WORKERS) -> Frames:
    """Give the invented county by layer, in metres of EPSG:4549, as known at the start of `today`.

    `scale` 1 is 250,000 buildings on 1,046 km²; the default is 3,000 on 13 km². Same seed, day and scale: same frames.
    Checks name their objects by `object_key`; whoever stores them puts the internal id in `object_id`. Registers have
    the name of their `town` beside their fields. A layer of which a small county has nothing is left out.
    """
    place = settled(seed, scale=scale, today=today)
    ground = geography(place, today)
    wanted = Wanted(seed, scale, today, JURISDICTION, TIMEZONE)
    people = dressed(place, ground, wanted, workers=workers)
    frames = ground | people.frames | {"check": _events(people.checks, seed, today)}
    return {name: frame for name, frame in frames.items() if len(frame)}


def geography(place: Settled, today: date) -> Frames:
    """Give county, towns, villages, roads, water and the gas network of a settled county as deliveries."""
    return _places(place) | {"road": _roads(place), "water": _waters(place.land)} | _network(place.network, today)


def write(folder: Path, frames: Mapping[str, gpd.GeoDataFrame]) -> list[Path]:
    """Write one GeoJSON file per layer in CGCS2000 degrees, each saying 合成数据, and give the paths."""
    return delivery.write(folder, frames)


def _places(place: Settled) -> Frames:
    facts = {
        "code": CODE,
        "name": names.COUNTY,
        "storage_srid": SRID,
        "timezone": TIMEZONE,
        "jurisdiction": JURISDICTION,
        "code_scheme": SCHEME,
    }
    towns, villages = place.towns, place.villages
    town_code = dict(zip(towns["number"], towns["code"], strict=True))
    town = {"code": towns["code"], "code_scheme": SCHEME, "name": towns["name"]}
    village = {
        "code": villages["code"],
        "code_scheme": SCHEME,
        "name": villages["name"],
        "town_code": villages["town"].map(town_code),
    }
    outline = np.array([place.land.outline], dtype=object)
    return {
        "county": shaped(layers.named("county"), facts, outline, srid=SRID),
        "town": shaped(layers.named("town"), town, towns.geometry.to_numpy(), srid=SRID),
        "village": shaped(layers.named("village"), village, villages.geometry.to_numpy(), srid=SRID),
    }


def _codes(letter: str, count: int) -> list[str]:
    return [f"{letter}-{number:05d}" for number in range(1, count + 1)]


def _roads(place: Settled) -> gpd.GeoDataFrame:
    net = place.streets
    columns = {
        "code": _codes("R", len(net.lines)),
        "name": place.road_names,
        "road_class": net.road_class,
        "surface": np.where(net.road_class == "track", "gravel", "asphalt"),
        "bridge": ["yes" if each else None for each in net.bridge],
    }
    return shaped(layers.named("road"), columns, net.lines, srid=SRID)


def _waters(ground: Land) -> gpd.GeoDataFrame:
    water = np.array([each.water for each in ground.valleys], dtype=object)
    lines = shapely.intersection(water, ground.outline)
    columns = {
        "code": _codes("H", len(lines)),
        "name": [names.RIVER, *(f"{names.RIVER}{number}号支流" for number in range(1, len(lines)))],
        "water_class": ["river", *["stream"] * (len(lines) - 1)],
    }
    return shaped(layers.named("water"), columns, lines, srid=SRID)


def _network(found: Network, today: date) -> Frames:
    pipes, facilities = found
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


def _events(checks: pd.DataFrame, seed: int, today: date) -> gpd.GeoDataFrame:
    """Give checks as rows of the check layer with `object_key` and `recorded_at`: the late ones up to 20 days late."""
    rng = np.random.default_rng([seed, 60])
    zone = ZoneInfo(TIMEZONE)
    seen = checks["seen"].astype("datetime64[ns]").dt.tz_localize(zone).dt.tz_convert("UTC")
    found = checks[["layer", "object_key", "kind", "outcome", "worker_code"]].assign(
        uid=pd.Series(history.version_seven(seen, rng), dtype=object),
        object_id=None,
        seen_at=seen,
        recorded_at=history.recorded(seen, checks["late"].to_numpy(bool), pd.Timestamp(today, tz=zone), rng),
        note=f"{delivery.LABEL}数据",
        source="synth",
        synthetic=True,
    )
    return gpd.GeoDataFrame(found, geometry=gpd.GeoSeries(np.full(len(found), None, dtype=object)))
