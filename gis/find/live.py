"""What the status rows answer alone: which objects are in a state now, and how many of each state a town or cell holds.

A status row carries its object's place, and an object's state follows from the midnight at which it is due. So each
state is one stretch of the index `status_due` (rule version, town, due instant) and its objects are read from the index
without a look at status or objects. What has no rule has no status row: it is the stock less what has one.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gis import layers
from gis.find.states import Moment, State, Where, patrolled, within
from gis.layer import Layer, Use
from gis.store.schema import Schema
from gis.store.versions import in_force

RULED = (State.NEVER, State.OVERDUE, State.DUE, State.CURRENT)
"""The states that a rule gives."""


def ruled(
    schema: Schema, layer: Layer, moment: Moment, where: Where, states: frozenset[State]
) -> sa.CompoundSelect[str, list[int]]:
    """Give `state` and `objects`, the ids of all objects in it or null, for those of the states that a rule gives.

    `states` holds one of them at least. By town and cell alone, since status rows know no geometry. Refused where the
    layer declares no patrol.
    """
    status = schema.table(layers.one(Use.STATUS))
    return sa.union_all(
        *(
            sa.select(sa.literal(state.value).label("state"), sa.func.array_agg(status.c.object_id).label("objects"))
            .select_from(rows)
            .where(own)
            for state, rows, own in _stretches(schema, layer, moment, where)
            if state in states
        )
    )


def tally(schema: Schema, layer: Layer, moment: Moment, where: Where) -> sa.Subquery:
    """Give `town_id`, `state` and `objects`, their number, which may be none. Refused where the layer has no patrol."""
    if where.box is not None:
        return _tally_in_box(schema, layer, moment, where)
    table, status = schema.table(layer), schema.table(layers.one(Use.STATUS))
    counts = [
        _counted(status, rows, own, where, sa.literal(state.value).label("state"))
        for state, rows, own in _stretches(schema, layer, moment, where)
    ]
    counted = sa.union_all(*counts).cte("counted")
    stock = _counted(table, table, sa.and_(sa.true(), *_placed(table, where)), where)
    parts = sa.union_all(stock, sa.select(counted.c.town_id, -counted.c.objects)).subquery()
    rest = sa.cast(sa.func.sum(parts.c.objects), sa.BigInteger())
    unruled = sa.select(parts.c.town_id, sa.literal(State.NO_RULE.value), rest).group_by(parts.c.town_id)
    return sa.union_all(sa.select(counted), unruled).subquery()


def _counted(
    table: sa.FromClause, rows: sa.FromClause, own: sa.ColumnElement[bool], where: Where, *named: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """Count rows by town; those of one town without a look at each row's town, which costs half of the counting."""
    objects = sa.func.count().label("objects")
    if where.town_id is None:
        town = table.c.town_id
        return sa.select(town, *named, objects).select_from(rows).where(own).group_by(town)
    town = sa.literal(where.town_id, sa.BigInteger).label("town_id")
    return sa.select(town, *named, objects).select_from(rows).where(own).having(objects > 0)


def _tally_in_box(schema: Schema, layer: Layer, moment: Moment, where: Where) -> sa.Subquery:
    """Count object by object, for a box needs their shapes."""
    table, status = schema.table(layer), schema.table(layers.one(Use.STATUS)).alias()
    conditions = _conditions(status, moment.at)
    state = sa.case(
        (status.c.object_id.is_(None), State.NO_RULE.value), *((conditions[each], each.value) for each in RULED)
    )
    own = (status.c.object_id == table.c.id) & _in_force(schema, layer, moment, status)
    found = sa.select(table.c.town_id, state.label("state")).select_from(table.outerjoin(status, own))
    each = found.where(*within(table, schema.srid, where)).subquery()
    counted = sa.select(each.c.town_id, each.c.state, sa.func.count().label("objects"))
    return counted.group_by(each.c.town_id, each.c.state).subquery()


