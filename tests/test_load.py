"""Every delivered row is accounted for: new + changed + unchanged + rejected = delivered, whatever is delivered."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import crs, layers
from gis.errors import CrsError, DeliveryError, Refused
from gis.layer import Layer
from gis.run import deliver
from gis.run.deliver import Delivery
from gis.store.county import County, engine_for
from gis.store.fetch import reading_of
from gis.store.load import Origin, Outcome, judge, load
from gis.store.load.conform import Terms
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from tests.builders import cloned, line, point, square, stored
from tests.conftest import SIDE_M, SRID, X, Y

BUILDING = layers.named("building")
COLUMNS = ("built_year", "grade", "graded_on")
SHAPES: dict[str, BaseGeometry | None] = {
    "here": square(0, 0),
    "there": square(30, 0),
    "far": square(900_000, 0),
    "small": square(0, 0, 0.1),
    "point": point(0, 0),
    "none": None,
}
Row = dict[str, object]


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    """A county that the tests of this file share; what they count they clear first."""
    with cloned(template, "test_load") as county:
        yield county


def cleared(county: County) -> County:
    """Empty the county of buildings, their past and the deliveries."""
    owner = engine_for(county.settings, DatabaseRole.SUPERUSER)
    with owner.begin() as connection:
        connection.exec_driver_sql("TRUNCATE building, building_past, delivery, status CASCADE")
    owner.dispose()
    return county


def loaded(
    county: County,
    rows: Sequence[Row],
    shapes: Sequence[BaseGeometry | None] | None,
    *,
    columns: Sequence[str] = (),
    synthetic: bool = False,
    layer: Layer = BUILDING,
) -> Outcome:
    """Load rows of these columns (all of them where none are named) in storage metres."""
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    frame = pd.DataFrame(list(rows), columns=list(columns) or None, dtype=object)
    reading = reading_of(frame, geometry, f"EPSG:{SRID}")
    return load(county, layer, reading, Origin("rows", crs=f"EPSG:{SRID}", synthetic=synthetic), terms=Terms())


def table_of(county: County, text: str) -> list[tuple[object, ...]]:
    with county.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


@dataclass
class Model:
    """What the loader should have stored, worked out row by row without a database."""

    rows: dict[str, Row] = field(default_factory=dict)
    invented: dict[str, set[str]] = field(default_factory=dict)
    past: int = 0

    def take(self, rows: list[Row], columns: list[str], *, located: bool, synthetic: bool) -> tuple[int, int, int, int]:
        """Give new, changed, unchanged and rejected, and remember the rows."""
        brought = ["code", *columns, *(["geom"] if located else [])]
        fresh = changed = unchanged = 0
        for place, row in enumerate(rows):
            given_row = {name: row[name] for name in brought}
            same_key = [{name: other[name] for name in brought} for other in rows if other["code"] == row["code"]]
            key = str(row["code"])
            whole = {**dict.fromkeys((*COLUMNS, "geom")), **self.rows.get(key, {}), **given_row}
            first = next(at for at, other in enumerate(rows) if other["code"] == row["code"])
            if row["code"] is None or not good(whole) or place != first or any(each != given_row for each in same_key):
                continue
            if key not in self.rows:
                fresh += 1
                self.invented[key] = set(brought) if synthetic else set()
            else:
                differing = {name for name in brought if self.rows[key][name] != row[name]}
                undone = set() if synthetic else self.invented[key] & set(brought)
                changed += bool(differing | undone)
                unchanged += not differing | undone
                self.past += bool(differing | undone)
                self.invented[key] = self.invented[key] | differing if synthetic else self.invented[key] - set(brought)
            self.rows[key] = whole
        return fresh, changed, unchanged, len(rows) - fresh - changed - unchanged


def good(row: Row) -> bool:
    """Whether a whole row may be stored, by the words of the layer's definition."""
    year, day = row["built_year"], row["graded_on"]
    if row["geom"] not in {"here", "there"} or row["grade"] not in {None, "A", "C"}:
        return False
    if not (year is None or (isinstance(year, int) and 1000 <= year <= 2100)) or isinstance(day, str):
        return False
    return not isinstance(year, int) or not isinstance(day, date) or day.year >= year


