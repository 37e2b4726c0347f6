"""People, registers, checks and hazards of the invented county: whole, seeded, and going together as in life."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis import layers
from gis.layer import Kind
from gis.synth import hidden, rounds
from gis.synth.address import standard
from gis.synth.county import geography
from gis.synth.dress import Dressed, Wanted, dressed
from gis.synth.households import BOTTLED, PIPED, SHOPS, former_names, places
from gis.synth.settled import Settled, settled

TODAY = date(2026, 6, 1)
SCALE = 0.03
WANTED = Wanted(7, SCALE, TODAY)
REGISTERS = (
    *("building", "gas_user", "compound", "construction_site", "lpg_station", "special_place", "hot_work"),
    *("enterprise", "welder", "welding_machine", "craftsman", "vehicle", "worker", "place_code", "certificate"),
    "riser",
)
TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.REAL: (int, float),
    Kind.BOOLEAN: (bool,),
    Kind.DATE: (date,),
}


@pytest.fixture(scope="module")
def place() -> Settled:
    return settled(7, scale=SCALE, today=TODAY)


@pytest.fixture(scope="module")
def people(place: Settled) -> Dressed:
    return dressed(place, geography(place, TODAY), WANTED)


@pytest.fixture(scope="module")
def users(people: Dressed) -> gpd.GeoDataFrame:
    return people.frames["gas_user"]


@pytest.fixture(scope="module")
def homes(people: Dressed, place: Settled) -> pd.DataFrame:
    """The truth of the users with the house that each lives in."""
    houses = place.houses.set_index("code", drop=False)
    return people.homes.join(houses[["floors", "dwellings", "block", "geometry"]], on="building")


@pytest.mark.parametrize("name", REGISTERS)
def test_every_value_is_one_its_layer_allows(people: Dressed, name: str) -> None:
    layer, frame = layers.named(name), people.frames[name]
    assert len(frame) > 0
    for field in layer.fields:
        given = frame[field.name].dropna()
        if field.kind in TYPES:
            assert all(isinstance(each, TYPES[field.kind]) for each in given), field.name
        assert not field.choices or {field.choice(each) for each in set(given)}.isdisjoint({None}), field.name
        assert field.low is None or given.empty or given.min() >= field.low
        assert field.high is None or given.empty or given.max() <= field.high
        made = field.name == layer.key and layer.keyed_by
        assert not field.required or made or frame[field.name].notna().all() or field.system, field.name
    if not layer.keyed_by:
        assert frame[layer.key].is_unique


def test_users_are_as_many_as_the_scale_says(users: gpd.GeoDataFrame, place: Settled) -> None:
    homes = users[users["kind"] == "resident"]
    bottled, piped = (int((homes["supply"] == each).sum()) for each in ("bottled", "piped"))
    assert bottled <= round(BOTTLED * SCALE)
    assert piped <= round(PIPED * SCALE)
    dwellings = int(place.houses["dwellings"].sum())
    assert bottled + piped <= dwellings
    # where homes are scarce nearly all have gas; those in high houses beyond the mains may hold no bottle
    assert bottled == round(BOTTLED * SCALE) or bottled + piped > 0.85 * dwellings
    assert len(users) - len(homes) == min(round(SHOPS * SCALE), int(place.houses["shops"].sum()))


def test_every_flat_is_in_its_house_and_no_two_users_share_one(homes: pd.DataFrame, users: gpd.GeoDataFrame) -> None:
    resident = homes[(users["kind"] == "resident").to_numpy()]
    assert (resident["floor"] <= resident["floors"]).all()
    assert (resident["floor"] >= 1).all()
    assert (resident["room"] > 0).equals(resident["dwellings"] > 1)
    assert (resident["unit"] > 0).equals(resident["block"].notna())
    assert not resident.duplicated(["building", "unit", "room"]).any()
    flats = resident[resident["room"] > 0]
    assert (flats["room"] // 100 == flats["floor"]).all()


def test_users_are_placed_as_the_truth_says(homes: pd.DataFrame, users: gpd.GeoDataFrame) -> None:
    by_code = (homes["placed"] == "code").to_numpy()
    assert (users["building_code"].notna().to_numpy() == by_code).all()
    assert (users.loc[by_code, "building_code"].to_numpy() == homes.loc[by_code, "building"].to_numpy()).all()
    assert (users.geometry.isna().to_numpy() == by_code).all()
    near = homes["placed"].isin(["phone", "shifted"]).to_numpy()
    away_m = shapely.distance(users.geometry.to_numpy()[near], homes["geometry"].to_numpy()[near])
    assert np.quantile(away_m, 0.95) < 15
    village = (homes["placed"] == "village").to_numpy()
    assert users.geometry[village].nunique() < 25


def test_half_the_addresses_are_written_in_the_standard_form_and_the_truth_tells_which(
    people: Dressed, users: gpd.GeoDataFrame, place: Settled
) -> None:
    row = dict(zip(place.houses["code"], range(len(place.houses)), strict=True))
    houses = place.houses.iloc[[row[each] for each in people.homes["building"]]]
    wanted = [standard(each) for each in places(place, houses, people.homes)]
    same = np.array(wanted, dtype=object) == users["address"].to_numpy()
    assert same[(people.homes["hand"] == "standard").to_numpy()].all()
    assert 0.3 < same.mean() < 0.7


def test_no_bottles_stand_in_high_houses_but_for_a_few(homes: pd.DataFrame, users: gpd.GeoDataFrame) -> None:
    high = (homes["floors"] >= 9).to_numpy() & (users["kind"] == "resident").to_numpy()
    assert (users["supply"].to_numpy()[high] == "bottled").sum() <= 0.05 * high.sum()


def test_meters_hoses_and_consents_go_together(users: gpd.GeoDataFrame) -> None:
    piped = users["supply"] == "piped"
    assert users["meter"].notna().equals(piped)
    assert users.loc[piped, "bottles_mass"].isna().all()
    assert (users.loc[~piped, "bottles_mass"] % 15 == 0).all()
    assert users["consent"].notna().equals(~piped)
    assert users["refusal"].notna().equals(users["consent"] == "refused")
    wave = users["hose_on"].between(date(2022, 10, 1), date(2023, 12, 31)) & (users["hose"] == "metal")
    assert wave.mean() > 0.8


def test_the_ledger_of_risers_counts_the_piped_homes_of_each_block(people: Dressed, homes: pd.DataFrame) -> None:
    ledger = people.frames["riser"].set_index("building_code")
    users = people.frames["gas_user"]
    piped = homes[((users["supply"] == "piped") & (users["kind"] == "resident")).to_numpy() & homes["block"].notna()]
    assert ledger["households"].to_dict() == piped.groupby("building").size().to_dict()
    assert (piped.groupby("building")["unit"].max() == ledger["units"].astype(int)).all()
    compound = people.frames["compound"].set_index("code")["riser"]
    where = compound.loc[ledger["compound_code"]].to_numpy()
    assert (ledger["riser"] == "outdoors")[where == "outdoors"].all()
    assert (ledger["riser"] == "indoors")[where == "indoors"].all()
    assert ledger["outdoors_on"].notna().equals((ledger["riser"] == "outdoors") & (where == "mixed"))


def test_old_houses_are_weaker_and_graded_worse(people: Dressed) -> None:
    frame = people.frames["building"]
    year = frame["built_year"].astype(int)
    assert set(frame.loc[year < 1970, "structure"]) <= {"earth", "brick_timber", "stone", "timber", "concrete"}
    bad = frame["grade"].isin(["B", "C", "D"])
    graded = frame["grade"].notna()
    assert bad[graded & (year < 1980)].mean() > 2 * bad[graded & (year >= 2000)].mean()
    dangerous = frame["grade"].isin(["C", "D"])
    assert 0.001 < dangerous.mean() < 0.06
    assert frame.loc[~dangerous, "remedy"].isna().all()
    assert frame.loc[frame["remedied_on"].notna(), "remedy"].notna().all()
    assert all(on.year > built for on, built in zip(frame.loc[graded, "graded_on"], year[graded], strict=True))


def test_registers_name_those_that_other_registers_hold(people: Dressed) -> None:
    frames = people.frames
    for layer, field, target in (
        ("gas_user", "enterprise_code", "enterprise"),
        ("welder", "enterprise_code", "enterprise"),
        ("construction_site", "enterprise_code", "enterprise"),
        ("lpg_station", "enterprise_code", "enterprise"),
        ("vehicle", "station_no", "lpg_station"),
        ("hot_work", "welder_code", "welder"),
        ("hot_work", "machine_code", "welding_machine"),
        ("hot_work", "site_code", "construction_site"),
        ("special_place", "building_code", "building"),
        ("certificate", "holder_code", None),
    ):
        named = set(frames[layer][field].dropna())
        keys = [target] if target else ["welder", "craftsman"]
        held = {key for each in keys for key in frames[each][layers.named(each).key]}
        assert named, (layer, field)
        assert named <= held, (layer, field)


def test_personal_data_are_recognisably_unreal(people: Dressed) -> None:
    for name in REGISTERS:
        frame = people.frames[name]
        if "phone" in frame:
            assert frame["phone"].dropna().str.fullmatch(r"100\d{8}").all()
    assert people.frames["welder"]["id_number"].str[6:14].isin(["19000101", "19000202"]).all()


def test_checks_lie_in_two_years_of_working_hours_and_nobody_is_checked_before_it_is_there(people: Dressed) -> None:
    checks = people.checks
    age_d = (np.datetime64(TODAY) - checks["seen"].to_numpy("datetime64[D]")).astype(int)
    assert age_d.min() >= 1
    assert age_d.max() <= rounds.DAYS
    assert checks["seen"].dt.hour.between(8, 17).all()
    assert checks["number"].is_unique
    assert checks["seen"].is_monotonic_increasing
    began = dict(
        zip(people.frames["construction_site"]["code"], people.frames["construction_site"]["started_on"], strict=True)
    )
    sites = checks[checks["layer"] == "construction_site"]
    assert len(sites) > 0
    assert all(began[key] <= day for key, day in zip(sites["object_key"], sites["seen"].dt.date, strict=True))


def test_outcomes_are_life_like_and_empty_homes_are_found_empty(people: Dressed, users: gpd.GeoDataFrame) -> None:
    homes = people.checks[people.checks["kind"] == "home_check"]
    shares = homes["outcome"].value_counts(normalize=True)
    assert 0.7 < shares["done"] < 0.85
    assert set(shares.index) == {"done", "no_answer", "refused", "vacant", "not_found"}
    empty = set(users.loc[users["occupancy"] == "vacant", "code"])
    at_empty = homes["object_key"].isin(empty)
    assert (homes.loc[at_empty, "outcome"] == "vacant").mean() > 0.6
    assert 0.01 < people.checks["late"].mean() < 0.06
    never = 1 - homes["object_key"].nunique() / len(users)
    assert 0.0 <= never < 0.1


def test_workers_check_in_their_own_town(people: Dressed, place: Settled) -> None:
    town_of = dict(zip(people.frames["worker"]["code"], people.frames["worker"]["town_code"], strict=True))
    codes = dict(zip(place.towns["number"], place.towns["code"], strict=True))
    lies_in = dict(zip(place.houses["code"], place.houses["town"].map(codes), strict=True))
    visits = people.checks[people.checks["layer"] == "building"]
    assert len(visits) > 100
    assert all(
        town_of[worker] == lies_in[key] for key, worker in zip(visits["object_key"], visits["worker_code"], strict=True)
    )


def test_hazards_follow_the_hidden_risk_and_their_days_are_in_order(people: Dressed) -> None:
    found = people.hazards
    risk = people.risk.set_index(["layer", "object_key"])["risk"]
    own = risk.loc[list(zip(found["layer"], found["object_key"], strict=True))]
    assert own.mean() > 0.3
    days = found[["found_on", "rectified_on", "rechecked_on", "closed_on"]]
    for before, after in zip(days.columns, days.columns[1:], strict=False):
        both = days[[before, after]].dropna()
        assert (both[before] <= both[after]).all()
    assert (days.max() < pd.Timestamp(TODAY)).all()
    assert (found["state"] == "closed").equals(found["closed_on"].notna())
    assert ((found["deadline_on"] - found["found_on"]).dt.days == found["grade"].map({"major": 7, "general": 30})).all()
    assert set(found["state"]) == {"closed", "recheck", "rectifying", "found"}


def test_what_is_neglected_shows_more_hazards(people: Dressed, users: gpd.GeoDataFrame) -> None:
    found = set(people.hazards.loc[people.hazards["layer"] == "gas_user", "object_key"])
    overdue = (users["hose"] == "rubber") & (users["hose_on"] < date(2024, 11, 1))
    hit = users["code"].isin(found)
    assert hit[overdue].mean() > 1.3 * hit[~overdue & (users["kind"] == "resident")].mean()


def test_no_delivered_column_tells_the_hidden_risk(people: Dressed) -> None:
    frame = people.frames["building"]
    risk = people.risk.set_index(["layer", "object_key"]).loc["building"]["risk"].loc[frame["code"]].to_numpy()
    told = [frame["built_year"], frame["floors"], frame["height"], frame["grade"].map({"A": 0, "B": 1, "C": 2, "D": 3})]
    columns = np.column_stack([pd.to_numeric(each).fillna(-1).to_numpy(float) for each in told] + [np.ones(len(frame))])
    fit = columns @ np.linalg.lstsq(columns, risk, rcond=None)[0]
    assert np.corrcoef(fit, risk)[0, 1] ** 2 < 0.3


def test_the_hidden_field_is_alike_nearby_and_not_far_away() -> None:
    rng = np.random.default_rng(7)
    near = np.column_stack([rng.uniform(0, 40_000, 3000), rng.uniform(0, 40_000, 3000)])
    beside = near + 100.0
    places = np.array([shapely.Point(each) for each in np.vstack([near, beside])], dtype=object)
    found = hidden.risk(places, rng)
    one, other = found[:3000], found[3000:]
    alike = np.corrcoef(one, other)[0, 1]
    assert 0.2 < alike < 1 - hidden.OWN + 0.05
    assert abs(np.corrcoef(one, rng.permutation(other))[0, 1]) < 0.1
    assert 0.85 < found.std() < 1.15
    assert hidden.risk(np.empty(0, dtype=object), rng).size == 0


def test_same_seed_gives_the_same_people_and_another_seed_others(place: Settled, people: Dressed) -> None:
    again = dressed(place, geography(place, TODAY), WANTED)
    for name, frame in people.frames.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(again.frames[name]))
    pd.testing.assert_frame_equal(people.checks, again.checks)
    pd.testing.assert_frame_equal(people.hazards, again.hazards)
    other = dressed(place, geography(place, TODAY), Wanted(8, SCALE, TODAY))
    assert not people.checks.head(200).equals(other.checks.head(200))


def test_former_names_stand_in_the_table_of_codes(people: Dressed, place: Settled) -> None:
    names = [each for each in former_names(place) if each]
    table = people.frames["place_code"]
    assert sorted(table.loc[table["scheme"] == "former", "name"]) == sorted(names)
    assert set(table["stands_for"]) <= {*place.towns["code"], *place.villages["code"]}
