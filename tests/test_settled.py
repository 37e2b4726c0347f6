"""The invented county's geography: sizes, areas, streets, houses, door numbers, compounds and gas as on a real map."""

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import box

from gis.errors import Refused
from gis.synth import names
from gis.synth.doors import lane_names
from gis.synth.land import TOWNS, VILLAGES
from gis.synth.plots import HALF_STREET_M, apart
from gis.synth.settled import LARGEST, Settled, settled
from gis.synth.streets import THROUGH

TODAY = date(2026, 3, 1)
SCALE = 0.03


@pytest.fixture(scope="module")
def place() -> Settled:
    return settled(7, scale=SCALE, today=TODAY)


def of_kind(place: Settled, *kinds: str) -> gpd.GeoDataFrame:
    """Give the houses with a door of their own in villages of some kinds."""
    known = place.villages.set_index("number")["kind"]
    houses = place.houses[(place.houses["use"] != "auxiliary") & place.houses["compound"].isna()]
    return houses[houses["village"].map(known).isin(kinds)]


def lines(place: Settled, pressure: str) -> NDArray[np.object_]:
    return np.array([each.line for each in place.network.pipes if each.pressure == pressure], dtype=object)


def test_area_buildings_and_villages_grow_with_the_scale(place: Settled) -> None:
    assert len(place.houses) == 250_000 * SCALE
    assert len(place.villages) == round(452 * SCALE)
    assert place.land.outline.area == pytest.approx(1046e6 * SCALE, rel=1e-3)
    assert 3 <= len(place.towns) <= 14
    assert set(place.villages["kind"]) == {"core", "seat", "lanes", "strip"}
    assert len(place.sites) >= 6


@pytest.mark.parametrize("scale", [0.0, 0.003, 4.1, float("nan")])
def test_a_scale_that_cannot_be_is_refused_in_a_sentence(scale: float) -> None:
    with pytest.raises(Refused, match=r"scale: expected 0\.004 to 4\.0, got"):
        settled(7, scale=scale, today=TODAY)


def test_names_are_different_and_enough_for_the_largest_county() -> None:
    count = round(VILLAGES * LARGEST)
    assert len(set(names.villages(count))) == count
    assert len(set(names.TOWNS)) == len(names.TOWNS) >= round(TOWNS * LARGEST ** (1 / 3))
    for named in (names.street, names.avenue, names.compound, lambda serial: names.lane(serial, 5)):
        assert len({named(serial) for serial in range(600)}) == 600


def test_towns_are_whole_and_made_of_their_villages(place: Settled) -> None:
    for number, area in zip(place.towns["number"], place.towns.geometry, strict=True):
        villages = place.villages[place.villages["town"] == number]
        assert area.geom_type == "Polygon"
        assert area.symmetric_difference(villages.union_all()).area == 0
        assert villages["code"].str.startswith(place.towns.set_index("number")["code"][number]).all()
    assert place.villages["code"].is_unique
    urban = set(place.towns["number"][place.towns["urban"]])
    assert set(place.villages[place.villages["kind"] == "core"]["town"]) == urban


def test_every_building_lies_in_its_village_and_town(place: Settled) -> None:
    areas = place.villages.set_index("number").geometry.loc[place.houses["village"]].to_numpy()
    assert shapely.dwithin(place.houses.representative_point().to_numpy(), areas, 0.02).all()
    town = place.villages.set_index("number")["town"].loc[place.houses["village"]].to_numpy()
    assert (town == place.houses["town"]).all()
    assert place.houses["code"].tolist() == [f"B-{row:07d}" for row in range(1, len(place.houses) + 1)]


def test_nothing_overlaps_a_house(place: Settled) -> None:
    houses = place.houses.geometry.to_numpy()
    assert shapely.is_valid(houses).all()
    tree = shapely.STRtree(houses)
    first, second = tree.query(houses, predicate="intersects")
    assert (first == second).all()
    half_m = np.array([HALF_STREET_M[each] for each in place.streets.road_class])
    assert not tree.query(place.streets.lines, predicate="dwithin", distance=half_m - 0.11).size
    assert not tree.query([each.water for each in place.land.valleys], predicate="dwithin", distance=8.9).size
    assert not tree.query(place.sites, predicate="intersects").size


def test_blocks_stand_in_their_compound_and_nothing_else_does(place: Settled) -> None:
    blocks = place.houses[place.houses["compound"].notna()]
    grounds = place.compounds.set_index("number").geometry
    assert shapely.within(blocks.geometry.to_numpy(), grounds.loc[blocks["compound"]].to_numpy()).all()
    assert not blocks.duplicated(["compound", "block"]).any()
    assert (blocks.groupby("compound")["block"].max() == blocks.groupby("compound").size()).all()
    others = place.houses[place.houses["compound"].isna()].geometry.to_numpy()
    assert not shapely.STRtree(others).query(grounds.to_numpy(), predicate="intersects").size
    assert not shapely.STRtree(place.streets.lines).query(grounds.to_numpy(), predicate="intersects").size
    doors = place.compounds.set_index("number")
    assert (doors["street"].loc[blocks["compound"]].to_numpy() == blocks["street"]).all()
    assert (doors["door"].loc[blocks["compound"]].to_numpy() == blocks["number"]).all()


