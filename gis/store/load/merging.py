"""Staged rows merged into their layer by key in a few statements: what is new is inserted, what differs updated."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gis.layer import Layer
from gis.store.copying import derived
from gis.store.county import County
from gis.store.load.likeness import differ
from gis.store.load.placing import placed
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


def counted(connection: sa.Connection, merge: Merge) -> tuple[int, int]:
    """Give how many staged rows are new and how many differ from what is stored."""
    known = merge.stored.c.id
    counts = sa.select(
        sa.func.count().filter(known.is_(None)), sa.func.count().filter(known.is_not(None) & _differs(merge))
    )
    new, changed = connection.execute(counts.select_from(merge.table.outerjoin(merge.stored, merge.same_key))).one()
    return new, changed


def write(connection: sa.Connection, merge: Merge, delivery_id: int) -> None:
    """Store the staged rows as brought by a delivery; a row that equals what is stored is not written."""
    stored, table, brought = merge.stored, merge.table, merge.brought
    writing = _to_write(connection, merge)
    values: dict[str, Any] = {name: table.c[name] for name in brought}
    values["delivery_id"] = sa.literal(delivery_id)
    values["invented"] = _invented(merge)
    joined = table.join(writing, writing.c.row_no == table.c.row_no)
    of_row = table.c.row_no == writing.c.row_no
    if merge.located:
        chosen = sa.select(table.c.row_no, table.c.geom).select_from(joined).subquery()
        places = placed(connection, merge.layer, chosen)
        joined = joined.join(places, places.c.row_no == table.c.row_no)
        of_row &= table.c.row_no == places.c.row_no
        values |= {name: places.c[name] for name in PLACES}
    connection.execute(sa.select(sa.func.set_config("wangge.places", "given" if merge.located else "", True)))
    changing = sa.select(stored.c.id).where(stored.c.id == writing.c.id).order_by(stored.c.id)
    connection.execute(changing.with_for_update(of=stored))  # in the order in which checks lock their objects
    connection.execute(sa.update(stored).values(values).where(stored.c.id == writing.c.id, of_row))
    fresh = values | {"invented": sa.literal(merge.said if merge.synthetic else [], stored.c.invented.type)}
    fresh["id"] = _identity(merge)
    rows_new = sa.select(*(value.label(name) for name, value in fresh.items())).select_from(joined)
    rows_new = rows_new.where(writing.c.id.is_(None)).order_by(table.c.row_no)
    connection.execute(sa.insert(stored).from_select(list(fresh), rows_new, include_defaults=False))
    connection.execute(sa.select(sa.func.set_config("wangge.places", "", True)))  # else whoever writes next is believed


def _to_write(connection: sa.Connection, merge: Merge) -> sa.Table:
    """Give the staged rows that are new or differ, with the id of the stored row, empty where new."""
    stored, table = merge.stored, merge.table
    query = sa.select(table.c.row_no, stored.c.id).select_from(table.outerjoin(stored, merge.same_key))
    return derived(connection, "writing", query.where(stored.c.id.is_(None) | _differs(merge)))


def _identity(merge: Merge) -> sa.ColumnElement[Any]:
    """Give the id of a new row: the one that its key had before where it comes back, else the next."""
    past, present = merge.county.schema.past(merge.layer), merge.stored.alias()
    known = (
        sa.select(past.c.id)
        .where(past.c[merge.layer.key] == merge.table.c[merge.layer.key], ~sa.exists().where(present.c.id == past.c.id))
        .order_by(past.c.recorded_until.desc())
        .limit(1)
    )
    return sa.func.coalesce(known.scalar_subquery(), sa.func.nextval("object_id"))


def _differs(merge: Merge) -> sa.ColumnElement[bool]:
    """Tell whether a row changes what is stored: a value, or that a value is no longer an invented one."""
    stored = merge.stored
    parts = [distinct(stored, merge.table, name) for name in merge.brought]
    if not merge.synthetic:
        parts.append(stored.c.invented.overlap(sa.literal(list(merge.brought), stored.c.invented.type)))
    return sa.or_(*parts)


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
