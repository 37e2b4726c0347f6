"""Whether a county is in order: its status a recount, its metres true, and every object with rule, cell and worker."""

from dataclasses import dataclass

import sqlalchemy as sa
from geoalchemy2.shape import to_shape

from gis import crs, layers
from gis.find.duty import duty, patrolled
from gis.find.states import State
from gis.find.unchecked import Question, counts, moment_of
from gis.layer import Layer, Use
from gis.store.county import County, now

STATUS = (
    *("object_id", "layer", "town_id", "cell_id", "rule_version_id"),
    *("last_done_at", "last_try_at", "last_try", "notice_at", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Objects of a patrolled layer that lack what they should have, of all of them."""

    layer: Layer
    stock: int
    without_rule: int
    without_cell: int
    without_worker: int


def stale(connection: sa.Connection, county: County) -> int:
    """Give the number of objects whose status is not what the checks and rules say; 0 of a county in order."""
    names = ", ".join(STATUS)
    ids = " UNION ALL ".join(
        f"SELECT id FROM {county.schema.table(each).name}"  # noqa: S608 - a table of our own layers
        for each in layers.every()
        if each.patrol is not None
    )
    wanted = f"SELECT {names} FROM status_wanted(ARRAY({ids}))"  # noqa: S608 - as above
    stored = f"SELECT {names} FROM status"  # noqa: S608 - as above
    differing = f"({wanted} EXCEPT {stored}) UNION ALL ({stored} EXCEPT {wanted})"
    query = f"SELECT count(DISTINCT object_id) FROM ({differing}) differing"  # noqa: S608 - as above
    return int(connection.execute(sa.text(query)).scalar_one())


def gaps(county: County) -> tuple[Gap, ...]:
    """Give per patrolled layer the objects without a rule in force today, a cell, or a person who answers for them.

    Who answers is said by `gis.find.duty`: without areas in force nobody does.
    """
    today = duty(county, county.today()).by_layer()
    found = []
    for layer in patrolled():
        question = Question(layer)
        counted = counts(county, question, moment_of(county, question, now()))
        table = county.schema.table(layer)
        query = sa.select(sa.func.count()).where(table.c.cell_id.is_(None))
        with county.reading() as connection:
            without_cell = int(connection.execute(query).scalar_one())
        without_worker = today.get(layer.name, (0, 0))[1]
        found.append(Gap(layer, counted.stock, counted.total[State.NO_RULE], without_cell, without_worker))
    return tuple(found)


def scale_error(connection: sa.Connection, county: County) -> float:
    """Give the largest scale error of the storage metres within the county's outline (1/2000 is the limit)."""
    table = county.schema.table(layers.one(Use.COUNTY))
    outline = to_shape(connection.execute(sa.select(table.c.geom.ST_Transform(crs.EXCHANGE))).scalar_one())
    return crs.scale_error(outline, county.srid)
