"""What was recorded stays known: periods without gap or overlap, ids for life, logs that only grow, closed days."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlalchemy as sa
from geoalchemy2.shape import to_shape
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import layers
from gis.layer import Field, Kind, Layer
from gis.store import server
from gis.store.county import County
from gis.store.server import Connection, DatabaseRole
from gis.store.settings import Settings
from gis.store.versions import known
from tests.builders import cloned, inserted, instant, square, stored, undone
from tests.conftest import at

WORKER = layers.named("worker")
TICK = timedelta(microseconds=1)
FIRST, SECOND, THIRD = (instant(f"2026-03-0{day}T08:00+08:00") for day in (1, 2, 3))
LOGS = [layer for layer in layers.every() if layer.log]
ONCE = [layer for layer in LOGS if any(each.once for each in layer.fields)]
FIXED = [(layer, each) for layer in layers.every() for each in layer.fields if each.fixed]
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def place(template: Settings) -> Iterator[County]:
    """One county for the tests of this file that end where they began, or use keys of their own."""
    with cloned(template, "test_history") as found:
        yield found


@contextmanager
def session(county: County, role: DatabaseRole = DatabaseRole.APP) -> Iterator[Connection]:
    """Open a session that begins and ends its transactions itself."""
    with server.connect(county.settings, role) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        yield connection


def one(connection: Connection, query: str, *values: object) -> Any:
    """Give the one value that a query finds."""
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return row[0]


class Version(NamedTuple):
    """A row for as long as it held; `until` None is now."""

    id: int
    value: str | None
    since: datetime
    until: datetime | None


def versions(county: County, code: str) -> list[Version]:
    """Give all versions of a worker in order of time; the value is the town code."""
    now, past = county.schema.table(WORKER), county.schema.past(WORKER)
    with county.reading() as connection:
        rows = [
            *connection.execute(
                sa.select(past.c.id, past.c.town_code, past.c.recorded_at, past.c.recorded_until).where(
                    past.c.code == code
                )
            ),
            *connection.execute(
                sa.select(now.c.id, now.c.town_code, now.c.recorded_at, sa.null()).where(now.c.code == code)
            ),
        ]
    return sorted((Version(*row) for row in rows), key=lambda each: each.since)


def worker(code: str, town: str) -> dict[str, object]:
    return {"code": code, "name": "李某某", "town_code": town}


def key() -> str:
    """Give a key that no other test uses."""
    return f"W-{next(NUMBERS)}"


def seamless(found: list[Version]) -> bool:
    """Whether each version has a length and begins where the one before it ends."""
    whole = all(each.until is None or each.since < each.until for each in found)
    return whole and all(one.until == two.since for one, two in itertools.pairwise(found))


def test_an_update_keeps_the_old_version_with_its_period(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    stored(at(place, SECOND), "worker", [worker(code, "T2")])
    stored(at(place, THIRD), "worker", [worker(code, "T3")])
    found = versions(place, code)
    assert [(each.value, each.since, each.until) for each in found] == [
        ("T1", FIRST, SECOND),
        ("T2", SECOND, THIRD),
        ("T3", THIRD, None),
    ]
    assert len({each.id for each in found}) == 1


def test_a_past_version_holds_every_column_as_it_was(place: County) -> None:
    layer = layers.named("building")
    code = key()
    stored(at(place, FIRST), "building", [{"code": code, "grade": "A", "floors": 3}], [square(0, 0)])
    now, past = place.schema.table(layer), place.schema.past(layer)
    with place.reading() as connection:
        before = connection.execute(sa.select(now).where(now.c.code == code)).mappings().one()
    stored(at(place, SECOND), "building", [{"code": code, "grade": "D", "floors": 4}], [square(50, 50)])
    with place.reading() as connection:
        kept = connection.execute(sa.select(past).where(past.c.code == code)).mappings().one()
        after = connection.execute(sa.select(now).where(now.c.code == code)).mappings().one()
    assert {name: str(kept[name]) for name in before} == {name: str(before[name]) for name in before}
    assert kept["recorded_until"] == after["recorded_at"] == SECOND
    assert to_shape(kept["geom"]).equals(square(0, 0))
    assert to_shape(after["geom"]).equals(square(50, 50))
    assert kept["delivery_id"] != after["delivery_id"]


def test_a_delivery_that_changes_nothing_makes_no_version(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    assert stored(at(place, SECOND), "worker", [worker(code, "T1")]).unchanged == 1
    assert [each.since for each in versions(place, code)] == [FIRST]


def test_an_object_keeps_its_id_beyond_its_end(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    with session(place) as app:
        app.execute("DELETE FROM worker WHERE code = %s", [code])
    gone = versions(place, code)
    stored(place, "worker", [worker(code, "T2")])
    found = versions(place, code)
    assert [each.value for each in found] == ["T1", "T2"]
    assert {each.id for each in found} == {gone[0].id}
    assert gone[0].until is not None
    assert gone[0].until < found[1].since


def test_a_key_that_was_given_up_for_another_is_a_new_object(place: County) -> None:
    old, new = key(), key()
    stored(place, "worker", [worker(old, "T1")])
    with session(place) as app:
        app.execute("UPDATE worker SET code = %s WHERE code = %s", [new, old])
    assert stored(place, "worker", [worker(old, "T2"), worker(new, "T1")]).new == 1
    renamed, made = versions(place, new)[-1], versions(place, old)[-1]
    assert renamed.id == versions(place, old)[0].id
    assert made.id != renamed.id


def test_an_id_never_changes(place: County) -> None:
    code = key()
    stored(place, "worker", [worker(code, "T1")])
    with session(place) as app, pytest.raises(psycopg.errors.CheckViolation, match="an object keeps its id"):
        app.execute("UPDATE worker SET id = nextval('object_id') WHERE code = %s", [code])


def test_two_updates_in_one_transaction_are_two_versions(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    with session(place) as app, app.transaction():
        began = one(app, "SELECT now()")
        app.execute("UPDATE worker SET town_code = 'T2' WHERE code = %s", [code])
        app.execute("UPDATE worker SET town_code = 'T3' WHERE code = %s", [code])
    found = versions(place, code)
    assert [each.value for each in found] == ["T1", "T2", "T3"]
    assert [each.since for each in found] == [FIRST, began, began + TICK]
    assert seamless(found)


def test_an_object_that_ends_and_returns_in_one_transaction_has_one_version_at_a_time(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    with session(place) as app:
        for _ in range(2):
            with app.transaction():
                app.execute("UPDATE worker SET town_code = 'T2' WHERE code = %s", [code])
                identity = one(app, "DELETE FROM worker WHERE code = %s RETURNING id", code)
                row = "INSERT INTO worker (id, code, name, town_code) VALUES (%s, %s, '李某某', 'T3')"
                app.execute(row, [identity, code])
    found = versions(place, code)
    assert [each.value for each in found] == ["T1", "T2", "T3", "T2", "T3"]
    assert seamless(found)


def test_a_slower_transaction_that_began_earlier_follows_the_faster_one(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    with session(place) as slow, session(place) as fast:
        slow.execute("BEGIN")
        early = one(slow, "SELECT now()")
        fast.execute("UPDATE worker SET town_code = 'fast' WHERE code = %s", [code])
        slow.execute("UPDATE worker SET town_code = 'slow' WHERE code = %s", [code])
        slow.execute("COMMIT")
    found = versions(place, code)
    assert [each.value for each in found] == ["T1", "fast", "slow"]
    assert seamless(found)
    assert early < found[1].since < found[2].since == found[1].since + TICK


def test_an_object_never_returns_before_it_ended(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T1")])
    with session(place) as slow, session(place) as fast:
        slow.execute("BEGIN")
        one(slow, "SELECT now()")
        identity = one(fast, "DELETE FROM worker WHERE code = %s RETURNING id", code)
        row = "INSERT INTO worker (id, code, name, town_code) VALUES (%s, %s, '李某某', 'T2')"
        slow.execute(row, [identity, code])
        slow.execute("COMMIT")
    found = versions(place, code)
    assert [each.value for each in found] == ["T1", "T2"]
    assert seamless(found)


def blocked(watcher: Connection, pid: int) -> bool:
    """Whether a session waits for another one."""
    return bool(one(watcher, "SELECT cardinality(pg_blocking_pids(%s)) > 0", pid))


def test_sessions_that_wait_for_each_other_leave_neither_gap_nor_overlap(place: County) -> None:
    code = key()
    stored(at(place, FIRST), "worker", [worker(code, "T0")])
    with session(place) as first, session(place) as second, session(place) as watcher:
        for turn in range(1, 4):
            for connection in (second, first) if turn % 2 else (first, second):
                connection.execute("BEGIN")
                one(connection, "SELECT now()")
            first.execute("UPDATE worker SET town_code = %s WHERE code = %s", [f"first {turn}", code])
            statement = "UPDATE worker SET town_code = town_code || ', second' WHERE code = %s"
            waiting = threading.Thread(target=second.execute, args=(statement, [code]))
            waiting.start()
            assert any(blocked(watcher, second.info.backend_pid) for _ in range(20_000))
            first.execute("COMMIT")
            waiting.join(timeout=30)
            second.execute("COMMIT")
    found = versions(place, code)
    assert [each.value for each in found][:3] == ["T0", "first 1", "first 1, second"]
    assert len(found) == 7
    assert seamless(found)


def refuse(connection: sa.Connection, statement: sa.Executable, words: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=words), connection.begin_nested():
        connection.execute(statement)


@pytest.mark.parametrize("layer", LOGS, ids=lambda each: each.name)
def test_a_log_is_neither_deleted_from_nor_rewritten_by_anybody(place: County, layer: Layer) -> None:
    table = place.schema.table(layer)
    plain = [each for each in layer.fields if not each.once]
    with undone(place) as connection:
        identity = inserted(connection, place, layer, {})
        for role, words in ((DatabaseRole.OWNER, "a log is not"), (DatabaseRole.APP, "permission denied")):
            connection.exec_driver_sql(f"SET LOCAL ROLE {role.value}")
            refuse(connection, sa.delete(table), words)
            for each in plain:
                refuse(connection, _changed(table, each, identity), words)
        assert connection.execute(sa.select(table.c.id).where(table.c.id == identity)).scalars().all() == [identity]


def _changed(table: sa.Table, field: Field, identity: int) -> sa.Update:
    """Give an update that makes one column another value of its kind."""
    other = {
        Kind.TEXT: "'other'",
        Kind.INTEGER: "coalesce({}, 0) + 1",
        Kind.REAL: "coalesce({}, 0) + 1",
        Kind.BOOLEAN: "NOT coalesce({}, false)",
        Kind.DATE: "coalesce({}, '2026-01-01') + 1",
        Kind.INSTANT: "coalesce({}, now()) - interval '1 day'",
        Kind.UUID: "gen_random_uuid()",
        Kind.JSON: """'{{"other": 1}}'::jsonb""",
    }[field.kind]
    return sa.update(table).where(table.c.id == identity).values({field.name: sa.text(other.format(f'"{field.name}"'))})


@pytest.mark.parametrize("layer", ONCE, ids=lambda each: each.name)
def test_what_is_written_once_comes_after_the_row_and_by_the_servers_clock(place: County, layer: Layer) -> None:
    table = place.schema.table(layer)
    instants = [each.name for each in layer.fields if each.once and each.kind is Kind.INSTANT]
    words = [each.name for each in layer.fields if each.once and each.kind is Kind.TEXT]
    values: dict[str, object] = dict.fromkeys(instants, instant("2001-01-01T00:00")) | dict.fromkeys(words, "why")
    with undone(place, DatabaseRole.APP) as app:
        with pytest.raises(sa.exc.IntegrityError, match="is written after the row, not with it"), app.begin_nested():
            inserted(app, place, layer, values)
        identity = inserted(app, place, layer, {})
        update = sa.update(table).where(table.c.id == identity)
        app.execute(update.values(values))
        row = app.execute(sa.select(table, sa.func.now().label("now")).where(table.c.id == identity)).mappings().one()
        assert {row[name] for name in instants} == {row["now"]}
        assert {row[name] for name in words} <= {"why"}
        for name in (*instants, *words):
            for other in (None, instant("2031-01-01T00:00") if name in instants else "because"):
                refuse(app, update.values({name: other}), f"{name} is written once")


@pytest.mark.parametrize(("layer", "field"), FIXED, ids=lambda each: each.name)
def test_a_fixed_value_never_changes_once_it_is_stored(place: County, layer: Layer, field: Field) -> None:
    table = place.schema.table(layer)
    with undone(place) as connection:
        if connection.execute(sa.select(table.c.id)).first() is None:
            inserted(connection, place, layer, {})
        identity = connection.execute(sa.select(table.c.id)).scalar_one()
        refuse(connection, _changed(table, field, identity), f"{layer.name}: {field.name} never changes")
        same = sa.update(table).where(table.c.id == identity).values({field.name: table.c[field.name]})
        assert connection.execute(same).rowcount == 1


FORGERIES = (
    "INSERT INTO worker (code, name, recorded_at) VALUES ('{new}', '李某某', '2001-01-01')",
    "INSERT INTO worker (code, name, recorded_at) VALUES ('{new}', '李某某', '2091-01-01')",
    (
        "INSERT INTO worker (code, name) VALUES ('{old}', '李某某') ON CONFLICT (code) DO UPDATE "
        "SET town_code = 'T2', recorded_at = '2001-01-01'"
    ),
    "UPDATE worker SET town_code = 'T2', recorded_at = '2001-01-01' WHERE code = '{old}'",
    "DELETE FROM worker WHERE code = '{old}'",
)


@pytest.mark.parametrize("clock", ["", "2001-01-01T00:00+08:00", "2091-01-01T00:00+08:00"])
@pytest.mark.parametrize("statement", FORGERIES)
def test_the_app_cannot_choose_when_a_row_was_recorded(place: County, statement: str, clock: str) -> None:
    old, new = key(), key()
    stored(at(place, FIRST), "worker", [worker(old, "T1")])
    with session(place) as app, app.transaction():
        if clock:
            app.execute("SELECT set_config('wangge.now', %s, false)", [clock])
        began = one(app, "SELECT now()")
        app.execute(statement.format(old=old, new=new).encode())
    found = [*versions(place, old), *versions(place, new)]
    assert {each.since for each in found} <= {FIRST, began}
    assert {each.until for each in found} <= {began, None}
    assert began in {found[0].until, found[-1].since}


def test_the_app_can_neither_write_the_past_nor_become_the_owner(place: County) -> None:
    for statement in (
        "DELETE FROM worker_past",
        "UPDATE worker_past SET town_code = 'T9'",
        "INSERT INTO worker_past (id) SELECT id FROM worker",
        "TRUNCATE worker",
        "SET ROLE wangge_owner",
        "SET session_replication_role = replica",
        "ALTER TABLE worker DISABLE TRIGGER ALL",
    ):
        with session(place) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement)


def test_a_log_takes_its_instant_from_the_server(place: County) -> None:
    with session(place) as app, app.transaction():
        app.execute("SELECT set_config('wangge.now', '2001-01-01', true)")
        row = (
            "INSERT INTO run (number, plan, parameters, input_digest, code_version, recorded_at) "
            "VALUES (%s, 'p', '{}', '', '', '2001-01-01') RETURNING recorded_at = now()"
        )
        assert one(app, row, key()) is True


def shift_midnight(superuser: Connection) -> tuple[Any, Any]:
    """Let the county's next midnight be a whole second ahead, at least 0.3 s; give that instant and the day it ends."""
    ends = one(superuser, "SELECT date_trunc('second', clock_timestamp() + interval '0.3 s') + interval '1 s'")
    east_s = -int(ends.timestamp()) % 86_400
    west = east_s > 43_200
    hours, rest = divmod(86_400 - east_s if west else east_s, 3_600)
    zone = f"<here>{'+' if west else '-'}{hours}:{rest // 60:02}:{rest % 60:02}"
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("UPDATE county SET timezone = %s", [zone])
    superuser.execute("SET session_replication_role = origin")
    return ends, one(superuser, "SELECT county_day(%s) - 1", ends)


