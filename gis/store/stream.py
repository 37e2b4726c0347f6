"""Stored rows in chunks, by a cursor of the server: a million of them take the memory of one chunk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Layer, Role, Use
from gis.store.county import County
from gis.store.versions import known

CHUNK = 5_000
SHAPE = "shape"
INVENTED = "invented"
OBJECT_KEY = "object_key"
OBJECT_ID = "object_id"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of a layer are asked for: all, those of a town (its internal id), and as they were known on a day.

    Objects are named by their keys only where `roles` may read their layer.
    """

    layer: Layer
    town_id: int | None = None
    as_of: date | None = None
    roles: frozenset[Role] = frozenset()


class Extent(NamedTuple):
    """How many rows there are, how many of them hold invented values, and the vertices of their largest shape."""

    rows: int
    invented: int
    most_points: int


@contextmanager
def snapshot(county: County) -> Iterator[sa.Connection]:
    """Open a connection that changes nothing and whose statements all see the county at one instant."""
    with county.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        yield connection


def extent(connection: sa.Connection, county: County, asked: Asked) -> Extent:
    """Give how much is asked for."""
    rows = _rows(connection, county, asked)
    invented = rows.c[INVENTED] != sa.literal([], rows.c[INVENTED].type) if INVENTED in rows.c else sa.false()
    most = sa.func.max(sa.func.ST_NPoints(rows.c.geom)) if asked.layer.geometry is not None else sa.literal(0)
    counted = sa.select(sa.func.count(), sa.func.count().filter(invented), sa.func.coalesce(most, 0))
    return Extent(*connection.execute(counted.select_from(rows).where(*_where(connection, county, asked, rows))).one())


def chunks(connection: sa.Connection, county: County, asked: Asked) -> Iterator[Sequence[Any]]:
    """Give the rows in order of their key, each the fields in order, `invented`, `object_key` and `shape` as WKB.

    The last three only where the layer has them: lists of names, the key of the object that a row is about, its shape.
    """
    rows = _rows(connection, county, asked)
    columns: list[sa.ColumnElement[Any]] = [rows.c[field.name] for field in asked.layer.fields]
    columns += [rows.c[INVENTED]] if INVENTED in rows.c else []
    if asked.layer.about_object:
        columns.append(_object_key(county, asked.roles, rows).label(OBJECT_KEY))
    if asked.layer.geometry is not None:
        columns.append(sa.func.ST_AsBinary(rows.c.geom).label(SHAPE))
    query = sa.select(*columns).where(*_where(connection, county, asked, rows))
    ordered = query.order_by(rows.c[asked.layer.key], rows.c.id)
    with connection.execution_options(yield_per=CHUNK).execute(ordered) as result:
        yield from result.partitions()


def _rows(connection: sa.Connection, county: County, asked: Asked) -> sa.FromClause:
    del connection
    if asked.as_of is None:
        return county.schema.table(asked.layer)
    if not asked.layer.historic:
        raise Refused(f"{asked.layer.title}没有历史 · {asked.layer.name} keeps no past: leave --as-of out")
    return known(county.schema, asked.layer, county.day_end(asked.as_of))


def columns(layer: Layer, county: County) -> tuple[str, ...]:
    """Give the names of what `chunks` gives of a row, in order."""
    found = [field.name for field in layer.fields]
    found += [INVENTED] if INVENTED in county.schema.table(layer).c else []
    found += [OBJECT_KEY] if layer.about_object else []
    return (*found, *([SHAPE] if layer.geometry is not None else []))


def _object_key(county: County, roles: frozenset[Role], rows: sa.FromClause) -> sa.ColumnElement[Any]:
    """Give the key of the object that a row is about, where the roles may read it: its key now, else its last."""
    found = []
    for layer in layers.every():
        if layer.historic and layer.visible(roles).readable:
            now, past = county.schema.table(layer).alias(), county.schema.past(layer).alias()
            last = sa.select(sa.cast(past.c[layer.key], sa.Text())).where(past.c.id == rows.c.object_id)
            here = sa.select(sa.cast(now.c[layer.key], sa.Text())).where(now.c.id == rows.c.object_id)
            ended = last.order_by(past.c.recorded_until.desc()).limit(1)
            key = sa.func.coalesce(here.scalar_subquery(), ended.scalar_subquery())
            found.append((rows.c.layer == layer.name, key))
    return sa.case(*found, else_=sa.null()) if found else sa.null()


def _where(
    connection: sa.Connection, county: County, asked: Asked, rows: sa.FromClause
) -> list[sa.ColumnElement[bool]]:
    """Give the condition of the town: rows that lie in it, or whose shape touches it where rows lie in no town."""
    if asked.town_id is None:
        return []
    if "town_id" in rows.c:
        return [rows.c.town_id == asked.town_id]
    if asked.layer.geometry is None:
        raise Refused(f"{asked.layer.title}不按镇街归属 · {asked.layer.name}: rows lie in no town: leave --town out")
    town = county.schema.table(layers.one(Use.TOWN))
    area = connection.execute(sa.select(town.c.geom).where(town.c.id == asked.town_id)).scalar_one()
    here = sa.literal(area, town.c.geom.type)
    return [rows.c.geom.op("&&")(here), sa.func.ST_Intersects(rows.c.geom, here)]
