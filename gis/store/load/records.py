"""Records of existing systems into a log: what is new is added, what is known stays, and nothing is ever rewritten.

A record is its system's number: its key is made of both, so that a second delivery changes nothing. One that comes
again with other content is rejected and says what differs; voiding is an act of its own. Its instant is kept as it was
known: a day alone is stored as its first instant and says so. `recorded_at` is ours, so that past figures stay true.
"""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from psycopg.errors import ForeignKeyViolation

from gis.errors import Refused
from gis.layer import Kind, Layer
from gis.store.copying import derived
from gis.store.county import County
from gis.store.formats.delivered import Fault, shown
from gis.store.load import linking, staging
from gis.store.load.conform import Conformed, Match, Mode, Terms
from gis.store.load.outcome import Effects, Origin, Outcome, outcome_of, recorded
from gis.store.repeat import retried

LOADING = "SELECT pg_advisory_xact_lock(7718, 0)"
"""Records are loaded one file at a time: so what is counted as new is new. Whoever checks meanwhile does not wait."""


def take(county: County, layer: Layer, rows: Conformed, origin: Origin, terms: Terms, *, delivered: int) -> Outcome:
    """Add the records of a delivery to a log in one transaction, and record the delivery.

    Refused where rows are to be replaced, paired or limited to a town: a log is only added to.
    """
    refuse_other_terms(layer, terms)

    def write(connection: sa.Connection) -> Outcome:
        connection.exec_driver_sql(LOADING)
        table, found, faults = judged(connection, county, layer, rows)
        effects = Effects(new=_counted(connection, county, layer, table))
        outcome = outcome_of(layer, found, faults, delivered, effects)
        identity, number = recorded(connection, county, outcome, origin, mode=terms.mode, town=None)
        _add(connection, county, layer, table, found, (identity, origin))
        return replace(outcome, number=number)

    return retried(county, write, also=(ForeignKeyViolation,))  # an object may end between its lookup and its record


def rehearsed(county: County, layer: Layer, rows: Conformed, terms: Terms, *, delivered: int) -> Outcome:
    """Give what the records of a delivery would come to, and store nothing."""
    refuse_other_terms(layer, terms)
    with county.engine.connect() as connection:
        table, found, faults = judged(connection, county, layer, rows)
        effects = Effects(new=_counted(connection, county, layer, table))
        connection.rollback()
    return outcome_of(layer, found, faults, delivered, effects)


def refuse_other_terms(layer: Layer, terms: Terms) -> None:
    """Refuse what only a layer that can change takes."""
    if terms.mode is not Mode.UPSERT or terms.match is not Match.KEY or terms.town is not None:
        raise Refused(
            f"{layer.title}只增不改，不能替换、配对或限定镇街 · {layer.name}: a log is only added to, "
            "it takes no --mode replace, --match overlap or --town"
        )


def judged(
    connection: sa.Connection, county: County, layer: Layer, rows: Conformed
) -> tuple[sa.Table, Conformed, list[Fault]]:
    """Stage records and give the good ones' table, the rows with their objects, and every fault."""
    found, links = linking.linked(connection, county, layer, rows)
    table = staging.staged(connection, layer, found, county.srid)
    faults = linking.judged(connection, county, layer, table, links)
    staging.without(connection, table, faults)
    rewritten = _rewritten(connection, county, layer, table, found)
    staging.without(connection, table, rewritten)
    return table, found, [*found.faults, *faults, *rewritten]


def _rewritten(
    connection: sa.Connection, county: County, layer: Layer, table: sa.Table, rows: Conformed
) -> list[Fault]:
    """Give the rows that say something else than what is recorded under their key, field by field."""
    stored = county.schema.table(layer)
    same = stored.c[layer.key] == table.c[layer.key]
    pairs = {name: (_told_of(stored.c[name], layer.field(name).kind), table.c[name]) for name in rows.fields}
    differing = sa.or_(*(was.is_distinct_from(came) for was, came in pairs.values()))
    suspects = derived(connection, "rewritten", sa.select(table.c.row_no).where(same, differing))
    if connection.scalar(sa.select(sa.func.count()).select_from(suspects)) == 0:
        return []
    faults = []
    for name, (was, came) in pairs.items():
        query = sa.select(table.c.row_no, was, came).where(suspects.c.row_no == table.c.row_no, same)
        query = query.where(was.is_distinct_from(came)).order_by(table.c.row_no)
        faults += [
            Fault(
                row, name, "recorded", f"已记录 {_told(old)}，日志不改写 · recorded, a log is not rewritten", _told(new)
            )
            for row, old, new in connection.execute(query)
        ]
    return faults


def _told_of(column: sa.ColumnElement[Any], kind: Kind) -> sa.ColumnElement[Any]:
    """Give what a file can tell of a column: an empty text is nothing in most forms."""
    return sa.func.nullif(column, "") if kind is Kind.TEXT else column


def _told(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else shown(value)


def _counted(connection: sa.Connection, county: County, layer: Layer, table: sa.Table) -> int:
    stored = county.schema.table(layer)
    known = sa.exists().where(stored.c[layer.key] == table.c[layer.key])
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(~known)).scalar_one())


def _add(
    connection: sa.Connection,
    county: County,
    layer: Layer,
    table: sa.Table,
    rows: Conformed,
    said: tuple[int, Origin],
) -> None:
    """Insert what is not recorded yet by one statement, so that what counts the log runs once."""
    delivery_id, origin = said
    stored = county.schema.table(layer)
    values: dict[str, Any] = {name: table.c[name] for name in rows.fields}
    values["delivery_id"] = sa.literal(delivery_id)
    if "synthetic" in stored.c and "synthetic" not in values:
        values["synthetic"] = sa.literal(origin.synthetic)
    known = sa.exists().where(stored.c[layer.key] == table.c[layer.key])
    chosen = sa.select(*(value.label(name) for name, value in values.items())).where(~known)
    ordered = chosen.order_by(*(table.c[each.name] for each in layer.fields if each.precision), table.c[layer.key])
    connection.execute(sa.insert(stored).from_select(list(values), ordered, include_defaults=False))
