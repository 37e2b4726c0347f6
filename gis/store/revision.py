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

from gis.errors import Refused
from gis.store import build, migrate, server
from gis.store.migrate import folder, upgrade, written
from gis.store.objects import DatabaseObject, after_tables, before_tables
from gis.store.schema import Schema, quoted
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
