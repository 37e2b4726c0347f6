"""The invented county and what a real place lacks: good rows, seeded, labelled, and true to their layers."""

import json
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, box

from gis import law, layers
from gis.crs import refuse_distortion, storage_srid
from gis.errors import DefinitionError
from gis.layer import Field, Kind
from gis.synth import fill, history
from gis.synth.county import Frames, county, write
from gis.synth.delivery import shaped

DATA = Path(__file__).parents[2] / "shared" / "data"
TODAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.REAL: (int, float),
    Kind.BOOLEAN: (bool,),
    Kind.DATE: (date,),
}


@pytest.fixture(scope="module")
def frames() -> Frames:
    return county(7, today=TODAY)


def buildings(count: int, **columns: object) -> gpd.GeoDataFrame:
    squares = np.array([box(20 * place, 0, 20 * place + 12, 12) for place in range(count)], dtype=object)
    codes = [f"way/{place}" for place in range(count)]
    return shaped(layers.named("building"), {"code": codes, **columns}, squares, srid=4549)


def pipelines(*lines: LineString, regime: str = "transmission") -> gpd.GeoDataFrame:
    codes = [f"P-{place}" for place in range(len(lines))]
    columns = {"code": codes, "regime": regime}
    return shaped(layers.named("gas_pipeline"), columns, np.array(lines, dtype=object), srid=4549)


def objects(count: int, interval_d: float, kind: str = "house_check") -> pd.DataFrame:
    facts = {"layer": "building", "object_id": None, "kind": kind, "category": "A", "interval_d": interval_d}
    return pd.DataFrame({"object_key": [f"way/{place}" for place in range(count)], "x": np.arange(count), **facts})


def states(found: pd.DataFrame, stock: pd.DataFrame) -> dict[str, int]:
    """Count the states of objects, object by object, as DESIGN words them."""
    done = found[found["outcome"] == "done"]
    last = dict(zip(zip(done["layer"], done["object_key"], strict=True), done["seen_at"], strict=True))
    counts = {"current": 0, "due": 0, "overdue": 0, "never": 0, "no_rule": 0}
    for layer, key, interval_d in zip(stock["layer"], stock["object_key"], stock["interval_d"], strict=True):
        if np.isnan(interval_d):
            counts["no_rule"] += 1
        elif (layer, key) not in last:
            counts["never"] += 1
        else:
            left_d = interval_d - (TODAY - last[layer, key].astimezone(MIDNIGHT.tzinfo).date()).days
            counts["overdue" if left_d < 0 else "due" if left_d < min(30, interval_d / 3) else "current"] += 1
    return counts


def wrong(field: Field, value: object) -> bool:
    if value is None:
        return field.required
    if field.kind in TYPES and not isinstance(value, TYPES[field.kind]):
        return True
    if field.choices and field.choice(value) is None:
        return True
    return isinstance(value, (int, float)) and not (
        (field.low is None or value >= field.low) and (field.high is None or value <= field.high)
    )


def test_the_county_has_the_size_of_a_demonstration(frames: Frames) -> None:
    counts = {name: len(frame) for name, frame in frames.items()}
    assert counts["county"] == 1
    assert counts["town"] == 3
    assert counts["village"] == 8
    assert counts["building"] == 3_000
    assert counts["gas_user"] > 2_000
    assert counts["construction_site"] >= 5
    assert counts["check"] > 10_000


@pytest.mark.parametrize("name", ["town", "building", "gas_user", "gas_pipeline", "worker", "road"])
def test_every_value_is_one_its_layer_allows(frames: Frames, name: str) -> None:
    layer, frame = layers.named(name), frames[name]
    assert list(frame.columns) == [*(field.name for field in layer.fields), "geometry"]
    for field in layer.fields:
        bad = [value for value in frame[field.name] if wrong(field, value)]
        assert not bad, f"{name}.{field.name}: {bad[0]!r}"
    assert frame[layer.key].is_unique


@pytest.mark.parametrize("name", ["county", "village", "water", "gas_facility", "construction_site"])
def test_every_value_of_the_small_layers_is_allowed_too(frames: Frames, name: str) -> None:
    layer = layers.named(name)
    assert not [f for f in layer.fields for value in frames[name][f.name] if wrong(f, value)]
    assert frames[name].geometry.is_valid.all()


