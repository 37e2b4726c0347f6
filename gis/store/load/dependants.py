"""What refers to rows of a layer: events and registers about them, joins by their key, registers that name their place.

What is worked out from them is no reference: a status, or in which town and cell an object lies, follows by itself.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.schema import PLACES

ABOUT = frozenset({"layer", "object_id"})
VOID = "voided_at"


@dataclass(frozen=True, slots=True)
class Dependants:
    """How many rows of which layers refer to rows of a layer, and notes on what was made from it since."""

    rows: tuple[tuple[Layer, int], ...]
    notes: tuple[str, ...] = ()


def dependants(
    connection: sa.Connection, county: County, layer: Layer, ids: sa.Select[tuple[int]], *, since: datetime
) -> Dependants:
    """Give what refers to the rows with these ids; a voided record refers to nothing, and a status is no reference.

    Plans are not counted among them: they keep their input's digest, so a note names those made `since`.
    """
    counts = []
    for each in layers.every():
        if Use.STATUS in each.uses:
            continue
        conditions = _references(county, each, layer, ids)
        if conditions:
            table = county.schema.table(each)
            query = sa.select(sa.func.count()).select_from(table).where(sa.or_(*conditions))
            standing = query.where(table.c[VOID].is_(None)) if VOID in table.c else query
            counts.append((each, connection.execute(standing).scalar_one()))
    return Dependants(tuple((each, count) for each, count in counts if count), _plans(connection, county, since))


def _references(county: County, other: Layer, layer: Layer, ids: sa.Select[tuple[int]]) -> list[sa.ColumnElement[bool]]:
    """Give the conditions under which a row of another layer refers to one of the rows."""
    table, stored = county.schema.table(other), county.schema.table(layer)
    found: list[sa.ColumnElement[bool]] = [
        table.c[field.name].in_(ids) for field in other.fields if field.refers == layer.name
    ]
    if {field.name for field in other.fields} >= ABOUT:
        found.append((table.c.layer == layer.name) & table.c.object_id.in_(ids))
    keys = sa.select(stored.c[layer.key]).where(stored.c.id.in_(ids))
    found += [table.c[field.name].in_(keys) for field in other.fields if field.joins == layer.name]
    if not other.located:
        found += [table.c[name].in_(ids) for name in other.places if PLACES[name] in layer.uses]
    return found


def _plans(connection: sa.Connection, county: County, since: datetime) -> tuple[str, ...]:
    run = county.schema.table(layers.one(Use.RUN))
    query = sa.select(run.c.number).where(run.c.recorded_at > since).order_by(run.c.id)
    found = connection.scalars(query).all()
    if not found:
        return ()
    numbers = ", ".join(found)
    return (f"此后做过的方案不会改变，如需更新请重做：{numbers} · plans made since are kept as they are: {numbers}",)
