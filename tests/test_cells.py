"""Every object lies in exactly one town and cell, said alike by the loader, by PostGIS and by looking at every pair."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.find.cells import assign, located, wrong
from gis.store.county import County, engine_for, now
from gis.store.fetch import features
from gis.store.schema import PLACES
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from tests.builders import cloned, point, square, stored
from tests.conftest import X, Y, at
from tests.events import emptied

Shapes = list[BaseGeometry]


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module."""
    with cloned(template, "test_cells") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """The module's clone without rows."""
    emptied(clone)
    return clone


def array(shapes: Shapes) -> Any:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def by_every_pair(points: Shapes, areas: Shapes) -> list[int]:
    """Give for each point the first area that it intersects, −1 where none: the slow way."""
    return [next((n for n, area in enumerate(areas) if area.intersects(spot)), -1) for spot in points]


def tiling(seed: int, columns: int, rows: int) -> Shapes:
    """Give a tiling of 1 km² with bent inner corners, cell by cell in a random order."""
    drawn = np.random.default_rng(seed)
    east, north = np.meshgrid(np.linspace(0, 1000, columns + 1), np.linspace(0, 1000, rows + 1), indexing="ij")
    bent = drawn.uniform(-1, 1, (2, columns + 1, rows + 1)) * 400 / np.array([columns, rows]).reshape(2, 1, 1)
    bent[:, [0, -1], :] = bent[:, :, [0, -1]] = 0
    corners = np.stack([X + east + bent[0], Y + north + bent[1]], axis=-1)
    cells = [
        shapely.Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
        for i in range(columns)
        for j in range(rows)
    ]
    return [cells[place] for place in drawn.permutation(len(cells))]


def spots(seed: int, areas: Shapes) -> Shapes:
    """Give places inside, on corners, on the middles of borders, beside them by the last digit, and outside."""
    drawn = np.random.default_rng(seed)
    inside = [shapely.Point(X + e, Y + n) for e, n in drawn.uniform(-50, 1050, (30, 2))]
    corners = np.unique(shapely.get_coordinates(array(areas)), axis=0)
    rings = [np.asarray(area.exterior.coords) for area in areas if isinstance(area, shapely.Polygon)]
    middles = np.concatenate([(ring[1:] + ring[:-1]) / 2 for ring in rings])
    near = np.nextafter(middles, np.inf)
    return [*inside, *(shapely.Point(place) for place in np.concatenate([corners, middles, near]))]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 5), rows=st.integers(1, 5))
@example(seed=0, columns=1, rows=1)
def test_points_lie_in_the_cell_that_looking_at_every_pair_gives(
    clone: County, seed: int, columns: int, rows: int
) -> None:
    emptied(clone)
    areas = tiling(seed, columns, rows)
    points = [spot for spot in spots(seed, areas) if not beside(spot, areas)]
    assert len(points) >= 30 + 4
    cells = [
        {"code": f"990001000000{n:03d}", "code_scheme": "local", "town_code": "t", "valid_from": "2026-01-01"}
        for n in range(len(areas))
    ]
    stored(clone, "grid_cell", cells, areas)
    users = [{"code": f"u{n}", "kind": "resident", "supply": "bottled"} for n in range(len(points))]
    stored(clone, "gas_user", users, points)
    found = codes(clone, "gas_user")
    assert [found[f"u{n}"]["cell_id"] for n in range(len(points))] == [
        None if place < 0 else f"990001000000{place:03d}" for place in by_every_pair(points, areas)
    ]


def beside(spot: BaseGeometry, areas: Shapes) -> bool:
    """Tell whether a place lies beside a border by its last digits.

    There PostGIS, which computes the side of a border in doubles, rarely differs from GEOS, which computes it exactly.
    """
    gap_m = shapely.distance(array([area.boundary for area in areas]), spot)
    return bool(((gap_m > 0) & (gap_m < 1e-8)).any())


