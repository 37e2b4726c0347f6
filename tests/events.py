"""A county that lives: events of every kind in any order."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import sqlalchemy as sa
from hypothesis import strategies as st

from gis import layers
from gis.errors import Refused
from gis.law import Rule
from gis.layer import Use
from gis.store import server
from gis.store.county import County, engine_for
from gis.store.server import DatabaseRole
from gis.work import rules
from gis.work.checks import record, void
from tests.builders import point, square, stored

OUTCOMES = ("done", "no_answer", "refused", "vacant", "not_found")
BUILDINGS = ("b1", "b2", "b3")
USERS = ("u1", "u2")
CELLS = ("990001000000001", "990001000000002")
START = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
KINDS = {layer.name: layer.patrol.kind for layer in layers.every() if layer.patrol is not None}
Instant = datetime


def uid(number: int) -> UUID:
    """Give a UUID of version 7 by its number."""
    return UUID(int=number << 80 | 0x7 << 76 | 0b10 << 62 | number)


def visit(key: str, seen_at: Instant, outcome: str = "done", *, number: int, layer: str = "building") -> dict[str, Any]:
    """Give one row for `record`."""
    names = ("uid", "layer", "object_key", "kind", "outcome", "seen_at")
    return dict(zip(names, (uid(number), layer, key, KINDS[layer], outcome, seen_at), strict=True))


def rule(
    category: str = "A",
    amount: float = 365.0,
    *,
    subject: str = "house_check",
    jurisdiction: str = "default",
    since: date = date(2020, 1, 1),
    until: date | None = None,
    notice_days: int = 0,
) -> Rule:
    """Give a rule of so many days."""
    return Rule(
        jurisdiction=jurisdiction,
        subject=subject,
        category=category,
        amount=amount,
        unit="d",
        notice_days=notice_days,
        valid_from=since,
        valid_to=until,
        article="",
        source="a test",
        mark="INF",
        verified=False,
        note="",
    )


def laws(today: date) -> tuple[tuple[Rule, ...], ...]:
    """Give laws that a county may come under on a day, among them one that starts tomorrow and one that just ended."""
    tomorrow = today + timedelta(days=1)
    users = rule("resident", 20, subject="home_check"), rule("catering", 3, subject="home_check", notice_days=1)
    return (
        (rule("A", 30, notice_days=10), rule("C", 7, notice_days=2), *users),
        (rule("A", 15, notice_days=5), rule("D", 1), *users),
        (rule("A", 30, notice_days=10), rule("A", 2, jurisdiction="CN-33", since=tomorrow), *users[:1]),
        (rule("A", 30, notice_days=10, until=tomorrow), rule("A", 4, since=tomorrow, notice_days=1)),
        (rule("A", 9, jurisdiction="CN", until=today), rule("A", 30, notice_days=10), rule("B", 5, jurisdiction="CN")),
        (),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch of checks: key, outcome, age of the sight, and the number of the uid."""

    visits: tuple[tuple[str, str, timedelta, int], ...]


@dataclass(frozen=True, slots=True)
class Voided:
    """A check is voided, by the number of its uid."""

    number: int


@dataclass(frozen=True, slots=True)
class Law:
    """One of `laws` is applied."""

    which: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """An object is delivered in a class and at a place: it is new, comes back, changes or stays."""

    key: str
    category: int
    east_m: float


@dataclass(frozen=True, slots=True)
class Ended:
    """An object is deleted."""

    key: str


Event = Seen | Voided | Law | Delivered | Ended
GRADES = (None, "A", "B", "C", "D")
USES = ("resident", "catering", "industrial")
STEPS = [timedelta(0), timedelta(seconds=1), timedelta(hours=7), timedelta(days=1), timedelta(days=11)]
AGES = [timedelta(0), timedelta(minutes=-4), timedelta(seconds=1), timedelta(hours=9), timedelta(days=3, hours=5)]
AGES += [timedelta(days=29)]


def events(size: int = 12) -> st.SearchStrategy[list[tuple[timedelta, Event]]]:
    """Give lists of events, each with the time since the one before."""
    keys = st.sampled_from(BUILDINGS + USERS)
    numbers = st.integers(1, 5)
    one = st.tuples(keys, st.sampled_from((*OUTCOMES, "done", "done")), st.sampled_from(AGES), numbers)
    what = st.one_of(
        st.builds(Seen, st.lists(one, min_size=1, max_size=4).map(tuple)),
        st.builds(Seen, st.lists(one, min_size=1, max_size=1).map(tuple)),
        st.builds(Voided, numbers),
        st.builds(Law, st.integers(0, 5)),
        st.builds(Delivered, keys, st.integers(0, 4), st.sampled_from([100.0, 1500.0, 3000.0])),
        st.builds(Ended, keys),
    )
    return st.lists(st.tuples(st.sampled_from(STEPS), what), min_size=1, max_size=size)


