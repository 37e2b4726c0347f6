"""Undoing a delivery: what it brought ends, what it changed is as before, what it ended comes back with its id.

Everything is found in the versions themselves: each names the delivery that brought it, and the last one before an end
the delivery that ended it. Undoing writes new versions and takes nothing back, so that what was known on a past day
stays known. A restored version names the delivery that brought its values, and a row that ends is noted as ended by
whoever had ended it before, else by the undone delivery; so deliveries can be undone one after the other, last first.

Refused where something depends on the delivery: a later delivery, an edit or an end met the same rows, or something
refers to rows that would end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Layer, Use
from gis.store.copying import temporary
from gis.store.county import County
from gis.store.load import replacing
from gis.store.load.deliveries import delivery_named
from gis.store.load.dependants import Dependants, dependants
from gis.store.load.merging import distinct
from gis.store.repeat import retried
from gis.store.schema import PLACED_AS_DELIVERED

NEW, CHANGED, ENDED = "new", "changed", "ended"


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing a delivery did: rows that ended, have their old values again, and came back; and what to know of it.

    `notes` are sentences in Chinese and English.
    """

    number: str
    layer: str
    ended: int
    restored: int
    returned: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Work:
    """A delivery to be undone: its layer's tables, and `turns`, what is to become of each object it touched."""

    county: County
    layer: Layer
    delivery: sa.Row[Any]
    turns: sa.Table

    @property
    def stored(self) -> sa.Table:
        return self.county.schema.table(self.layer)

    @property
    def past(self) -> sa.Table:
        return self.county.schema.past(self.layer)

    @property
    def before(self) -> sa.ColumnElement[bool]:
        """Whether a past version is the one that an object goes back to."""
        return (self.past.c.id == self.turns.c.id) & (self.past.c.recorded_at == self.turns.c.back_at)


def undo(county: County, number: str) -> Undone:
    """Undo a delivery by its number, `D-12` or `12`, in one transaction.

    Refused with a sentence where it was undone already or something depends on it; UnknownName where there is none.
    """

    def write(connection: sa.Connection) -> Undone:
        delivery = delivery_named(connection, county, number, lock=True)
        layer = layers.named(delivery.layer)
        _refuse(layer, delivery, county.timezone)
        connection.execute(sa.text(f'LOCK TABLE "{layer.name}" IN SHARE ROW EXCLUSIVE MODE'))
        work = _Work(county, layer, delivery, _turns(connection, county, layer, delivery.id))
        held = sa.select(work.stored.c.id).where(work.stored.c.id == work.turns.c.id).order_by(work.stored.c.id)
        connection.execute(held.with_for_update(of=work.stored))  # in the order in which checks lock their objects
        _refuse_changed(connection, work)
        going = sa.select(work.turns.c.id).where(work.turns.c.what == NEW)
        known = dependants(connection, county, layer, going, since=delivery.recorded_at)
        _refuse_needed(work, known)
        counts = _carried_out(connection, work)
        table = county.schema.table(layers.one(Use.DELIVERY))
        connection.execute(sa.update(table).values(undone_at=sa.func.now()).where(table.c.id == delivery.id))
        return Undone(delivery.number, layer.name, *counts, (*known.notes, *_confirmed(connection, work)))

    try:
        return retried(county, write)
    except sa.exc.IntegrityError as error:
        told = " ".join(str(error.orig).split())
        raise Refused(
            f"{number} 不能撤销：与现有数据冲突 · what would come back contradicts what is stored: {told}"
        ) from None


def _refuse(layer: Layer, delivery: sa.Row[Any], zone: tzinfo) -> None:
    if delivery.undone_at is not None:
        moment = delivery.undone_at.astimezone(zone)
        raise Refused(f"{delivery.number} 已于 {moment:%Y-%m-%d %H:%M} 撤销 · was undone already")
    if not layer.historic:
        raise Refused(
            f"{delivery.number}：{layer.title}只增不改，不能撤销，可逐条作废 · {layer.name}: records are not taken "
            "back, each can be voided"
        )


def _turns(connection: sa.Connection, county: County, layer: Layer, identity: int) -> sa.Table:
    """Give a temporary table of the objects that a delivery touched, and which version of each stood before it."""
    stored, past = county.schema.table(layer), county.schema.past(layer)
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("what", sa.Text()),
        sa.Column("first_at", sa.DateTime(timezone=True)),
        sa.Column("back_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.BigInteger()),
    ]
    turns = temporary(connection, "turns", columns, pd.DataFrame(columns=[each.name for each in columns]))
    versions = sa.union_all(
        *(sa.select(table.c.id, table.c.recorded_at).where(table.c.delivery_id == identity) for table in (stored, past))
    ).subquery()
    first = sa.select(versions.c.id, sa.func.min(versions.c.recorded_at).label("at")).group_by(versions.c.id).subquery()
    earlier = (
        sa.select(past.c.recorded_at, past.c.recorded_until, past.c.ended_by)
        .where(past.c.id == first.c.id, past.c.recorded_at < first.c.at)
        .order_by(past.c.recorded_at.desc())
        .limit(1)
        .lateral()
    )
    followed = earlier.c.ended_by.is_(None) & (earlier.c.recorded_until == first.c.at)
    brought = sa.select(
        first.c.id,
        sa.case((followed, CHANGED), else_=NEW),
        first.c.at,
        sa.case((followed, earlier.c.recorded_at)),
        sa.func.coalesce(earlier.c.ended_by, identity),
    ).select_from(first.outerjoin(earlier, sa.true()))
    last = sa.func.min(past.c.recorded_at)
    gone = sa.select(past.c.id, sa.literal(ENDED), sa.null(), last, sa.null())
    gone = gone.where(past.c.ended_by == identity).group_by(past.c.id)
    for chosen in (brought, gone):
        connection.execute(sa.insert(turns).from_select(list(turns.c.keys()), chosen))
    return turns


