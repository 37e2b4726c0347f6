"""Calendars of a stored county: every due visit on a day of its worker, and what a second calendar keeps."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from api import maps
from api.cli import main
from gis import law, layers
from gis.errors import Refused, UnknownName
from gis.find.duty import duty
from gis.layer import Use
from gis.plan.cover import Why
from gis.run import calendar as run
from gis.run.adopt import adopt
from gis.run.calendar import FRESH, Asked, Planned
from gis.run.calendar_figures import by_day, moved, unmet
from gis.run.leaving import leave
from gis.run.record import Made, record
from gis.run.shifts import NOBODY
from gis.run.visits import Span
from gis.store.county import County
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record as checked
from tests.builders import cloned, inserted, multi, point, square, stored, swept
from tests.events import visit

MONDAY = date(2025, 6, 9)
NOW = date(2025, 6, 2)
TWO_WEEKS = Span(MONDAY, MONDAY + timedelta(days=13))
WIDE_M = 1_000.0


@pytest.fixture(scope="module")
def place(template: Settings) -> Iterator[County]:
    """A county under the shipped rules; each test fills it anew."""
    with cloned(template, "test_calendar") as found:
        rules.apply(found, law.rules())
        yield found


@pytest.fixture
def county(place: County) -> County:
    """The county without objects, people and runs: one town of two areas side by side, of the workers W-1 and W-2."""
    swept(place, "building", "gas_user", "construction_site", "worker", "absence", "town")
    swept(place, "area_adoption", "patrol_area", "planned_visit")
    stored(place, "town", [{"code": "T1", "code_scheme": "local", "name": "甲镇"}], [square(0, 0, 2 * WIDE_M)])
    register(place, {"code": "W-1"}, {"code": "W-2"})
    areas(place, "W-1", "W-2")
    return place


def register(county: County, *people: Mapping[str, object]) -> None:
    stored(county, "worker", [{"name": "某某", **each} for each in people])


def areas(county: County, *workers: str | None) -> int:
    """Make one area a kilometre wide for each worker, from west to east, and give their run."""
    with county.writing() as connection:
        made = record(connection, county, Made("patrol", {"workers": len(workers)}, "0" * 64))
        for number, worker in enumerate(workers):
            shape = multi(square(number * WIDE_M, 0, WIDE_M))
            row = {"code": f"{number + 1:03d}", "run_id": made, "worker_code": worker}
            row |= {"geom": f"SRID={county.srid};{shape.wkt}"}
            inserted(connection, county, layers.one(Use.PATROL_AREA), row)
    return made


def houses(county: County, grades: Sequence[str], *, east_m: float = 100.0, name: str = "b") -> list[str]:
    keys = [f"{name}{number:03d}" for number in range(len(grades))]
    rows = [{"code": key, "grade": grade} for key, grade in zip(keys, grades, strict=True)]
    stored(county, "building", rows, [square(east_m + 12 * (n % 40), 100 + 12 * (n // 40)) for n in range(len(keys))])
    return keys


def seen(county: County, keys: Sequence[str], *days: date, number: int = 1) -> None:
    """Record a done check of each house at noon of a day, the same for all or one for each."""
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=county.timezone) for day in days]
    noons = noons * (len(keys) // len(days))
    rows = [visit(key, noon, number=number + each) for each, (key, noon) in enumerate(zip(keys, noons, strict=True))]
    checked(county, pd.DataFrame(rows))


def made(county: County, span: Span = TWO_WEEKS, **how: object) -> Planned:
    return run.plan(county, Asked(span, **how), today=NOW)  # type: ignore[arg-type]


def days_of(found: Planned, key: str) -> list[date | None]:
    return found.visits.loc[found.visits["object_key"] == key, "day"].tolist()


def test_every_due_visit_has_a_day_of_its_areas_worker_before_its_due_day(county: County) -> None:
    west, east = houses(county, ["A"] * 30), houses(county, ["A"] * 20, east_m=1_100.0, name="e")
    seen(county, west, MONDAY + timedelta(days=9 - 365))
    seen(county, east[:10], MONDAY + timedelta(days=4 - 365), number=100)
    seen(county, east[10:], MONDAY + timedelta(days=14 - 365), number=200)
    found = made(county)
    rows = found.visits
    assert sorted(rows["object_key"]) == sorted(west + east[:10])
    assert (rows["day"] <= rows["due_on"]).all()
    assert set(rows["outcome"]) == {"in_time"}
    assert set(rows.loc[rows["object_key"].isin(west), "worker_code"]) == {"W-1"}
    assert set(rows.loc[rows["object_key"].isin(east), "worker_code"]) == {"W-2"}
    by = rows[rows["worker_code"] == "W-1"].groupby("day").size()
    assert by.index.tolist() == [MONDAY + timedelta(days=each) for each in (0, 1, 2, 3, 4, 7, 8, 9)]
    assert by.max() - by.min() <= 1
    assert found.figures["missing_person_days"] == 0


def test_what_was_never_checked_comes_first_and_the_holiday_holds_nothing(county: County) -> None:
    houses(county, ["A"] * 3)
    span = Span(date(2025, 5, 30), date(2025, 6, 3))  # the Dragon Boat Festival was 31 May to 2 June
    found = run.plan(county, Asked(span), today=span.first)
    assert set(found.visits["day"]) == {date(2025, 5, 30)}
    assert set(found.visits["why"]) == {"arrears"}
    assert found.shifts.worked.days == (date(2025, 5, 30), date(2025, 6, 3))
    worked = run.plan(county, Asked(span, on=(date(2025, 6, 1),), off=(date(2025, 5, 30),)), today=span.first)
    assert worked.shifts.worked.days == (date(2025, 6, 1), date(2025, 6, 3))
    assert set(worked.visits["moved_for"]) == {"off"}


def test_houses_due_again_have_a_visit_for_each_time(county: County) -> None:
    weekly, daily = houses(county, ["C", "D"])
    seen(county, [weekly], MONDAY - timedelta(days=4))
    seen(county, [daily], MONDAY - timedelta(days=1), number=50)
    found = made(county)
    assert days_of(found, weekly) == [MONDAY + timedelta(days=each) for each in (3, 10)]
    on = [MONDAY + timedelta(days=each) for each in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
    assert days_of(found, daily) == [*on, None]
    late = found.visits[found.visits["outcome"] != "in_time"]
    assert late["why"].tolist() == ["off", "off"]
    assert late["due_on"].tolist() == [MONDAY + timedelta(days=each) for each in (5, 12)]


def test_in_a_typhoon_dangerous_houses_are_seen_daily_and_once_more_after(county: County) -> None:
    houses(county, ["A", "C", "D"])
    seen(county, ["b000", "b001", "b002"], MONDAY - timedelta(days=2))
    friday = MONDAY + timedelta(days=4)
    storm = Span(friday, friday + timedelta(days=2))
    found = made(county, typhoon=storm)
    blown = [friday + timedelta(days=each) for each in range(4)]
    assert days_of(found, "b001") == blown
    assert set(blown) <= set(days_of(found, "b002"))
    assert days_of(found, "b000") == []
    assert {friday + timedelta(days=1), friday + timedelta(days=2)} <= set(found.shifts.worked.days)
    assert not {friday + timedelta(days=1)} & set(made(county, stable_from=FRESH).shifts.worked.days)


def test_a_cover_goes_in_the_place_of_who_is_away_and_nobodys_day_is_given_twice(county: County) -> None:
    west, east = houses(county, ["A"] * 60), houses(county, ["A"] * 60, east_m=1_100.0, name="e")
    seen(county, west + east, MONDAY + timedelta(days=4 - 365))
    away = {"code": "A-1", "worker_code": "W-1", "from_on": MONDAY, "to_on": MONDAY + timedelta(days=2)}
    stored(county, "absence", [{**away, "cover_code": "W-2"}])
    found = made(county, shift_minutes=480.0)
    rows = found.visits
    first = rows[rows["area_code"].eq("001") & (rows["day"] <= MONDAY + timedelta(days=2))]
    assert set(first["worker_code"]) == {"W-2"}
    assert set(rows.loc[rows["area_code"].eq("001") & (rows["day"] > MONDAY + timedelta(days=2)), "worker_code"]) == {
        "W-1"
    }
    loads = by_day(rows, found.shifts.worked.days, walk_minutes=2.0)
    assert loads["spent"].max() <= 480.0
    assert (rows["outcome"] == "in_time").all()
    assert found.shifts.uncovered == ()


def test_who_took_over_makes_the_visits_of_who_has_left_and_the_next_after_him(county: County) -> None:
    register(county, {"code": "W-3"})
    register(county, {"code": "W-2", "to_on": MONDAY + timedelta(days=3), "successor_code": "W-3"})
    register(county, {"code": "W-1", "to_on": MONDAY + timedelta(days=1), "successor_code": "W-2"})
    seen(county, houses(county, ["A"] * 60), MONDAY + timedelta(days=4 - 365))
    rows = made(county).visits
    assert set(rows["area_code"]) == {"001"}
    assert (rows["outcome"] == "in_time").all()
    went = {code: sorted({(day - MONDAY).days for day in part}) for code, part in rows.groupby("worker_code")["day"]}
    assert went == {"W-1": [0, 1], "W-2": [2, 3], "W-3": [4]}


def test_who_took_over_and_is_away_is_named_as_the_reason(county: County) -> None:
    register(county, {"code": "W-1", "to_on": MONDAY - timedelta(days=3), "successor_code": "W-2"})
    away = {"code": "A-1", "worker_code": "W-2", "from_on": MONDAY, "to_on": MONDAY + timedelta(days=1)}
    stored(county, "absence", [away])
    seen(county, houses(county, ["A"] * 4), MONDAY + timedelta(days=1 - 365))
    found = made(county)
    assert set(found.visits["why"]) == {"absent"}
    assert set(found.visits["worker_code"]) == {"W-2"}
    assert ("W-1", 2, "W-2") in [(each.worker, len(each.days), each.cover) for each in found.shifts.uncovered]


def test_who_is_away_without_a_cover_has_no_day_and_the_plan_says_so(county: County) -> None:
    seen(county, houses(county, ["A"] * 4), MONDAY + timedelta(days=1 - 365))
    away = {"code": "A-1", "worker_code": "W-1", "from_on": MONDAY, "to_on": MONDAY + timedelta(days=2)}
    stored(county, "absence", [away])
    found = made(county)
    assert set(found.visits["day"]) == {MONDAY + timedelta(days=3)}
    assert set(found.visits["why"]) == {"absent"}
    assert [(each.worker, len(each.days), each.cover) for each in found.shifts.uncovered] == [("W-1", 3, None)]
    assert {each.why for each in found.shifts.uncovered} == {Why.ABSENT}
    stored(county, "absence", [{**away, "cover_code": "W-2"}])
    stored(county, "absence", [{**away, "code": "A-2", "worker_code": "W-2", "to_on": MONDAY}])
    both = made(county, stable_from=FRESH)
    assert set(both.visits["day"]) == {MONDAY + timedelta(days=1)}
    assert {(each.worker, len(each.days), each.cover) for each in both.shifts.uncovered} == {
        ("W-1", 1, "W-2"),
        ("W-2", 1, None),
    }


def test_the_successor_goes_from_the_day_after_the_last_and_nobody_where_none_is_named(county: County) -> None:
    west, east = houses(county, ["A"] * 10), houses(county, ["A"] * 10, east_m=1_100.0, name="e")
    seen(county, west + east, MONDAY + timedelta(days=9 - 365))
    last = MONDAY + timedelta(days=1)
    leave(county, "W-1", last, to="W-2")
    found = made(county)
    rows = found.visits[found.visits["area_code"].eq("001")]
    assert set(rows.loc[rows["day"] <= last, "worker_code"]) == {"W-1"}
    assert set(rows.loc[rows["day"] > last, "worker_code"]) == {"W-2"}
    assert (found.visits["outcome"] == "in_time").all()
    assert found.shifts.uncovered == ()
    leave(county, "W-2", last)
    gone = made(county).shifts.uncovered
    assert [(each.worker, len(each.days), each.cover, each.why) for each in gone] == [
        ("W-1", 8, "W-2", Why.LEFT),
        ("W-2", 8, None, Why.LEFT),
    ]


def test_who_stands_in_but_is_on_no_register_does_not_go(county: County) -> None:
    seen(county, houses(county, ["A"] * 4), MONDAY + timedelta(days=1 - 365))
    away = {"code": "A-1", "worker_code": "W-1", "from_on": MONDAY, "to_on": MONDAY, "cover_code": "W-9"}
    stored(county, "absence", [away])
    found = made(county)
    assert set(found.visits["day"]) == {MONDAY + timedelta(days=1)}
    assert [(each.worker, each.cover, each.why) for each in found.shifts.uncovered] == [("W-1", "W-9", Why.UNKNOWN)]
    assert found.shifts.unregistered == ()
    assert found.shifts.strangers == ("W-9",)


def test_visits_that_need_a_skill_go_to_the_nearest_colleague_who_has_it(county: County) -> None:
    register(county, {"code": "W-1", "skills": "gas"}, {"code": "W-2", "skills": "structure"}, {"code": "W-3"})
    areas(county, "W-1", "W-2", "W-3")
    west, far = houses(county, ["A"] * 10), houses(county, ["A"] * 4, east_m=2_100.0, name="f")
    middle = [{"code": f"U{n}", "kind": "resident", "supply": "bottled"} for n in range(5)]
    stored(county, "gas_user", middle, [point(1_050 + n, 300) for n in range(5)])
    found = made(county)
    rows = found.visits
    went = {(area, layer): set(part) for (area, layer), part in rows.groupby(["area_code", "layer"])["worker_code"]}
    assert went == {("001", "building"): {"W-2"}, ("002", "gas_user"): {"W-1"}, ("003", "building"): {"W-3"}}
    assert [(each.worker, each.colleague, each.skill, each.objects) for each in found.taken] == [
        ("W-1", "W-2", "structure", 10),
        ("W-2", "W-1", "gas", 5),
    ]
    assert found.figures["taken"] == 15
    by = found.workers.set_index("worker_code")["visits"].to_dict()
    assert by == {"W-1": 5, "W-2": len(west), "W-3": len(far)}
    assert rows["day"].notna().all()


def test_where_nobody_has_the_skill_the_visits_are_named_and_missing(county: County) -> None:
    register(county, {"code": "W-1", "skills": "gas"}, {"code": "W-2", "skills": "gas"})
    houses(county, ["A"] * 3)
    found = made(county, shift_minutes=100.0)
    assert set(found.visits["why"]) == {"no_skill"}
    assert found.visits["worker_code"].isna().all()
    assert [(each.worker, each.colleague, each.objects) for each in found.taken] == [("W-1", None, 3)]
    assert found.figures["taken"] == 0
    assert found.figures["missing_person_days"] == pytest.approx(3 * 14 / 100)


def test_on_days_when_who_stands_in_lacks_the_skill_the_nearest_who_has_it_goes(county: County) -> None:
    register(county, {"code": "W-1", "skills": "both"}, {"code": "W-2", "skills": "gas"})
    register(county, {"code": "W-3", "skills": "structure"}, {"code": "W-4", "skills": "structure"})
    areas(county, "W-1", "W-2", "W-3", "W-4")
    seen(county, houses(county, ["A"] * 4), MONDAY + timedelta(days=1 - 365))
    for place, name in ((2, "d"), (3, "e")):
        houses(county, ["A"] * 4, east_m=WIDE_M * place + 100.0, name=name)
    away = {"code": "A-1", "worker_code": "W-1", "from_on": MONDAY, "to_on": MONDAY + timedelta(days=1)}
    stored(county, "absence", [{**away, "cover_code": "W-2"}])
    span = Span(MONDAY, MONDAY + timedelta(days=3))
    found = made(county, span)
    rows = found.visits[found.visits["area_code"].eq("001")]
    assert set(rows["worker_code"]) == {"W-3"}
    assert set(rows["outcome"]) == {"in_time"}
    assert found.taken == ()
    stored(county, "worker", [{"code": code, "name": "某某", "skills": "gas"} for code in ("W-3", "W-4")])
    alone = made(county, span, stable_from=FRESH).visits
    named = alone[alone["area_code"].eq("001")]
    assert set(named["why"]) == {"no_skill"}
    assert set(named["worker_code"]) == {"W-1"}
    assert set(named["outcome"]) == {"unmet"}


def test_who_has_an_area_but_is_on_no_register_counts_as_full_time(county: County) -> None:
    areas(county, "W-9")
    houses(county, ["A"])
    found = made(county)
    assert set(found.visits["worker_code"]) == {"W-9"}
    assert found.shifts.unregistered == ("W-9",)


@pytest.mark.parametrize("seed", range(4))
def test_on_every_day_who_goes_is_who_duty_names(county: County, seed: int) -> None:
    draw = np.random.default_rng(seed)
    codes = [f"W-{number}" for number in range(1, 9)]

    def another(code: str | None, *strangers: str) -> str | None:
        return (
            str(draw.choice([each for each in [*codes, *strangers] if each != code])) if draw.random() < 0.8 else None
        )

    def day() -> date:
        return MONDAY + timedelta(days=int(draw.integers(0, 14)))

    register(county, *[{"code": code} for code in codes])
    served = [{"code": code, "to_on": day(), "successor_code": another(code)} for code in codes[1:5]]
    register(county, {"code": codes[0], "from_on": day()}, *served)
    absences = []
    for number in range(16):
        first, last = sorted((day(), day()))
        code = str(draw.choice(codes))
        away = {"code": f"A-{number:02d}", "worker_code": code, "from_on": first, "to_on": last}
        absences.append({**away, "cover_code": another(code, "W-99")})
    stored(county, "absence", absences)
    of_area = [str(code) for code in draw.permutation(codes)[:5]]
    adopt(county, str(areas(county, *of_area)), MONDAY)
    seen(county, [key for place in range(5) for key in _fifteen(county, place)], MONDAY + timedelta(days=13 - 365))
    found = made(county, off=(MONDAY,), stable_from=FRESH)
    crew = found.shifts
    answers = [duty(county, each) for each in TWO_WEEKS.days]
    for place, worker in enumerate(of_area):
        for number, told in enumerate(answers):
            goer = int(crew.goes[crew.people.index(worker), number])
            assert (crew.people[goer] if goer != NOBODY else None) == told.worker(f"{place + 1:03d}")
            works = told.worker(f"{place + 1:03d}") is not None and TWO_WEEKS.days[number] in crew.worked.days
            assert (crew.own[goer, number] > 0 if goer != NOBODY else False) == works
    dated = found.visits.dropna(subset=["day"])
    assert len(dated)
    for row in dated.to_dict("records"):
        assert row["worker_code"] == answers[TWO_WEEKS.number(row["day"])].worker(row["area_code"])


def _fifteen(county: County, place: int) -> list[str]:
    return houses(county, ["A"] * 15, east_m=WIDE_M * place + 100.0, name=f"p{place}-")


def test_part_time_and_service_bound_the_days(county: County) -> None:
    register(county, {"code": "W-1", "share": 0.5, "from_on": MONDAY + timedelta(days=1)})
    houses(county, ["A"] * 30)
    found = made(county, Span(MONDAY, MONDAY + timedelta(days=4)))
    held = by_day(found.visits, found.shifts.worked.days, walk_minutes=2.0).set_index("day")["spent"]
    assert held[MONDAY] == 0
    assert held.max() <= 240
    assert found.workers.set_index("worker_code")["held_person_days"]["W-1"] == 2.0


def test_more_work_than_people_is_named_by_worker_kind_and_town_with_the_days_that_are_missing(county: County) -> None:
    houses(county, ["A"] * 100)
    span = Span(MONDAY, MONDAY + timedelta(days=1))
    found = made(county, span, shift_minutes=280.0)
    assert (found.figures["in_time"], found.figures["late"], found.figures["unmet"]) == (0, 40, 60)
    assert found.figures["missing_person_days"] == pytest.approx((100 * 14 - 2 * 280) / 280)
    groups = unmet(found.visits, shift_minutes=280.0, walk_minutes=2.0)
    assert groups.to_dict("records") == [
        {"worker_code": "W-1", "kind": "house_check", "town": "T1", "why": "full", "visits": 60, "person_days": 3.0}
    ]


def test_what_nobody_can_visit_is_named(county: County) -> None:
    areas(county, "W-1", None)
    houses(county, ["A"])
    houses(county, ["A"], east_m=1_100.0, name="e")
    stored(county, "gas_user", [{"code": "U", "kind": "resident", "supply": "bottled"}], [point(3_000, 3_000)])
    site = {"code": "S", "name": "工地", "kind": "site"}
    stored(county, "construction_site", [site], [square(300, 300)])
    found = made(county, shift_minutes=100.0)
    why = found.visits.set_index("object_key")["why"].to_dict()
    assert why == {"b000": "arrears", "e000": "no_worker", "U": "no_area", "S": "too_long"}
    assert found.visits.set_index("object_key")["worker_code"].to_dict() == {
        "b000": "W-1",
        "e000": None,
        "U": None,
        "S": "W-1",
    }
    assert found.figures["missing_person_days"] == pytest.approx((14 + 16) / 100)


@pytest.mark.parametrize("shift_minutes", [480.0, 60.0])
def test_a_second_calendar_has_the_same_days_and_no_visit_twice(county: County, shift_minutes: float) -> None:
    grades = np.random.default_rng(7).choice(["A", "B", "C", "D"], size=80).tolist()
    keys = houses(county, grades)
    seen(county, keys[:60], *(MONDAY - timedelta(days=(7 * number) % 400 + 8) for number in range(60)))
    first, second = (made(county, shift_minutes=shift_minutes) for _ in range(2))
    assert second.stable_from == first.run
    assert (second.figures["moved"], second.dropped) == ({}, 0)
    assert second.visits.drop(columns="code").equals(first.visits.drop(columns="code"))
    dated = second.visits.dropna(subset=["day"])
    assert not dated.duplicated(["object_id", "day"]).any()
    with county.reading() as connection:
        table = county.schema.table(layers.one(Use.VISIT_PLAN))
        runs = county.schema.table(layers.one(Use.RUN))
        stored_ = sa.select(sa.func.count()).where(table.c.run_id == second.run)
        assert connection.execute(stored_).scalar_one() == len(second.visits)
        kept = connection.execute(sa.select(runs.c.result, runs.c.parameters).where(runs.c.id == second.run)).one()
    assert kept.result["visits"] == len(second.visits)
    assert kept.parameters["stable_from"] == first.run


def test_a_replan_moves_only_what_it_must_and_says_why(county: County) -> None:
    keys = houses(county, ["A"] * 40)
    seen(county, keys, MONDAY + timedelta(days=9 - 365))
    before = made(county)
    tuesday = MONDAY + timedelta(days=1)
    stored(county, "absence", [{"code": "A-1", "worker_code": "W-1", "from_on": tuesday, "to_on": tuesday}])
    gone = before.visits.loc[before.visits["day"] == MONDAY, "object_key"].iloc[0]
    seen(county, [gone], NOW - timedelta(days=1), number=500)
    after = made(county)
    was = before.visits.set_index("object_key")["day"]
    now = after.visits.set_index("object_key")["day"]
    assert gone not in now.index
    assert after.dropped == 1
    changed = [key for key in now.index if now[key] != was[key]]
    assert sorted(changed) == sorted(key for key in now.index if was[key] == tuesday)
    listed = moved(after.visits)
    assert sorted(listed["object_key"]) == sorted(changed)
    assert set(listed["moved_for"]) == {"off"}
    assert set(listed["was_on"]) == {tuesday}


def test_what_cannot_be_asked_is_refused_in_a_sentence(county: County) -> None:
    with pytest.raises(Refused, match=r"--to 2025-06-08: .* expected a day from 2025-06-09 on"):
        made(county, Span(MONDAY, MONDAY - timedelta(days=1)))
    with pytest.raises(Refused, match="--from 2025-06-01: 已经过去"):
        made(county, Span(date(2025, 6, 1), MONDAY))
    with pytest.raises(Refused, match="at most 92 days, got 93"):
        made(county, Span(MONDAY, MONDAY + timedelta(days=92)))
    with pytest.raises(Refused, match=r"--typhoon .*不在日历内"):
        made(county, typhoon=Span(date(2025, 7, 1), date(2025, 7, 2)))
    with pytest.raises(UnknownName, match="--areas nix: 没有这次运算"):
        made(county, areas="nix")
    with pytest.raises(UnknownName, match="--stable-from nix: 没有这次运算"):
        made(county, stable_from="nix")
    swept(county, "patrol_area")
    with pytest.raises(Refused, match="没有巡查片区"):
        made(county)


def test_the_areas_in_force_on_the_first_day_are_planned_on_and_else_the_newest(county: County) -> None:
    houses(county, ["A"])
    first = areas(county, "W-1", "W-2")
    second = areas(county, "W-2", "W-1")
    proposed = made(county)
    assert (proposed.areas, proposed.in_force, set(proposed.visits["worker_code"])) == (second, None, {"W-2"})
    adopt(county, str(first), MONDAY)
    adopt(county, str(second), MONDAY + timedelta(days=1))
    held = made(county)
    assert (held.areas, held.in_force, set(held.visits["worker_code"])) == (first, first, {"W-1"})
    other = made(county, areas=str(second))
    assert (other.areas, other.in_force, set(other.visits["worker_code"])) == (second, first, {"W-2"})
    assert run.workers(county, Asked(TWO_WEEKS)) == 2


def test_the_command_says_whether_the_areas_are_in_force(county: County) -> None:
    week = ["--from", "2099-06-01", "--to", "2099-06-02"]
    first = areas(county, "W-1")
    second = areas(county, "W-2")
    said = called(county, *week).stdout
    assert f"2099-06-01 没有启用的片区，按运算 {second} 的方案 · no areas are in force" in said
    adopt(county, str(first), date(2099, 6, 1))
    assert f"片区运算 {first}" in called(county, *week).stdout
    assert "启用的" not in called(county, *week).stdout
    assert f"启用的是片区运算 {first}，不是 {second}" in called(county, *week, "--areas", str(second)).stdout


def test_the_map_shows_the_newest_calendar_alone(county: County) -> None:
    houses(county, ["A"] * 5)
    made(county)
    houses(county, ["A"] * 2, name="e", east_m=1_100.0)
    made(county)
    with county.reading() as connection:
        drawn = maps.frame(connection, county, layers.one(Use.VISIT_PLAN))
    assert sorted(drawn["object_key"]) == ["b000", "b001", "b002", "b003", "b004", "e000", "e001"]


def called(county: County, *words: str) -> Result:
    given: dict[str, str | None] = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    result = CliRunner().invoke(main, ["patrol", "calendar", "--database", county.settings.database, *words], env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_command_tells_writes_a_workbook_and_keeps_days(county: County, tmp_path: Path) -> None:
    houses(county, ["A"] * 70)
    stored(county, "construction_site", [{"code": "=S", "name": "工地", "kind": "site"}], [square(300, 300)])
    week = ["--from", "2099-06-01", "--to", "2099-06-02", "--shift", "420", "--walk", "2"]
    book = tmp_path / "calendar.xlsx"
    first = called(county, *week, "--xlsx", str(book))
    assert first.exit_code == 0, first.output
    lines = first.stdout.splitlines()
    assert lines[0].startswith("检查日历 2099-06-01 至 2099-06-02，工作日 2 天")
    assert "2099 年的放假安排尚未公布，按周末推算 · holidays not announced yet" in lines
    assert any(line.startswith("  无法安排 W-1 建筑检查 T1：") and "人手不足" in line for line in lines)
    sheets = {
        name: CalamineWorkbook.from_path(book).get_sheet_by_name(name).to_python()
        for name in ("每人每日", "无法安排", "改期", "日工作量", "人员", "无法安排汇总")
    }
    again = called(county, *week, "--json")
    facts = json.loads(again.stdout.splitlines()[-1])
    assert (facts["moved"], facts["stable_from"] is not None) == ({}, True)
    assert len(sheets["每人每日"]) - 1 == facts["late"]
    assert facts["late"] == sum(int(str(row[2]).removesuffix(".0")) for row in sheets["日工作量"][1:])
    assert len(sheets["无法安排"]) - 1 == facts["unmet"] > 0
    assert sheets["每人每日"][0][:5] == ["工号", "日期", "片区", "图层", "对象编号"]
    assert {row[1] for row in sheets["每人每日"][1:]} == {date(2099, 6, 1), date(2099, 6, 2)}
    assert [row[4] for name in ("每人每日", "无法安排") for row in sheets[name] if row[4] == "=S"] == ["=S"]
    assert [row["worker_code"] for row in facts["by_worker"]] == ["W-1", "W-2"]
    moved_ = called(county, *week, "--day-off", "2099-06-01", "--stable-from", str(facts["run"]))
    assert "原定日无人上班" in moved_.stdout
    assert "2099-06-01 → 2099-06-02（原定日无人上班）" in moved_.stdout or "2099-06-01 → 无" in moved_.stdout


def test_a_calendar_of_invented_data_says_so_on_every_sheet(county: County, tmp_path: Path) -> None:
    houses(county, ["A"])
    week, book = ("--from", "2099-06-01", "--to", "2099-06-02"), tmp_path / "calendar.xlsx"
    assert "合成" not in called(county, *week).stdout
    table = county.schema.table(layers.named("building"))
    with county.writing() as connection:
        connection.execute(sa.update(table).values(invented=["grade"]))
    told = called(county, *week, "--xlsx", str(book))
    assert told.stdout.splitlines()[-1] == "合成数据（虚构）：建筑 1 / 1 行"
    sheets = CalamineWorkbook.from_path(book)
    assert {sheets.get_sheet_by_name(name).to_python()[0][0] for name in sheets.sheet_names} == {
        "合成数据（虚构）：建筑 1 / 1 行"
    }
    assert sheets.get_sheet_by_name("每人每日").to_python()[2][5] == "建筑检查"


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--typhoon", "tomorrow"], 2, "expected a day such as 2026-08-01"),
        (["--work-on", "2099-06-02:2099-06-01"], 2, "expected the first day before the last"),
        (["--shift", "0"], 2, "is not in the range"),
        (["--from", "2020-01-01"], 1, "--from 2020-01-01: 已经过去"),
        (["--from", "2099-06-02", "--to", "2099-06-01"], 1, "--to 2099-06-01: 早于 --from"),
        (["--areas", "999999999"], 1, "--areas 999999999: 没有这次运算"),
    ],
)
def test_a_wrong_word_is_a_sentence(county: County, words: list[str], status: int, sentence: str) -> None:
    result = called(county, *words)
    assert result.exit_code == status
    assert sentence in result.stderr
