"""Write GeoParquet 1.0: exact coordinates as WKB, instants in UTC to the microsecond, titles in the schema."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from gis.layer import Kind
from gis.store.writing import gdal
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import ANY_SHAPE, Cell, Chunk, Column, Rows, size, text_of, wkb

SHAPE = "geometry"
TYPES = gdal.TYPES | {Kind.INSTANT: pa.timestamp("us", tz="UTC")}


def write(path: Path, rows: Rows) -> None:
    """Write rows as one table, a row group a chunk; without shapes it is plain Parquet."""
    columns = renamed(rows.columns, distinct(rows.names, reserved=(SHAPE,)))
    schema = _schema(columns, rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in rows.chunks:
            writer.write_batch(_batch(chunk, schema))


def _schema(columns: Iterable[Column], rows: Rows) -> pa.Schema:
    fields = [
        pa.field(
            column.name,
            TYPES.get(column.kind, pa.string()),
            metadata={b"title": column.title.encode()} if column.title else None,
        )
        for column in columns
    ]
    if not rows.shape:
        return pa.schema(fields)
    fields.append(pa.field(SHAPE, pa.binary()))
    return pa.schema(fields, metadata={b"geo": json.dumps(_geo(rows)).encode()})


def _geo(rows: Rows) -> dict[str, object]:
    text = gdal.wkt(rows.crs)
    kinds = [] if rows.shape == ANY_SHAPE else [rows.shape]
    column = {
        "encoding": "WKB",
        "geometry_types": kinds,
        "crs": None if text is None else CRS.from_wkt(text).to_json_dict(),
    }
    return {"version": "1.0.0", "primary_column": SHAPE, "columns": {SHAPE: column}}


def _batch(chunk: Chunk, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(_cells(cells, each.type), each.type) for each, cells in zip(schema, chunk.values, strict=False)]
    if len(arrays) < len(schema):
        shapes = [None] * size(chunk) if chunk.geometry is None else wkb(chunk.geometry)
        arrays.append(pa.array(shapes, pa.binary()))
    return pa.record_batch(arrays, schema=schema)


def _cells(cells: list[Cell], wanted: pa.DataType) -> list[Cell]:
    if pa.types.is_timestamp(wanted):
        return [
            cell.astimezone(UTC) if isinstance(cell, datetime) and cell.tzinfo is not None else cell for cell in cells
        ]
    if pa.types.is_string(wanted):
        return [cell if cell is None else text_of(cell) for cell in cells]
    return cells
