"""What is done for a county after much was written to it."""

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County


def refreshed(county: County, layer: Layer, written: int) -> tuple[str, ...]:
    """Tell the planner of tables of which a load wrote a tenth or more, in transactions of their own; give their names.

    `written` rows of the layer count as many of what follows them: status, and lengths by cell.
    """
    names = [layer.name]
    names += [layers.one(Use.STATUS).name] if layer.patrol is not None or Use.CHECK in layer.uses else []
    names += [layers.one(Use.LINE_CELL).name] if layer.by_length else []
    found = []
    for name in names:
        with county.writing() as connection:
            if connection.scalar(sa.select(sa.func.refresh_statistics(name, written))):
                found.append(name)
    return tuple(found)
