"""Routes from a stored calendar: every visit made or named with its reason, hours kept, the way on the streets."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely
import sqlalchemy as sa
from click.testing import CliRunner, Result

from api.cli import main
from gis import crs, law, layers
from gis.errors import Refused
from gis.layer import Role, Use
from gis.run import route_files as files
from gis.run import routes as run
from gis.run.record import Made, record
from gis.run.route_days import How
from gis.run.routes import Routes
from gis.store.county import County
from gis.store.fetch import features
from gis.store.settings import Settings
from gis.work import rules
from tests.builders import cloned, line, point, square, stored

DAY = date(2026, 12, 1)
SIDE_M, BLOCKS = 100.0, 8
STEPS = 120
HOW = How(steps=STEPS, processes=1)
ISLAND = (3000.0, 3000.0)


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    """A town of 8 by 8 blocks with a house beside each crossing, shops in some, a lane that leads nowhere; rules."""
    with cloned(template, "test_routes") as found:
        settled(found)
        yield found


def settled(clone: County) -> None:
    size = SIDE_M * BLOCKS
    stored(clone, "town", [{"code": "t1", "name": "东镇"}], [square(0, 0, 4000)])
    cuts = np.arange(0, size + 1, SIDE_M)
    streets = [line((cut, 0), (cut, size)) for cut in cuts] + [line((0, cut), (size, cut)) for cut in cuts]
    streets += [line(ISLAND, (ISLAND[0] + 60, ISLAND[1])), line((0, -50), (size, -50))]
    classes = ["residential"] * (len(streets) - 1) + ["motorway"]
    rows = [{"code": f"r{n}", "road_class": each} for n, each in enumerate(classes)]
    stored(clone, "road", rows, streets)
    houses = [(x + 8, y + 8) for x in cuts[:-1] for y in cuts[:-1]] + [(ISLAND[0] + 20, ISLAND[1] + 5), (2000, 2000)]
    named = [{"code": f"b{n:02d}", "grade": "A", "address": f"解放街{n}号"} for n in range(len(houses))]
    stored(clone, "building", named, [square(*place) for place in houses])
    users = [
        {"code": f"u{n:02d}", "kind": "catering" if n == 3 else "resident", "supply": "bottled", "address": f"街{n}号"}
        for n in range(20)
    ]
    stored(clone, "gas_user", users, [point(x + 13, y + 13) for x, y in houses[:20]])
    stored(clone, "worker", [{"code": "W-1", "name": "李某某", "town_code": "t1"}])
    rules.apply(clone, law.rules())


def calendar(county: County, visits: Sequence[Mapping[str, object]]) -> int:
    """Write a calendar by hand: each visit names layer, object_key and what differs from a visit on DAY by W-1."""
    days = [str(each.get("day", DAY)) for each in visits]
    with county.writing() as connection:
        number = record(connection, county, Made("calendar", {"first": min(days), "last": max(days)}, "0" * 64))
        rows = [_visit(connection, county, number, place, dict(each)) for place, each in enumerate(visits)]
        connection.execute(sa.insert(county.schema.table(layers.one(Use.VISIT_PLAN))), rows)
    return number


def _visit(
    connection: sa.Connection, county: County, number: int, place: int, given: dict[str, object]
) -> dict[str, object]:
    layer = layers.named(str(given["layer"]))
    table = county.schema.table(layer)
    spot = sa.func.ST_AsEWKT(sa.func.ST_PointOnSurface(table.c.geom))
    query = sa.select(table.c.id, spot).where(table.c[layer.key] == given["object_key"])
    identity, geom = connection.execute(query).one()
    usual = {
        "code": f"{place:06d}",
        "run_id": number,
        "object_id": identity,
        "kind": layer.patrol.kind if layer.patrol else "",
        "area_code": "001",
        "worker_code": "W-1",
        "day": DAY,
        "due_on": DAY + timedelta(days=20),
        "minutes": 10.0,
        "outcome": "in_time",
        "moved": False,
        "geom": geom,
    }
    return usual | given


def houses(*numbers: int, **changed: object) -> list[dict[str, object]]:
    return [{"layer": "building", "object_key": f"b{n:02d}", **changed} for n in numbers]


def users(*numbers: int, **changed: object) -> list[dict[str, object]]:
    return [{"layer": "gas_user", "object_key": f"u{n:02d}", **changed} for n in numbers]


def kept(county: County, use: Use, number: int) -> gpd.GeoDataFrame:
    with county.reading() as connection:
        frame = features(connection, county, layers.one(use))
    return frame[frame["run_id"] == number].reset_index(drop=True)


def made(county: County, visits: Sequence[Mapping[str, object]], **how: object) -> Routes:
    number = calendar(county, visits)
    return run.routes(county, DAY, calendar=number, how=How(**{"steps": STEPS, "processes": 1, **how}))  # type: ignore[arg-type]


def test_what_needs_a_skill_that_its_worker_lacks_is_named_and_not_made(county: County) -> None:
    stored(county, "worker", [{"code": "W-1", "name": "李某某", "town_code": "t1", "skills": "gas"}])
    found = made(county, [*houses(0, 5), *users(2, 3)]).figures
    stored(county, "worker", [{"code": "W-1", "name": "李某某", "town_code": "t1", "skills": None}])
    assert (found.planned, found.made, found.unreachable, found.no_skill) == (4, 2, 0, 2)
    assert {(each.key, each.why) for each in found.left} == {("b00", "no_skill"), ("b05", "no_skill")}
    stops = kept(county, Use.ROUTE_STOP, found.run)
    assert set(stops[stops["number"].isna()]["outcome"]) == {"no_skill"}


def test_a_route_begins_and_ends_where_a_file_says(county: County, tmp_path: Path) -> None:
    spot = point(300, 0)
    at = crs.from_storage(np.array([spot], dtype=object), crs.EXCHANGE, county.srid)[0]
    listed = tmp_path / "起点.csv"
    listed.write_bytes(f"工号,经度,纬度\nW-1,{at.x:.8f},{at.y:.8f}\n".encode("gb18030"))
    number = calendar(county, houses(0, 5, 9))
    how = How(steps=STEPS, processes=1)
    found = run.routes(county, DAY, calendar=number, how=how, starts_in=listed)
    assert found.figures.starts == {"given": 1}
    [route] = kept(county, Use.ROUTE, found.figures.run).itertuples()
    assert route.start_from == "given"
    with county.reading() as connection:
        log = county.schema.table(layers.one(Use.RUN))
        kept_of = connection.execute(sa.select(log).where(log.c.id == found.figures.run)).mappings().one()
    assert kept_of["parameters"]["starts"] == ["W-1"]
    corner = shapely.Point(shapely.get_coordinates(found.routes[0].line)[0])
    assert corner.distance(spot) < 0.01
    listed.write_text("工号,经度,纬度\nW-1,,29\n")
    with pytest.raises(Refused, match=r"起点\.csv 第2行 经度、纬度: .* expected both coordinates, got nothing"):
        run.routes(county, DAY, calendar=number, how=how, starts_in=listed)
    listed.write_text(f"工号,经度,纬度\nW-1,{at.x + 0.1:.6f},{at.y:.6f}\n")
    with pytest.raises(Refused, match=r"--starts W-1: .* expected a street to the visits within 300 m"):
        run.routes(county, DAY, calendar=number, how=how, starts_in=listed)
    listed.write_text("工号,经度,纬度\nW-9,120,29\n")
    with pytest.raises(Refused, match=r"起点\.csv 第2行 工号: .* expected a worker of the register, got W-9"):
        run.routes(county, DAY, calendar=number, how=how, starts_in=listed)


def test_every_visit_of_the_day_is_made_once_or_named_with_its_reason(county: County) -> None:
    found = made(county, [*houses(0, 5, 9, 14, 64, 65), *users(2, 3)]).figures
    assert (found.planned, found.made, found.no_time, found.unreachable) == (8, 6, 0, 2)
    assert {(each.key, each.why) for each in found.left} == {("b64", "unreachable"), ("b65", "unreachable")}
    stops = kept(county, Use.ROUTE_STOP, found.run)
    keys = [visit["key"] for objects in stops["objects"] for visit in objects["visits"]]
    assert sorted(keys) == ["b00", "b05", "b09", "b14", "b64", "b65", "u02", "u03"]
    assert sorted(stops["number"].dropna()) == list(range(1, found.stops + 1))
    assert set(stops[stops["number"].isna()]["outcome"]) == {"unreachable"}


def test_a_house_and_the_users_in_it_are_one_stop(county: County) -> None:
    found = made(county, [*houses(7), *users(7), *houses(12)])
    assert [len(each.rows) for each in found.routes[0].stops] in ([2, 1], [1, 2])


def test_times_follow_from_service_and_the_way(county: County) -> None:
    found = made(county, houses(0, 1), start_s=9 * 3600)
    (only,) = found.routes
    first, second = only.stops
    assert only.leave_at.isoformat() == "2026-12-01T09:00:00+08:00"
    for stop in only.stops:
        assert stop.arrive_at is not None
        assert stop.leave_at is not None
        spent = (stop.leave_at - stop.arrive_at).total_seconds()
        aside = 2 * 13 / 1.2  # the middle of the house lies 13 m from the street
        assert spent == pytest.approx(600 + aside, abs=1)
    assert first.leave_at is not None
    assert second.arrive_at is not None
    assert (second.arrive_at - first.leave_at).total_seconds() == pytest.approx(SIDE_M / 1.2, abs=1)


def test_the_line_is_as_long_as_the_way_and_lies_on_streets_and_ways_to_houses(county: County) -> None:
    found = made(county, houses(0, 5, 9, 14, 27, 40))
    routes = kept(county, Use.ROUTE, found.figures.run)
    (way,) = routes.geometry
    aside = sum(2 * 13.0 for _ in range(6))
    assert way.length == pytest.approx(routes["length"].iloc[0] + aside, abs=0.5)
    walked = shapely.union_all(found.streets).buffer(0.01)
    assert way.difference(walked).length == pytest.approx(aside / 2, abs=0.5)  # the ways aside lie on themselves
    assert found.figures.length_m == pytest.approx(routes["length"].sum())
    assert found.figures.bound_m <= found.figures.length_m


def test_shops_are_visited_in_their_hours(county: County) -> None:
    open_s = {"catering": (11 * 3600, 11 * 3600 + 900)}
    found = made(county, [*users(3), *houses(0, 1, 2, 10)], open_s=open_s)
    (stop,) = [each for each in found.routes[0].stops if "u03" in set(each.rows["object_key"])]
    assert stop.arrive_at is not None
    assert "11:00" <= stop.arrive_at.strftime("%H:%M") <= "11:15"
    assert found.figures.assumed_open == ()
    assert made(county, users(3)).figures.assumed_open == ("catering",)


def test_what_is_due_comes_before_what_can_wait(county: County) -> None:
    due = [{"due_on": DAY}, {"due_on": DAY - timedelta(days=3)}]
    visits = [*houses(0, 1, 2, 3), *houses(62, **due[0]), *houses(63, **due[1])]
    found = made(county, visits, hours=1.5, start_s=9 * 3600).figures
    assert found.no_time >= 1
    assert found.due_left == 0
    assert {each.key for each in found.left} <= {"b00", "b01", "b02", "b03"}
    assert found.longest_min <= 90


def test_a_door_with_more_work_than_a_shift_is_begun_and_the_rest_is_named(county: County) -> None:
    found = made(county, houses(0) + users(0, minutes=40.0) + houses(0) * 20, hours=2.0).figures
    assert 6 <= found.made <= 7  # the way to the door and back takes 44 of the 120 minutes
    assert found.made + found.no_time == 22


def test_a_visit_of_a_later_day_is_made_early_where_it_lies_on_the_way(county: County) -> None:
    tomorrow = {"day": DAY + timedelta(days=1)}
    visits = [*houses(0, 2), *houses(1, **tomorrow), *houses(40, **tomorrow)]
    found = made(county, visits)
    assert (found.figures.planned, found.figures.early, found.figures.left) == (2, 1, ())
    assert made(county, visits, ahead_d=0).figures.early == 0
    outcomes = kept(county, Use.ROUTE_STOP, found.figures.run).set_index("number")["outcome"].to_dict()
    assert sorted(outcomes.values()) == ["early", "made", "made"]


def test_without_workers_the_area_stands_for_one(county: County) -> None:
    found = made(county, houses(0, 1, worker_code=None) + houses(9, worker_code=None, area_code="002"))
    assert [each.who for each in found.routes] == ["片区 001", "片区 002"]
    assert found.figures.without_worker == 2


def test_the_start_is_the_middle_of_the_town_where_there_is_no_area(county: County) -> None:
    found = made(county, [*houses(0), *houses(9, worker_code="W-9")])
    assert found.figures.starts == {"stops": 1, "town": 1}


def test_the_same_calendar_seed_and_steps_give_the_same_routes_on_any_number_of_processes(county: County) -> None:
    visits = [
        visit for worker in range(8) for visit in houses(*range(worker * 6, worker * 6 + 6), worker_code=f"W-{worker}")
    ]
    number = calendar(county, visits)
    alone, both = (
        run.routes(county, DAY, calendar=number, how=How(steps=STEPS, processes=processes)) for processes in (1, 2)
    )
    first, second = kept(county, Use.ROUTE, alone.figures.run), kept(county, Use.ROUTE, both.figures.run)
    assert first.geometry.to_wkb().tolist() == second.geometry.to_wkb().tolist()
    with county.reading() as connection:
        log = county.schema.table(layers.one(Use.RUN))
        query = sa.select(log.c.input_digest, log.c.parameters, log.c.objective)
        rows = connection.execute(query.where(log.c.id.in_([alone.figures.run, both.figures.run]))).all()
    assert rows[0] == rows[1]


def test_one_worker_alone_has_the_route_that_he_has_among_all(county: County) -> None:
    visits = [*houses(0, 5, 9), *houses(20, 21, worker_code="W-2")]
    number = calendar(county, visits)
    every = run.routes(county, DAY, calendar=number, how=HOW)
    alone = run.routes(county, DAY, calendar=number, worker="W-2", how=HOW)
    assert [each.worker_code for each in alone.routes] == ["W-2"]
    assert alone.routes[0].line == every.routes[1].line


def test_the_newest_calendar_that_covers_the_day_is_taken(county: County) -> None:
    calendar(county, houses(0))
    newest = calendar(county, houses(1))
    calendar(county, houses(2, day=DAY + timedelta(days=9)))
    assert run.routes(county, DAY, how=HOW).figures.calendar == newest


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"day": date(2031, 1, 1)}, "wangge patrol calendar"),
        ({"day": DAY, "calendar": 999_999}, "--calendar 999999"),
        ({"day": DAY, "worker": "W-77"}, "expected one of the workers of that day, got W-77"),
    ],
)
def test_what_cannot_be_planned_is_said_in_a_sentence(county: County, asked: dict[str, object], sentence: str) -> None:
    calendar(county, houses(0))
    with pytest.raises(Refused, match=sentence):
        run.routes(county, how=HOW, **asked)  # type: ignore[arg-type]


def test_a_day_without_visits_inside_a_calendar_is_said(county: County) -> None:
    number = calendar(county, [*houses(0), *houses(1, day=DAY + timedelta(days=4))])
    with pytest.raises(Refused, match="plans no visit on this day"):
        run.routes(county, DAY + timedelta(days=2), calendar=number, how=HOW)


def test_a_route_leaves_as_gpx_that_gdal_reads_where_it_lies(county: County, tmp_path: Path) -> None:
    found = made(county, [*houses(0, 5, 9), *users(2)])
    (path,) = [each for each in files.write(county, found, tmp_path) if each.suffix == ".gpx"]
    track = pyogrio.read_dataframe(path, layer="tracks")
    points = pyogrio.read_dataframe(path, layer="waypoints")
    assert track.crs.to_epsg() == 4326
    back = track.to_crs(county.srid).geometry.iloc[0]
    assert back.hausdorff_distance(found.routes[0].line) < 0.05
    spots = [each.spot for each in found.routes[0].stops]
    assert max(a.distance(b) for a, b in zip(points.to_crs(county.srid).geometry, spots, strict=True)) < 0.05
    assert points["name"].iloc[0].startswith("01 ")
    first = found.routes[0].stops[0].arrive_at
    assert first is not None
    assert pd.Timestamp(points["time"].iloc[0]) == first


def test_a_list_and_a_sheet_tell_every_stop_and_what_is_left_out(county: County, tmp_path: Path) -> None:
    found = made(county, [*houses(0, 5, 9, 64), *users(2, 3)])
    paths = {each.suffix: each for each in files.write(county, found, tmp_path)}
    rows = pd.read_excel(paths[".xlsx"], engine="openpyxl")
    assert rows["编号"].tolist() == [
        key for stop in (*found.routes[0].stops, *found.routes[0].left) for key in stop.rows["object_key"]
    ]
    assert rows["安排"].tolist() == ["停靠"] * 5 + ["无路可达"]
    assert rows.loc[rows["编号"] == "u03", "类别"].tolist() == ["餐饮"]
    told = "".join(each.extract_text() for each in pypdf.PdfReader(paths[".pdf"]).pages).replace("\n", "")
    for word in ("巡查路线单", "W-1", "2026-12-01（星期二）", "解放街5号", "未排入的检查（1）", "无路可达", "b64"):
        assert word in told
    assert "李某某" not in told
    assert "合成数据" not in told


def test_synthetic_visits_mark_the_sheet(county: County, tmp_path: Path) -> None:
    found = made(county, houses(0, 5))
    for stop in found.routes[0].stops:
        stop.rows["invented"] = True
    written = files.write(county, found, tmp_path)
    (path,) = [each for each in written if each.suffix == ".pdf"]
    assert "合成数据" in pypdf.PdfReader(path).pages[0].extract_text()
    assert "合成数据" in next(each for each in written if each.suffix == ".gpx").read_text(encoding="utf-8")


def test_a_worker_code_is_a_safe_name_of_a_file(county: County, tmp_path: Path) -> None:
    found = made(county, houses(0, worker_code="../../W/1"))
    written = files.write(county, found, tmp_path)
    assert {each.parent for each in written} == {tmp_path}
    assert [each.name for each in written if each.suffix == ".gpx"] == ["2026-12-01-001-W_1.gpx"]


def test_addresses_are_as_the_role_may_see_them(county: County) -> None:
    number = calendar(county, users(2))
    for role, address in ((Role.WORKER, "街2号"), (Role.PLANNER, "街*号")):
        found = run.routes(county, DAY, calendar=number, how=HOW, role=role)
        assert found.routes[0].stops[0].rows["address"].tolist() == [address]


def invoked(county: County, *words: str) -> Result:
    env: dict[str, str | None] = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    database = ["--database", county.settings.database]
    result = CliRunner().invoke(main, ["patrol", "routes", *words, *database, "--json"], env=env)
    assert "Traceback" not in result.output
    return result


def test_the_command_tells_its_figures_and_writes_its_files(county: County, tmp_path: Path) -> None:
    number = calendar(county, [*houses(0, 5, 64), *users(3)])
    words = ["--calendar", str(number), "--mode", "ebike", "--start", "10:30", "--hours", "4", "--steps", "50"]
    result = invoked(
        county, "--date", str(DAY), *words, "--open", "catering=11:00-12:00", "--to", str(tmp_path / "out")
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout.splitlines()[-1])
    assert (facts["planned"], facts["made"], facts["unreachable"], facts["steps"]) == (4, 3, 1, 50)
    assert facts["left"] == [
        {"worker": "W-1", "layer": "building", "key": "b64", "due_on": "2026-12-21", "why": "unreachable"}
    ]
    assert sorted(Path(each).suffix for each in facts["files"]) == [".gpx", ".pdf", ".xlsx"]
    assert all(Path(each).is_file() for each in facts["files"])


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--date", "2031-01-01"], 1, "wangge patrol calendar"),
        (["--date", str(DAY), "--start", "25:00"], 2, "expected a time of day as 08:30, got 25:00"),
        (["--date", str(DAY), "--start", "20:00"], 2, "expected a shift that ends on its day"),
        (["--date", str(DAY), "--open", "catering=20:00-10:00"], 2, "expected CLASS=09:00-20:00"),
        (
            ["--date", str(DAY), "--open", "cattering=09:00-20:00"],
            1,
            "--open cattering: 没有这种类别 · expected one of 1",
        ),
        (["--date", str(DAY), "--steps", "5", "--seconds", "1"], 2, "give --steps or --seconds, not both"),
        (["--date", str(DAY), "--worker", "nobody"], 1, "got nobody"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(county: County, words: list[str], status: int, sentence: str) -> None:
    calendar(county, houses(0))
    result = invoked(county, *words)
    assert (result.exit_code, sentence in result.output) == (status, True), result.output


def test_seconds_only_set_the_steps(county: County) -> None:
    number = calendar(county, houses(0, 5, 9, 20))
    timed = run.routes(county, DAY, calendar=number, how=How(seconds=0.05, processes=1))
    again = run.routes(county, DAY, calendar=number, how=How(steps=timed.figures.steps, processes=1))
    assert timed.routes[0].line == again.routes[0].line
    with county.reading() as connection:
        log = county.schema.table(layers.one(Use.RUN))
        runs = log.c.id.in_([timed.figures.run, again.figures.run])
        rows = connection.execute(sa.select(log.c.parameters, log.c.steps, log.c.result).where(runs)).all()
    assert rows[0] == rows[1]
