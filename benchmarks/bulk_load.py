"""A million polygons in: our COPY against GeoDataFrame.to_postgis, and the whole load with either of them.

`python -m benchmarks.bulk_load [--rows N] [--runs N]` prints one JSON line. All of it runs in a throw-away cluster that
writes durably. `ratio_to_postgis` is the peer's time over ours to fill the same bare temporary table with the same rows
from memory, the better of to_postgis as it comes and in chunks; `ratio_whole` compares loading into an empty county
(conform, stage, judge, merge with places, history and status) with the same load in which to_postgis does the staging
and everything else is ours; `ratio_redelivery` is the first load's time over that of the same rows again, which
write nothing: `redelivery_written` counts the rows that changed in each table. Medians of the runs, both sides in turn,
after one load that is not counted, so that neither pays for files that grow for the first time.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import crs, law, layers
from gis.crs import Geometries
from gis.layer import Use
from gis.store import copying, server
from gis.store import county as counties
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, Outcome, Terms, load, staging
from gis.store.load.conform import conform
from gis.store.load.moving import to_storage
from gis.store.reading import Reading
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from gis.work import rules

SRID = 4549
SYSTEM = f"EPSG:{SRID}"
SPACING_M = 40.0
X, Y = 480_000.0, 3_180_000.0
CHUNK = 50_000
SEED = 7
LAYER = layers.one(Use.LOAD)
Fill = Callable[[sa.Connection, sa.Table, pd.DataFrame], None]


def say(told: str) -> None:
    """Tell on stderr what is being done."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {told}\n")


def squares(count: int, side_m: float) -> Geometries:
    """Give `count` by `count` squares that share the county's area."""
    column, row = np.meshgrid(np.arange(count), np.arange(count))
    west, south, step = X + column.ravel() * side_m / count, Y + row.ravel() * side_m / count, side_m / count
    return np.asarray(shapely.box(west, south, west + step, south + step), dtype=object)


def footprints(rows: int, random: np.random.Generator) -> Geometries:
    """Give star-shaped polygons of 8 to 12 vertices, one in each place of a grid."""
    corners = random.integers(8, 13, rows)
    ends = np.concatenate([[0], np.cumsum(corners + 1)])
    owner = np.repeat(np.arange(rows), corners + 1)
    corner = (np.arange(ends[-1]) - ends[owner]) % corners[owner]
    angle, reach_m = 2 * np.pi * corner / corners[owner], np.where(corner % 2, 13.0, 10.0)
    columns = int(np.ceil(np.sqrt(rows)))
    east = X + (owner % columns + 0.5) * SPACING_M + reach_m * np.cos(angle)
    north = Y + (owner // columns + 0.5) * SPACING_M + reach_m * np.sin(angle)
    made = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, np.column_stack([east, north]), (ends, np.arange(rows + 1))
    )
    return np.asarray(made, dtype=object)


def invented(rows: int) -> Reading:
    """Give a delivery of buildings with eleven columns, a tenth to a third of the optional values empty."""
    random = np.random.default_rng(SEED)
    graded = [date(2015, 1, 1) + timedelta(days=day) for day in range(3000)]

    def chosen(values: list[object], empty: float = 0.0) -> "pd.Series[Any]":
        places = random.integers(0, len(values), rows)
        return pd.Series(np.array(values, dtype=object)[places]).mask(random.random(rows) < empty, None)

    frame = pd.DataFrame(
        {
            "code": [f"B{number:07d}" for number in range(rows)],
            "name": pd.Series([f"第{number}幢" for number in range(rows)]).mask(random.random(rows) < 0.3, None),
            "address": chosen([f"解放街{number}号" for number in range(1, 1000)], 0.1),
            "use": chosen(["residential", "commercial", "industrial", "public"], 0.1),
            "grade": chosen(["A", "B", "C", "D"], 0.2),
            "graded_on": chosen([*graded], 0.2),
            "built_year": random.integers(1950, 2010, rows),
            "floors": chosen([*range(1, 30)], 0.1),
            "basement": chosen([True, False], 0.1),
            "self_built": chosen([True, False], 0.1),
            "owner_name": chosen([f"王{number}" for number in range(7000)], 0.2),
        }
    )
    return reading_of(frame, footprints(rows, random), SYSTEM)


