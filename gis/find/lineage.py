"""What became of grid cells: the ones that came out of those that ended."""

from datetime import date, datetime

import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.store.county import County
from gis.store.versions import known


def refuse_ended(connection: sa.Connection, county: County, code: str, day: date, known_at: datetime | None) -> None:
    """Refuse a cell that had ended before `day`, as known then, naming the cells that came out of it.

    Its objects lie in those since: a count of the old one would say that there are none.
    """
    cell = known(county.schema, layers.one(Use.CELL), known_at)
    last = connection.execute(sa.select(cell.c.valid_to).where(cell.c.code == code)).scalar_one_or_none()
    if last is None or last >= day:
        return
    children = successors(connection, county, code)
    now, became = ("、".join(children), ", ".join(children)) if children else ("无", "none")
    raise Refused(
        f"网格 {code} 于 {last} 停用，现为 {now}；当时的情况用 --as-of 查 · cell {code} ended on {last} and "
        f"became {became}: ask for those, or with --as-of for a day up to {last}"
    )


def successors(connection: sa.Connection, county: County, code: str) -> tuple[str, ...]:
    """Give the codes of the cells that came out of a cell, in order; empty where it never changed."""
    change = county.schema.table(layers.one(Use.CELL_CHANGE))
    query = sa.select(change.c.child_code).where(change.c.parent_code == code).order_by(change.c.child_code)
    return tuple(connection.scalars(query))
