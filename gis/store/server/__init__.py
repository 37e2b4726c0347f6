"""The PostgreSQL server behind a county: our private one, or the one that DATABASE_URL names; up, down and status."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from gis.errors import Refused, ServerError
from gis.store.server import cluster
from gis.store.server.address import DatabaseRole, libpq_url, maintenance, sqlalchemy_url
from gis.store.server.installation import OLDEST
from gis.store.settings import Settings

__all__ = [
    "DatabaseRole",
    "Server",
    "Status",
    "alone",
    "connect",
    "create_database",
    "databases",
    "down",
    "drop_database",
    "ensure_roles",
    "has_database",
    "libpq_url",
    "set_timezone",
    "sqlalchemy_url",
    "status",
    "up",
]

OLDEST_POSTGIS = (3, 3)
CONNECT_S = 15
ROLES = (DatabaseRole.OWNER, DatabaseRole.APP, DatabaseRole.READER)
EXTENSIONS = ("postgis", "btree_gist")
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers: its versions, and whether this call started it."""

    version: str
    postgis: str
    started: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What is known about the server without starting it; `private` False means the one that DATABASE_URL names."""

    private: bool
    running: bool
    version: str = ""
    postgis: str = ""
    pid: int | None = None
    data: Path | None = None
    sockets: Path | None = None
    databases: tuple[str, ...] = ()
    problem: str = ""


def up(settings: Settings) -> Server:
    """Give the running server, made and started where need be; ServerError says what is missing and what to do."""
    if settings.database_url is not None:
        return _external(settings)
    running = _running(settings)
    if running is not None:
        return running
    with cluster.locked(settings.state):
        running = _running(settings)
        if running is not None:
            return running
        ours = cluster.cluster_of(settings.state)
        cluster.socket_folder(ours)
        cluster.make(ours, durable=settings.durable)
        if cluster.postmaster(ours) is not None and not (ours.sockets / f".s.PGSQL.{cluster.PORT}").exists():
            cluster.stop(ours)
            cluster.socket_folder(ours)
        cluster.start(ours, DatabaseRole, durable=settings.durable)
        with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
            ensure_roles(connection)
            return Server(_version(connection), _postgis_offered(connection), started=True)


def down(settings: Settings) -> bool:
    """Stop the private server and tell whether it ran; Refused where DATABASE_URL names somebody else's."""
    if settings.database_url is not None:
        raise Refused("DATABASE_URL names a server that is not ours to stop: ask the people who run it")
    ours = cluster.cluster_of(settings.state)
    if not ours.made:
        return False
    with cluster.locked(settings.state):
        ran = cluster.postmaster(ours) is not None
        cluster.stop(ours)
        return ran


def status(settings: Settings) -> Status:
    """Give what is known about the server; nothing is started, and a server that fails is described, not raised."""
    private = settings.database_url is None
    pid, ours = None, None
    try:
        if private:
            ours = cluster.cluster_of(settings.state)
            pid = cluster.postmaster(ours)
            if pid is None:
                return Status(private, running=False, data=ours.data, sockets=ours.sockets)
        with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
            return Status(
                private,
                running=True,
                version=_version(connection),
                postgis=_postgis_offered(connection),
                pid=pid,
                data=ours.data if ours else None,
                sockets=ours.sockets if ours else None,
                databases=_databases(connection),
            )
    except ServerError as error:
        return Status(private, running=False, pid=pid, problem=str(error))


def connect(settings: Settings, role: DatabaseRole = DatabaseRole.APP, database: str | None = None) -> Connection:
    """Open a connection in autocommit as one of the roles; ServerError where the server does not let us in."""
    if settings.database_url is None and not cluster.sockets_are_ours(cluster.cluster_of(settings.state)):
        raise ServerError("the private PostgreSQL is not running: `wangge db up` starts it")
    try:
        return psycopg.connect(libpq_url(settings, role, database), autocommit=True, connect_timeout=CONNECT_S)
    except psycopg.OperationalError as error:
        where = "DATABASE_URL" if settings.database_url else "the private PostgreSQL"
        words = " ".join(str(error).split())
        raise ServerError(f"{where} does not let us in ({database or settings.database}): {words}") from None


def ensure_roles(connection: Connection) -> None:
    """Make the roles where they are missing, take from them what they must not have, and let the caller become them."""
    found = connection.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles"
    ).fetchall()
    flags = {str(row[0]): row[1:] for row in found}
    plain = sql.SQL("NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB LOGIN")
    try:
        with connection.transaction():
            for role in ROLES:
                name = sql.Identifier(role.value)
                if role.value not in flags:
                    connection.execute(sql.SQL("CREATE ROLE {} {}").format(name, plain))
                elif flags[role.value] != (False, False, False, False, True):
                    connection.execute(sql.SQL("ALTER ROLE {} {}").format(name, plain))
            for role in ROLES:
                if not _holds(connection, role):
                    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role.value)))
    except psycopg.errors.InsufficientPrivilege as error:
        names = ", ".join(role.value for role in ROLES)
        raise ServerError(f"the roles {names} cannot be made ({_first(error)}): ask the server's superuser") from None