def founded(settings: Settings, rows: int) -> County:
    """Make a county with 16 towns, 400 villages, 2,500 cells and the law."""
    side_m = int(np.ceil(np.sqrt(rows))) * SPACING_M
    outline = crs.from_storage(squares(1, side_m), crs.EXCHANGE, SRID)[0]
    founding = Founding(outline, "基准县", "990001", "Asia/Shanghai", "CN-33", srid=SRID, code_scheme="local")
    county = counties.found(settings, founding)
    rules.apply(county, law.rules())
    for use, count in ((Use.TOWN, 4), (Use.VILLAGE, 20)):
        names = [f"{use.value}{number:04d}" for number in range(count * count)]
        areas = pd.DataFrame({"code": names, "code_scheme": "local", "name": names})
        reading = reading_of(areas, squares(count, side_m), SYSTEM)
        load(county, layers.one(use), reading, Origin("areas", crs=SYSTEM), terms=Terms())
    cells = squares(50, side_m)
    codes = [f"{990001000000000 + number}" for number in range(len(cells))]
    fields = {"code": codes, "code_scheme": "local", "town_code": "town0000", "valid_from": date(2020, 1, 1)}
    table = county.schema.table(layers.one(Use.CELL))
    columns = [sa.Column(name, table.c[name].type) for name in [*fields, "geom"]]
    shapes = np.array([None, *(shapely.MultiPolygon([cell]) for cell in cells)], dtype=object)[1:]
    frame = pd.DataFrame(fields, index=range(len(codes))).assign(geom=shapes)
    with county.writing() as connection:
        given = copying.temporary(connection, "given", columns, frame)
        connection.execute(sa.insert(table).from_select([*frame.columns], sa.select(given), include_defaults=False))
    return county


