"""Rows that name places and objects by code: what agrees is linked, what contradicts comes back with the candidates."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Origin, Outcome, judge, load
from gis.store.load.conform import Terms
from gis.store.load.linking import UNJUDGED
from gis.store.load.places import Known, Meaning, Place, plain_code, resolved
from gis.store.settings import Settings
from tests.builders import cloned, point, square, stored
from tests.conftest import SRID
from tests.events import emptied

MCA = {
    "330784100": "石柱镇",
    "330784101": "前仓镇",
    "330784105": "古山镇",
    "330784106": "方岩镇",
    "330784107": "龙山镇",
    "330784108": "西溪镇",
    "330784109": "象珠镇",
    "330784110": "唐先镇",
}
"""A table of another office that gives the codes 330784105 to 330784110 to other towns than the statistics bureau."""
CLASHING = [f"3307841{number:02}" for number in range(5, 11)]


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    """A county that the tests of this file share."""
    with cloned(template, "test_joining") as county:
        yield county


@pytest.fixture
def place(kept: County) -> County:
    """Two towns of 1 by 1 km side by side, of which each has a village, and a building in the first."""
    emptied(kept)
    towns = [
        {"code": "330784105", "code_scheme": "nbs", "name": "石柱镇"},
        {"code": "330784001", "code_scheme": "nbs", "name": "东城街道"},
    ]
    stored(kept, "town", towns, [square(0, 0, 1000), square(1000, 0, 1000)])
    villages = [
        {"code": "330784105201", "code_scheme": "nbs", "name": "新村", "town_code": "330784105"},
        {"code": "330784001201", "code_scheme": "nbs", "name": "新村", "town_code": "330784001"},
        {"code": "330784001202", "code_scheme": "nbs", "name": "黄城里村", "town_code": "330784001"},
    ]
    stored(kept, "village", villages, [square(0, 0, 500), square(1000, 0, 500), square(1500, 500, 500)])
    codes = [
        {"编码体系": "民政部", "级别": "镇街", "代码": "330784105", "名称": "古山镇"},
        {"编码体系": "民政部", "级别": "镇街", "代码": "330784100", "名称": "石柱镇"},
        {"编码体系": "民政部", "级别": "镇街", "代码": "330784002", "名称": "东城街道"},
    ]
    stored(kept, "place_code", codes)
    stored(kept, "building", [{"code": "B-1"}, {"code": "B-2"}], [square(100, 100), square(900, 100)])
    return kept


def delivered(
    county: County,
    layer: str,
    rows: Sequence[Mapping[str, object]],
    shapes: Sequence[BaseGeometry | None] | None = None,
    *,
    terms: Terms | None = None,
) -> Outcome:
    """Load rows as one delivery; shapes may be missing one by one."""
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = list(shapes)
    reading = reading_of(pd.DataFrame([dict(row) for row in rows]), geometry, f"EPSG:{SRID}")
    return load(county, layers.named(layer), reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=terms or Terms())


def rows_of(county: County, text: str) -> list[tuple[Any, ...]]:
    """Give the rows of a query."""
    with county.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def welder(**said: object) -> dict[str, object]:
    """Give a good row of the register of welders that names a place so."""
    layer = layers.named("welder")
    needed = {each.name: each.example for each in layer.fields if each.required}
    return {**needed, **said}


def place_of_welder(county: County) -> tuple[object, object]:
    """Give the names of the town and village of the only welder."""
    query = "SELECT t.name, v.name FROM welder w LEFT JOIN town t ON t.id = w.town_id"
    query += " LEFT JOIN village v ON v.id = w.village_id"
    (found,) = rows_of(county, query)
    return found[0], found[1]


# Towns and villages


@pytest.mark.parametrize(
    ("said", "town", "village"),
    [
        ({"镇街代码": "330784105", "编码体系": "nbs"}, "石柱镇", None),
        ({"镇街代码": "330784105", "编码体系": "统计局", "镇街": "石柱镇"}, "石柱镇", None),
        ({"镇街代码": "330784105", "镇街": "石柱镇"}, "石柱镇", None),
        ({"镇街代码": "330784100", "编码体系": "民政部"}, "石柱镇", None),
        ({"镇街代码": "330784105000", "编码体系": "NBS"}, "石柱镇", None),
        ({"镇街名称": "东城"}, "东城街道", None),
        ({"镇街名称": "东 城街道"}, "东城街道", None),
        ({"镇街代码": "330784002"}, "东城街道", None),
        ({"行政村": "黄城里村委会"}, "东城街道", "黄城里村"),
        ({"镇街": "石柱", "村社": "新村"}, "石柱镇", "新村"),
        ({"村代码": "330784105201"}, "石柱镇", "新村"),
        ({"镇街": None, "行政村": ""}, None, None),
    ],
)
def test_a_register_row_takes_the_town_and_village_it_names(
    place: County, said: dict[str, object], town: str | None, village: str | None
) -> None:
    outcome = delivered(place, "welder", [welder(**said)])
    assert (outcome.new, outcome.rejected) == (1, 0), outcome.faults
    assert place_of_welder(place) == (town, village)
    assert not outcome.ignored
    again = delivered(place, "welder", [welder(**said)])
    assert (again.unchanged, again.changed) == (1, 0)


@pytest.mark.parametrize(
    ("said", "field", "told"),
    [
        ({"镇街代码": "330784105"}, "town", ("在 nbs 是 石柱镇", "在 mca 是 古山镇", "石柱镇 in nbs")),
        (
            {"镇街代码": "330784105", "编码体系": "mca", "镇街": "石柱镇"},
            "town",
            ("在 mca 是 古山镇", "名称 石柱镇 是 石柱镇（mca 330784100, nbs 330784105）"),
        ),
        ({"镇街代码": "330784105", "镇街": "东城街道"}, "town", ("在 nbs 是 石柱镇", "东城街道（mca 330784002")),
        ({"镇街代码": "330784999", "镇街": "石柱镇"}, "town", ("没有代码为 330784999 的镇街", "nbs 330784105")),
        ({"镇街代码": "330784105", "编码体系": "ga"}, "town", ("在 nbs 是 石柱镇", "ga 中没有此代码")),
        ({"镇街": "石桂镇"}, "town", ("没有名为 石桂镇 的镇街", "相近：石柱镇")),
        ({"行政村": "新村"}, "village", ("新村（nbs 330784001201）、新村（nbs 330784105201）",)),
        ({"镇街": "石柱镇", "行政村": "黄城里村"}, "village", ("没有名为 黄城里村 的村社",)),
    ],
)
def test_an_unknown_or_contradictory_place_comes_back_with_the_candidates(
    place: County, said: dict[str, object], field: str, told: tuple[str, ...]
) -> None:
    outcome = delivered(place, "welder", [welder(**said)])
    assert (outcome.delivered, outcome.rejected) == (1, 1)
    (fault,) = outcome.faults
    assert (fault.row, fault.field, fault.constraint) == (1, field, "place")
    assert all(each in fault.actual for each in told), fault.actual
    assert " · " in fault.actual


def test_a_name_that_fits_two_kinds_of_town_is_not_guessed(place: County) -> None:
    stored(place, "town", [{"code": "330784120", "code_scheme": "nbs", "name": "东城镇"}], [square(3000, 0, 500)])
    outcome = delivered(place, "welder", [welder(镇街="东城")])
    assert outcome.rejected == 1
    assert "东城街道" in outcome.faults[0].actual
    assert "东城镇" in outcome.faults[0].actual
    assert delivered(place, "welder", [welder(镇街="东城镇")]).new == 1


def test_a_feature_has_its_town_from_its_shape_and_may_lie_just_outside_the_one_it_names(place: County) -> None:
    rows = [{"code": f"B-{number}", "镇街": "石柱镇"} for number in (10, 11, 12)]
    shapes = [square(500, 800), square(1400, 800), square(1510, 800)]
    outcome = delivered(place, "building", rows, shapes)
    assert (outcome.new, outcome.rejected) == (2, 1)
    (fault,) = outcome.faults
    assert (fault.row, fault.field, fault.constraint, fault.actual) == (3, "town", "place_near", "510 m")
    query = "SELECT b.code, t.name FROM building b JOIN town t ON t.id = b.town_id WHERE b.code > 'B-1' ORDER BY b.code"
    assert rows_of(place, query) == [("B-10", "石柱镇"), ("B-11", "东城街道"), ("B-2", "石柱镇")]


def test_a_feature_that_contradicts_itself_about_its_place_is_rejected(place: County) -> None:
    row = {"code": "B-20", "镇街代码": "330784105", "编码体系": "mca", "镇街": "石柱镇"}
    outcome = delivered(place, "building", [row], [square(500, 800)])
    assert [fault.constraint for fault in outcome.faults] == ["place"]


def test_where_no_village_is_stored_its_name_is_not_judged_but_told(kept: County) -> None:
    emptied(kept)
    stored(kept, "town", [{"code": "t1", "name": "一镇"}], [square(0, 0, 1000)])
    outcome = delivered(kept, "building", [{"code": "b", "镇街": "一镇", "行政村": "某村"}], [square(0, 0)])
    assert (outcome.new, outcome.rejected) == (1, 0)
    assert any("尚无村社数据" in note for note in outcome.notes)


def test_the_two_official_tables_of_yongkang_are_told_apart(kept: County, shared: Path) -> None:
    emptied(kept)
    nbs = pd.read_csv(shared / "admin" / "yongkang_towns_nbs.csv", dtype=str)
    towns = [{"code": row.code, "code_scheme": "nbs", "name": row.name} for row in nbs.itertuples(index=False)]
    assert len(towns) == 14
    stored(kept, "town", towns, [square(200.0 * place, 0, 200) for place in range(len(towns))])
    codes = [{"scheme": "mca", "level": "town", "code": code, "name": name} for code, name in MCA.items()]
    stored(kept, "place_code", codes)
    statistics = dict(zip(nbs["code"], nbs["name"], strict=True))
    assert all(statistics[code] != MCA[code] for code in CLASHING)
    rows = []
    for code in CLASHING:
        rows += [
            {"镇街代码": code, "编码体系": "nbs", "镇街": statistics[code]},
            {"镇街代码": code, "编码体系": "mca", "镇街": MCA[code]},
            {"镇街代码": code, "编码体系": "mca", "镇街": statistics[code]},
            {"镇街代码": code},
        ]
    key = layers.named("welder").key
    outcome = delivered(kept, "welder", [welder(**row) | {key: f"w-{at}"} for at, row in enumerate(rows)])
    assert (outcome.new, outcome.rejected) == (12, 12)
    assert {fault.row % 4 for fault in outcome.faults} == {3, 0}
    for fault in outcome.faults:
        code = CLASHING[(fault.row - 1) // 4]
        assert f"在 nbs 是 {statistics[code]}" in fault.actual
        assert f"在 mca 是 {MCA[code]}" in fault.actual
    query = f'SELECT w."{key}", t.name FROM welder w JOIN town t ON t.id = w.town_id'
    found = dict(rows_of(kept, query))
    assert found == {f"w-{at}": row["镇街"] for at, row in enumerate(rows) if at % 4 < 2}


def test_the_real_villages_of_yongkang_are_found_by_code_and_by_name_within_their_town(
    kept: County, shared: Path
) -> None:
    emptied(kept)
    towns = pd.read_csv(shared / "admin" / "yongkang_towns_nbs.csv", dtype=str)
    villages = pd.read_csv(shared / "admin" / "yongkang_villages_nbs.csv", dtype=str)
    town_rows = [{"code": row.code, "code_scheme": "nbs", "name": row.name} for row in towns.itertuples(index=False)]
    stored(kept, "town", town_rows, [square(200.0 * place, 0, 200) for place in range(len(towns))])
    rows = [
        {"code": row.code, "code_scheme": "nbs", "name": row.name, "town_code": row.streetCode}
        for row in villages.itertuples(index=False)
    ]
    stored(kept, "village", rows, [square(5.0 * place, 300, 5) for place in range(len(rows))])
    name_of = dict(zip(towns["code"], towns["name"], strict=True))
    key = layers.named("welder").key
    said = [
        welder(**{key: f"w-{at}", "镇街": name_of[str(row["town_code"])], "行政村": row["name"], "村代码": row["code"]})
        for at, row in enumerate(rows)
    ]
    outcome = delivered(kept, "welder", said)
    assert (outcome.new, outcome.rejected) == (len(rows), 0), outcome.faults[:3]
    wrong = "SELECT count(*) FROM welder w JOIN village v ON v.id = w.village_id JOIN town t ON t.id = w.town_id"
    assert rows_of(kept, wrong + " WHERE t.code = v.town_code") == [(len(rows),)]


@given(st.dictionaries(st.sampled_from("ABCD"), st.sampled_from(["甲镇", "乙镇", "丙镇"]), max_size=4), st.data())
@hypothesis_settings(max_examples=200, deadline=None)
def test_a_code_and_a_name_give_a_place_only_where_both_mean_it(by_scheme: dict[str, str], data: st.DataObject) -> None:
    known = Known(Use.TOWN)
    places = {name: Place(number, name) for number, name in enumerate(["甲镇", "乙镇", "丙镇"], start=1)}
    for name, each in places.items():
        known.add_name(name, each)
    for scheme, name in by_scheme.items():
        known.codes.setdefault(plain_code("7", Use.TOWN), []).append(Meaning(scheme.lower(), name, places[name]))
    scheme = data.draw(st.sampled_from(["", "A", "B", "C", "D"]))
    name = data.draw(st.sampled_from(["", "甲镇", "乙", "丙镇", "丁镇"]))
    meant = {by_scheme[each] for each in by_scheme if scheme in {"", each}}
    full = name if name in places or not name else f"{name}镇"
    expected = (meant & {full}) if name else meant
    found = resolved(known, scheme, "7", name)
    if len(expected) == 1:
        assert found.place == places[next(iter(expected))]
        assert not found.problem
    else:
        assert found.place is None
        assert found.problem


# Position by code


def user(code: str, building: str | None, **said: object) -> dict[str, object]:
    """Give a gas user that says which building it is in."""
    return {"用户编号": code, "用户类别": "居民", "供气方式": "瓶装", "建筑编号": building, **said}


USERS = "SELECT code, placed_by, ST_X(geom), ST_Y(geom) FROM gas_user ORDER BY code"


def test_a_user_without_a_position_lies_on_the_building_it_names(place: County) -> None:
    rows = [user("u1", "B-1"), user("u2", "B-2"), user("u3", "b1"), user("u4", None)]
    outcome = delivered(place, "gas_user", rows)
    assert (outcome.new, outcome.rejected) == (2, 2)
    spots = dict(rows_of(place, "SELECT code, ST_AsText(spot) FROM building"))
    found = rows_of(place, "SELECT building_code, placed_by, ST_AsText(geom) FROM gas_user ORDER BY code")
    assert found == [("B-1", "building_code", spots["B-1"]), ("B-2", "building_code", spots["B-2"])]
    first, second = outcome.faults
    assert (first.row, first.field, first.constraint) == (3, "building_code", "joins")
    assert 'no building "b1"；相近 · like it: "B-1"' in first.actual
    assert (second.row, second.field, second.constraint) == (4, "geom", "required")
    assert rows_of(
        place, "SELECT count(*) FROM gas_user u JOIN town t ON t.id = u.town_id WHERE t.name = '石柱镇'"
    ) == [(2,)]


def test_the_same_rows_again_change_nothing(place: County) -> None:
    rows = [user("u1", "B-1"), user("u2", "B-2")]
    delivered(place, "gas_user", rows)
    again = delivered(place, "gas_user", rows)
    assert (again.unchanged, again.changed, again.new) == (2, 0, 0)
    assert rows_of(place, "SELECT count(*) FROM gas_user_past") == [(0,)]


def test_a_delivered_position_is_kept_and_far_from_its_building_refused(place: County) -> None:
    rows = [user("u1", "B-1"), user("u2", "B-1"), user("u3", "B-1"), user("u4", "B-9")]
    shapes = [point(105, 105), point(110, 309), None, point(500, 500)]
    outcome = delivered(place, "gas_user", rows, shapes)
    assert (outcome.new, outcome.rejected) == (4, 0), outcome.faults
    assert [row[1] for row in rows_of(place, USERS)] == ["delivered", "delivered", "building_code", "delivered"]
    far = delivered(place, "gas_user", [user("u5", "B-1")], [point(105, 410)])
    (fault,) = far.faults
    assert (fault.field, fault.constraint, fault.actual) == ("building_code", "near_joined", "300 m")
    before = rows_of(place, USERS)
    without = delivered(place, "gas_user", rows[:3])
    assert (without.unchanged, without.changed) == (3, 0)
    assert rows_of(place, USERS) == before


def test_who_was_placed_by_a_code_follows_the_building_and_who_was_delivered_does_not(place: County) -> None:
    delivered(place, "gas_user", [user("u1", "B-1"), user("u2", "B-1")], [None, point(105, 105)])
    stored(place, "building", [{"code": "B-1"}], [square(1200, 100)])
    found = {row[0]: row[2:] for row in rows_of(place, USERS)}
    (spot,) = rows_of(place, "SELECT ST_X(spot), ST_Y(spot) FROM building WHERE code = 'B-1'")
    assert found["u1"] == spot
    town = "SELECT u.code, t.name FROM gas_user u JOIN town t ON t.id = u.town_id ORDER BY u.code"
    assert rows_of(place, town) == [("u1", "东城街道"), ("u2", "石柱镇")]
    (x, y) = (point(105, 105).bounds[0], point(105, 105).bounds[1])
    assert found["u2"] == (x, y)
    assert rows_of(place, "SELECT count(*) FROM gas_user_past") == [(1,)]
    again = delivered(place, "gas_user", [user("u1", "B-1")])
    assert again.unchanged == 1


def test_a_user_that_moves_to_another_building_moves(place: County) -> None:
    delivered(place, "gas_user", [user("u1", "B-1")])
    moved = delivered(place, "gas_user", [user("u1", "B-2")])
    assert moved.changed == 1
    same = "SELECT count(*) FROM gas_user u JOIN building b ON b.code = 'B-2' AND ST_Equals(u.geom, b.spot)"
    assert rows_of(place, same) == [(1,)]


def test_a_dry_run_without_a_county_says_that_codes_were_not_judged(place: County) -> None:
    reading = reading_of(pd.DataFrame([user("u1", "B-1"), user("u2", None)]), None, None)
    with place.engine.connect() as connection:
        outcome = judge(connection, layers.named("gas_user"), reading, Origin("rows"), Terms())
        connection.rollback()
    assert (outcome.new, outcome.rejected) == (1, 1)
    assert outcome.notes == (UNJUDGED,)


@pytest.mark.parametrize("layer", layers.every(), ids=lambda layer: layer.name)
def test_a_field_joins_a_layer_that_there_is_and_that_lies_somewhere(layer: Layer) -> None:
    for each in layer.joining:
        target = layers.named(each.joins)
        assert target.historic
        assert target.geometry is not None
