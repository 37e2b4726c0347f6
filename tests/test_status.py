"""The live status equals a recount, whatever happens, in whatever order and at the same time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import product
from random import Random
from threading import Barrier
from threading import Event as Signal
from typing import TypeVar

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import example, given, settings

from gis import layers
from gis.errors import Refused
from gis.law import Rule
from gis.store import county as counties
from gis.store import server
from gis.store.conform import Terms
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, load
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record, void
from tests.builders import cloned, instant, square, stored
from tests.conftest import at
from tests.events import (
    Delivered,
    Ended,
    Event,
    Law,
    Life,
    Seen,
    Voided,
    events,
    exported,
    pooled,
    recounted_status,
    rule,
    stored_status,
    uid,
    visit,
    waits,
)

NOW = timedelta(0)
WAIT_S = 60
Given = TypeVar("Given")
Act = Callable[[County], object]


@pytest.fixture(scope="module")
def living(template: Settings) -> Iterator[Life]:
    with cloned(template, "test_status") as county:
        life = Life(county)
        yield life
        life.close()


def agrees(county: County) -> None:
    rows, wanted = stored_status(county)
    assert rows == wanted
    assert rows == recounted_status(exported(county), county.timezone)


@settings(max_examples=40, deadline=None)
@given(happened=events())
@example([(NOW, Seen((("b1", "done", NOW, 1),))), (NOW, Ended("b1")), (NOW, Voided(1)), (NOW, Delivered("b1", 1, 0.0))])
@example([(NOW, Ended("b1")), (NOW, Delivered("b1", 1, 0.0)), (NOW, Ended("b1")), (NOW, Delivered("b1", 3, 0.0))])
@example([(NOW, Law(5)), (NOW, Seen((("b1", "done", NOW, 1),))), (NOW, Delivered("b1", 3, 9.0)), (NOW, Law(2))])
def test_after_any_order_of_events_the_status_is_a_recount(
    living: Life, happened: list[tuple[timedelta, Event]]
) -> None:
    living.begin()
    for step, event in happened:
        living.happen(step, event)
        rows, wanted = stored_status(living.county)
        assert rows == wanted
    assert rows == recounted_status(exported(living.county), living.county.timezone)


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


# What two sessions may do to a county where b1 was seen twice, b2 has no rule, and b3, seen once, has ended.


def check(key: str, seen_on: str, outcome: str, number: int) -> Act:
    row = visit(key, instant(seen_on), outcome, number=number)
    return lambda county: record(county, pd.DataFrame([row]))


def grade(key: str, value: str) -> Act:
    return lambda county: stored(county, "building", [{"code": key, "grade": value}])


ACTS: dict[str, Act] = {
    "late": check("b1", "2025-12-30", "done", 11),
    "early": check("b1", "2025-12-01", "done", 12),
    "refused": check("b1", "2025-12-30", "refused", 13),
    "void the last": lambda county: void(county, uid(2), "wrong house"),
    "void the first": lambda county: void(county, uid(1), "wrong house"),
    "class": grade("b1", "C"),
    "no rule": grade("b1", "B"),
    "end": lambda county: ended(county, "b1"),
    "law": lambda county: rules.apply(county, LAW[1:]),
    "check without rule": check("b2", "2025-12-30", "done", 15),
    "void without rule": lambda county: void(county, uid(4), "wrong house"),
    "rule by class": grade("b2", "C"),
    "rule by law": lambda county: rules.apply(county, [*LAW, rule("B", 11)]),
    "void of an ended": lambda county: void(county, uid(3), "wrong house"),
    "check of an ended": check("b3", "2025-12-30", "done", 14),
    "return": lambda county: stored(county, "building", [{"code": "b3", "grade": "C"}], [square(90, 90)]),
}
LAW: tuple[Rule, ...] = (rule("A", 30), rule("A", 9, jurisdiction="CN"), rule("C", 7))
ON_ONE = ("late", "early", "void the last", "class", "end", "law")
ON_ENDED = ("void of an ended", "check of an ended", "return", "law")
UNRULED = ("check without rule", "void without rule", "rule by class", "rule by law")
OTHERS = [("void the first", "void the last"), ("refused", "void the last"), ("no rule", "late"), ("late", "no rule")]
PAIRS = [pair for group in (ON_ONE, ON_ENDED, UNRULED) for pair in product(group, group) if pair != ("law", "law")]


def ended(county: County, key: str) -> None:
    table = county.schema.table(layers.named("building"))
    with county.writing() as connection:
        connection.execute(sa.delete(table).where(table.c.code == key))


def prepared(living: Life) -> None:
    living.begin()
    stored(living.county, "building", [{"code": "b3", "grade": "A"}], [square(90, 90)])
    grade("b2", "B")(living.county)
    rules.apply(living.county, LAW[:1])
    days = {1: ("b1", "2025-12-10"), 2: ("b1", "2025-12-20"), 3: ("b3", "2025-12-21"), 4: ("b2", "2025-12-22")}
    seen = [visit(key, instant(day), number=number) for number, (key, day) in days.items()]
    assert record(living.county, pd.DataFrame(seen)).recorded == 4
    ended(living.county, "b3")


@pytest.fixture(scope="module")
def sessions(living: Life) -> Iterator[tuple[County, County]]:
    """Two sessions of the app."""
    two = pooled(living.county), pooled(living.county)
    yield two
    for each in two:
        each.close()


def interleaved(sessions: tuple[County, County], watcher: County, first: Act, second: Act) -> bool:
    """Let the second start when the first has worked but not committed; tell whether it had to wait."""
    held, own = sessions
    worked, go = Signal(), Signal()

    def before_commit(_connection: sa.Connection) -> None:
        worked.set()
        assert go.wait(WAIT_S)

    sa.event.listen(held.engine, "commit", before_commit)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first, held)
        one.add_done_callback(lambda _: worked.set())
        assert worked.wait(WAIT_S)
        two = pool.submit(second, own)
        waited = False
        while not (two.done() or waited):
            waited = waits(watcher)
        go.set()
        raised = [each.exception(WAIT_S) for each in (one, two)]
        assert all(isinstance(each, Refused) and "was voided" in str(each) for each in raised if each is not None)
    sa.event.remove(held.engine, "commit", before_commit)
    return waited


@pytest.mark.parametrize(("one", "two"), [*PAIRS, *OTHERS])
def test_two_sessions_leave_the_status_a_recount(
    living: Life, sessions: tuple[County, County], one: str, two: str
) -> None:
    prepared(living)
    interleaved(sessions, living.county, ACTS[one], ACTS[two])
    agrees(living.county)


STOCK = [f"s{number:02d}" for number in range(60)]


def shuffled(worker: int, barrier: Barrier, county: County) -> None:
    """Do work of one kind on the whole stock, again and again, each time in another order."""
    drawn = Random(worker)
    for turn in range(8):
        barrier.wait(WAIT_S)
        keys = drawn.sample(STOCK, len(STOCK))
        first = 10_000 * (worker + 1) + 100 * turn
        if worker in {0, 1}:
            rows = [
                visit(key, instant("2025-11-01") + timedelta(days=drawn.randrange(50)), number=first + place)
                for place, key in enumerate(keys)
            ]
            assert record(county, pd.DataFrame(rows)).recorded == len(STOCK)
        elif worker == 2:
            stored(county, "building", [{"code": key, "grade": drawn.choice("ABC")} for key in keys])
        elif worker == 3:
            rules.apply(county, drawn.sample(LAW, 2))
        else:
            for number in range(3):
                void(county, uid(100 * turn + 30 + number), "wrong house")


def test_many_sessions_at_once_meet_no_deadlock_and_leave_a_recount(living: Life) -> None:
    living.begin()
    shapes = [square(200 + 15 * number, 300) for number in range(len(STOCK))]
    stored(living.county, "building", [{"code": key, "grade": "A"} for key in STOCK], shapes)
    seen = [visit("s00", instant("2025-10-01"), number=100 * turn + 30 + n) for turn in range(8) for n in range(3)]
    assert record(living.county, pd.DataFrame(seen)).recorded == len(seen)
    barrier = Barrier(5)
    with ThreadPoolExecutor(5) as pool:
        for each in [pool.submit(shuffled, worker, barrier, living.county) for worker in range(5)]:
            each.result(4 * WAIT_S)
    agrees(living.county)
