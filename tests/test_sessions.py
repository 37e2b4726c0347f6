"""Sessions that write at the same time leave the status a recount, and no deadlock reaches their caller."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count, product
from random import Random
from threading import Barrier, BrokenBarrierError
from threading import Event as Signal

import pandas as pd
import pytest
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.law import Rule
from gis.store.county import County
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record, void
from tests.builders import cloned, instant, square, stored
from tests.events import Life, pooled, rule, uid, visit, waits
from tests.recount import agrees

WAIT_S = 60
Act = Callable[[County, int], object]

# What two sessions may do to houses of one lot: one seen twice, one without a rule, and one, seen once, that has ended.


def check(house: str, seen_on: str, outcome: str = "done") -> Act:
    return lambda county, lot: record(
        county, pd.DataFrame([visit(f"{house}-{lot}", instant(seen_on), outcome, number=next(NUMBERS))])
    )


def grade(house: str, value: str) -> Act:
    return lambda county, lot: stored(county, "building", [{"code": f"{house}-{lot}", "grade": value}])


def voided(number: int) -> Act:
    return lambda county, lot: void(county, uid(10 * lot + number), "wrong house")


def ended(county: County, lot: int) -> None:
    table = county.schema.table(layers.named("building"))
    with county.writing() as connection:
        connection.execute(sa.delete(table).where(table.c.code == f"seen-{lot}"))


def returned(county: County, lot: int) -> None:
    stored(county, "building", [{"code": f"gone-{lot}", "grade": "A"}], [square(20 * lot, 90)])


NUMBERS = count(100_000)
LAW: tuple[Rule, ...] = (rule("A", 30), rule("C", 7))
ACTS: dict[str, Act] = {
    "late": check("seen", "2025-12-30"),
    "early": check("seen", "2025-12-01"),
    "refused": check("seen", "2025-12-30", "refused"),
    "void the last": voided(2),
    "void the first": voided(1),
    "class": grade("seen", "C"),
    "no rule": grade("seen", "B"),
    "end": ended,
    "law": lambda county, lot: rules.apply(
        county, [rule("A", 31 + lot), rule("A", 9 + lot, jurisdiction="CN"), LAW[1]]
    ),
    "check without rule": check("bare", "2025-12-30"),
    "void without rule": voided(4),
    "rule by class": grade("bare", "C"),
    "rule by law": lambda county, _lot: rules.apply(county, [*LAW, rule("B", 11)]),
    "void of an ended": voided(3),
    "check of an ended": check("gone", "2025-12-30"),
    "return": returned,
}
ON_ONE = ("late", "early", "void the last", "class", "end", "law")
ON_ENDED = ("void of an ended", "check of an ended", "return", "law")
UNRULED = ("check without rule", "void without rule", "rule by class", "rule by law")
OTHERS = [("void the first", "void the last"), ("refused", "void the last"), ("no rule", "late"), ("late", "no rule")]
PAIRS = [*(pair for group in (ON_ONE, ON_ENDED, UNRULED) for pair in product(group, group)), *OTHERS]


@pytest.fixture(scope="module")
def lots(template: Settings) -> Iterator[Life]:
    """A clone with a lot for each pair."""
    with cloned(template, "test_status_lots") as county:
        life = Life(county)
        houses = [(f"{house}-{lot}", value, lot) for lot in range(len(PAIRS)) for house, value in GRADES.items()]
        shapes = [square(20 * lot, 30 * list(GRADES).index(code.split("-")[0])) for code, _, lot in houses]
        stored(life.county, "building", [{"code": code, "grade": value} for code, value, _ in houses], shapes)
        days = {
            1: ("seen", "2025-12-10"),
            2: ("seen", "2025-12-20"),
            3: ("gone", "2025-12-21"),
            4: ("bare", "2025-12-22"),
        }
        seen = [
            visit(f"{house}-{lot}", instant(day), number=10 * lot + number)
            for lot in range(len(PAIRS))
            for number, (house, day) in days.items()
        ]
        assert record(life.county, pd.DataFrame(seen)).recorded == len(days) * len(PAIRS)
        with life.county.writing() as connection:
            connection.exec_driver_sql("DELETE FROM building WHERE code LIKE 'gone-%%'")
        yield life
        life.close()


GRADES = {"seen": "A", "bare": "B", "gone": "A"}


@pytest.fixture(scope="module")
def sessions(lots: Life) -> Iterator[tuple[County, County]]:
    """Two sessions of the app."""
    two = pooled(lots.county), pooled(lots.county)
    yield two
    for each in two:
        each.close()


def interleaved(sessions: tuple[County, County], watcher: County, acts: tuple[Act, Act], lot: int) -> None:
    """Let the second start when the first has worked but not committed, and the first commit when the second waits."""
    held, own = sessions
    worked, go = Signal(), Signal()

    def before_commit(_connection: sa.Connection) -> None:
        worked.set()
        assert go.wait(WAIT_S)

    sa.event.listen(held.engine, "commit", before_commit)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(acts[0], held, lot)
        one.add_done_callback(lambda _: worked.set())
        assert worked.wait(WAIT_S)
        two = pool.submit(acts[1], own, lot)
        waited = False
        while not (two.done() or waited):
            waited = waits(watcher)
        go.set()
        raised = [each.exception(WAIT_S) for each in (one, two)]
        assert all(isinstance(each, Refused) and "was voided" in str(each) for each in raised if each is not None)
    sa.event.remove(held.engine, "commit", before_commit)


@pytest.mark.parametrize("lot", range(len(PAIRS)), ids=["-".join(pair) for pair in PAIRS])
def test_two_sessions_leave_the_status_a_recount(lots: Life, sessions: tuple[County, County], lot: int) -> None:
    rules.apply(lots.county, LAW)
    one, two = PAIRS[lot]
    interleaved(sessions, lots.county, (ACTS[one], ACTS[two]), lot)
    agrees(lots.county)


STOCK = [f"s{number:03d}" for number in range(300)]
TURNS, VOIDS = 6, 3


def shuffled(worker: int, barrier: Barrier, county: County) -> None:
    """Do work of one kind on the whole stock, again and again, each time in another order."""
    drawn = Random(worker)
    for turn in range(TURNS):
        barrier.wait(WAIT_S)
        keys = drawn.sample(STOCK, len(STOCK))
        first = 100_000 * (worker + 1) + 1000 * turn
        if worker in {0, 1}:
            seen = [instant("2025-11-01") + timedelta(days=drawn.randrange(50)) for _ in keys]
            rows = [visit(key, seen[n], number=first + n) for n, key in enumerate(keys)]
            assert record(county, pd.DataFrame(rows)).recorded == len(STOCK)
        elif worker == 2:
            stored(county, "building", [{"code": key, "grade": drawn.choice("ABC")} for key in keys])
        elif worker == 3:
            rules.apply(county, [rule("A", drawn.randrange(20, 40)), *LAW[1:]])
        else:
            for number in range(VOIDS):
                void(county, uid(VOIDS * turn + number + 1), "wrong house")


def guarded(worker: int, barrier: Barrier, county: County) -> None:
    """Do the work, and let nobody wait for a session that failed."""
    try:
        shuffled(worker, barrier, county)
    except BaseException:
        barrier.abort()
        raise


def test_many_sessions_at_once_meet_no_deadlock_and_leave_a_recount(county: County) -> None:
    shapes = [square(15 * number, 0) for number in range(len(STOCK))]
    stored(county, "building", [{"code": key, "grade": "A"} for key in STOCK], shapes)
    seen = [visit(STOCK[0], instant("2025-10-01"), number=number + 1) for number in range(VOIDS * TURNS)]
    assert record(county, pd.DataFrame(seen)).recorded == len(seen)
    busy = pooled(county)
    barrier = Barrier(5)
    with ThreadPoolExecutor(5) as pool:
        made = [pool.submit(guarded, worker, barrier, busy) for worker in range(5)]
    raised = [each.exception() for each in made]
    assert [each for each in raised if each is not None and not isinstance(each, BrokenBarrierError)] == []
    agrees(county)
    busy.close()
