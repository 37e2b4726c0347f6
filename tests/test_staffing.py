"""Staffing on a real county against counting day by day, and two sets of rules side by side."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gis import law
from gis.errors import Refused
from gis.run.staffing import SHIPPED, Period, rule_sets, staffing
from gis.store.county import County
from gis.work import rules
from tests.builders import instant, point, square, stored

MONTHLY = """
jurisdiction = "CN-33"
[[subject]]
name = "home_check"
unit = "d"
valid_from = 2020-01-01
source = "draft"
mark = "INF"
verified = false
categories = [{ category = "commercial", amount = 30, notice_days = 5 }]
"""


@pytest.fixture
def ruled(county: County) -> County:
    """A county of one town with four shops, one of them outside of it, and two houses."""
    rules.apply(county, law.rules())
    stored(county, "town", [{"code": "T1", "code_scheme": "local", "name": "甲镇"}], [square(0, 0, 1000)])
    shops = [{"code": f"U{number}", "kind": "commercial", "supply": "bottled"} for number in range(4)]
    stored(county, "gas_user", shops, [point(10, 10), point(20, 10), point(30, 10), point(2000, 2000)])
    stored(
        county, "building", [{"code": "a", "grade": "A"}, {"code": "d", "grade": "D"}], [square(0, 0), square(50, 0)]
    )
    return county


def test_the_draft_rule_stands_beside_the_present_one(ruled: County, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(MONTHLY, encoding="utf-8")
    found = staffing(ruled, rule_sets([draft]), Period(date(2026, 3, 15)), now=instant("2026-03-15T04:00"))
    years = {
        (row["rules"], row["kind"], row["category"]): (row["objects"], row["visits"])
        for row in found.years.to_dict("records")
    }
    assert years[SHIPPED, "home_check", "commercial"] == (4, 8)
    assert years["draft", "home_check", "commercial"] == (4, 48)
    assert years[SHIPPED, "house_check", "D"] == (1, 365)
    facts = found.facts()["rules"]
    assert facts["draft"]["visits_a_year"] - facts[SHIPPED]["visits_a_year"] == 40
    assert facts[SHIPPED]["person_days_a_year"] == pytest.approx((8 * 14 + (365 + 1) * 12) / 480)
    assert set(facts[SHIPPED]["by_town"]) == {"T1", "（区外）"}


def test_the_months_are_those_of_walking_through_the_days(ruled: County) -> None:
    found = staffing(ruled, rule_sets([]), Period(date(2026, 3, 15), months=14), now=instant("2026-03-15T04:00"))
    start, end = date(2026, 3, 1), date(2027, 5, 1)
    wanted: dict[tuple[str, str], int] = {}
    for kind, every, objects in (("home_check", 182, 4), ("house_check", 365, 1), ("house_check", 1, 1)):
        day = start  # nothing was ever checked, so that all is in arrears on the first day
        while day < end:
            key = (kind, f"{day:%Y-%m}")
            wanted[key] = wanted.get(key, 0) + objects
            day += timedelta(days=every)
    got = found.months.groupby(["kind", "month"])["visits"].sum()
    assert {key: int(value) for key, value in got.items() if value} == wanted


def test_a_check_puts_the_next_visit_off(ruled: County) -> None:
    stored(
        ruled,
        "check",
        [
            {
                "uid": "018f0000-0000-7000-8000-000000000001",
                "layer": "gas_user",
                "object_key": "U0",
                "kind": "home_check",
                "outcome": "done",
                "seen_at": "2026-03-10T09:00:00+08:00",
            }
        ],
    )
    found = staffing(ruled, rule_sets([]), Period(date(2026, 3, 15), months=8), now=instant("2026-03-15T04:00"))
    homes = found.months[found.months["kind"] == "home_check"].groupby("month")["visits"].sum()
    assert homes["2026-03"] == 3
    assert homes["2026-09"] == 1  # 10 March and 182 days are 8 September; the others' second visit is 30 August
    assert homes["2026-08"] == 3


def test_a_kind_of_visit_without_minutes_is_refused(ruled: County) -> None:
    bare = [rule for rule in law.rules() if rule.rule != "visit_minutes.house_check"]
    with pytest.raises(Refused, match=r"expected a rule visit_minutes\.house_check"):
        staffing(ruled, {"draft": bare}, Period(date(2026, 3, 15)), now=instant("2026-03-15T04:00"))
