"""The law becomes rule versions: nothing is written twice, and past days keep their law."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from gis import law, layers
from gis.find.unchecked import Question, moment_of, rows
from gis.store.county import County, now
from gis.store.settings import Settings
from gis.store.versions import in_force
from gis.work import rules
from gis.work.checks import record
from tests.builders import cloned, instant, square, stored
from tests.conftest import at
from tests.events import emptied, rule, visit
from tests.recount import exported

LAW = (
    rule("A", 30, notice_days=10),
    rule("A", 20, jurisdiction="CN"),
    rule("A", 10, jurisdiction="CN-33"),
    rule("A", 5, jurisdiction="CN-44"),
    rule("C", 7, notice_days=2),
)


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module; its county lies in CN-33."""
    with cloned(template, "test_rules") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """The module's clone without rows."""
    emptied(clone)
    return clone


def versions(county: County) -> pd.DataFrame:
    return exported(county)["rule_version"].sort_values("id", ignore_index=True)


def holding(county: County, day: date, known_at: str | None = None) -> dict[str, tuple[str, float]]:
    """Give jurisdiction and amount of the house check that holds on a day for each class."""
    query = sa.select(in_force(county.schema, "house_check", day, instant(known_at) if known_at else None))
    with county.reading() as connection:
        return {row.category: (row.jurisdiction, row.amount) for row in connection.execute(query)}


def test_a_second_application_writes_nothing(county: County) -> None:
    first = rules.apply(county, LAW)
    assert (first.written, first.withdrawn, first.unchanged, first.unverified) == (4, 0, 0, 4)
    assert first.chain == ("CN-33", "CN", "default")
    before = versions(county)
    second = rules.apply(county, reversed(LAW))
    assert (second.written, second.withdrawn, second.unchanged) == (0, 0, 4)
    pd.testing.assert_frame_equal(versions(county), before)


def test_the_shipped_law_is_applied_whole_and_only_once(county: County) -> None:
    shipped = law.applicable(law.rules(), county.jurisdiction)
    applied = rules.apply(county, law.rules())
    assert applied.written == len(shipped) == len(versions(county))
    assert applied.unverified == sum(not each.rule.verified for each in shipped)
    again = rules.apply(county, law.rules())
    assert (again.written, again.withdrawn, again.unchanged) == (0, 0, len(shipped))


def test_the_stored_law_in_force_is_that_of_the_reader(county: County) -> None:
    rules.apply(county, law.rules())
    applicable = law.applicable(law.rules(), county.jurisdiction)
    for day in (date(2000, 1, 1), date(2021, 7, 1), date(2026, 3, 1)):
        force = law.in_force(applicable, day)
        for subject in ("house_check", "home_check", "site_check", "facility_check"):
            query = sa.select(in_force(county.schema, subject, day, None))
            with county.reading() as connection:
                found = {row.category: (row.amount, row.notice_days) for row in connection.execute(query)}
            wanted = {key[1]: (each.amount, each.notice_days) for key, each in force.items() if key[0] == subject}
            assert found == wanted


def test_a_changed_amount_withdraws_the_version_and_writes_it_anew(county: County) -> None:
    rules.apply(at(county, instant("2026-01-01")), LAW)
    changed = [replace(each, amount=8.0) if each.category == "C" else each for each in LAW]
    applied = rules.apply(at(county, instant("2026-02-01")), changed)
    assert (applied.written, applied.withdrawn, applied.unchanged) == (1, 1, 3)
    found = versions(county)
    own = found[found["category"] == "C"][["amount", "recorded_at", "withdrawn_at"]].to_numpy(object).tolist()
    assert own == [[7.0, instant("2026-01-01"), instant("2026-02-01")], [8.0, instant("2026-02-01"), None]]
    assert found["withdrawn_at"].notna().sum() == 1
    assert found["number"].is_unique


@pytest.mark.parametrize(
    "change",
    [
        {"notice_days": 3},
        {"valid_to": date(2026, 6, 1)},
        {"valid_from": date(2019, 12, 31)},
        {"article": "第三条"},
        {"source": "another page"},
        {"verified": True},
    ],
)
def test_every_part_of_a_rule_that_changes_makes_a_new_version(county: County, change: dict[str, object]) -> None:
    rules.apply(county, LAW[-1:])
    applied = rules.apply(county, [replace(LAW[-1], **change)])  # type: ignore[arg-type] # replace knows no mapping
    assert (applied.written, applied.withdrawn, applied.unchanged) == (1, 1, 0)
    assert applied.unverified == (0 if change == {"verified": True} else 1)


