"""Which cell a million buildings lie in: our STRtree against geopandas.sjoin, and what it costs to move one building.

`python -m benchmarks.cells [--rows N] [--cells N] [--runs N]` prints one JSON line. The buildings stand in a throw-away
county (see `benchmarks.ground`), so that a sixteenth have their spot on borders and corners of cells, and some lie in
no cell. `ratio_sjoin` is the peer's time over ours, each from arrays of points and polygons to its answer, building of
index included; the peer is the faster of sjoin(points, cells) and sjoin(cells, points), and is not asked to settle
points on a border, which ours does: the lowest code. `identical`: ours, sjoin's answers so settled and what PostGIS
stored are equal.

`moved_feature_ms` is what finding town, village and cell, checking them and bringing the status along add to one UPDATE
of a shape in a layer of so many rows: the median of the statement with all triggers, less that of the same statement
without those (`PLACING`). `moved_statement_ms` is the whole statement, which also keeps the past and lets others
follow, `moved_bare_ms` the same with no trigger at all; these three take turns by forty moves within a transaction.
`moved_transaction_ms` is a transaction of one move with its durable commit. Every moved building must then lie where it
is, with its status.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from benchmarks import ground
from benchmarks.ground import LAYER, SYSTEM, say
from gis import layers
from gis.crs import Geometries
from gis.find import cells
from gis.layer import Use
from gis.store import server
from gis.store.county import County, engine_for
from gis.store.server import DatabaseRole
from gis.store.settings import Settings

MOVES, BLOCK, WARM = 400, 40, 6
SEED = 7
Indices = npt.NDArray[np.int64]


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Give the median seconds of some runs, and the last answer."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - began)
    return statistics.median(took), found


def stored(county: County) -> tuple[Geometries, Geometries, Indices]:
    """Give the spots of all buildings, the cells in order of their code, and each building's cell by place in them."""
    table, cell = county.schema.table(LAYER), county.schema.table(layers.one(Use.CELL))
    with county.reading() as connection:
        areas = connection.execute(sa.select(cell.c.id, sa.func.ST_AsBinary(cell.c.geom)).order_by(cell.c.code)).all()
        rows = connection.execute(
            sa.select(sa.func.ST_AsBinary(table.c.spot), table.c.cell_id).order_by(table.c.id)
        ).all()
    place = {row[0]: number for number, row in enumerate(areas)}
    points = shapely.from_wkb(np.array([bytes(row[0]) for row in rows], dtype=object))
    polygons = shapely.from_wkb(np.array([bytes(row[1]) for row in areas], dtype=object))
    return points, polygons, np.array([place.get(row[1], -1) for row in rows], dtype=np.int64)


def lowest(points: Indices, areas: Indices, count: int) -> Indices:
    """Give for each point the lowest of the areas paired with it, −1 where there is none."""
    pairs = pd.Series(areas).groupby(points).min()
    return np.asarray(pairs.reindex(range(count)).fillna(-1), dtype=np.int64)


def assignment(county: County, runs: int) -> dict[str, object]:
    """Place all stored buildings by our way and the peer's, and compare with what is stored."""
    points, polygons, in_database = stored(county)
    frame = gpd.GeoDataFrame(geometry=points, crs=SYSTEM)
    areas = gpd.GeoDataFrame({"cell": np.arange(len(polygons))}, geometry=polygons, crs=SYSTEM)
    ours_s, ours = timed(lambda: cells.placed(points, polygons), runs)

    def by_points() -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=points, crs=SYSTEM).sjoin(
            gpd.GeoDataFrame(areas[["cell"]], geometry=polygons, crs=SYSTEM), predicate="intersects"
        )

    def by_cells() -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(areas[["cell"]], geometry=polygons, crs=SYSTEM).sjoin(
            gpd.GeoDataFrame(geometry=points, crs=SYSTEM), predicate="intersects"
        )

    points_s, joined = timed(by_points, runs)
    cells_s, turned = timed(by_cells, runs)
    answers = [
        in_database,
        lowest(joined.index.to_numpy(), joined["cell"].to_numpy(), len(frame)),
        lowest(turned["index_right"].to_numpy(), turned["cell"].to_numpy(), len(frame)),
    ]
    return {
        "ours_s": ours_s,
        "sjoin_points_s": points_s,
        "sjoin_cells_s": cells_s,
        "ratio_sjoin": min(points_s, cells_s) / ours_s,
        "identical": all(np.array_equal(ours, each) for each in answers),
        "in_no_cell": int((ours < 0).sum()),
        "in_many_cells": int((joined.index.value_counts() > 1).sum()),
    }


