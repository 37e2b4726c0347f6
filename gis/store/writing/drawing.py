"""Write a DXF drawing: points and lines on one layer, each with the key of its row.

The key is extended data of the application WANGGE, one string (group 1000) an entity; lines of many parts are as many
polylines with one key. A drawing holds no values and no coordinate system: loading it updates shapes by key.
"""

from collections.abc import Iterator
from pathlib import Path

import ezdxf.filemanagement
import shapely
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.layouts.layout import Modelspace
from shapely.geometry.base import BaseGeometry

from gis.store.writing.rows import Chunk, Rows, numbered, refuse, size, text_of

FORM = "DXF"
APPLICATION = "WANGGE"
KEY_BYTES = 255
ROWS_MOST = 200_000
NOT_IN_LAYER = str.maketrans(dict.fromkeys('<>/\\":;?*|=`', "_"))


def write(path: Path, rows: Rows) -> None:
    """Write points and lines with their keys; DeliveryError for areas, empty shapes, too many rows and long keys."""
    if not rows.shape:
        raise refuse(FORM, "图层没有图形 · the rows have no shapes", better=".xlsx / .csv")
    document = ezdxf.filemanagement.new("R2010", units=6)  # metres
    document.appids.new(APPLICATION)
    layer = (rows.title or rows.name).translate(NOT_IN_LAYER)
    document.layers.add(layer)
    space = document.modelspace()
    place = rows.names.index(rows.key) if rows.key else None
    for first, chunk in numbered(rows.chunks):
        if first + size(chunk) - 1 > ROWS_MOST:
            raise refuse(FORM, f"超过 {ROWS_MOST:,} 行 · more rows than a drawing bears", better=".gpkg")
        _draw(space, layer, chunk, first, place)
    document.saveas(path)


def _draw(space: Modelspace, layer: str, chunk: Chunk, first: int, place: int | None) -> None:
    for index, shape in enumerate(chunk.geometry if chunk.geometry is not None else [None] * size(chunk)):
        row = first + index
        if shape is None:
            raise refuse(FORM, f"第 {row} 行没有图形 · row {row} has no shape", better=".gpkg / .csv")
        key = None if place is None else text_of(chunk.values[place][index])
        if key is not None and len(key.encode()) > KEY_BYTES:
            raise refuse(
                FORM, f"第 {row} 行的编号超过 {KEY_BYTES} 字节 · the key of row {row} is longer", better=".gpkg"
            )
        for entity in _entities(space, layer, shape, row):
            if key is not None:
                entity.set_xdata(APPLICATION, [(1000, key)])


def _entities(space: Modelspace, layer: str, shape: BaseGeometry, row: int) -> Iterator[DXFGraphic]:
    attributes = {"layer": layer}
    for part in shapely.get_parts(shape):
        if part.geom_type == "Point":
            yield space.add_point((part.x, part.y), dxfattribs=attributes)
        elif part.geom_type in {"LineString", "LinearRing"}:
            yield space.add_lwpolyline(list(part.coords), format="xy", dxfattribs=attributes)
        else:
            raise refuse(
                FORM, f"第 {row} 行是面 · row {row} is a {part.geom_type}, not a point or line", better=".gpkg"
            )
