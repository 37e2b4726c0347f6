"""What a delivery that replaces ends: rows that are stored and that it lacks. They go to the past, nothing is lost.

A row that was rejected is not lacking: its stored version stands until the file is mended. Where a rejected row has no
key that can be read, it may be any stored row, so that ending the others needs a `sure` word.
"""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Layer, Use
from gis.store.copying import temporary
from gis.store.formats.delivered import Fault
from gis.store.load.merging import Merge
from gis.store.load.placing import placed
from gis.store.schema import TYPES
from gis.store.town import Town

FEW = 0.05
"""The share of stored rows that a delivery may end without being asked."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The stored rows that end: the SQL that is true of them, how many of how many, and why that needs a word."""

    where: sa.ColumnElement[bool]
    count: int
    doubt: str = ""


def refuse_without_town(layer: Layer) -> None:
    """Refuse to limit to a town a layer whose rows lie in none."""
    if "town_id" not in layer.places:
        raise Refused(
            f"{layer.title}不按镇街归属，不能限定镇街 · {layer.name}: rows lie in no town, --town cannot limit them"
        )


def outside(connection: sa.Connection, merge: Merge, town: Town) -> list[Fault]:
    """Give the staged rows that lie outside a town: where they are delivered to be, else where they are stored."""
    table, stored = merge.table, merge.stored
    place: sa.ColumnElement[int]
    if "town_id" in merge.brought:
        place = table.c.town_id
    elif merge.located:
        places = placed(connection, merge.layer, table)
        place = sa.select(places.c.town_id).where(places.c.row_no == table.c.row_no).scalar_subquery()
    else:
        place = sa.select(stored.c.town_id).where(merge.same_key).scalar_subquery()
    area = merge.county.schema.table(layers.one(Use.TOWN)).alias()
    lying = sa.select(table.c.row_no, place.label("town_id")).subquery()
    query = (
        sa.select(lying.c.row_no, area.c.name)
        .select_from(lying.outerjoin(area, area.c.id == lying.c.town_id))
        .where(lying.c.town_id.is_distinct_from(town.id))
        .order_by(lying.c.row_no)
    )
    return [
        Fault(row.row_no, "geom", "within_town", f"a place in {town.name}", row.name or "outside all towns")
        for row in connection.execute(query)
    ]


def ending(
    connection: sa.Connection, merge: Merge, *, rejected: Collection[object], unknown: int, town: Town | None
) -> Ending:
    """Give the stored rows that end because the delivery lacks them, in a town where one is given.

    `rejected` are the keys of rejected rows; `unknown` of them have none that can be read.
    """
    stored, key = merge.stored, merge.layer.key
    kept = pd.DataFrame({"key": sorted(rejected, key=str)}, dtype=object)
    kind = TYPES[merge.layer.field(key).kind]
    held = temporary(connection, "held", [sa.Column("key", kind)], kept)
    within = stored.c.town_id == town.id if town is not None else sa.true()
    lacking = ~sa.exists().where(merge.same_key) & ~sa.exists().where(held.c.key == stored.c[key])
    counts = sa.select(sa.func.count(), sa.func.count().filter(lacking)).select_from(stored).where(within)
    total, count = connection.execute(counts).one()
    return Ending(within & lacking, count, _doubt(merge.layer, count, total=total, unknown=unknown))


def _doubt(layer: Layer, count: int, *, total: int, unknown: int) -> str:
    """Give the sentence that asks whether so many rows are to end; empty where that needs no asking."""
    if count and unknown:
        return (
            f"退回的行中有{unknown}行读不出编号，可能正是将要终止的{count}行之一；确认请加 --yes · "
            f"{layer.name}: {unknown} rejected rows have no key that can be read and may be among the {count} stored "
            "rows that would end; --yes ends them"
        )
    if count > FEW * total:
        return (
            f"将终止{layer.title}在库{total}行中的{count}行（{count / total:.1%}），超过5%；确认请加 --yes · "
            f"{layer.name}: {count} of {total} stored rows are not in the delivery and would end, more than 5 %; "
            "--yes ends them"
        )
    return ""


def end(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], delivery_id: int) -> None:
    """End the stored rows for which `where` is true, noting in their past which delivery did."""
    locked = sa.select(table.c.id).where(where).order_by(table.c.id)
    connection.execute(locked.with_for_update(of=table))  # in the order in which checks lock their objects
    connection.execute(sa.select(sa.func.set_config("wangge.delivery", str(delivery_id), True)))
    connection.execute(sa.delete(table).where(where))
    connection.execute(sa.select(sa.func.set_config("wangge.delivery", "", True)))
