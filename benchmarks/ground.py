"""An invented county of very many buildings, put in by the database itself, for benchmarks that ask and do not load.

Towns, villages and cells are squares whose shared borders are bent alike, as borders in valleys are. Buildings stand
one to a plot, eight- to twelve-cornered, keyed row by row from south to north; a sixteenth of them stand with their
spot on a border or a corner of cells, where only the rule of the lowest code decides. Where each lies is asked of the
product's own `area_at`. Triggers are off while rows are put in; what they keep is rebuilt by the product's functions.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import crs, law, layers
from gis.crs import Geometries
from gis.layer import Layer, Use
from gis.store import copying
from gis.store import county as counties
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, Terms, load
from gis.store.schema import quoted
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from gis.work import rules

SRID = 4549
SYSTEM = f"EPSG:{SRID}"
X, Y = 480_000.0, 3_180_000.0
PLOT_M = 32.0
TOWNS = (7, 2)
VILLAGES = (28, 16)
BENDS = 16
LAYER = layers.one(Use.LOAD)

BUILDINGS = """
INSERT INTO building (code, grade, floors, geom, town_id, village_id, cell_id)
SELECT 'B' || lpad(n::text, 9, '0'),
       CASE WHEN h.hash % 250 = 0 THEN 'D' WHEN h.hash % 50 = 1 THEN 'C' WHEN h.hash % 4 = 2 THEN 'B'
            WHEN h.hash % 8 <> 5 THEN 'A' END,
       1 + h.hash % 7, shape.geom, (SELECT a.id FROM area_at('town', spot.geom) a),
       (SELECT a.id FROM area_at('village', spot.geom) a), (SELECT a.id FROM area_at('cell', spot.geom) a)
FROM (SELECT CAST(:columns AS bigint) AS columns, CAST(:borders AS bigint) AS borders, CAST(:plot_m AS float) AS plot_m,
             CAST(:x AS float) AS x, CAST(:y AS float) AS y) g
CROSS JOIN generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n
CROSS JOIN LATERAL (SELECT hashint8(n)::bigint & 65535 AS hash, g.x + (n % g.columns + 0.5) * g.plot_m AS east,
                           g.y + (n / g.columns + 0.5) * g.plot_m AS north) h
LEFT JOIN border b ON b.number = CASE WHEN n % 16 = 0 THEN 1 + (n / 16) % g.borders END
CROSS JOIN LATERAL (SELECT coalesce(b.geom, ST_SetSRID(ST_MakePoint(h.east, h.north), :srid)) AS geom) middle
CROSS JOIN LATERAL (
    SELECT ST_Multi(CASE WHEN b.number IS NOT NULL THEN ST_Expand(middle.geom, 4 + h.hash % 5)
                    ELSE ST_Buffer(middle.geom, 4 + h.hash % 5, 'quad_segs=' || 2 + h.hash % 2) END) AS geom) shape
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(shape.geom) AS geom) spot
"""
BORDERS = """
CREATE TEMPORARY TABLE border AS
SELECT row_number() OVER (ORDER BY d.geom) AS number, d.geom
FROM (SELECT DISTINCT (ST_DumpPoints(geom)).geom FROM grid_cell) d
"""


def say(told: str) -> None:
    """Tell on stderr what is being done."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {told}\n")


def areas(columns: int, rows: int, side_m: float) -> Geometries:
    """Give squares by row that share the county's area, their common borders bent alike, coordinates in millimetres."""
    column, row = (each.ravel() for each in np.meshgrid(np.arange(columns), np.arange(rows)))
    wide, high = side_m / columns, side_m / rows
    straight = shapely.box(column * wide, row * high, (column + 1) * wide, (row + 1) * high)
    fine = shapely.segmentize(straight, max(min(wide, high) / BENDS, 1.0))
    bent = _bent(np.round(shapely.get_coordinates(fine), 3), side_m)
    return np.asarray(shapely.set_coordinates(fine, np.round(bent, 3)), dtype=np.object_)


