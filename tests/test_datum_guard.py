"""The datum guard: shifted deliveries are refused with their shift, right ones never, and what is not known is said."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from api import maps
from api.cli import main
from gis import crs, layers
from gis.crs import Geometries, Shifted
from gis.errors import Refused
from gis.find.datum import unverified
from gis.layer import Use
from gis.store import county as counties
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, Outcome, Terms, load, rehearse
from gis.store.load.datum import Datum
from gis.store.load.undoing import undo
from gis.store.settings import Settings
from gis.synth import county as invented
from gis.synth import fill
from tests.builders import cloned, point, square, stored, swept
from tests.conftest import SIDE_M, SRID, X, Y

SYSTEM = f"EPSG:{SRID}"
HELD = ("town", "village", "road", "building", "gas_pipeline", "gas_user")
NEAR_M = 5.0
AROUND = 150
FEW = 32
"""So near a told vector lies to the shift of one of its rows at least: GCJ-02 and BD-09 bend from row to row."""
Frames = dict[str, gpd.GeoDataFrame]
Rows = tuple[pd.DataFrame, Geometries]


@pytest.fixture(scope="module")
def frames() -> Frames:
    """A small invented county of 21 km² with every fifth of its houses, a thousand, in storage metres."""
    day = date(2026, 6, 1)
    found = invented.county(3, today=day, scale=0.02)
    found["building"] = found["building"].iloc[::5].reset_index(drop=True)
    users = fill.users(found["building"], found["gas_pipeline"], seed=3, today=day)  # each within its house
    return found | {"gas_user": users}


def standing(settings: Settings, database: str, frames: Frames, held: tuple[str, ...]) -> County:
    """Give a county of its own about these frames that holds some of them, delivered in this order."""
    bounds = np.array([frames[name].total_bounds for name in held])
    outline = np.array([shapely.box(*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))], dtype=object)
    if "county" in frames:
        outline = shapes_of(frames["county"])
    founding = Founding(
        crs.from_storage(outline, crs.EXCHANGE, SRID)[0],
        "试验县",
        "990701",
        "Asia/Shanghai",
        "CN-33",
        code_scheme="local",
    )
    found = counties.found(replace(settings, database=database), founding)
    for name in held:
        assert loaded(found, name, rows_of(frames[name])).rejected == 0
    return found


@pytest.fixture(scope="module")
def full(settings: Settings, frames: Frames) -> Iterator[County]:
    """A county that holds the invented places, streets, houses, pipes and users as an older version."""
    found = standing(settings, "guard_full", frames, HELD)
    yield found
    found.close()


@pytest.fixture(scope="module")
def bare(settings: Settings, frames: Frames) -> Iterator[County]:
    """A county that holds its outline and streets alone."""
    found = standing(settings, "guard_bare", frames, ("road",))
    yield found
    found.close()


def shapes_of(frame: gpd.GeoDataFrame) -> Geometries:
    return np.asarray(frame.geometry.to_numpy(), dtype=object)


def rows_of(frame: gpd.GeoDataFrame) -> Rows:
    """Give the code and what is required of rows, and their shapes."""
    wanted = [name for name in ("code", "code_scheme", "name", "town_code", "kind", "supply") if name in frame]
    return pd.DataFrame(frame[wanted]), shapes_of(frame)


def loaded(county: County, layer: str, rows: Rows, *, system: str = SYSTEM, reason: str = "") -> Outcome:
    told = reading_of(*rows, system)
    return load(county, layers.named(layer), told, Origin("d.gpkg", crs=system), terms=Terms(accept_shift=reason))


def rehearsed(county: County, layer: str, rows: Rows, *, system: str = SYSTEM, reason: str = "measured") -> Datum:
    """Give what the guard says of a delivery; nothing is stored, nothing refused."""
    terms = Terms(accept_shift=reason)
    outcome = rehearse(county, layers.named(layer), reading_of(*rows, system), Origin("d", crs=system), terms=terms)
    assert outcome.datum is not None
    return outcome.datum


def shown(shapes: Geometries, system: Shifted) -> Geometries:
    """Give shapes where a map in a shifted system shows them, in storage metres: the mistake that is looked for."""
    degrees = crs.from_storage(shapes, crs.EXCHANGE, SRID)
    return crs.to_storage(shapely.transform(degrees, system.applied), crs.EXCHANGE, SRID)


def moved_by(shapes: Geometries, east_m: float, north_m: float) -> Geometries:
    """Give shapes moved by one vector."""
    away = np.array([east_m, north_m])
    return np.asarray(shapely.transform(shapes, lambda places: places + away), dtype=object)


def refused(county: County, layer: str, rows: Rows, *, system: str = SYSTEM) -> tuple[str, tuple[float, float]]:
    """Give the sentence with which a delivery is refused, and the vector that it tells."""
    with pytest.raises(Refused) as raised:
        loaded(county, layer, rows, system=system)
    sentence = str(raised.value)
    told = re.search(r"\(east ([+-]\d+) m, north ([+-]\d+) m\)", sentence)
    assert told is not None, sentence
    return sentence, (float(told[1]), float(told[2]))


def off_m(told: tuple[float, float], before: Geometries, after: Geometries) -> float:
    """Give how far the told vector lies from the nearest of the rows' own, from middle to middle."""
    away = shapely.get_coordinates(shapely.centroid(after)) - shapely.get_coordinates(shapely.centroid(before))
    return float(np.hypot(*(away - told).T).min())


