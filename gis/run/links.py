"""Links stored with their past: a run writes what differs, a person's decision stands above every run."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gis import layers
from gis.errors import Refused, UnknownName
from gis.find.match_evidence import State
from gis.layer import Layer, Use
from gis.store import copying
from gis.store.county import County
from gis.store.repeat import retried

HAND, RUN = "hand", "run"
NONE, AUTO = "none", "auto"
SAID = ("house", "state", "score", "evidence", "reason", "candidates", "floor", "unit", "room")
"""What a link says; which run said it is no part of that, so the same answer is not written twice."""


class Pair(NamedTuple):
    """A layer whose rows are tied, and the layer of the houses."""

    layer: Layer
    to: Layer


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the stored links."""

    new: int
    changed: int
    unchanged: int
    kept: int
    contrary: int
    ended: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision by hand: the row, the house that it is in (None: in none, or left to runs), and the one before."""

    layer: str
    subject: str
    house: str | None
    before: str | None
    decided_by: str
    reason: str


def require(layer: Layer, to: Layer) -> None:
    """Refuse layers that do not declare what tying takes, naming those that do."""
    for wanted, each, chinese in (("match", layer, "不归户"), ("footprint", to, "不是房屋")):
        if getattr(each, wanted) is None:
            able = ", ".join(other.name for other in layers.every() if getattr(other, wanted) is not None)
            raise Refused(f"{each.title}{chinese} · layer {each.name} declares no `{wanted}`; those that do: {able}")


def store(connection: sa.Connection, county: County, pair: Pair, found: pd.DataFrame) -> Written:
    """Bring the stored links of two layers to what was found: `subject`, what is said of it, `invented` and `run_id`.

    Links decided by hand are left as they are, also while their row is gone.
    """
    table = county.schema.table(layers.one(Use.LINK))
    connection.execute(sa.text(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))
    names = ["subject", *SAID, "run_id"]
    columns = [sa.Column(name, table.c[name].type) for name in names]
    columns.append(sa.Column("invented", sa.Boolean()))
    fresh = copying.temporary(connection, "links_found", columns, found[[*names, "invented"]])
    mine = (table.c.layer == pair.layer.name) & (table.c.houses == pair.to.name)
    same = mine & (table.c.subject == fresh.c.subject)
    standing, kept, contrary = _standing(connection, table, fresh, same)
    gone = table.c.subject.not_in(sa.select(fresh.c.subject))
    ended = connection.execute(sa.delete(table).where(mine, table.c.decided_by == RUN, gone)).rowcount
    values = {name: fresh.c[name] for name in (*SAID, "run_id")} | {"invented": _invented(table, fresh)}
    differs = [table.c[name].is_distinct_from(value) for name, value in values.items() if name != "run_id"]
    update = sa.update(table).values(values).where(same, table.c.decided_by == RUN, sa.or_(*differs))
    changed = connection.execute(update).rowcount
    _insert(connection, table, pair, fresh, values | {"decided_by": sa.literal(RUN)})
    return Written(len(found) - standing, changed, standing - changed - kept, kept, contrary, ended)


def _standing(
    connection: sa.Connection, table: sa.Table, fresh: sa.Table, same: sa.ColumnElement[bool]
) -> tuple[int, int, int]:
    """Give how many rows have a link, how many of these by hand, and how many of those evidence would tie elsewhere."""
    hand = table.c.decided_by == HAND
    elsewhere = fresh.c.house.is_not(None) & fresh.c.house.is_distinct_from(table.c.house)
    counts = (sa.func.count(), sa.func.count().filter(hand), sa.func.count().filter(hand & elsewhere))
    standing, kept, contrary = connection.execute(sa.select(*counts).select_from(table.join(fresh, same))).one()
    return int(standing), int(kept), int(contrary)


def _invented(table: sa.Table, fresh: sa.Table) -> sa.ColumnElement[Any]:
    kind = table.c.invented.type
    return sa.case((fresh.c.invented, sa.literal(list(SAID[:2]), kind)), else_=sa.literal([], kind))


def _insert(
    connection: sa.Connection, table: sa.Table, pair: Pair, fresh: sa.Table, values: dict[str, sa.ColumnElement[Any]]
) -> None:
    """Write the links of rows that have none; a row that comes back has its former id."""
    past = sa.Table(f"{table.name}_past", sa.MetaData(), sa.Column("id", sa.BigInteger()), sa.Column("code", sa.Text()))
    code = sa.func.concat_ws("/", pair.layer.name, fresh.c.subject, pair.to.name)
    former = sa.select(sa.func.max(past.c.id)).where(past.c.code == code).scalar_subquery()
    whole: dict[str, sa.ColumnElement[Any]] = {
        "id": sa.func.coalesce(former, sa.func.nextval("object_id")),
        "code": code,
        "layer": sa.literal(pair.layer.name),
        "subject": fresh.c.subject,
        "houses": sa.literal(pair.to.name),
        **values,
    }
    absent = ~sa.exists().where(table.c.code == code)
    rows = sa.select(*(value.label(name) for name, value in whole.items())).where(absent).order_by(fresh.c.subject)
    connection.execute(sa.insert(table).from_select(list(whole), rows, include_defaults=False))


def decide(county: County, pair: Pair, subject: str, house: str, reason: str) -> Decided:
    """Tie a row to a house by hand, to `none`, or leave it to the next run (`auto`); runs keep what a person decides.

    Refused without a reason; UnknownName where the row or the house is not stored.
    """
    require(*pair)
    if not reason.strip():
        raise Refused("--reason: 人工判定须写理由 · a decision by hand has a reason")

    def write(connection: sa.Connection) -> Decided:
        for each, key in ((pair.layer, subject), (pair.to, house)):
            if each is pair.layer or key not in {NONE, AUTO}:
                _require_row(connection, county, each, key)
        return _decided(connection, county, pair, subject, (house, reason.strip()))

    return retried(county, write)


def _require_row(connection: sa.Connection, county: County, layer: Layer, key: str) -> None:
    table = county.schema.table(layer)
    query = sa.select(table.c.id).where(sa.cast(table.c[layer.key], sa.Text()) == key)
    if connection.execute(query).first() is None:
        title = layer.field(layer.key).title
        raise UnknownName(f"{layer.title}没有{title} {key} · no {layer.name} with {layer.key} {key!r} is stored")


def _decided(connection: sa.Connection, county: County, pair: Pair, subject: str, said: tuple[str, str]) -> Decided:
    table = county.schema.table(layers.one(Use.LINK))
    house, reason = (None if said[0] in {NONE, AUTO} else said[0]), said[1]
    code = f"{pair.layer.name}/{subject}/{pair.to.name}"
    before = connection.execute(sa.select(table.c.house).where(table.c.code == code)).first()
    by = RUN if said[0] == AUTO else HAND
    values: dict[str, object] = {
        "house": house,
        "state": (State.MATCHED if house else State.UNMATCHED).value,
        "score": 1.0 if house else 0.0,
        "evidence": HAND if by == HAND else None,
        "reason": reason,
        "candidates": None,
        "decided_by": by,
        "run_id": None,
        "invented": [],
    }
    named = {"code": code, "layer": pair.layer.name, "subject": subject, "houses": pair.to.name}
    insert = postgresql.insert(table).values(named | values)
    connection.execute(insert.on_conflict_do_update(index_elements=[table.c.code], set_=values))
    return Decided(pair.layer.name, subject, house, before.house if before else None, by, reason)