def by_to_postgis(chunk: int | None) -> Fill:
    """Give what fills a table as `copying.fill` does, by GeoDataFrame.to_postgis; what has no shapes is ours."""
    plain = copying.fill

    def fill(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
        if "geom" not in rows:
            return plain(connection, table, rows)
        own = "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"
        schema = connection.execute(sa.text(own)).scalar_one()
        frame = gpd.GeoDataFrame(rows, geometry="geom", crs=SRID)
        frame.to_postgis(table.name, connection, schema=schema, if_exists="append", chunksize=chunk)
        return None

    return fill


def copies(county: County, reading: Reading, runs: int) -> dict[str, object]:
    """Fill the staging table of a delivery by our COPY and by to_postgis, in turn, and compare times and content."""
    rows = conform(LAYER, reading, Terms(), lambda shapes: to_storage(shapes, SYSTEM, SRID))
    given = rows.frame[["row_no", *rows.fields]].assign(geom=rows.geometry)
    sides: dict[str, Fill] = {
        "copy_s": copying.fill,
        "to_postgis_s": by_to_postgis(None),
        "to_postgis_chunked_s": by_to_postgis(CHUNK),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    contents = set()
    with county.engine.begin() as connection:
        table = staging.staged(connection, LAYER, rows, SRID)
        digest = sa.select(sa.func.sum(sa.func.hashtextextended(sa.cast(sa.literal_column("staging"), sa.Text()), 0)))
        for _ in range(runs):
            for name, fill in sides.items():
                connection.exec_driver_sql(f'TRUNCATE "{table.name}"')
                began = time.perf_counter()
                fill(connection, table, given)
                times[name].append(time.perf_counter() - began)
                contents.add(connection.scalar(digest.select_from(table)))
                say(f"{name} {times[name][-1]:.2f}")
    found = {name: statistics.median(each) for name, each in times.items()}
    peer = min(found["to_postgis_s"], found["to_postgis_chunked_s"])
    return {**found, "ratio_to_postgis": peer / found["copy_s"], "identical": len(contents) == 1}


@dataclass(slots=True)
class Watch:
    """When the steps of a load began."""

    began: float = field(default_factory=time.perf_counter)
    steps: list[tuple[str, float]] = field(default_factory=list)

    def step(self, name: str) -> None:
        """Note that a step begins."""
        self.steps.append((name, time.perf_counter()))

    def lasted(self) -> dict[str, float]:
        """Give the seconds of each step up to now, the first being `conform`."""
        marks = [("conform", self.began), *self.steps, ("", time.perf_counter())]
        return {name: after - at for (name, at), (_, after) in pairwise(marks)}


def loaded(county: County, reading: Reading, staged_by: AbstractContextManager[object]) -> dict[str, float]:
    """Load a delivery and give the seconds of each step; all rows must be stored."""
    with owning(county) as connection:
        connection.exec_driver_sql("CHECKPOINT")
    with staged_by:
        watch = Watch()
        origin = Origin("bulk", crs=SYSTEM)
        outcome: Outcome = load(county, LAYER, reading, origin, terms=Terms(), progress=watch.step)
        steps = watch.lasted()
    if outcome.stored != reading.delivered:
        raise AssertionError(f"expected all rows stored, got {outcome}")
    return steps


def owning(county: County) -> AbstractContextManager[sa.Connection]:
    """Open a connection as the superuser, each statement committed by itself."""
    engine = counties.engine_for(county.settings, DatabaseRole.SUPERUSER)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def emptied(county: County) -> None:
    """Take every building out, with its past and status."""
    with owning(county) as connection:
        names = ", ".join(f'"{name}"' for name in (LAYER.name, f"{LAYER.name}_past", layers.one(Use.STATUS).name))
        connection.exec_driver_sql(f"TRUNCATE {names}")


def written(county: County) -> tuple[int, dict[str, int]]:
    """Give the bytes of the log written so far, and the rows inserted, updated and deleted so far by table."""
    with owning(county) as connection:
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        at = connection.scalar(sa.text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"))
        query = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE schemaname = 'public'"
        return int(at or 0), {name: int(count) for name, count in connection.execute(sa.text(query))}


def since(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """Give the rows written between two moments, by table."""
    return {name: count - before.get(name, 0) for name, count in now.items() if count != before.get(name, 0)}


def wholes(county: County, reading: Reading, runs: int) -> dict[str, object]:
    """Load a delivery into an empty layer by our COPY, the same again, and by to_postgis with the same SQL."""
    ours, again, peers = [], [], []
    found: dict[str, object] = {}
    loaded(county, reading, nullcontext())
    for _ in range(runs):
        emptied(county)
        start = written(county)
        ours.append(loaded(county, reading, nullcontext()))
        middle = written(county)
        again.append(loaded(county, reading, nullcontext()))
        end = written(county)
        found["first_written"], found["first_wal_mib"] = since(middle[1], start[1]), (middle[0] - start[0]) / 2**20
        found["redelivery_written"] = since(end[1], middle[1])
        found["redelivery_wal_mib"] = (end[0] - middle[0]) / 2**20
        found.setdefault("peak_gib", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
        emptied(county)
        peers.append(loaded(county, reading, patch.object(copying, "fill", by_to_postgis(CHUNK))))
        told = (sum(side[-1].values()) for side in (ours, again, peers))
        say("whole {:.1f}, again {:.1f}, peer {:.1f}".format(*told))
    whole, redelivery, peer = (statistics.median(sum(run.values()) for run in side) for side in (ours, again, peers))
    steps = {
        name: {step: statistics.median(run[step] for run in side) for step in side[0]}
        for name, side in (("steps_s", ours), ("redelivery_steps_s", again), ("peer_steps_s", peers))
    }
    ratios = {"ratio_whole": peer / whole, "ratio_redelivery": whole / redelivery}
    return {"whole_s": whole, "peer_whole_s": peer, "redelivery_s": redelivery, **ratios, **steps, **found}


def main() -> None:
    """Run both comparisons in a throw-away cluster and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wangge-bulk-") as folder:
        settings = Settings(Path(folder), database="bulk")
        try:
            county = founded(settings, given.rows)
            reading = invented(given.rows)
            found: dict[str, object] = {"rows": given.rows, "runs": given.runs, "crs": SYSTEM}
            found |= wholes(county, reading, given.runs)
            emptied(county)
            found |= copies(county, reading, given.runs)
            county.close()
        finally:
            server.down(settings)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
