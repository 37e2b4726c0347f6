"""Patrol areas from a stored county: work counted by the rules, areas that tile the towns, few changes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from api.compare import compared
from gis import law, layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.run import grid, patrol
from gis.run.division import Respect
from gis.run.handover import changed_ground, old_areas
from gis.run.patrol import How, Patrol
from gis.run.record import named
from gis.run.workload import PACE
from gis.store.county import County
from gis.store.fetch import features
from gis.store.settings import Settings
from gis.work import rules
from tests.builders import cloned, line, point, square, stored, swept
from tests.conftest import X, Y
from tests.map_pages import data_of

TOWN_M, BLOCK_M, HOUSES = 800.0, 200.0, 6
STEPS = 200


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    """Two towns side by side, each of 4 by 4 blocks with as many houses, cells made, rules applied; runs are added."""
    with cloned(template, "test_patrol") as found:
        settled(found)
        yield found


def settled(clone: County) -> None:
    towns = [{"code": name, "name": f"{name}镇"} for name in ("west", "east")]
    stored(clone, "town", towns, [square(0, 0, TOWN_M), square(TOWN_M, 0, TOWN_M)])
    cuts = np.arange(BLOCK_M, 2 * TOWN_M, BLOCK_M)
    streets = [line((cut, 0), (cut, TOWN_M)) for cut in cuts] + [line((0, cut), (2 * TOWN_M, cut)) for cut in cuts[:3]]
    stored(clone, "road", [{"code": f"r{n}", "road_class": "residential"} for n in range(len(streets))], streets)
    west, south = np.arange(0, 2 * TOWN_M, BLOCK_M), np.arange(0, TOWN_M, BLOCK_M)
    places = [(e + 15 + 28 * n, s + 40 + 20 * (n % 3)) for e in west for s in south for n in range(HOUSES)]
    rows = [{"code": f"b{n:03d}", "grade": "A"} for n in range(len(places))]
    stored(clone, "building", rows, [square(*place) for place in places])
    rules.apply(clone, law.rules())
    grid.make(clone, target=2 * HOUSES)


def made_areas(county: County, run: int) -> gpd.GeoDataFrame:
    with county.reading() as connection:
        frame = features(connection, county, layers.one(Use.PATROL_AREA))
    return frame[frame["run_id"] == run].reset_index(drop=True)


def areas(county: County, workers: int | Path, **how: object) -> Patrol:
    return patrol.areas(county, workers=workers, how=How(**{"steps": STEPS, **how}))  # type: ignore[arg-type]


def listed(folder: Path, *rows: str, head: str = "工号,工时比例,离岗日期") -> Path:
    path = folder / "crew.csv"
    path.write_text("\n".join((head, *rows)), encoding="utf-8-sig")
    return path


def test_the_work_of_a_year_is_visits_by_rule_times_minutes_and_the_way(county: County) -> None:
    made = areas(county, 4, minutes={"house_check": 20.0})
    streets_m = 7 * TOWN_M + 3 * 2 * TOWN_M
    with county.reading() as connection:
        cells = features(connection, county, layers.one(Use.CELL))
        roads = features(connection, county, layers.one(Use.STREET)).geometry.to_numpy()
    walked_m = sum(shapely.length(shapely.intersection(roads, cell)).sum() for cell in cells.geometry)
    assert streets_m <= walked_m <= 2 * streets_m
    assert made.total_load == pytest.approx(32 * HOUSES * 20 + walked_m / PACE)
    stored(county, "building", [{"code": "b000", "grade": "B"}], [square(15, 40)])
    more = areas(county, 4, minutes={"house_check": 20.0})
    assert more.total_load - made.total_load == pytest.approx((365 / 90 - 1) * (20 + _way(cells, roads)), rel=1e-6)
    assert (more.outside, more.without_rule) == (0, 0)
    stored(county, "building", [{"code": "b000", "grade": "A"}], [square(15, 40)])


def _way(cells: gpd.GeoDataFrame, roads: np.ndarray[tuple[int], np.dtype[np.object_]]) -> float:
    """Give the minutes from one house to the next in the cell of the first house."""
    cell = next(each for each in cells.geometry if each.contains(square(15, 40)))
    walked_m = float(shapely.length(shapely.intersection(roads, cell)).sum())
    return walked_m / PACE / float(cell.area / BLOCK_M**2 * HOUSES)


@pytest.mark.parametrize("how", [{}, {"keep_cells": True}, {"respect": Respect.TOWN}, {"respect": Respect.VILLAGE}])
def test_areas_tile_their_towns_and_carry_all_work(county: County, how: dict[str, object]) -> None:
    made = areas(county, 4, **how)
    frame = made_areas(county, made.run)
    shapes = frame.geometry.to_numpy()
    whole = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(2 * TOWN_M**2, abs=1e-3)
    assert whole.area == pytest.approx(2 * TOWN_M**2, abs=1e-3)
    assert shapely.coverage_is_valid(shapes)
    assert frame["load"].sum() == pytest.approx(made.total_load)
    assert frame["objects"].sum() == 32 * HOUSES
    assert frame["pieces"].tolist() == [1] * 4
    assert (made.extra_pieces, made.empty, made.without_worker) == (0, (), 4)
    assert made.max_over_mean <= (1.35 if "keep_cells" in how else 1.1)
    with county.reading() as connection:
        town = features(connection, county, layers.one(Use.TOWN)).geometry.to_numpy()
    crossing = sum(all(shape.intersection(each).area > 1 for each in town) for shape in shapes)
    assert crossing == 0 or "respect" not in how
    if "keep_cells" in how:
        codes = [code for each in frame["cell_codes"] for code in each["codes"]]
        assert len(codes) == len(set(codes))


def test_the_same_seed_and_steps_give_the_same_areas(county: County) -> None:
    one, two = (made_areas(county, areas(county, 5).run) for _ in range(2))
    assert (one.geometry.to_wkb() == two.geometry.to_wkb()).all()
    assert one["load"].tolist() == two["load"].tolist()


def test_the_record_tells_other_people_apart(county: County, tmp_path: Path) -> None:
    with county.reading() as connection:
        told = {
            named(
                connection, county, "patrol", str(areas(county, listed(tmp_path, *rows), steps=1).run), option=""
            ).input_digest
            for rows in (("A,1,", "B,1,"), ("B,1,", "A,1,"), ("A,1,", "B,1,"))
        }
    assert len(told) == 2


def test_seconds_set_the_steps_and_a_rerun_with_them_gives_the_same_areas(county: County) -> None:
    made = areas(county, 3, steps=None, seconds=0.5)
    again = areas(county, 3, steps=made.steps)
    assert made.steps > 0
    one, two = made_areas(county, made.run), made_areas(county, again.run)
    assert (one.geometry.to_wkb() == two.geometry.to_wkb()).all()


def test_ground_that_nobody_was_named_for_changes_hands_for_that_reason(county: County, tmp_path: Path) -> None:
    before = areas(county, 2)
    after = areas(county, listed(tmp_path, "W0,1,", "W1,1,"), stable_from=str(before.run))
    assert {move.before for move in after.moved} == {"001", "002"}
    assert {move.why.split(":")[0] for move in after.moved} == {"原无网格员 nobody was named"}


def test_when_one_leaves_only_the_areas_beside_change(county: County, tmp_path: Path) -> None:
    before = areas(county, listed(tmp_path, *(f"W{each},1," for each in range(8))))
    old = made_areas(county, before.run).set_index("worker_code").geometry
    gone = county.today() - timedelta(days=1)
    crew = listed(tmp_path, *(f"W{each},1,{gone if each == 3 else ''}" for each in range(8)))
    after = areas(county, crew, stable_from=str(before.run))
    new = made_areas(county, after.run).set_index("worker_code").geometry
    changed = {code for code in new.index if new[code].symmetric_difference(old[code]).area > 1}
    beside = {code for code in new.index if old[code].distance(old["W3"]) < 0.01}
    assert sorted(new.index) == [f"W{each}" for each in range(8) if each != 3]
    assert changed
    assert changed <= beside
    assert {move.after for move in after.moved} <= beside
    assert {move.why for move in after.moved if move.before == "W3"} == {"离岗 left: W3"}
    assert after.extra_pieces == 0
    with county.reading() as connection:
        ground = changed_ground(*(old_areas(connection, county, str(made.run)) for made in (before, after)))
    assert set(ground["before"]) == {each.before for each in after.moved}
    lost = sum(old[code].difference(new[code]).area for code in new.index) + old["W3"].area
    assert ground["area_m2"].sum() == pytest.approx(lost, abs=1)
    assert set(ground["after"]) == {each.after for each in after.moved}
    drawn = compared(county, str(before.run), str(after.run))
    assert drawn.pairs == len(ground)
    assert drawn.changed_m2 == pytest.approx(lost, abs=1)
    titles = [each["title"] for each in data_of(drawn.page.html)]
    assert {"原片区", "新片区", "换手的地块"} <= set(titles)
    assert drawn.page.html.count("<rect ") == len(new)


def test_without_a_change_nothing_moves(county: County) -> None:
    before = areas(county, 6)
    after = areas(county, 6, stable_from=str(before.run))
    assert len(after.moved) <= before.units // 20
    assert after.max_over_mean <= before.max_over_mean + 0.02


def test_part_time_workers_get_less_near_home(county: County, tmp_path: Path) -> None:
    with county.reading() as connection:
        town = features(connection, county, layers.one(Use.TOWN), srid=4326).set_index("code").geometry
    homes = {"A": town["east"].centroid, "B": town["west"].centroid}
    rows = [f"{code},{share},{homes[code].x},{homes[code].y}" for code, share in (("A", 1), ("B", 0.5))]
    made = areas(county, listed(tmp_path, *rows, head="工号,工时比例,经度,纬度"))
    frame = made_areas(county, made.run).set_index("worker_code")
    assert frame["load"]["A"] / frame["load"]["B"] == pytest.approx(2, rel=0.1)
    assert frame.geometry["A"].centroid.x > frame.geometry["B"].centroid.x
    assert made.max_over_mean <= 1.05


@pytest.mark.parametrize(
    ("head", "row", "message"),
    [
        ("名", "x", "crew.csv: 缺“工号”列"),
        ("工号", "", "crew.csv: "),
        ("工号,姓名", ",某", "crew.csv 第2行 工号: .* expected a code of its own, got nothing"),
        ("工号,工时比例", "A,2", "crew.csv 第2行 工时比例: .* expected a number from 0.05 to 1, got 2"),
        ("工号,经度", "A,east", "crew.csv 第2行 经度: .* got east"),
        ("工号,离岗日期", "A,soon", "crew.csv 第2行 离岗日期: .* expected a day as 2026-12-31, got soon"),
        ("工号,离岗日期", "A,2020-01-01", "crew.csv: 没有在岗的网格员"),
        ("工号,工时比例", "A,1\nA,1", "crew.csv 第3行 工号: .* a code of its own, got A"),
    ],
)
def test_a_bad_list_is_refused_by_file_row_and_field(
    county: County, tmp_path: Path, head: str, row: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        areas(county, listed(tmp_path, row, head=head))


def test_a_list_may_be_in_gb18030_and_is_refused_where_bytes_are_no_text(county: County, tmp_path: Path) -> None:
    path = listed(tmp_path, "甲,1,", "乙,1,")
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("gb18030"))
    assert set(made_areas(county, areas(county, path, steps=1).run)["worker_code"]) == {"甲", "乙"}
    rows = [f"网格员{number:02d},1,".encode() for number in range(20)]
    path.write_bytes("工号,工时比例,离岗日期\n".encode() + b"\n".join([*rows, b"W-\xe7\xbd,1,"]))
    with pytest.raises(Refused, match=r"crew\.csv 第22行: .* expected text, got bytes that are none"):
        areas(county, path)


def test_what_cannot_be_made_is_refused(county: County) -> None:
    with pytest.raises(Refused, match="a worker for each of 2 towns, got 1"):
        areas(county, 1, respect=Respect.TOWN)
    with pytest.raises(UnknownName, match="--stable-from nix: "):
        areas(county, 1, stable_from="nix")
    with pytest.raises(Refused, match=r"--minutes nix: .*house_check"):
        areas(county, 1, minutes={"nix": 1.0})


def test_a_village_that_one_worker_can_do_is_not_split(county: County) -> None:
    with county.reading() as connection:
        cells = features(connection, county, layers.one(Use.CELL))
    middle = shapely.get_coordinates(shapely.centroid(cells.geometry.to_numpy())) - (X, Y)
    home = {
        code: f"V{east // 400:.0f}{north // 400:.0f}" for code, (east, north) in zip(cells["code"], middle, strict=True)
    }
    stored(county, "grid_cell", [{"code": code, "village_code": village} for code, village in home.items()])
    made = areas(county, 3, respect=Respect.VILLAGE)
    of_area = [{home[code] for code in each["codes"]} for each in made_areas(county, made.run)["cell_codes"]]
    for village in set(home.values()):
        assert sum(village in each for each in of_area) == 1
    plain = [{home[code] for code in each["codes"]} for each in made_areas(county, areas(county, 3).run)["cell_codes"]]
    assert any(sum(village in each for each in plain) > 1 for village in set(home.values()))


def test_areas_go_to_workers_who_know_the_work_and_what_lacks_a_skill_is_told(county: County, tmp_path: Path) -> None:
    users = [{"code": f"U{n}", "kind": "catering", "supply": "bottled"} for n in range(40)]
    shapes = [point(5 + 3 * n, 100) for n in range(40)]
    stored(county, "gas_user", users, shapes)
    try:
        crew = listed(tmp_path, "A,结构", "B,燃气", "C,结构", "D,燃气和房屋结构", head="工号,专长")
        made = areas(county, crew)
        frame = made_areas(county, made.run).set_index("worker_code").geometry
        gas = {code: sum(frame[code].covers(shape) for shape in shapes) for code in frame.index}
        told = {(each.worker, each.skill) for each in made.lacking}
        assert {worker for worker, skill in told if skill == "structure"} == {"B"}
        assert {worker for worker, skill in told if skill == "gas"} == {code for code in "AC" if gas[code]}
        with pytest.raises(Refused, match="专长 gas：没有一名网格员具备"):
            areas(county, listed(tmp_path, "A,结构", "B,结构", head="工号,专长"))
        with pytest.raises(Refused, match=r"crew.csv 第2行 专长: .* expected one of .*燃气.*, got 木工"):
            areas(county, listed(tmp_path, "A,木工", head="工号,专长"))
    finally:
        swept(county, "gas_user")


def test_of_whom_a_file_tells_no_skill_that_of_the_register_counts_and_else_is_told_as_unknown(
    county: County, tmp_path: Path
) -> None:
    known = {"A": "gas", "B": "structure", "C": None}
    stored(county, "worker", [{"code": code, "name": "某某", "skills": skill} for code, skill in known.items()])
    try:
        plain = areas(county, listed(tmp_path, "A", "B", "C", "D", head="工号"))
        assert {(each.worker, each.skill) for each in plain.lacking} == {("A", "structure")}
        assert sorted(plain.skills_unknown) == ["C", "D"]
        told = areas(county, listed(tmp_path, "A,结构", "B,", "C,燃气", "D,结构", head="工号,专长"))
        assert {(each.worker, each.skill) for each in told.lacking} == {("C", "structure")}
        assert told.skills_unknown == ()
    finally:
        swept(county, "worker")
