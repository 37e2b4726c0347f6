"""Tables filled by COPY in PostgreSQL's binary form, built a column at a time: the quick way to hand over many rows.

The form is that of the PostgreSQL manual, COPY, "Binary Format": per row the number of its fields, per field its length
in bytes (-1 where it is empty) and its value as the type's `recv` function reads it, all numbers big-endian.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry as Shape
from psycopg.copy import QueuedLibpqWriter
from sqlalchemy.dialects import postgresql

CHUNK_ROWS = 10_000
BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"
EPOCH_DAYS = 10_957
EPOCH_MICROSECONDS = EPOCH_DAYS * 86_400 * 1_000_000
"""PostgreSQL counts days and instants from 2000-01-01; Arrow from 1970-01-01."""
JSONB_VERSION = b"\x01"
NIL = UUID(int=0)

Bytes = npt.NDArray[np.uint8]


def temporary(
    connection: sa.Connection,
    name: str,
    columns: Sequence[sa.Column[Any]],
    rows: pd.DataFrame,
    *,
    joined: Collection[str] = (),
) -> sa.Table:
    """Make a temporary table of these columns that ends with the transaction, fill it with rows and give it.

    `rows` is read as by `fill`; a column that it lacks takes its default. `joined` names the columns by which rows are
    found and joined, where not by any: of those alone the planner is told what they hold.
    """
    table = _made(connection, name, columns)
    fill(connection, table, rows)
    _told(connection, table, joined)
    return table


def derived(connection: sa.Connection, name: str, query: sa.Select[*tuple[Any, ...]], *, index: str = "") -> sa.Table:
    """Make a temporary table that holds what a query gives until the transaction ends.

    `index` names a column of geometry by which it is to be searched.
    """
    kinds = {column.name: column.type for column in query.selected_columns}
    kinds |= {own: Shape(spatial_index=False) for own, kind in kinds.items() if isinstance(kind, Shape)}
    columns: list[sa.Column[Any]] = [sa.Column(own, kind) for own, kind in kinds.items()]
    table = _made(connection, name, columns)
    connection.execute(sa.insert(table).from_select(list(table.c.keys()), query, include_defaults=False))
    if index:
        sa.Index(f"{name}_{index}", table.c[index], postgresql_using="gist").create(connection)
    _told(connection, table)
    return table


def _made(connection: sa.Connection, name: str, columns: Sequence[sa.Column[Any]]) -> sa.Table:
    table = sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS pg_temp."{name}"')
    table.create(connection)
    return table


def _told(connection: sa.Connection, table: sa.Table, joined: Collection[str] = ()) -> None:
    """Let the planner know how many rows a table has, and what some columns hold, or all but shapes.

    What a column holds takes a sort of a sample to tell, so it is not asked where no plan depends on it.
    """
    plain = [column.name for column in table.columns if not isinstance(column.type, Shape)]
    names = ", ".join(f'"{name}"' for name in plain if not joined or name in joined)
    connection.exec_driver_sql(f'ANALYZE "{table.name}" ({names})')


def fill(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
    """Copy rows into a table's columns of the same names; what pandas calls missing is NULL.

    Geometry is shapely's, in the column's system; instants have a zone. A thread sends what is encoded while the next
    rows are. ArrowInvalid or TypeError where a value is not of its column's type, psycopg's error where the table does
    not take it.
    """
    columns = [table.c[str(name)] for name in rows.columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("an open connection has its driver's")
    statement = f"COPY {table.fullname} ({names}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement, writer=QueuedLibpqWriter(cursor)) as copy:
        for piece in stream(columns, rows):
            copy.write(piece)


def stream(columns: Sequence[sa.Column[Any]], rows: pd.DataFrame) -> Iterator[bytes | memoryview]:
    """Give rows as the bytes that COPY in binary form expects for these columns, some thousand rows at a time."""
    yield BEGIN
    encoders = [_encoder(column.type) for column in columns]
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows.iloc[start : start + CHUNK_ROWS]
        yield _interleaved(len(chunk), [encode(chunk.iloc[:, at]) for at, encode in enumerate(encoders)])
    yield END


class _Fixed(NamedTuple):
    """A column of values of one width: its bytes, a row each, and where it is empty."""

    values: Bytes
    empty: npt.NDArray[np.bool_]


def _interleaved(count: int, columns: Sequence["_Fixed | pa.Array"]) -> memoryview:
    """Give the bytes of rows from their columns: those of fixed width side by side, then all joined."""
    pieces = []
    run = [np.tile(_big_endian([len(columns)], ">i2"), (count, 1))]
    kept = [np.ones((count, 2), dtype=bool)]
    for column in columns:
        if isinstance(column, _Fixed):
            width = column.values.shape[1]
            run += [_big_endian(np.where(column.empty, -1, width), ">i4"), column.values]
            kept += [np.ones((count, 4), dtype=bool), np.repeat(~column.empty[:, None], width, axis=1)]
        else:
            lengths = pc.binary_length(column).fill_null(-1).to_numpy()
            run.append(_big_endian(lengths, ">i4"))
            kept.append(np.ones((count, 4), dtype=bool))
            pieces += [_joined(run, kept), column.fill_null(b"")]
            run, kept = [], []
    if run:
        pieces.append(_joined(run, kept))
    whole = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))
    return memoryview(whole.buffers()[2])


def _joined(run: Sequence[Bytes], kept: Sequence[npt.NDArray[np.bool_]]) -> pa.Array:
    """Give bytes laid side by side as one Arrow value a row, without those that are not kept."""
    side_by_side, keep = np.concatenate(run, axis=1), np.concatenate(kept, axis=1)
    offsets = np.zeros(len(keep) + 1, dtype=np.int64)
    np.cumsum(keep.sum(axis=1), out=offsets[1:])
    data = side_by_side if keep.all() else side_by_side[keep]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(keep), buffers)


def _big_endian(numbers: npt.ArrayLike, kind: str) -> Bytes:
    ordered = np.ascontiguousarray(numbers, dtype=kind)
    return ordered.view(np.uint8).reshape(len(ordered), ordered.itemsize)


def _encoder(wanted: sa.types.TypeEngine[Any]) -> Callable[["pd.Series[Any]"], "_Fixed | pa.Array"]:
    if isinstance(wanted, Shape):
        return _shapes
    for kind, encode in ENCODERS:
        if isinstance(wanted, kind):
            return encode
    raise TypeError(f"no binary form is written for the type {wanted!r}")


def _numbers(kind: "pa.DataType", form: str, shift: int = 0) -> Callable[["pd.Series[Any]"], _Fixed]:
    """Give the encoder of a type that is one number, `shift` after Arrow's zero."""

    def encode(values: "pd.Series[Any]") -> _Fixed:
        found = pa.array(values, type=kind, from_pandas=True, safe=not pa.types.is_timestamp(kind))
        plain = found.cast(pa.int64()) if pa.types.is_timestamp(kind) else found
        plain = plain.cast(pa.int32()) if pa.types.is_date(kind) else plain
        plain = plain.cast(pa.uint8()) if pa.types.is_boolean(kind) else plain
        numbers = plain.fill_null(0).to_numpy()
        return _Fixed(_big_endian(numbers - shift if shift else numbers, form), found.is_null().to_numpy(False))

    return encode