ROW = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["a", "b", "c", "d", None]),
        "built_year": st.sampled_from([None, 1990, 2000, 9999, "x"]),
        "grade": st.sampled_from([None, "A", "C", "E"]),
        "graded_on": st.sampled_from([None, date(1995, 5, 5), date(2020, 2, 2), "soon"]),
        "geom": st.sampled_from(["here", "here", "there", "there", "far", "small", "point", "none"]),
    }
)
DELIVERY = st.tuples(
    st.lists(ROW, min_size=1, max_size=9),
    st.lists(st.sampled_from(COLUMNS), unique=True, max_size=3),
    st.booleans(),
    st.booleans(),
)


def test_every_row_is_accounted_for_after_any_deliveries(kept: County) -> None:
    @settings(max_examples=20, deadline=None)
    @given(st.lists(DELIVERY, min_size=1, max_size=3))
    def holds(deliveries: list[tuple[list[Row], list[str], bool, bool]]) -> None:
        follow(cleared(kept), deliveries)

    holds()


def follow(county: County, deliveries: list[tuple[list[Row], list[str], bool, bool]]) -> None:
    """Load deliveries, each of them twice, and compare what is counted and stored with the model."""
    model = Model()
    counted = []
    for rows, columns, with_shape, synthetic in deliveries:
        located = with_shape and any(row["geom"] != "none" for row in rows)
        delivered = [row if row["code"] is not None or not located else row | {"code": "e"} for row in rows]
        shapes = [SHAPES[str(row["geom"])] for row in rows] if located else None
        for again in (False, True):
            wanted = model.take(delivered, columns, located=located, synthetic=synthetic)
            outcome = loaded(county, delivered, shapes, columns=["code", *columns], synthetic=synthetic)
            assert (outcome.new, outcome.changed, outcome.unchanged, outcome.rejected) == wanted
            assert outcome.stored + outcome.rejected == outcome.delivered == len(rows)
            assert {fault.row for fault in outcome.faults} <= set(range(1, len(rows) + 1))
            assert not again or (outcome.new, outcome.changed) == (0, 0)
            counted.append((len(rows), *wanted, synthetic))
    found = table_of(county, "SELECT code, built_year, grade, graded_on, ST_X(ST_PointOnSurface(geom)) FROM building")
    there = {"here": X + 5, "there": X + 35}
    wanted_rows = {(key, *(row[name] for name in COLUMNS), there[str(row["geom"])]) for key, row in model.rows.items()}
    assert set(found) == wanted_rows
    assert table_of(county, "SELECT count(*) FROM building_past") == [(model.past,)]
    assert {key: set(names) for key, names in _invented(county).items()} == model.invented
    log = 'SELECT delivered, "new", changed, unchanged, rejected, synthetic FROM delivery ORDER BY id'
    assert table_of(county, log) == counted


def _invented(county: County) -> dict[str, list[str]]:
    with county.reading() as connection:
        return {row.code: row.invented for row in connection.execute(sa.text("SELECT code, invented FROM building"))}


