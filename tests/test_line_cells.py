"""How much of a line lies in which cell adds up to its length, as the database says and as looking at every pair."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.find.cells import assign, wrong
from gis.store.county import County
from gis.store.settings import Settings
from tests.builders import cloned, line, multi, square, stored
from tests.conftest import SRID, X, Y
from tests.events import emptied

CELL = {"code_scheme": "local", "town_code": "t1", "valid_from": "2026-01-01"}
TOLERANCE_M = 1e-6
Lengths = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    with cloned(template, "test_line_cells") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    emptied(clone)
    return clone


def code(number: int) -> str:
    return f"990001000000{number:03d}"


def celled(county: County, cells: list[BaseGeometry], first: int = 1) -> None:
    rows = [CELL | {"code": code(first + number)} for number in range(len(cells))]
    assert stored(county, "grid_cell", rows, cells).rejected == 0


def lined(county: County, lines: list[BaseGeometry], layer: str = "road") -> None:
    rows = [{"code": f"l{number}"} for number in range(len(lines))]
    assert stored(county, layer, rows, lines).rejected == 0


def lengths(connection: sa.Connection, layer: str = "road") -> Lengths:
    """Give the stored lengths by line and code of the cell, empty text for outside."""
    query = (
        f"SELECT l.code, coalesce(c.code, '') AS cell, r.length FROM {layer} l JOIN line_cell r ON r.object_id = l.id"
        " LEFT JOIN grid_cell c ON c.id = r.lies_in WHERE (r.lies_in IS NULL) = (c.id IS NULL) AND r.layer = :layer"
    )
    found: Lengths = {}
    for row in connection.execute(sa.text(query), {"layer": layer}):
        assert row.cell not in found.get(row.code, {})
        found.setdefault(row.code, {})[row.cell] = row.length
    return found


def stored_lengths(county: County, layer: str = "road") -> Lengths:
    with county.reading() as connection:
        assert wrong(connection) == ()
        return lengths(connection, layer)


def by_every_pair(lines: list[BaseGeometry], cells: list[BaseGeometry], first: int = 1) -> Lengths:
    """Give the lengths the slow way: of each segment what each cell holds that no cell before it holds."""
    found: Lengths = {}
    for number, each in enumerate(lines):
        own = found.setdefault(f"l{number}", {})
        for part in getattr(each, "geoms", [each]):
            for start, end in itertools.pairwise(part.coords):
                left: BaseGeometry = shapely.LineString([start, end])
                for place, cell in enumerate(cells):
                    own[code(first + place)] = own.get(code(first + place), 0.0) + left.intersection(cell).length
                    left = left.difference(cell)
                own[""] = own.get("", 0.0) + left.length
    return found


def assert_alike(found: Lengths, wanted: Lengths, lines: list[BaseGeometry]) -> None:
    for number, each in enumerate(lines):
        own, other = found.get(f"l{number}", {}), wanted[f"l{number}"]
        for cell in own.keys() | other.keys():
            assert own.get(cell, 0.0) == pytest.approx(other.get(cell, 0.0), abs=TOLERANCE_M), (number, cell)
        assert sum(own.values()) == pytest.approx(each.length, abs=TOLERANCE_M)


def test_a_line_lies_in_each_cell_with_its_part_and_outside_with_the_rest(county: County) -> None:
    celled(county, [square(0, 0, 100), square(100, 0, 100)])
    lined(county, [line((-30, 50), (250, 50)), line((10, 10), (20, 10)), line((300, 0), (300, 40))])
    found = stored_lengths(county)
    assert found["l0"] == pytest.approx({"": 80, code(1): 100, code(2): 100})
    assert found["l1"] == pytest.approx({code(1): 10})
    assert found["l2"] == pytest.approx({"": 40})


@pytest.mark.parametrize("order", list(itertools.permutations([0, 1])))
def test_a_common_border_belongs_to_the_lower_code_alone(county: County, order: tuple[int, int]) -> None:
    cells = [square(0, 0, 100), square(100, 0, 100)]
    celled(county, [cells[place] for place in order])
    lined(
        county,
        [line((100, -10), (100, 110)), line((100, 20), (100, 60), (150, 60)), line((100, 0), (100, 33.3), (100, 100))],
    )
    found = stored_lengths(county)
    assert found["l0"] == pytest.approx({code(1): 100, "": 20})
    east = code(1 + order.index(1))
    assert found["l1"] == pytest.approx({code(1): 90} if east == code(1) else {code(1): 40, east: 50})
    assert found["l2"] == pytest.approx({code(1): 100})


def test_a_line_that_runs_back_on_itself_counts_twice(county: County) -> None:
    celled(county, [square(0, 0, 100), square(100, 0, 100)])
    lined(county, [line((50, 50), (150, 50), (50, 50)), line((10, 10), (60, 10), (20, 10))])
    found = stored_lengths(county)
    assert found["l0"] == pytest.approx({code(1): 100, code(2): 100})
    assert found["l1"] == pytest.approx({code(1): 90})


def test_where_cells_overlap_a_line_counts_once(county: County) -> None:
    celled(county, [square(0, 0, 100), square(50, 0, 100)])
    lined(county, [line((0, 50), (150, 50))])
    assert stored_lengths(county)["l0"] == pytest.approx({code(1): 100, code(2): 50})


def tiling(seed: int, columns: int, rows: int) -> list[BaseGeometry]:
    """Give a tiling of 1 km² with bent inner corners, cell by cell in a random order."""
    drawn = np.random.default_rng(seed)
    east, north = np.meshgrid(np.linspace(0, 1000, columns + 1), np.linspace(0, 1000, rows + 1), indexing="ij")
    bent = drawn.uniform(-1, 1, (2, columns + 1, rows + 1)) * 400 / np.array([columns, rows]).reshape(2, 1, 1)
    bent[:, [0, -1], :] = bent[:, :, [0, -1]] = 0
    at = np.stack([X + east + bent[0], Y + north + bent[1]], axis=-1)
    cells = [
        shapely.Polygon([at[i, j], at[i + 1, j], at[i + 1, j + 1], at[i, j + 1]])
        for i in range(columns)
        for j in range(rows)
    ]
    return [cells[place] for place in drawn.permutation(len(cells))]


def streets(seed: int, cells: list[BaseGeometry]) -> list[BaseGeometry]:
    """Give lines of every sort: across, along borders, along parts of borders, from corner to corner, and outside."""
    drawn = np.random.default_rng(seed)
    across = [
        shapely.LineString(np.array([X, Y]) + drawn.uniform(-100, 1100, (drawn.integers(2, 6), 2))) for _ in range(8)
    ]
    rings = [np.asarray(cell.exterior.coords) for cell in cells if isinstance(cell, shapely.Polygon)]
    along = [shapely.LineString(ring[: drawn.integers(2, len(ring) + 1)]) for ring in rings]
    part = [
        shapely.LineString([ring[0] + (ring[1] - ring[0]) * 0.3, ring[0] + (ring[1] - ring[0]) * 0.7]) for ring in rings
    ]
    diagonal = [shapely.LineString([ring[0], ring[2]]) for ring in rings]
    many = shapely.MultiLineString([across[0], along[0]])
    return [*across, *along, *part, *diagonal, many]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 4), rows=st.integers(1, 4))
@example(seed=0, columns=1, rows=1)
def test_lengths_are_those_of_every_pair_of_segment_and_cell(clone: County, seed: int, columns: int, rows: int) -> None:
    emptied(clone)
    cells = tiling(seed, columns, rows)
    lines = streets(seed, cells)
    lined(clone, lines)
    celled(clone, cells)
    found = stored_lengths(clone)
    wanted = by_every_pair(lines, cells)
    tilted = len(lines) - len(cells) * 2 - 1, len(lines) - len(cells) - 1  # parts of slanted borders lie beside them
    for number, each in enumerate(lines):
        assert sum(found[f"l{number}"].values()) == pytest.approx(each.length, abs=TOLERANCE_M)
    clear = [number for number in range(len(lines)) if not tilted[0] <= number < tilted[1]]
    for number in clear:
        own, other = found[f"l{number}"], wanted[f"l{number}"]
        for cell in own.keys() | other.keys():
            assert own.get(cell, 0.0) == pytest.approx(other.get(cell, 0.0), abs=TOLERANCE_M), (number, cell)


def moved(connection: sa.Connection, county: County, layer: str, key: str, geometry: BaseGeometry) -> None:
    table = county.schema.table(layers.named(layer))
    many = multi(geometry)
    connection.execute(sa.update(table).where(table.c.code == key).values(geom=from_shape(many, SRID)))


def test_lines_and_cells_that_move_or_end_keep_it_true_in_the_same_transaction(county: County) -> None:
    celled(county, [square(0, 0, 100), square(100, 0, 100)])
    lined(county, [line((50, 50), (150, 50)), line((20, 20), (40, 20))])
    lined(county, [line((60, 0), (60, 100))], "gas_pipeline")
    with county.writing() as connection:
        moved(connection, county, "road", "l0", line((50, 50), (250, 50)))
        assert lengths(connection)["l0"] == pytest.approx({code(1): 50, code(2): 100, "": 50})
        moved(connection, county, "grid_cell", code(2), square(100, 0, 200))
        assert lengths(connection)["l0"] == pytest.approx({code(1): 50, code(2): 150})
        moved(connection, county, "grid_cell", code(1), square(0, 0, 30))
        assert lengths(connection) == {
            "l0": pytest.approx({code(2): 150, "": 50}),
            "l1": pytest.approx({code(1): 10, "": 10}),
        }
        assert lengths(connection, "gas_pipeline")["l0"] == pytest.approx({"": 100})
        connection.exec_driver_sql(f"DELETE FROM grid_cell WHERE code = '{code(2)}'")
        assert lengths(connection)["l0"] == pytest.approx({"": 200})
        connection.exec_driver_sql("DELETE FROM road WHERE code = 'l0'")
        assert lengths(connection).keys() == {"l1"}
        assert connection.exec_driver_sql("SELECT count(*) FROM line_cell").scalar_one() == 3
        assert wrong(connection) == ()


def test_a_cell_out_of_use_holds_no_line(county: County) -> None:
    celled(county, [square(0, 0, 100)])
    lined(county, [line((0, 50), (100, 50))])
    stored(county, "grid_cell", [CELL | {"code": code(1), "valid_to": "2026-03-01"}])
    assert stored_lengths(county)["l0"] == pytest.approx({"": 100})
    celled(county, [square(0, 0, 100)], first=2)
    assert stored_lengths(county)["l0"] == pytest.approx({code(2): 100})


def test_nobody_but_the_triggers_writes_the_lengths(county: County) -> None:
    lined(county, [line((0, 50), (100, 50))])
    for words in (
        "UPDATE line_cell SET length = 0",
        "DELETE FROM line_cell",
        "INSERT INTO line_cell (object_id, layer, length) VALUES (1, 'road', 1)",
    ):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), county.writing() as connection:
            connection.exec_driver_sql(words)


def test_assignment_measures_lines_too_and_writes_only_what_changed(county: County) -> None:
    cells = tiling(3, 4, 4)
    celled(county, cells)
    lines = streets(3, cells)
    lined(county, lines)
    with county.reading() as connection:
        before = connection.exec_driver_sql("SELECT id, length FROM line_cell ORDER BY id").all()
    assert assign(county).remeasured == 0
    with county.reading() as connection:
        assert connection.exec_driver_sql("SELECT id, length FROM line_cell ORDER BY id").all() == before