MOVE = "UPDATE building SET geom = ST_Translate(geom, :east, :north) WHERE id = :id"
PLACING = ("place", "verify_changed", "count_changed")
WAYS = {
    "unplaced": [f"ALTER TABLE building DISABLE TRIGGER building_{name}" for name in PLACING],
    "bare": ["SET LOCAL session_replication_role = replica"],
    "statement": [],
}
AFTER = """
SELECT count(*) FROM building b LEFT JOIN status s ON s.object_id = b.id
WHERE b.id = ANY (:ids) AND ((s.town_id, s.cell_id) IS DISTINCT FROM (b.town_id, b.cell_id) OR s.id IS NULL
    OR (b.town_id, b.village_id, b.cell_id) IS DISTINCT FROM (
        (SELECT a.id FROM area_at('town', b.spot) a), (SELECT a.id FROM area_at('village', b.spot) a),
        (SELECT a.id FROM area_at('cell', b.spot) a)))
"""


def moving(county: County, rows: int) -> dict[str, object]:
    """Move buildings by up to 900 m, one by one, in turn with all triggers, without those of placing and with none."""
    random = np.random.default_rng(SEED)
    with county.reading() as connection:
        first = int(connection.execute(sa.text("SELECT min(id) FROM building")).scalar_one())
    ids, ways = first + random.choice(rows, MOVES, replace=False), random.uniform(-900, 900, (MOVES, 2))
    moves = [
        {"id": int(identity), "east": float(way[0]), "north": float(way[1])}
        for identity, way in zip(ids, ways, strict=True)
    ]
    took: dict[str, list[float]] = {name: [] for name in WAYS}
    whole = []
    engine = engine_for(county.settings, DatabaseRole.SUPERUSER, str(county.timezone))
    with engine.connect() as connection:
        for start in range(0, MOVES, BLOCK):
            for name, prelude in WAYS.items():
                took[name] += tried(connection, prelude, moves[start : start + BLOCK])
        for move in moves:
            began = time.perf_counter()
            connection.execute(sa.text(MOVE), move)
            connection.commit()
            whole.append(time.perf_counter() - began)
        wrong = connection.execute(sa.text(AFTER), {"ids": [move["id"] for move in moves]}).scalar_one()
    engine.dispose()
    found = {f"moved_{name}_ms": statistics.median(each) * 1000 for name, each in took.items()}
    found["moved_transaction_ms"] = statistics.median(whole) * 1000
    return {"moved_feature_ms": found["moved_statement_ms"] - found["moved_unplaced_ms"], **found, "moved_wrong": wrong}


def tried(connection: sa.Connection, prelude: list[str], moves: list[dict[str, Any]]) -> list[float]:
    """Give the seconds of each move after a prelude; all of it is rolled back, and the first few are not counted."""
    for statement in prelude:
        connection.exec_driver_sql(statement)
    took = []
    for move in [*moves[:WARM], *moves]:
        with connection.begin_nested() as step:
            began = time.perf_counter()
            connection.execute(sa.text(MOVE), move)
            took.append(time.perf_counter() - began)
            step.rollback()
    connection.rollback()
    return took[WARM:]


def main() -> None:
    """Make the county, place and move its buildings, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cells", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wangge-cells-") as folder:
        settings = Settings(Path(folder), database="cells")
        try:
            county = ground.founded(settings, given.rows, given.cells)
            ground.built(county, given.rows)
            with ground.unwatched(county) as connection:
                connection.exec_driver_sql("SELECT status_rebuild(array_agg(id)) FROM building")
            ground.maintained(county, LAYER, layers.one(Use.STATUS))
            say("placing")
            found: dict[str, object] = {"rows": given.rows, "cells": given.cells, **assignment(county, given.runs)}
            found["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            say("moving")
            found |= moving(county, given.rows)
            county.close()
        finally:
            server.down(settings)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
