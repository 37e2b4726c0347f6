"""The rows that are to be tied and the houses that they can be tied to, as the database holds them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa

from gis.crs import Geometries
from gis.find.match_addresses import NOWHERE
from gis.find.match_evidence import Footprints, Ints, Subjects
from gis.layer import Geometry, Layer
from gis.store.county import County
from gis.store.schema import PLACED_AS_DELIVERED
from gis.store.views import spot_column


def subjects(connection: sa.Connection, county: County, layer: Layer, to: Layer) -> tuple[Subjects, list[bool]]:
    """Give the rows of a layer in order of their key, and of each whether any of its values is invented.

    A position that the row's own code gave is left out: it says nothing that the code does not.
    """
    table = county.schema.table(layer)
    code = next((each.name for each in layer.joining if each.joins == to.name), "")
    floor = layer.match.floor if layer.match else ""
    columns = {
        "key": sa.cast(table.c[layer.key], sa.Text()),
        "code": table.c[code] if code else sa.null(),
        "address": table.c[layer.match.address] if layer.match else sa.null(),
        "floor": table.c[floor] if floor else sa.null(),
        "point": _position(table, layer),
        "town": table.c.town_id if "town_id" in table.c else sa.null(),
        "village": table.c.village_id if "village_id" in table.c else sa.null(),
        "invented": sa.func.cardinality(table.c.invented) > 0,
    }
    found = _fetched(connection, table, layer, columns)
    rows = Subjects(
        key=found["key"],
        code=found["code"],
        address=found["address"],
        floor=found["floor"],
        point=_shapes(found["point"]),
        town=_ids(found["town"]),
        village=_ids(found["village"]),
    )
    return rows, found["invented"]


def footprints(connection: sa.Connection, county: County, layer: Layer) -> Footprints:
    """Give the houses of a layer in order of their key."""
    table, told = county.schema.table(layer), layer.footprint
    address, floors = (told.address, told.floors) if told is not None else ("", "")
    columns = {
        "key": sa.cast(table.c[layer.key], sa.Text()),
        "address": table.c[address] if address else sa.null(),
        "floors": table.c[floors] if floors else sa.null(),
        "town": table.c.town_id if "town_id" in table.c else sa.null(),
        "village": table.c.village_id if "village_id" in table.c else sa.null(),
        "shape": sa.func.ST_AsBinary(table.c.geom),
    }
    found = _fetched(connection, table, layer, columns)
    return Footprints(
        key=found["key"],
        address=found["address"],
        town=_ids(found["town"]),
        village=_ids(found["village"]),
        floors=np.array([each or 0 for each in found["floors"]], dtype=float),
        shape=_shapes(found["shape"]),
    )


def _fetched(
    connection: sa.Connection, table: sa.Table, layer: Layer, columns: Mapping[str, sa.ColumnElement[Any]]
) -> dict[str, list[Any]]:
    """Give the values of each column, in order of the layer's key."""
    query = sa.select(*(column.label(name) for name, column in columns.items())).order_by(table.c[layer.key])
    rows = connection.execute(query).all()
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return {name: list(of) for name, of in zip(columns, values, strict=True)}


def _position(table: sa.Table, layer: Layer) -> sa.ColumnElement[Any]:
    if layer.geometry not in {Geometry.POINT, Geometry.POLYGON}:
        return sa.null()
    point = sa.func.ST_AsBinary(table.c[spot_column(layer)]) if layer.located else sa.null()
    if "placed_by" not in table.c:
        return point
    return sa.case((table.c.placed_by == PLACED_AS_DELIVERED, point), else_=sa.null())


def _shapes(stored: list[Any]) -> Geometries:
    wkb = np.array([None if each is None else bytes(each) for each in stored], dtype=object)
    return np.asarray(shapely.from_wkb(wkb), dtype=object).reshape(-1)


def _ids(stored: list[Any]) -> Ints:
    return np.array([NOWHERE if each is None else each for each in stored], dtype=np.int64)