def _refuse_changed(connection: sa.Connection, work: _Work) -> None:
    """Refuse where a row is no longer as the delivery left it, naming the later deliveries that changed it."""
    stored, past, turns = work.stored, work.past, work.turns
    first = past.alias()
    written = [field.name for field in work.layer.fields] + ["invented"]
    edited = sa.or_(*(distinct(stored, first, name) for name in written))
    if work.layer.geometry is not None:
        moved = distinct(stored, first, "geom")
        edited |= (moved & (stored.c.placed_by == PLACED_AS_DELIVERED)) if work.layer.placed_by_code else moved
    original = sa.exists().where(first.c.id == turns.c.id, first.c.recorded_at == turns.c.first_at, edited)
    other = stored.c.delivery_id.is_distinct_from(work.delivery.id)
    lasts = past.alias()
    last = sa.select(lasts.c.ended_by).where(lasts.c.id == turns.c.id).order_by(lasts.c.recorded_at.desc()).limit(1)
    brought = turns.c.what != ENDED
    ender = sa.case((stored.c.id.is_(None), last.scalar_subquery()), else_=stored.c.delivery_id)
    since = sa.or_(
        brought & (stored.c.id.is_(None) | other | original),
        ~brought & (stored.c.id.is_not(None) | last.scalar_subquery().is_distinct_from(work.delivery.id)),
    )
    log = work.county.schema.table(layers.one(Use.DELIVERY))
    joined = turns.outerjoin(stored, stored.c.id == turns.c.id).outerjoin(
        log, (log.c.id == ender) & (log.c.id != work.delivery.id)
    )
    query = sa.select(log.c.number, sa.func.count().label("rows")).select_from(joined).where(since)
    found = connection.execute(query.group_by(log.c.number, log.c.id).order_by(log.c.id)).all()
    if not found:
        return
    later = ", ".join(f"{row.number} {row.rows}" for row in found if row.number)
    edits = sum(row.rows for row in found if not row.number)
    parts = [*([f"交付 {later}"] if later else []), *([f"逐行修改 {edits}"] if edits else [])]
    told = [*([f"deliveries {later}"] if later else []), *([f"{edits} edited or ended by hand"] if edits else [])]
    raise Refused(
        f"{work.delivery.number} 不能撤销：之后又改动了它的行（{'；'.join(parts)}） · its rows were changed since: "
        f"{'; '.join(told)}"
    )


def _refuse_needed(work: _Work, known: Dependants) -> None:
    if known.rows:
        zh = "，".join(f"{layer.title} {count} 条" for layer, count in known.rows)
        en = ", ".join(f"{count} of {layer.name}" for layer, count in known.rows)
        raise Refused(
            f"{work.delivery.number} 不能撤销：它带来的行已被引用（{zh}） · rows that it brought are referred to: {en}"
        )


def _carried_out(connection: sa.Connection, work: _Work) -> tuple[int, int, int]:
    """End, restore and bring back; give how many of each."""
    turns = work.turns
    rows = connection.execute(sa.select(turns.c.what, sa.func.count().label("times")).group_by(turns.c.what)).all()
    counts = {str(row.what): int(row.times) for row in rows}
    new = turns.c.what == NEW
    for ender in connection.scalars(sa.select(turns.c.ended_by).where(new).distinct()).all():
        going = sa.select(turns.c.id).where(new, turns.c.ended_by == ender)
        replacing.end(connection, work.stored, work.stored.c.id.in_(going), ender)
    _bring_back(connection, work)
    return counts.get(NEW, 0), counts.get(CHANGED, 0), counts.get(ENDED, 0)


def _bring_back(connection: sa.Connection, work: _Work) -> None:
    """Give changed rows the values of the version before, and store those of ended rows again.

    Located rows then lie where their shape does: triggers see to it, as they do to whatever is worked out of a row.
    """
    stored, past, turns = work.stored, work.past, work.turns
    derived = {"id", "recorded_at", *(work.layer.places if work.layer.located else ())}
    names = [column.name for column in stored.columns if column.computed is None and column.name not in derived]
    back = sa.update(stored).values({name: past.c[name] for name in names}).where(stored.c.id == turns.c.id)
    connection.execute(back.where(work.before, turns.c.what == CHANGED))
    rows = sa.select(past.c.id, *(past.c[name] for name in names)).join_from(turns, past, work.before)
    rows = rows.where(turns.c.what == ENDED).order_by(past.c.id)
    connection.execute(sa.insert(stored).from_select(["id", *names], rows, include_defaults=False))


def _confirmed(connection: sa.Connection, work: _Work) -> Iterator[str]:
    """Say which later deliveries of the layer found rows unchanged: they may have meant what is now taken back."""
    log = work.county.schema.table(layers.one(Use.DELIVERY))
    query = sa.select(log.c.number).where(
        log.c.layer == work.layer.name, log.c.id > work.delivery.id, log.c.unchanged > 0, log.c.undone_at.is_(None)
    )
    found = connection.scalars(query.order_by(log.c.id)).all()
    if found:
        numbers = ", ".join(found)
        yield (
            f"之后的交付 {numbers} 有未变的行，可能与撤销的行相同，如需保留请再交付一次 · later deliveries found rows "
            f"unchanged that may be gone now; deliver them again: {numbers}"
        )