def test_a_fault_names_row_field_constraint_and_what_was_expected_and_came(kept: County) -> None:
    rows: list[Row] = [
        {"code": "a", "built_year": 900, "grade": "A", "graded_on": date(2020, 1, 1)},
        {"code": "b", "built_year": 2000, "grade": "E", "graded_on": None},
        {"code": "c", "built_year": 2000, "grade": None, "graded_on": date(1999, 12, 31)},
        {"code": "d", "built_year": None, "grade": None, "graded_on": None},
        {"code": "e", "built_year": "x", "grade": None, "graded_on": None},
    ]
    shapes = [square(0, 0), square(20, 0), square(40, 0), square(60, 0, 0.3), square(80, 0)]
    outcome = loaded(cleared(kept), rows, shapes)
    assert [tuple(fault)[:4] for fault in outcome.faults] == [
        (1, "built_year", "built_year_low", "at least 1000"),
        (2, "grade", "grade_choices", "one of A, B, C, D"),
        (3, "grade_after_built", "grade_after_built", "a house is graded after it is built"),
        (4, "geom", "area_plausible", "a footprint has at least 0.1 m²"),
        (5, "built_year", "readable", "a whole number"),
    ]
    told = [fault.actual for fault in outcome.faults]
    assert told[0] == "900"
    assert told[1] == '"E"'
    assert "graded_on=1999-12-31" in told[2]
    assert "built_year=2000" in told[2]
    assert "0.09 m²" in told[3]
    assert told[4] == '"x"'
    assert table_of(kept, "SELECT count(*) FROM building") == [(0,)]


def test_of_equal_rows_the_first_is_kept_and_of_differing_rows_with_one_key_none(kept: County) -> None:
    rows: list[Row] = [{"code": "a"}, {"code": "b"}, {"code": "a"}, {"code": "a"}, {"code": "c"}, {"code": "c"}]
    shapes = [square(0, 0), square(20, 0), square(0, 0), square(0, 0), square(40, 0), square(60, 0)]
    outcome = loaded(cleared(kept), rows, shapes)
    assert [tuple(fault) for fault in outcome.faults] == [
        (3, "code", "unique", "a key of its own", '"a" also in row 1'),
        (4, "code", "unique", "a key of its own", '"a" also in row 1'),
        (5, "code", "unique", "a key of its own", '"c" in 2 rows that differ'),
        (6, "code", "unique", "a key of its own", '"c" also in row 5'),
    ]
    assert sorted(table_of(kept, "SELECT code FROM building")) == [("a",), ("b",)]


def test_a_delivery_of_nothing_but_wrong_shapes_is_returned_row_by_row(kept: County) -> None:
    outcome = loaded(cleared(kept), [{"code": "a"}, {"code": "b"}], [point(0, 0), line((0, 0), (9, 9))])
    assert [(fault.row, fault.expected, fault.actual) for fault in outcome.faults] == [
        (1, "MultiPolygon", "Point"),
        (2, "MultiPolygon", "LineString"),
    ]
    assert (outcome.stored, outcome.rejected) == (0, 2)
    nothing = loaded(kept, [], [], columns=["code"])
    assert (nothing.delivered, nothing.stored, nothing.rejected) == (0, 0, 0)


def test_a_partial_delivery_is_judged_with_what_is_stored(county: County) -> None:
    user: Row = {"code": "u", "kind": "resident", "supply": "piped"}
    stored(county, "gas_user", [user], [point(10, 10)])
    users = layers.named("gas_user")
    bottles = loaded(county, [{"code": "u", "bottles_mass": 15}], None, layer=users)
    assert [(fault.constraint, fault.row) for fault in bottles.faults] == [("piped_keeps_no_bottles", 1)]
    moved = loaded(county, [{"code": "u"}], [point(20, 10)], layer=users)
    assert (moved.changed, moved.rejected) == (1, 0)
    unknown = loaded(county, [{"code": "v", "floor": 2}], None, layer=users)
    assert {fault.field for fault in unknown.faults} == {"geom", "kind", "supply"}
    assert {fault.constraint for fault in unknown.faults} == {"required"}
    assert table_of(county, "SELECT kind, supply, floor, ST_X(geom) FROM gas_user") == [
        ("resident", "piped", None, X + 20)
    ]


def test_a_register_takes_some_columns_of_known_rows(county: County) -> None:
    worker: Row = {**layers.named("worker").example()}
    assert stored(county, "worker", [worker]).new == 1
    change: Row = {"code": worker["code"], "name": "李四"}
    assert loaded(county, [change], None, layer=layers.named("worker")).changed == 1
    assert table_of(county, "SELECT code, name FROM worker") == [(worker["code"], "李四")]


