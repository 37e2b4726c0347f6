"""Writing a migration from the layers: `python -m gis.store.revision 0002 "A hot-work layer stands"`, then review it.

Alembic compares tables, columns, keys and indexes. It does not see CHECK, EXCLUDE, triggers, functions, views and
grants: those come from comparing two catalogues, that of the migrated database and that of the layers.
"""

import os
import sys
from collections.abc import Mapping
from typing import Literal

import sqlalchemy as sa
from alembic.autogenerate import api
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from geoalchemy2 import Geometry as Shape
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool

from gis import layers
from gis.errors import Refused
from gis.layer import Field, Layer, Use
from gis.store import build, migrate, server
from gis.store.migrate import folder, upgrade, written
from gis.store.objects import DatabaseObject, after_tables, before_tables
from gis.store.schema import Schema, constraint_name, quoted
from gis.store.settings import settings_from

SRID = 3857
TEMPLATE = '''"""{message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gis.store.migrate import objects, shape

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects(revision, "before")
    {upgrades}
    objects(revision, "after")


def downgrade() -> None:
    raise RuntimeError("a county's past is not unmade: restore a backup instead")
'''
DATABASE = "wangge_revision"
GONE = {
    "trigger": "DROP TRIGGER {name} ON {table}",
    "constraint": "ALTER TABLE {table} DROP CONSTRAINT {name}",
    "view": "DROP VIEW {name}",
    "function": "DROP FUNCTION {name}",
}
"""How what the layers no longer say is dropped, in this order; keys are dropped by Alembic."""
BY_ALEMBIC = frozenset({"column", "index"})


def rendered(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Give how a type is written in a migration: geometry without the SRID, which belongs to the county."""
    if kind == "type" and isinstance(item, Shape):
        return f'shape("{item.geometry_type}")'
    if kind == "type" and isinstance(item, postgresql.ARRAY):
        return "postgresql.ARRAY(sa.Text())"
    if kind == "type" and isinstance(item, postgresql.JSONB):
        return "postgresql.JSONB()"
    return False


def ours(item: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:  # noqa: FBT001 - Alembic's signature
    """Leave out PostGIS's own tables."""
    return not (kind == "table" and reflected and name in {"spatial_ref_sys", "alembic_version"}) and item is not None


def write(connection: sa.Connection, revision: str, message: str) -> list[str]:
    """Write the two files that bring the migrated database to the layers; give their names. Refused if all is equal."""
    schema = Schema.of(SRID)
    found, wanted = build.catalogue(connection), build.expected(connection, schema)
    changed = {name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)}
    if not changed:
        raise Refused("the database already equals the layers: there is nothing to migrate")
    slug = "_".join(message.lower().split())[:40].rstrip(".")
    before = [each for each in before_tables() if each.name in changed]
    after = [each for each in after_tables(schema) if each.name in changed]
    drop = [each for each in reversed(after) if each.name in found and not _stands(each)]
    after = [_replacing(each) if each.name in found and _stands(each) else each for each in after]
    after = _respelt(found, wanted, after)
    drop += _gone(found, wanted)
    sql = folder() / f"{revision}_{slug}.sql"
    sql.write_text(written(drop, before, after), encoding="utf-8")
    python = folder() / f"{revision}_{slug}.py"
    python.write_text(
        TEMPLATE.format(
            message=message,
            revision=revision,
            down=repr(migrate.head()).replace("'", '"'),
            upgrades=_operations(connection, schema),
        ),
        encoding="utf-8",
    )
    return [sql.name, python.name]


def _stands(each: DatabaseObject) -> bool:
    """Whether it is replaced in place, because something stands on it: grants on a view, triggers on a function."""
    return each.name.startswith("view ") or "RETURNS trigger" in each.create


def _replacing(each: DatabaseObject) -> DatabaseObject:
    return each._replace(create=each.create.replace("CREATE ", "CREATE OR REPLACE ", 1))


