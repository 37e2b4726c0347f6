"""Rows and shapes for tests: small, good, with one thing changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.layer import Geometry, Layer, Use
from gis.store import county as counties
from gis.store import server
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Origin, Outcome, load
from gis.store.load.conform import Terms
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from tests.conftest import SRID, X, Y


def square(east_m: float, north_m: float, side_m: float = 10.0) -> BaseGeometry:
    """Give a square whose south-west corner lies so far from the county's."""
    return shapely.box(X + east_m, Y + north_m, X + east_m + side_m, Y + north_m + side_m)


def point(east_m: float, north_m: float) -> BaseGeometry:
    """Give a point so far from the county's south-west corner."""
    return shapely.Point(X + east_m, Y + north_m)


def line(*places: tuple[float, float]) -> BaseGeometry:
    """Give a line through places so far from the county's south-west corner."""
    return shapely.LineString([(X + east_m, Y + north_m) for east_m, north_m in places])


def multi(*parts: BaseGeometry) -> BaseGeometry:
    """Give polygons, or lines, as one shape of several parts."""
    gather = shapely.multipolygons if parts[0].geom_type == "Polygon" else shapely.multilinestrings
    whole = np.asarray(gather(np.array(parts, dtype=object)), dtype=object).item()
    assert isinstance(whole, BaseGeometry)
    return whole


def stored(
    county: County, layer: str, rows: Sequence[Mapping[str, object]], shapes: Sequence[BaseGeometry] | None = None
) -> Outcome:
    """Load rows into a layer of the county as one delivery in storage metres."""
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    reading = reading_of(pd.DataFrame([dict(row) for row in rows]), geometry, f"EPSG:{SRID}")
    return load(county, layers.named(layer), reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=Terms())


def instant(text: str) -> datetime:
    """Give an instant of ISO text, UTC where it names no zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@contextmanager
def cloned(template: Settings, database: str) -> Iterator[County]:
    """Give a fresh clone of the template county as a database of its own, opened as the app, and remove it after."""
    own = replace(template, database=database)
    server.create_database(own, database, template=template.database)
    found = counties.opened(own, compare=False)
    try:
        yield found
    finally:
        found.close()
        server.drop_database(own, database)


def shape_of(layer: Layer) -> BaseGeometry:
    """Give a shape that a row of the layer may have, as it is stored; empty for a register."""
    shapes: dict[Geometry | None, BaseGeometry] = {
        Geometry.POINT: point(50, 50),
        Geometry.LINE: shapely.MultiLineString([[(X, Y), (X + 100, Y)]]),
        Geometry.POLYGON: shapely.MultiPolygon([shapely.box(X, Y, X + 10, Y + 10)]),
        None: shapely.GeometryCollection(),
    }
    return shapes[layer.geometry]


def inserted(connection: sa.Connection, county: County, layer: Layer, row: Mapping[str, object]) -> int:
    """Insert the layer's example with `row` in its place where it says so, and what it refers to; give the new id."""
    values = {**layer.example(), **row}
    for each in layer.fields:
        if each.refers and values.get(each.name) is not None:
            _stand(connection, county, layers.named(each.refers), values[each.name])
    if Use.CHECK in layer.uses and None not in {values["layer"], values["object_id"]}:
        _stand(connection, county, layers.named(str(values["layer"])), values["object_id"])
    if layer.geometry is not None:
        values.setdefault("geom", from_shape(shape_of(layer), county.srid))
    table = county.schema.table(layer)
    return int(connection.execute(table.insert().values(values).returning(table.c.id)).scalar_one())


def _stand(connection: sa.Connection, county: County, layer: Layer, identity: object) -> None:
    table = county.schema.table(layer)
    if connection.execute(sa.select(table.c.id).where(table.c.id == identity)).first() is None:
        inserted(connection, county, layer, {"id": identity})


@contextmanager
def undone(county: County, role: DatabaseRole = DatabaseRole.OWNER) -> Iterator[sa.Connection]:
    """Open a transaction in which a role acts and that is rolled back at the end; SET LOCAL ROLE gives another."""
    engine = counties.engine_for(county.settings, DatabaseRole.SUPERUSER, str(county.timezone))
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {role.value}")
        yield connection
        connection.rollback()
    engine.dispose()


def swept(county: County, *names: str) -> County:
    """Empty the county of what was delivered and recorded, of these layers and their past; its county row stays."""
    owner = counties.engine_for(county.settings, DatabaseRole.SUPERUSER)
    pasts = [f"{name}_past" for name in names if name in county.schema.pasts]
    with owner.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger keeps a past of this
        for name in (*names, *pasts, "delivery", "status", "check", "run"):
            connection.exec_driver_sql(f'DELETE FROM "{name}"')
    owner.dispose()
    return county
