"""Areas take force: a decision from which day a run of patrol areas holds; earlier decisions stay on record."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.run.handover import PLAN
from gis.run.record import named
from gis.store.county import County


@dataclass(frozen=True, slots=True)
class Adopted:
    """A decision: the run, its first day, how many areas it has and for how many of them nobody is named."""

    run: int
    from_on: date
    areas: int
    without_worker: int


def adopt(county: County, run: str, from_on: date, *, reason: str = "") -> Adopted:
    """Put the areas of a run, by its id or number, in force from a day on. Refused where there is no such run."""
    with county.writing() as connection:
        found = int(named(connection, county, PLAN, run).id)
        return adopted(connection, county, found, from_on, reason=reason)


def adopted(connection: sa.Connection, county: County, run: int, from_on: date, *, reason: str = "") -> Adopted:
    """Write the decision. Refused where the run made no area."""
    area = county.schema.table(layers.one(Use.PATROL_AREA))
    query = sa.select(sa.func.count(), sa.func.count(area.c.worker_code)).where(area.c.run_id == run)
    areas, named = connection.execute(query).one()
    if not areas:
        raise Refused(f"运算 {run} 没有片区 · run {run}: expected at least one area, got none")
    table = county.schema.table(layers.one(Use.AREA_ADOPTION))
    number = sa.func.concat("area_adoption-", sa.func.nextval("object_id"))
    values = {"run_id": run, "from_on": from_on, "reason": reason.strip() or None}
    connection.execute(sa.insert(table).values(number=number, **values))
    return Adopted(run, from_on, int(areas), int(areas) - int(named))
