"""One county, one database: making it, opening it, and refusing it where its tables differ from the layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape, to_shape
from psycopg.errors import InsufficientPrivilege
from shapely.geometry.base import BaseGeometry
from sqlalchemy.pool import NullPool

from gis import crs, layers
from gis.errors import Refused, SchemaError, ServerError, UnknownName
from gis.layer import Use
from gis.store import build, migrate, server
from gis.store.schema import Schema
from gis.store.server import DatabaseRole
from gis.store.settings import Settings, named_database


@dataclass(frozen=True)
class County:
    """An opened county: its engine as the app role, its tables and the facts its figures depend on."""

    settings: Settings
    engine: sa.Engine = field(repr=False)
    schema: Schema = field(repr=False)
    code: str
    name: str
    srid: int
    timezone: ZoneInfo
    jurisdiction: str
    code_scheme: str

    def today(self) -> date:
        """Give the county's day now."""
        return now().astimezone(self.timezone).date()

    def day_end(self, day: date) -> datetime:
        """Give the instant at which a county day ends: the midnight after it."""
        following = day + timedelta(days=1)
        return datetime(following.year, following.month, following.day, tzinfo=self.timezone)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that commits at the end and rolls back on any failure."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection that changes nothing."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class Founding:
    """What a county is made from: its outline in EPSG:4326 and the facts that `county` holds."""

    outline: BaseGeometry
    name: str
    code: str = ""
    timezone: str = "Asia/Shanghai"
    jurisdiction: str = "default"
    srid: int | None = None
    code_scheme: str = ""


def now() -> datetime:
    """Give the instant now; for doors and runs, which hand it on."""
    return datetime.now(UTC)


def today_in(timezone: str) -> date:
    """Give the day now in a time zone, where no county is opened yet."""
    return now().astimezone(ZoneInfo(timezone)).date()


def engine_for(
    settings: Settings, role: DatabaseRole = DatabaseRole.APP, timezone: str = "UTC", *, kept: bool = False
) -> sa.Engine:
    """Give an engine whose every connection is in the county's time zone and sees our tables first.

    With `kept` up to five connections are kept open until `dispose`: a new one loads PostGIS and PROJ anew, which takes
    longer than most questions. Nothing is prepared on them, for each question is planned for its own town and day.
    """
    url = server.sqlalchemy_url(settings, role)
    unprepared = {"prepare_threshold": None}
    engine = (
        sa.create_engine(url, pool_pre_ping=True, connect_args=unprepared)
        if kept
        else sa.create_engine(url, poolclass=NullPool)
    )

    def prepare(connection: object, _record: object) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined] # the driver's own connection
            cursor.execute("SELECT set_config('TimeZone', %s, false)", [timezone])
            cursor.execute("SET search_path = public, pg_temp")
        connection.commit()  # type: ignore[attr-defined] # as above

    sa.event.listen(engine, "connect", prepare)
    return engine


def found(settings: Settings, founding: Founding) -> County:
    """Make a county's database: tables by migration, then its one row. Refused where it stands already.

    An interrupted founding can be repeated. CrsError where the outline is distorted by more than 1:2000.
    """
    if founding.timezone not in available_timezones():
        raise UnknownName(f"no time zone {founding.timezone!r}: expected an IANA name such as Asia/Shanghai")
    outline = _outline(founding.outline)
    srid = founding.srid or crs.storage_srid(outline, china=crs.is_chinese(founding.jurisdiction))
    crs.refuse_distortion(outline, srid)
    server.up(settings)
    server.create_database(settings, settings.database)
    owner = engine_for(settings, DatabaseRole.OWNER, founding.timezone)
    schema = Schema.of(srid)
    table = schema.table(layers.one(Use.COUNTY))
    with _permitted(settings), owner.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7715, 0)"))
        if sa.inspect(connection).has_table(table.name) and connection.execute(sa.select(table.c.name)).first():
            raise Refused(
                f"database {settings.database} holds a county already; `wangge db reset --yes --database "
                f"{settings.database}` removes it"
            )
        migrate.upgrade(connection, srid)
        stored = crs.to_storage(_array(outline), crs.EXCHANGE, srid)[0]
        scheme = founding.code_scheme or ("gbt2260" if founding.code else "local")
        connection.execute(
            table.insert().values(
                code=founding.code or "900000",
                name=founding.name,
                storage_srid=srid,
                timezone=founding.timezone,
                jurisdiction=founding.jurisdiction,
                code_scheme=scheme,
                geom=from_shape(stored, srid),
            )
        )
    owner.dispose()
    server.set_timezone(settings, founding.timezone)
    return opened(settings)


