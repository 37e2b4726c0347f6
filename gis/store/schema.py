"""The tables that the layers say: columns, keys, references and indexes, in a county's storage SRID."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from geoalchemy2 import Geometry as Shape
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from gis import layers
from gis.layer import Constraint, Field, Geometry, Kind, Layer, Use

TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: sa.Text(),
    Kind.INTEGER: sa.BigInteger(),
    Kind.REAL: sa.Double(),
    Kind.BOOLEAN: sa.Boolean(),
    Kind.DATE: sa.Date(),
    Kind.INSTANT: sa.DateTime(timezone=True),
    Kind.UUID: sa.Uuid(),
    Kind.JSON: postgresql.JSONB(none_as_null=True),
}
PLACES = {"town_id": Use.TOWN, "village_id": Use.VILLAGE, "cell_id": Use.CELL}
PLACED_AS_DELIVERED = "delivered"
WORKED_OUT: dict[str, TypeEngine[Any]] = {
    "placed_by": sa.Text(),
    "town_id": sa.BigInteger(),
    "village_id": sa.BigInteger(),
}
"""Columns beside the fields that a delivery may bring, worked out from what it names by code."""

ENDS = frozenset({"recorded_until", "ended_by"})
"""What a past version has beyond the columns of its layer."""


@dataclass(frozen=True)
class Schema:
    """All tables of a county, once: `tables` by layer name, `past` by layer name where the layer is historic."""

    srid: int
    metadata: sa.MetaData
    tables: dict[str, sa.Table]
    pasts: dict[str, sa.Table]

    @classmethod
    def of(cls, srid: int) -> "Schema":
        """Give the tables of all layers in storage SRID `srid`."""
        metadata = sa.MetaData()
        every = layers.every()
        tables = {layer.name: _table(layer, srid, metadata) for layer in every}
        pasts = {layer.name: _past(layer, srid, metadata) for layer in every if layer.historic}
        return cls(srid, metadata, tables, pasts)

    def table(self, layer: Layer) -> sa.Table:
        """Give the table of a layer."""
        return self.tables[layer.name]

    def past(self, layer: Layer) -> sa.Table:
        """Give the table of a historic layer's past versions."""
        return self.pasts[layer.name]


def constraints(layer: Layer) -> tuple[Constraint, ...]:
    """Give every constraint of a layer but NOT NULL: the fields' limits and choices, the geometry's, and its own."""
    found = []
    for field in layer.fields:
        name = quoted(field.name)
        if field.low is not None:
            found.append(
                Constraint(f"{field.name}_low", f"{name} >= {field.low}", f"at least {field.low}", f"不小于{field.low}")
            )
        if field.high is not None:
            found.append(
                Constraint(
                    f"{field.name}_high", f"{name} <= {field.high}", f"at most {field.high}", f"不大于{field.high}"
                )
            )
        if field.choices:
            allowed = ", ".join(f"'{choice.value}'" for choice in field.choices)
            titles = "、".join(choice.title for choice in field.choices)
            words = ", ".join(choice.value for choice in field.choices)
            found.append(
                Constraint(f"{field.name}_choices", f"{name} IN ({allowed})", f"one of {words}", f"应为：{titles}")
            )
    if layer.geometry is not None:
        found.append(Constraint("geometry_valid", "ST_IsValid(geom)", "a valid geometry", "几何应有效"))
        found.append(Constraint("geometry_not_empty", "NOT ST_IsEmpty(geom)", "a geometry with points", "几何不应为空"))
    return (*found, *layer.constraints)


def quoted(name: str) -> str:
    """Give a column or table name as SQL writes it; ours are lower case, so the quotes only guard reserved words."""
    return f'"{name}"'


def constraint_name(layer: Layer, constraint: str) -> str:
    """Give the name that a constraint of a layer has in the database."""
    return f"{layer.name}_{constraint}"


def _table(layer: Layer, srid: int, metadata: sa.MetaData) -> sa.Table:
    built = sa.Table(layer.name, metadata, *_columns(layer, srid, past=False), comment=f"{layer.title} · {layer.doc}")
    name = layer.name
    # an object's state is read from the index that finds its status row
    beside: dict[str, Any] = {"postgresql_include": ["due_at", "notice_at"]} if Use.STATUS in layer.uses else {}
    for group in layer.unique:
        columns = (built.c[each] for each in group)
        sa.UniqueConstraint(*columns, name=f"{name}_{'_'.join(group)}_key", **beside)
    if not layer.derived:
        sa.UniqueConstraint(built.c[layer.key], name=f"{name}_{layer.key}_key")
    if layer.single:
        sa.Index(f"{name}_single", sa.text("(true)"), unique=True, _table=built)
    if layer.geometry is not None:
        sa.Index(f"{name}_geom", built.c.geom, postgresql_using="gist")
    if Use.STATUS in layer.uses:
        due = (built.c.rule_version_id, built.c.town_id, built.c.due_at)
        sa.Index(f"{name}_due", *due, postgresql_include=["object_id"])
        sa.Index(f"{name}_cell_id", built.c.cell_id)
        return built
    for place in layer.places:
        # a town holds very many rows, so that a page of them in order of their key is read from its index too
        sa.Index(f"{name}_{place}", built.c[place], *([built.c[layer.key]] if place == "town_id" else []))
    if Use.CHECK in layer.uses:
        sa.Index(f"{name}_object", built.c.object_id, built.c.seen_at)
    return built


