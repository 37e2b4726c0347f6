"""What is done for a county after much was written to it."""

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County

MUCH = 1_000
"""Of fewer rows no plan depends; autovacuum comes to them."""


def refreshed(county: County, layer: Layer, written: int) -> tuple[str, ...]:
    """Tell the planner of tables of which a load wrote much, a tenth or more, after it is stored; give their names.

    `written` rows of the layer count as many of what follows them: status, and lengths by cell.
    """
    if written < MUCH:
        return ()
    names = [layer.name]
    names += [layers.one(Use.STATUS).name] if layer.patrol is not None or Use.CHECK in layer.uses else []
    names += [layers.one(Use.LINE_CELL).name] if layer.by_length else []
    with county.writing() as connection:
        asked = [(name, connection.scalar(sa.select(sa.func.refresh_statistics(name, written)))) for name in names]
    return tuple(name for name, done in asked if done)
