"""A delivery's columns and shapes become the layer's; a fault names row, field, constraint, expected and actual."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.crs import Geometries
from gis.errors import DefinitionError, DeliveryError
from gis.layer import Constraint, Field, Geometry, Kind, Layer, Source
from gis.store.fetch import reading_of
from gis.store.formats.delivered import Fault
from gis.store.load.conform import LONGEST_KEY_BYTES, Conformed, Terms, conform
from tests.builders import line, point, square

BUILDING = layers.named("building")
WORKER = layers.named("worker")
ROAD = layers.named("road")


def stays(shapes: Geometries) -> tuple[Geometries, list[Fault]]:
    """Give the shapes as they are: they are delivered in metres."""
    return shapes, []


def conformed(
    layer: Layer,
    rows: Sequence[dict[str, object]],
    shapes: Sequence[BaseGeometry | None] | None = None,
    terms: Terms | None = None,
) -> Conformed:
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    reading = reading_of(pd.DataFrame(list(rows), dtype=object), geometry, "EPSG:4549")
    return conform(layer, reading, terms or Terms(), stays)


def test_columns_are_found_by_name_then_by_delivered_name_then_by_title_whatever_their_case() -> None:
    found = conformed(
        BUILDING, [{"CODE": "a", "鉴定等级": "C", "建筑名": "x", "BUILT": 1990, "FLOORS": 2}], [square(0, 0)]
    )
    assert found.fields == ("code", "grade", "built_year", "floors")
    assert found.frame.to_dict("records") == [{"row_no": 1, "code": "a", "grade": "C", "built_year": 1990, "floors": 2}]
    assert found.ignored == ("建筑名",)


def test_of_several_delivered_names_the_first_that_holds_something_wins_row_by_row() -> None:
    rows: list[dict[str, object]] = [
        {"id": "last", "osm_id": "second", "code": "first"},
        {"id": "last", "osm_id": "way/2", "code": None},
        {"id": 3, "osm_id": None, "code": " "},
    ]
    found = conformed(BUILDING, rows, [square(0, 0), square(20, 0), square(40, 0)])
    assert found.frame["code"].tolist() == ["first", "way/2", "3"]
    assert found.ignored == ()


def test_a_column_named_by_hand_beats_every_other_and_is_told_from_its_namesake_in_other_case() -> None:
    row: dict[str, object] = {"code": "by name", "NAME": "upper", "name": "lower", "nr": "by hand"}
    found = conformed(BUILDING, [row], [square(0, 0)], Terms({"code": "nr", "name": "name"}))
    assert found.frame[["code", "name"]].to_dict("records") == [{"code": "by hand", "name": "lower"}]
    assert found.ignored == ("code", "NAME")


def test_a_column_or_field_named_by_hand_that_is_not_there_is_refused_with_what_there_is() -> None:
    with pytest.raises(DeliveryError, match=r"--map code=nr: no column 'nr'; there are: a, b"):
        conformed(BUILDING, [{"a": 1, "b": 2}], [square(0, 0)], Terms({"code": "nr"}))
    with pytest.raises(DefinitionError, match="layer building: no field 'colour'"):
        conformed(BUILDING, [{"a": 1}], [square(0, 0)], Terms({"colour": "a"}))


def test_an_unreadable_value_costs_the_row_and_is_named() -> None:
    rows: list[dict[str, object]] = [{"code": "a", "floors": 2}, {"code": "b", "floors": "三层"}]
    found = conformed(BUILDING, rows, [square(0, 0), square(20, 0)])
    assert found.faults == [Fault(2, "floors", "readable", "a whole number", '"三层"')]
    assert found.frame["code"].tolist() == ["a"]
    assert len(found.geometry if found.geometry is not None else ()) == 1


def test_a_lenient_delivery_empties_what_is_optional_and_counts_it_but_not_the_key() -> None:
    rows: list[dict[str, object]] = [
        {"code": "a", "floors": "three", "built_year": 1990, "grade": "E"},
        {"code": "b", "floors": 900, "built_year": "C19", "grade": "B"},
        {"code": "c\x00", "floors": 2, "built_year": 2020, "grade": None},
    ]
    found = conformed(BUILDING, rows, [square(0, 0), square(20, 0), square(40, 0)], Terms(lenient=True))
    assert dict(found.emptied) == {"floors": 2, "built_year": 1, "grade": 1}
    assert found.frame.drop(columns="row_no").to_dict("records") == [
        {"code": "a", "grade": None, "built_year": 1990, "floors": None},
        {"code": "b", "grade": "B", "built_year": None, "floors": None},
    ]
    assert [(fault.row, fault.field) for fault in found.faults] == [(3, "code")]


def test_naive_days_and_instants_are_the_countys() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    watch = Layer(
        name="watch",
        title="w",
        title_en="w",
        doc="w",
        key="code",
        source=Source("p", "l"),
        fields=(
            Field("code", Kind.TEXT, "c", required=True),
            Field("seen_at", Kind.INSTANT, "s"),
            Field("on", Kind.DATE, "o"),
        ),
        constraints=(Constraint("c", "true", "r"),),
    )
    rows: list[dict[str, object]] = [{"code": "a", "seen_at": "2026-03-04 09:30", "on": "2026-03-03T20:00:00Z"}]
    found = conformed(watch, rows, terms=Terms(zone=zone))
    assert found.frame["seen_at"].tolist() == [datetime(2026, 3, 4, 1, 30, tzinfo=UTC)]
    assert found.frame["on"].tolist() == [date(2026, 3, 4)]


def test_shapes_of_the_wrong_kind_and_missing_ones_are_faults_of_their_rows() -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 4)])
    shapes = [square(0, 0), point(1, 1), None, line((0, 0), (5, 5)), bow, shapely.Polygon()]
    found = conformed(BUILDING, [{"code": str(place)} for place in range(6)], shapes)
    assert found.frame["row_no"].tolist() == [1]
    assert [fault._replace(actual="") for fault in sorted(found.faults)] == [
        Fault(2, "geom", "geometry", "MultiPolygon", ""),
        Fault(3, "geom", "required", "a MultiPolygon", ""),
        Fault(4, "geom", "geometry", "MultiPolygon", ""),
        Fault(5, "geom", "geometry", "a valid MultiPolygon", ""),
        Fault(6, "geom", "geometry", "a MultiPolygon", ""),
    ]
    actual = [fault.actual for fault in sorted(found.faults)]
    assert [actual[0], actual[1], actual[2], actual[4]] == ["Point", "null", "LineString", "an empty Polygon"]
    assert actual[3].startswith("Self-intersection")


def test_what_is_mended_is_told_by_row_and_a_rejected_row_is_not_repaired() -> None:
    twice = shapely.Polygon([(0, 0), (10, 0), (10, 0), (10, 10), (0, 10)])
    high = shapely.Polygon([(40, 0, 5), (50, 0, 5), (50, 10, 5)])
    rows: list[dict[str, object]] = [{"code": "a"}, {"code": "b"}, {"code": "c", "floors": "x"}]
    found = conformed(BUILDING, rows, [twice, shapely.MultiPolygon([high]), high])
    assert found.repaired == {1: "repeated vertex dropped", 2: "z dropped"}
    assert found.geometry is not None
    assert shapely.get_type_id(found.geometry).tolist() == [6, 6]
    assert not shapely.has_z(found.geometry).any()


def test_a_row_without_a_key_is_keyed_by_its_shape_and_the_same_shape_turned_round_is_the_same_row() -> None:
    shape = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])
    turned = shapely.Polygon([(10, 10), (10, 0), (0, 0), (0, 10)])
    rows: list[dict[str, object]] = [{"code": None}, {"code": " "}, {"code": "own"}, {"code": None}]
    found = conformed(BUILDING, rows, [shape, turned, square(50, 0), square(80, 0)])
    first, second, own, other = found.frame["code"]
    assert first == second != other
    assert own == "own"
    assert first.startswith("shape/")
    assert len(first) == len("shape/") + 20
    assert found.keyed_by_geometry == 3


def test_a_delivery_without_any_key_column_is_keyed_by_shape_only_where_the_layer_says_so() -> None:
    assert conformed(ROAD, [{"x": 1}], [line((0, 0), (9, 9))]).fields == ("code",)
    users = conformed(layers.named("gas_user"), [{"x": 1}], [point(0, 0)])
    assert users.fields == ()
    assert users.keyed_by_geometry == 0


def test_a_good_row_whose_key_a_faulty_row_has_too_is_rejected_with_it() -> None:
    rows: list[dict[str, object]] = [
        {"code": "a", "floors": 1},
        {"code": "a", "floors": "x"},
        {"code": "b", "floors": 2},
    ]
    found = conformed(BUILDING, rows, [square(0, 0), square(20, 0), square(40, 0)])
    assert sorted(found.faults) == [
        Fault(1, "code", "unique", "a key of its own", '"a" also in row 2, which has a fault'),
        Fault(2, "floors", "readable", "a whole number", '"x"'),
    ]
    assert found.frame["row_no"].tolist() == [3]


@pytest.mark.parametrize(("key", "stays_in"), [("编" * (LONGEST_KEY_BYTES // 3), True), ("k" * 501, False)])
def test_a_key_longer_than_an_index_holds_is_a_fault(key: str, *, stays_in: bool) -> None:
    found = conformed(WORKER, [{"code": key, "name": "王小明"}])
    assert [fault.constraint for fault in found.faults] == ([] if stays_in else ["key_length"])


SHAPES = st.sampled_from([square(0, 0), square(30, 0), point(1, 1), line((0, 0), (1, 1)), None, shapely.Polygon()])
ROW = st.fixed_dictionaries(
    {"code": st.sampled_from(["a", "b", "c", None, "x\x00"]), "floors": st.sampled_from([1, None, "x", 2.5])}
)


@given(st.lists(st.tuples(ROW, SHAPES), min_size=1, max_size=8))
def test_each_row_is_either_ready_or_has_a_fault_that_says_all(
    delivered: list[tuple[dict[str, object], BaseGeometry]],
) -> None:
    found = conformed(BUILDING, [row for row, _ in delivered], [shape for _, shape in delivered])
    faulty = {fault.row for fault in found.faults}
    assert sorted([*found.frame["row_no"], *faulty]) == list(range(1, len(delivered) + 1))
    assert not faulty & found.repaired.keys()
    assert all(fault.field and fault.constraint and fault.expected and fault.actual for fault in found.faults)
    assert found.geometry is None or (
        not shapely.is_missing(found.geometry).any() and shapely.is_valid(found.geometry).all()
    )
    assert {Geometry.POLYGON.value} >= {shape.geom_type for shape in ([] if found.geometry is None else found.geometry)}
