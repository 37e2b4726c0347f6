"""First patrol areas: whole cells joined into one area per worker, stored with their run."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.plan.adjacency import adjacency
from gis.plan.areas import Areas, exclaves, grow_areas
from gis.run.record import Made, digest, record
from gis.store.county import County
from gis.store.fetch import features, shapes


@dataclass(frozen=True, slots=True)
class Patrol:
    """The areas that were made, how even they are, each town's own exclaves (name, m²), and areas without a worker."""

    run: int
    workers: int
    extra_pieces: int
    max_over_mean: float
    bound: float
    total_load: float
    empty: tuple[int, ...]
    exclaves: tuple[tuple[str, float], ...]
    without_worker: int


def areas(county: County, *, workers: int, seed: int = 0) -> Patrol:
    """Make one area per worker of whole cells and store them; Refused where there are no cells.

    The load of a cell is the number of patrolled objects in it. Areas may cross town lines.
    """
    if workers < 1:
        raise Refused(f"--workers: expected at least 1, got {workers}")
    cell_layer = layers.one(Use.CELL)
    with county.reading() as connection:
        cells = features(connection, county, cell_layer)
        if cells.empty:
            raise Refused("no grid cells are stored: `wangge grid make` makes them")
        streets = np.concatenate(
            [
                np.empty(0, dtype=object),
                *(shapes(features(connection, county, each)) for each in layers.using(Use.STREET)),
            ]
        )
        towns = features(connection, county, layers.one(Use.TOWN))
        people = features(connection, county, layers.one(Use.WORKER))
        load = loads(connection, county, cells)
    near = adjacency(shapes(cells), streets)
    xy = np.array([(point.x, point.y) for point in cells.geometry.representative_point()]).reshape(-1, 2)
    found = grow_areas(load, near, xy, workers, seed=seed)
    outlying = exclaves(shapes(towns))
    names = towns["name"].to_numpy(dtype=object)[outlying["town"].to_numpy(int)]
    named = tuple(zip(map(str, names), outlying["area_m2"].to_numpy(float).tolist(), strict=True))
    figures = {
        "workers": workers,
        "extra_pieces": found.extra_pieces,
        "max_over_mean": found.max_over_mean,
        "bound": found.bound,
        "total_load": float(load.sum()),
    }
    made = Made(
        "patrol",
        {"workers": workers},
        digest((shapes(cells), load, near.indptr, near.indices)),
        seed=seed,
        steps=found.steps,
        objective=found.max_over_mean,
        bound=found.bound,
        result=figures,
    )
    with county.writing() as connection:
        run = record(connection, county, made)
        _store(connection, county, run, cells, found, list(people["code"]))
    return Patrol(
        run=run,
        workers=workers,
        extra_pieces=found.extra_pieces,
        max_over_mean=found.max_over_mean,
        bound=found.bound,
        total_load=float(load.sum()),
        empty=found.empty,
        exclaves=named,
        without_worker=max(workers - len(people), 0),
    )


def loads(
    connection: sa.Connection, county: County, cells: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give the number of patrolled objects in each cell, in the order of the frame."""
    total: dict[int, int] = {}
    for layer in layers.every():
        if layer.patrol is None:
            continue
        table = county.schema.table(layer)
        query = (
            sa.select(table.c.cell_id, sa.func.count()).where(table.c.cell_id.is_not(None)).group_by(table.c.cell_id)
        )
        for cell, objects in connection.execute(query):
            total[cell] = total.get(cell, 0) + objects
    return np.array([total.get(int(cell), 0) for cell in cells["id"]], dtype=float)


def _store(
    connection: sa.Connection, county: County, run: int, cells: pd.DataFrame, found: Areas, people: list[str]
) -> None:
    table = county.schema.table(layers.one(Use.PATROL_AREA))
    rows = []
    for area in range(len(found.load)):
        inside = found.area == area
        if not inside.any():
            continue
        shape = shapely.union_all(cells.geometry.to_numpy()[inside])
        multi = shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        rows.append(
            {
                "code": f"{area + 1:03d}",
                "run_id": run,
                "worker_code": people[area] if area < len(people) else None,
                "load": float(found.load[area]),
                "cells": int(inside.sum()),
                "pieces": int(shapely.get_num_geometries(multi)),
                "cell_codes": {"codes": cells["code"].to_numpy()[inside].tolist()},
                "geom": f"SRID={county.srid};{shapely.to_wkt(multi, rounding_precision=-1)}",
            }
        )
    connection.execute(sa.insert(table), rows)