def closed(connection: Connection, day: Any) -> bool:
    """Whether a day is over and its writers have ended; LockNotAvailable while one of them is at work."""
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '50ms'")
        return bool(one(connection, "SELECT day_is_closed(%s)", day))


def test_nothing_is_added_to_a_day_that_is_over(county: County) -> None:
    row = "INSERT INTO worker (code, name) VALUES (%s, '李某某')"
    with (
        session(county, DatabaseRole.SUPERUSER) as superuser,
        session(county) as writer,
        session(county) as late,
        session(county) as undecided,
        session(county) as asker,
    ):
        midnight, day = shift_midnight(superuser)
        for connection in (writer, late, undecided):
            connection.execute("BEGIN")
            assert one(connection, "SELECT now() < %s", midnight)
        writer.execute(row, ["W-1"])
        undecided.execute("SAVEPOINT before")
        undecided.execute(row, ["W-2"])
        undecided.execute("ROLLBACK TO SAVEPOINT before")
        assert closed(asker, day) is False
        while not one(asker, "SELECT clock_timestamp() >= %s", midnight):
            pass
        for connection in (late, undecided):
            with pytest.raises(psycopg.errors.SerializationFailure, match="ended before this transaction wrote"):
                connection.execute(row, ["W-3"])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            closed(asker, day)
        writer.execute(row, ["W-4"])
        writer.execute("COMMIT")
        assert closed(asker, day) is True
        assert closed(asker, day + timedelta(days=1)) is False
        found = asker.execute("SELECT code, county_day(recorded_at) FROM worker ORDER BY code").fetchall()
    assert found == [("W-1", day), ("W-4", day)]


