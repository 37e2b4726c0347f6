"""What cells carry: households where they are known, else the objects that count as load."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from gis import layers
from gis.layer import Layer, Use
from gis.plan.blocks import Ground
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.views import spot_column

HOUSEHOLD, OBJECT = "household", "object"


@dataclass(frozen=True, slots=True)
class Carried:
    """Spots (n, 2) in storage metres, one each, and what they are: a household, or an object."""

    points: NDArray[np.float64]
    kind: str

    @property
    def load(self) -> NDArray[np.float64]:
        """What each spot counts: 1."""
        return np.ones(len(self.points))


def carried(
    connection: sa.Connection, county: County, *, cells: Collection[int] | None = None, kind: str | None = None
) -> Carried:
    """Give the households of the county, or of some cells by internal id; the objects where no household is known.

    Households are the rows that a layer declares to be such. Whether any is known is asked of the whole county, unless
    `kind` says what is to be counted.
    """
    homes = [(layer, layer.households) for layer in layers.every() if layer.households]
    known = kind == HOUSEHOLD or (
        kind is None and any(_any(connection, county, layer, where) for layer, where in homes)
    )
    chosen = homes if known else [(layer, "") for layer in layers.using(Use.LOAD)]
    parts = [_spots(connection, county, layer, where, cells) for layer, where in chosen]
    return Carried(np.concatenate([np.empty((0, 2)), *parts]), HOUSEHOLD if known else OBJECT)


def ground_of(connection: sa.Connection, county: County) -> Ground:
    """Give the streets and barriers of the county."""
    found = []
    for use in (Use.STREET, Use.BARRIER):
        lines = [shapes(features(connection, county, layer)) for layer in layers.using(use)]
        found.append(np.concatenate([np.empty(0, dtype=object), *lines]))
    return Ground.of(*found)


def _any(connection: sa.Connection, county: County, layer: Layer, where: str) -> bool:
    table = county.schema.table(layer)
    return connection.execute(sa.select(table.c.id).where(_condition(where)).limit(1)).first() is not None


def _spots(
    connection: sa.Connection, county: County, layer: Layer, where: str, cells: Collection[int] | None
) -> NDArray[np.float64]:
    table = county.schema.table(layer)
    point = table.c[spot_column(layer)]
    query = sa.select(sa.func.ST_X(point), sa.func.ST_Y(point)).where(_condition(where)).order_by(table.c[layer.key])
    if cells is not None:
        query = query.where(table.c.cell_id.in_(cells))
    return np.array([tuple(row) for row in connection.execute(query)], dtype=float).reshape(-1, 2)


def _condition(where: str) -> sa.ColumnElement[bool]:
    """Give SQL of a layer's own definition as a condition; true where it says none."""
    return sa.literal_column(f"({where})", sa.Boolean()) if where else sa.true()
