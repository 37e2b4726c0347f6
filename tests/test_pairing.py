"""Areas without a key are paired with the stored ones that they overlap by half, as shapely tells by looking at all."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import Refused
from gis.layer import Layer
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Match, Mode, Origin, Outcome, Terms, load
from gis.store.settings import Settings
from tests.builders import cloned, line, point, square, swept
from tests.conftest import SRID, X, Y

BUILDING = layers.named("building")
OVERLAP = Terms(match=Match.OVERLAP)
REPLACE = Terms(match=Match.OVERLAP, mode=Mode.REPLACE, sure=True)


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    """A county that the tests of this file share; what they count they clear first."""
    with cloned(template, "test_pairing") as county:
        yield county


def loaded(
    county: County,
    shapes: Sequence[BaseGeometry] | None,
    keys: Sequence[str | None] = (),
    terms: Terms = OVERLAP,
    *,
    grade: str = "B",
    layer: Layer = BUILDING,
) -> Outcome:
    """Deliver shapes, with keys where they are given."""
    frame = pd.DataFrame({"grade": [grade] * len(shapes or keys)}, dtype=object)
    if keys:
        frame.insert(0, "code", pd.Series(list(keys), dtype=object))
    geometry = np.empty(len(shapes or ()), dtype=object)
    geometry[:] = shapes or ()
    reading = reading_of(frame, geometry if shapes is not None else None, f"EPSG:{SRID}")
    return load(county, layer, reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=terms)


def stocked(county: County, **shapes: BaseGeometry) -> County:
    """Give the county with these buildings alone."""
    swept(county, "building", "road", "gas_user")
    loaded(county, list(shapes.values()), list(shapes), Terms(), grade="A")
    return county


def table_of(county: County, text: str) -> list[tuple[Any, ...]]:
    with county.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def rectangle(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Give a rectangle by metres from the county's corner."""
    return shapely.box(X + west, Y + south, X + east, Y + north)


def test_a_house_that_was_drawn_anew_keeps_its_key_and_one_that_was_not_there_is_new(kept: County) -> None:
    stocked(kept, a=rectangle(0, 0, 10, 10), b=rectangle(20, 0, 30, 10), c=rectangle(40, 0, 50, 10))
    drawn = [rectangle(1, 0, 11, 10), rectangle(20, 0, 30, 10), rectangle(70, 0, 80, 10)]
    outcome = loaded(kept, drawn, terms=REPLACE)
    assert (outcome.matched, outcome.new, outcome.changed, outcome.gone, outcome.ambiguous) == (2, 1, 2, 1, 0)
    found = table_of(kept, "SELECT code, grade, ST_XMin(geom) - 500000 FROM building ORDER BY 3")
    assert found[:2] == [("a", "B", 1.0), ("b", "B", 20.0)]
    assert (found[2][0][:6], found[2][2]) == ("shape/", 70.0)
    again = loaded(kept, drawn, terms=REPLACE)
    assert (again.matched, again.unchanged, again.gone) == (2, 3, 0)
    assert table_of(kept, "SELECT matched FROM delivery ORDER BY id") == [(0,), (2,), (2,)]


@pytest.mark.parametrize(("east", "pairs"), [(20.0, True), (20.1, False)])
def test_half_of_the_union_is_enough_and_less_is_not(kept: County, east: float, pairs: bool) -> None:  # noqa: FBT001
    """A square of 10 m within a rectangle of 10 by 20 m is exactly half of their union."""
    stocked(kept, a=rectangle(0, 0, 10, 10))
    outcome = loaded(kept, [rectangle(0, 0, east, 10)])
    assert (outcome.matched, outcome.new) == ((1, 0) if pairs else (0, 1))


def test_houses_that_were_joined_or_split_are_ambiguous_and_say_which(kept: County) -> None:
    stocked(kept, a=rectangle(0, 0, 10, 10), b=rectangle(10, 0, 20, 10), c=rectangle(50, 0, 70, 10))
    joined, left, right = rectangle(0, 0, 20, 10), rectangle(50, 0, 60, 10), rectangle(60, 0, 70, 10)
    outcome = loaded(kept, [joined, left, right], terms=REPLACE)
    assert [tuple(fault)[:4] for fault in outcome.faults] == [
        (row, "code", "one_match", "one stored row that it overlaps by half") for row in (1, 2, 3)
    ]
    assert [fault.actual for fault in outcome.faults] == ["a 0.50, b 0.50", "c 0.50", "c 0.50"]
    assert (outcome.ambiguous, outcome.rejected, outcome.gone) == (3, 3, 0)  # what may be meant does not end
    assert {code for (code,) in table_of(kept, "SELECT code FROM building")} == {"a", "b", "c"}