def test_an_open_day_waits_for_its_own_writers_alone(place: County) -> None:
    with session(place, DatabaseRole.OWNER) as writer, session(place) as asker:
        writer.execute("BEGIN")
        writer.execute("SET LOCAL wangge.now = '2026-03-02T23:59:59+08:00'")
        writer.execute("INSERT INTO worker (code, name) VALUES (%s, '李某某')", [key()])
        assert closed(asker, datetime(2026, 3, 1, tzinfo=UTC).date()) is True
        assert closed(asker, datetime(2026, 3, 3, tzinfo=UTC).date()) is True
        with pytest.raises(psycopg.errors.LockNotAvailable):
            closed(asker, datetime(2026, 3, 2, tzinfo=UTC).date())
        writer.execute("ROLLBACK")
        assert closed(asker, datetime(2026, 3, 2, tzinfo=UTC).date()) is True


def test_a_new_rule_waits_for_whoever_writes_and_writers_wait_for_it(place: County) -> None:
    rule = (
        "INSERT INTO rule_version (number, rule, jurisdiction, rank, subject, category, amount, unit, notice_days, "
        "valid_from, verified) VALUES (%s, 'r', 'default', 0, 's', 'c', 9, 'd', 1, '2026-01-01', false)"
    )
    person = "INSERT INTO worker (code, name) VALUES (%s, '李某某')"
    for first, second in ((rule, person), (person, rule)):
        with session(place) as one_, session(place) as other:
            one_.execute("BEGIN")
            one_.execute(first.encode(), [key()])
            other.execute("SET lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(second.encode(), [key()])
            one_.execute("ROLLBACK")
            with other.transaction(force_rollback=True):
                other.execute(second.encode(), [key()])


@dataclass
class Replay:
    """What a database must know, worked out row by row: all versions, and which one holds now."""

    past: list[Version] = field(default_factory=list)
    now: dict[str, Version] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def deliver(self, code: str, value: str, moment: datetime) -> None:
        held = self.now.get(code)
        if held is not None and held.value == value:
            return
        if held is not None:
            self.end(code, moment)
        identity = self.ids.setdefault(code, -1 - len(self.ids))
        ended = [each.until for each in self.past if each.id == identity and each.until is not None]
        self.now[code] = Version(identity, value, max([moment, *ended]), None)

    def end(self, code: str, moment: datetime) -> None:
        held = self.now.pop(code, None)
        if held is not None:
            self.past.append(held._replace(until=max(moment, held.since + TICK)))

    def known(self, moment: datetime) -> set[tuple[int, str | None]]:
        every = [*self.past, *self.now.values()]
        return {
            (each.id, each.value)
            for each in every
            if each.since < moment and (each.until is None or each.until >= moment)
        }


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["deliver", "deliver", "end"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["T1", "T2"]),
        st.sampled_from([FIRST, SECOND, THIRD]),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=30, deadline=None)
