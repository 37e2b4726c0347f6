"""Which town, village and cell each object lies in: by its spot, in bulk, and in the same words as PostGIS.

The spot of a point is itself, that of an area its representative point, worked out once by PostGIS and stored. An
object lies in the area its spot intersects; on a common border in the one with the lowest code. `within` would leave
border points to nobody.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from shapely import STRtree

from gis import layers
from gis.crs import Geometries
from gis.layer import Layer, Use
from gis.store.copying import temporary
from gis.store.county import County
from gis.store.repeat import retried
from gis.store.schema import PLACES, quoted, spot
from gis.store.versions import in_use

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Per layer: objects placed anew, all objects, and the keys of those outside every town and every cell."""

    moved: dict[str, int]
    total: dict[str, int]
    in_cell: dict[str, int]
    outside_towns: dict[str, tuple[str, ...]]
    outside_cells: dict[str, tuple[str, ...]]


def placed(points: Geometries, areas: Geometries) -> Integers:
    """Give for each point the first area it intersects by index, −1 where none; areas come in order of their code."""
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(areas) or not len(points):
        return found
    where, area = STRtree(points).query(areas, predicate="intersects")[::-1]
    order = np.lexsort((area, where))
    first, place = np.unique(where[order], return_index=True)
    found[first] = area[order][place]
    return found


def assign(county: County) -> Assigned:
    """Place every object of every located layer, and write only where the place changed; one transaction.

    Deliveries wait meanwhile, so that no object is placed by a shape, or in an area, that it no longer has.
    """
    return retried(county, lambda connection: _assigned(connection, county))


def located() -> tuple[Layer, ...]:
    """Give the layers whose objects lie in cells."""
    return tuple(layer for layer in layers.every() if layer.located)


def _assigned(connection: sa.Connection, county: County) -> Assigned:
    found = Assigned({}, {}, {}, {}, {})
    listed = ", ".join(quoted(layers.one(use).name) for use in PLACES.values())
    connection.exec_driver_sql(f"LOCK TABLE {listed} IN SHARE MODE")
    areas = {column: _areas(connection, county, use) for column, use in PLACES.items()}
    for layer in located():
        connection.exec_driver_sql(f"LOCK TABLE {quoted(layer.name)} IN SHARE ROW EXCLUSIVE MODE")
        _assign(connection, county, layer, areas, found)
    return found


def _areas(connection: sa.Connection, county: County, use: Use) -> tuple[Integers, Geometries]:
    layer = layers.one(use)
    table = county.schema.table(layer)
    query = sa.select(table.c.id, sa.func.ST_AsBinary(table.c.geom).label("wkb")).order_by(table.c[layer.key])
    if use is Use.CELL:
        query = query.where(in_use(table, county.today()))
    rows = connection.execute(query).all()
    shapes = np.array([bytes(row.wkb) for row in rows], dtype=object)
    return np.array([row.id for row in rows], dtype=np.int64), shapely.from_wkb(shapes)


def _assign(
    connection: sa.Connection,
    county: County,
    layer: Layer,
    areas: dict[str, tuple[Integers, Geometries]],
    found: Assigned,
) -> None:
    table = county.schema.table(layer)
    point = spot(table)
    columns = [table.c[name] for name in PLACES]
    query = sa.select(table.c.id, table.c[layer.key].label("key"), sa.func.ST_X(point), sa.func.ST_Y(point), *columns)
    rows = connection.execute(query.order_by(table.c.id)).all()
    frame = pd.DataFrame(rows, columns=["id", "key", "x", "y", *PLACES], dtype=object)
    held = {column: frame[column].to_numpy(dtype=object) for column in PLACES}
    points = np.asarray(shapely.points(frame[["x", "y"]].to_numpy(float)), dtype=object)
    changed = np.zeros(len(frame), dtype=bool)
    for column, (identities, shapes) in areas.items():
        place = placed(points, shapes)
        inside = place >= 0
        new = np.full(len(frame), None, dtype=object)
        new[inside] = identities[place[inside]].tolist()
        changed |= new != held[column]
        frame[column] = pd.Series(new, dtype=object)
    _write(connection, table, frame[changed])
    found.moved[layer.name] = int(changed.sum())
    found.total[layer.name] = len(frame)
    found.in_cell[layer.name] = int(frame["cell_id"].notna().sum())
    found.outside_towns[layer.name] = tuple(frame.loc[frame["town_id"].isna(), "key"].sort_values())
    found.outside_cells[layer.name] = tuple(frame.loc[frame["cell_id"].isna(), "key"].sort_values())


def _write(connection: sa.Connection, table: sa.Table, moved: pd.DataFrame) -> None:
    if moved.empty:
        return
    columns = [sa.Column(name, sa.BigInteger()) for name in ("id", *PLACES)]
    staged = temporary(connection, "placed", columns, moved[["id", *PLACES]].itertuples(index=False, name=None))
    values = {name: staged.c[name] for name in PLACES}
    moving = sa.select(table.c.id).where(table.c.id == staged.c.id).order_by(table.c.id)
    connection.execute(moving.with_for_update(of=table))  # in the order in which checks lock their objects
    connection.execute(sa.update(table).values(values).where(table.c.id == staged.c.id))
