"""Read GeoPackage: GDAL gives the rows, and SQLite is asked beside it whether all rows and shapes have come."""

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from gis.errors import DeliveryError
from gis.store.formats.delivered import Delivered, Fault, shown

if TYPE_CHECKING:
    import pyarrow as pa

UNDEFINED = re.compile(r'\w+\["Undefined ')
"""How GDAL names the systems 0 and -1 of a GeoPackage, which say that the system is not known."""


def read(path: str, sublayer: str | None) -> Delivered:
    """Give all rows of one sublayer, the only one with rows unless it is named; DeliveryError where that is not clear.

    The number of a row is its place in the table; the table's own feature id comes as a column under its own name.
    """
    from pyogrio import list_layers
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
    from pyogrio.raw import read_arrow

    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)) as database:
            _check_intact(database)
            names = tuple(str(name) for name, _ in list_layers(path))
            chosen = _chosen(database, names, sublayer)
            meta, table = read_arrow(path, layer=chosen, return_fids=True, datetime_as_string=True)
            counted = _count(database, chosen)
            shapes = _shape_column(meta, table)
            faults = _shape_faults(database, chosen, table, shapes) if shapes else []
    except (sqlite3.Error, DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError) as error:
        raise DeliveryError(f"expected a readable GeoPackage, got: {str(error).splitlines()[0]}") from None
    if table.num_rows != counted:
        raise DeliveryError(f"expected the {counted} rows of {chosen}, GDAL gave {table.num_rows}")
    columns, text_faults = _columns(table, shapes)
    crs = None if UNDEFINED.match(meta["crs"] or "") else meta["crs"]
    return Delivered(
        columns=columns,
        wkb=table.column(shapes) if shapes else _nulls(table.num_rows),
        crs=crs,
        crs_declared=crs is not None,
        faults=sorted(faults + text_faults),
        sublayer=chosen,
        sublayers=names,
    )


def _check_intact(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA trusted_schema = OFF")
    answer = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise DeliveryError(f"expected an intact GeoPackage, got a damaged one: {answer.splitlines()[-1]}")


def _chosen(database: sqlite3.Connection, names: tuple[str, ...], sublayer: str | None) -> str:
    if not names:
        raise DeliveryError("expected a sublayer, got none")
    if sublayer is not None:
        if sublayer not in names:
            raise DeliveryError(f"expected one of the sublayers {', '.join(names)}, got {sublayer!r}")
        return sublayer
    counts = {name: _count(database, name) for name in names}
    filled = [name for name, count in counts.items() if count] or names[:1]
    if len(filled) > 1:
        listed = ", ".join(f"{name} ({counts[name]} rows)" for name in filled)
        raise DeliveryError(f"expected one sublayer, got {len(filled)}: {listed}; name the one that is meant")
    return filled[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _count(database: sqlite3.Connection, name: str) -> int:
    count: int = database.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608 name is quoted
    return count


def _shape_column(meta: dict[str, object], table: "pa.Table") -> str | None:
    if meta["geometry_type"] is None:
        return None
    return str(meta.get("geometry_name") or table.column_names[-1])


def _shape_faults(database: sqlite3.Connection, name: str, table: "pa.Table", shapes: str) -> list[Fault]:
    """Give the rows whose shape is stored but which GDAL gave without one."""
    column = table.column(shapes)
    if not column.null_count:
        return []
    key = table.column_names[0]
    query = f"SELECT {_quoted(key)} FROM {_quoted(name)} WHERE {_quoted(shapes)} IS NOT NULL"  # noqa: S608 quoted
    stored = [fid for (fid,) in database.execute(query)]
    having = set(stored)
    given = zip(table.column(key).to_pylist(), column.is_valid().to_pylist(), strict=True)
    faults = [
        Fault(row, "geometry", "geometry", "a readable geometry", "bytes that are none")
        for row, (fid, valid) in enumerate(given, 1)
        if not valid and fid in having
    ]
    missing = len(stored) - (len(column) - column.null_count)
    if len(faults) != missing:  # a view without a key: which rows lack their shape cannot be told
        raise DeliveryError(f"expected the {len(stored)} shapes of {name}, GDAL gave {missing} fewer")
    return faults


def _columns(table: "pa.Table", shapes: str | None) -> "tuple[dict[str, pa.ChunkedArray], list[Fault]]":
    """Give the columns with every text valid, and the rows whose text was not."""
    import pyarrow as pa

    columns: dict[str, pa.ChunkedArray] = {}
    faults: list[Fault] = []
    for name in table.column_names:
        column = table.column(name)
        if name != shapes:
            columns[name] = column
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                columns[name], found = _valid_text(name, column)
                faults += found
    return columns, faults


def _valid_text(name: str, column: "pa.ChunkedArray") -> "tuple[pa.ChunkedArray, list[Fault]]":
    import pyarrow as pa

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return column, []
    texts: list[str | None] = []
    faults: list[Fault] = []
    for row, value in enumerate(column.cast(pa.binary()).to_pylist(), 1):
        try:
            texts.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            texts.append(None)
            faults.append(Fault(row, name, "text", "text in UTF-8", shown(value.decode(errors="replace"))))
    return pa.chunked_array([pa.array(texts, pa.string())]), faults


def _nulls(count: int) -> "pa.ChunkedArray":
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(count, pa.binary())])