def test_a_row_with_a_key_goes_before_one_that_only_overlaps(kept: County) -> None:
    stocked(kept, a=rectangle(0, 0, 10, 10), b=rectangle(20, 0, 30, 10))
    shapes = [rectangle(0, 0, 10, 10), rectangle(0, 0, 10, 10.5), rectangle(20, 0, 30, 11)]
    outcome = loaded(kept, shapes, ["a", None, None])
    assert [(fault.row, fault.constraint) for fault in outcome.faults] == [(2, "one_match")]
    assert (outcome.matched, outcome.changed) == (1, 2)


def test_what_has_no_key_and_overlaps_nothing_needs_one_where_shapes_make_none(kept: County) -> None:
    town = layers.named("town")
    assert not town.keyed_by_geometry
    stocked(kept)
    shapes = np.empty(2, dtype=object)
    shapes[:] = [rectangle(0, 0, 900, 900), rectangle(2000, 0, 2900, 900)]
    first = reading_of(pd.DataFrame({"code": ["t1"], "name": ["东镇"]}), shapes[:1], f"EPSG:{SRID}")
    load(kept, town, first, Origin("rows", crs=f"EPSG:{SRID}"), terms=Terms())
    second = reading_of(pd.DataFrame({"name": ["东街道", "西镇"]}), shapes, f"EPSG:{SRID}")
    outcome = load(kept, town, second, Origin("rows", crs=f"EPSG:{SRID}"), terms=OVERLAP)
    assert (outcome.matched, outcome.changed, outcome.new) == (1, 1, 0)
    assert [(fault.row, fault.field, fault.constraint) for fault in outcome.faults] == [(2, "code", "required")]
    assert table_of(kept, "SELECT code, name FROM town") == [("t1", "东街道")]
    swept(kept, "town")


@pytest.mark.parametrize(
    ("name", "shape"), [("gas_user", point(0, 0)), ("road", line((0, 0), (9, 0))), ("worker", None)]
)
def test_only_areas_are_paired(kept: County, name: str, shape: BaseGeometry | None) -> None:
    with pytest.raises(Refused, match=r"不是面，不能按重叠配对.*only areas are paired"):
        loaded(kept, [shape] if shape is not None else None, ["k"], layer=layers.named(name))


def test_rows_without_shapes_cannot_be_paired(kept: County) -> None:
    with pytest.raises(Refused, match="交付没有图形"):
        loaded(kept, None, ["a"])


BOX = st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(1, 7), st.integers(1, 7)).map(
    lambda box: rectangle(box[0], box[1], box[0] + box[2], box[1] + box[3])
)


def partners(stored: dict[str, BaseGeometry], delivered: list[BaseGeometry]) -> tuple[dict[int, str], set[int]]:
    """Give by row the key it must take, and the ambiguous rows, looking at every pair of areas."""
    share: dict[tuple[int, str], float] = {}
    for row, shape in enumerate(delivered, 1):
        for key, other in stored.items():
            common = shape.intersection(other).area
            if common > 0 and common >= 0.5 * min(shape.area, other.area):
                share[row, key] = common / shape.union(other).area
    doubtful = {
        row
        for row, key in share
        if sum(other == row for other, _ in share) > 1 or sum(other == key for _, other in share) > 1
    }
    return {row: key for (row, key), part in share.items() if part >= 0.5 and row not in doubtful}, doubtful


def test_pairs_are_those_that_looking_at_all_gives(kept: County) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(BOX, min_size=1, max_size=5), st.lists(BOX, min_size=1, max_size=5))
    def holds(there: list[BaseGeometry], delivered: list[BaseGeometry]) -> None:
        stored = {f"k{place}": shape for place, shape in enumerate(there)}
        wanted, doubtful = partners(stored, delivered)
        outcome = loaded(stocked(kept, **stored), delivered, terms=REPLACE)
        repeated = {
            row
            for row, shape in enumerate(delivered, 1)
            if row not in doubtful and any(shape.equals(other) for other in delivered[: row - 1])
        }
        assert {fault.row for fault in outcome.faults if fault.constraint == "one_match"} == doubtful
        assert {fault.row for fault in outcome.faults} == doubtful | repeated
        assert (outcome.matched, outcome.ambiguous) == (len(wanted), len(doubtful))
        now = dict(table_of(kept, "SELECT code, ST_AsBinary(geom) FROM building"))
        for row, key in wanted.items():
            assert shapely.from_wkb(bytes(now[key])).equals(delivered[row - 1])
        assert outcome.new == len(delivered) - len(wanted) - len(doubtful | repeated)

    holds()


def test_a_pair_is_found_among_many_by_the_index(kept: County) -> None:
    many = {f"h{n}": square(20 * (n % 100), 20 * (n // 100)) for n in range(3000)}
    stocked(kept, **many)
    outcome = loaded(kept, [shapely.affinity.translate(shape, 1, 1) for shape in many.values()])
    assert (outcome.matched, outcome.changed, outcome.rejected) == (3000, 3000, 0)
