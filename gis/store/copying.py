"""Temporary tables filled by COPY: the quick way to hand many rows to one statement."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa


def temporary(
    connection: sa.Connection,
    name: str,
    columns: Sequence[sa.Column[Any]],
    rows: Iterable[Sequence[object]],
    *,
    copied: Sequence[str] = (),
) -> sa.Table:
    """Make a temporary table of these columns that ends with the transaction, fill it with rows and give it.

    `copied` names the columns that the rows hold, all of them where it is empty.
    """
    table = sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS pg_temp."{name}"')
    table.create(connection)
    listed = ", ".join(f'"{column}"' for column in copied or table.columns.keys())
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("an open connection has its driver's")
    with driver.cursor() as cursor, cursor.copy(f'COPY pg_temp."{name}" ({listed}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
    connection.exec_driver_sql(f'ANALYZE pg_temp."{name}"')
    return table
