"""Staged rows merged into their layer by key in a few statements: what is new is inserted, what differs updated."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import distinct_on

from gis.layer import Layer
from gis.store.copying import derived
from gis.store.county import County
from gis.store.load.likeness import differ
from gis.store.load.placing import Shapes, places_of
from gis.store.schema import PLACES, WORKED_OUT


@dataclass(frozen=True, slots=True)
class Merge:
    """A staged delivery beside its layer: `table` holds its good rows, `brought` the columns that it writes."""

    county: County
    layer: Layer
    table: sa.Table
    brought: tuple[str, ...]
    synthetic: bool = False

    @property
    def stored(self) -> sa.Table:
        """The layer's table."""
        return self.county.schema.table(self.layer)

    @property
    def said(self) -> list[str]:
        """What the delivery itself says, without what was worked out from it."""
        return [name for name in self.brought if name not in WORKED_OUT]

    @property
    def same_key(self) -> sa.ColumnElement[bool]:
        """Whether a stored row is what a staged row delivers."""
        return self.stored.c[self.layer.key] == self.table.c[self.layer.key]

    @property
    def located(self) -> bool:
        """Whether the delivery says where its rows lie."""
        return self.layer.located and "geom" in self.brought


class Writing(NamedTuple):
    """What a delivery writes: `rows` has the number of each staged row that is new or differs, and its object's id."""

    rows: sa.Table
    new: int
    changed: int


def to_write(connection: sa.Connection, merge: Merge) -> Writing:
    """Give the staged rows that are new, with no id, and those that differ from what is stored."""
    stored, table = merge.stored, merge.table
    query = sa.select(table.c.row_no, stored.c.id).select_from(table.outerjoin(stored, merge.same_key))
    rows = derived(connection, "writing", query.where(stored.c.id.is_(None) | _differs(merge)))
    counts = sa.select(sa.func.count(), sa.func.count(rows.c.id)).select_from(rows)
    every, changed = connection.execute(counts).one()
    return Writing(rows, every - changed, changed)


def write(
    connection: sa.Connection, merge: Merge, writing: sa.Table, delivery_id: int, *, shapes: Shapes | None = None
) -> None:
    """Store the staged rows that are to be written as brought by a delivery; `shapes` as `places_of` takes them."""
    stored, table = merge.stored, merge.table
    coming = _coming(connection, merge, writing, shapes)
    values: dict[str, Any] = {name: table.c[name] for name in merge.brought}
    values["delivery_id"] = sa.literal(delivery_id)
    values["invented"] = _invented(merge)
    if merge.located:
        values |= {name: coming.c[name] for name in PLACES}
    connection.execute(sa.select(sa.func.set_config("wangge.places", "given" if merge.located else "", True)))
    changing = sa.select(stored.c.id).where(stored.c.id == coming.c.id, ~coming.c.new).order_by(stored.c.id)
    connection.execute(changing.with_for_update(of=stored))  # in the order in which checks lock their objects
    of_row = table.c.row_no == coming.c.row_no
    connection.execute(sa.update(stored).values(values).where(stored.c.id == coming.c.id, ~coming.c.new, of_row))
    fresh = values | {"invented": sa.literal(merge.said if merge.synthetic else [], stored.c.invented.type)}
    fresh["id"] = sa.func.coalesce(coming.c.id, sa.func.nextval("object_id"))
    rows_new = sa.select(*(value.label(name) for name, value in fresh.items())).join_from(table, coming, of_row)
    rows_new = rows_new.where(coming.c.new).order_by(table.c.row_no)
    connection.execute(sa.insert(stored).from_select(list(fresh), rows_new, include_defaults=False))
    connection.execute(sa.select(sa.func.set_config("wangge.places", "", True)))  # else whoever writes next is believed


def _coming(connection: sa.Connection, merge: Merge, writing: sa.Table, shapes: Shapes | None) -> sa.Table:
    """Give per row that is to be written whether it is new, the id of its object where that has one, and its places.

    One narrow table, so that the wide rows of staging are joined and ordered once.
    """
    before = _ended_before(connection, merge, writing)
    columns = [
        writing.c.row_no,
        writing.c.id.is_(None).label("new"),
        sa.func.coalesce(writing.c.id, before.c.id).label("id"),
    ]
    found = writing.outerjoin(before, before.c.row_no == writing.c.row_no)
    if merge.located:
        rows = merge.table.join(writing, writing.c.row_no == merge.table.c.row_no)
        chosen = sa.select(merge.table.c.row_no, merge.table.c.geom).select_from(rows).subquery()
        lying = places_of(connection, merge.layer, chosen, shapes)
        columns += [lying.c[name] for name in PLACES]
        found = found.outerjoin(lying, lying.c.row_no == writing.c.row_no)
    return derived(connection, "coming", sa.select(*columns).select_from(found))


def _ended_before(connection: sa.Connection, merge: Merge, writing: sa.Table) -> sa.Table:
    """Give the new rows whose key an object had that has ended since, with its id: it comes back as what it was."""
    past, present, key = merge.county.schema.past(merge.layer), merge.stored.alias(), merge.layer.key
    table = merge.table
    joined = writing.join(table, table.c.row_no == writing.c.row_no).join(past, past.c[key] == table.c[key])
    query = (
        sa.select(writing.c.row_no, past.c.id)
        .select_from(joined)
        .where(writing.c.id.is_(None), ~sa.exists().where(present.c.id == past.c.id))
        .ext(distinct_on(writing.c.row_no))
        .order_by(writing.c.row_no, past.c.recorded_until.desc())
    )
    return derived(connection, "ended_before", query)


def _differs(merge: Merge) -> sa.ColumnElement[bool]:
    """Tell whether a row changes what is stored: a value, or that a value is no longer an invented one."""
    stored = merge.stored
    parts = [distinct(stored, merge.table, name) for name in merge.brought]
    if not merge.synthetic:
        parts.append(stored.c.invented.overlap(sa.literal(list(merge.brought), stored.c.invented.type)))
    return sa.or_(sa.false(), *parts)


def distinct(one: sa.FromClause, other: sa.FromClause, name: str) -> sa.ColumnElement[bool]:
    """Tell whether two rows differ in a column; shapes are equal whose vertices are (`likeness`)."""
    old, new = one.c[name], other.c[name]
    if name == "geom":
        return differ(old, new)
    return old.is_distinct_from(new)


def _invented(merge: Merge) -> sa.ColumnElement[Any]:
    """Give which values of a stored row are invented now.

    A real delivery takes its columns off the list; an invented one adds those in which it differs from what was stored.
    """
    stored = merge.stored
    kind = stored.c.invented.type
    names = sa.func.unnest(stored.c.invented).column_valued("name")
    if not merge.synthetic:
        return sa.func.array(sa.select(names).where(names.not_in(merge.said)).scalar_subquery(), type_=kind)
    added = [sa.case((distinct(stored, merge.table, name), name)) for name in merge.said]
    listed = sa.func.array_remove(postgresql.array(added), sa.null(), type_=kind)
    kept = sa.func.array(sa.select(names).where(names != sa.func.all(listed)).scalar_subquery(), type_=kind)
    return sa.func.array_cat(kept, listed, type_=kind)
