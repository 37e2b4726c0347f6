"""Cells are made once, coded from west to east within north to south, and their faults are named."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from shapely import affinity

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.run import deliver, demo, grid
from gis.run.grid_check import Thresholds, check
from gis.store import county as counties
from gis.store import server
from gis.store.county import County
from gis.store.fetch import features
from gis.store.osm import Extract
from gis.store.settings import Settings
from tests.builders import cloned, line, point, square, stored
from tests.conftest import X, Y
from tests.events import emptied

SIDE_M, BLOCK_M = 800.0, 200.0
PER_BLOCK = 6


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module."""
    with cloned(template, "test_grid") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """The module's clone without rows."""
    emptied(clone)
    return clone


def settled(county: County, *, per_block: int = PER_BLOCK) -> None:
    """Store four towns in a square, streets that cut each into 4 by 4 blocks, and as many houses in every block."""
    corners = {"se": (SIDE_M, 0), "nw": (0, SIDE_M), "sw": (0, 0), "ne": (SIDE_M, SIDE_M)}
    towns = [{"code": f"town-{name}", "name": f"{name}镇"} for name in corners]
    stored(county, "town", towns, [square(east, north, SIDE_M) for east, north in corners.values()])
    cuts = np.arange(BLOCK_M, 2 * SIDE_M, BLOCK_M)
    streets = [line((cut, 0), (cut, 2 * SIDE_M)) for cut in cuts] + [line((0, cut), (2 * SIDE_M, cut)) for cut in cuts]
    stored(county, "road", [{"code": f"r{n}", "road_class": "residential"} for n in range(len(streets))], streets)
    west = np.arange(0, 2 * SIDE_M, BLOCK_M)
    places = [(e + 15 + 28 * n, s + 40 + 20 * (n % 3)) for e in west for s in west for n in range(per_block)]
    stored(county, "building", [{"code": f"b{n}"} for n in range(len(places))], [square(*place) for place in places])


def cells(county: County) -> gpd.GeoDataFrame:
    with county.reading() as connection:
        return features(connection, county, layers.one(Use.CELL))


def assigned(county: County) -> "pd.Series[int]":
    with county.reading() as connection:
        return pd.Series(features(connection, county, layers.named("building"))["cell_id"].value_counts())


def test_codes_read_like_a_page_town_by_town_and_cell_by_cell(county: County) -> None:
    settled(county)
    made = grid.make(county, target=PER_BLOCK)
    frame = cells(county)
    assert (made.count, made.median_load, made.largest_load, made.over_twice) == (64, PER_BLOCK, PER_BLOCK, 0)
    assert frame["code"].str.fullmatch(r"990001\d{3}000\d{3}").all()
    assert frame["code"].is_unique
    page = frame.sort_values("code")
    centres = shapely.get_coordinates(shapely.centroid(page.geometry.to_numpy())) - [500_000, 3_200_000]
    middles = [100.0, 300.0, 500.0, 700.0]
    towns = [(0, SIDE_M), (SIDE_M, SIDE_M), (0, 0), (SIDE_M, 0)]  # nw, ne, sw, se
    wanted = [(e + x, n + y) for e, n in towns for y in reversed(middles) for x in middles]
    assert np.allclose(centres, wanted, atol=1e-3)
    assert page["code"].str[6:9].astype(int).tolist() == [n for n in (1, 2, 3, 4) for _ in range(16)]
    assert page["code"].str[12:].astype(int).tolist() == [*range(1, 17)] * 4
    names = ("nw", "ne", "sw", "se")
    assert page["town_code"].tolist() == [f"town-{name}" for name in names for _ in range(16)]
    assert set(page["code_scheme"]) == {"local"}
    assert set(page["valid_from"]) == {county.today()}


def test_each_object_is_then_in_one_cell_and_the_loads_are_counted(county: County) -> None:
    settled(county)
    grid.make(county, target=2 * PER_BLOCK)
    found = grid.assign(county)
    assert found.outside_cells["building"] == ()
    frame = cells(county)
    counted = assigned(county)
    assert counted.sum() == 64 * PER_BLOCK
    assert dict(zip(frame["id"], frame["load"], strict=True)) == counted.to_dict()
    assert PER_BLOCK <= frame["load"].median() <= 4 * PER_BLOCK


def test_made_cells_have_no_fault(county: County) -> None:
    settled(county)
    grid.make(county, target=PER_BLOCK)
    assert check(county).empty
    area_m2 = cells(county).area.sum()
    assert area_m2 == pytest.approx(4 * SIDE_M**2, abs=0.01)