class Life:
    """A county whose recorded clock goes from event to event, on connections that are kept."""

    def __init__(self, county: County) -> None:
        self.clock = START
        self.county = pooled(county, DatabaseRole.SUPERUSER)
        sa.event.listen(self.county.engine, "begin", self._set_clock)

    def close(self) -> None:
        """Give the connections back."""
        self.county.close()

    def _set_clock(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL wangge.now = '{self.clock.isoformat()}'")

    def __repr__(self) -> str:
        return f"Life({self.county.name}, {self.clock})"

    def begin(self) -> None:
        """Empty the county, set its clock back, and give it towns, cells, its first objects and law."""
        emptied(self.county)
        self.clock = START
        towns = [{"code": code, "name": f"{code}镇"} for code in ("t1", "t2")]
        stored(self.county, "town", towns, [square(0.0, -500.0, 1000.0), square(1000.0, -500.0, 1000.0)])
        cells = [
            {"code": code, "code_scheme": "local", "town_code": "t1", "valid_from": "2026-01-01"} for code in CELLS
        ]
        stored(self.county, "grid_cell", cells, [square(0.0, -500.0, 2000.0), square(2500.0, -500.0, 1000.0)])
        first = [{"code": key, "grade": "A"} for key in BUILDINGS[:2]]
        stored(self.county, "building", first, [square(100.0, 0.0), square(100.0, 10.0)])
        rules.apply(self.county, laws(self.today)[0])

    @property
    def today(self) -> date:
        """The county's day of the last event."""
        return self.clock.astimezone(self.county.timezone).date()

    def happen(self, step: timedelta, event: Event) -> None:
        """Let an event happen so long after the one before."""
        self.clock += step
        if isinstance(event, Seen):
            record(self.county, pd.DataFrame([self._visit(*each) for each in event.visits]))
        elif isinstance(event, Voided):
            self._void(event.number)
        elif isinstance(event, Law):
            rules.apply(self.county, laws(self.today)[event.which])
        elif isinstance(event, Delivered):
            self._deliver(event)
        else:
            self._end(event.key)

    def _visit(self, key: str, outcome: str, age: timedelta, number: int) -> dict[str, Any]:
        layer = "building" if key in BUILDINGS else "gas_user"
        return visit(key, self.clock - age, outcome, number=number, layer=layer)

    def _void(self, number: int) -> None:
        check = self.county.schema.table(layers.one(Use.CHECK))
        with self.county.reading() as connection:
            row = connection.execute(sa.select(check.c.voided_at).where(check.c.uid == uid(number))).first()
        if row is None:
            return
        try:
            void(self.county, uid(number), "wrong house")
        except Refused:
            assert row.voided_at is not None

    def _deliver(self, event: Delivered) -> None:
        if event.key in BUILDINGS:
            shape = square(event.east_m, 10.0 * BUILDINGS.index(event.key))
            stored(self.county, "building", [{"code": event.key, "grade": GRADES[event.category]}], [shape])
            return
        row = {"code": event.key, "kind": USES[event.category % 3], "supply": "bottled"}
        stored(self.county, "gas_user", [row], [point(event.east_m, 5.0)])

    def _end(self, key: str) -> None:
        table = self.county.schema.table(layers.named("building" if key in BUILDINGS else "gas_user"))
        with self.county.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.code == key))


def pooled(county: County, role: DatabaseRole = DatabaseRole.APP) -> County:
    """Give the same county on connections that are kept, which is quicker where a test opens many."""
    engine = sa.create_engine(server.sqlalchemy_url(county.settings, role))
    sa.event.listen(engine, "connect", lambda driver, _: _prepare(driver, str(county.timezone)))
    return replace(county, engine=engine)


def _prepare(driver: Any, timezone: str) -> None:  # psycopg's connection, as SQLAlchemy hands it over
    with driver.cursor() as cursor:
        cursor.execute(f"SET TimeZone = '{timezone}'")
        cursor.execute("SET search_path = public, pg_temp")
    driver.commit()


def waits(county: County) -> bool:
    """Tell whether a session of the county's database waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with county.reading() as connection:
        return bool(connection.execute(sa.text(query)).scalar_one())


def emptied(county: County) -> None:
    """Take every row out of a county but its own, past every trigger."""
    superuser = engine_for(county.settings, DatabaseRole.SUPERUSER)
    with superuser.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in county.schema.metadata.tables.values():
            if table.name != "county":
                connection.execute(sa.delete(table))
