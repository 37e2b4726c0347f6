"""Where staged rows lie: their town, village and cell, worked out area by area, so that each area is opened once.

Of many rows most lie in one area alone with all of their shape; that is seen here, without asking the database where
their spots are. The others, and those of a small delivery, are asked by their spots.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from gis.crs import Geometries
from gis.layer import Geometry, Layer, Use
from gis.store.copying import derived, temporary
from gis.store.schema import PLACES

MANY = 20_000
"""From so many rows on it is quicker to fetch all areas than to ask for each row."""


Shapes = tuple[npt.NDArray[np.int64], Geometries]
"""Numbers of staged rows and their shapes in storage metres, None where a row has none."""


class Whole(NamedTuple):
    """Of shapes those, by place, that lie in one area alone or in none on every level, and the ids of their areas."""

    at: npt.NDArray[np.intp]
    places: pd.DataFrame


def places_of(connection: sa.Connection, layer: Layer, rows: sa.FromClause, shapes: Shapes | None) -> sa.Table:
    """Give a temporary table with the town, village and cell of rows: what their spot intersects, the lowest code.

    `rows` has `row_no` and `geom`; `shapes` are the numbers and shapes that were staged, None where nobody has them.
    """
    columns = [sa.Column("row_no", sa.BigInteger()), *(sa.Column(name, sa.BigInteger()) for name in PLACES)]
    known = pd.DataFrame(columns=[column.name for column in columns])
    if shapes is not None and len(shapes[0]) >= MANY:
        found = whole(shapes[1], _areas(connection))
        known = found.places.assign(row_no=shapes[0][found.at])
    lying = temporary(connection, "lying", columns, known[[column.name for column in columns]], joined=("row_no",))
    told = sa.exists().where(lying.c.row_no == rows.c.row_no)
    others = placed(connection, layer, sa.select(rows.c.row_no, rows.c.geom).where(~told).subquery())
    connection.execute(
        sa.insert(lying).from_select(
            [column.name for column in columns], sa.select(*(others.c[each.name] for each in columns))
        )
    )
    return lying


def _areas(connection: sa.Connection) -> list[tuple[npt.NDArray[np.int64], Geometries]]:
    """Give the ids and shapes of the areas of each level that count today, in the order of PLACES."""
    found = []
    for use in PLACES.values():
        area = _area()
        query = sa.select(area.c.id, sa.func.ST_AsBinary(area.c.geom)).where(*_counting(area, use)).order_by(area.c.id)
        rows = connection.execute(query).all()
        wkb = np.array([None, *(bytes(row[1]) for row in rows)], dtype=object)[1:]
        found.append(
            (np.array([row[0] for row in rows], dtype=np.int64), np.asarray(shapely.from_wkb(wkb), dtype=object))
        )
    return found


def whole(shapes: Geometries, areas: Sequence[tuple[npt.NDArray[np.int64], Geometries]]) -> Whole:
    """Give the shapes that lie properly within an area and meet no other, or are near to none, on every level.

    `areas` has per column of PLACES the ids and shapes. Wherever the spot of such a shape is, it lies there too.
    """
    tree = shapely.STRtree(shapes)
    sure = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    columns = {}
    for name, (ids, geometry) in zip(PLACES, areas, strict=True):
        shapely.prepare(geometry)
        near_area, near = tree.query(geometry)
        area, shape = tree.query(geometry, predicate="contains_properly")
        inside = np.full(len(shapes), -1, dtype=np.int64)
        inside[shape] = area
        other = (inside[near] >= 0) & (inside[near] != near_area)
        meets = shapely.intersects(geometry[near_area[other]], shapes[near[other]])
        inside[near[other][meets]] = -1
        sure &= (np.bincount(near, minlength=len(shapes)) == 0) | (inside >= 0)
        columns[name] = pd.array(ids[inside] if len(ids) else inside, dtype="Int64")
        columns[name][inside < 0] = pd.NA
    at = np.flatnonzero(sure)
    return Whole(at, pd.DataFrame(columns).iloc[at].reset_index(drop=True))


def placed(connection: sa.Connection, layer: Layer, rows: sa.FromClause) -> sa.Subquery:
    """Give the town, village and cell of each row: what its spot intersects, the lowest code.

    Reads `row_no` and `geom` of the rows, and gives `row_no` with the ids of its places, empty where it lies in none,
    joined from temporary tables.
    """
    point = rows.c.geom if layer.geometry is Geometry.POINT else sa.func.ST_PointOnSurface(rows.c.geom)
    spots = derived(connection, "spots", sa.select(rows.c.row_no, point.label("spot")), index="spot")
    columns: list[sa.ColumnElement[Any]] = [spots.c.row_no]
    found: sa.FromClause = spots
    for column, use in PLACES.items():
        inside = derived(connection, f"in_{use.value}", _inside(use, spots)).alias(column)
        columns.append(inside.c.id.label(column))
        found = found.outerjoin(inside, inside.c.row_no == spots.c.row_no)
    return sa.select(*columns).select_from(found).subquery("placed")


def _inside(use: Use, spots: sa.Table) -> sa.Select[*tuple[Any, ...]]:
    """Give per spot that lies in an area of this use the id of the one with the lowest key, as `area_at` does."""
    area = _area()
    lies = area.c.geom.op("&&")(spots.c.spot) & sa.func.ST_Intersects(area.c.geom, spots.c.spot)
    query = sa.select(spots.c.row_no, area.c.id).join_from(area, spots, lies).where(*_counting(area, use))
    return query.ext(distinct_on(spots.c.row_no)).order_by(spots.c.row_no, area.c.code, area.c.id)


def _area() -> sa.TableClause:
    names: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("level", "code", "geom", "days")]
    return sa.table("place_area", sa.column("id", sa.BigInteger()), *names)


def _counting(area: sa.TableClause, use: Use) -> list[sa.ColumnElement[bool]]:
    """Tell whether an area is one of this use and counts today."""
    today = sa.select(sa.func.county_day(sa.func.recorded_now())).scalar_subquery()
    return [area.c.level == sa.literal_column(f"'{use.value}'"), area.c.days.op("@>")(today)]
