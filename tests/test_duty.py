"""Every object has one responsible person on every day, or is counted and listed as having none."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from click.testing import CliRunner, Result

from api.cli import main
from gis import layers
from gis.errors import Refused, UnknownName
from gis.find.duty import Duty, duty, objects, patrolled
from gis.layer import Use
from gis.run import patrol
from gis.run.adopt import adopt
from gis.run.crew import registered
from gis.run.leaving import leave
from gis.run.patrol import How
from gis.run.record import Made
from gis.run.record import record as made_run
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.settings import Settings
from gis.work.checks import record
from tests.builders import cloned, inserted, instant, point, square, stored
from tests.events import visit
from tests.test_patrol import BLOCK_M, HOUSES, STEPS, TOWN_M, settled

NAME = "test_duty"
BUILDING = layers.named("building")
CREW = ("W-1", "W-2", "W-3", "W-4")
STOCK = 32 * HOUSES + 1


@pytest.fixture(scope="module")
def base(template: Settings) -> Iterator[Settings]:
    """Two towns of houses in cells and one house outside; four workers, and areas in force from 2026-03-01."""
    with cloned(template, f"{NAME}_base") as found:
        settled(found)
        stored(found, "building", [{"code": "far", "grade": "A"}], [square(3 * TOWN_M, 50)])
        stored(found, "worker", [{"code": code, "name": "王小明", "from_on": date(2026, 1, 1)} for code in CREW])
        patrol.areas(found, workers=4, how=How(steps=STEPS, from_on=date(2026, 3, 1)))
        found.close()
        yield found.settings


@pytest.fixture
def county(base: Settings) -> Iterator[County]:
    """A county of its own for each test."""
    with cloned(base, NAME) as found:
        yield found


def asked(county: County, day: date) -> Duty:
    return duty(county, day, of=[BUILDING])


def absent(county: County, *rows: tuple[str, date, date, str | None]) -> None:
    names = ("worker_code", "from_on", "to_on", "cover_code")
    stored(county, "absence", [dict(zip(names, row, strict=True)) | {"code": f"A-{n}"} for n, row in enumerate(rows)])


def workers_of(county: County, found: Duty) -> dict[str, str | None]:
    """Give who answers for each house, by looking into every area of the run in force."""
    with county.reading() as connection:
        area = features(connection, county, layers.one(Use.PATROL_AREA), where=f"run_id = {found.run or 0}")
        houses = features(connection, county, BUILDING)
    spots = shapely.points(houses[["spot_x", "spot_y"]].to_numpy(float))
    codes = area["code"].to_numpy(dtype=object)
    told: dict[str, str | None] = {}
    for key, spot in zip(houses["code"], spots, strict=True):
        touching = codes[shapely.distance(shapes(area), spot) <= 0.001]
        told[str(key)] = found.worker(min(touching)) if len(touching) else None
    return told


def listed(county: County, found: Duty, worker: str | None) -> set[str]:
    return set(objects(county, found, BUILDING, worker=worker)["key"])


def ran(county: County, *words: str) -> Result:
    environment = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    return CliRunner().invoke(main, [*words, "--database", NAME], env=environment)


def test_each_house_has_the_worker_of_the_area_it_lies_in_and_lists_agree_with_counts(county: County) -> None:
    found = asked(county, date(2026, 5, 1))
    wanted = workers_of(county, found)
    assert (found.stock, found.unnamed) == (STOCK, 1)
    assert listed(county, found, None) == {key for key, worker in wanted.items() if worker is None} == {"far"}
    for code in CREW:
        assert listed(county, found, code) == {key for key, worker in wanted.items() if worker == code}
    assert {worker for worker in wanted.values() if worker} == set(CREW)


def test_a_house_on_the_border_of_two_areas_belongs_to_one(county: County) -> None:
    with county.reading() as connection:
        area = features(connection, county, layers.one(Use.PATROL_AREA))
    border = shapely.intersection(shapes(area)[0], shapely.union_all(shapes(area)[1:]))
    place = np.asarray(shapely.line_interpolate_point(shapely.get_parts(border)[0], 3.0), dtype=object).item()
    stored(county, "building", [{"code": "between", "grade": "A"}], [place.buffer(2, quad_segs=1)])
    found = asked(county, date(2026, 5, 1))
    assert found.stock == STOCK + 1
    assert sum("between" in listed(county, found, code) for code in CREW) == 1


def test_what_is_only_proposed_is_not_in_force_and_the_past_stays_answerable(county: County) -> None:
    first = asked(county, date(2026, 5, 1)).run
    assert asked(county, date(2026, 2, 28)).run is None
    assert asked(county, date(2026, 2, 28)).unnamed == STOCK
    proposed = patrol.areas(county, workers=2, how=How(steps=STEPS))
    assert asked(county, date(2027, 1, 1)).run == first
    made = adopt(county, str(proposed.run), date(2026, 6, 1), reason="人少")
    assert (made.areas, made.without_worker) == (2, 0)
    assert asked(county, date(2026, 5, 31)).run == first
    later = asked(county, date(2026, 6, 1))
    assert (later.run, later.unnamed) == (proposed.run, 1)
    assert workers_of(county, later).keys() == workers_of(county, asked(county, date(2026, 5, 31))).keys()
    with pytest.raises(UnknownName, match="RUN 0: "):
        adopt(county, "0", date(2026, 6, 1))


def test_on_days_of_absence_who_stands_in_answers_and_chains_are_followed(county: County) -> None:
    first, last = date(2026, 5, 4), date(2026, 5, 8)
    own = workers_of(county, asked(county, first))
    absent(county, ("W-1", first, last, "W-2"), ("W-2", last, last, "W-3"), ("W-4", first, first, None))
    for day in (first - timedelta(days=1), last + timedelta(days=1)):
        assert workers_of(county, asked(county, day)) == own
    covered = asked(county, first)
    assert listed(county, covered, "W-2") == {key for key, worker in own.items() if worker in {"W-1", "W-2"}}
    assert covered.unnamed == 1 + sum(worker == "W-4" for worker in own.values())
    chained = asked(county, last)
    assert listed(county, chained, "W-3") == {key for key, worker in own.items() if worker in {"W-1", "W-2", "W-3"}}
    assert chained.unnamed == 1


def test_an_absence_that_is_recorded_later_changes_no_answer_as_of_before(county: County) -> None:
    day = date(2026, 5, 4)
    before = county.day_end(county.today())
    absent(county, ("W-1", day, day, None))
    assert asked(county, day).unnamed > 1
    known = duty(county, day, of=[BUILDING], known_at=before - timedelta(days=2))
    assert (known.run, known.stock, known.unnamed) == (None, 0, 0)
    assert duty(county, day, of=[BUILDING], known_at=before).unnamed == asked(county, day).unnamed


def test_who_leaves_hands_open_work_over_and_the_record_stays(county: County) -> None:
    last = county.today() + timedelta(days=3)
    own = workers_of(county, asked(county, last))
    mine = sorted(key for key, worker in own.items() if worker == "W-1")
    done, hazardous = mine[0], mine[1]
    record(county, pd.DataFrame([visit(done, instant(f"{county.today() - timedelta(days=1)}"), number=1)]))
    hazards = [
        {"source": "系统", "number": f"H{n}", "layer": "building", "object_key": key, "state": state}
        for n, (key, state) in enumerate([(hazardous, "found"), (done, "recheck"), (mine[2], "closed")])
    ]
    stored(county, "hazard", hazards)
    _plan(county, last, done)
    made = leave(county, "W-1", last, to="W-3")
    assert made.objects == len(mine)
    rows = made.open.groupby("kind")["key"].agg(set).to_dict()
    assert rows["visit"] == set(mine) - {done}
    assert rows["hazard"] == {"系统/H0", "系统/H1"}
    assert rows["planned"] == {done}
    assert set(made.open["after"]) == {"W-3"}
    assert made.unnamed == 0
    assert workers_of(county, asked(county, last)) == own
    after = workers_of(county, asked(county, last + timedelta(days=1)))
    assert {key for key, worker in after.items() if worker != own[key]} == set(mine)
    assert {after[key] for key in mine} == {"W-3"}
    with county.reading() as connection:
        past = connection.execute(county.schema.past(layers.one(Use.WORKER)).select()).mappings().all()
        run = connection.execute(county.schema.table(layers.one(Use.RUN)).select()).mappings().all()[-1]
    assert [(row["code"], row["to_on"]) for row in past] == [("W-1", None)]
    assert (run["plan"], run["parameters"]["to"], run["result"]["hazard"]) == ("leave", "W-3", 2)


def _plan(county: County, last: date, key: str) -> None:
    """Store a visit before and one after the last day, and a newer calendar of later days."""
    layer = layers.one(Use.VISIT_PLAN)
    days = {"000001": last, "000002": last + timedelta(days=1)}
    later = last + timedelta(days=30)
    with county.writing() as connection:
        run, _ = (
            made_run(connection, county, Made("calendar", {"first": str(first), "last": str(until)}, "none"))
            for first, until in ((last, last + timedelta(days=7)), (later, later))
        )
        table = county.schema.table(BUILDING)
        one = connection.scalar(sa.select(table.c.id).where(table.c.code == key))
        for code, day in days.items():
            row = {"code": code, "worker_code": "W-1", "object_key": key, "object_id": one, "day": day, "run_id": run}
            inserted(connection, county, layer, row)


def test_a_planned_visit_that_the_areas_worker_lacks_the_skill_for_goes_to_who_took_over(county: County) -> None:
    last = county.today() + timedelta(days=3)
    own = workers_of(county, asked(county, last))
    theirs = min(key for key, worker in own.items() if worker == "W-2")
    people = (
        {"code": "W-2", "skills": "gas"},
        {"code": "W-3", "skills": "structure"},
        {"code": "W-4", "skills": "gas"},
    )
    stored(county, "worker", [{**each, "name": "某某"} for each in people])
    _plan(county, last, theirs)
    [planned] = leave(county, "W-1", last, to="W-3").open.query("kind == 'planned'").to_dict("records")
    assert (planned["key"], planned["after"], planned["why"]) == (theirs, "W-3", "接手：W-1 → W-3")
    [planned] = leave(county, "W-1", last, to="W-4").open.query("kind == 'planned'").to_dict("records")
    assert (planned["after"], planned["why"]) == (None, "片区的人无此专长，须重排日历")


def test_open_work_goes_to_who_answers_for_the_object_where_other_areas_take_force(county: County) -> None:
    last = county.today()
    following = last + timedelta(days=1)
    patrol.areas(county, workers=2, how=How(steps=STEPS, from_on=following))
    made = leave(county, "W-1", last, to="W-3")
    then = workers_of(county, asked(county, following))
    visits = made.open[made.open["kind"] == "visit"]
    assert len(set(visits["area"])) < len(set(then.values()))
    assert visits["after"].tolist() == [then[key] for key in visits["key"]]
    assert len(set(visits["after"])) > 1


def test_a_leaver_without_a_successor_leaves_objects_that_are_counted_and_can_be_adopted_away(county: County) -> None:
    last = county.today()
    made = leave(county, "W-2", last)
    assert made.unnamed == len(made.open) > 0
    tomorrow = asked(county, last + timedelta(days=1))
    assert tomorrow.unnamed == 1 + made.objects
    run = patrol.areas(
        county, workers=3, how=How(steps=STEPS, stable_from=str(tomorrow.run), from_on=last + timedelta(1))
    )
    assert {move.why for move in run.moved if move.before == "W-2"} == {"离岗 left: W-2"}
    assert asked(county, last + timedelta(days=1)).unnamed == 1


def test_what_cannot_be_is_refused_in_a_sentence(county: County) -> None:
    last = county.today()
    with pytest.raises(UnknownName, match="名册没有工号 W-9"):
        leave(county, "W-9", last)
    with pytest.raises(UnknownName, match="名册没有工号 W-9"):
        leave(county, "W-1", last, to="W-9")
    with pytest.raises(Refused, match="接手不能是本人"):
        leave(county, "W-1", last, to="W-1")
    with pytest.raises(Refused, match="才到岗"):
        leave(county, "W-1", date(2025, 1, 1))
    leave(county, "W-2", last)
    with pytest.raises(Refused, match=f"W-2: .*在岗|--to W-2: {last + timedelta(days=1)} 不在岗"):
        leave(county, "W-1", last, to="W-2")
    later = last + timedelta(days=9)
    leave(county, "W-4", later + timedelta(days=1), to="W-1")
    leave(county, "W-3", later, to="W-4")
    with pytest.raises(Refused, match="接手成环 W-1 → W-3 → W-4 → W-1 · "):
        leave(county, "W-1", last, to="W-3")
    stored(county, "worker", [{"code": "W-4", "name": "王小明", "successor_code": "W-2"}])
    assert leave(county, "W-1", last, to="W-3").unnamed == 0
    with pytest.raises(Refused, match="已于"):
        leave(county, "W-2", last + timedelta(days=1))
    with pytest.raises(UnknownName, match="名册没有工号 W-9"):
        objects(county, asked(county, last), BUILDING, worker="W-9")


def test_the_commands_tell_count_and_write_the_list(county: County, tmp_path: Path) -> None:
    stored(county, "gas_user", [{"code": "U1", "kind": "resident", "supply": "bottled"}], [point(3 * TOWN_M, BLOCK_M)])
    done = ran(county, "patrol", "duty", "--to", str(tmp_path / "list.xlsx"), "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout.splitlines()[-1])
    assert (facts["stock"], facts["unnamed"], facts["rows"]) == (STOCK + 1, 2, 2)
    assert facts["by_layer"]["gas_user"] == {"stock": 1, "unnamed": 1}
    sheet = pd.read_excel(tmp_path / "list.xlsx", dtype=str)
    assert set(sheet["对象编号"]) == {"far", "U1"}
    assert set(sheet["依据"]) == {"不在任何片区"}
    told = ran(county, "patrol", "duty", "--layer", "building").stdout
    assert f"1 / {STOCK}" in told
    drawn = ran(county, "patrol", "areas", "--workers", "2", "--steps", "50").stdout
    assert "skills unknown, taken as everything: W-1、W-2" in drawn
    gone = ran(county, "patrol", "leave", "W-1", "--on", "2026-12-31", "--list", str(tmp_path / "open.xlsx"))
    assert gone.exit_code == 0, gone.output
    assert "无人接手" in gone.stderr
    listed = pd.read_excel(tmp_path / "open.xlsx")
    assert set(listed["事项"]) == {"待检查"}
    assert set(listed["图层"]) <= {each.title for each in patrolled()}
    assert set(listed["状态"]) == {"从未检查"}
    assert "清单 " in ran(county, "patrol", "duty", "--worker", "W-2", "--to", str(tmp_path / "mine.csv")).stdout
    assert ran(county, "patrol", "duty", "--layer", "road").exit_code == 1


def test_workers_of_the_register_count_with_their_share_of_full_time(county: County) -> None:
    stored(county, "worker", [{"code": "W-9", "name": "某某", "share": 0.5}])
    with county.reading() as connection:
        crew = registered(connection, county, 50, county.today())
    share = dict(zip(crew.codes, crew.shares.tolist(), strict=True))
    assert share.pop("W-9") == 0.5
    assert set(share.values()) == {1.0}
