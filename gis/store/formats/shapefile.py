"""Read Shapefile: GDAL gives the shapes of sound records, the index and the attributes are read and judged here.

GDAL sees the .shp with an index of ours, so that a missing or wrong .shx is made anew without a write beside the
source, and a deleted record of the .dbf hides no shape. Shape and attributes belong together by their number alone:
where the two files count differently it cannot be told which row belongs to which, and the whole is refused, unless a
file is cut off at its end.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gis.errors import DeliveryError
from gis.store.formats import dbf, prj, shapefile_index
from gis.store.formats.columns import broken_file
from gis.store.formats.delivered import Asked, Delivered, Fault
from gis.store.formats.shapefile_index import Index, Numbers

if TYPE_CHECKING:
    import pyarrow as pa

EXPECTED = "a readable shape"


def read(path: str, asked: Asked) -> Delivered:
    """Give all rows of a Shapefile at a path with its siblings in small letters beside it.

    DeliveryError where the parts do not belong together, or the encoding of the text must be asked.
    """
    shp = Path(path)
    index = shapefile_index.read(shp, _there(shp, ".shx"))
    notes = list(index.notes)
    table_path = _there(shp, ".dbf")
    if table_path is None:
        notes.append("缺 .dbf，没有属性 · the .dbf is missing: the rows have no attributes")
        table = dbf.Table(count=len(index.start), promised=len(index.start))
    else:
        table = dbf.read(table_path, _code_page(_there(shp, ".cpg")), asked.encoding)
    count = _count(index, table)
    wkb, faults = _shapes(shp, index, count)
    faults += table.faults
    faults += [
        Fault(row, "", "record", "a record in the .dbf", "none: the .dbf is cut off")
        for row in range(table.count + 1, count + 1)
    ]
    system = _there(shp, ".prj")
    crs, doubt = prj.named(system) if system is not None else (None, [])
    return Delivered(
        columns={name: _filled(column, count) for name, column in table.columns.items()},
        wkb=wkb,
        crs=crs,
        crs_declared=crs is not None,
        faults=sorted(faults),
        notes=(*notes, *table.notes, *doubt),
        clockwise=True,
    )


def _there(shp: Path, ending: str) -> Path | None:
    path = shp.with_suffix(ending)
    return path if path.is_file() and path.stat().st_size else None


def _code_page(path: Path | None) -> str | None:
    return path.read_bytes()[:100].decode("ascii", "replace").strip("\ufffd\x00 \t\r\n") or None if path else None


def _count(index: Index, table: dbf.Table) -> int:
    """Give the number of rows; DeliveryError where shapes and attributes are not the same ones."""
    shapes = len(index.start)
    if shapes == table.count or (index.cut and shapes < table.count) or shapes == table.promised > table.count:
        return max(shapes, table.count)
    raise DeliveryError(
        f"图形与属性条数不同，分不清谁属于谁 · expected as many records in the .dbf as shapes in the .shp, "
        f"got {table.promised} and {shapes}: which belongs to which cannot be told"
    )


def _shapes(shp: Path, index: Index, count: int) -> "tuple[pa.ChunkedArray, list[Fault]]":
    """Give the shape of each row, null where it has none, and the rows whose shape cannot be read."""
    import pyarrow as pa

    broken = np.zeros(len(index.start), dtype=bool)
    broken[list(index.broken)] = True
    sound = np.flatnonzero(~broken & (index.kind != shapefile_index.NULL))
    given = _given_by_gdal(shp, index, sound)
    places = np.full(count, -1, dtype=np.int64)
    places[sound] = np.arange(len(sound))
    missing = sound[given.is_null().to_numpy(zero_copy_only=False)]
    faults = [Fault(place + 1, "geometry", "geometry", EXPECTED, why) for place, why in index.broken.items()]
    faults += [Fault(int(place) + 1, "geometry", "geometry", EXPECTED, "points that are none") for place in missing]
    faults += [
        Fault(row, "geometry", "geometry", EXPECTED, "none: the .shp is cut off")
        for row in range(len(index.start) + 1, count + 1)
    ]
    if len(sound) == count:
        return given, faults
    return given.take(pa.array(places, mask=places < 0)), faults


def _given_by_gdal(shp: Path, index: Index, places: Numbers) -> "pa.ChunkedArray":
    """Give the WKB of these records, in order."""
    import pyarrow as pa
    from pyogrio.raw import read_arrow

    if not len(places):
        return pa.chunked_array([pa.nulls(0, pa.binary())])
    with shp.open("rb") as opened:
        header = opened.read(shapefile_index.HEADER_BYTES)
    alone = shp.parent / "alone"
    alone.mkdir()
    (alone / "delivery.shp").symlink_to(shp.resolve())
    shapefile_index.write(alone / "delivery.shx", header, index, places)
    try:
        _, table = read_arrow(str(alone / "delivery.shp"), columns=[])
    except broken_file() as error:
        raise DeliveryError(f"expected a readable .shp, got: {str(error).splitlines()[0]}") from None
    if table.num_rows != len(places):
        raise DeliveryError(f"expected the {len(places)} shapes of the .shp, GDAL gave {table.num_rows}")
    return table.column(table.num_columns - 1)


def _filled(column: "pa.ChunkedArray", count: int) -> "pa.ChunkedArray":
    """Give the column with empty values where the table is shorter than the shapes."""
    import pyarrow as pa

    if len(column) == count:
        return column
    return pa.chunked_array([*column.chunks, pa.nulls(count - len(column), column.type)])
