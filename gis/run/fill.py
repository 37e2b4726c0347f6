"""What a place lacks is invented and says so (合成): grades, users, stations, workers and a history of checks."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa

from gis import law, layers
from gis.layer import Layer, Use
from gis.store.county import County, outline_of
from gis.store.fetch import features, reading_of, shapes
from gis.store.load import Origin, Outcome, load
from gis.store.load.conform import Terms
from gis.store.schema import Schema
from gis.synth import fill as inventor
from gis.synth import history
from gis.work.checks import Recorded, record

Progress = Callable[[str], None]
GRADED = ("code", "built_year", "grade", "graded_on", "vacated")


@dataclass(frozen=True, slots=True)
class Filled:
    """What was invented: per layer the outcome of its delivery, and the checks that were recorded."""

    outcomes: dict[str, Outcome]
    checks: Recorded | None


def fill(county: County, *, seed: int, workers: int, progress: Progress = lambda _: None) -> Filled:
    """Invent what is missing and store it, marked as invented; a layer that has rows of its own is left alone.

    Grades and years are drawn where no building has a grade. Checks are invented only where none are recorded.
    """
    today = county.today()
    outcomes = {}
    with county.reading() as connection:
        buildings = features(connection, county, layers.one(Use.LOAD))
        towns = features(connection, county, layers.one(Use.TOWN))
        pipelines = features(connection, county, layers.named("gas_pipeline"))
        lacking = [layer for layer in layers.every() if layer.historic and not _rows(connection, county.schema, layer)]
    names = {layer.name for layer in lacking}
    progress("grades")
    if not buildings.empty and buildings["grade"].isna().all():
        graded = inventor.grades(buildings, seed=seed, today=today)
        outcomes["building"] = _given(county, layers.one(Use.LOAD), graded[list(GRADED)], located=False)
    if "gas_facility" in names:
        progress("stations")
        found = inventor.stations(pipelines, buildings, outline_of(county), seed=seed)
        outcomes["gas_facility"] = _given(county, layers.named("gas_facility"), found)
    if "gas_user" in names:
        progress("users")
        found = inventor.users(buildings, pipelines, seed=seed, today=today)
        outcomes["gas_user"] = _given(county, layers.named("gas_user"), found)
    if "worker" in names:
        progress("workers")
        found = inventor.workers(towns, count=workers, seed=seed, today=today)
        outcomes["worker"] = _given(county, layers.one(Use.WORKER), found, located=False)
    progress("checks")
    return Filled(outcomes, invented_checks(county, seed=seed))


def invented_checks(county: County, *, seed: int) -> Recorded | None:
    """Invent two years of checks for every patrolled object, by the rules in force; None where checks are recorded."""
    force = law.in_force(law.applicable(law.rules(), county.jurisdiction), county.today())
    with county.reading() as connection:
        if _rows(connection, county.schema, layers.one(Use.CHECK)):
            return None
        objects = [
            history.patrolled(layer, features(connection, county, layer), force)
            for layer in layers.every()
            if layer.patrol is not None
        ]
        people = features(connection, county, layers.one(Use.WORKER))
    checks = history.checks(
        pd.concat([each for each in objects if len(each)], ignore_index=True),
        list(people["code"]),
        seed=seed,
        today=county.today(),
        timezone=str(county.timezone),
    )
    return record(county, checks)


def _given(county: County, layer: Layer, frame: gpd.GeoDataFrame, *, located: bool = True) -> Outcome:
    columns = [name for name in frame.columns if name != "geometry" and frame[name].notna().any()]
    crs = f"EPSG:{county.srid}" if located else None
    reading = reading_of(frame, shapes(frame) if located else None, crs, columns=columns)
    origin = Origin(f"合成 {layer.name}", crs=crs, synthetic=True)
    return load(county, layer, reading, origin, terms=Terms())


def _rows(connection: sa.Connection, schema: Schema, layer: Layer) -> bool:
    return connection.execute(sa.select(schema.table(layer).c.id).limit(1)).first() is not None
