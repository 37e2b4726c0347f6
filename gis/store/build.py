"""Making the tables and objects of the layers in an empty schema, and reading a catalogue to compare with it."""

import re
from collections.abc import Iterable, Mapping
from importlib import resources

import sqlalchemy as sa

from gis.errors import SchemaError
from gis.store.objects import DatabaseObject, after_tables, before_tables
from gis.store.schema import Schema

SCRATCH = "wangge_scratch"


def build(connection: sa.Connection, schema: Schema, *, namespace: str = "public") -> None:
    """Make every table and object in `namespace`, which must exist, be empty and come first in the search path."""
    execute(connection, before_tables(), namespace)
    schema.metadata.create_all(connection, checkfirst=False)
    execute(connection, after_tables(schema), namespace)


def execute(connection: sa.Connection, wanted: Iterable[DatabaseObject], namespace: str = "public") -> None:
    """Run the statements that make these objects; functions are bound to `namespace` and then to public."""
    connection.exec_driver_sql("SET LOCAL check_function_bodies = off")
    path = "SET search_path = public" if namespace == "public" else f"SET search_path = {namespace}, public"
    for each in wanted:
        statement = each.create.replace("SET search_path = public", path, 1)
        connection.exec_driver_sql(statement.replace("%", "%%"))


def catalogue(connection: sa.Connection, namespace: str = "public") -> dict[str, str]:
    """Give every column, constraint, index, trigger, function, view, grant and comment of a schema, by its name.

    The schema's own name is taken out of the definitions, so that two schemas can be compared.
    """
    query = resources.files("gis.store").joinpath("sql", "catalogue.sql").read_text(encoding="utf-8")
    rows = connection.execute(sa.text(query), {"schema": namespace})
    own = re.compile(rf"\b({SCRATCH}|public)\.")
    path = re.compile(rf"'?{SCRATCH}'?, ")
    return {name: path.sub("", own.sub("", definition)) for name, definition in rows}


def expected(connection: sa.Connection, schema: Schema) -> dict[str, str]:
    """Give the catalogue that the layers call for, from a scratch schema that is rolled back."""
    nested = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"CREATE SCHEMA {SCRATCH}")
        connection.exec_driver_sql(f"SET LOCAL search_path = {SCRATCH}, public")
        build(connection, schema, namespace=SCRATCH)
        return catalogue(connection, SCRATCH)
    finally:
        nested.rollback()


def differences(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Name each thing that is missing, foreign or other than the layers say; empty where they agree."""
    lines = [f"{name}: missing" for name in sorted(wanted.keys() - found.keys())]
    lines += [f"{name}: not of the layers" for name in sorted(found.keys() - wanted.keys())]
    changed = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    return lines + [f"{name}: expected {wanted[name]}, got {found[name]}" for name in changed]


def require_same(found: Mapping[str, str], wanted: Mapping[str, str], database: str) -> None:
    """Raise SchemaError naming the differences, at most twelve of them."""
    lines = differences(found, wanted)
    if lines:
        shown = "; ".join(line if len(line) < 300 else line[:300] + "…" for line in lines[:12])
        more = f"; and {len(lines) - 12} more" if len(lines) > 12 else ""
        raise SchemaError(f"database {database} differs from the layers in {len(lines)} places: {shown}{more}")
