"""The state of every patrolled object, as queries: live from the status rows, for other days from the events.

current → due from `notice_at` → overdue from `due_at`, both county midnights; never where no valid check is known;
no_rule where no rule holds for the object's class. Each object is exactly one of them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE, Box
from gis.errors import Refused
from gis.layer import Layer, Use
from gis.store.schema import Schema
from gis.store.versions import in_force, known, standing


class State(StrEnum):
    """What a patrolled object is, with its Chinese word."""

    CURRENT = "current"
    DUE = "due"
    OVERDUE = "overdue"
    NEVER = "never"
    NO_RULE = "no_rule"

    @property
    def zh(self) -> str:
        """The Chinese word."""
        return {"current": "正常", "due": "到期", "overdue": "逾期", "never": "从未检查", "no_rule": "无规则"}[
            self.value
        ]


@dataclass(frozen=True, slots=True)
class Moment:
    """When is asked about, and from what knowledge.

    `day` chooses the rules, `at` the state; days end at midnight in `zone`. `known_at` None is what is known now, and
    with `seen_before` None too the live status answers; else the events do: recorded before `known_at`, seen before
    `seen_before`.
    """

    day: date
    at: datetime
    zone: str
    known_at: datetime | None = None
    seen_before: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether the status rows answer."""
        return self.known_at is None and self.seen_before is None


@dataclass(frozen=True, slots=True)
class Where:
    """Which objects: of a town and a cell by internal id, and whose geometry meets a box in EPSG:4326."""

    town_id: int | None = None
    cell_id: int | None = None
    box: Box | None = None


def states(schema: Schema, layer: Layer, moment: Moment, where: Where) -> sa.Subquery:
    """Give one row per object: id, key, place, category, state, last visits, due instants, rule and geometry.

    Refused where the layer declares no patrol.
    """
    if layer.patrol is None:
        raise Refused(f"{layer.name}: this layer declares no patrol, so nothing of it can be unchecked")
    objects = known(schema, layer, moment.known_at)
    category = _category(layer, objects)
    rule = in_force(schema, layer.patrol.kind, moment.day, moment.known_at).alias("rule")
    seen = _live(schema) if moment.live else _from_events(schema, layer, moment)
    joined = objects.outerjoin(rule, rule.c.category == category)
    due_at: sa.ColumnElement[Any]
    notice_at: sa.ColumnElement[Any]
    if moment.live:
        joined = joined.outerjoin(seen, (seen.c.object_id == objects.c.id) & (seen.c.rule_version_id == rule.c.id))
        due_at, notice_at = seen.c.due_at, seen.c.notice_at
    else:
        joined = joined.outerjoin(seen, seen.c.object_id == objects.c.id)
        due_at = _midnight(seen.c.last_done_at, rule.c.amount + 1, moment.zone)
        notice_at = _midnight(seen.c.last_done_at, rule.c.amount + 1 - rule.c.notice_days, moment.zone)
    columns = [
        objects.c.id,
        objects.c[layer.key].label("key"),
        objects.c.town_id,
        objects.c.cell_id,
        category.label("category"),
        _state(rule.c.id, seen.c.last_done_at, due_at, notice_at=notice_at, at=moment.at).label("state"),
        seen.c.last_done_at,
        seen.c.last_try_at,
        seen.c.last_try,
        notice_at.label("notice_at"),
        due_at.label("due_at"),
        *(rule.c[name] for name in ("rule", "jurisdiction", "amount", "notice_days", "article", "verified")),
        objects.c.geom,
    ]
    return sa.select(*columns).select_from(joined).where(*_within(objects, schema.srid, where)).subquery()


def _state(
    rule: sa.ColumnElement[Any],
    last_done_at: sa.ColumnElement[Any],
    due_at: sa.ColumnElement[Any],
    *,
    notice_at: sa.ColumnElement[Any],
    at: datetime,
) -> sa.Case[str]:
    return sa.case(
        (rule.is_(None), State.NO_RULE.value),
        (last_done_at.is_(None), State.NEVER.value),
        (due_at <= at, State.OVERDUE.value),
        (notice_at <= at, State.DUE.value),
        else_=State.CURRENT.value,
    )


def _category(layer: Layer, objects: sa.FromClause) -> sa.ColumnElement[Any]:
    if layer.patrol is None or not layer.patrol.by:
        return sa.literal(layer.patrol.unknown if layer.patrol else "", sa.Text())
    column = objects.c[layer.patrol.by]
    return sa.func.coalesce(column, layer.patrol.unknown) if layer.patrol.unknown else column


def _live(schema: Schema) -> sa.FromClause:
    return schema.table(layers.one(Use.STATUS)).alias()


def _from_events(schema: Schema, layer: Layer, moment: Moment) -> sa.Subquery:
    check = schema.table(layers.one(Use.CHECK))
    kind = layer.patrol.kind if layer.patrol else ""
    latest = sa.func.array_agg(
        sa.dialects.postgresql.aggregate_order_by(check.c.outcome, check.c.seen_at.desc(), check.c.outcome.desc())
    )
    counted = sa.select(
        check.c.object_id,
        sa.func.max(check.c.seen_at).filter(check.c.outcome == "done").label("last_done_at"),
        sa.func.max(check.c.seen_at).label("last_try_at"),
        sa.type_coerce(latest, sa.ARRAY(sa.Text()))[1].label("last_try"),
    ).where(
        check.c.layer == layer.name,
        check.c.kind == kind,
        *standing(check.c.recorded_at, check.c.voided_at, moment.known_at),
    )
    if moment.seen_before is not None:
        counted = counted.where(check.c.seen_at < moment.seen_before)
    return counted.group_by(check.c.object_id).subquery()


def _midnight(last_done_at: sa.ColumnElement[Any], days: sa.ColumnElement[Any], zone: str) -> sa.ColumnElement[Any]:
    return sa.func.midnight(last_done_at, sa.cast(days, sa.Integer()), zone, type_=sa.DateTime(timezone=True))


def _within(objects: sa.FromClause, srid: int, where: Where) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if where.town_id is not None:
        found.append(objects.c.town_id == where.town_id)
    if where.cell_id is not None:
        found.append(objects.c.cell_id == where.cell_id)
    if where.box is not None:
        here = sa.func.ST_Transform(sa.func.ST_MakeEnvelope(*where.box, EXCHANGE), srid)
        found += [objects.c.geom.op("&&")(here), sa.func.ST_Intersects(objects.c.geom, here)]
    return found