def _holds(connection: Connection, role: DatabaseRole) -> bool:
    row = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [role.value]).fetchone()
    return row == (True,)


def create_database(settings: Settings, name: str, *, template: str | None = None) -> None:
    """Make a database with PostGIS that the owner role owns; made half-way or whole before, it is made good.

    The app and reader roles may connect and see the schema, everybody else nothing. `template` names a database without
    sessions that is copied with its tables.
    """
    try:
        with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
            connection.execute("SELECT pg_advisory_lock(7714, 0)")  # until it is closed: two commands make one database
            ensure_roles(connection)
            _create(connection, name, template)
            with connect(settings, DatabaseRole.SUPERUSER, name) as inside:
                _furnish(inside, name)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServerError(
            f"{name}: not permitted ({_first(error)}): ask the server's superuser to make the database "
            "and to run CREATE EXTENSION postgis and CREATE EXTENSION btree_gist in it"
        ) from None
    except psycopg.errors.FeatureNotSupported as error:
        raise ServerError(f"{name}: the server has no PostGIS ({_first(error)}): install its package there") from None


def _create(connection: Connection, name: str, template: str | None) -> None:
    row = connection.execute("SELECT datconnlimit FROM pg_database WHERE datname = %s", [name]).fetchone()
    if row is not None and row[0] != -2:  # -2 marks a DROP DATABASE that was cut off: nobody can connect to it again
        return
    if row is not None:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(DatabaseRole.OWNER.value), sql.Identifier(template or "template0")
        )
    )


def _furnish(connection: Connection, name: str) -> None:
    owner, app, reader = (sql.Identifier(role.value) for role in ROLES)
    database = sql.Identifier(name)
    with connection.transaction():
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        for text in (
            "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {owner}, {app}",
            "GRANT CREATE ON DATABASE {database} TO {owner}",
            "GRANT CONNECT ON DATABASE {database} TO {reader}",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "GRANT CREATE, USAGE ON SCHEMA public TO {owner}",
            "GRANT USAGE ON SCHEMA public TO {app}, {reader}",
        ):
            connection.execute(sql.SQL(text).format(database=database, owner=owner, app=app, reader=reader))


def drop_database(settings: Settings, name: str) -> None:
    """Remove a database with all it holds, ending its sessions; one that does not exist is no failure."""
    with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def alone(settings: Settings, name: str) -> Iterator[None]:
    """Wait until nobody else of this server works under that name, and keep others waiting meanwhile."""
    up(settings)
    with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
        connection.execute("SELECT pg_advisory_lock(7714, hashtext(%s))", [name])
        yield


def has_database(settings: Settings) -> bool:
    """Whether the settings' database exists, whoever owns it."""
    with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [settings.database]).fetchone()
    return found is not None


def set_timezone(settings: Settings, timezone: str) -> None:
    """Let other clients of a private database (psql, QGIS) count days as the county does.

    Our own connections set the zone themselves, on every server.
    """
    if settings.database_url is not None:
        return
    with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
        statement = sql.SQL("ALTER DATABASE {} SET TimeZone = {}")
        connection.execute(statement.format(sql.Identifier(settings.database), sql.Literal(timezone)))


def databases(settings: Settings) -> tuple[str, ...]:
    """Give the names of the databases that the owner role owns, in order."""
    with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
        return _databases(connection)


def _databases(connection: Connection) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE rolname = %s ORDER BY datname",
        [DatabaseRole.OWNER.value],
    )
    return tuple(str(row[0]) for row in rows)


def _running(settings: Settings) -> Server | None:
    """Give the private server if it answers and its roles stand."""
    try:
        with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
            rows = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = ANY(%s)", [[*ROLES]]).fetchall()
            if len(rows) < len(ROLES):
                return None
            return Server(_version(connection), _postgis_offered(connection))
    except ServerError:
        return None


def _external(settings: Settings) -> Server:
    """Check that somebody else's server will do: its version, and PostGIS in the database named."""
    with connect(maintenance(settings), DatabaseRole.SUPERUSER) as connection:
        version = _version(connection)
        row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetchone()
        if connection.info.server_version < OLDEST * 10_000:
            raise ServerError(f"DATABASE_URL: expected PostgreSQL {OLDEST} or newer, got {version}")
        if row is None:
            raise ServerError(
                f"DATABASE_URL: the database {maintenance(settings).database} has no PostGIS: "
                "let its superuser run CREATE EXTENSION postgis there"
            )
        postgis = str(row[0])
        if tuple(int(part) for part in postgis.split(".")[:2]) < OLDEST_POSTGIS:
            raise ServerError(f"DATABASE_URL: expected PostGIS 3.3 or newer, got {postgis}")
        return Server(version, postgis)


def _version(connection: Connection) -> str:
    return connection.info.parameter_status("server_version") or ""


def _postgis_offered(connection: Connection) -> str:
    row = connection.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    return str(row[0]) if row else ""


def _first(error: psycopg.Error) -> str:
    return str(error).splitlines()[0]
