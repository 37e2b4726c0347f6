"""What became of grid cells: the ones that came out of those that ended."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.store.county import County
from gis.store.versions import known


class Successors(NamedTuple):
    """The codes of the cells that came out of a cell, in order, and its last day; both empty where it never changed."""

    children: tuple[str, ...]
    last: date | None


def refuse_ended(connection: sa.Connection, county: County, code: str, day: date, known_at: datetime | None) -> None:
    """Refuse a cell that had ended before `day`, as known then, naming the cells that came out of it.

    Its objects lie in those since: a count of the old one would say that there are none.
    """
    cell = known(county.schema, layers.one(Use.CELL), known_at)
    row = connection.execute(sa.select(cell.c.valid_to).where(cell.c.code == code)).first()
    change = successors(connection, county, code, known_at)
    last = row.valid_to if row is not None else change.last
    if last is None or last >= day:
        return
    children = change.children
    now, became = ("、".join(children), ", ".join(children)) if children else ("无", "none")
    raise Refused(
        f"网格 {code} 于 {last} 停用，现为 {now}；当时的情况用 --as-of 查 · cell {code} ended on {last} and "
        f"became {became}: ask for those, or with --as-of for a day up to {last}"
    )


def successors(connection: sa.Connection, county: County, code: str, known_at: datetime | None) -> Successors:
    """Give the cells that came out of a cell, as recorded before `known_at`, and the last day before they did."""
    change = county.schema.table(layers.one(Use.CELL_CHANGE))
    query = sa.select(change.c.child_code, change.c.changed_on).where(change.c.parent_code == code)
    if known_at is not None:
        query = query.where(change.c.recorded_at < known_at)
    rows = connection.execute(query.order_by(change.c.child_code)).all()
    last = min((row.changed_on for row in rows), default=None)
    return Successors(tuple(row.child_code for row in rows), last - timedelta(days=1) if last is not None else None)
