"""Shapes that somebody drew into a file, for a question or a change; nothing of them is stored."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from gis.crs import Geometries, to_storage
from gis.errors import Refused
from gis.store.reading import read


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes of a file in storage metres, in its order, and how far off they may be."""

    name: str
    shapes: Geometries
    tolerance_m: float


def drawn(path: Path, srid: int, *, tolerance_m: float, crs: str | None = None) -> Drawn:
    """Give the shapes of a file in any form that is loaded; its columns are ignored.

    Refused where a row has no shape or a broken one, and where no coordinate system is named or declared.
    """
    reading = read(path, crs=crs)
    if reading.faults:
        fault = reading.faults[0]
        raise Refused(f"{path.name}: 第{fault.row}行 · row {fault.row}: expected {fault.expected}, got {fault.actual}")
    if reading.crs is None:
        raise Refused(f"{path.name}: 文件没有写明坐标系 · the file names no coordinate system; declare it with --crs")
    empty = np.flatnonzero([each is None or shapely.is_empty(each) for each in reading.geometry])
    if len(empty):
        row = reading.row[empty[0]]
        raise Refused(f"{path.name}: 第{row}行没有图形 · row {row}: expected a shape, got none")
    shapes = to_storage(reading.geometry, reading.crs, srid)
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    if len(broken):
        row, why = reading.row[broken[0]], shapely.is_valid_reason(shapes[broken[0]])
        raise Refused(f"{path.name}: 第{row}行图形无效 · row {row}: expected a valid shape, got {why}")
    return Drawn(path.name, shapes, tolerance_m)
