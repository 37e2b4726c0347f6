"""The workbook of a run of risers, fetched and written."""

from dataclasses import asdict

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.layer import Use
from gis.report import risers as report
from gis.report.risers import Lists
from gis.run.record import named
from gis.run.riser_ledger import BLOCKED, CHOSEN, LATER, UNKNOWN, rules_of
from gis.run.risers import PLAN
from gis.store.county import County


def book(county: County, run: str | None) -> bytes:
    """Give the workbook (.xlsx) of a run, by its id or number; of the newest where none is named.

    UnknownName where there is no such run. The rules in it are those in force today.
    """
    layer = layers.one(Use.RISER_PLAN)
    table = county.schema.table(layer)
    with county.reading() as connection:
        found = named(connection, county, PLAN, run)
        columns = [table.c[field.name] for field in layer.fields]
        result = connection.execute(sa.select(*columns).where(table.c.run_id == found.id).order_by(table.c.code))
        rows = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
        rules = sorted(rules_of(connection, county).values(), key=lambda each: each.rule)
    parts = ([CHOSEN], [LATER], [*BLOCKED, UNKNOWN])
    lists = Lists(*(rows[rows["outcome"].isin(names)] for names in parts))
    day = found.recorded_at.astimezone(county.timezone).date()
    told = {**found.result, "run": found.number}
    return report.book(layer, lists, told, rules=[asdict(each) for each in rules], day=day)