def _bent(at: npt.NDArray[np.float64], side_m: float) -> npt.NDArray[np.float64]:
    """Move places by up to 30 m, the county's edge staying where it is; the map is one to one, so nothing overlaps."""
    inside = np.prod(np.sin(np.pi * np.clip(at / side_m, 0, 1)), axis=1) ** 0.25
    east = X + at[:, 0] + 30 * inside * np.sin(at[:, 1] / 170)
    north = Y + at[:, 1] + 30 * inside * np.sin(at[:, 0] / 210)
    return np.column_stack([east, north])


def founded(settings: Settings, objects: int, cells: int) -> County:
    """Make a county with room for so many buildings: 14 towns, 448 villages, about so many cells, and the law."""
    side_m = side(objects)
    outline = crs.from_storage(np.array([shapely.box(X, Y, X + side_m, Y + side_m)]), crs.EXCHANGE, SRID)[0]
    founding = Founding(outline, "基准县", "990001", "Asia/Shanghai", "CN-33", srid=SRID, code_scheme="local")
    county = counties.found(settings, founding)
    rules.apply(county, law.rules())
    for use, shape in ((Use.TOWN, TOWNS), (Use.VILLAGE, VILLAGES)):
        names = [f"{use.value}{number:04d}" for number in range(shape[0] * shape[1])]
        frame = pd.DataFrame({"code": names, "code_scheme": "local", "name": names})
        reading = reading_of(frame, areas(*shape, side_m), SYSTEM)
        load(county, layers.one(use), reading, Origin("areas", crs=SYSTEM), terms=Terms())
    _cells(county, cells, side_m)
    return county


def side(objects: int) -> float:
    """Give the side in metres of the square county in which so many plots have room."""
    return int(np.ceil(np.sqrt(objects))) * PLOT_M


def _cells(county: County, count: int, side_m: float) -> None:
    columns = int(np.ceil(np.sqrt(count)))
    shapes = areas(columns, -(-count // columns), side_m)[:count]
    frame = pd.DataFrame({"code": [f"{990001000000000 + number}" for number in range(count)]})
    frame = frame.assign(code_scheme="local", town_code="town0000", valid_from=date(2020, 1, 1))
    table = county.schema.table(layers.one(Use.CELL))
    frame["geom"] = shapely.multipolygons([[each] for each in shapes])
    columns_in = [sa.Column(str(name), table.c[str(name)].type) for name in frame.columns]
    with county.writing() as connection:
        given = copying.temporary(connection, "given", columns_in, frame)
        connection.execute(sa.insert(table).from_select([*frame.columns], sa.select(given), include_defaults=False))


def built(county: County, objects: int) -> None:
    """Put so many buildings into the county, each where it lies; checks, status and past stay empty."""
    fixed = {"x": X, "y": Y, "plot_m": PLOT_M, "srid": SRID, "columns": int(np.ceil(np.sqrt(objects)))}
    step = 250_000
    with unwatched(county) as connection, unindexed(connection, LAYER.name):
        connection.execute(sa.text(BORDERS))
        fixed["borders"] = connection.scalar(sa.text("SELECT count(*) FROM border"))
        connection.exec_driver_sql("CREATE UNIQUE INDEX ON border (number)")
        connection.exec_driver_sql("ANALYZE border")
        for first in range(0, objects, step):
            span = {"first": first, "last": min(first + step, objects) - 1}
            connection.execute(sa.text(BUILDINGS), fixed | span)
            say(f"{span['last'] + 1} buildings")


@contextmanager
def unwatched(county: County) -> Iterator[sa.Connection]:
    """Open a connection of the superuser on which no trigger fires; each statement is committed by itself."""
    engine = counties.engine_for(county.settings, DatabaseRole.SUPERUSER, str(county.timezone))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
    engine.dispose()


@contextmanager
def unindexed(connection: sa.Connection, table: str) -> Iterator[None]:
    """Take away the indexes of a table that hold no constraint, and make them again at the end."""
    query = """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
               WHERE i.indrelid = CAST(:table AS regclass) AND NOT EXISTS
                     (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
    found = connection.execute(sa.text(query), {"table": quoted(table)}).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, definition in found:
        connection.exec_driver_sql(definition)


def maintained(county: County, *tables: Layer) -> None:
    """Run VACUUM ANALYZE on these layers' tables."""
    with unwatched(county) as connection:
        for layer in tables:
            connection.exec_driver_sql(f"VACUUM ANALYZE {quoted(layer.name)}")
