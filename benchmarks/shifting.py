"""Deliveries for the datum guard: right ones as offices bring them, and the same ones shifted, whole or one village.

Real shapes are Liechtenstein's (© OpenStreetMap contributors, ODbL 1.0), moved to 120°E 28.9°N; users and pipes are
invented on them. Same seed, same deliveries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from numpy.random import Generator

from gis import crs
from gis.crs import Geometries, Shifted
from gis.layer import Layer
from gis.synth import county as invented
from gis.synth import fill

SRID = 4549
CENTRE = (505_000.0, 3_198_000.0)
HALF_M = 2_500.0
Frames = dict[str, gpd.GeoDataFrame]
Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """One delivery: what it is called, its layer and rows, and the shift of each moved row, None where none was."""

    kind: str
    layer: Layer
    frame: pd.DataFrame
    shapes: Geometries
    vectors: Places | None = None


def real(file: Path) -> Frames:
    """Give Liechtenstein's streets and buildings, moved to CENTRE, with invented users and pipes."""
    frames: Frames = {}
    middle = None
    for name, own in (("roads", "road"), ("buildings", "building")):
        read = gpd.read_file(file, layer=name).to_crs(32632)
        west, south, east, north = read.total_bounds
        middle = middle or ((west + east) / 2, (south + north) / 2)
        shapes = read.geometry.translate(CENTRE[0] - middle[0], CENTRE[1] - middle[1])
        codes = [f"{own}/{number}" for number in range(len(read))]
        frames[own] = gpd.GeoDataFrame({"code": codes}, geometry=shapes.to_numpy(), crs=SRID)
    houses = frames["building"].sample(frac=0.3, random_state=5)
    users = gpd.GeoDataFrame(
        {"code": [f"user/{number}" for number in range(len(houses))], "kind": "resident", "supply": "bottled"},
        geometry=houses.representative_point().to_numpy(),
        crs=SRID,
    )
    streets = frames["road"][frames["road"].length > 60].sample(900, random_state=5)
    beside = streets.geometry.offset_curve(4.0).to_numpy()
    pipes = gpd.GeoDataFrame({"code": [f"pipe/{number}" for number in range(len(beside))]}, geometry=beside, crs=SRID)
    return frames | {"gas_user": users, "gas_pipeline": pipes[~pipes.is_empty]}


def made(seed: int = 7) -> Frames:
    """Give the invented county's layers in EPSG:4549."""
    day = date(2025, 6, 1)
    frames = invented.county(seed, today=day)
    frames["gas_user"] = fill.users(frames["building"], frames["gas_pipeline"], seed=seed, today=day)
    wanted = ("road", "building", "gas_user", "gas_pipeline")
    found = {}
    for name in wanted:
        frame = frames[name].to_crs(SRID)
        keep = [each for each in ("code", "kind", "supply") if each in frame]
        found[name] = gpd.GeoDataFrame(frame[keep].reset_index(drop=True), geometry=frame.geometry.to_numpy(), crs=SRID)
    return found


def middle_of(frames: Frames) -> Frames:
    """Give the rows within five kilometres square about the middle of the houses."""
    middle = frames["building"].geometry.centroid
    east, north = float(middle.x.median()), float(middle.y.median())
    return {
        name: frame.cx[east - HALF_M : east + HALF_M, north - HALF_M : north + HALF_M].reset_index(drop=True)
        for name, frame in frames.items()
    }


