"""Checks are recorded once, refused in words, and voided with a reason."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.store.county import County, now
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import Recorded, record, void
from tests.builders import cloned, instant, point, square, stored
from tests.conftest import at
from tests.events import emptied, pooled, rule, uid, visit
from tests.recount import exported

SEEN = instant("2026-03-01T02:00")


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module."""
    with cloned(template, "test_checks") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """The module's clone without rows."""
    emptied(clone)
    return clone


@pytest.fixture(autouse=True)
def houses(county: County) -> None:
    """Two houses and a gas user under a law."""
    stored(
        county, "building", [{"code": "b1", "grade": "A"}, {"code": "b2", "grade": "C"}], [square(0, 0), square(50, 0)]
    )
    stored(county, "gas_user", [{"code": "b1", "kind": "resident", "supply": "bottled"}], [point(5, 5)])
    rules.apply(county, [rule("A", 30), rule("C", 7), rule("resident", 90, subject="home_check")])


def made(*rows: dict[str, Any], index: list[int] | None = None) -> pd.DataFrame:
    return pd.DataFrame(list(rows), index=index)


def checks(county: County) -> pd.DataFrame:
    return exported(county)["check"].sort_values("id", ignore_index=True)


def test_a_repeated_upload_is_one_record(county: County) -> None:
    batch = made(visit("b1", SEEN, number=1), visit("b2", SEEN, number=2))
    assert record(county, batch) == Recorded(2, 0, ())
    before = checks(county)
    assert record(county, batch) == Recorded(0, 2, ())
    more = made(visit("b2", SEEN, number=2), visit("b2", SEEN, number=3), visit("b2", SEEN, number=3))
    assert record(county, more) == Recorded(1, 2, ())
    pd.testing.assert_frame_equal(checks(county).iloc[:2], before)
    assert len(checks(county)) == 3


def test_a_known_uid_keeps_its_first_content(county: County) -> None:
    record(county, made(visit("b1", SEEN, "refused", number=1)))
    assert record(county, made(visit("b2", SEEN + timedelta(days=1), "done", number=1))) == Recorded(0, 1, ())
    row = checks(county).iloc[0]
    assert (row["outcome"], row["seen_at"]) == ("refused", SEEN)


def test_a_voided_check_is_not_brought_back_by_a_repeated_upload(county: County) -> None:
    batch = made(visit("b1", SEEN, number=1))
    record(county, batch)
    void(county, uid(1), "wrong house")
    assert record(county, batch) == Recorded(0, 1, ())
    with county.reading() as connection:
        assert connection.execute(sa.text("SELECT max(last_done_at) FROM status")).scalar_one() is None


def test_rows_of_unknown_objects_come_back_by_index_and_the_others_are_recorded(county: County) -> None:
    rows = [visit(key, SEEN, number=n) for n, key in enumerate(["b1", "nowhere", "b2", "B1"], start=1)]
    rows[3]["object_key"] = None
    batch = made(*rows, visit("b2", SEEN, number=9, layer="gas_user"), index=[10, 20, 30, 40, 50])
    assert record(county, batch) == Recorded(2, 0, (20, 40, 50))
    assert set(checks(county)["uid"]) == {uid(1), uid(3)}


def test_equal_keys_of_two_layers_are_two_objects(county: County) -> None:
    both = made(visit("b1", SEEN, number=1), visit("b1", SEEN, number=2, layer="gas_user"))
    assert record(county, both) == Recorded(2, 0, ())
    with county.reading() as connection:
        found = connection.execute(sa.text("SELECT layer, count(last_done_at) FROM status GROUP BY layer")).all()
    assert {tuple(row) for row in found} == {("building", 1), ("gas_user", 1)}


def test_an_empty_batch_records_nothing(county: County) -> None:
    assert record(county, made(visit("b1", SEEN, number=1)).iloc[:0]) == Recorded(0, 0, ())