def keyless(rows: Rows) -> Rows:
    """Give rows under keys that nothing stored has."""
    frame, shapes = rows
    return frame.assign(code=[f"fresh/{number}" for number in range(len(frame))]), shapes


@pytest.mark.parametrize(("system", "keyed"), [(Shifted.GCJ_02, False), (Shifted.BD_09, True)])
@pytest.mark.parametrize("layer", ["building", "road", "gas_pipeline", "gas_user"])
def test_a_delivery_of_a_chinese_web_map_is_refused_with_its_shift_against_an_older_version(
    full: County, frames: Frames, system: Shifted, layer: str, *, keyed: bool
) -> None:
    frame, right = rows_of(frames[layer])
    rows = (frame, shown(right, system)) if keyed else keyless((frame, shown(right, system)))
    sentence, told = refused(full, layer, rows)
    assert f"（{layer}）整个交付偏移" in sentence
    assert f"looks like {system.value}：--crs {system.value}" in sentence
    assert off_m(told, right, rows[1]) < NEAR_M


@pytest.mark.parametrize("system", Shifted)
@pytest.mark.parametrize("layer", ["building", "gas_pipeline"])
def test_streets_alone_tell_a_named_shift(bare: County, frames: Frames, system: Shifted, layer: str) -> None:
    frame, right = rows_of(frames[layer])
    moved = shown(right, system)
    sentence, told = refused(bare, layer, (frame, moved))
    assert f"looks like {system.value}" in sentence
    assert re.search(r"measured by .*stored streets.*--accept-shift REASON", sentence)
    assert off_m(told, right, moved) < NEAR_M


@pytest.mark.parametrize("layer", ["town", "village"])
def test_the_outline_of_the_county_tells_a_shift(full: County, bare: County, frames: Frames, layer: str) -> None:
    county = bare if layer == "town" else full
    frame, right = rows_of(frames[layer])
    rows = frame, shown(right, Shifted.GCJ_02)
    sentence, told = refused(county, layer, rows)
    assert re.search(r"looks like GCJ-02.*along the outline of stored", sentence)
    assert off_m(told, right, rows[1]) < NEAR_M
    assert rehearsed(county, layer, (frame, right), reason="").state == "verified"


@pytest.mark.parametrize("system", Shifted)
def test_declared_by_its_name_the_same_file_is_what_is_stored(full: County, frames: Frames, system: Shifted) -> None:
    frame, right = rows_of(frames["building"])
    degrees = shapely.transform(crs.from_storage(right, crs.EXCHANGE, SRID), system.applied)
    with pytest.raises(Refused, match=f"--crs {system.value}"):
        loaded(full, "building", (frame, degrees), system="EPSG:4326")
    outcome = loaded(full, "building", (frame, degrees), system=system.value)
    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 0, len(frame))
    assert outcome.datum is not None
    assert outcome.datum.state == "verified"