def test_the_county_lies_where_4549_is_right(frames: Frames) -> None:
    outline = frames["county"].to_crs(4326).geometry.iloc[0]
    assert storage_srid(outline, china=True) == 4549
    refuse_distortion(outline, 4549)
    assert (round(outline.centroid.x, 1), round(outline.centroid.y, 1)) == (120.0, 28.9)


@pytest.mark.parametrize("name", ["town", "village"])
def test_divisions_cover_the_county_without_gap_or_overlap(frames: Frames, name: str, tmp_path: Path) -> None:
    write(tmp_path, {key: frames[key] for key in (name, "county")})
    areas, whole = (gpd.read_file(tmp_path / f"{key}.geojson").to_crs(4549).geometry for key in (name, "county"))
    assert areas.is_valid.all()
    missing = whole.iloc[0].symmetric_difference(areas.union_all())
    assert missing.buffer(-0.005).is_empty
    for one, other in combinations(areas, 2):
        assert one.intersection(other).buffer(-0.005).is_empty


def test_houses_stand_clear_of_each_other_and_of_streets_and_water(frames: Frames) -> None:
    houses = frames["building"].geometry.to_numpy()
    tree = shapely.STRtree(houses)
    first, second = tree.query(houses, predicate="intersects")
    assert (first == second).all()
    for name in ("road", "water", "construction_site"):
        assert tree.query(frames[name].geometry.to_numpy(), predicate="intersects").size == 0
    assert shapely.within(houses, frames["county"].geometry.iloc[0]).all()


def test_the_streets_hang_together(frames: Frames) -> None:
    lines = frames["road"].geometry
    ends = pd.Series([place for line in lines for place in (line.coords[0], line.coords[-1])])
    node = pd.factorize(ends)[0].reshape(-1, 2)
    links = coo_array((np.ones(len(node)), node.T), shape=(node.max() + 1,) * 2)
    assert connected_components(links, directed=False)[0] == 1


def test_both_laws_pressures_and_live_roots_are_there(frames: Frames) -> None:
    assert set(frames["gas_pipeline"]["regime"]) == {"town", "transmission"}
    assert {"low", "medium_a"} <= set(frames["gas_pipeline"]["pressure"])
    roots = frames["gas_facility"].query("live and kind in ['regulator_station', 'regulator_cabinet']")
    assert len(roots) >= 3
    assert frames["construction_site"].distance(frames["gas_pipeline"].union_all()).min() < 5


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    made = {}
    for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
        paths = write(tmp_path / folder, county(seed, today=TODAY, scale=0.004))
        made[folder] = {path.name: path.read_bytes() for path in paths}
    assert made["a"] == made["b"]
    assert made["a"]["building.geojson"] != made["c"]["building.geojson"]


def test_every_file_says_that_it_is_invented_and_reads_back_whole(frames: Frames, tmp_path: Path) -> None:
    paths = write(tmp_path, frames)
    assert [path.stem for path in paths] == list(frames)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert "合成数据" in text[:400]
        assert len(json.loads(text)["features"]) == len(frames[path.stem])
    back = gpd.read_file(tmp_path / "building.geojson")
    assert back.crs.to_epsg() == 4490
    assert list(back["code"]) == list(frames["building"]["code"])
    assert back.to_crs(4549).distance(frames["building"].geometry).max() < 0.001


def test_the_invented_county_shows_every_state(frames: Frames) -> None:
    force = law.in_force(law.applicable(law.rules(), "CN-33"), TODAY)
    patrolled = [layer for layer in layers.every() if layer.patrol and layer.name in frames]
    assert {layer.name for layer in patrolled} >= {"building", "gas_user", "construction_site", "gas_facility"}
    for name in ("building", "gas_user"):
        stock = history.patrolled(layers.named(name), frames[name], force)
        counts = states(frames["check"], stock)
        assert sum(counts.values()) == len(frames[name])
        assert counts.pop("no_rule") == 0
        assert min(counts.values()) > 0, counts


def test_a_layer_without_patrol_has_nothing_to_check(frames: Frames) -> None:
    with pytest.raises(DefinitionError, match="road: declares no patrol"):
        history.patrolled(layers.named("road"), frames["road"], {})


def test_a_column_that_the_layer_lacks_is_refused() -> None:
    with pytest.raises(DefinitionError, match="layer worker: no field 'shoe_size'"):
        shaped(layers.named("worker"), {"code": ["W-1"], "shoe_size": 43})


