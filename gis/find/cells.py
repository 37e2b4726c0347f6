"""Which town, village and cell each object lies in, and how much of each line lies in which cell.

The database says so in one place (`gis/store/sql/places.sql`), for whoever writes a row. The spot of a point is itself,
that of an area its representative point. An object lies in the area its spot intersects; on a common border in the one
with the lowest code. `within` would leave border points to nobody. Triggers keep this true when rows or areas are
written; only the day on which a cell comes into use passes without a write.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa
from shapely import STRtree

from gis import layers
from gis.crs import Geometries
from gis.layer import Layer
from gis.store.county import County
from gis.store.repeat import retried
from gis.store.schema import PLACES, quoted


@dataclass(frozen=True, slots=True)
class Assigned:
    """Per layer: objects placed anew, all objects, and the keys of those outside every town and every cell.

    `remeasured` lines had other lengths in their cells than before.
    """

    moved: dict[str, int]
    total: dict[str, int]
    in_cell: dict[str, int]
    outside_towns: dict[str, tuple[str, ...]]
    outside_cells: dict[str, tuple[str, ...]]
    remeasured: int = 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """Objects of a layer, by internal id, that do not lie where their row says; and whether by place or by length."""

    layer: str
    by_length: bool
    objects: tuple[int, ...]


def assign(county: County) -> Assigned:
    """Place every object of every located layer, measure every line by cell, and write only what changed.

    One transaction. Deliveries wait meanwhile, so that no object is placed by a shape, or in an area, that it no longer
    has.
    """
    return retried(county, lambda connection: _assigned(connection, county))


def located() -> tuple[Layer, ...]:
    """Give the layers whose objects lie in cells."""
    return tuple(layer for layer in layers.every() if layer.located)


def wrong(connection: sa.Connection) -> tuple[Wrong, ...]:
    """Give what lies elsewhere than its row says, by place and by length; empty in a county in order."""
    found = []
    for by_length, query in (
        (False, "SELECT layer, object_id FROM misplaced_objects(NULL, NULL)"),
        (True, "SELECT layer, object_id FROM wrong_lengths()"),
    ):
        objects: dict[str, list[int]] = {}
        for layer, identity in connection.execute(sa.text(query)):
            objects.setdefault(layer, []).append(identity)
        found += [Wrong(name, by_length, tuple(sorted(ids))) for name, ids in sorted(objects.items())]
    return tuple(found)


def _assigned(connection: sa.Connection, county: County) -> Assigned:
    found = Assigned({}, {}, {}, {}, {})
    listed = ", ".join(quoted(layers.one(use).name) for use in PLACES.values())
    connection.exec_driver_sql(f"LOCK TABLE {listed} IN SHARE MODE")
    for layer in located():
        rebuild = sa.select(sa.func.places_rebuild(layer.name, sa.null()))
        found.moved[layer.name] = int(connection.execute(rebuild).scalar_one())
        _count(connection, county, layer, found)
    lines = [quoted(layer.name) for layer in layers.every() if layer.by_length]
    if not lines:
        return found
    connection.exec_driver_sql(f"LOCK TABLE {', '.join(lines)} IN SHARE ROW EXCLUSIVE MODE")
    remeasured = int(connection.execute(sa.select(sa.func.lengths_rebuild(sa.null()))).scalar_one())
    return Assigned(
        found.moved, found.total, found.in_cell, found.outside_towns, found.outside_cells, remeasured=remeasured
    )


def _count(connection: sa.Connection, county: County, layer: Layer, found: Assigned) -> None:
    table = county.schema.table(layer)
    key = table.c[layer.key]
    counted = sa.select(sa.func.count(), sa.func.count(table.c.cell_id)).select_from(table)
    found.total[layer.name], found.in_cell[layer.name] = connection.execute(counted).one()
    outside = (table.c.town_id, found.outside_towns), (table.c.cell_id, found.outside_cells)
    for place, keys in outside:
        keys[layer.name] = tuple(connection.scalars(sa.select(key).where(place.is_(None)).order_by(key)))


def placed(points: Geometries, areas: Geometries) -> npt.NDArray[np.int64]:
    """Give for each point the first area it intersects by index, −1 where none; areas come in order of their code.

    The same answer as the database's, for frames at hand. An STRtree over the areas gives for each point those whose
    box it lies in, which are few; only these pairs are looked at, each area prepared once (Leutenegger et al., "STR: a
    simple and efficient algorithm for R-tree packing", ICDE 1997). A tree over the points, of which there are many
    more, takes three times as long.
    """
    found = np.full(len(points), len(areas), dtype=np.int64)
    point, area = STRtree(areas).query(points)
    shapely.prepare(areas[np.unique(area)])
    lies = shapely.intersects(areas[area], points[point])
    np.minimum.at(found, point[lies], area[lies])
    found[found == len(areas)] = -1
    return found
