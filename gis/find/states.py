"""The state of every patrolled object, as queries: live from the status rows, for other days from the events.

current → due from `notice_at` → overdue from `due_at`, both county midnights; never where no valid check is known;
no_rule where no rule holds for the object's class. Each object is exactly one of them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE, Box, core, within_use
from gis.errors import Refused
from gis.layer import Layer, Patrol, Use
from gis.store.schema import Schema
from gis.store.versions import in_force, known, standing

STEPS = 128  # pieces of a box's longer side at most: over 60 km the chord of a piece leaves its parallel by 2 mm
FINEST_DEG = 0.0043  # no piece of a smaller box need be shorter than a piece of that one
LAST = ("last_done_at", "last_try_at", "last_try")


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


def states(
    schema: Schema, layer: Layer, moment: Moment, where: Where, *, objects: sa.FromClause | None = None
) -> sa.Subquery:
    """Give one row per object: id, key, place, category, state, last visits, due instants, rule and geometry.

    `objects` are rows of the layer chosen already, each of which is asked about; where none are given, all that were
    known then and lie there. Refused where the layer declares no patrol.
    """
    kind = patrolled(layer).kind
    asked = known(schema, layer, moment.known_at) if objects is None else objects
    category = _category(layer, asked)
    rule = in_force(schema, kind, moment.day, moment.known_at).alias("rule")
    ruled = _Ruled(asked.outerjoin(rule, rule.c.category == category), asked.c.id, rule)
    joined, seen = _live(schema, layer, ruled) if moment.live else _from_events(schema, layer, ruled, moment=moment)
    columns = [
        asked.c.id,
        asked.c[layer.key].label("key"),
        asked.c.town_id,
        asked.c.cell_id,
        category.label("category"),
        _state(rule.c.id, seen, at=moment.at).label("state"),
        *(value.label(name) for name, value in seen._asdict().items()),
        *(rule.c[name] for name in ("rule", "jurisdiction", "amount", "notice_days", "article", "verified")),
        asked.c.geom,
    ]
    there = within(asked, schema.srid, where) if objects is None else []
    return sa.select(*columns).select_from(joined).where(*there).subquery()


def patrolled(layer: Layer) -> Patrol:
    """Give how a layer's objects are visited. Refused where they are not."""
    if layer.patrol is None:
        raise Refused(f"{layer.name}: this layer declares no patrol, so nothing of it can be unchecked")
    return layer.patrol


class _Ruled(NamedTuple):
    """Objects with the rule that holds for them, if any."""

    rows: sa.FromClause
    object_id: sa.ColumnElement[Any]
    rule: sa.FromClause


class _Seen(NamedTuple):
    """The last visits to an object and when it is due, as columns."""

    last_done_at: sa.ColumnElement[Any]
    last_try_at: sa.ColumnElement[Any]
    last_try: sa.ColumnElement[Any]
    notice_at: sa.ColumnElement[Any]
    due_at: sa.ColumnElement[Any]


def _state(rule: sa.ColumnElement[Any], seen: _Seen, *, at: datetime) -> sa.Case[str]:
    return sa.case(
        (rule.is_(None), State.NO_RULE.value),
        (seen.last_done_at.is_(None), State.NEVER.value),
        (seen.due_at <= at, State.OVERDUE.value),
        (seen.notice_at <= at, State.DUE.value),
        else_=State.CURRENT.value,
    )


def _category(layer: Layer, objects: sa.FromClause) -> sa.ColumnElement[Any]:
    patrol = patrolled(layer)
    if not patrol.by:
        return sa.literal(patrol.unknown, sa.Text())
    column = objects.c[patrol.by]
    return sa.func.coalesce(column, patrol.unknown) if patrol.unknown else column


def _live(schema: Schema, layer: Layer, ruled: _Ruled) -> tuple[sa.FromClause, _Seen]:
    """Join the status rows; an object without a rule has none, so that its visits are looked up."""
    status = schema.table(layers.one(Use.STATUS)).alias()
    check = schema.table(layers.one(Use.CHECK))
    found = sa.select(*_last(check)).where(check.c.object_id == ruled.object_id, *_counting(check, layer, None))
    unruled = found.where(ruled.rule.c.id.is_(None)).lateral()
    own = (status.c.object_id == ruled.object_id) & (status.c.rule_version_id == ruled.rule.c.id)
    last = {name: sa.func.coalesce(status.c[name], unruled.c[name]) for name in LAST}
    joined = ruled.rows.outerjoin(status, own).outerjoin(unruled, sa.true())
    return joined, _Seen(**last, notice_at=status.c.notice_at, due_at=status.c.due_at)