def test_a_delivered_empty_value_empties_and_an_undelivered_one_stays(kept: County) -> None:
    loaded(cleared(kept), [{"code": "a", "grade": "C", "built_year": 1990}], [square(0, 0)])
    outcome = loaded(kept, [{"code": "a", "grade": None}], None)
    assert outcome.changed == 1
    assert table_of(kept, "SELECT grade, built_year FROM building") == [(None, 1990)]


def test_an_invented_value_is_invented_until_a_real_delivery_says_it(kept: County) -> None:
    loaded(cleared(kept), [{"code": "a", "built_year": 1990}], [square(0, 0)])
    loaded(kept, [{"code": "a", "built_year": 1990, "grade": "C"}], None, synthetic=True)
    assert _invented(kept) == {"a": ["grade"]}
    confirmed = loaded(kept, [{"code": "a", "grade": "C"}], None)
    assert (confirmed.changed, confirmed.unchanged) == (1, 0)
    assert _invented(kept) == {"a": []}
    assert loaded(kept, [{"code": "a", "grade": "C"}], None).unchanged == 1
    loaded(kept, [{"code": "b", "grade": "A"}], [square(50, 0)], synthetic=True)
    assert set(_invented(kept)["b"]) == {"code", "grade", "geom"}
    loaded(kept, [{"code": "b", "grade": "A"}], [square(60, 0)])
    assert _invented(kept)["b"] == []


def test_an_object_keeps_its_id_through_changes_and_when_its_key_comes_back(kept: County) -> None:
    loaded(cleared(kept), [{"code": "a"}], [square(0, 0)])
    first = table_of(kept, "SELECT id FROM building")
    loaded(kept, [{"code": "a", "grade": "C"}], [square(9, 0)])
    with kept.writing() as connection:
        connection.execute(sa.text("DELETE FROM building"))
    loaded(kept, [{"code": "a"}], [square(0, 0)])
    assert table_of(kept, "SELECT id FROM building") == first


def test_rows_far_away_are_rejected_one_by_one_and_rows_just_outside_are_stored_without_a_town(county: County) -> None:
    town: Row = {"code": "990001001", "name": "东镇"}
    other: Row = {"code": "990001002", "name": "西镇"}
    stored(county, "town", [town, other], [square(2000, 0, 2000), square(0, 0, 2000)])
    cell: Row = {
        "code": "990001002000001",
        "code_scheme": "local",
        "town_code": "990001002",
        "valid_from": date(2026, 1, 1),
    }
    stored(county, "grid_cell", [cell, cell | {"code": "990001002000002"}], [square(0, 0, 100), square(100, 0, 100)])
    shapes = [
        square(10, 10),
        square(95, 10),
        square(2500, 10),
        square(SIDE_M + 500, 0),
        square(1_000_000, 0),
        shapely.union(square(0, 50), square(1_000_000, 0)),
    ]
    outcome = loaded(county, [{"code": str(place)} for place in range(6)], shapes)
    assert [(fault.row, fault.constraint) for fault in outcome.faults] == [(5, "within_reach"), (6, "within_reach")]
    assert all("1:2000" in fault.expected for fault in outcome.faults)
    placed = """
        SELECT b.code, t.code, c.code FROM building b
        LEFT JOIN town t ON t.id = b.town_id LEFT JOIN grid_cell c ON c.id = b.cell_id ORDER BY 1
    """
    assert table_of(county, placed) == [
        ("0", "990001002", "990001002000001"),
        ("1", "990001002", "990001002000001"),  # on the line between two cells: the lowest code
        ("2", "990001001", None),
        ("3", None, None),
    ]
    loaded(county, [{"code": "0"}], [square(2600, 10)])
    assert table_of(county, placed)[0] == ("0", "990001001", None)