def test_optional_columns_are_kept_and_empty_ones_are_empty(county: County) -> None:
    rows = [
        visit("b1", SEEN, number=1) | {"worker_code": "W-1", "note": float("nan"), "synthetic": True},
        visit("b2", SEEN, number=2) | {"worker_code": None, "note": "狗", "synthetic": pd.NA},
    ]
    record(county, made(*rows))
    found = checks(county)[["worker_code", "note", "source", "synthetic"]]
    assert found.to_numpy(object).tolist() == [["W-1", None, None, True], [None, "狗", None, None]]


def test_instants_are_kept_whatever_zone_they_are_said_in(county: County) -> None:
    frame = made(visit("b1", SEEN, number=1), visit("b2", SEEN, number=2))
    frame["seen_at"] = pd.to_datetime(frame["seen_at"]).dt.tz_convert("America/New_York")
    record(county, frame)
    assert set(checks(county)["seen_at"]) == {SEEN}


def test_a_check_seen_in_the_future_is_refused_with_its_row(county: County) -> None:
    clock = instant("2026-03-01T02:00")
    batch = made(
        visit("b1", clock + timedelta(minutes=5), number=1),
        visit("b2", clock + timedelta(minutes=5, microseconds=1), number=2),
        index=[7, 8],
    )
    with pytest.raises(
        Refused, match=r"^check row 8: a visit is recorded after it was made, got \"seen_at=2026-03-01 10:05:00"
    ):
        record(at(county, clock), batch)
    assert len(checks(county)) == 0
    assert record(at(county, clock), batch.iloc[:1]).recorded == 1
    with pytest.raises(Refused, match="row 0: a visit is recorded after it was made"):
        record(county, made(visit("b1", now() + timedelta(hours=1), number=3)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"outcome": "maybe"}, r'row 5: one of done, no_answer, refused, vacant, not_found, got "maybe"'),
        (
            {"kind": "home_check"},
            r"row 5: expected building to be visited as house_check, got .* visited as home",
        ),
        ({"layer": "road"}, r"row 5: expected a layer that is patrolled, got road visited as house_check"),
        ({"uid": None}, r"row 5: uid is empty"),
        ({"outcome": None}, r"row 5: outcome is empty"),
        ({"seen_at": pd.NaT}, r"row 5: seen_at is empty"),
        ({"seen_at": SEEN.replace(tzinfo=None)}, r"row 5: seen_at: expected an instant with its zone"),
    ],
)
def test_a_row_that_is_no_check_is_refused_in_words(county: County, change: dict[str, Any], sentence: str) -> None:
    batch = made(visit("b1", SEEN, number=1), visit("b2", SEEN, number=2) | change, index=[4, 5])
    with pytest.raises(Refused, match=sentence):
        record(county, batch)
    assert len(checks(county)) == 0


def test_a_layer_that_does_not_exist_is_named(county: County) -> None:
    with pytest.raises(UnknownName, match="castle"):
        record(county, made(visit("b1", SEEN, number=1) | {"layer": "castle"}))


def test_many_faults_are_counted_and_the_first_are_named(county: County) -> None:
    batch = made(*(visit("b1", SEEN, number=number) | {"outcome": "?"} for number in range(10)))
    with pytest.raises(Refused, match=r"^check row 0: .*; row 1: .*; row 2: [^;]*; and 7 more$"):
        record(county, batch)