def test_streets_meet_only_at_their_ends_and_cross_water_on_bridges_alone(place: Settled) -> None:
    net = place.streets.lines
    one, other = shapely.STRtree(net).query(net, predicate="intersects")
    once = one < other
    meets = shapely.intersection(net[one[once]], net[other[once]])
    ends = shapely.boundary(net[one[once]])
    assert shapely.covers(ends, meets).all()
    wet = shapely.STRtree(net).query([each.water for each in place.land.valleys], predicate="intersects")[1]
    assert place.streets.bridge[wet].all()
    assert shapely.length(net[place.streets.bridge]).max() < 150


def test_a_door_number_names_one_house(place: Settled) -> None:
    assert not of_kind(place, "core").duplicated(["street", "number"]).any()
    assert not of_kind(place, "seat").duplicated(["village", "street", "number"]).any()
    assert not of_kind(place, "lanes", "strip").duplicated(["village", "number"]).any()
    keys = ["village", "street", "number"]
    sheds = place.houses[place.houses["use"] == "auxiliary"]
    owners = of_kind(place, "core", "seat", "lanes", "strip").set_index(keys).geometry
    own = owners.loc[list(sheds[keys].itertuples(index=False, name=None))].to_numpy()
    assert shapely.distance(own, sheds.geometry.to_numpy()).max() < 15


def test_numbers_rise_along_a_street_odd_on_its_left_and_even_on_its_right(place: Settled) -> None:
    drawn = place.streets.drawn
    called = lane_names(drawn)
    houses = of_kind(place, "core")
    middles = dict(zip(zip(houses["street"], houses["number"], strict=True), houses.geometry.centroid, strict=True))
    checked = 0
    for street in np.flatnonzero((drawn.seat != THROUGH) & (drawn.seat < 0)):
        line = drawn.whole[street]
        for first, left in ((1, True), (2, False)):
            spots = [middles[key] for number in range(first, 200, 2) if (key := (called[street], number)) in middles]
            along_m = np.array([line.project(spot) for spot in spots])
            assert (np.diff(along_m) > -6).all(), called[street]
            beside = [shapely.LineString([line.interpolate(max(m - 2, 0)), line.interpolate(m + 2)]) for m in along_m]
            turns = [
                shapely.is_ccw(shapely.LinearRing([*part.coords, spot.coords[0]]))
                for part, spot in zip(beside, spots, strict=True)
            ]
            assert turns == [left] * len(turns), called[street]
            checked += len(spots)
    assert checked > 200


def test_what_goes_with_a_building_goes_together(place: Settled) -> None:
    houses = place.houses
    home = houses[houses["use"] == "residential"]
    assert (home["dwellings"] >= 1).all()
    assert (houses[houses["use"] != "residential"]["dwellings"] == 0).all()
    assert (houses["built_year"] <= TODAY.year).all()
    own = home[home["compound"].isna()]
    old, new = own[own["built_year"] < 1970], own[own["built_year"] > 2005]
    assert old["floors"].mean() < 1.7
    assert new["floors"].mean() > 2.8
    assert not home[home["compound"].notna()]["self_built"].any()
    assert not houses[houses["use"] != "residential"]["self_built"].any()
    assert (houses[houses["use"] == "auxiliary"]["floors"] == 1).all()
    assert set(houses[houses["shops"] > 0]["use"]) == {"residential", "commercial"}
    works = houses[houses["use"] == "industrial"]
    assert works.area.median() > 5 * own.area.median()


def test_shops_stand_on_main_streets(place: Settled) -> None:
    net = place.streets
    main = net.lines[np.isin(net.road_class, ["primary", "secondary", "tertiary"])]
    near = (
        shapely.STRtree(main).query_nearest(place.houses.geometry.to_numpy(), return_distance=True, all_matches=False)[
            1
        ]
        < 15
    )
    trade = (place.houses["shops"] > 0).to_numpy()
    assert near[trade].mean() > 2.5 * near[~trade].mean()


def test_regulators_stand_on_mains_and_low_pressure_begins_at_them(place: Settled) -> None:
    mains, low = (shapely.union_all(lines(place, each)) for each in ("medium_a", "low"))
    regulators = [each for each in place.network.facilities if each.kind.startswith("regulator")]
    assert {each.kind for each in regulators} == {"regulator_station", "regulator_cabinet"}
    assert max(each.place.distance(mains) for each in regulators) < 0.01
    assert max(each.place.distance(low) for each in regulators) < 0.01
    gate = next(each for each in place.network.facilities if each.kind == "gate_station")
    assert gate.place.distance(lines(place, "high_a")[0]) < 1e-6
    served = [each for each in place.network.facilities if each.kind == "regulator_station"]
    reach = shapely.union_all([each.place for each in served]).buffer(700)
    grounds = place.compounds.union_all().buffer(160)
    assert low.within(reach.union(grounds))


def one_by_one(shapes: NDArray[np.object_], order: NDArray[np.float64], gap_m: float) -> list[bool]:
    taken: list[int] = []
    for row in np.lexsort((np.arange(len(shapes)), order)).tolist():
        if all(shapes[row].distance(shapes[other]) > gap_m for other in taken):
            taken.append(row)
    return [row in taken for row in range(len(shapes))]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9), st.integers(0, 4)), min_size=1),
    st.sampled_from([0.5, 2.5]),
)
@settings(deadline=None, max_examples=60)
def test_houses_are_taken_as_if_one_by_one(drawn: list[tuple[int, int, int, int]], gap_m: float) -> None:
    shapes = np.array([box(x, y, x + size, y + size) for x, y, size, _ in drawn], dtype=object)
    order = np.array([wish for *_, wish in drawn], dtype=float)
    assert apart(shapes, order, gap_m).tolist() == one_by_one(shapes, order, gap_m)
