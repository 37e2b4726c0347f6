"""After a large load the planner knows what the tables hold."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from gis import layers
from gis.store.county import County
from gis.store.load.upkeep import MUCH, refreshed
from gis.store.settings import Settings
from tests.builders import cloned, point, stored

USER = layers.named("gas_user")


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    with cloned(template, "test_upkeep") as found:
        yield found


def known(county: County, name: str) -> float:
    with county.reading() as connection:
        query = "SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)"
        return float(connection.execute(sa.text(query), {"name": name}).scalar_one())


def test_a_load_of_many_rows_leaves_the_planner_knowing_how_many_and_a_few_more_do_not_ask_again(
    county: County,
) -> None:
    rows = [{"code": f"u{number}", "kind": "resident", "supply": "piped"} for number in range(MUCH + 10)]
    shapes = [point(number % 40, number // 40) for number in range(len(rows))]
    stored(county, "gas_user", rows[:MUCH], shapes[:MUCH])
    assert known(county, "gas_user") == MUCH
    stored(county, "gas_user", rows[MUCH:], shapes[MUCH:])
    assert known(county, "gas_user") == MUCH
    assert refreshed(county, USER, MUCH) == ("gas_user", "status")
    assert known(county, "gas_user") == MUCH + 10
    assert refreshed(county, USER, MUCH - 1) == ()


@pytest.mark.parametrize("name", ["pg_class", "nothing", "gas_user; DROP TABLE gas_user", "spatial_ref_sys"])
def test_only_a_table_of_ours_is_told_of(county: County, name: str) -> None:
    with county.engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="no table of this name"):
        connection.execute(sa.select(sa.func.refresh_statistics(name, 10)))