def test_a_gap_an_overlap_and_a_stray_part_are_named_with_their_town_and_cells(county: County) -> None:
    settled(county)
    grid.make(county, target=PER_BLOCK)
    codes = [f"9900010010000{n:02d}" for n in range(1, 17)]
    shape = dict(zip((frame := cells(county))["code"], frame.geometry, strict=True))
    shrunk, grown, strayed = codes[5], codes[0], codes[3]  # an inner cell, the north-west corner, the north-east corner
    west, south, east, north = shape[shrunk].bounds
    changes = {
        shrunk: shapely.box(west, south, east - 0.5, north),
        grown: shapely.union(shape[grown], affinity.translate(shape[grown], 2, 0)),
        strayed: shapely.union(shape[strayed], affinity.translate(shape[strayed], 0, 3)),
    }
    rows = [{"code": code} for code in changes]
    assert stored(county, "grid_cell", rows, list(changes.values())).changed == 3
    found = check(county).set_index("kind")
    assert sorted(found.index) == ["gap", "overlap", "stray"]
    assert set(found["town"]) == {"town-nw"}
    assert found.loc["gap", "area_m2"] == pytest.approx(0.5 * BLOCK_M, rel=1e-6)
    assert found.loc["gap", "width_m"] == pytest.approx(0.5, abs=0.01)
    assert {shrunk, codes[6]} <= set(str(found.loc["gap", "cells"]).split())
    assert found.loc["overlap", "area_m2"] == pytest.approx(2 * BLOCK_M, rel=1e-6)
    assert found.loc["overlap", "cells"] == f"{grown} {codes[1]}"
    assert found.loc["stray", "area_m2"] == pytest.approx(3 * BLOCK_M, rel=1e-6)
    assert found.loc["stray", "cells"] == strayed


def test_a_gap_under_a_centimetre_is_no_fault(county: County) -> None:
    settled(county)
    grid.make(county, target=PER_BLOCK)
    frame = cells(county)
    code, shape = frame["code"].iloc[5], frame.geometry.iloc[5]
    west, south, east, north = shape.bounds
    for width_m, faults in ((0.009, 0), (0.011, 1)):
        stored(county, "grid_cell", [{"code": code}], [shapely.box(west, south, east - width_m, north)])
        assert len(check(county)) == faults


def test_a_feature_in_no_cell_or_in_two_is_named_and_one_on_a_border_is_not(county: County) -> None:
    settled(county)
    grid.make(county, target=PER_BLOCK)
    frame = cells(county).set_index("code")
    west, south, east, north = frame.geometry["990001001000006"].bounds
    on_border = shapely.box(east - 5, south + 10, east + 5, south + 20)
    assert shapely.point_on_surface(on_border).x == pytest.approx(east, abs=1e-6)
    outside = square(2 * SIDE_M + 50, 50)
    stored(county, "building", [{"code": "border"}, {"code": "outside"}], [on_border, outside])
    stored(county, "grid_cell", [{"code": "990001001000006"}], [shapely.box(west, south, east + 100, north)])
    stored(
        county, "gas_pipeline", [{"code": "p", "regime": "distribution"}], [line((100, 100), (2 * SIDE_M + 30, 100))]
    )
    found = check(county)
    by_kind = found.groupby("kind")
    assert by_kind.get_group("beyond")["object"].tolist() == ["outside", "p"]
    assert by_kind.get_group("beyond")["length_m"].tolist()[1] == pytest.approx(30.0)
    with county.reading() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT b.code FROM building b JOIN grid_cell c ON ST_ContainsProperly(c.geom, b.spot) "
                "GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
            )
        )
        doubled = [row.code for row in rows]
    assert len(doubled) >= 2
    assert by_kind.get_group("in_several")["object"].tolist() == doubled
    assert set(by_kind.get_group("in_several")["cells"]) == {"990001001000006 990001001000007"}
    hole = shapely.box(west, south, east - 60, north)
    stored(county, "grid_cell", [{"code": "990001001000006"}], [hole])
    lost = check(county).groupby("kind")
    with county.reading() as connection:
        query = "SELECT code FROM building WHERE cell_id IS NULL AND town_id IS NOT NULL ORDER BY code"
        without = [row.code for row in connection.execute(sa.text(query))]
    assert lost.get_group("in_none")["object"].tolist() == without
    assert without
    assert "outside" not in lost.groups
    stored(county, "gas_pipeline", [{"code": "q", "regime": "distribution"}], [line((210, 1250), (590, 1250))])
    assert check(county).groupby("kind").get_group("outside")["length_m"].tolist() == pytest.approx([60.0])