def _respelt(found: Mapping[str, str], wanted: Mapping[str, str], after: list[DatabaseObject]) -> list[DatabaseObject]:
    """Put last the choices that a standing column must now meet, each after its stored values are brought to them.

    And what is worked out from other rows, where it has a new column.

    The triggers stand again by then, so that the past keeps every value as it was.
    """
    by_name = {each.name: each for each in after}
    last = {}
    for layer in layers.every():
        for field in layer.fields:
            name = f"constraint {layer.name}.{constraint_name(layer, f'{field.name}_choices')}"
            if name in by_name and layer.historic and f"column {layer.name}.{field.name}" in found:
                values = f"values {layer.name}.{field.name}"
                last[values] = DatabaseObject(values, _respelling(layer, field), "")
                last[name] = by_name.pop(name)
    if any(name.endswith("_measure_new") and name not in found for name in by_name):
        last["values line_cell"] = DatabaseObject("values line_cell", "SELECT lengths_rebuild(NULL)", "")
    status = f"column {layers.one(Use.STATUS).name}."
    if "table status" in found and any(name.startswith(status) and name not in found for name in wanted):
        rebuild = "SELECT status_rebuild(array_agg(object_id)) FROM patrolled"
        last["values status"] = DatabaseObject("values status", rebuild, "")
    return [*by_name.values(), *last.values()]


def _respelling(layer: Layer, field: Field) -> str:
    """Give the update that turns delivered spellings into choices, others into the choice `*`, or empty without one."""
    spelt = {
        spelling: choice.value
        for choice in field.choices
        for spelling in (choice.title, choice.title_en, *choice.source)
        if spelling not in {"", "*"}
    }
    column, any_other = quoted(field.name), [each.value for each in field.choices if "*" in each.source]
    cases = " ".join(f"WHEN {_text(spelling)} THEN {_text(value)}" for spelling, value in spelt.items())
    other = _text(any_other[0]) if any_other else "NULL"
    allowed = ", ".join(_text(choice.value) for choice in field.choices)
    update = f"UPDATE {quoted(layer.name)} SET {column} = CASE {column} {cases} ELSE {other} END"  # noqa: S608 - our own
    return f"{update}\nWHERE {column} NOT IN ({allowed})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _gone(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[DatabaseObject]:
    """Give the drops of what is found and not wanted.

    Refused for a table, whose past a migration must not unmake, and for whatever else only a person can judge.
    """
    gone = sorted(found.keys() - wanted.keys())
    views = {name.removeprefix("view ") for name in gone if name.startswith("view ")}
    by_hand = [name for name in gone if name.split()[0] not in {*GONE, *BY_ALEMBIC} and name.split()[1] not in views]
    if by_hand:
        raise Refused(f"write by hand what becomes of these and their rows: {', '.join(by_hand)}")
    drops = []
    for kind, statement in GONE.items():
        for name in gone:
            said, _, rest = name.partition(" ")
            if said == kind and not (kind == "constraint" and found[name].startswith(("PRIMARY", "UNIQUE", "FOREIGN"))):
                table, _, own = rest.partition(".")
                text = statement.format(name=own or rest, table=quoted(table))
                drops.append(DatabaseObject(name, "", text))
    return drops


def _operations(connection: sa.Connection, schema: Schema) -> str:
    options = {"target_metadata": schema.metadata, "include_object": ours, "compare_type": True}
    compared = MigrationContext.configure(connection, opts=options)
    made = api.produce_migrations(compared, schema.metadata).upgrade_ops
    return api.render_python_code(made, render_item=rendered) if made is not None else "    pass"


def main() -> None:
    """Migrate an empty database, compare it with the layers and write what is missing."""
    revision, message = sys.argv[1:]
    settings = settings_from(os.environ)
    server.up(settings)
    server.drop_database(settings, DATABASE)
    server.create_database(settings, DATABASE)
    engine = sa.create_engine(server.sqlalchemy_url(settings, server.DatabaseRole.OWNER, DATABASE), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            if any(folder().glob("*.sql")):
                upgrade(connection, SRID)
            for name in write(connection, revision, message):
                sys.stdout.write(f"{name}\n")
    finally:
        server.drop_database(settings, DATABASE)


if __name__ == "__main__":
    main()