@contextmanager
def _permitted(settings: Settings) -> Iterator[None]:
    """Say in a sentence what the roles may not do on somebody else's server."""
    try:
        yield
    except sa.exc.ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        told = " ".join(str(error.orig).split())
        raise ServerError(f"{settings.database}: {told}; ask the server's superuser for this right") from None


def exists(settings: Settings) -> bool:
    """Whether the database stands and holds a county, also one of another version."""
    server.up(settings)
    if not server.has_database(settings):
        return False
    try:
        opened(settings, compare=False).close()
    except SchemaError:
        return True
    except Refused:
        return False
    return True


def opened(
    settings: Settings, *, compare: bool = True, role: DatabaseRole = DatabaseRole.APP, kept: bool = False
) -> County:
    """Open a county. Refused where there is none, SchemaError where its tables differ from the layers, naming what.

    `kept` is for a door that answers many questions: its connections stay open until the county is closed.
    """
    server.up(settings)
    if not server.has_database(settings):
        raise Refused(f"no county in database {settings.database}: `wangge db init --county FILE --name …` makes one")
    owner = engine_for(settings, DatabaseRole.OWNER)
    layer = layers.one(Use.COUNTY)
    try:
        with owner.connect() as connection:
            if not sa.inspect(connection).has_table(layer.name):
                raise Refused(f"database {settings.database} holds no county: run `wangge db init` again")
            if migrate.current(connection) != migrate.head():
                raise SchemaError(
                    f"database {settings.database} is of another version: `wangge db upgrade` brings it here"
                )
            names = ("code", "name", "storage_srid", "timezone", "jurisdiction", "code_scheme")
            columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
            row = connection.execute(sa.select(*columns).select_from(sa.table(layer.name))).first()
            if row is None:
                raise Refused(f"database {settings.database} holds no county: run `wangge db init` again")
            schema = Schema.of(row.storage_srid)
            if compare:
                require_layers(connection, schema, settings.database)
    except sa.exc.ProgrammingError as error:
        raise SchemaError(f"database {settings.database} differs from the layers: {error.orig}") from None
    finally:
        owner.dispose()
    engine = engine_for(settings, role, row.timezone, kept=kept)
    zone = ZoneInfo(row.timezone)
    return County(
        settings, engine, schema, row.code, row.name, row.storage_srid, zone, row.jurisdiction, row.code_scheme
    )


def upgraded(settings: Settings) -> tuple[str | None, str | None]:
    """Run the migrations that a county has not seen and give the revision before and after.

    SchemaError where its tables differ from the layers even then; the migration is rolled back.
    """
    server.up(settings)
    if not server.has_database(settings):
        raise Refused(f"no county in database {settings.database}: `wangge db init --county FILE --name …` makes one")
    owner = engine_for(settings, DatabaseRole.OWNER)
    with owner.begin() as connection:
        before = migrate.current(connection)
        if before is None:
            raise Refused(f"database {settings.database} holds no county: run `wangge db init` again")
        srid = connection.execute(sa.text("SELECT storage_srid FROM county")).scalar_one()
        migrate.upgrade(connection, srid)
        require_layers(connection, Schema.of(srid), settings.database)
        after = migrate.current(connection)
    owner.dispose()
    return before, after


def require_layers(connection: sa.Connection, schema: Schema, database: str) -> None:
    """Raise SchemaError where the live catalogue differs from a scratch schema built from the layers."""
    wanted = build.expected(connection, schema)
    build.require_same(build.catalogue(connection), wanted, database)


def outline_of(county: County) -> BaseGeometry:
    """Give the county's outline in storage metres."""
    table = county.schema.table(layers.one(Use.COUNTY))
    with county.reading() as connection:
        return to_shape(connection.execute(sa.select(table.c.geom)).scalar_one())


def reset(settings: Settings) -> None:
    """Remove the county's database with all it holds; one that does not exist is no failure."""
    server.up(settings)
    if settings.database_url is not None and settings.database == named_database(settings.database_url):
        raise Refused(f"database {settings.database} was made by the people who run its server: let them drop it")
    server.drop_database(settings, settings.database)


def named(settings: Settings, database: str) -> Settings:
    """Give the settings of another database on the same server."""
    return replace(settings, database=database)


def _outline(given: BaseGeometry) -> BaseGeometry:
    if given.geom_type not in {"Polygon", "MultiPolygon"} or given.is_empty or not given.is_valid:
        raise Refused(
            f"county outline: expected one valid polygon, got {given.geom_type}, {shapely.is_valid_reason(given)}"
        )
    return shapely.force_2d(given)


def _array(outline: BaseGeometry) -> crs.Geometries:
    multi = outline if outline.geom_type == "MultiPolygon" else shapely.multipolygons([outline])
    return shapely.from_wkb(np.array([shapely.to_wkb(multi)], dtype=object))
