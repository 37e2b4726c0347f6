"""Read GeoPackage: GDAL gives the rows, and SQLite is asked beside it whether all rows and shapes have come."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING
from urllib.parse import quote

from gis.errors import DeliveryError
from gis.store.formats.columns import broken_file, handed, nulls
from gis.store.formats.delivered import Delivered, Fault

if TYPE_CHECKING:
    import pyarrow as pa

WRITE_AHEAD = b"\x02\x02"
"""Versions of a database that keeps a log beside it (QGIS leaves them so), in its header."""
UNDEFINED = re.compile(r'\w+\["Undefined ')
"""How GDAL names the systems 0 and -1 of a GeoPackage, which say that the system is not known."""

STYLES = "layer_styles"
"""The table in which QGIS keeps how the others are drawn."""


def read(path: str, sublayer: str | None) -> Delivered:
    """Give all rows of one sublayer, the only one with rows unless it is named; DeliveryError where that is not clear.

    The number of a row is its place in the table; the table's own feature id comes as a column under its own name.
    """
    path = _readable_in_place(path)
    from pyogrio import list_layers
    from pyogrio.raw import read_arrow

    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)) as database:
            _check_intact(database)
            _check_holds_rows(database)
            names = tuple(str(name) for name, _ in list_layers(path) if name != STYLES)
            chosen = _chosen(database, names, sublayer)
            meta, table = read_arrow(path, layer=chosen, return_fids=True, datetime_as_string=True)
            counted = _count(database, chosen)
            shapes = _shape_column(meta, table)
            faults = _shape_faults(database, chosen, table, shapes) if shapes else []
    except broken_file() as error:
        raise DeliveryError(f"expected a readable GeoPackage, got: {str(error).splitlines()[0]}") from None
    if table.num_rows != counted:
        raise DeliveryError(f"expected the {counted} rows of {chosen}, GDAL gave {table.num_rows}")
    columns, text_faults = handed(table, [name for name in table.column_names if name != shapes])
    crs = None if UNDEFINED.match(meta["crs"] or "") else meta["crs"]
    return Delivered(
        columns=columns,
        wkb=table.column(shapes) if shapes else nulls(table.num_rows),
        crs=crs,
        crs_declared=crs is not None,
        faults=sorted(faults + text_faults),
        sublayer=chosen,
        sublayers=names,
    )


def _readable_in_place(path: str) -> str:
    """Give the file itself, or a copy of it with its log where SQLite would write a file beside it to read it."""
    with Path(path).open("rb") as opened:
        head = opened.read(20)
    if head[18:20] != WRITE_AHEAD:
        return path
    own = Path(path).parent / "copy.gpkg"
    copyfile(path, own)
    log = Path(path + "-wal")
    if log.is_file():
        copyfile(log, f"{own}-wal")
    return str(own)


def _check_intact(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA trusted_schema = OFF")
    answer = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise DeliveryError(f"expected an intact GeoPackage, got a damaged one: {answer.splitlines()[-1]}")


def _check_holds_rows(database: sqlite3.Connection) -> None:
    """Refuse a GeoPackage of images alone, which GDAL knows nothing of here."""
    kinds = {kind for (kind,) in database.execute("SELECT data_type FROM gpkg_contents")}
    if kinds and all("tiles" in str(kind) or "gridded" in str(kind) for kind in kinds):
        raise DeliveryError("expected a sublayer, got none but images")


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
