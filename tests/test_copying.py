"""What COPY stores from the binary stream is what it stores from text, for every kind of value."""

import json
import math
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pytest
import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry as Shape
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from gis.layer import Kind
from gis.store import copying
from gis.store.county import County
from gis.store.schema import TYPES
from gis.store.settings import Settings
from tests.builders import cloned, undone

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHAPE: sa.types.TypeEngine[Any] = Shape("GEOMETRY", srid=4549, spatial_index=False)
VALUES: dict[Kind, list[object]] = {
    Kind.TEXT: [
        "",
        " ",
        "a",
        "浙江省永康市",
        "\\N",
        "\\",
        'say "so"',
        "it's",
        "a\nb\r\n\tc",
        "𠮷😀",
        "x" * 70_000,
        "{}",
    ],
    Kind.INTEGER: [0, -1, 7, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)],
    Kind.REAL: [0.0, -0.0, 0.1, -1.5, 1e-320, 1.7976931348623157e308, 5e-324, 1 / 3],
    Kind.BOOLEAN: [True, False],
    Kind.DATE: [date(1, 1, 1), date(1899, 12, 31), date(1970, 1, 1), date(2000, 1, 1), date(2024, 2, 29), date.max],
    Kind.INSTANT: [
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(1900, 12, 31, 23, 59, 59, 999_999, SHANGHAI),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
        datetime(2026, 3, 4, 9, 30, 0, 1, timezone(timedelta(hours=5, minutes=45))),
        datetime(9999, 12, 30, 23, 59, 59, 999_999, UTC),
    ],
    Kind.UUID: [UUID(int=0), UUID("018f3c1e-7c5a-7000-8000-0123456789ab"), UUID(int=2**128 - 1)],
    Kind.JSON: [{}, {"名": "王'\"\\"}, {"a": [1, 2.5, None, True, {"b": "\n"}]}],
}
BOUNDS = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - hypothesis takes them without a zone
DRAWN: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.REAL: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.dates(),
    Kind.INSTANT: st.datetimes(*BOUNDS, timezones=st.sampled_from([UTC, SHANGHAI])),
    Kind.UUID: st.uuids(),
    Kind.JSON: st.dictionaries(st.text("ab名\n\"'\\"), st.none() | st.booleans() | st.integers() | st.text('ab名"\\')),
}
ROWS = st.lists(st.tuples(*(st.none() | DRAWN[kind] for kind in Kind)), max_size=12)


def columns_of_all_kinds() -> list[sa.Column[Any]]:
    return [sa.Column("row_no", sa.BigInteger()), *(sa.Column(kind.value, TYPES[kind]) for kind in Kind)]


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module; each works in a transaction that is rolled back."""
    with cloned(template, "test_copying") as found:
        yield found


@pytest.fixture
def connection(clone: County) -> Iterator[sa.Connection]:
    """A transaction that is rolled back."""
    with undone(clone) as found:
        yield found


def frame(columns: Sequence[sa.Column[Any]], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    names = [column.name for column in columns]
    return pd.DataFrame({name: pd.Series([row[at] for row in rows], dtype=object) for at, name in enumerate(names)})


def by_text(
    connection: sa.Connection, columns: Sequence[sa.Column[Any]], rows: Sequence[Sequence[object]]
) -> list[tuple[object, ...]]:
    """Store rows one by one in text form, as psycopg writes them, and give what is stored then, as text."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.slow")
    table = sa.Table(
        "slow", sa.MetaData(), *(sa.Column(each.name, each.type) for each in columns), prefixes=["TEMPORARY"]
    )
    table.create(connection)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy("COPY pg_temp.slow FROM STDIN") as copy:
        for row in rows:
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in row])
    return content(connection, table)


def content(connection: sa.Connection, table: sa.Table) -> list[tuple[object, ...]]:
    """Give the rows of a table as the server writes them in text, which tells apart what Python calls equal."""
    written = [sa.cast(sa.literal_column(f'"{column.name}"'), sa.Text()) for column in table.columns]
    return [tuple(row) for row in connection.execute(sa.select(*written).select_from(table).order_by(table.c.row_no))]


def test_every_kind_of_value_is_listed_here() -> None:
    assert set(VALUES) == set(DRAWN) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_stored_as_text_form_stores_it(connection: sa.Connection, kind: Kind) -> None:
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger()), sa.Column("value", TYPES[kind])]
    rows = list(enumerate([None, *VALUES[kind], None, VALUES[kind][0]]))
    table = copying.temporary(connection, "quick", columns, frame(columns, rows))
    found = content(connection, table)
    assert found == by_text(connection, columns, rows)
    assert [row[1] is None for row in found] == [value is None for _, value in rows]


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_any_rows_are_stored_as_text_form_stores_them(clone: County, rows: list[tuple[object, ...]]) -> None:
    numbered = [(place, *row) for place, row in enumerate(rows)]
    with undone(clone) as connection:
        columns = columns_of_all_kinds()
        table = copying.temporary(connection, "quick", columns, frame(columns, numbered))
        assert content(connection, table) == by_text(connection, columns, numbered)


def test_the_stream_is_the_one_of_the_manual_byte_by_byte() -> None:
    columns: list[sa.Column[Any]] = [
        sa.Column("a", sa.BigInteger()),
        sa.Column("b", sa.Text()),
        sa.Column("c", sa.Boolean()),
    ]
    rows = frame(columns, [(258, "名", True), (None, None, None)])
    first = struct.pack("!hiqi3sib", 3, 8, 258, 3, "名".encode(), 1, 1)
    second = struct.pack("!hiii", 3, -1, -1, -1)
    head = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
    assert b"".join(copying.stream(columns, rows)) == head + first + second + struct.pack("!h", -1)


