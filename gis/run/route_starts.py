"""Where workers begin and end their day: as is told, else in the middle of their area, their town, or the visits."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.run.handover import PLAN
from gis.run.record import latest
from gis.run.roll import Names, places, rows_of, wrong
from gis.run.skills import skills_of
from gis.store.county import County

GIVEN, AREA, TOWN, STOPS = "given", "area", "town", "stops"
NAMES: Names = {"code": ("code", "工号"), "lon": ("lon", "经度"), "lat": ("lat", "纬度")}


class Start(NamedTuple):
    """A starting point in storage metres, and what it is: `given`, or the middle of `area`, `town` or `stops`."""

    kind: str
    x: float
    y: float


def given(connection: sa.Connection, county: County, path: Path) -> dict[str, Start]:
    """Give the starting points of a CSV file: 工号, 经度 and 纬度 (WGS 84), a row for each worker.

    Refused, naming the file, row and field, where a value is missing, cannot be read, or is no worker of the register.
    """
    frame = rows_of(path, NAMES)
    spots = places(path, frame, county.srid)
    for row in np.flatnonzero(np.isnan(spots).any(axis=1)).tolist():
        raise wrong(path, row, "经度、纬度", "both coordinates", None)
    codes = [str(each) for each in frame["code"]]
    register = skills_of(connection, county)
    for row, code in enumerate(codes):
        if code not in register:
            raise wrong(path, row, "工号", "a worker of the register", code)
    return {code: Start(GIVEN, x, y) for code, (x, y) in zip(codes, spots.tolist(), strict=True)}


def starts(
    connection: sa.Connection, county: County, rows: pd.DataFrame, calendar: int, told: Mapping[str, Start]
) -> dict[str, Start]:
    """Give the starting point of each worker: that `told` by the worker's code, else a middle; the register has none.

    Areas are those that the calendar was made from, else the newest. Reads `who`, `worker_code`, `area_code`, `x` and
    `y` of visits.
    """
    areas = _areas(connection, county, calendar)
    towns = _towns(connection, county)
    found = {}
    for who, part in rows.groupby("who", sort=True):
        code = part["worker_code"].iloc[0]
        if code in told:
            found[str(who)] = told[code]
            continue
        named = areas.get(("worker", code)) if code is not None else areas.get(("area", part["area_code"].iloc[0]))
        middle = (float(part["x"].astype(float).median()), float(part["y"].astype(float).median()))
        found[str(who)] = (
            Start(AREA, *named) if named else Start(TOWN, *towns[code]) if code in towns else Start(STOPS, *middle)
        )
    return found


def _areas(
    connection: sa.Connection, county: County, calendar: int
) -> dict[tuple[str, str | None], tuple[float, float]]:
    """Give the middle of each area of a run, by its worker, and by its own code where nobody is named."""
    log = county.schema.table(layers.one(Use.RUN))
    run = connection.scalar(sa.select(log.c.parameters["areas"].as_integer()).where(log.c.id == calendar))
    if run is None and (newest := latest(connection, county, PLAN)) is not None:
        run = newest.id
    layer = layers.one(Use.PATROL_AREA)
    table = county.schema.table(layer)
    query = sa.select(table.c.worker_code, table.c.code, *_middle(county, layer)).where(table.c.run_id == run)
    found: dict[tuple[str, str | None], tuple[float, float]] = {}
    for worker, code, x, y in connection.execute(query.order_by(table.c.code.desc())):
        found["area", code] = x, y
        found["worker", worker] = x, y  # of several areas of one worker the one with the smallest code
    return found


def _towns(connection: sa.Connection, county: County) -> dict[str, tuple[float, float]]:
    """Give the middle of each registered worker's town."""
    layer, people = layers.one(Use.TOWN), county.schema.table(layers.one(Use.WORKER))
    town = county.schema.table(layer)
    query = sa.select(people.c.code, *_middle(county, layer)).join(town, town.c[layer.key] == people.c.town_code)
    return {code: (x, y) for code, x, y in connection.execute(query)}


def _middle(county: County, layer: Layer) -> tuple[sa.ColumnElement[float], sa.ColumnElement[float]]:
    centre = sa.func.ST_Centroid(county.schema.table(layer).c.geom)
    return sa.func.ST_X(centre), sa.func.ST_Y(centre)