def test_a_border_belongs_to_the_lowest_code_in_whatever_order_cells_were_stored(county: County) -> None:
    four = {"4": (0, 0), "2": (100, 0), "3": (0, 100), "1": (100, 100)}
    cells = [
        {"code": f"99000100000000{digit}", "code_scheme": "local", "town_code": "t", "valid_from": "2026-01-01"}
        for digit in four
    ]
    stored(county, "grid_cell", cells, [square(east, north, 100) for east, north in four.values()])
    places = {
        "corner": (100, 100),
        "west": (0, 50),
        "low": (100, 50),
        "high": (100, 150),
        "left": (50, 100),
        "out": (201, 9),
    }
    users = [{"code": code, "kind": "resident", "supply": "bottled"} for code in places]
    stored(county, "gas_user", users, [point(*place) for place in places.values()])
    wanted = {"corner": "1", "west": "4", "low": "2", "high": "1", "left": "3", "out": None}
    assert {key: each["cell_id"] for key, each in codes(county, "gas_user").items()} == {
        key: digit and f"99000100000000{digit}" for key, digit in wanted.items()
    }
    moved(county)
    found = assign(county)
    assert {key: each["cell_id"] for key, each in codes(county, "gas_user").items()} == {
        key: digit and f"99000100000000{digit}" for key, digit in wanted.items()
    }
    assert found.outside_cells["gas_user"] == ("out",)


def codes(county: County, name: str) -> dict[str, dict[str, str | None]]:
    """Give the codes of town, village and cell of each object of a layer."""
    with county.reading() as connection:
        areas = {use: features(connection, county, layers.one(use)) for use in PLACES.values()}
        frame = features(connection, county, layers.named(name))
    code_of = {use: dict(zip(area["id"], area["code"], strict=True)) for use, area in areas.items()}
    return {
        row["code"]: {column: code_of[use].get(row[column]) for column, use in PLACES.items()}
        for row in frame.to_dict("records")
    }


def behind(county: County, *statements: str) -> None:
    """Write past every trigger, as no role of ours can."""
    superuser = engine_for(county.settings, DatabaseRole.SUPERUSER)
    with superuser.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
    superuser.dispose()


def moved(county: County) -> None:
    """Put every object nowhere."""
    nowhere = ", ".join(f"{place} = NULL" for place in PLACES)
    behind(county, *(f"UPDATE {layer.name} SET {nowhere}" for layer in located()))


def settled(county: County, seed: int = 1) -> dict[str, list[str]]:
    """Store towns, villages and cells as tilings, and buildings and users on, in and outside them; give all keys."""
    towns, villages, cells = tiling(seed, 2, 2), tiling(seed + 1, 3, 2), tiling(seed + 2, 5, 4)
    stored(county, "town", [{"code": f"t{n}", "name": f"镇{n}"} for n in range(len(towns))], towns)
    names = [{"code": f"v{n}", "name": f"村{n}", "town_code": "t0"} for n in range(len(villages))]
    stored(county, "village", names, villages)
    rows = [
        {"code": f"990001000000{n:03d}", "code_scheme": "local", "town_code": "t0", "valid_from": "2026-01-01"}
        for n in range(len(cells))
    ]
    stored(county, "grid_cell", rows, cells)
    places = spots(seed, [*towns, *villages, *cells])
    users = [{"code": f"u{n}", "kind": "resident", "supply": "bottled"} for n in range(len(places))]
    assert stored(county, "gas_user", users, places).rejected == 0
    bent = shapely.Polygon([(0, 0), (16, 0), (16, 2), (2, 2), (2, 16), (0, 16)])  # its centroid lies outside it
    houses = [affinity.translate(bent, place.bounds[0] - n % 16, place.bounds[1] - 1) for n, place in enumerate(places)]
    rows = [{"code": f"b{n}"} for n in range(len(houses))]
    assert stored(county, "building", rows, houses).rejected == 0
    return {"gas_user": [each["code"] for each in users], "building": [each["code"] for each in rows]}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_loader_places_as_assignment_does_and_as_postgis_says(county: County, seed: int) -> None:
    keys = settled(county, seed)
    loaded = {name: codes(county, name) for name in keys}
    moved(county)
    assert codes(county, "building")["b1"] == dict.fromkeys(PLACES)
    found = assign(county)
    assert {name: codes(county, name) for name in keys} == loaded
    assert by_sql(county) == {name: loaded[name] for name in loaded}
    for name, own in keys.items():
        lost = {use: {key for key in own if loaded[name][key][use] is None} for use in PLACES}
        assert set(found.outside_cells[name]) == lost["cell_id"]
        assert set(found.outside_towns[name]) == lost["town_id"]
        assert found.total[name] == len(own) == found.in_cell[name] + len(lost["cell_id"])
        assert len(lost["cell_id"]) > 0
        assert found.in_cell[name] > 100


