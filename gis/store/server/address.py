"""Addresses of a database for each of the server's roles, as libpq and SQLAlchemy read them."""

from dataclasses import replace
from enum import StrEnum
from urllib.parse import quote, urlencode

from sqlalchemy import URL

from gis.store.server.cluster import PORT, cluster_of
from gis.store.settings import Settings, connection_parameters, named_database

MAINTENANCE = "postgres"


class DatabaseRole(StrEnum):
    """The server's roles: the superuser only creates databases and extensions, the owner's are the tables."""

    SUPERUSER = "wangge"
    OWNER = "wangge_owner"
    APP = "wangge_app"
    READER = "wangge_reader"


def parameters(settings: Settings, role: DatabaseRole, database: str | None = None) -> dict[str, str]:
    """Give the libpq parameters for one role; `database` None means the settings' own.

    On somebody else's server the address stays the given one and the role is taken on at connection (SET ROLE);
    the superuser's part is played by the given address itself.
    """
    name = database or settings.database
    if settings.database_url is None:
        sockets = str(cluster_of(settings.state).sockets)
        return {"host": sockets, "port": str(PORT), "user": role.value, "dbname": name}
    given = connection_parameters(settings.database_url) | {"dbname": name}
    if role is not DatabaseRole.SUPERUSER:
        given["options"] = f"{given.get('options', '')} -crole={role.value}".strip()
    return given


def libpq_url(settings: Settings, role: DatabaseRole = DatabaseRole.APP, database: str | None = None) -> str:
    """Give the address as psql, psycopg, GDAL and QGIS read it; a password that DATABASE_URL holds is in it."""
    rest = parameters(settings, role, database)
    user, password, name = rest.pop("user", ""), rest.pop("password", ""), rest.pop("dbname")
    account = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
    query = urlencode(rest, quote_via=quote)
    return f"postgresql://{account}{'@' if account else ''}/{quote(name, safe='')}?{query}"


def sqlalchemy_url(settings: Settings, role: DatabaseRole = DatabaseRole.APP, database: str | None = None) -> URL:
    """Give the address as SQLAlchemy's psycopg dialect reads it; printed, it hides the password."""
    rest = parameters(settings, role, database)
    user, password, name = rest.pop("user", None), rest.pop("password", None), rest.pop("dbname")
    return URL.create("postgresql+psycopg", user, password, database=name, query=rest)


def maintenance(settings: Settings) -> Settings:
    """Give the settings of the database from which others are made: on somebody else's server the one it names."""
    if settings.database_url is None:
        return replace(settings, database=MAINTENANCE)
    return replace(settings, database=named_database(settings.database_url))
