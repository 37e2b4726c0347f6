"""Arrow columns as deliveries are handed over: numbers, truth values and text, and the rows that are none."""

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gis.store.formats.delivered import Fault, shown

if TYPE_CHECKING:
    import pyarrow as pa


def handed(table: "pa.Table", names: Iterable[str]) -> "tuple[dict[str, pa.ChunkedArray], list[Fault]]":
    """Give these columns of a table with every value one that can be stored, and the rows whose value was not.

    Dates and instants become ISO 8601 text, lists and structures JSON; NaN is an empty value, infinity a fault.
    """
    columns: dict[str, pa.ChunkedArray] = {}
    faults: list[Fault] = []
    for name in names:
        columns[name], found = _column(name, table.column(name))
        faults += found
    return columns, faults


def broken_file() -> tuple[type[Exception], ...]:
    """Give what GDAL, its stream of rows, SQLite and names that are no text raise where a file is damaged."""
    import sqlite3
    import struct

    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

    gdal = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)
    return (*gdal, IndexError, OSError, UnicodeDecodeError, sqlite3.Error, struct.error)


def nulls(count: int) -> "pa.ChunkedArray":
    """Give the shapes of rows that have none."""
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(count, pa.binary())])


def _column(name: str, column: "pa.ChunkedArray") -> "tuple[pa.ChunkedArray, list[Fault]]":
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return column, []
    if pa.types.is_floating(kind):
        return _finite(name, column.cast(pa.float64()))
    if pa.types.is_date(kind):
        return column.cast(pa.string()), []
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _valid_text(name, column)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _no_bytes(name, column)
    texts = [None if value is None else _text(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())]), []


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat is not None else str(value)


def _finite(name: str, column: "pa.ChunkedArray") -> "tuple[pa.ChunkedArray, list[Fault]]":
    import pyarrow.compute as pc

    if not pc.any(pc.is_inf(column)).as_py():
        return column, []
    faults = [
        Fault(row, name, "number", "a finite number", repr(value))
        for row, value in enumerate(column.to_pylist(), 1)
        if value is not None and math.isinf(value)
    ]
    return pc.if_else(pc.is_inf(column), None, column), faults


def _no_bytes(name: str, column: "pa.ChunkedArray") -> "tuple[pa.ChunkedArray, list[Fault]]":
    """Give an empty column for bytes that no layer keeps, and a fault for each row that has some."""
    import pyarrow as pa

    faults = [
        Fault(row, name, "text", "text or a number", f"{len(value)} bytes")
        for row, value in enumerate(column.to_pylist(), 1)
        if value
    ]
    return pa.chunked_array([pa.nulls(len(column), pa.string())]), faults


def _valid_text(name: str, column: "pa.ChunkedArray") -> "tuple[pa.ChunkedArray, list[Fault]]":
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return _only_valid(name, column)
    if pc.any(pc.match_substring(column, "\x00")).as_py():
        return _only_valid(name, column)
    return column, []


def _only_valid(name: str, column: "pa.ChunkedArray") -> "tuple[pa.ChunkedArray, list[Fault]]":
    import pyarrow as pa

    texts: list[str | None] = []
    faults: list[Fault] = []
    for row, value in enumerate(column.cast(pa.large_binary()).to_pylist(), 1):
        text = None if value is None else value.decode(errors="replace")
        if text is not None and ("\x00" in text or text.encode() != value):
            faults.append(Fault(row, name, "text", "text in UTF-8 without NUL", shown(text)))
            text = None
        texts.append(text)
    return pa.chunked_array([pa.array(texts, pa.large_string())]), faults
