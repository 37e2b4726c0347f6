"""Where the state lives and which database is meant: read once, by a door."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from gis.errors import ServerError

DATABASE = "wangge"


@dataclass(frozen=True, slots=True)
class Settings:
    """The state folder, the address of somebody else's server where one is used, and the county's database.

    `durable` False is for throw-away servers of tests: quick, and lost in a power cut.
    """

    state: Path
    database_url: str | None = None
    database: str = DATABASE
    durable: bool = True


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Give the settings that the environment asks for; ServerError where DATABASE_URL cannot be understood.

    The state folder is $WANGGE_STATE, else /var/lib/wangge for root, else $XDG_STATE_HOME/wangge or
    ~/.local/state/wangge. The database is the one that DATABASE_URL names, else `wangge`.
    """
    url = environment.get("DATABASE_URL") or None
    if url is None:
        return Settings(_state(environment))
    return Settings(_state(environment), url, named_database(url))


def connection_parameters(url: str) -> dict[str, str]:
    """Give the libpq parameters of a database URL or keyword string; a driver's name (`+psycopg`) is left out."""
    scheme, separator, rest = url.partition("://")
    try:
        given = conninfo_to_dict(scheme.partition("+")[0] + separator + rest if separator else url)
    except ProgrammingError as error:
        raise ServerError(f"DATABASE_URL is not a PostgreSQL address: {str(error).strip()}") from None
    return {name: str(value) for name, value in given.items() if value is not None}


def named_database(url: str) -> str:
    """Give the database that a URL names; libpq's rule without a name is the user's own."""
    given = connection_parameters(url)
    return given.get("dbname") or given.get("user") or DATABASE


def _state(environment: Mapping[str, str]) -> Path:
    if environment.get("WANGGE_STATE"):
        return Path(environment["WANGGE_STATE"]).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/wangge")
    if environment.get("XDG_STATE_HOME"):
        return Path(environment["XDG_STATE_HOME"]).absolute() / "wangge"
    return Path.home() / ".local/state/wangge"
