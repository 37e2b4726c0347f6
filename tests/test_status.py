"""The live status equals a recount, whatever happens and in whatever order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import example, given, settings

from gis import layers
from gis.store import county as counties
from gis.store import server
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, load
from gis.store.load.conform import Terms
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record
from tests.builders import cloned, instant, square, stored
from tests.conftest import at
from tests.events import Delivered, Ended, Event, Law, Life, Seen, Voided, events, rule, visit
from tests.recount import agrees, stored_status

NOW = timedelta(0)


@pytest.fixture(scope="module")
def living(template: Settings) -> Iterator[Life]:
    with cloned(template, "test_status") as county:
        life = Life(county)
        yield life
        life.close()


@settings(max_examples=40, deadline=None)
@given(happened=events())
@example([(NOW, Seen((("b1", "done", NOW, 1),))), (NOW, Ended("b1")), (NOW, Voided(1)), (NOW, Delivered("b1", 1, 0.0))])
@example([(NOW, Ended("b1")), (NOW, Delivered("b1", 1, 0.0)), (NOW, Ended("b1")), (NOW, Delivered("b1", 3, 0.0))])
@example([(NOW, Seen((("b1", "done", NOW, 1), ("b1", "refused", NOW, 2)))), (NOW, Voided(1)), (NOW, Voided(2))])
@example([(NOW, Law(5)), (NOW, Seen((("b1", "done", NOW, 1),))), (NOW, Delivered("b1", 3, 9.0)), (NOW, Law(2))])
def test_after_any_order_of_events_the_status_is_a_recount(
    living: Life, happened: list[tuple[timedelta, Event]]
) -> None:
    living.begin()
    for step, event in happened:
        living.happen(step, event)
        rows, wanted = stored_status(living.county)
        assert rows == wanted
    agrees(living.county)


def test_checks_of_one_instant_count_once_and_the_last_word_is_the_same_in_any_order(living: Life) -> None:
    living.begin()
    seen = living.clock
    outcomes = ["refused", "done", "vacant", "no_answer"]
    both = [
        [visit("b1", seen, outcome, number=number) for number, outcome in enumerate(outcomes)],
        [visit("b2", seen, outcome, number=9 - number) for number, outcome in enumerate(reversed(outcomes))],
    ]
    for row in both[0]:
        assert record(living.county, pd.DataFrame([row])).recorded == 1
    assert record(living.county, pd.DataFrame(both[1])).recorded == 4
    rows, _ = stored_status(living.county)
    assert {row[3:6] for row in rows} == {(seen, seen, "vacant")}
    agrees(living.county)


VADUZ = [
    # seen at (UTC), days, the midnight in Vaduz that ends the due day, in UTC: worked out by hand
    ("2026-03-20T12:00", 7, "2026-03-27T23:00"),  # winter to winter
    ("2026-03-20T12:00", 8, "2026-03-28T23:00"),  # the last day before summer time ends at 24:00 winter time
    ("2026-03-20T12:00", 9, "2026-03-29T22:00"),  # the day of 23 hours
    ("2026-03-20T22:59", 9, "2026-03-29T22:00"),  # 23:59 in Vaduz
    ("2026-03-20T23:00", 9, "2026-03-30T22:00"),  # 00:00 in Vaduz is the next day
    ("2026-10-23T21:59", 1, "2026-10-24T22:00"),  # 23:59 summer time
    ("2026-10-23T22:00", 1, "2026-10-25T23:00"),  # 00:00 summer time; the due day has 25 hours
    ("2026-10-25T22:59", 1, "2026-10-26T23:00"),  # 23:59 winter time
]


@pytest.fixture(scope="module")
def vaduz(settings: Settings) -> Iterator[County]:
    """A county of 0.1 by 0.1 degrees around Vaduz, with summer time."""
    own = replace(settings, database="test_vaduz")
    founding = Founding(shapely.box(9.48, 47.1, 9.58, 47.2), "瓦杜兹", timezone="Europe/Vaduz", jurisdiction="default")
    found = counties.found(own, founding)
    yield found
    found.close()
    server.drop_database(own, own.database)


def test_due_days_end_at_the_countys_midnight_in_summer_and_winter(vaduz: County) -> None:
    law = [rule("A", days) for days in sorted({days for _, days, _ in VADUZ})]
    grades = dict(zip([each.amount for each in law], ["A", "B", "C", "D"], strict=True))
    law = [replace(each, category=grades[each.amount], notice_days=1) for each in law]
    codes = [f"v{number}" for number in range(len(VADUZ))]
    frame = pd.DataFrame({"code": codes, "grade": [grades[days] for _, days, _ in VADUZ]})
    shapes = np.array([shapely.box(9.5, 47.12, 9.5001, 47.1201 + 0.001 * n) for n in range(len(VADUZ))], dtype=object)
    reading = reading_of(frame, shapes, "EPSG:4326")
    load(vaduz, layers.named("building"), reading, Origin("rows", crs="EPSG:4326"), terms=Terms())
    rules.apply(vaduz, law)
    seen = [visit(code, instant(row[0]), number=n + 1) for n, (code, row) in enumerate(zip(codes, VADUZ, strict=True))]
    later = at(vaduz, instant("2026-12-01T12:00"))
    assert record(later, pd.DataFrame(seen)).recorded == len(VADUZ)
    with vaduz.reading() as connection:
        due = sa.text(
            "SELECT code, due_at, notice_at FROM building JOIN status ON object_id = building.id ORDER BY code"
        )
        found = connection.execute(due).all()
    assert [row.due_at for row in found] == [instant(row[2]) for row in VADUZ]
    before = [timedelta(hours=hours) for hours in (24, 24, 23, 23, 24, 24, 25, 24)]
    assert [row.due_at.astimezone(UTC) - row.notice_at.astimezone(UTC) for row in found] == before
    assert [row.due_at for row in found] == [
        vaduz.day_end(instant(seen_at).astimezone(vaduz.timezone).date() + timedelta(days=days))
        for seen_at, days, _ in VADUZ
    ]
    agrees(vaduz)


def test_the_app_cannot_set_the_recorded_clock(county: County) -> None:
    stored(county, "building", [{"code": "b1"}], [square(0, 0)])
    began = counties.now()
    with county.writing() as connection:
        connection.exec_driver_sql("SET LOCAL wangge.now = '2020-01-01T00:00Z'")
        connection.exec_driver_sql("UPDATE building SET grade = 'B'")
        recorded = connection.execute(sa.text("SELECT recorded_at FROM building")).scalar_one()
    assert recorded >= began


@pytest.mark.parametrize("beyond", [0, 1_000_000])
def test_an_object_that_comes_back_with_its_id_has_its_checks_again(living: Life, beyond: int) -> None:
    """Also with an id that was never drawn, which a new object's would be taken for."""
    living.begin()
    with living.county.writing() as connection:
        ahead = f"SELECT max(id) + {beyond} FROM building"
        text = (
            f"INSERT INTO building (id, code, geom) SELECT ({ahead}) + 1, 'came', geom FROM building WHERE code = 'b1'"
        )
        connection.exec_driver_sql(text)
    agrees(living.county)
    assert record(living.county, pd.DataFrame([visit("came", living.clock, number=1)])).recorded == 1
    with living.county.writing() as connection:
        connection.exec_driver_sql("DELETE FROM building WHERE code = 'came'")
    with living.county.writing() as connection:
        again = "SELECT id, code, geom FROM building_past WHERE code = 'came'"
        connection.exec_driver_sql(f"INSERT INTO building (id, code, geom) {again}")
        query = "SELECT last_done_at FROM status WHERE object_id = (SELECT id FROM building WHERE code = 'came')"
        assert connection.exec_driver_sql(query).scalars().all() == [living.clock]
    agrees(living.county)