@given(operations=OPERATIONS)
def test_any_past_instant_is_known_as_a_replay_of_the_operations_gives_it(
    place: County, operations: list[tuple[str, str, str, datetime]]
) -> None:
    codes = {name: key() for name in ("a", "b")}
    replay = Replay()
    for what, name, value, moment in operations:
        clock = at(place, moment)
        if what == "deliver":
            stored(clock, "worker", [worker(codes[name], value)])
            replay.deliver(codes[name], value, moment)
        else:
            with clock.writing() as connection:
                table = place.schema.table(WORKER)
                connection.execute(sa.delete(table).where(table.c.code == codes[name]))
            replay.end(codes[name], moment)
    found = {code: versions(place, code) for code in codes.values()}
    assert all(len({each.id for each in each_} | {0}) <= 2 for each_ in found.values())
    real = {replay.ids[code]: each[0].id for code, each in found.items() if each}
    edges = {FIRST, SECOND, THIRD, *(each.since for each in replay.past), *(each.since for each in replay.now.values())}
    with place.reading() as connection:
        for moment in sorted({edge + step for edge in edges for step in (-TICK, TICK * 0, TICK)}):
            rows = known(place.schema, WORKER, moment)
            query = sa.select(rows.c.id, rows.c.town_code).where(rows.c.code.in_(codes.values()))
            wanted = {(real[identity], value) for identity, value in replay.known(moment)}
            got = [tuple(row) for row in connection.execute(query)]
            assert len(got) == len(wanted)
            assert set(got) == wanted
