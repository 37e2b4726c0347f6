"""Where staged rows lie: their town, village and cell, worked out area by area, so that each area is opened once."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from gis.layer import Geometry, Layer, Use
from gis.store.copying import derived
from gis.store.schema import PLACES


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
    names: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("level", "code", "geom", "days")]
    area = sa.table("place_area", sa.column("id", sa.BigInteger()), *names)
    today = sa.select(sa.func.county_day(sa.func.recorded_now())).scalar_subquery()
    lies = area.c.geom.op("&&")(spots.c.spot) & sa.func.ST_Intersects(area.c.geom, spots.c.spot)
    query = sa.select(spots.c.row_no, area.c.id).join_from(area, spots, lies)
    query = query.where(area.c.level == sa.literal_column(f"'{use.value}'"), area.c.days.op("@>")(today))
    return query.ext(distinct_on(spots.c.row_no)).order_by(spots.c.row_no, area.c.code, area.c.id)
