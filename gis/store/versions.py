"""Rows of a layer as they were known at an instant, and rule versions as they were known then."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from gis import layers
from gis.layer import Layer, Use
from gis.store.schema import ENDS, Schema


def known(schema: Schema, layer: Layer, known_at: datetime | None) -> sa.FromClause:
    """Give the rows of a historic layer as recorded before `known_at`; None is what is stored now.

    A version holds from its `recorded_at` until just before its `recorded_until`.
    """
    table = schema.table(layer)
    if known_at is None:
        return table.alias()
    past = schema.past(layer)
    names = [column.name for column in past.columns if column.name not in ENDS]
    now = sa.select(*(table.c[name] for name in names)).where(table.c.recorded_at < known_at)
    then = sa.select(*(past.c[name] for name in names)).where(
        past.c.recorded_at < known_at, past.c.recorded_until >= known_at
    )
    return sa.union_all(now, then).subquery()


def in_use(areas: sa.FromClause, day: date) -> sa.ColumnElement[bool]:
    """Give the condition under which a cell is in use on a day: `valid_from` and `valid_to` are its first and last."""
    return (areas.c.valid_from <= day) & (areas.c.valid_to.is_(None) | (areas.c.valid_to >= day))


def in_force(schema: Schema, subject: str, day: date, known_at: datetime | None, *, unit: str = "d") -> sa.Subquery:
    """Give the rules of a subject in force on a day, one per category: the most specific jurisdiction's.

    Of intervals, unless another unit is named. With `known_at`, of the versions recorded before it and not withdrawn
    before it.
    """
    table = schema.table(layers.one(Use.RULE))
    query = sa.select(table).where(
        table.c.subject == subject,
        table.c.unit == unit,
        table.c.valid_from <= day,
        table.c.valid_to.is_(None) | (table.c.valid_to > day),
        *standing(table.c.recorded_at, table.c.withdrawn_at, known_at),
    )
    ordered = query.ext(distinct_on(table.c.category)).order_by(
        table.c.category, table.c.rank.desc(), table.c.valid_from.desc(), table.c.id.desc()
    )
    return ordered.subquery()


def standing(
    recorded_at: sa.ColumnElement[Any], ended_at: sa.ColumnElement[Any], known_at: datetime | None
) -> tuple[sa.ColumnElement[bool], ...]:
    """Give the conditions under which an event counted at an instant: recorded by then, and not ended by then."""
    if known_at is None:
        return (ended_at.is_(None),)
    return (recorded_at < known_at, ended_at.is_(None) | (ended_at >= known_at))