def test_delivered_grades_and_years_stay() -> None:
    known = buildings(4, grade=["D", None, "B", None], built_year=[1950, 2024, None, None], use="residential")
    found = fill.grades(known, seed=7, today=TODAY)
    assert (found["grade"].iloc[0], found["grade"].iloc[2]) == ("D", "B")
    assert list(found["built_year"].iloc[:2]) == [1950, 2024]
    assert found["graded_on"].iloc[[0, 2]].isna().all()


def test_most_houses_are_graded_a_few_are_dangerous_and_some_not_graded() -> None:
    found = fill.grades(buildings(4000, use="residential"), seed=7, today=TODAY)
    share = found["grade"].value_counts(dropna=False, normalize=True)
    assert 0.5 < share["A"] < 0.75
    assert 0.15 < found["grade"].isna().mean() < 0.4
    assert 0.002 < share["C"] + share["D"] < 0.05
    graded = found[found["grade"].notna()]
    assert all(day.year >= year for day, year in zip(graded["graded_on"], graded["built_year"], strict=True))
    assert fill.grades(buildings(50, use="auxiliary"), seed=7, today=TODAY)["grade"].isna().all()


def test_what_is_invented_does_not_depend_on_the_order_of_the_rows() -> None:
    stock = buildings(300, use="residential", floors=3)
    mixed = stock.sample(frac=1, random_state=1)
    lines = pipelines(LineString([(0, 50), (6000, 50)]), LineString([(0, 900), (6000, 900)]))
    outline = box(-10, -10, 7000, 2000)
    pd.testing.assert_frame_equal(
        fill.grades(stock, seed=7, today=TODAY), fill.grades(mixed, seed=7, today=TODAY).loc[stock.index]
    )
    for one, other in (
        (fill.users(stock, lines, seed=7, today=TODAY), fill.users(mixed, lines[::-1], seed=7, today=TODAY)),
        (fill.stations(lines, stock, outline, seed=7), fill.stations(lines[::-1], mixed, outline, seed=7)),
    ):
        pd.testing.assert_frame_equal(one, other)
    rounds = objects(200, 90)
    pd.testing.assert_frame_equal(
        history.checks(rounds, ["W-1"], seed=7, today=TODAY), history.checks(rounds[::-1], ["W-1"], seed=7, today=TODAY)
    )


def test_users_live_in_their_buildings_and_piped_ones_near_town_gas(frames: Frames) -> None:
    users = fill.users(frames["building"], frames["gas_pipeline"], seed=7, today=TODAY)
    home = frames["building"].set_index("code").geometry.loc[users["building_code"]].to_numpy()
    assert shapely.within(users.geometry.to_numpy(), home).all()
    piped = users["supply"] == "piped"
    town = frames["gas_pipeline"].query("regime == 'town'").union_all()
    assert users[piped].distance(town).max() <= 60
    assert 0 < piped.sum() < len(users) / 2
    assert users[piped]["bottles_mass"].isna().all()
    assert users[~piped]["bottles_mass"].gt(0).all()
    assert users[users["refusal"].notna()]["consent"].eq("refused").all()
    assert set(users["kind"]) == {"resident", "catering", "commercial", "industrial"}


def test_a_transmission_line_feeds_no_user() -> None:
    line = LineString([(0, 6), (6000, 6)])
    assert set(fill.users(buildings(300, use="residential"), pipelines(line), seed=7, today=TODAY)["supply"]) == {
        "bottled"
    }


def test_stations_stand_on_the_pipelines_inside_the_county_and_reach_most_houses() -> None:
    line, outline = LineString([(-4000, 30), (9000, 30)]), box(-100, -100, 6000, 500)
    stock = buildings(250)
    found = fill.stations(pipelines(line), stock, outline, seed=7, apart_m=800)
    assert found.distance(line).max() < 1e-6
    assert found.within(outline).all()
    assert found["live"].all()
    near = shapely.distance(stock.geometry.to_numpy()[:, None], found.geometry.to_numpy()[None, :]).min(axis=1) <= 830
    assert near.mean() >= 0.8
    assert 3 <= len(found) <= 6


def test_no_pipeline_in_the_county_gives_no_station() -> None:
    far = pipelines(LineString([(0, 9000), (100, 9000)]))
    assert fill.stations(far, buildings(3), box(0, 0, 100, 100), seed=7).empty
    assert fill.stations(pipelines(), buildings(3), box(0, 0, 100, 100), seed=7).empty


