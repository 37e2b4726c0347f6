"""Rows on their way in: a temporary table like the layer's, filled by COPY and judged by the layer's constraints."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from geoalchemy2 import Geometry as Shape

from gis.layer import Layer
from gis.store.copying import derived, temporary
from gis.store.formats.delivered import Fault, shown
from gis.store.load.conform import Conformed
from gis.store.schema import TYPES, WORKED_OUT, constraints

STAGING = "staging"


class Demand(NamedTuple):
    """What a good row meets: SQL that is not false of it, in whose name, and what is shown of a row that does not."""

    field: str
    constraint: str
    expected: str
    good: sa.ColumnElement[bool]
    value: sa.ColumnElement[Any] | None


def staged(connection: sa.Connection, layer: Layer, rows: Conformed, srid: int) -> sa.Table:
    """Fill the temporary table `staging` with the rows of a delivery and give it; it ends with the transaction.

    It has `row_no`, every field of the layer, the geometry where the layer has one, and for a log `recorded_at`.
    """
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger(), primary_key=True)]
    columns += [sa.Column(field.name, TYPES[field.kind]) for field in layer.fields]
    if layer.geometry is not None:
        columns.append(sa.Column("geom", Shape(layer.geometry.value.upper(), srid=srid, spatial_index=False)))
    columns += [sa.Column(name, WORKED_OUT[name]) for name in rows.worked]
    if layer.log:
        columns.append(sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()")))
    given = rows.frame[["row_no", *rows.fields, *rows.worked]]
    if rows.geometry is not None:
        given = given.assign(geom=rows.geometry)
    joined = {"row_no", layer.key, *(field.name for field in layer.joining)}
    return temporary(connection, STAGING, columns, given, joined=joined)


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
    required = [Demand(name, "required", words, table.c[name].is_not(None), None) for name, words in wanted.items()]
    faults = list(_unmet(connection, table, [*required, *_demands(layer, table)]))
    return faults + _doubled(connection, layer, table)


def broken(connection: sa.Connection, layer: Layer, table: sa.Table) -> Iterator[Fault]:
    """Give every CHECK that a staged row breaks; the table has `row_no` and every column that the constraints name."""
    yield from _unmet(connection, table, _demands(layer, table))


def _demands(layer: Layer, table: sa.Table) -> Iterator[Demand]:
    names = {field.name for field in layer.fields}
    for constraint in constraints(layer):
        good = sa.literal_column(f"({constraint.check})", sa.Boolean())
        own = constraint.name.rpartition("_")[0]
        field = own if own in names else "geom" if "geom" in constraint.check else ""
        value = table.c[field] if field in names else _told(table, constraint.check)
        yield Demand(field or constraint.name, constraint.name, constraint.reason, good, value)


def _unmet(connection: sa.Connection, table: sa.Table, demands: Iterable[Demand]) -> Iterator[Fault]:
    """Give the rows that do not meet a demand. One look at every row finds those that fail; only they are asked why."""
    asked = list(demands)
    if not asked:
        return
    failing = derived(connection, "failing", sa.select(table.c.row_no).where(sa.or_(*(~each.good for each in asked))))
    if connection.scalar(sa.select(sa.func.count()).select_from(failing)) == 0:
        return
    suspects = table.join(failing, failing.c.row_no == table.c.row_no)
    for each in asked:
        value = sa.null() if each.value is None else each.value
        bad = sa.select(table.c.row_no, value.label("actual")).select_from(suspects).where(~each.good)
        for row, actual in connection.execute(bad.order_by(table.c.row_no)):
            yield Fault(row, each.field, each.constraint, each.expected, shown(actual))


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
    twice = derived(connection, "twice", sa.select(key.label("key")).group_by(key).having(sa.func.count() > 1))
    grouped = (
        sa.select(
            table.c.row_no,
            key.label("key"),
            sa.func.min(table.c.row_no).over(partition_by=key).label("first"),
            sa.func.count().over(partition_by=key).label("times"),
            sa.func.min(text).over(partition_by=key).label("least"),
            sa.func.max(text).over(partition_by=key).label("most"),
        )
        .where(key.in_(sa.select(twice.c.key)))
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


def keys(connection: sa.Connection, layer: Layer, table: sa.Table, faults: Iterable[Fault]) -> dict[int, object]:
    """Give the keys of the staged rows with faults, by row number; None where one has none."""
    rows = {fault.row for fault in faults}
    if not rows:
        return {}
    query = sa.select(table.c.row_no, table.c[layer.key]).where(table.c.row_no == _any_of(rows))
    return {row.row_no: row[1] for row in connection.execute(query)}


def without(connection: sa.Connection, table: sa.Table, faults: Iterable[Fault]) -> None:
    """Take the rows with faults out of staging."""
    rows = {fault.row for fault in faults}
    if rows:
        connection.execute(sa.delete(table).where(table.c.row_no == _any_of(rows)))


def _any_of(rows: Collection[int]) -> sa.CollectionAggregate[bool]:
    """Give row numbers as one value: a parameter for each would take longer to read than the rows."""
    return sa.any_(sa.literal(sorted(rows), sa.ARRAY(sa.BigInteger())))
