"""A row that is edited in place lies where its shape does, and is as due as its class says, in the same transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry

from gis import law, layers
from gis.find.cells import assign, wrong
from gis.store.county import County, engine_for
from gis.store.schema import PLACES
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from gis.work import rules
from tests.builders import cloned, multi, point, square, stored
from tests.conftest import SRID
from tests.events import emptied

CELLS = {
    "990001000000001": (0, 0),
    "990001000000002": (100, 0),
    "990001000000003": (0, 100),
    "990001000000004": (100, 100),
}
CELL = {"code_scheme": "local", "town_code": "t1", "valid_from": "2026-01-01"}


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    with cloned(template, "test_row_edits") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """A county with a town, two villages, four cells, and objects in the first."""
    emptied(clone)
    stored(clone, "town", [{"code": "t1", "name": "镇"}], [square(0, 0, 200)])
    villages = [{"code": f"v{number}", "name": f"村{number}"} for number in (1, 2)]
    stored(clone, "village", villages, [shape(0, 0, 200, 100), shape(0, 100, 200, 200)])
    stored(clone, "grid_cell", [CELL | {"code": code} for code in CELLS], [square(*at, 100) for at in CELLS.values()])
    stored(clone, "building", [{"code": "b1", "grade": "A"}, {"code": "b2"}], [square(20, 20), square(40, 40)])
    stored(clone, "gas_user", [{"code": "u1", "kind": "resident", "supply": "piped"}], [point(30, 30)])
    rules.apply(clone, law.rules())
    return clone


def shape(west: float, south: float, east: float, north: float) -> BaseGeometry:
    corner = square(0, 0, 0).bounds
    return shapely.box(corner[0] + west, corner[1] + south, corner[0] + east, corner[1] + north)


@contextmanager
def editing(county: County) -> Iterator[sa.Connection]:
    """Open a transaction as the app does, and look before it ends that all is where it lies."""
    with county.writing() as connection:
        yield connection
        assert wrong(connection) == ()


def places(connection: sa.Connection, layer: str, code: str) -> tuple[str | None, ...]:
    """Give the codes of town, village and cell of an object."""
    names = [layers.one(use).name for use in PLACES.values()]
    parts = ", ".join(
        f"(SELECT code FROM {name} WHERE id = {place})" for name, place in zip(names, PLACES, strict=True)
    )
    return tuple(connection.execute(sa.text(f"SELECT {parts} FROM {layer} WHERE code = :code"), {"code": code}).one())


def wkb(geometry: BaseGeometry) -> object:
    return from_shape(multi(geometry) if geometry.geom_type == "Polygon" else geometry, SRID)


def moved(connection: sa.Connection, county: County, layer: str, code: str, geometry: BaseGeometry) -> None:
    table = county.schema.table(layers.named(layer))
    connection.execute(sa.update(table).where(table.c.code == code).values(geom=wkb(geometry)))


def test_a_moved_row_lies_in_its_new_places_before_the_transaction_ends(county: County) -> None:
    with editing(county) as connection:
        assert places(connection, "building", "b1") == ("t1", "v1", "990001000000001")
        moved(connection, county, "building", "b1", square(150, 120))
        assert places(connection, "building", "b1") == ("t1", "v2", "990001000000004")
        moved(connection, county, "gas_user", "u1", point(100, 50))
        assert places(connection, "gas_user", "u1") == ("t1", "v1", "990001000000001"), "a border is the lower code's"
        moved(connection, county, "gas_user", "u1", point(300, 50))
        assert places(connection, "gas_user", "u1") == (None, None, None)


def test_a_row_that_is_inserted_by_hand_is_placed_whatever_it_says(county: County) -> None:
    table = county.schema.table(layers.named("building"))
    with editing(county) as connection:
        values = {"code": "b9", "geom": wkb(square(120, 20)), "town_id": 0, "cell_id": 17}
        connection.execute(sa.insert(table).values(values))
        assert places(connection, "building", "b9") == ("t1", "v1", "990001000000002")


@pytest.mark.parametrize("column", PLACES)
def test_a_place_that_is_written_by_hand_is_put_right(county: County, column: str) -> None:
    with editing(county) as connection:
        connection.exec_driver_sql(f"UPDATE building SET {column} = 0")
        assert places(connection, "building", "b2") == ("t1", "v1", "990001000000001")


@pytest.mark.parametrize("column", PLACES)
@pytest.mark.parametrize("value", ["0", "NULL"])
def test_whoever_says_that_places_are_given_is_looked_at(county: County, column: str, value: str) -> None:
    with county.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL wangge.places = 'given'")
        with pytest.raises(sa.exc.IntegrityError, match="given for object"):
            connection.exec_driver_sql(f"UPDATE gas_user SET {column} = {value}")
    with editing(county) as connection:
        assert places(connection, "gas_user", "u1") == ("t1", "v1", "990001000000001")


def test_given_places_on_a_border_are_those_of_the_lowest_code(county: County) -> None:
    with editing(county) as connection:
        moved(connection, county, "gas_user", "u1", point(100, 100))
        right = connection.exec_driver_sql("SELECT cell_id FROM gas_user").scalar_one()
        others = connection.exec_driver_sql("SELECT id FROM grid_cell WHERE id <> %s", (right,)).scalars().all()
        connection.exec_driver_sql("SET LOCAL wangge.places = 'given'")
        connection.exec_driver_sql("UPDATE gas_user SET cell_id = %s", (right,))
        for other in others:
            with pytest.raises(sa.exc.IntegrityError, match="cell given"), connection.begin_nested():
                connection.exec_driver_sql("UPDATE gas_user SET cell_id = %s", (other,))


def test_the_loader_leaves_no_mark_behind_it(county: County) -> None:
    with county.writing() as connection:
        assert connection.exec_driver_sql("SELECT current_setting('wangge.places', true)").scalar() in {None, ""}


def test_a_cell_that_moves_takes_its_objects_along_in_the_same_transaction(county: County) -> None:
    with editing(county) as connection:
        moved(connection, county, "grid_cell", "990001000000001", shape(0, 0, 35, 100))
        assert places(connection, "building", "b1")[2] == "990001000000001"
        assert places(connection, "building", "b2")[2] is None
        moved(connection, county, "grid_cell", "990001000000002", shape(35, 0, 200, 100))
        assert places(connection, "building", "b2")[2] == "990001000000002"


def test_a_cell_that_is_deleted_or_out_of_use_holds_nobody(county: County) -> None:
    with editing(county) as connection:
        connection.exec_driver_sql("UPDATE grid_cell SET valid_to = '2026-01-02' WHERE code = '990001000000001'")
        assert places(connection, "building", "b1") == ("t1", "v1", None)
        connection.exec_driver_sql("UPDATE grid_cell SET valid_to = NULL WHERE code = '990001000000001'")
        assert places(connection, "building", "b1")[2] == "990001000000001"
        connection.exec_driver_sql("DELETE FROM grid_cell WHERE code = '990001000000001'")
        assert places(connection, "building", "b1") == ("t1", "v1", None)
        connection.exec_driver_sql("DELETE FROM town")
        assert places(connection, "building", "b1") == (None, "v1", None)


def test_a_town_that_comes_after_its_objects_holds_them(county: County) -> None:
    stored(county, "building", [{"code": "far"}], [square(520, 520)])
    stored(county, "town", [{"code": "t2", "name": "新镇"}], [square(500, 500, 100)])
    with editing(county) as connection:
        assert places(connection, "building", "far") == ("t2", None, None)


def test_what_does_not_change_the_places_writes_no_new_version(county: County) -> None:
    versions = "SELECT count(*) FROM building_past"
    with editing(county) as connection:
        before = connection.exec_driver_sql(versions).scalar_one()
        connection.exec_driver_sql("UPDATE grid_cell SET load = 7")
        moved(connection, county, "grid_cell", "990001000000004", shape(100, 100, 190, 200))
        assert connection.exec_driver_sql(versions).scalar_one() == before
        moved(connection, county, "building", "b1", square(150, 20))
        assert connection.exec_driver_sql(versions).scalar_one() == before + 1


def test_a_move_keeps_the_places_it_had_in_the_past(county: County) -> None:
    with editing(county) as connection:
        moved(connection, county, "building", "b1", square(150, 20))
        query = "SELECT c.code FROM building_past p JOIN grid_cell c ON c.id = p.cell_id WHERE p.code = 'b1'"
        assert connection.exec_driver_sql(query).scalars().all() == ["990001000000001"]


def status(connection: sa.Connection, code: str) -> list[str]:
    query = (
        "SELECT r.category FROM status s JOIN rule_version r ON r.id = s.rule_version_id"
        " JOIN building b ON b.id = s.object_id"
    )
    return list(connection.exec_driver_sql(f"{query} WHERE b.code = %s", (code,)).scalars())


def test_a_reclassified_and_moved_row_has_its_status_and_its_cell_in_the_same_transaction(county: County) -> None:
    with editing(county) as connection:
        assert status(connection, "b1") == ["A"]
        table = county.schema.table(layers.named("building"))
        change = sa.update(table).where(table.c.code == "b1").values(grade="D", geom=wkb(square(150, 20)))
        connection.execute(change)
        assert status(connection, "b1") == ["D"]
        assert places(connection, "building", "b1")[2] == "990001000000002"
        moved(connection, county, "building", "b1", square(20, 150))
        assert status(connection, "b1") == ["D"]
        wanted = "SELECT object_id, rule_version_id FROM status_wanted(ARRAY(SELECT object_id FROM patrolled))"
        left = f"SELECT count(*) FROM (SELECT object_id, rule_version_id FROM status EXCEPT {wanted}) differing"
        assert connection.exec_driver_sql(left).scalar_one() == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_edits_all_is_where_it_lies(county: County, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    stored(
        county,
        "building",
        [{"code": f"r{n}"} for n in range(30)],
        [square(*drawn.uniform(-20, 220, 2)) for _ in range(30)],
    )
    for _ in range(12):
        with editing(county) as connection:
            kind = drawn.integers(3)
            if kind == 0:
                moved(connection, county, "building", f"r{drawn.integers(30)}", square(*drawn.uniform(-20, 220, 2)))
            elif kind == 1:
                code = list(CELLS)[drawn.integers(4)]
                west, south = drawn.uniform(0, 120, 2)
                moved(connection, county, "grid_cell", code, shape(west, south, west + 90, south + 90))
            else:
                connection.exec_driver_sql("DELETE FROM building WHERE code = %s", (f"r{drawn.integers(30)}",))
                connection.exec_driver_sql("UPDATE building SET cell_id = 5, village_id = NULL")
    assert set(assign(county).moved.values()) == {0}


def test_what_is_wrong_behind_the_triggers_is_found(county: County) -> None:
    engine = engine_for(county.settings, DatabaseRole.SUPERUSER, str(county.timezone))
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("UPDATE building SET cell_id = NULL WHERE code = 'b2'")
        found = wrong(connection)
        identity = connection.exec_driver_sql("SELECT id FROM building WHERE code = 'b2'").scalar_one()
        assert [(each.layer, each.by_length, each.objects) for each in found] == [("building", False, (identity,))]
    engine.dispose()
    assert {name: number for name, number in assign(county).moved.items() if number} == {"building": 1}
    with county.reading() as connection:
        assert wrong(connection) == ()