def test_a_line_far_from_any_house_still_gets_one_station() -> None:
    lonely = pipelines(LineString([(0, 9000), (500, 9000)]))
    assert len(fill.stations(lonely, buildings(3), box(-1, -1, 9999, 9999), seed=7)) == 1


def test_workers_are_spread_over_the_towns_and_bear_unreal_names() -> None:
    found = fill.workers(pd.DataFrame({"code": ["b", "a", "c"]}), count=40, seed=7, today=TODAY)
    assert found["town_code"].value_counts().tolist() == [14, 13, 13]
    assert found["phone"].str.fullmatch(r"100\d{8}").all()
    assert found["code"].is_unique
    assert (found["from_on"] < TODAY).all()


def test_nobody_is_visited_where_no_rule_holds() -> None:
    assert history.checks(objects(50, np.nan), ["W-1"], seed=7, today=TODAY).empty
    assert history.checks(objects(0, 30.0), [], seed=7, today=TODAY).empty


def test_visits_fall_in_working_hours_of_the_days_before_today() -> None:
    found = history.checks(objects(500, 60), ["W-1", "W-2"], seed=7, today=TODAY)
    local = found["seen_at"].dt.tz_convert("Asia/Shanghai")
    assert local.dt.hour.between(8, 17).all()
    assert local.max() < MIDNIGHT
    assert (MIDNIGHT - local.min()).days <= 730
    assert (found["recorded_at"] >= found["seen_at"]).all()
    assert (found["recorded_at"] <= MIDNIGHT).all()
    assert 0.01 < ((found["recorded_at"] - found["seen_at"]).dt.days >= 1).mean() < 0.06
    assert 0.7 < (found["outcome"] == "done").mean() < 0.9
    assert set(found["outcome"]) == set(history.OUTCOMES)
    assert found["synthetic"].all()
    assert found["seen_at"].is_monotonic_increasing


@pytest.mark.parametrize("interval_d", [1, 7, 30, 90, 365])
def test_every_interval_shows_current_overdue_and_never(interval_d: int) -> None:
    stock = objects(600, interval_d)
    counts = states(history.checks(stock, ["W-1"], seed=7, today=TODAY), stock)
    assert counts["current"] + counts["due"] > 300
    assert 20 < counts["overdue"] < 250
    assert 30 < counts["never"] < 150


@given(st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=30))  # noqa: DTZ001  made aware below
@settings(deadline=None)
def test_a_uuid_of_version_seven_carries_its_milliseconds(instants: list[datetime]) -> None:
    stamps = pd.Series(pd.to_datetime([each.replace(tzinfo=UTC) for each in instants])).astype("datetime64[ns, UTC]")
    made = history.version_seven(stamps, np.random.default_rng(7))
    assert len(set(made)) == len(made)
    for uid, instant in zip(made, stamps, strict=True):
        assert (uid.version, uid.variant) == (7, "specified in RFC 4122")
        assert uid.int >> 80 == instant.value // 1_000_000


def test_a_real_place_gets_users_stations_and_every_state() -> None:
    path = DATA / "osm" / "liechtenstein_layers_4326.gpkg"
    if not path.exists():
        pytest.skip("shared data is absent")
    real = {name: gpd.read_file(path, layer=name).to_crs(32632) for name in ("gas_pipelines", "municipalities")}
    outline = real["municipalities"].union_all()
    pipes = pipelines(*real["gas_pipelines"].geometry).set_crs(32632, allow_override=True)
    houses = gpd.read_file(path, layer="buildings", rows=4000).to_crs(32632).geometry.to_numpy()
    stock = shaped(layers.named("building"), {"code": [f"way/{n}" for n in range(4000)]}, houses, srid=32632)
    stock = fill.grades(stock, seed=7, today=TODAY)
    stations = fill.stations(pipes, stock, outline, seed=7)
    assert 2 <= len(stations) <= 15
    assert stations.distance(pipes.union_all()).max() < 1e-6
    assert len(fill.users(stock, pipes, seed=7, today=TODAY)) > 1000
    force = law.in_force(law.applicable(law.rules(), "LI"), TODAY)
    rounds = history.patrolled(layers.named("building"), stock, force)
    counts = states(history.checks(rounds, ["W-1"], seed=7, today=TODAY), rounds)
    assert counts.pop("no_rule") == 0
    assert min(counts.values()) > 0