def test_rows_beyond_one_chunk_stay_in_order(connection: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK_ROWS", 7)
    rows = [(place, "x" * (place % 5) if place % 3 else None) for place in range(50)]
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger()), sa.Column("value", sa.Text())]
    table = copying.temporary(connection, "quick", columns, frame(columns, rows))
    assert connection.execute(sa.select(table).order_by(table.c.row_no)).all() == rows


def test_no_rows_make_an_empty_table_and_a_column_left_out_takes_its_default(connection: sa.Connection) -> None:
    columns: list[sa.Column[Any]] = [
        sa.Column("row_no", sa.BigInteger()),
        sa.Column("value", sa.Text(), server_default="so"),
    ]
    empty = copying.temporary(connection, "quick", columns, frame(columns, []))
    assert connection.execute(sa.select(empty)).all() == []
    again = [sa.Column(each.name, each.type, server_default=each.server_default) for each in columns]
    filled = copying.temporary(connection, "quick", again, pd.DataFrame({"row_no": [3]}))
    assert connection.execute(sa.select(filled)).all() == [(3, "so")]


def test_columns_of_numpy_and_pandas_types_are_stored_like_objects(connection: sa.Connection) -> None:
    moments = pd.to_datetime(["2026-03-04T09:30:00.000001+08:00", "NaT"], utc=True)
    typed = pd.DataFrame(
        {
            "row_no": np.array([1, 2]),
            Kind.TEXT.value: pd.array(["名", None], dtype="string"),
            Kind.INTEGER.value: pd.array([2**53 + 1, None], dtype="Int64"),
            Kind.REAL.value: [0.5, math.nan],
            Kind.BOOLEAN.value: pd.array([True, None], dtype="boolean"),
            Kind.DATE.value: [date(2024, 2, 29), pd.NaT],
            Kind.INSTANT.value: moments,
            Kind.UUID.value: [str(UUID(int=5)), None],
            Kind.JSON.value: [{"a": 1}, None],
        }
    )
    table = copying.temporary(connection, "quick", columns_of_all_kinds(), typed)
    moment = datetime(2026, 3, 4, 1, 30, 0, 1, tzinfo=UTC)
    whole = (1, "名", 2**53 + 1, 0.5, True, date(2024, 2, 29), moment, UUID(int=5), {"a": 1})
    assert connection.execute(sa.select(table).order_by(table.c.row_no)).all() == [whole, (2, *[None] * len(Kind))]


def test_shapes_are_stored_with_their_system_and_bytes(connection: sa.Connection) -> None:
    shapes = [
        shapely.from_wkt(text)
        for text in (
            "POINT (0.1 -3)",
            "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3.3333333333333335))",
            "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (3 1, 5 1, 5 2, 3 1)), ((20 20, 21 20, 21 21, 20 20)))",
        )
    ]
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger()), sa.Column("geom", SHAPE)]
    rows = frame(columns, list(enumerate([*shapes, None])))
    table = copying.temporary(connection, "quick", columns, rows)
    query = sa.select(sa.func.ST_SRID(table.c.geom), sa.func.ST_AsBinary(table.c.geom, "NDR").label("wkb"))
    found = connection.execute(query.order_by(table.c.row_no)).all()
    assert [(srid, bytes(wkb)) for srid, wkb in found[:3]] == [(4549, shape.wkb) for shape in shapes]
    assert tuple(found[3]) == (None, None)


def test_what_is_no_value_of_its_column_stops_the_copy(connection: sa.Connection) -> None:
    columns: list[sa.Column[Any]] = [sa.Column("value", sa.BigInteger())]
    with pytest.raises(pa.ArrowInvalid), connection.begin_nested():
        copying.temporary(connection, "quick", columns, pd.DataFrame({"value": [0.5]}))
    with pytest.raises(psycopg.errors.CharacterNotInRepertoire), connection.begin_nested():
        copying.temporary(connection, "quick", [sa.Column("value", sa.Text())], pd.DataFrame({"value": ["a\x00"]}))
    with pytest.raises(TypeError, match="no binary form"):
        list(copying.stream([sa.Column("value", sa.Interval())], pd.DataFrame({"value": [1]})))


def test_what_a_query_gives_is_kept_until_the_transaction_ends(connection: sa.Connection) -> None:
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger()), sa.Column("geom", SHAPE)]
    rows = frame(columns, [(1, shapely.Point(1, 2)), (2, shapely.Point(3, 4))])
    given_rows = copying.temporary(connection, "quick", columns, rows)
    chosen = sa.select(given_rows.c.row_no, given_rows.c.geom.label("spot")).where(given_rows.c.row_no > 1)
    table = copying.derived(connection, "kept", chosen, index="spot")
    assert connection.scalars(sa.select(table.c.row_no)).all() == [2]
    indexed = "SELECT count(*) FROM pg_indexes WHERE tablename = 'kept'"
    assert connection.execute(sa.text(indexed)).scalar_one() == 1


def test_json_is_stored_as_written(connection: sa.Connection) -> None:
    columns: list[sa.Column[Any]] = [sa.Column("value", TYPES[Kind.JSON])]
    told = {"text": "第一\n幢", "list": [1, {"a": None}], "big": 2**70}
    table = copying.temporary(connection, "quick", columns, pd.DataFrame({"value": [told]}))
    text = connection.execute(sa.select(sa.cast(table.c.value, sa.Text()))).scalar_one()
    assert json.loads(text) == told