def test_an_object_that_ends_before_its_check_is_written_comes_back_as_unknown(county: County) -> None:
    """The object is looked up, then ends, then the check is inserted: the batch is tried again."""
    table = county.schema.table(layers.named("building"))
    ended: list[bool] = []

    def end_it(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO") and not ended:
            ended.append(True)
            with other.writing() as connection:
                connection.execute(sa.delete(table).where(table.c.code == "b2"))

    other = at(county, now())
    watched = pooled(county)
    sa.event.listen(watched.engine, "before_cursor_execute", end_it)
    assert record(watched, made(visit("b1", SEEN, number=1), visit("b2", SEEN, number=2))) == Recorded(1, 0, (1,))
    assert ended == [True]
    watched.close()


def test_a_void_keeps_the_record_and_takes_it_out_of_the_count(county: County) -> None:
    record(county, made(visit("b1", SEEN, number=1), visit("b1", SEEN - timedelta(days=3), number=2)))
    void(county, uid(1), "照片不符")
    row = checks(county).iloc[-1]
    assert row["uid"] == uid(1)
    assert row["void_reason"] == "照片不符"
    assert row["voided_at"] >= row["recorded_at"]
    with county.reading() as connection:
        done = connection.execute(sa.text("SELECT last_done_at FROM status WHERE last_try = 'done'")).scalars().all()
    assert done == [SEEN - timedelta(days=3)]


def test_a_void_is_refused_without_reason_twice_or_of_nothing(county: County) -> None:
    record(county, made(visit("b1", SEEN, number=1)))
    for reason in ("", " \n\u3000"):
        with pytest.raises(Refused, match="a void needs a reason"):
            void(county, uid(1), reason)
    void(county, uid(1), "wrong house")
    with pytest.raises(Refused, match=rf"check {uid(1)} was voided at 2\d\d\d-.* already"):
        void(county, uid(1), "again")
    with pytest.raises(UnknownName, match=f"no check {uid(2)}"):
        void(county, uid(2), "never was")
    assert checks(county)["void_reason"].tolist() == ["wrong house"]


@pytest.mark.parametrize(
    "statement",
    [
        'DELETE FROM "check"',
        "UPDATE \"check\" SET outcome = 'refused'",
        "UPDATE \"check\" SET seen_at = seen_at - interval '1 day'",
        "UPDATE \"check\" SET void_reason = 'only a reason'",
        'UPDATE "check" SET voided_at = now()',
    ],
)
def test_a_record_is_not_rewritten_or_deleted(county: County, statement: str) -> None:
    record(county, made(visit("b1", SEEN, number=1)))
    for session in (county, at(county, now())):
        with (
            pytest.raises(sa.exc.DBAPIError),
            session.writing() as connection,
        ):  # the app lacks the right, the log refuses
            connection.exec_driver_sql(statement)
    assert checks(county)[["outcome", "seen_at", "voided_at"]].to_numpy(object).tolist() == [["done", SEEN, None]]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO worker (code, name, delivery_id) VALUES ('W-9', '王', 999999999)",
        "UPDATE building SET delivery_id = 999999999",
    ],
)
def test_a_row_names_a_delivery_of_the_log_or_none(county: County, statement: str) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="no delivery 999999999"), county.writing() as connection:
        connection.exec_driver_sql(statement)
    with county.writing() as connection:
        connection.exec_driver_sql(statement.replace("999999999", "NULL"))
        connection.rollback()


def test_a_voids_instant_is_the_servers(county: County) -> None:
    record(county, made(visit("b1", SEEN, number=1)))
    began = now()
    with county.writing() as connection:
        connection.exec_driver_sql("UPDATE \"check\" SET voided_at = '2020-01-01T00:00Z', void_reason = 'early'")
    assert checks(county)["voided_at"].iloc[0] >= began


def test_a_check_is_not_recorded_as_voided(county: County) -> None:
    table = county.schema.table(layers.one(Use.CHECK))
    record(county, made(visit("b1", SEEN, number=1)))
    identity = int(checks(county)["object_id"].iloc[0])
    row = {**visit("b1", SEEN, number=2), "object_id": identity, "voided_at": datetime(2020, 1, 1, tzinfo=UTC)}
    del row["object_key"]
    with pytest.raises(sa.exc.DBAPIError, match="voided_at"), county.writing() as connection:
        connection.execute(sa.insert(table).values(**row, void_reason="from the start"))
