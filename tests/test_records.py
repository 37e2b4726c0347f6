"""Records of existing systems: they keep their number and source, and nothing is invented or rewritten."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gis import layers
from gis.errors import DeliveryError, Refused
from gis.run.deliver import Delivery, load_file
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Mode, Origin, Outcome, load, rehearse
from gis.store.load.beside import RECORDS, key_of
from gis.store.load.conform import Terms
from gis.store.load.moments import moments
from gis.store.settings import Settings
from gis.work import rules
from tests.builders import cloned, point, square, stored
from tests.events import emptied, rule
from tests.recount import agrees, stored_status

CHECK = layers.named("check")


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    """A county that the tests of this file share."""
    with cloned(template, "test_records") as county:
        yield county


@pytest.fixture
def place(kept: County) -> County:
    """Two buildings, a gas user in the first, and the rules of a test."""
    return furnished(kept)


def furnished(county: County) -> County:
    """Empty the county and give it two buildings, a gas user in the first and two rules."""
    emptied(county)
    stored(county, "building", [{"code": "B-1"}, {"code": "B-2"}], [square(100, 100), square(200, 100)])
    user = {"code": "U-1", "kind": "resident", "supply": "bottled", "building_code": "B-1"}
    stored(county, "gas_user", [user], [point(105, 105)])
    rules.apply(county, (rule("A", 30, notice_days=10), rule("resident", 365, subject="home_check")))
    return county


def taken(county: County, rows: Sequence[Mapping[str, object]], source: str = "安检系统", **terms: object) -> Outcome:
    """Load records of checks."""
    reading = reading_of(pd.DataFrame([dict(row) for row in rows], dtype=object), None, None)
    said = Terms(zone=county.timezone, source=source, **terms)  # type: ignore[arg-type] # as the tests name them
    return load(county, CHECK, reading, Origin("checks.xlsx"), terms=said)


def record(
    number: str, building: str | None = "B-1", outcome: str = "合格", at: object = "2026-03-04 09:30"
) -> dict[str, object]:
    """Give a record as another system exports it."""
    return {"记录编号": number, "建筑编号": building, "安检结果": outcome, "安检时间": at}


def rows_of(county: County, text: str) -> list[tuple[Any, ...]]:
    """Give the rows of a query."""
    with county.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def test_a_record_keeps_its_number_and_source_and_takes_the_kind_of_its_layer(place: County) -> None:
    outcome = taken(
        place,
        [
            record("A-1"),
            {
                "记录编号": "A-2",
                "图层": "燃气用户",
                "对象编号": "U-1",
                "检查结果": "到访不遇",
                "检查日期": "2026年3月5日",
            },
        ],
    )
    assert (outcome.delivered, outcome.new, outcome.rejected) == (2, 2, 0), outcome.faults
    query = 'SELECT number, source, layer, kind, outcome, seen_at, seen_precision FROM "check" ORDER BY number'
    assert rows_of(place, query) == [
        ("A-1", "安检系统", "building", "house_check", "done", datetime(2026, 3, 4, 1, 30, tzinfo=UTC), None),
        ("A-2", "安检系统", "gas_user", "home_check", "no_answer", datetime(2026, 3, 4, 16, 0, tzinfo=UTC), "day"),
    ]
    uid = key_of(CHECK, ["安检系统", "A-1"])
    assert uid.version == 5  # type: ignore[union-attr] # the key of checks is a UUID
    assert rows_of(place, "SELECT uid, delivery_id IS NOT NULL FROM \"check\" WHERE number = 'A-1'") == [(uid, True)]
    log = "SELECT layer, delivered, new, changed, unchanged, rejected FROM delivery WHERE layer = 'check'"
    assert rows_of(place, log) == [("check", 2, 2, 0, 0, 0)]
    agrees(place)


def test_a_second_delivery_changes_nothing(place: County) -> None:
    rows = [record("A-1"), record("A-2", "B-2", "拒检", "2026-03-05")]
    taken(place, rows)
    before = rows_of(place, 'SELECT * FROM "check" ORDER BY id')
    again = taken(place, rows)
    assert (again.new, again.changed, again.unchanged, again.rejected) == (0, 0, 2, 0)
    assert rows_of(place, 'SELECT * FROM "check" ORDER BY id') == before
    other = taken(place, rows, "另一系统")
    assert other.new == 2


def test_a_record_with_other_content_is_rejected_and_says_what_differs(place: County) -> None:
    taken(place, [record("A-1"), record("A-2")])
    outcome = taken(place, [record("A-1", outcome="拒检", at="2026-03-05 09:30"), record("A-2"), record("A-3", "B-2")])
    assert (outcome.delivered, outcome.new, outcome.unchanged, outcome.rejected) == (3, 1, 1, 1)
    told = {fault.field: (fault.row, fault.constraint, fault.actual) for fault in outcome.faults}
    assert set(told) == {"outcome", "seen_at"}
    assert told["outcome"] == (1, "recorded", '"refused"')
    assert any("日志不改写" in fault.expected and '"done"' in fault.expected for fault in outcome.faults)
    assert rows_of(place, "SELECT outcome FROM \"check\" WHERE number = 'A-1'") == [("done",)]
    agrees(place)


def test_an_unknown_object_is_rejected_with_candidates(place: County) -> None:
    rows = [record("A-1", "B1"), record("A-2", None), {**record("A-3"), "图层": "道路"}]
    outcome = taken(place, rows)
    assert (outcome.new, outcome.rejected) == (0, 3)
    told = {fault.row: fault for fault in outcome.faults}
    assert 'no building "B1"' in told[1].actual
    assert '"B-1"' in told[1].actual
    assert told[2].constraint == "required"
    assert "建筑" in told[3].actual


def test_a_record_that_names_a_user_and_its_building_is_about_the_user(place: County) -> None:
    outcome = taken(place, [{**record("A-1"), "用户编号": "U-1"}])
    assert outcome.new == 1, outcome.faults
    assert rows_of(place, 'SELECT layer FROM "check"') == [("gas_user",)]


def test_a_word_that_is_no_outcome_is_rejected(place: County) -> None:
    outcome = taken(place, [record("A-1", outcome="下次再来"), record("A-2", outcome="空房")])
    assert [(fault.row, fault.field, fault.constraint) for fault in outcome.faults] == [
        (1, "outcome", "outcome_choices")
    ]
    assert rows_of(place, 'SELECT outcome FROM "check"') == [("vacant",)]


def test_records_without_a_source_or_a_number_are_not_taken(place: County) -> None:
    with pytest.raises(DeliveryError, match="--source"):
        taken(place, [record("A-1")], source="")
    outcome = taken(place, [record("A-1"), {**record(""), "记录编号": None}])
    assert [(fault.row, fault.field, fault.constraint) for fault in outcome.faults] == [(2, "number", "required")]
    twice = taken(place, [record("A-7"), record("A-7", "B-2")])
    assert twice.rejected == 2
    assert rows_of(place, 'SELECT number FROM "check"') == [("A-1",)]


def test_a_delivery_names_its_source_row_by_row(place: County) -> None:
    outcome = taken(place, [{**record("1"), "来源系统": "甲"}, {**record("1"), "来源系统": "乙"}, record("1")], "丙")
    assert outcome.new == 3
    assert {row[0] for row in rows_of(place, 'SELECT source FROM "check"')} == {"甲", "乙", "丙"}


def test_a_log_is_not_replaced_and_a_rehearsal_stores_nothing(place: County) -> None:
    with pytest.raises(Refused, match="only added to"):
        taken(place, [record("A-1")], mode=Mode.REPLACE)
    reading = reading_of(pd.DataFrame([record("A-1"), record("A-2", "B-9")]), None, None)
    outcome = rehearse(place, CHECK, reading, Origin("f"), terms=Terms(zone=place.timezone, source="甲"))
    assert (outcome.new, outcome.rejected) == (1, 1)
    assert rows_of(place, 'SELECT count(*) FROM "check"') == [(0,)]


def test_a_record_stays_unchanged_after_its_object_has_ended(place: County) -> None:
    taken(place, [record("A-1", "B-2")])
    with place.writing() as connection:
        connection.exec_driver_sql("DELETE FROM building WHERE code = 'B-2'")
    outcome = taken(place, [record("A-1", "B-2"), record("A-2", "B-2")])
    assert (outcome.unchanged, outcome.rejected) == (1, 1)


def test_what_is_seen_in_the_future_is_rejected(place: County) -> None:
    outcome = taken(place, [record("A-1", at="2099-01-01 08:00")])
    assert [fault.constraint for fault in outcome.faults] == ["not_seen_in_the_future"]


@pytest.mark.parametrize(
    ("came", "instant", "day"),
    [
        ("2026-03-04", datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        ("2026/3/4", datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        ("20260304", datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        ("2026年3月4日", datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        (date(2026, 3, 4), datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        (datetime(2026, 3, 4, tzinfo=UTC).replace(tzinfo=None), datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        ("2026-03-04 00:00:00", datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        ("2026-03-04T00:00:00+08:00", datetime(2026, 3, 3, 16, tzinfo=UTC), False),
        ("2026/3/4 9:30", datetime(2026, 3, 4, 1, 30, tzinfo=UTC), False),
        ("2026-03-04 09:30:15", datetime(2026, 3, 4, 1, 30, 15, tzinfo=UTC), False),
        ("2026年3月4日 9时30分", datetime(2026, 3, 4, 1, 30, tzinfo=UTC), False),
        ("2026-03-04T01:30:00Z", datetime(2026, 3, 4, 1, 30, tzinfo=UTC), False),
        (pd.Timestamp("2026-03-04 09:30"), datetime(2026, 3, 4, 1, 30, tzinfo=UTC), False),
        (None, None, False),
    ],
)
def test_a_day_alone_is_told_from_an_instant(
    kept: County,
    came: object,
    instant: datetime | None,
    day: bool,  # noqa: FBT001 - a case, not an option
) -> None:
    found = moments(pd.Series([came], dtype=object), kept.timezone)
    assert found.values.tolist() == [instant]
    assert found.day_only.tolist() == [day]
    assert not found.unreadable.any()


@pytest.mark.parametrize("came", ["昨天", "2026-13-01", "9:30", "2026-03-04 25:00", "2026-02-30", 5])
def test_what_is_no_moment_is_not_read(kept: County, came: object) -> None:
    found = moments(pd.Series([came], dtype=object), kept.timezone)
    assert found.unreadable.tolist() == [True]
    assert found.values.tolist() == [None]


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=2, max_size=2, unique=True))
def test_the_number_of_a_system_makes_one_key_and_another_makes_another(pairs: list[tuple[str, str]]) -> None:
    for layer in (CHECK, layers.named("hazard")):
        one, other = (key_of(layer, each) for each in pairs)
        assert one != other
        assert key_of(layer, pairs[0]) == one
    assert RECORDS.version == 5


VISITS = st.tuples(
    st.sampled_from(["B-1", "B-2"]),
    st.sampled_from(["合格", "到访不遇", "拒检"]),
    st.sampled_from(["2026-03-04", "2026-03-04 09:30", "2026-02-01", "2026-03-04 23:59", "2026-05-05"]),
)


@given(st.lists(VISITS, min_size=1, max_size=6), st.integers(0, 9), st.integers(1, 3))
@hypothesis_settings(max_examples=8, deadline=None)
def test_any_order_of_deliveries_gives_the_same_status_as_a_recount(
    kept: County, visits: list[tuple[str, str, str]], seed: int, size: int
) -> None:
    rows = [record(f"A-{at}", *each) for at, each in enumerate(visits)]
    shuffled = Random(seed).sample(rows, len(rows))
    found = []
    for order in (rows, shuffled):
        furnished(kept)
        for start in range(0, len(order), size):
            assert taken(kept, order[start : start + size]).rejected == 0
        assert taken(kept, rows).unchanged == len(rows)
        agrees(kept)
        status, wanted = stored_status(kept)
        assert status == wanted
        keys = dict(rows_of(kept, "SELECT id, code FROM building UNION SELECT id, code FROM gas_user"))
        found.append({(keys[row[0]], *row[3:]) for row in status})
    assert found[0] == found[1]


def test_a_workbook_of_checks_is_loaded_and_loaded_again(place: County, tmp_path: Path) -> None:
    path = tmp_path / "checks.xlsx"
    frame = pd.DataFrame(
        {
            "记录编号": ["A-1", "A-2", "A-3"],
            "建筑编号": ["B-1", "B-2", "B-7"],
            "检查结果": ["合格", "到访不遇", "合格"],
            "检查日期": [datetime(2026, 3, day, tzinfo=UTC).replace(tzinfo=None) for day in (1, 2, 3)],
        }
    )
    frame.to_excel(path, index=False, engine="xlsxwriter")
    delivery = Delivery(path, source="房屋系统")
    first, _ = load_file(place, CHECK, delivery)
    assert (first.delivered, first.new, first.rejected) == (3, 2, 1)
    assert [fault.constraint for fault in first.faults] == ["joins"]
    again, _ = load_file(place, CHECK, delivery)
    assert (again.new, again.unchanged, again.rejected) == (0, 2, 1)
    found = rows_of(place, 'SELECT number, seen_precision, seen_at, outcome FROM "check" ORDER BY number')
    assert found == [
        ("A-1", "day", datetime(2026, 2, 28, 16, tzinfo=UTC), "done"),
        ("A-2", "day", datetime(2026, 3, 1, 16, tzinfo=UTC), "no_answer"),
    ]
    agrees(place)


def test_a_workbook_of_gas_users_takes_its_places_from_the_buildings(place: County, tmp_path: Path) -> None:
    path = tmp_path / "users.xlsx"
    frame = pd.DataFrame(
        {"用户编号": ["U-8", "U-9"], "用户类别": ["居民"] * 2, "供气方式": ["瓶装"] * 2, "建筑编号": ["B-2", "B-22"]}
    )
    frame.to_excel(path, index=False, engine="xlsxwriter")
    outcome, _ = load_file(place, layers.named("gas_user"), Delivery(path))
    assert (outcome.new, outcome.rejected) == (1, 1)
    assert '"B-2"' in outcome.faults[0].actual
    query = "SELECT code, placed_by FROM gas_user WHERE code LIKE 'U-%' AND code > 'U-1'"
    assert rows_of(place, query) == [("U-8", "building_code")]


def test_a_hazard_is_kept_under_its_system_and_number_and_upserted(place: County) -> None:
    hazard = layers.named("hazard")
    row = {"隐患编号": "H-1", "用户编号": "U-1", "隐患等级": "一般", "发现日期": "2026-03-04", "隐患状态": "待整改"}

    def deliver(**said: object) -> Outcome:
        reading = reading_of(pd.DataFrame([row | said]), None, None)
        return load(place, hazard, reading, Origin("f"), terms=Terms(zone=place.timezone, source="隐患系统"))

    assert deliver().new == 1
    assert deliver().unchanged == 1
    assert deliver(隐患状态="整改中").changed == 1
    query = "SELECT code, layer, state, object_id = (SELECT id FROM gas_user) FROM hazard"
    assert rows_of(place, query) == [("隐患系统/H-1", "gas_user", "rectifying", True)]
    assert deliver(隐患编号="H-2", 用户编号="U-9").rejected == 1