def test_a_delivered_grid_is_checked_for_what_its_codes_say(county: County) -> None:
    stored(county, "town", [{"code": "990001001", "name": "甲镇"}], [square(0, 0, 600)])
    villages = [{"code": f"99000100120{n}", "name": f"村{n}"} for n in (1, 2)]
    stored(
        county,
        "village",
        villages,
        [
            shapely.box(*square(0, 0, 300).bounds[:3], square(0, 0, 600).bounds[3]),
            shapely.box(*square(300, 0, 300).bounds[:3], square(0, 0, 600).bounds[3]),
        ],
    )
    row = {"code_scheme": "nbs", "town_code": "990001001", "valid_from": "2026-01-01"}
    quarters = [square(e, n, 300) for e in (0, 300) for n in (0, 300)]
    codes = ["990001001201001", "990001001202001", "990001001000001", "880001002202002"]
    stored(county, "grid_cell", [row | {"code": code} for code in codes], quarters)
    found = check(county)
    assert set(found["kind"]) == {"code"}
    notes = {code: " | ".join(group["note"]) for code, group in found.groupby("cells")}
    assert sorted(notes) == sorted(codes[1:])
    assert "digits 10–12: expected 201 of village 990001001201, got 202" in notes["990001001202001"]
    assert "digits 10–12 are 000, but it lies in village 990001001202" in notes["990001001000001"]
    assert "digits 1–6: expected 990001, got 880001" in notes["880001002202002"]
    assert "digits 7–9: expected those of its town alone, got 002" in notes["880001002202002"]
    stored(county, "grid_cell", [row | {"code": codes[0], "valid_to": "2026-02-01"}], quarters[:1])
    assert "gap" in set(check(county)["kind"])
    stored(county, "grid_cell", [row | {"code": codes[0], "valid_to": None}], quarters[:1])
    back = check(county)
    assert back[back["cells"] == codes[0]]["note"].str.contains("ended before and came back").tolist() == [True]


def test_thresholds_leave_out_what_is_too_small(county: County) -> None:
    settled(county)
    grid.make(county, target=PER_BLOCK)
    frame = cells(county)
    code, shape = frame["code"].iloc[5], frame.geometry.iloc[5]
    west, south, east, north = shape.bounds
    stored(county, "grid_cell", [{"code": code}], [shapely.box(west, south, east - 0.5, north)])
    for limits, count in (
        (Thresholds(width_m=0.49), 1),
        (Thresholds(width_m=0.51), 0),
        (Thresholds(area_m2=99.9), 1),
        (Thresholds(area_m2=100.1), 0),
    ):
        assert len(check(county, limits)) == count


def test_households_are_counted_where_they_are_known_and_villages_keep_their_cells(county: County) -> None:
    settled(county)
    halves = [shapely.box(X + e, Y + SIDE_M, X + e + SIDE_M / 2, Y + 2 * SIDE_M) for e in (0, SIDE_M / 2)]
    stored(county, "village", [{"code": f"v{n}", "name": f"村{n}"} for n in (1, 2)], halves)
    users = [{"code": f"u{n}", "kind": "resident" if n % 5 else "catering", "supply": "bottled"} for n in range(500)]
    spots = [point(10 + (n * 37) % 780, SIDE_M + 10 + (n * 53) % 780) for n in range(500)]
    stored(county, "gas_user", users, spots)
    made = grid.make(county, target=50)
    frame = cells(county)
    assert made.counted == "household"
    assert frame["load"].sum() == 400
    mine = frame[frame["town_code"] == "town-nw"]
    west = sum(
        float(shapely.get_x(each)) < X + SIDE_M / 2
        for user, each in zip(users, spots, strict=True)
        if user["kind"] == "resident"
    )
    assert mine.groupby("village_code")["load"].agg(["count", "sum"]).to_numpy().tolist() == [
        [4, west],
        [4, 400 - west],
    ]
    assert set(mine["code"].str[9:12]) == {"001", "002"}
    inner = shapely.union_all(shapely.boundary(np.array(halves)))
    assert all(not inner.crosses(shape.buffer(-0.001)) for shape in mine.geometry)
    assert check(county).empty