def test_a_rule_that_is_taken_out_is_withdrawn_and_can_come_back(county: County) -> None:
    rules.apply(county, LAW)
    assert holding(county, date(2026, 1, 1))["A"] == ("CN-33", 10.0)
    rules.apply(county, [each for each in LAW if each.jurisdiction != "CN-33"])
    assert holding(county, date(2026, 1, 1))["A"] == ("CN", 20.0)
    applied = rules.apply(county, LAW)
    assert (applied.written, applied.withdrawn, applied.unchanged) == (1, 0, 3)
    assert holding(county, date(2026, 1, 1))["A"] == ("CN-33", 10.0)
    assert rules.apply(county, []).withdrawn == 4
    assert holding(county, date(2026, 1, 1)) == {}


def test_the_day_before_a_change_still_sees_the_old_rule(county: County) -> None:
    rules.apply(at(county, instant("2026-01-01")), LAW)
    stored(at(county, instant("2026-01-01")), "building", [{"code": "b1", "grade": "C"}], [square(0, 0)])
    record(at(county, instant("2026-01-20")), pd.DataFrame([visit("b1", instant("2026-01-19"), number=1)]))
    changed = [replace(each, amount=40.0, notice_days=10) if each.category == "C" else each for each in LAW]
    rules.apply(at(county, instant("2026-01-31T15:59:59")), changed)  # a second before 1 February in Shanghai
    found = {}
    for name, day in (("as_of", date(2026, 1, 30)), ("as_of", date(2026, 1, 31)), ("seen_by", date(2026, 1, 30))):
        question = Question(layers.named("building"), **{name: day})  # type: ignore[arg-type] # a day is no layer
        frame = rows(county, question, moment_of(county, question, instant("2026-02-10")))
        found[name, day.day] = tuple(frame.iloc[0][["state", "amount"]])
    assert found == {
        ("as_of", 30): ("overdue", 7.0),
        ("as_of", 31): ("current", 40.0),
        ("seen_by", 30): ("current", 40.0),
    }
    assert holding(county, date(2026, 1, 30), known_at="2026-01-31T15:59:59")["C"] == ("default", 7.0)
    assert holding(county, date(2026, 1, 30), known_at="2026-01-31T15:59:59.000001")["C"] == ("default", 40.0)


def test_periods_begin_and_end_on_their_days(county: County) -> None:
    change = date(2026, 3, 1)
    law_ = [rule("A", 30, until=change), rule("A", 15, since=change, until=date(2026, 4, 1))]
    rules.apply(county, law_)
    days = (date(2019, 12, 31), date(2020, 1, 1), date(2026, 2, 28), change, date(2026, 3, 31), date(2026, 4, 1))
    amounts = [holding(county, day).get("A", ("", None))[1] for day in days]
    assert amounts == [None, 30.0, 30.0, 15.0, 15.0, None]


def test_two_versions_of_one_day_and_place_are_refused_by_the_database(county: County) -> None:
    both = [rule("A", 30), rule("A", 15, since=date(2026, 3, 1))]
    with pytest.raises(sa.exc.IntegrityError, match="one_version_a_day"):
        rules.apply(county, both)
    assert len(versions(county)) == 0


def test_unverified_versions_are_counted_of_what_holds_here(county: County) -> None:
    confirmed = replace(LAW[0], verified=True, article="第三条", mark="F")
    elsewhere = replace(LAW[3], verified=True, article="第三条", mark="F")
    assert rules.apply(county, [confirmed, *LAW[1:3], elsewhere, LAW[4]]).unverified == 3
    assert versions(county)["verified"].sum() == 1


def test_versions_are_withdrawn_once_and_never_rewritten(county: County) -> None:
    rules.apply(county, LAW[:1])
    rules.apply(county, [])
    for statement in ("SET withdrawn_at = NULL", "SET amount = 1", "SET withdrawn_at = now() + interval '1 hour'"):
        with pytest.raises(sa.exc.DBAPIError), at(county, now() + timedelta(days=1)).writing() as connection:
            connection.exec_driver_sql(f"UPDATE rule_version {statement}")
    with pytest.raises(sa.exc.DBAPIError), at(county, now()).writing() as connection:
        connection.exec_driver_sql("DELETE FROM rule_version")
