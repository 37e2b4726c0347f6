"""Write FlatGeobuf: exact coordinates and values, in order and therefore without the index that would sort the rows."""

from dataclasses import replace
from pathlib import Path

from gis.store.writing import gdal
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import Rows


def write(path: Path, rows: Rows) -> None:
    """Write rows as the one layer of a file."""
    columns = renamed(rows.columns, distinct(rows.names))
    gdal.write(path, replace(rows, columns=columns), gdal.Target("FlatGeobuf", rows.name, {"SPATIAL_INDEX": "NO"}))