def test_cells_are_never_made_twice(county: County) -> None:
    settled(county)
    grid.make(county, target=PER_BLOCK)
    before = cells(county)
    with pytest.raises(Refused, match="64 grid cells are in use already"):
        grid.make(county, target=PER_BLOCK)
    assert cells(county).equals(before)
    with county.reading() as connection:
        runs = connection.execute(sa.text("SELECT plan, parameters, input_digest, result FROM run")).all()
    assert [run.plan for run in runs] == ["grid-make"]
    today = county.today().isoformat()
    asked = {"target": PER_BLOCK, "counted": "object", "smallest": 0.5, "service_class": "", "on": today}
    assert runs[0].parameters == asked
    spread = {"least_load": 6.0, "median_load": 6.0, "largest_load": 6.0, "over_twice": 0, "within": 1.0}
    assert runs[0].result == {"count": 64, "across": 64} | spread


def test_equal_input_gives_equal_cells_and_an_equal_digest(county: County) -> None:
    found = []
    for _ in range(2):
        emptied(county)
        settled(county)
        grid.make(county, target=3 * PER_BLOCK)
        with county.reading() as connection:
            digest = connection.execute(sa.text("SELECT input_digest FROM run")).scalar_one()
        frame = cells(county)
        found.append((digest, frame["code"].tolist(), [each.wkb for each in frame.geometry]))
    assert found[0] == found[1]


def test_what_cannot_be_made_is_refused_in_words(county: County) -> None:
    with pytest.raises(Refused, match="no town is stored"):
        grid.make(county)
    settled(county)
    with pytest.raises(Refused, match="no household is known"):
        grid.make(county, counted="household")
    assert cells(county).empty


def test_a_town_of_more_than_999_cells_is_refused(county: County) -> None:
    stored(county, "town", [{"code": "t", "name": "镇"}], [square(0, 0, 3500)])
    cuts = range(100, 3500, 100)
    streets = [line((cut, 0), (cut, 3500)) for cut in cuts] + [line((0, cut), (3500, cut)) for cut in cuts]
    stored(county, "road", [{"code": f"r{n}", "road_class": "residential"} for n in range(len(streets))], streets)
    west = range(50, 3500, 100)
    users = [point(east, north) for east in west for north in west]
    houses = [shapely.box(each.bounds[0], each.bounds[1], each.bounds[0] + 5, each.bounds[1] + 5) for each in users]
    stored(county, "building", [{"code": f"b{n}"} for n in range(len(houses))], houses)
    with pytest.raises(Refused, match="more than 999 cells"):
        grid.make(county, target=1)
    assert cells(county).empty


def test_a_town_without_objects_is_one_cell_with_a_load_of_nothing(county: County) -> None:
    stored(county, "town", [{"code": "t", "name": "镇"}], [square(0, 0, 500)])
    made = grid.make(county)
    frame = cells(county)
    assert (made.count, made.largest_load, frame["load"].tolist()) == (1, 0.0, [0.0])
    assert frame["code"].tolist() == ["990001001000001"]


@pytest.fixture(scope="module")
def liechtenstein(settings: Settings, shared: Path) -> Iterator[tuple[County, Extract]]:
    """The towns, roads, water and buildings of Liechtenstein, out of OpenStreetMap."""
    path = shared / "osm" / "liechtenstein-20240304.osm.pbf"
    if not path.is_file():
        pytest.skip("../shared/data/osm is absent")
    found = deliver.extract(path)
    needed = {name: found.layers[name] for name in ("town", "road", "water", "building")}
    own = counties.named(settings, "test_liechtenstein")
    county, _ = demo.founded_on(own, path, replace(found, layers=needed), lambda _: None)
    yield county, found
    county.close()
    server.drop_database(own, own.database)


def test_a_real_place_is_tiled_and_each_building_lies_in_one_cell(liechtenstein: tuple[County, Extract]) -> None:
    county, found = liechtenstein
    made = grid.make(county, target=60)
    assert set(check(county)["kind"]) == {"beyond"}
    assert 30 <= made.median_load <= 120
    frame = cells(county)
    assert frame["code"].str.fullmatch(r"\d{15}").all()
    assert frame["code"].is_unique
    outcome = grid.assign(county)
    assert len(found.layers["building"].frame) == 17_717 == outcome.total["building"]
    assert len(outcome.outside_towns["building"]) == len(outcome.outside_cells["building"]) == 40
    assert outcome.in_cell["building"] == 17_677
    assert set(grid.assign(county).moved.values()) == {0}
    counted = assigned(county)
    loads = dict(zip(frame["id"], frame["load"], strict=True))
    assert sum(loads.values()) == 17_677
    assert {cell: load for cell, load in loads.items() if load} == counted.to_dict()
