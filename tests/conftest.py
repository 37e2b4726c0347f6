"""A throw-away PostGIS for all tests, and a county of its own for each test that asks for one."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import shapely
import sqlalchemy as sa

from gis import crs
from gis.store import county as counties
from gis.store import server
from gis.store.county import County, Founding
from gis.store.server import DatabaseRole
from gis.store.settings import Settings

SRID = 4549
X, Y = 500_000.0, 3_200_000.0
SIDE_M = 4_000.0
TEMPLATE = "wangge_template"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a private server that ends with the tests."""
    found = Settings(tmp_path_factory.mktemp("state"), durable=False)
    server.up(found)
    yield found
    server.down(found)


@pytest.fixture(scope="session")
def template(settings: Settings) -> Settings:
    """A database that holds an empty county of 4 by 4 km in EPSG:4549, to be cloned."""
    own = replace(settings, database=TEMPLATE)
    square = shapely.box(X, Y, X + SIDE_M, Y + SIDE_M)
    outline = crs.from_storage(shapely.from_wkb([square.wkb]), crs.EXCHANGE, SRID)[0]
    founding = Founding(outline, "试验县", "990001", "Asia/Shanghai", "CN-33", code_scheme="local")
    counties.found(own, founding).close()
    return own


@pytest.fixture
def county(template: Settings) -> Iterator[County]:
    """An empty county in a database of its own, opened as the app; commits, crashes and concurrency are its own."""
    own = replace(template, database=f"test_{next(NUMBERS)}")
    server.create_database(own, own.database, template=TEMPLATE)
    found = counties.opened(own, compare=False)
    yield found
    found.close()
    server.drop_database(own, own.database)


@pytest.fixture(scope="session")
def filled(template: Settings) -> Iterator[County]:
    """A county in which every layer that is delivered holds rows that are hard on a file; tests leave it as it is."""
    from tests.exchange import filled_county  # it reads this module

    with filled_county(template, "test_filled") as found:
        yield found


def at(county: County, moment: datetime) -> County:
    """Give the same county with the server's recorded clock set to `moment`; its connections may become the owner."""
    engine = counties.engine_for(county.settings, DatabaseRole.SUPERUSER, str(county.timezone))
    sa.event.listen(
        engine, "begin", lambda connection: connection.exec_driver_sql(f"SET LOCAL wangge.now = '{moment.isoformat()}'")
    )
    return replace(county, engine=engine)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real open data; tests that read it skip where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared open data is not on this machine")
    return folder
