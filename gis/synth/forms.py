"""Files as offices hand them over: GB18030 text, sheets with titles, GBK shapefiles, shifted points (合成).

Every file says that it is invented: in a title row, a column, a .txt beside the shapes, or its own description. Equal
rows give equal bytes: archives and databases carry the day they are told and no clock.
"""

import io
import json
import shutil
import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyogrio
import shapely
import xlsxwriter
from numpy.typing import NDArray
from pyogrio.raw import write_arrow
from pyproj import CRS

from gis.crs import from_storage
from gis.synth.delivery import LABEL, NOTICE, Column

Shapes = NDArray[np.object_]

CODED = "gb18030"
NAME_BYTES = 10
SHAPE = "wangge_shape"
SHOWN_IN = "GCJ-02"


def text(path: Path, rows: pd.DataFrame) -> int:
    """Write a table of text in GB18030 under a title row; give the number of the first row after the header.

    Values are text or None and hold no comma, quote or line end: ArrowInvalid where one does.
    """
    table = pa.table({str(name): pa.array(list(rows[name]), pa.string()) for name in rows})
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write(f"{_title(path)}{',' * (len(rows.columns) - 1)}\r\n{','.join(map(str, rows))}\r\n".encode(CODED))
        for batch in table.to_batches(max_chunksize=100_000):
            part = io.BytesIO()
            pa.csv.write_csv(pa.Table.from_batches([batch]), part, options)
            file.write(part.getvalue().decode().encode(CODED))
    return 3


def sheet(path: Path, rows: pd.DataFrame, *, day: date) -> int:
    """Write a workbook with one sheet under a merged title row; give the number of the first row after the header."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": _title(path), "comments": NOTICE, "created": datetime.combine(day, time(), UTC)})
    page = book.add_worksheet(f"{LABEL}数据")
    bold, dated = book.add_format({"bold": True, "align": "center"}), book.add_format({"num_format": "yyyy/m/d"})
    page.merge_range(0, 0, 0, max(len(rows.columns) - 1, 1), _title(path), bold)
    page.write_row(1, 0, [str(name) for name in rows], bold)
    for place, row in enumerate(rows.itertuples(index=False, name=None), start=2):
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(place, column, value, dated)
            elif isinstance(value, str):
                page.write_string(place, column, value)
            elif value is not None and value == value:  # noqa: PLR0124  only NaN differs from itself
                page.write_number(place, column, value)
    book.close()
    return 3


def shapefile(path: Path, rows: pd.DataFrame, shapes: Shapes, *, srid: int, day: date) -> int:
    """Write a zipped shapefile in GBK that names no encoding, columns cut to ten bytes; give its first row's number.

    A .txt beside it says that it is invented.
    """
    folder = path.with_suffix("")
    folder.mkdir()
    names = [_cut(str(name)) for name in rows]
    columns = {name: _arrow(rows[own]) for name, own in zip(names, rows, strict=True)}
    table = pa.table({**columns, SHAPE: pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())})
    write_arrow(
        table,
        folder / f"{path.stem}.shp",
        driver="ESRI Shapefile",
        geometry_name=SHAPE,
        geometry_type="Polygon",
        crs=CRS.from_epsg(srid).to_wkt(),
        encoding="GBK",
        layer_options={"DBF_DATE_LAST_UPDATE": day.isoformat()},
    )
    (folder / f"{path.stem}.cpg").unlink(missing_ok=True)
    (folder / f"{LABEL}数据说明.txt").write_text(NOTICE, encoding=CODED)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in sorted(folder.iterdir()):
            archive.writestr(_entry(part.name), part.read_bytes())
    shutil.rmtree(folder)
    return 1


def _entry(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.compress_type = zipfile.ZIP_DEFLATED
    return found


def geopackage(path: Path, rows: pd.DataFrame, shapes: Shapes, *, srid: int, day: date) -> int:
    """Write a GeoPackage whose description says that it is invented; give the number of its first row."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day.isoformat()}T00:00:00Z"})
    columns = {str(name): _arrow(rows[name]) for name in rows}
    table = pa.table({**columns, SHAPE: pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())})
    write_arrow(
        table,
        path,
        driver="GPKG",
        layer=f"{LABEL}数据",
        geometry_name=SHAPE,
        geometry_type="Unknown",
        crs=CRS.from_epsg(srid).to_wkt(),
        layer_options={"DESCRIPTION": NOTICE, "IDENTIFIER": _title(path)},
    )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return 1


def shifted_points(path: Path, rows: pd.DataFrame, shapes: Shapes, *, srid: int) -> int:
    """Write points as GeoJSON in GCJ-02 degrees, as maps of the trade show them; give the number of the first row.

    The file names no system: there is no name for this one that a file could carry.
    """
    moved = from_storage(shapes, SHOWN_IN, srid)
    x, y = (each.round(8).tolist() for each in (shapely.get_x(moved), shapely.get_y(moved)))
    records = rows.to_dict("records")
    lines = [
        f'{{"type": "Feature", "properties": {json.dumps(row, ensure_ascii=False, default=str)}, '
        f'"geometry": {{"type": "Point", "coordinates": [{a}, {b}]}}}}'
        for row, a, b in zip(records, x, y, strict=True)
    ]
    head = json.dumps({"type": "FeatureCollection", "description": NOTICE}, ensure_ascii=False)
    body = ",\n".join(lines)
    path.write_text(f'{head[:-1]}, "features": [\n{body}\n]}}\n', encoding="utf-8", newline="\n")
    return 1


def _arrow(values: Column) -> pa.Array:
    """Give a column as Arrow has it; one without any value is of text."""
    found = pa.array(list(values))
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found


def _title(path: Path) -> str:
    return f"{path.stem}（{LABEL}数据：全部内容均为虚构）"


def _cut(name: str) -> str:
    """Give what is left of a column's name in ten bytes of GBK, whole characters."""
    return name.encode("gbk")[:NAME_BYTES].decode("gbk", errors="ignore")


def degrees(shapes: Shapes, srid: int, system: str) -> tuple[Column, Column]:
    """Give longitude and latitude of points as text; None where there is no point."""
    there = np.array([each is not None for each in shapes], dtype=bool)
    found = (np.full(len(shapes), None, dtype=object), np.full(len(shapes), None, dtype=object))
    moved = from_storage(shapes[there], system, srid)
    for column, values in zip(found, (shapely.get_x(moved), shapely.get_y(moved)), strict=True):
        column[there] = [f"{value:.8f}" for value in values.tolist()]
    return pd.Series(found[0], dtype=object), pd.Series(found[1], dtype=object)