def test_the_edge_of_reach_is_where_the_scale_error_is_one_in_two_thousand(kept: County) -> None:
    """On a transverse Mercator the scale at the easting d is about 1 + d²/2R²: 1:2000 lies near R·√0.001 = 201 km."""
    shapes = [square(offset_m, 0) for offset_m in (199_000, 200_500, 202_500, 204_000)]
    outcome = loaded(cleared(kept), [{"code": str(place)} for place in range(4)], shapes)
    assert [fault.row for fault in outcome.faults] == [3, 4]


@pytest.mark.parametrize("name", ["county", "delivery", "run", "rule_version", "status", "patrol_area", "planned_pipe"])
def test_what_is_not_delivered_is_refused_also_in_a_dry_run(kept: County, name: str) -> None:
    reading = reading_of(pd.DataFrame({"code": ["a"]}), None, None)
    with pytest.raises(Refused, match=f"{name}: this layer is not loaded from files"):
        load(kept, layers.named(name), reading, Origin("rows"), terms=Terms())
    with kept.reading() as connection, pytest.raises(Refused, match="not loaded from files"):
        judge(connection, layers.named(name), reading, Origin("rows"), Terms())


def test_a_load_that_fails_leaves_nothing_behind(kept: County) -> None:
    loaded(cleared(kept), [{"code": "a"}], [square(0, 0)])

    def interrupt(step: str) -> None:
        if step == "merge":
            raise KeyboardInterrupt

    shapes = np.array([square(20, 0)], dtype=object)
    reading = reading_of(pd.DataFrame({"code": ["b"]}), shapes, f"EPSG:{SRID}")
    with pytest.raises(KeyboardInterrupt):
        load(kept, BUILDING, reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=Terms(), progress=interrupt)
    assert table_of(kept, "SELECT code FROM building") == [("a",)]
    assert table_of(kept, "SELECT count(*) FROM delivery") == [(1,)]