def _past(layer: Layer, srid: int, metadata: sa.MetaData) -> sa.Table:
    columns = _columns(layer, srid, past=True)
    until = sa.Column(
        "recorded_until", sa.DateTime(timezone=True), nullable=False, comment="Instant from which it no longer held"
    )
    ended_by = sa.Column(
        "ended_by",
        sa.BigInteger(),
        comment="Delivery that ended the object here, 0 where none did; empty where another version followed",
    )
    built = sa.Table(
        f"{layer.name}_past",
        metadata,
        *columns,
        until,
        ended_by,
        comment=f"{layer.title}（历史） · Past versions of {layer.name}",
    )
    sa.Index(f"{layer.name}_past_version", built.c.id, built.c.recorded_at, unique=True)
    sa.Index(f"{layer.name}_past_key", built.c[layer.key])
    sa.Index(f"{layer.name}_past_until", built.c.recorded_until)
    return built


def _columns(layer: Layer, srid: int, *, past: bool) -> list[sa.Column[object]]:
    columns: list[sa.Column[object]] = [_identity(layer, past=past)]
    columns += [_column(field, past=past) for field in layer.fields]
    if layer.geometry is not None:
        columns += _shapes(layer.geometry, srid, located=layer.located, past=past)
    if layer.placed_by_code:
        columns.append(
            sa.Column(
                "placed_by",
                sa.Text(),
                nullable=False,
                server_default=PLACED_AS_DELIVERED,
                comment=f"位置来源 · Where its place is from: {PLACED_AS_DELIVERED}, or the field that gave it",
            )
        )
    for place in layer.places:
        lies = "it lies in; empty outside" if layer.located or layer.derived else "it belongs to, as delivered"
        columns.append(sa.Column(place, sa.BigInteger(), comment=f"Internal id of the {PLACES[place].value} {lies}"))
    if layer.historic:
        columns.append(
            sa.Column(
                "invented",
                postgresql.ARRAY(sa.Text()),
                nullable=False,
                server_default="{}",
                comment="合成 · Fields whose values are invented",
            )
        )
    if layer.historic or layer.records:
        # No foreign key: it would ask the log again for each row of a load, and nothing is ever deleted from that. A
        # trigger asks once per statement (`know_delivery`).
        columns.append(sa.Column("delivery_id", sa.BigInteger(), comment="Delivery that brought this version"))
    if not layer.derived:
        columns.append(
            sa.Column(
                "recorded_at",
                sa.DateTime(timezone=True),
                nullable=False,
                server_default=None if past else sa.text("now()"),
                comment="Instant this version was recorded, by the server's clock",
            )
        )
    return columns


def _identity(layer: Layer, *, past: bool) -> sa.Column[object]:
    comment = "Internal id, kept for life"
    if past:
        return sa.Column("id", sa.BigInteger(), nullable=False, comment=comment)
    if layer.historic:
        return sa.Column(
            "id",
            sa.BigInteger(),
            primary_key=True,
            autoincrement=False,
            server_default=sa.text("nextval('object_id'::regclass)"),
            comment=comment,
        )
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True, comment=comment)


def _column(field: Field, *, past: bool) -> sa.Column[object]:
    reference = [sa.ForeignKey(f"{field.refers}.id")] if field.refers and not past else []
    unit = f" [{field.unit}]" if field.unit else ""
    return sa.Column(
        field.name,
        TYPES[field.kind],
        *reference,
        nullable=not field.required,
        comment=f"{field.title}{unit} · {field.doc}",
    )


def _shapes(geometry: Geometry, srid: int, *, located: bool, past: bool) -> list[sa.Column[object]]:
    shape = Shape(geometry.value.upper(), srid=srid, spatial_index=False)
    columns: list[sa.Column[object]] = [sa.Column("geom", shape, nullable=False, comment="Geometry in storage metres")]
    if located and geometry is Geometry.POLYGON:
        computed = () if past else (sa.Computed("ST_PointOnSurface(geom)", persisted=True),)
        point = Shape("POINT", srid=srid, spatial_index=False)
        columns.append(sa.Column("spot", point, *computed, comment="Representative point, by which it lies in a cell"))
    return columns
