"""Write a File Geodatabase: a folder whose coordinates are whole numbers of a tenth of a micrometre."""

from dataclasses import replace
from pathlib import Path

from gis.store.writing import gdal
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import Rows

OWN = ("OBJECTID", "SHAPE", "SHAPE_Length", "SHAPE_Area")


def write(path: Path, rows: Rows) -> None:
    """Write rows as the one feature class or table of a geodatabase."""
    names = distinct(rows.names, reserved=OWN, case=False)
    options = {"LAYER_ALIAS": rows.title or rows.name}
    if rows.shape:
        options |= grid(rows.crs)
    target = gdal.Target("OpenFileGDB", rows.name, options)
    gdal.write(path, replace(rows, columns=renamed(rows.columns, names)), target)


def grid(crs: str | None) -> dict[str, str]:
    """Give the grid of whole numbers on which coordinates are kept: 53 bits, from well west and south of all places."""
    from pyproj import CRS

    text = gdal.wkt(crs)
    if text is not None and CRS.from_wkt(text).is_geographic:
        return {"XORIGIN": "-400", "YORIGIN": "-400", "XYSCALE": "1e13", "XYTOLERANCE": "1e-9"}
    return {"XORIGIN": "-1e8", "YORIGIN": "-1e8", "XYSCALE": "1e7", "XYTOLERANCE": "0.001"}
