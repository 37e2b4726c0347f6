"""Where rows of a large delivery lie, seen without their spots, is where their spots lie."""

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis.crs import Geometries
from gis.store.county import County
from gis.store.load import placing
from gis.store.schema import PLACES
from gis.store.settings import Settings
from tests.builders import cloned, point, square, stored

BOXES = st.tuples(*(st.integers(0, 12) for _ in range(4))).map(
    lambda ends: shapely.box(ends[0], ends[1], ends[0] + 1 + ends[2], ends[1] + 1 + ends[3])
)
SHAPES = st.one_of(
    BOXES,
    st.tuples(st.integers(0, 24), st.integers(0, 24)).map(lambda at: shapely.Point(at[0] / 2, at[1] / 2)),
    st.just(shapely.Polygon()),
    st.none(),
)


def array(shapes: list[BaseGeometry | None]) -> Geometries:
    return np.array([None, *shapes], dtype=object)[1:]


@given(
    shapes=st.lists(SHAPES, min_size=1, max_size=12),
    levels=st.lists(st.lists(BOXES, max_size=5), min_size=3, max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_every_point_of_a_shape_that_is_told_lies_in_the_areas_told_and_in_no_other(
    shapes: list[BaseGeometry | None], levels: list[list[BaseGeometry]]
) -> None:
    areas = [(np.arange(1, len(level) + 1, dtype=np.int64), array([*level])) for level in levels]
    found = placing.whole(array([*shapes]), areas)
    assert len(found.places) == len(found.at)
    for at, told in zip(found.at.tolist(), found.places.to_dict("records"), strict=True):
        shape = shapes[at]
        assert shape is not None
        assert not shape.is_empty
        for name, level in zip(PLACES, levels, strict=True):
            met = [number for number, area in enumerate(level, 1) if area.intersects(shape)]
            held = [number for number, area in enumerate(level, 1) if area.contains(shape)]
            assert met == held == ([] if told[name] is None else [told[name]])


def test_a_shape_well_inside_one_area_and_outside_all_of_another_level_is_told() -> None:
    one = (np.array([7], dtype=np.int64), array([shapely.box(0, 0, 10, 10)]))
    none = (np.empty(0, dtype=np.int64), array([]))
    found = placing.whole(array([shapely.box(1, 1, 2, 2), shapely.box(8, 8, 12, 12), None]), [one, none, one])
    assert found.at.tolist() == [0]
    told = found.places.to_dict("records")[0]
    assert (told["town_id"], told["cell_id"]) == (7, 7)
    assert told["village_id"] is None


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    with cloned(template, "test_placing") as found:
        stored(found, "town", [{"code": "t1", "name": "镇"}], [square(0, 0, 200)])
        villages = [{"code": f"v{number}", "name": f"村{number}"} for number in (1, 2)]
        stored(found, "village", villages, [square(0, 0, 100), square(100, 0, 100)])
        yield found


@pytest.mark.parametrize(("layer", "size"), [("building", 7.0), ("gas_user", 0.0)])
def test_a_large_delivery_lies_where_row_by_row_it_would(
    county: County, monkeypatch: pytest.MonkeyPatch, layer: str, size: float
) -> None:
    at = [(east, north) for east in range(-20, 230, 10) for north in range(-20, 230, 25)]
    shapes = [square(*each, size) if size else point(*each) for each in at]
    own = {"kind": "resident", "supply": "piped"} if layer == "gas_user" else {}
    monkeypatch.setattr(placing, "MANY", 1)
    told: list[int] = []
    whole = placing.whole

    def watched(*asked: object) -> placing.Whole:
        found = whole(*asked)  # type: ignore[arg-type]  # handed on as it came
        told.append(len(found.at))
        return found

    monkeypatch.setattr(placing, "whole", watched)
    outcome = stored(county, layer, [{"code": f"o{number}"} | own for number in range(len(at))], shapes)
    assert outcome.new == len(at)
    assert len(told) == 1
    assert 0 < told[0] < len(at), "some are told by their shapes, some are asked by their spots"
    with county.reading() as connection:
        wrong = sa.text("SELECT count(*) FROM misplaced_objects(:layer, NULL)")
        assert connection.execute(wrong, {"layer": layer}).scalar_one() == 0
        places = connection.execute(sa.text(f"SELECT count(village_id), count(DISTINCT village_id) FROM {layer}")).one()
        assert 0 < places[0] < len(at)
        assert places[1] == 2