def _from_events(schema: Schema, layer: Layer, ruled: _Ruled, *, moment: Moment) -> tuple[sa.FromClause, _Seen]:
    """Join the last visits as they were known and seen at the moment, and count the due instants from them.

    Object by object, by the index of checks: a town costs what a town holds, not what the county holds.
    """
    check = schema.table(layers.one(Use.CHECK))
    counted = sa.select(*_last(check)).where(check.c.object_id == ruled.object_id)
    counted = counted.where(*_counting(check, layer, moment.known_at))
    if moment.seen_before is not None:
        counted = counted.where(check.c.seen_at < moment.seen_before)
    seen = counted.lateral()
    days = ruled.rule.c.amount + 1
    due_at = _midnight(seen.c.last_done_at, days, moment.zone)
    notice_at = _midnight(seen.c.last_done_at, days - ruled.rule.c.notice_days, moment.zone)
    joined = ruled.rows.outerjoin(seen, sa.true())
    return joined, _Seen(**{name: seen.c[name] for name in LAST}, notice_at=notice_at, due_at=due_at)


def _last(check: sa.Table) -> list[sa.Label[Any]]:
    """Give the columns `LAST` of a group of checks."""
    ordered = sa.dialects.postgresql.aggregate_order_by(check.c.outcome, check.c.seen_at.desc(), check.c.outcome.desc())
    latest = sa.type_coerce(sa.func.array_agg(ordered), sa.ARRAY(sa.Text()))
    done_at = sa.func.max(check.c.seen_at).filter(check.c.outcome == "done")
    values = (done_at, sa.func.max(check.c.seen_at), latest[1])
    return [value.label(name) for name, value in zip(LAST, values, strict=True)]


def _counting(check: sa.Table, layer: Layer, known_at: datetime | None) -> tuple[sa.ColumnElement[bool], ...]:
    ours = (check.c.layer == layer.name, check.c.kind == patrolled(layer).kind)
    return (*ours, *standing(check.c.recorded_at, check.c.voided_at, known_at))


def _midnight(last_done_at: sa.ColumnElement[Any], days: sa.ColumnElement[Any], zone: str) -> sa.ColumnElement[Any]:
    return sa.func.midnight(last_done_at, sa.cast(days, sa.Integer()), zone, type_=sa.DateTime(timezone=True))


def within(objects: sa.FromClause, srid: int, where: Where) -> list[sa.ColumnElement[bool]]:
    """Give the conditions under which rows of a layer are asked about."""
    found: list[sa.ColumnElement[bool]] = []
    if where.town_id is not None:
        found.append(objects.c.town_id == where.town_id)
    if where.cell_id is not None:
        found.append(objects.c.cell_id == where.cell_id)
    if where.box is not None:
        found += _meets(objects, srid, within_use(where.box, srid))
    return found


def _meets(objects: sa.FromClause, srid: int, box: Box | None) -> list[sa.ColumnElement[bool]]:
    """Give the conditions for meeting a box in EPSG:4326, whose sides follow their parallels in storage metres too.

    A box without width or height is the line or the point that it is: ST_Envelope makes that of it, and
    ST_MakeEnvelope a polygon that ST_Intersects cannot read. What lies in the box's core meets it without being looked
    at: most of what a box holds.
    """
    if box is None:
        return [sa.false()]
    step = max((box.east - box.west) / STEPS, (box.north - box.south) / STEPS, FINEST_DEG)
    corners = [sa.func.ST_MakePoint(*corner) for corner in ((box.west, box.south), (box.east, box.north))]
    extent = sa.func.ST_SetSRID(sa.func.ST_Envelope(sa.func.ST_MakeLine(*corners)), EXCHANGE)
    here = _once(sa.func.ST_Transform(sa.func.ST_Segmentize(extent, step), srid))
    meets: sa.ColumnElement[bool] = sa.func.ST_Intersects(objects.c.geom, here)
    inner = core(box, srid, step=step)
    if inner is not None:
        meets = sa.or_(objects.c.geom.op("@")(_once(sa.func.ST_MakeEnvelope(*inner, srid))), meets)
    return [objects.c.geom.op("&&")(here), meets]


def _once(value: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """Give a value that a prepared statement works out once, and not for every row."""
    return sa.select(value).scalar_subquery()
