"""What is stored about a delivery, fetched within bounds: its own rows of before, and what lies within reach."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.layer import Layer, Use
from gis.store.load.datum import probes
from gis.store.load.datum.evidence import REACH_M, Numbers, Places, Truth
from gis.store.load.datum.verdict import VERIFIED
from gis.store.load.merging import Merge

MOST_STORED = 60_000
"""Rows of one layer that are fetched; where more are stored about a delivery, its middle alone is examined."""
MOVED_M = 25.0
MOST_MOVED = 5_000


@dataclass(frozen=True)
class Sample:
    """Rows of a delivery that are examined: their numbers and shapes in storage metres."""

    row_no: Numbers
    shapes: Geometries

    @cached_property
    def at(self) -> Places:
        """The middle of each row, x and y."""
        return probes.middles(self.shapes, alike=False)

    def chosen(self, which: Truth) -> "Sample":
        """Give these rows alone."""
        return Sample(self.row_no[which], self.shapes[which])


@dataclass(frozen=True)
class Neighbours:
    """Stored shapes about a sample, the window they fill, and whether most of them were verified when they came."""

    shapes: Geometries
    window: Places
    verified: bool

    def within(self, at: Places) -> Truth:
        """Tell which places lie so far inside the window that a shift can be searched about them."""
        west, south, east, north = self.window
        inside = (at[:, 0] >= west) & (at[:, 0] <= east) & (at[:, 1] >= south) & (at[:, 1] <= north)
        return np.asarray(inside, dtype=np.bool_)


def own_places(connection: sa.Connection, merge: Merge, sample: Sample) -> tuple[Places, bool]:
    """Give the stored middle of each row with the same key and like size, NaN where there is none."""
    stored, table = merge.stored, merge.table
    middle = sa.func.ST_Centroid(stored.c.geom)
    log = merge.county.schema.table(layers.one(Use.DELIVERY))
    verified = sa.select(log.c.datum == VERIFIED).where(log.c.id == stored.c.delivery_id).scalar_subquery()
    size = sa.func.greatest(sa.func.ST_Area(stored.c.geom), sa.func.ST_Length(stored.c.geom))
    query = (
        sa.select(table.c.row_no, sa.func.ST_X(middle), sa.func.ST_Y(middle), size, sa.func.coalesce(verified, False))
        .join_from(table, stored, merge.same_key)
        .where(table.c.row_no == sa.func.any(sample.row_no.tolist()))
    )
    found = np.array([tuple(row) for row in connection.execute(query)], dtype=np.float64).reshape(-1, 5)
    places = np.full((len(sample.row_no), 2), np.nan)
    order = np.argsort(sample.row_no)
    at = order[np.searchsorted(sample.row_no[order], found[:, 0].astype(np.int64))]
    ratio = (probes.sizes(sample.shapes[at]) + 0.1) / (found[:, 3] + 0.1)
    alike = (ratio > 0.75) & (ratio < 1.33)
    places[at[alike]] = found[alike, 1:3]
    return places, bool(found[:, 4].mean() >= 0.5) if len(found) else False


def unmoved(connection: sa.Connection, merge: Merge) -> int:
    """Give how many staged rows fill the box of the stored row with their key, which was verified when it came.

    Boxes are compared as PostGIS keeps them, to a quarter of a metre.
    """
    log = merge.county.schema.table(layers.one(Use.DELIVERY))
    query = (
        sa.select(sa.func.count())
        .select_from(merge.table)
        .join(merge.stored, merge.same_key)
        .join(log, log.c.id == merge.stored.c.delivery_id)
        .where(log.c.datum == VERIFIED, _same_box(merge))
    )
    return int(connection.execute(query).scalar_one())


def _same_box(merge: Merge) -> sa.ColumnElement[bool]:
    return merge.table.c.geom.bool_op("~=")(merge.stored.c.geom)


def moved(connection: sa.Connection, merge: Merge) -> Numbers:
    """Give the numbers of staged rows that lie elsewhere than the stored row with their key, at most MOST_MOVED."""
    new, old = merge.table.c.geom, merge.stored.c.geom
    east = sa.func.abs(sa.func.ST_XMin(new) - sa.func.ST_XMin(old))
    north = sa.func.abs(sa.func.ST_YMin(new) - sa.func.ST_YMin(old))
    query = (
        sa.select(merge.table.c.row_no)
        .join_from(merge.table, merge.stored, merge.same_key)
        .where(~_same_box(merge), (east > MOVED_M) | (north > MOVED_M))
        .limit(MOST_MOVED)
    )
    return np.array(connection.scalars(query).all(), dtype=np.int64)


def neighbours(connection: sa.Connection, merge: Merge, layer: Layer, sample: Sample) -> Neighbours | None:
    """Give the stored shapes of a layer within reach of a sample, or of its middle; None where there are none."""
    table = merge.county.schema.table(layer)
    bounds = shapely.total_bounds(sample.shapes)
    middle = np.median(sample.at, axis=0)
    for _ in range(12):
        reach = (*(bounds[:2] - REACH_M).tolist(), *(bounds[2:] + REACH_M).tolist())
        inside = table.c.geom.op("&&")(sa.func.ST_MakeEnvelope(*reach, merge.county.srid))
        few = sa.select(sa.literal(1)).select_from(table).where(inside).limit(MOST_STORED + 1).subquery()
        count = int(connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one())
        if count <= MOST_STORED:
            break
        bounds = (bounds + np.concatenate([middle, middle])) / 2
    if not 0 < count <= MOST_STORED:
        return None
    verified: sa.ColumnElement[bool] = sa.literal(True)
    if "delivery_id" in table.c:
        log = merge.county.schema.table(layers.one(Use.DELIVERY))
        told = sa.select(log.c.datum == VERIFIED).where(log.c.id == table.c.delivery_id).scalar_subquery()
        verified = sa.func.coalesce(told, sa.literal(False))
    rows = connection.execute(sa.select(sa.func.ST_AsBinary(table.c.geom), verified).where(inside)).all()
    found = np.asarray(shapely.from_wkb([bytes(row[0]) for row in rows]), dtype=object)
    return Neighbours(found, bounds, sum(bool(row[1]) for row in rows) * 2 >= len(rows))