def _text(values: "pd.Series[Any]") -> "pa.Array":
    return pa.array(values, type=pa.large_string(), from_pandas=True).cast(pa.large_binary())


def _json(values: "pd.Series[Any]") -> "pa.Array":
    texts = [None if value is None else JSONB_VERSION + json.dumps(value).encode() for value in values]
    return pa.array(texts, type=pa.large_binary())


def _uuid(values: "pd.Series[Any]") -> _Fixed:
    empty = values.isna().to_numpy(dtype=bool)
    plain = (
        value if isinstance(value, UUID) else UUID(str(value)) if full else NIL
        for value, full in zip(values, ~empty, strict=True)
    )
    data = b"".join(value.bytes for value in plain)
    return _Fixed(np.frombuffer(data, dtype=np.uint8).reshape(len(values), 16), empty)


def _shapes(values: "pd.Series[Any]") -> "pa.Array":
    """Give shapes as bare WKB: PostGIS gives them the SRID of their column."""
    return pa.array(shapely.to_wkb(values.to_numpy(dtype=object)), type=pa.large_binary())


ENCODERS: tuple[tuple[type[sa.types.TypeEngine[Any]], Callable[["pd.Series[Any]"], "_Fixed | pa.Array"]], ...] = (
    (sa.Text, _text),
    (sa.BigInteger, _numbers(pa.int64(), ">i8")),
    (sa.Double, _numbers(pa.float64(), ">f8")),
    (sa.Boolean, _numbers(pa.bool_(), ">u1")),
    (sa.Date, _numbers(pa.date32(), ">i4", EPOCH_DAYS)),
    (sa.DateTime, _numbers(pa.timestamp("us", tz="UTC"), ">i8", EPOCH_MICROSECONDS)),
    (sa.Uuid, _uuid),
    (postgresql.JSONB, _json),
)