def test_two_loads_of_one_file_at_once_store_each_row_once(kept: County) -> None:
    cleared(kept)
    rows: list[Row] = [{"code": str(place)} for place in range(300)]
    shapes = [square(12.0 * (place % 50), 12.0 * (place // 50)) for place in range(300)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: loaded(kept, rows, shapes), range(4)))
    assert sorted((each.new, each.changed, each.unchanged) for each in outcomes) == [(0, 0, 300)] * 3 + [(300, 0, 0)]


PLACE = shapely.Polygon([(X + 100, Y + 100), (X + 140, Y + 100), (X + 140, Y + 125), (X + 100, Y + 125)])


def written(folder: Path, system: int | None, name: str = "delivery.gpkg") -> Path:
    """Write one building in a coordinate system, moved there from storage metres."""
    shape = PLACE if system is None else crs.from_storage(np.array([PLACE], dtype=object), system, SRID)[0]
    frame = gpd.GeoDataFrame({"code": [f"in {system}"]}, geometry=[shape], crs=system)
    path = folder / name
    if system is None:
        with pytest.warns(UserWarning, match="'crs' was not provided"):
            frame.to_file(path)
    else:
        frame.to_file(path)
    return path


@pytest.mark.parametrize(
    ("system", "within_m"), [(4490, 0.001), (4549, 1e-9), (4326, 0.001), (3857, 0.01), (4548, 0.001)]
)
def test_every_coordinate_system_lands_on_the_same_metres(
    kept: County, tmp_path: Path, system: int, within_m: float
) -> None:
    outcome, reading = deliver.load_file(cleared(kept), BUILDING, Delivery(written(tmp_path, system)))
    assert (reading.crs, outcome.new) == (f"EPSG:{system}", 1)
    [(wkb, name)] = table_of(
        kept, "SELECT ST_AsBinary(b.geom), d.crs FROM building b JOIN delivery d ON d.id = delivery_id"
    )
    assert name == f"EPSG:{system}"
    assert isinstance(wkb, bytes)
    assert shapely.hausdorff_distance(shapely.from_wkb(wkb), PLACE) <= within_m


def test_the_same_file_again_changes_nothing_in_any_system(kept: County, tmp_path: Path) -> None:
    cleared(kept)
    for system in (4326, 3857):
        path = written(tmp_path, system, f"{system}.gpkg")
        assert deliver.load_file(kept, BUILDING, Delivery(path))[0].new == 1
        assert deliver.load_file(kept, BUILDING, Delivery(path))[0].unchanged == 1
    assert table_of(kept, "SELECT count(*) FROM building_past") == [(0,)]


def test_a_file_without_a_coordinate_system_is_refused_until_one_is_declared(kept: County, tmp_path: Path) -> None:
    path = written(tmp_path, None)
    with pytest.raises(
        DeliveryError, match=r"delivery.gpkg: 文件没有写明坐标系.* · the file names no coordinate system; declare"
    ):
        deliver.load_file(cleared(kept), BUILDING, Delivery(path))
    assert deliver.load_file(kept, BUILDING, Delivery(path, crs="EPSG:4549"))[0].new == 1


@pytest.mark.parametrize(
    ("named", "declared", "words"),
    [
        (4326, "EPSG:4490", "the file names EPSG:4326, --crs says EPSG:4490"),
        (4549, "EPSG:4548", "the file names EPSG:4549, --crs says EPSG:4548"),
        (4549, "EPSG:4326", "the file names EPSG:4549, --crs says EPSG:4326"),
        (4549, "GCJ-02", "the file names EPSG:4549, --crs says GCJ-02"),
        (4490, "nonsense", "expected a coordinate system such as EPSG:4490, got 'nonsense'"),
    ],
)
def test_a_declaration_that_contradicts_the_file_is_refused(
    kept: County, tmp_path: Path, named: int, declared: str, words: str
) -> None:
    with pytest.raises((DeliveryError, CrsError), match=words):
        deliver.load_file(kept, BUILDING, Delivery(written(tmp_path, named), crs=declared))


@pytest.mark.parametrize(("named", "declared"), [(4490, "EPSG:4490"), (4326, "OGC:CRS84"), (4549, "epsg:4549")])
def test_a_declaration_that_agrees_with_the_file_is_taken(
    kept: County, tmp_path: Path, named: int, declared: str
) -> None:
    path = written(tmp_path, named)
    assert deliver.load_file(cleared(kept), BUILDING, Delivery(path, crs=declared))[0].stored == 1


def test_a_geopackage_that_says_its_system_is_undefined_names_none(kept: County, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = written(tmp_path, 4549)
    for undefined in (-1, 0):
        with closing(sqlite3.connect(path)) as database, database:
            for name in ("gpkg_geometry_columns", "gpkg_contents"):
                database.execute(f"UPDATE {name} SET srs_id = ?", [undefined])
        with pytest.raises(DeliveryError, match="names no coordinate system"):
            deliver.load_file(cleared(kept), BUILDING, Delivery(path))
        assert deliver.load_file(kept, BUILDING, Delivery(path, crs="EPSG:4549"))[0].stored == 1


def test_an_old_datum_without_a_published_way_is_refused(kept: County, tmp_path: Path) -> None:
    path = written(tmp_path, None)
    with pytest.raises(CrsError, match="no published transformation"):
        deliver.load_file(cleared(kept), BUILDING, Delivery(path, crs="EPSG:2437"))


def test_a_line_layer_without_keys_is_updated_by_its_shape(county: County) -> None:
    roads: list[Row] = [{"name": "解放街"}, {"name": "胜利街"}]
    shapes = [line((0, 0), (100, 0)), line((0, 50), (100, 50), (200, 60))]
    first = stored(county, "road", roads, shapes)
    assert (first.new, first.keyed_by_geometry) == (2, 2)
    again = stored(county, "road", [roads[0], {"name": "和平街"}], shapes)
    assert (again.new, again.changed, again.unchanged) == (0, 1, 1)


def test_a_delivery_of_nothing_is_accounted_for(kept: County) -> None:
    cleared(kept)
    outcome = loaded(kept, [], None, synthetic=True)
    assert (outcome.delivered, outcome.new, outcome.changed, outcome.unchanged, outcome.rejected) == (0, 0, 0, 0, 0)
