"""Bringing a database to the newest tables, and what a migration file calls while it runs."""

import re
from importlib import resources
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context, op
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import Geometry as Shape

from gis.store.objects import DatabaseObject

SECTION = re.compile(r"^-- (before|after|drop): (.+)$", re.MULTILINE)


def configuration(connection: sa.Connection | None, srid: int) -> Config:
    """Give Alembic's configuration for a connection and the storage SRID of its county."""
    config = Config()
    config.set_main_option("script_location", str(folder().parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, srid=srid)
    return config


def folder() -> Path:
    """Give the folder of the migration files."""
    return Path(str(resources.files("gis.store").joinpath("migrations", "versions")))


def head() -> str | None:
    """Give the newest revision; None where there is none yet."""
    return ScriptDirectory.from_config(configuration(None, 0)).get_current_head()


def current(connection: sa.Connection) -> str | None:
    """Give the revision that a database stands at; None where none was ever run."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: sa.Connection, srid: int) -> None:
    """Run all migrations that the database has not seen; it must be reached as its owner."""
    command.upgrade(configuration(connection, srid), "head")


def shape(kind: str) -> Shape:
    """Give a geometry column type in the storage SRID of the county that is being migrated."""
    return Shape(kind, srid=context.config.attributes["srid"], spatial_index=False)


def objects(revision: str, when: str) -> None:
    """Run the statements that the revision's SQL file holds: drops and what tables need before, all else after."""
    connection = op.get_bind()
    connection.exec_driver_sql("SET LOCAL check_function_bodies = off")
    for section, _, statement in sections(next(folder().glob(f"{revision}_*.sql")).read_text(encoding="utf-8")):
        if section == when or (section == "drop" and when == "before"):
            connection.exec_driver_sql(statement.replace("%", "%%"))


def sections(text: str) -> list[tuple[str, str, str]]:
    """Split a revision's SQL file into (section, object's name, statement)."""
    pieces = SECTION.split(text)[1:]
    return [
        (section, name, statement.strip().rstrip(";"))
        for section, name, statement in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    ]


def written(drop: list[DatabaseObject], before: list[DatabaseObject], after: list[DatabaseObject]) -> str:
    """Give the text of a revision's SQL file."""
    parts = [f"-- drop: {each.name}\n{each.drop};\n" for each in drop]
    parts += [f"-- before: {each.name}\n{each.create};\n" for each in before]
    parts += [f"-- after: {each.name}\n{each.create};\n" for each in after]
    return "\n".join(parts)
