"""Rows on their way in: a temporary table like the layer's, filled by COPY and judged by the layer's constraints."""

from collections.abc import Iterable, Iterator
from typing import Any

import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry as Shape

from gis.crs import Geometries
from gis.layer import Layer
from gis.store.copying import temporary
from gis.store.formats.delivered import Fault, shown
from gis.store.load.conform import Conformed
from gis.store.schema import TYPES, constraints

STAGING = "staging"
CHUNK = 20_000


def staged(connection: sa.Connection, layer: Layer, rows: Conformed, srid: int) -> sa.Table:
    """Fill the temporary table `staging` with the rows of a delivery and give it; it ends with the transaction.

    It has `row_no`, every field of the layer, the geometry where the layer has one, and for a log `recorded_at`.
    """
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger(), primary_key=True)]
    columns += [sa.Column(field.name, TYPES[field.kind]) for field in layer.fields]
    if layer.geometry is not None:
        columns.append(sa.Column("geom", Shape(layer.geometry.value.upper(), srid=srid, spatial_index=False)))
    if layer.log:
        columns.append(sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()")))
    names = ["row_no", *rows.fields]
    lists = [rows.frame[name].tolist() for name in names]
    if rows.geometry is not None:
        names.append("geom")
        lists.append(_wkb(rows.geometry, srid))
    return temporary(connection, STAGING, columns, zip(*lists, strict=True), copied=names)


def _wkb(geometry: Geometries, srid: int) -> list[str | None]:
    return list(shapely.to_wkb(shapely.set_srid(geometry, srid), hex=True, include_srid=True))


def complete(connection: sa.Connection, layer: Layer, table: sa.Table, rows: Conformed, stored: sa.Table) -> None:
    """Fill what a delivery leaves out from the stored rows with the same keys, so that whole rows are judged.

    Only what is required or stands in a constraint of the layer is filled; it is not written back.
    """
    judged = " ".join(each.check for each in layer.constraints)
    missing = [field.name for field in layer.fields if field.required or field.name in judged]
    missing += ["geom"] if layer.geometry is not None and rows.geometry is None else []
    values = {name: stored.c[name] for name in missing if name not in rows.fields}
    if values:
        same_key = stored.c[layer.key] == table.c[layer.key]
        connection.execute(sa.update(table).values(values).where(same_key))


def judged(connection: sa.Connection, layer: Layer, table: sa.Table) -> list[Fault]:
    """Give every constraint that a staged row breaks: what is required, each CHECK, and keys that come twice."""
    wanted = {field.name: "a value" for field in layer.fields if field.required}
    if layer.geometry is not None:
        wanted["geom"] = f"a {layer.geometry.value}, or the {layer.key} of a stored row"
    faults = []
    for name, expected in wanted.items():
        empty = sa.select(table.c.row_no).where(table.c[name].is_(None)).order_by(table.c.row_no)
        faults += [Fault(row, name, "required", expected, "null") for row in connection.scalars(empty).all()]
    faults += broken(connection, layer, table)
    faults += _doubled(connection, layer, table)
    return faults


def broken(connection: sa.Connection, layer: Layer, table: sa.Table) -> Iterator[Fault]:
    """Give every CHECK that a staged row breaks; the table has `row_no` and every column that the constraints name."""
    names = {field.name for field in layer.fields}
    for constraint in constraints(layer):
        good = sa.literal_column(f"({constraint.check})", sa.Boolean())
        own = constraint.name.rpartition("_")[0]
        field = own if own in names else "geom" if "geom" in constraint.check else ""
        value = table.c[field] if field in names else _told(table, constraint.check)
        bad = sa.select(table.c.row_no, value.label("actual")).where(sa.not_(good)).order_by(table.c.row_no)
        for row, actual in connection.execute(bad):
            yield Fault(row, field or constraint.name, constraint.name, constraint.reason, shown(actual))


def _told(table: sa.Table, check: str) -> sa.ColumnElement[Any]:
    """Give what a constraint looked at, as text: the columns it names, or why the geometry is not valid."""
    if "geom" in check:
        return sa.func.concat(
            sa.func.ST_IsValidReason(table.c.geom),
            ", ",
            sa.func.round(sa.cast(sa.func.ST_Area(table.c.geom), sa.Numeric), 2),
            " m²",
        )
    parts: list[Any] = []
    for column in table.columns:
        if column.name in check and column.name != "row_no":
            parts += [f"{column.name}=", sa.func.coalesce(sa.cast(column, sa.Text()), "null"), " "]
    return sa.func.concat(*parts)


def _doubled(connection: sa.Connection, layer: Layer, table: sa.Table) -> list[Fault]:
    """Name the rows whose key another row has: all of them where the rows differ, all but the first where not."""
    key = table.c[layer.key]
    content = [column for column in table.columns if column.name != "row_no"]
    text = sa.func.md5(sa.cast(sa.func.row(*content), sa.Text()))
    grouped = (
        sa.select(
            table.c.row_no,
            key.label("key"),
            sa.func.min(table.c.row_no).over(partition_by=key).label("first"),
            sa.func.count().over(partition_by=key).label("times"),
            sa.func.min(text).over(partition_by=key).label("least"),
            sa.func.max(text).over(partition_by=key).label("most"),
        )
        .where(key.is_not(None))
        .subquery()
    )
    bad = (grouped.c.times > 1) & ((grouped.c.least != grouped.c.most) | (grouped.c.row_no != grouped.c.first))
    found = connection.execute(sa.select(grouped).where(bad).order_by(grouped.c.row_no))
    return [
        Fault(
            row.row_no,
            layer.key,
            "unique",
            "a key of its own",
            f"{shown(str(row.key))} also in row {row.first}"
            if row.row_no != row.first
            else f"{shown(str(row.key))} in {row.times} rows that differ",
        )
        for row in found
    ]


def without(connection: sa.Connection, table: sa.Table, faults: Iterable[Fault]) -> None:
    """Take the rows with faults out of staging."""
    rows = sorted({fault.row for fault in faults})
    for start in range(0, len(rows), CHUNK):
        connection.execute(sa.delete(table).where(table.c.row_no.in_(rows[start : start + CHUNK])))