def page(
    schema: Schema,
    layer: Layer,
    moment: Moment,
    where: Where,
    states: frozenset[State],
    *,
    after: str | None,
    limit: int | None,
) -> sa.Subquery:
    """Give the rows of one page, as far as `states` reads them: those in some of the states, by key, after a key.

    Chosen before anything is joined to them, by conditions that the planner can weigh: where many are in the states it
    walks along the keys until the page is full, where few are it begins with those. Refused as above.
    """
    table = schema.table(layer)
    names = dict.fromkeys(("id", layer.key, "town_id", "cell_id", "geom", *filter(None, (patrolled(layer).by,))))
    query = sa.select(*(table.c[name] for name in names)).where(*within(table, schema.srid, where))
    if State.NO_RULE in states:
        others = frozenset(RULED) - states
        query = query.where(~_stands(schema, layer, moment, others)) if others else query
    else:
        query = query.where(_stands(schema, layer, moment, states))
    if after is not None:
        query = query.where(table.c[layer.key] > after)
    return query.order_by(table.c[layer.key]).limit(limit).subquery()


def _stands(schema: Schema, layer: Layer, moment: Moment, states: frozenset[State]) -> sa.ColumnElement[bool]:
    """Give the condition that an object is in one of some states of a rule.

    Nothing is said of its status row's place, which is the object's: said twice, the planner would take it for rarer.
    """
    status = schema.table(layers.one(Use.STATUS)).alias()
    conditions = _conditions(status, moment.at)
    return sa.exists().where(
        status.c.object_id == schema.table(layer).c.id,
        _in_force(schema, layer, moment, status),
        sa.or_(sa.false(), *(conditions[state] for state in RULED if state in states)),
    )


def _in_force(schema: Schema, layer: Layer, moment: Moment, status: sa.FromClause) -> sa.ColumnElement[bool]:
    """Give the condition that a status row's rule is in force, as the few ids that an index is asked for."""
    rule = in_force(schema, patrolled(layer).kind, moment.day, None)
    ids = sa.func.array(sa.select(rule.c.id).scalar_subquery(), type_=sa.ARRAY(sa.BigInteger()))
    return status.c.rule_version_id == sa.any_(ids)


def _conditions(status: sa.FromClause, moment: datetime) -> dict[State, sa.ColumnElement[bool]]:
    """Give the condition under which a status row whose rule is in force is in each state."""
    due_at, at = status.c.due_at, sa.literal(moment, sa.DateTime(timezone=True))
    return {
        State.NEVER: due_at.is_(None),
        State.OVERDUE: due_at <= at,
        State.DUE: (due_at > at) & (status.c.notice_at <= at),
        State.CURRENT: status.c.notice_at > at,
    }


def _stretches(
    schema: Schema, layer: Layer, moment: Moment, where: Where
) -> list[tuple[State, sa.FromClause, sa.ColumnElement[bool]]]:
    """Give for each state of a rule the status rows with their rule, and the condition that holds in the state."""
    rule = in_force(schema, patrolled(layer).kind, moment.day, None)
    status = schema.table(layers.one(Use.STATUS))
    rows = status.join(rule, status.c.rule_version_id == rule.c.id)
    due_at, at = status.c.due_at, sa.literal(moment.at, sa.DateTime(timezone=True))
    until = sa.func.midnight(at, sa.cast(rule.c.notice_days, sa.Integer()), moment.zone)
    conditions = {
        State.NEVER: due_at.is_(None),
        State.OVERDUE: due_at <= at,
        State.DUE: (due_at > at) & (due_at <= until),
        State.CURRENT: (due_at > at) & (due_at > until),
    }
    placed = _placed(status, where)
    return [(state, rows, sa.and_(conditions[state], *placed)) for state in RULED]


def _placed(table: sa.FromClause, where: Where) -> list[sa.ColumnElement[Any]]:
    wanted = {"town_id": where.town_id, "cell_id": where.cell_id}
    return [table.c[name] == identity for name, identity in wanted.items() if identity is not None]
