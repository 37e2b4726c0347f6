"""Making grid cells, naming their faults, and placing every object in its cell."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.find import cells as finder
from gis.layer import Use
from gis.plan import cells as planner
from gis.run.record import Made, digest, record
from gis.store.county import County
from gis.store.fetch import features, reading_of, shapes
from gis.store.load import Origin, load
from gis.store.load.conform import Terms
from gis.store.views import spot_column

WHOLE_TOWN = "000"


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells that were made: how many, their median and largest load, how many are over twice the target."""

    run: int
    count: int
    target: float
    median_load: float
    largest_load: float
    over_twice: int


def make(county: County, *, target: float = 60.0, code_scheme: str = "local") -> Grid:
    """Make cells in every town and store them. Refused where cells are in use: a code is never used twice.

    The load of a cell is the number of objects of the layers that count as load.
    """
    if code_scheme != "local":
        raise Refused(f"--code-scheme {code_scheme}: no official codes are stored for this county; expected local")
    with county.reading() as connection:
        stored = features(connection, county, layers.one(Use.CELL))
        if len(stored):
            raise Refused(f"{len(stored)} grid cells are in use already: they are kept, for their codes carry history")
        retired = _codes(connection, county)
        towns = features(connection, county, layers.one(Use.TOWN))
        streets = _lines(connection, county, Use.STREET)
        barriers = _lines(connection, county, Use.BARRIER)
        points = load_points(connection, county)
    if towns.empty:
        raise Refused("no town is stored: cells are made inside towns, so load those first")
    load_of = np.ones(len(points))
    made = planner.make_cells(shapes(towns), streets, barriers, points, load_of, target=target)
    frame = _coded(county, towns, made, retired)
    reading = reading_of(frame, shapes(made), f"EPSG:{county.srid}")
    outcome = load(county, layers.one(Use.CELL), reading, Origin("grid make", crs=reading.crs), terms=Terms())
    if outcome.rejected:
        raise AssertionError(f"cells that we made ourselves were rejected: {outcome.faults[:3]}")
    loads = made["load"].to_numpy(float)
    figures = {
        "count": len(made),
        "median_load": float(np.median(loads)) if len(loads) else 0.0,
        "largest_load": float(loads.max(initial=0)),
        "over_twice": int((loads > 2 * target).sum()),
    }
    inputs = (shapes(towns), streets, barriers, points)
    with county.writing() as connection:
        parameters = {"target": target, "code_scheme": code_scheme}
        run = record(connection, county, Made("grid", parameters, digest(inputs), result=figures))
    return Grid(run, len(made), target, figures["median_load"], figures["largest_load"], int(figures["over_twice"]))


def check(county: County) -> pd.DataFrame:
    """Name each gap and overlap of the stored cells, with the codes of the town and the cells; empty where clean."""
    with county.reading() as connection:
        towns = features(connection, county, layers.one(Use.TOWN))
        stored = features(connection, county, layers.one(Use.CELL))
    if stored.empty:
        raise Refused("no grid cells are in use: `wangge grid make` makes them, and there is nothing to check")
    places = {code: place for place, code in enumerate(towns["code"])}
    stored["town"] = [places.get(code, -1) for code in stored["town_code"]]
    found = planner.faults(stored, shapes(towns))
    codes = stored["code"].to_numpy(dtype=object)
    found["town"] = [towns["code"].iloc[int(place)] if place >= 0 else "" for place in found["town"]]
    found["cells"] = [" ".join(codes[list(each)]) for each in found["cells"]]
    return found


def assign(county: County) -> finder.Assigned:
    """Place every object in its town, village and cell."""
    return finder.assign(county)


def load_points(connection: sa.Connection, county: County) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Give the spots (n, 2) in storage metres of every object that counts as load."""
    parts = [np.empty((0, 2))]
    for layer in layers.using(Use.LOAD):
        table = county.schema.table(layer)
        point = table.c[spot_column(layer)]
        rows = connection.execute(
            sa.select(sa.func.ST_X(point), sa.func.ST_Y(point)).order_by(table.c[layer.key])
        ).all()
        parts.append(np.array([tuple(row) for row in rows], dtype=float).reshape(-1, 2))
    return np.concatenate(parts)


def _lines(connection: sa.Connection, county: County, use: Use) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    found = [shapes(features(connection, county, layer)) for layer in layers.using(use)]
    return np.concatenate([np.empty(0, dtype=object), *found])


def _codes(connection: sa.Connection, county: County) -> list[str]:
    """Give every cell code that was ever used, also of cells that ended."""
    table = county.schema.table(layers.one(Use.CELL))
    past = county.schema.past(layers.one(Use.CELL))
    return list(connection.scalars(sa.union(sa.select(table.c.code), sa.select(past.c.code))).all())


def _coded(county: County, towns: pd.DataFrame, made: pd.DataFrame, used: list[str]) -> pd.DataFrame:
    """Give cells their 15 digits: county 6, town 3, 000 as village part, serial 3; serials go on after those used.

    The local scheme numbers towns by place, west→east within north→south, since no official code fits.
    """
    order = _town_order(towns)
    prefixes = [f"{county.code:0>6}{order[town]:03d}{WHOLE_TOWN}" for town in made["town"]]
    last: dict[str, int] = {}
    for code in used:
        last[code[:-3]] = max(last.get(code[:-3], 0), int(code[-3:]))
    serials = [last.get(prefix, 0) + int(serial) for prefix, serial in zip(prefixes, made["serial"], strict=True)]
    if max(serials, default=0) > 999 or len(towns) > 999:
        raise Refused("a town would have more than 999 cells, and the code has three digits: raise --target")
    return pd.DataFrame(
        {
            "code": [f"{prefix}{serial:03d}" for prefix, serial in zip(prefixes, serials, strict=True)],
            "code_scheme": "local",
            "town_code": [towns["code"].iloc[int(town)] for town in made["town"]],
            "load": made["load"].to_numpy(float),
            "valid_from": county.today(),
        }
    )


def _town_order(towns: pd.DataFrame) -> dict[int, int]:
    centres = towns.geometry.representative_point()
    bands = pd.qcut(-centres.y, q=max(1, round(len(towns) ** 0.5)), labels=False, duplicates="drop")
    order = np.lexsort((centres.x.to_numpy(), np.nan_to_num(np.asarray(bands, dtype=float))))
    return {int(town): number for number, town in enumerate(order, start=1)}
