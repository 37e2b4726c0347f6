"""The datum guard on real shapes and on the invented county: how often it errs.

`python -m benchmarks.datum [--seeds N] [--shared FOLDER]` prints one JSON line. Real shapes are Liechtenstein's
(© OpenStreetMap contributors, ODbL 1.0), moved to 120°E 28.9°N; users and pipes are invented on them. A trial draws a
delivery with a seed, rehearses it against a county that holds streets alone or streets and an older version, and stores
nothing. `false_alarms` counts refused deliveries among `right`; `detected_*` are shares of the shifted ones.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator

from gis import crs, layers
from gis.crs import Geometries, Shifted
from gis.layer import Layer
from gis.store import county as counties
from gis.store import server
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, Terms, load, rehearse
from gis.store.load.datum import Datum
from gis.store.settings import Settings, settings_from
from gis.synth import county as invented

SRID = 4549
CENTRE = (505_000.0, 3_198_000.0)
SHARED = Path(__file__).parents[2] / "shared" / "data" / "osm" / "liechtenstein_layers_4326.gpkg"
Frames = dict[str, gpd.GeoDataFrame]


@dataclass(frozen=True)
class Trial:
    """One delivery: what it is called, its layer and rows, and the shift that was put on it, None where none was."""

    kind: str
    layer: Layer
    frame: pd.DataFrame
    shapes: Geometries
    vector: tuple[float, float] | None = None


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
    frames = invented.county(seed, today=date(2025, 6, 1))
    wanted = ("road", "building", "gas_user", "gas_pipeline")
    found = {}
    for name in wanted:
        frame = frames[name].to_crs(SRID)
        keep = [each for each in ("code", "kind", "supply") if each in frame]
        found[name] = gpd.GeoDataFrame(frame[keep].reset_index(drop=True), geometry=frame.geometry.to_numpy(), crs=SRID)
    return found


def founded(settings: Settings, database: str, frames: Frames, names: tuple[str, ...]) -> County:
    """Give a county of its own that holds these layers."""
    own = replace(settings, database=database)
    far = np.array([frame.total_bounds for frame in frames.values()])
    bounds = shapely.box(*far[:, :2].min(axis=0), *far[:, 2:].max(axis=0)).buffer(500)
    outline = crs.from_storage(shapely.from_wkb([bounds.wkb]), crs.EXCHANGE, SRID)[0]
    server.drop_database(own, database)
    county = counties.found(own, Founding(outline, "试验县", "990001", "Asia/Shanghai", "CN-33", code_scheme="local"))
    for name in names:
        frame = frames[name]
        shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
        reading = reading_of(pd.DataFrame(frame.drop(columns="geometry")), shapes, f"EPSG:{SRID}")
        load(county, layers.named(name), reading, Origin(name, crs=f"EPSG:{SRID}"), terms=Terms())
    return county


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


def mean_vector(before: Geometries, after: Geometries) -> tuple[float, float]:
    """Give the mean shift in metres east and north."""
    away = shapely.get_coordinates(shapely.centroid(after)) - shapely.get_coordinates(shapely.centroid(before))
    east, north = away.mean(axis=0)
    return float(east), float(north)


def trials(seed: int, frames: Frames, *, rows: int = 150) -> Iterator[Trial]:
    """Give deliveries of each layer: right ones, wholly shifted ones, and ones of which a village is shifted."""
    rng = np.random.default_rng(seed)
    for name, frame in frames.items():
        layer = layers.named(name)
        for keys in (bool(rng.random() < 0.5),):
            told, shapes = changed(rng, frame, keys=keys)
            yield Trial("right", layer, told, shapes)
            few = rng.permutation(len(shapes))[: rng.integers(3, 60)]
            yield Trial("right", layer, told.iloc[few].reset_index(drop=True), shapes[few])
            near = village(rng, shapes, rows=int(rng.integers(20, 200)))
            yield Trial("right", layer, told.iloc[near].reset_index(drop=True), shapes[near])
            for kind, moved in _moved(rng, shapes):
                yield Trial(kind, layer, told, moved, mean_vector(shapes, moved))
                part = shapes.copy()
                chosen = village(rng, shapes, rows=rows)
                part[chosen] = moved[chosen]
                yield Trial(f"village_{kind}", layer, told, part, mean_vector(shapes[chosen], moved[chosen]))


def _moved(rng: Generator, shapes: Geometries) -> Iterator[tuple[str, Geometries]]:
    yield "gcj", warped(shapes, Shifted.GCJ_02)
    yield "bd", warped(shapes, Shifted.BD_09)
    yield "undone", warped(shapes, Shifted.GCJ_02, undone=True)
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(100, 600)
    away = np.tile([far * np.cos(angle), far * np.sin(angle)], (len(shapes), 1))
    yield "vector", translated(shapes, away)


def measured(county: County, trial: Trial) -> tuple[Datum, float]:
    """Rehearse a trial and give what the guard says and how many seconds the rehearsal took."""
    reading = reading_of(trial.frame, trial.shapes, f"EPSG:{SRID}")
    began = time.perf_counter()
    terms = Terms(accept_shift="benchmark")
    outcome = rehearse(county, trial.layer, reading, Origin("trial", crs=f"EPSG:{SRID}"), terms=terms)
    if outcome.datum is None:
        raise SystemExit(f"{trial.layer.name}: nothing was measured")
    return outcome.datum, time.perf_counter() - began


def tried(county: County, frames: Frames, place: str, seeds: int, skipped: frozenset[str]) -> pd.DataFrame:
    """Give one row per trial against a county."""
    found = []
    for seed in range(seeds):
        for trial in trials(seed, frames):
            if trial.layer.name in skipped:
                continue
            datum, seconds = measured(county, trial)
            off = None
            if trial.vector is not None and datum.east_m is not None and datum.north_m is not None:
                off = float(np.hypot(datum.east_m - trial.vector[0], datum.north_m - trial.vector[1]))
            row = {"place": place, "kind": trial.kind, "layer": trial.layer.name, "state": datum.state, "off_m": off}
            found.append(
                row
                | {"seconds": seconds, "keyed": trial.frame["code"].iloc[0][:5] != "fresh", "rows": len(trial.shapes)}
            )
            sys.stderr.write(
                f"{place} {trial.layer.name} {trial.kind} {len(trial.shapes)} {datum.sentence()} {off} {seconds:.2f}\n"
            )
    return pd.DataFrame(found)


def summed(found: pd.DataFrame) -> dict[str, object]:
    """Give the figures of all trials."""
    caught = (found["state"] == "accepted_shift") & ~(found["off_m"] > 40)
    right = found["kind"] == "right"
    told: dict[str, object] = {
        "right": int(right.sum()),
        "false_alarms": int((right & (found["state"] == "accepted_shift")).sum()),
        "verified_share": round(float((found["state"] == "verified")[right].mean()), 3),
    }
    for kind in sorted(set(found["kind"]) - {"right"}):
        told[f"detected_{kind}"] = round(float(caught[found["kind"] == kind].mean()), 3)
    village_rows = found["kind"].str.startswith("village")
    told["detected_village"] = round(float(caught[village_rows].mean()), 3)
    told["vector_error_m"] = round(float(found.loc[caught & ~right, "off_m"].median()), 2)
    told["vector_error_most_m"] = round(float(found.loc[caught & ~right, "off_m"].max()), 2)
    groups = found[~right].assign(caught=caught[~right]).groupby(["place", "layer", "kind"])["caught"].mean()
    told["by_place"] = {
        " ".join(str(part) for part in (name if isinstance(name, tuple) else (name,))): round(float(value), 2)
        for name, value in groups.items()
    }
    return told


def main() -> None:
    """Run all trials and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shared", type=Path, default=SHARED)
    given = parser.parse_args()
    settings = settings_from(os.environ)
    server.up(settings)
    found = []
    for place, frames in (("real", real(given.shared)), ("invented", made())):
        for held, names in (("streets", ("road",)), ("all", tuple(frames))):
            county = founded(settings, f"datum_{place}_{held}", frames, names)
            skipped = frozenset({"road", "gas_user"}) if held == "streets" else frozenset()
            found.append(tried(county, frames, f"{place}_{held}", given.seeds, skipped))
            county.close()
            server.drop_database(settings, f"datum_{place}_{held}")
    every = pd.concat(found)
    told = summed(every) | {"seconds": round(statistics.median(every["seconds"]), 2)}
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
