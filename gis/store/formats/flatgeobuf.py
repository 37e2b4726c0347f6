"""Read FlatGeobuf: GDAL gives the rows, and the file itself is walked beside it, so that none is left out."""

import struct
from typing import TYPE_CHECKING

import numpy as np

from gis.errors import DeliveryError
from gis.store.formats.columns import broken_file, handed, nulls
from gis.store.formats.delivered import Asked, Delivered, Fault

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC_BYTES = 8
COUNT_SLOT, NODE_SLOT, SHAPE_SLOT = 8, 9, 0
NODE_BYTES = 40
NODE_SIZE = 16
"""Entries per node of the index where the header does not say."""
ROW_BY_ROW = {"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"}
"""The driver's own stream (GDAL 3.12) gives a row without a shape a wrong offset, which breaks the shapes around it."""


def read(path: str, _asked: Asked) -> Delivered:
    """Give all rows of a FlatGeobuf file; DeliveryError where it is damaged or GDAL gives another number of rows."""
    from pyogrio import set_gdal_config_options
    from pyogrio.raw import read_arrow

    set_gdal_config_options(ROW_BY_ROW)
    try:
        shaped = _walked(np.memmap(path, dtype=np.uint8, mode="r").data)
        meta, table = read_arrow(path, datetime_as_string=True)
    except broken_file() as error:
        raise DeliveryError(f"expected a readable FlatGeobuf file, got: {str(error).splitlines()[0]}") from None
    if table.num_rows != len(shaped):
        raise DeliveryError(f"expected the {len(shaped)} rows of the file, GDAL gave {table.num_rows}")
    shapes = str(meta.get("geometry_name") or table.column_names[-1]) if meta["geometry_type"] is not None else None
    columns, faults = handed(table, [name for name in table.column_names if name != shapes])
    wkb = table.column(shapes) if shapes else nulls(table.num_rows)
    return Delivered(
        columns=columns,
        wkb=wkb,
        crs=meta["crs"],
        crs_declared=meta["crs"] is not None,
        faults=sorted([*faults, *_lost(wkb, shaped)]),
    )


def _lost(wkb: "pa.ChunkedArray", shaped: list[bool]) -> list[Fault]:
    """Give the rows whose shape is stored but which GDAL gave without one."""
    if not wkb.null_count:
        return []
    empty = wkb.is_null().to_pylist()
    return [
        Fault(row, "geometry", "geometry", "a readable geometry", "bytes that are none")
        for row, (lost, had) in enumerate(zip(empty, shaped, strict=True), 1)
        if lost and had
    ]


def _walked(raw: memoryview) -> list[bool]:
    """Give for each row of the file whether it has a shape."""
    (header_bytes,) = struct.unpack_from("<I", raw, MAGIC_BYTES)
    header = raw[MAGIC_BYTES + 4 : MAGIC_BYTES + 4 + header_bytes]
    count = _number(header, COUNT_SLOT, "<Q", 0)
    place = MAGIC_BYTES + 4 + header_bytes + _index_bytes(count, _number(header, NODE_SLOT, "<H", NODE_SIZE))
    shaped: list[bool] = []
    while place < len(raw):
        (size,) = struct.unpack_from("<I", raw, place)
        feature = raw[place + 4 : place + 4 + size]
        if len(feature) < size or size < 8:
            raise DeliveryError(f"expected whole rows, got row {len(shaped) + 1} cut off")
        shaped.append(_slot(feature, SHAPE_SLOT) is not None)
        place += 4 + size
    if count and count != len(shaped):
        raise DeliveryError(f"expected the {count} rows that the header counts, got {len(shaped)}")
    return shaped


def _index_bytes(count: int, node_size: int) -> int:
    """Give the length of the packed index: all entries, and level by level the nodes above them."""
    if not node_size or not count:
        return 0
    if node_size < 2:
        raise DeliveryError("expected an index of at least two entries a node, got fewer")
    entries = level = count
    while level > 1:
        level = -(-level // node_size)
        entries += level
    return entries * NODE_BYTES


def _slot(buffer: memoryview, slot: int) -> int | None:
    """Give where the value of a slot of the root table stands, None where the table leaves it out."""
    (root,) = struct.unpack_from("<I", buffer, 0)
    (back,) = struct.unpack_from("<i", buffer, root)
    (size,) = struct.unpack_from("<H", buffer, root - back)
    if size < 4 + 2 * slot + 2:
        return None
    (offset,) = struct.unpack_from("<H", buffer, root - back + 4 + 2 * slot)
    return root + offset if offset else None


def _number(buffer: memoryview, slot: int, kind: str, default: int) -> int:
    place = _slot(buffer, slot)
    return default if place is None else int(struct.unpack_from(kind, buffer, place)[0])
