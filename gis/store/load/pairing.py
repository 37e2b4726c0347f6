"""Rows without a key paired with the stored rows that they are, by how far their areas overlap.

The overlap of two areas is that of their intersection to that of their union (Jaccard 1912, "intersection over union").
Two areas are one where it is at least one half: among areas that do not overlap each other an area then has at most one
partner, but for two exact halves. A row is ambiguous, and rejected with the keys it may have, where

- it covers, or is covered by, at least half of the smaller one of it and several stored areas (houses were joined),
- several rows without a key do so with one stored area (a house was split), or
- it overlaps by half a stored area that another row of the delivery names by its key.

Only areas are paired. A point overlaps nothing, and how far a line runs along another depends on a tolerance that
nobody has given us: both are refused rather than guessed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from gis.errors import Refused
from gis.layer import Geometry, Kind, Layer
from gis.store.copying import derived
from gis.store.formats.delivered import Fault
from gis.store.load.merging import Merge
from gis.store.load.outcome import AMBIGUOUS

HALF = 0.5
SHAPE_KEY = "shape/"
EXPECTED = "one stored row that it overlaps by half"


def refuse_unpaired(layer: Layer, *, located: bool) -> None:
    """Refuse to pair rows of a layer that has no areas, or of a delivery without shapes."""
    if layer.geometry is not Geometry.POLYGON:
        raise Refused(
            f"{layer.title}不是面，不能按重叠配对，请给出编号 · {layer.name}: only areas are paired by overlap, "
            "so its rows need a key"
        )
    if not located:
        raise Refused(f"交付没有图形，不能按重叠配对 · {layer.name}: rows without shapes cannot be paired by overlap")


class Paired(NamedTuple):
    """How many rows took the key of a stored row, the faults of ambiguous ones, and the keys that those may have."""

    matched: int = 0
    faults: Sequence[Fault] = ()
    candidates: frozenset[object] = frozenset()


def pair(connection: sa.Connection, merge: Merge) -> Paired:
    """Give staged rows without a key that of the stored row that they overlap by half.

    A key that was made from a row's shape counts as none until it is stored.
    """
    overlaps = _overlaps(connection, merge)
    count = sa.func.count()
    rows = count.over(partition_by=overlaps.c.row_no).label("row_times")
    keys = count.over(partition_by=overlaps.c.key).label("key_times")
    told = sa.select(overlaps, rows, keys).subquery()
    ambiguous = (told.c.row_times > 1) | (told.c.key_times > 1) | (told.c.claimed & (told.c.share >= HALF))
    table, key = merge.table, merge.layer.key
    sure = sa.select(told.c.row_no, told.c.key).where(~ambiguous, told.c.share >= HALF).subquery()
    done = connection.execute(sa.update(table).values({key: sure.c.key}).where(table.c.row_no == sure.c.row_no))
    doubtful = sa.select(told.c.row_no).where(ambiguous)
    found = sa.select(told).where(told.c.row_no.in_(doubtful)).order_by(told.c.row_no, told.c.share.desc(), told.c.key)
    rows_found = connection.execute(found).all()
    return Paired(done.rowcount, _faults(merge.layer, rows_found), frozenset(row.key for row in rows_found))


def _overlaps(connection: sa.Connection, merge: Merge) -> sa.Table:
    """Give every pair of a staged row without a key and a stored row of which one covers half of the smaller."""
    table, stored, key = merge.table, merge.stored, merge.layer.field(merge.layer.key)
    keyless: sa.ColumnElement[bool] = table.c[key.name].is_(None)
    if merge.layer.keyed_by_geometry and key.kind is Kind.TEXT:
        known = stored.alias("known")
        made = table.c[key.name].startswith(SHAPE_KEY)
        keyless |= made & ~sa.exists().where(known.c[key.name] == table.c[key.name])
    own, other = sa.func.ST_Area(table.c.geom), sa.func.ST_Area(stored.c.geom)
    common = sa.func.ST_Area(sa.func.ST_Intersection(table.c.geom, stored.c.geom))
    named = table.alias("named")
    touching = (
        sa.select(
            table.c.row_no,
            stored.c[key.name].label("key"),
            own.label("own"),
            other.label("other"),
            common.label("common"),
            sa.exists().where(named.c[key.name] == stored.c[key.name]).label("claimed"),
        )
        .join_from(table, stored, table.c.geom.op("&&")(stored.c.geom))
        .where(keyless, sa.func.ST_IsValid(table.c.geom), sa.func.ST_Intersects(table.c.geom, stored.c.geom))
        .subquery()
    )
    share = touching.c.common / (touching.c.own + touching.c.other - touching.c.common)
    covering = touching.c.common >= HALF * sa.func.least(touching.c.own, touching.c.other)
    shared: sa.ColumnElement[float] = sa.type_coerce(share, sa.Double()).label("share")
    found = sa.select(touching.c.row_no, touching.c.key, shared, touching.c.claimed).where(covering)
    return derived(connection, "overlapping", found)


def _faults(layer: Layer, rows: Sequence[sa.Row[tuple[object, ...]]]) -> list[Fault]:
    """Give one fault per ambiguous row, with the keys it may have and how far it overlaps them."""
    told: dict[int, list[str]] = {}
    for row in rows:
        told.setdefault(row.row_no, []).append(f"{row.key} {row.share:.2f}")
    return [Fault(number, layer.key, AMBIGUOUS, EXPECTED, ", ".join(each)) for number, each in told.items()]
