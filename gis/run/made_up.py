"""What of the data behind a result is invented, in words: every list that is handed on says it."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.run.pipe_ground import demanding, supplying
from gis.store.county import County


def made_up(connection: sa.Connection, county: County, of: Iterable[Layer]) -> tuple[str, ...]:
    """Give which of some layers hold invented rows: their titles, with how many; empty where all is real."""
    found = []
    for layer in of:
        table = county.schema.table(layer)
        invented = sa.func.count().filter(sa.func.cardinality(table.c.invented) > 0)
        some, every = connection.execute(sa.select(invented, sa.func.count()).select_from(table)).one()
        if some:
            found.append(f"{layer.title} {some:,} / {every:,} 行")
    return tuple(found)


def behind_pipes(connection: sa.Connection, county: County) -> tuple[str, ...]:
    """Give which of the layers that a pipe plan is made from hold invented rows, as `made_up` does."""
    return made_up(connection, county, (supplying()[0], demanding()[0], *layers.using(Use.STREET)))


def labels(invented: Sequence[str]) -> tuple[str, ...]:
    """Give the sentences that stand above a list; none where nothing is invented."""
    return (f"合成数据（虚构）：{'、'.join(invented)}",) if invented else ()