def by_sql(county: County) -> dict[str, dict[str, dict[str, str | None]]]:
    """Give the codes that PostGIS finds for the stored spot of each object."""
    found: dict[str, dict[str, dict[str, str | None]]] = {}
    with county.reading() as connection:
        for name, spot in (("building", "spot"), ("gas_user", "geom")):
            parts = ", ".join(
                f"(SELECT min(a.code) FROM {layers.one(use).name} a WHERE ST_Intersects(a.geom, o.{spot})) AS {column}"
                for column, use in PLACES.items()
            )
            rows = connection.execute(sa.text(f"SELECT o.code, {parts} FROM {name} o")).mappings().all()
            found[name] = {row["code"]: {column: row[column] for column in PLACES} for row in rows}
    return found


def test_a_spot_lies_in_its_area(county: County) -> None:
    settled(county)
    with county.reading() as connection:
        outside = connection.execute(sa.text("SELECT count(*) FROM building WHERE NOT ST_Intersects(geom, spot)"))
        assert outside.scalar_one() == 0


def test_assignment_writes_only_what_changed_and_twice_is_nothing(county: County) -> None:
    settled(county)
    assert set(assign(county).moved.values()) == {0}
    behind(
        county,
        "UPDATE building SET town_id = NULL, cell_id = 0 WHERE code IN ('b1', 'b2', 'b3')",
        "UPDATE gas_user SET village_id = -1 WHERE code = 'u5'",
    )
    with county.reading() as connection:
        assert [(each.layer, len(each.objects)) for each in wrong(connection)] == [("building", 3), ("gas_user", 1)]
    before = versions(county)
    found = assign(county)
    assert {name: number for name, number in found.moved.items() if number} == {"building": 3, "gas_user": 1}
    assert versions(county) == {name: number + found.moved[name] for name, number in before.items()}
    assert set(assign(county).moved.values()) == {0}
    assert versions(county) == {name: number + found.moved[name] for name, number in before.items()}


def versions(county: County) -> dict[str, int]:
    """Count the past versions of each located layer."""
    with county.reading() as connection:
        return {
            layer.name: connection.scalar(sa.select(sa.func.count()).select_from(county.schema.past(layer))) or 0
            for layer in located()
        }


def test_a_cell_out_of_use_holds_nobody_and_its_past_is_kept(county: County) -> None:
    old, new = ({"code_scheme": "local", "town_code": "t", "valid_from": "2026-01-01"} for _ in range(2))
    stored(county, "grid_cell", [old | {"code": "990001000000001"}], [square(0, 0, 100)])
    stored(county, "building", [{"code": "b1"}], [square(50, 50)])
    assert codes(county, "building")["b1"]["cell_id"] == "990001000000001"
    stored(county, "grid_cell", [old | {"code": "990001000000001", "valid_to": "2026-03-01"}])
    assert codes(county, "building")["b1"]["cell_id"] is None
    stored(county, "grid_cell", [new | {"code": "990001000000002"}], [square(0, 0, 100)])
    assert codes(county, "building")["b1"]["cell_id"] == "990001000000002"
    assert assign(county).moved["building"] == 0
    with county.reading() as connection:
        past = connection.execute(sa.text("SELECT DISTINCT cell_id FROM building_past")).scalars().all()
        first = connection.execute(sa.text("SELECT id FROM grid_cell WHERE code = '990001000000001'")).scalar_one()
    assert set(past) == {first, None}


def test_deliveries_wait_while_objects_are_placed(county: County) -> None:
    """Else an object could be placed by the shape that it had before."""
    settled(county)
    locks = (
        "SELECT relation::regclass::text, mode FROM pg_locks"
        " WHERE locktype = 'relation' AND pid = pg_backend_pid() AND mode IN ('ShareLock', 'ShareRowExclusiveLock')"
    )
    held: set[tuple[str, str]] = set()

    def look(connection: sa.Connection) -> None:
        held.update(tuple(row) for row in connection.exec_driver_sql(locks))

    watched = at(county, now() + timedelta(0))
    sa.event.listen(watched.engine, "commit", look)
    assign(watched)
    watched.close()
    assert {name for name, mode in held if mode == "ShareRowExclusiveLock"} == {
        layer.name for layer in layers.every() if layer.located or layer.by_length
    }
    assert {layers.one(use).name for use in PLACES.values()} <= {name for name, mode in held if mode == "ShareLock"}