def village(frames: Frames, *, large: bool = True) -> tuple[str, BaseGeometry]:
    """Give name and area of the village with the most streets, or with the fewest."""
    middles = shapely.centroid(shapes_of(frames["road"]))
    areas = shapes_of(frames["village"])
    counts = [int(shapely.contains(area, middles).sum()) for area in areas]
    place = counts.index(max(counts) if large else min(counts))
    return str(frames["village"]["name"].iloc[place]), areas[place]


def with_a_village_shifted(frames: Frames, layer: str, area: BaseGeometry) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Give a delivery of which the rows in one village lie as GCJ-02 shows them, and which these are."""
    frame, right = rows_of(frames[layer])
    inside = np.asarray(shapely.intersects(shapely.centroid(right), area), dtype=np.bool_)
    mixed = right.copy()
    mixed[inside] = shown(right[inside], Shifted.GCJ_02)
    return (frame, mixed), inside


@pytest.mark.parametrize(
    ("layer", "keyed"), [("building", True), ("building", False), ("road", True), ("gas_user", False)]
)
def test_one_village_shifted_amid_right_rows_is_refused_by_its_name(
    full: County, frames: Frames, layer: str, *, keyed: bool
) -> None:
    name, area = village(frames)
    rows, inside = with_a_village_shifted(frames, layer, area)
    assert inside.sum() > 40
    rows = rows if keyed else keyless(rows)
    sentence, told = refused(full, layer, rows)
    found = re.search(rf"(\d+) rows in {name}.* lie 55\d m off .*looks like GCJ-02", sentence)
    assert found is not None, sentence
    assert int(found[1]) == pytest.approx(inside.sum(), rel=0.35)
    assert off_m(told, shapes_of(frames[layer])[inside], rows[1][inside]) < NEAR_M


def test_too_few_streets_for_a_village_are_told_as_a_doubt(full: County, frames: Frames) -> None:
    _, area = village(frames, large=False)
    (frame, mixed), inside = with_a_village_shifted(frames, "road", area)
    far_m = shapely.distance(shapes_of(frames["road"]), shapely.centroid(area))
    few = np.zeros(len(far_m), dtype=np.bool_)
    few[np.flatnonzero(inside)[far_m[inside].argsort()[:FEW]]] = True
    few[np.flatnonzero(~inside)[far_m[~inside].argsort()[:AROUND]]] = True
    found = rehearsed(full, "road", keyless((frame[few].reset_index(drop=True), mixed[few])), reason="")
    assert found.state == "not_verified"
    assert "too little evidence to rule out a shift" in found.because


def test_what_has_no_name_is_refused_with_its_vector_too(full: County, frames: Frames) -> None:
    frame, right = rows_of(frames["building"])
    moved = moved_by(right, -62.0, 48.0)
    sentence, told = refused(full, "building", (frame, moved))
    assert told == pytest.approx((-62, 48), abs=NEAR_M)
    assert "such as Beijing 1954 or Xian 1980 read as CGCS2000, or what is stored lies off" in sentence


def test_by_habit_alone_a_shift_without_a_name_is_only_a_doubt(bare: County, frames: Frames) -> None:
    frame, right = rows_of(frames["building"])
    moved = moved_by(right, -162.0, 148.0)
    told = rehearsed(bare, "building", (frame, moved), reason="")
    assert told.state == "not_verified"
    assert re.search(r"perhaps .*all rows lie 2\d\d m off \(east -1[56]\d m, north \+1[45]\d m\)", told.because)


def test_where_what_is_stored_lies_shifted_the_sentence_says_that_it_may(county: County, frames: Frames) -> None:
    frame, right = rows_of(frames["building"])
    right = moved_by(right, 2_000.0, 3_820.0)
    loaded(county, "building", (frame, shown(right, Shifted.GCJ_02)))
    with pytest.raises(Refused, match=r"GCJ-02 was undone in vain.*or what is stored is GCJ-02 itself"):
        loaded(county, "building", (frame, right))


@pytest.mark.parametrize("layer", HELD)
@pytest.mark.parametrize("part", [1.0, 0.4, 0.05])
def test_a_right_delivery_is_taken_whole_or_in_part(full: County, frames: Frames, layer: str, part: float) -> None:
    frame, right = rows_of(frames[layer])
    chosen = np.random.default_rng(5).random(len(frame)) < part
    chosen[0] = True
    rows = frame[chosen].reset_index(drop=True), right[chosen]
    assert rehearsed(full, layer, rows, reason="").state in {"verified", "not_verified"}
    if layer in {"building", "gas_user"} and part == 1.0:
        assert rehearsed(full, layer, keyless(rows), reason="").state == "verified"


def test_one_redrawn_pipe_is_no_shift_of_a_village(full: County, frames: Frames) -> None:
    frame, right = rows_of(frames["gas_pipeline"])
    longest = int(np.argmax(shapely.length(right)))
    assert shapely.length(right)[longest] > 1000
    moved = right.copy()
    moved[[longest]] = moved_by(right[[longest]], 138.0, -2.0)
    assert rehearsed(full, "gas_pipeline", (frame, moved), reason="").state != "shifted"


def test_what_lies_where_it_was_verified_stays_verified_without_being_measured(full: County, frames: Frames) -> None:
    frame, right = rows_of(frames["building"])
    whole = rehearsed(full, "building", (frame, right), reason="")
    assert whole.state == "verified"
    assert f"{len(frame)} rows lie where they were verified before" in whole.because
    two = rehearsed(full, "building", (frame[:2], right[:2]), reason="")
    assert "2 rows lie where they were verified before" in two.because
    moved = right.copy()
    moved[:30] = shapely.transform(right[:30], lambda places: places + 100.0)
    assert "verified before" not in rehearsed(full, "building", (frame, moved)).because


PATTERNS = ("lattice", "ribbon", "random")


def houses(pattern: str, count: int, seed: int) -> Geometries:
    """Give right houses: a planned lattice, a village along a lane that is on no map, or scattered ones."""
    rng = np.random.default_rng(seed)
    number = np.arange(count)
    if pattern == "lattice":
        across = int(np.ceil(np.sqrt(count)))
        at = np.column_stack([number % across, number // across]) * rng.uniform(14, 40)
        size = np.full((count, 2), rng.uniform(8, 12))
    elif pattern == "ribbon":
        step = rng.uniform(10, 25)
        at = np.column_stack([number * step, np.where(number % 2, 9.0, -9.0) + 30 * np.sin(number * step / 150)])
        at += rng.normal(0, 2, at.shape)
        size = rng.uniform(7, 14, (count, 2))
    else:
        at = rng.uniform(0, 1500, (count, 2))
        size = rng.uniform(6, 20, (count, 2))
    corner = rng.uniform(100, SIDE_M - 1700, 2) + np.array([X, Y])
    at = np.minimum(at, SIDE_M - 200) + corner
    at = np.clip(at, (X + 20, Y + 20), (X + SIDE_M - 60, Y + SIDE_M - 60))
    return np.asarray(shapely.box(at[:, 0], at[:, 1], at[:, 0] + size[:, 0], at[:, 1] + size[:, 1]), dtype=object)


@pytest.fixture(scope="module")
def streeted(template: Settings) -> Iterator[County]:
    """A county of crooked streets some 200 m apart, and of no houses."""
    rng = np.random.default_rng(8)
    lines = []
    for step in range(19):
        along, away = np.arange(0, 4001, 200.0), step * 205.0 + 120 + rng.normal(0, 25, 21)
        lines += [shapely.LineString(np.column_stack([along + X, away + Y]))]
        lines += [shapely.LineString(np.column_stack([away + X, along + Y]))]
    with cloned(template, "guard_streeted") as found:
        rows = pd.DataFrame({"code": [f"s{number}" for number in range(len(lines))]}), np.array(lines, dtype=object)
        assert loaded(found, "road", rows).rejected == 0
        yield found


@bounded(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pattern=st.sampled_from(PATTERNS),
    count=st.sampled_from([4, 12, 40, 150, 400]),
    seed=st.integers(0, 10_000),
    older=st.sampled_from(["none", "same keys", "other keys"]),
)
def test_a_correct_layer_is_never_refused(streeted: County, pattern: str, count: int, seed: int, older: str) -> None:
    right = houses(pattern, count, seed)
    frame = pd.DataFrame({"code": [f"h{number}" for number in range(count)]})
    rng = np.random.default_rng(seed)
    if older != "none":
        kept = rng.random(count) < 0.8
        before = shapely.transform(right[kept], lambda places: places + rng.uniform(-1, 1, 2))
        loaded(streeted, "building", (frame[kept].reset_index(drop=True), before), reason="none is needed")
    rows = keyless((frame, right)) if older == "other keys" else (frame, right)
    told = rehearsed(streeted, "building", rows, reason="")
    swept(streeted, "building")
    assert told.state in {"verified", "not_verified"}


@pytest.mark.parametrize("side_m", [500.0, 896.0])
def test_villages_amid_a_town_lie_along_no_outline_and_are_not_refused(settings: Settings, side_m: float) -> None:
    def lattice(count: int, side: float) -> gpd.GeoDataFrame:
        row, column = np.divmod(np.arange(count * count), count)
        west, south = X + column * side, Y + row * side
        codes = [f"{side:.0f}-{number}" for number in range(len(row))]
        shapes = shapely.box(west, south, west + side, south + side)
        return gpd.GeoDataFrame({"code": codes, "code_scheme": "local", "name": codes}, geometry=shapes, crs=SRID)

    frames = {"county": lattice(1, 20 * side_m), "town": lattice(4, 5 * side_m)}
    county = standing(settings, f"guard_lattice_{side_m:.0f}", frames, ("town",))
    told = rehearsed(county, "village", rows_of(lattice(20, side_m)), reason="")
    county.close()
    assert told.state in {"verified", "not_verified"}


@pytest.fixture(scope="module")
def real(template: Settings, shared: Path) -> Iterator[tuple[County, Rows]]:
    """A county with the streets of Vaduz, moved to Yongkang, and the houses beside them.

    © OpenStreetMap contributors, ODbL 1.0.
    """
    found = {}
    for name in ("roads", "buildings"):
        read = gpd.read_file(
            shared / "osm" / "liechtenstein_layers_4326.gpkg", layer=name, bbox=(9.50, 47.13, 9.53, 47.155)
        )
        shapes = moved_by(shapes_of(read.to_crs(32632)), X + 2_000 - 539_000, Y + 2_000 - 5_220_500)
        found[name] = pd.DataFrame({"code": [f"{name}/{number}" for number in range(len(read))]}), shapes
    with cloned(template, "guard_real") as county:
        loaded(county, "road", found["roads"])
        yield county, found["buildings"]


def test_a_real_place_is_right_as_it_lies(real: tuple[County, Rows]) -> None:
    county, rows = real
    assert len(rows[0]) > 500
    assert rehearsed(county, "building", rows, reason="").state == "verified"


@pytest.mark.parametrize("system", Shifted)
def test_a_real_place_that_is_shifted_is_found_and_put_right(real: tuple[County, Rows], system: Shifted) -> None:
    county, (frame, right) = real
    moved = shown(right, system)
    sentence, told = refused(county, "building", (frame, moved))
    assert f"looks like {system.value}" in sentence
    assert off_m(told, right, moved) < NEAR_M
    degrees = crs.from_storage(moved, crs.EXCHANGE, SRID)
    outcome = rehearse(
        county,
        layers.named("building"),
        reading_of(frame, degrees, system.value),
        Origin("d", crs=system.value),
        terms=Terms(),
    )
    assert outcome.datum is not None
    assert (outcome.datum.state, outcome.new) == ("verified", len(frame))


def test_too_few_rows_or_nothing_to_compare_is_said_and_not_refused(county: County) -> None:
    few = stored(county, "building", [{"code": f"h{n}"} for n in range(3)], [square(30 * n, 0) for n in range(3)])
    assert few.datum == Datum("not_verified", "只有 3 行 · only 3 rows")
    users = [{"code": f"u{n}", "kind": "resident", "supply": "bottled"} for n in range(5)]
    alone = stored(county, "gas_user", users, [point(30 * n, 3000) for n in range(5)])
    assert alone.datum is not None
    assert alone.datum.because == "周围没有可比的已存数据 · nothing stored nearby to compare with"
    with county.reading() as connection:
        assert [(each.layer.name, each.rows) for each in unverified(connection, county)] == [
            ("building", 3),
            ("gas_user", 5),
        ]
    html = maps.snapshot(county).html
    assert "基准未核实 · datum not verified：" in html
    assert f"{layers.named('building').title} 3" in html


def test_an_accepted_shift_keeps_its_reason_in_the_log(full: County, frames: Frames) -> None:
    frame, right = rows_of(frames["building"])
    moved = keyless((frame, shown(right, Shifted.GCJ_02)))
    for blank in ("", "  ", "\t"):
        with pytest.raises(Refused, match="--accept-shift REASON"):
            loaded(full, "building", moved, reason=blank)
    with full.engine.connect() as connection:
        table = full.schema.table(layers.one(Use.DELIVERY))
        before = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    outcome = loaded(full, "building", moved, reason=" 县局核定 ")
    assert outcome.datum is not None
    assert outcome.datum.sentence().startswith("按“县局核定”接受")
    with full.engine.connect() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.id.desc())).all()
    assert len(rows) == before + 1
    assert (rows[0].datum, rows[0].shift_reason) == ("accepted_shift", "县局核定")
    assert (rows[0].shift_east, rows[0].shift_north) == (outcome.datum.east_m, outcome.datum.north_m)
    assert outcome.datum.east_m is not None
    assert outcome.datum.north_m is not None
    assert off_m((outcome.datum.east_m, outcome.datum.north_m), right, moved[1]) < NEAR_M
    undo(full, outcome.number)


def command(county: County, *words: str) -> tuple[int, str]:
    """Give how a command ends and what it prints, or where it fails its sentence."""
    env: dict[str, str | None] = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    result = CliRunner().invoke(main, [*words, "--database", county.settings.database], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout if result.exit_code == 0 else result.stderr


def written(path: Path, rows: Rows, *, keys: str) -> Path:
    frame, shapes = rows
    codes = [f"{keys}/{number}" for number in range(len(frame))]
    gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=SRID).to_file(path)
    return path


def test_the_command_refuses_says_accepts_and_shows_it(full: County, frames: Frames, tmp_path: Path) -> None:
    frame, right = rows_of(frames["building"])
    file = str(written(tmp_path / "amap.gpkg", (frame, shown(right, Shifted.GCJ_02)), keys="amap"))
    code, said = command(full, "load", "building", file)
    assert code == 1
    assert "像 GCJ-02 · looks like GCJ-02：--crs GCJ-02" in said
    assert (
        command(full, "load", "building", file, "--accept-shift", " ")[1]
        .rstrip()
        .splitlines()[-1]
        .startswith("--accept-shift 须写明理由")
    )
    code, said = command(full, "load", "building", file, "--accept-shift", "县局核定", "--json")
    assert code == 0
    facts = json.loads(said.splitlines()[-1])
    assert (facts["datum"]["state"], facts["datum"]["reason"]) == ("accepted_shift", "县局核定")
    _, told = command(full, "delivery", "show", facts["number"])
    assert "基准\t已接受偏移 accepted_shift" in told
    assert "接受偏移的理由\t县局核定" in told
    few = str(written(tmp_path / "few.gpkg", (frame[:2], right[:2]), keys="few"))
    code, said = command(full, "load", "building", few)
    assert code == 0
    assert "基准未核实 · datum not verified（只有 2 行 · only 2 rows）" in said
    number = re.search(r"(D-\d+) building", said)
    assert number is not None
    _, told = command(full, "delivery", "show", number[1])
    assert "基准\t基准未核实 not_verified" in told
    assert "基准依据\t只有 2 行 · only 2 rows" in told
