"""Shapes as text for tables: EWKT, whose SRID says in which system the numbers are."""

import numpy as np
import shapely
from pyproj import CRS

from gis.store.writing import gdal
from gis.store.writing.rows import Chunk, Rows

SHAPE = "WKT"
DEGREES = ("经度", "纬度")


def ewkt(chunk: Chunk, rows: Rows) -> list[str | None]:
    """Give each shape as text that reads back as the same numbers; None where there is no shape."""
    if chunk.geometry is None:
        return [None] * (len(chunk.values[0]) if chunk.values else 0)
    number = srid(rows.crs)
    before = f"SRID={number};" if number else ""
    texts = np.asarray(shapely.to_wkt(chunk.geometry, rounding_precision=-1), dtype=object)
    return [None if text is None else before + text for text in texts.tolist()]


def srid(crs: str | None) -> int | None:
    """Give the EPSG number of a system; None where it has none or is not known."""
    text = gdal.wkt(crs)
    authority = None if text is None else CRS.from_wkt(text).to_authority(min_confidence=90)
    return int(authority[1]) if authority is not None and authority[0] == "EPSG" else None