def changed(rng: Generator, frame: gpd.GeoDataFrame, *, keys: bool) -> tuple[pd.DataFrame, Geometries]:
    """Give a legitimate new version: rows gone and new (5 to 30 %), some moved or redrawn, and up to 3 m of noise."""
    share = rng.uniform(0.05, 0.3)
    kept = frame[rng.random(len(frame)) > share]
    shapes = np.asarray(kept.geometry.to_numpy(), dtype=object)
    noise_m = rng.choice([0.0, 1.0, 3.0])
    away = rng.uniform(-noise_m, noise_m, (len(shapes), 2))
    few = rng.random(len(shapes)) < share / 5
    away[few] += rng.uniform(-200, 200, (int(few.sum()), 2))
    shapes = translated(shapes, away)
    grown = rng.random(len(shapes)) < share / 3
    shapes[grown] = shapely.buffer(shapes[grown], 1.5) if shapely.area(shapes).any() else shapes[grown]
    count = max(1, int(share * len(shapes)))
    copies = rng.integers(0, len(shapes), count)
    extra = translated(shapes[copies], rng.uniform(-400, 400, (count, 2)))
    rows = pd.concat(
        [pd.DataFrame(kept.drop(columns="geometry")), pd.DataFrame(kept.drop(columns="geometry")).iloc[copies]]
    )
    rows = rows.reset_index(drop=True)
    codes = rows["code"].to_numpy(dtype=object)
    codes[len(kept) :] = [f"new/{number}" for number in range(count)]
    rows["code"] = codes if keys else [f"fresh/{number}" for number in range(len(rows))]
    return rows, np.concatenate([shapes, extra])


def translated(shapes: Geometries, away: np.ndarray) -> Geometries:
    """Give shapes each moved by its own vector."""
    coordinates, which = shapely.get_coordinates(shapes, return_index=True)
    moved: Geometries = shapely.set_coordinates(shapes.copy(), coordinates + away[which])
    return moved


def warped(shapes: Geometries, system: Shifted, *, undone: bool = False) -> Geometries:
    """Give shapes as a map of a shifted system shows them, or as needless correction leaves them."""
    degrees = crs.from_storage(shapes, crs.EXCHANGE, SRID)
    step = system.undone if undone else system.applied
    return crs.to_storage(shapely.transform(degrees, step), crs.EXCHANGE, SRID)


def village(rng: Generator, shapes: Geometries, *, rows: int) -> np.ndarray:
    """Choose the rows nearest to one row that has neighbours: a village."""
    middle = shapely.centroid(shapes)
    at = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    for _ in range(50):
        far = np.hypot(*(at - at[rng.integers(len(at))]).T)
        chosen = np.argsort(far)[:rows]
        if far[chosen].max() < 500:
            return chosen
    return chosen


def vectors(before: Geometries, after: Geometries) -> Places:
    """Give the shift of each row in metres east and north."""
    away: Places = shapely.get_coordinates(shapely.centroid(after)) - shapely.get_coordinates(shapely.centroid(before))
    return away


def trials(seed: int, layer: Layer, frame: gpd.GeoDataFrame, *, rows: int = 150) -> Iterator[Trial]:
    """Give deliveries of a layer: right ones, wholly shifted ones, and ones of which a village is shifted.

    Seeds take turns in bringing the stored keys and others.
    """
    rng = np.random.default_rng([seed, len(frame)])
    told, shapes = changed(rng, frame, keys=seed % 2 == 0)
    yield Trial("right", layer, told, shapes)
    few = rng.permutation(len(shapes))[: rng.integers(3, 60)]
    yield Trial("right", layer, told.iloc[few].reset_index(drop=True), shapes[few])
    near = village(rng, shapes, rows=int(rng.integers(20, 200)))
    yield Trial("right", layer, told.iloc[near].reset_index(drop=True), shapes[near])
    for kind, moved in _moved(rng, shapes):
        yield Trial(kind, layer, told, moved, vectors(shapes, moved))
        part = shapes.copy()
        chosen = village(rng, shapes, rows=rows)
        part[chosen] = moved[chosen]
        yield Trial(f"village_{kind}", layer, told, part, vectors(shapes[chosen], moved[chosen]))


def _moved(rng: Generator, shapes: Geometries) -> Iterator[tuple[str, Geometries]]:
    yield "gcj", warped(shapes, Shifted.GCJ_02)
    yield "bd", warped(shapes, Shifted.BD_09)
    yield "undone", warped(shapes, Shifted.GCJ_02, undone=True)
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(100, 600)
    away = np.tile([far * np.cos(angle), far * np.sin(angle)], (len(shapes), 1))
    yield "vector", translated(shapes, away)
