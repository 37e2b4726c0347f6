"""The law as data: what ships is sound, what contradicts itself is refused, and the right rule holds at a place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import LawError
from gis.law import Applicable, Rule, applicable, chain, in_force, rules, ruling

TODAY = date(2026, 3, 1)
GOOD = """
jurisdiction = "CN-330784"

[[subject]]
name = "house_check"
unit = "d"
valid_from = 2026-01-01
source = "the county's notice"
mark = "INF"
verified = false
categories = [{ category = "C", amount = 3, notice_days = 1 }]
"""


def rule(amount: float = 1.0, **changed: object) -> Rule:
    plain = Rule(
        jurisdiction="default",
        subject="house_check",
        category="C",
        amount=amount,
        unit="d",
        notice_days=0,
        valid_from=date(2020, 1, 1),
        valid_to=None,
        article="",
        source="test",
        mark="INF",
        verified=False,
        note="",
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # the fields are named in each test


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_what_ships_is_read_in_one_order_and_says_what_it_is_worth() -> None:
    found = rules()
    assert len(found) > 80
    assert found == rules()
    assert all(each.source for each in found)
    assert all(each.mark == "F" and each.article for each in found if each.verified)
    assert not any(each.verified for each in found if each.jurisdiction == "default")


@pytest.mark.parametrize(
    ("place", "subject", "category", "amount"),
    [
        ("CN-330784", "house_check", "A", 365),
        ("CN-330784", "house_check", "D", 1),
        ("CN-330784", "home_check", "catering", 30),
        ("LI", "site_check", "site", 60),
        ("CN-330784", "protection_range", "low", 0.5),
        ("CN-330784", "protection_range", "medium_a", 0.5),
        ("CN-330784", "protection_range", "sub_high_b", 1.5),
        ("CN-330784", "protection_range", "high_a", 5.0),
        ("CN-330784", "protection_range", "transmission", 5.0),
        ("CN-330784", "protection_range", "unknown", 5.0),
        ("CN-330784", "control_range", "low", 5.0),
        ("CN-330784", "influence_reach", "pit", 2),
        ("CN-330784", "influence_reach", "displacement_pile", 1),
        ("CN-330784", "pipe_prize", "resident", 8000),
    ],
)
def test_the_published_values_hold_at_their_places(place: str, subject: str, category: str, amount: float) -> None:
    found = ruling(in_force(applicable(rules(), place), TODAY), subject, category)
    assert found is not None
    assert found.amount == amount


def test_a_place_outside_china_has_only_unverified_default_rules() -> None:
    force = in_force(applicable(rules(), "LI"), TODAY)
    assert {each.jurisdiction for each in force.values()} == {"default"}
    assert not any(each.verified for each in force.values())
    assert ruling(force, "influence_reach", "pit") is None


def test_no_notice_is_longer_than_a_third_of_its_interval() -> None:
    intervals = [each for each in rules() if each.unit == "d"]
    assert intervals
    assert all(3 * each.notice_days <= each.amount for each in intervals)


@pytest.mark.parametrize(
    ("place", "above"),
    [
        ("CN-330784", ("CN-330784", "CN-3307", "CN-33", "CN", "default")),
        ("330784", ("CN-330784", "CN-3307", "CN-33", "CN", "default")),
        ("CN-330000", ("CN-33", "CN", "default")),
        ("CN-33", ("CN-33", "CN", "default")),
        ("CN", ("CN", "default")),
        ("LI", ("default",)),
        ("default", ("default",)),
        ("CNX", ("default",)),
    ],
)
def test_the_jurisdictions_over_a_place(place: str, above: tuple[str, ...]) -> None:
    assert chain(place) == above


def test_the_most_specific_rule_holds() -> None:
    found = [rule(7), rule(9, jurisdiction="CN"), rule(3, jurisdiction="CN-33"), rule(2, jurisdiction="CN-44")]
    held = in_force(applicable(found, "CN-330784"), TODAY)
    assert held["house_check", "C"].amount == 3
    assert [each.rank for each in applicable(found, "CN-330784")] == [0, 1, 2]


def test_of_ranges_the_larger_holds_and_the_nearer_among_equals() -> None:
    found = [
        rule(1.5, subject="protection_range", category="low", unit="m", jurisdiction="CN"),
        rule(0.5, subject="protection_range", category="low", unit="m", jurisdiction="CN-33"),
        rule(5, subject="protection_range", category="high_a", unit="m", jurisdiction="CN"),
        rule(5, subject="protection_range", category="high_a", unit="m", jurisdiction="CN-33"),
    ]
    held = in_force(applicable(found, "CN-330784"), TODAY)
    assert held["protection_range", "low"].amount == 1.5
    assert held["protection_range", "high_a"].jurisdiction == "CN-33"


@given(st.permutations([(0.5, "low"), (0.75, "medium_b"), (2.0, "sub_high_b"), (5.0, "high_a"), (5.0, "high_b")]))
def test_unknown_pressure_takes_the_strictest_range_in_any_order(values: list[tuple[float, str]]) -> None:
    found = [rule(amount, subject="protection_range", category=name, unit="m") for amount, name in values]
    held = in_force([Applicable(0, each) for each in found], TODAY)
    assert held["protection_range", "unknown"].amount == 5.0
    for category in (None, "never heard of"):
        strictest = ruling(held, "protection_range", category)
        assert strictest is not None
        assert strictest.rule == "protection_range.unknown"


def test_a_class_without_an_interval_has_no_rule() -> None:
    held = in_force(applicable(rules(), "LI"), TODAY)
    assert ruling(held, "house_check", None) is None
    assert ruling(held, "house_check", "E") is None


def test_a_rule_holds_from_its_first_day_to_the_day_before_its_end() -> None:
    found = [rule(7, valid_to=date(2026, 7, 1)), rule(3, valid_from=date(2026, 7, 1))]
    for day, amount in ((date(2026, 6, 30), 7), (date(2026, 7, 1), 3)):
        assert in_force(applicable(found, "LI"), day)["house_check", "C"].amount == amount
    assert in_force(applicable(found, "LI"), date(2019, 12, 31)) == {}


def test_a_countys_own_file_is_read_beside_what_ships(own: Callable[[str], Path]) -> None:
    found = rules(own(GOOD))
    assert len(found) == len(rules()) + 1
    assert in_force(applicable(found, "CN-330784"), TODAY)["house_check", "C"].amount == 3
    assert in_force(applicable(found, "CN-330783"), TODAY)["house_check", "C"].amount == 7


def test_a_countys_own_file_replaces_the_shipped_rule_of_its_name(own: Callable[[str], Path]) -> None:
    found = rules(own(GOOD.replace("CN-330784", "default")))
    assert len(found) == len(rules())
    assert [each.amount for each in found if (each.jurisdiction, each.rule) == ("default", "house_check.C")] == [3]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("amount = 3", "amount = 3, colour = 'red'", r"own.toml: house_check.C: unknown key 'colour'"),
        ("amount = 3", "amount = '3'", r"house_check.C: amount: expected float, got '3'"),
        ("amount = 3", "amount = true", r"house_check.C: amount: expected float, got True"),
        ("amount = 3", "amount = 2.5", r"expected whole days, got 2.5"),
        ("amount = 3", "amount = nan", r"amount: expected a number from 0, got nan"),
        ("amount = 3, ", "", r"house_check.C: `amount` is missing"),
        ("notice_days = 1", "notice_days = 2", r"at most a third of 3 days, got 2"),
        ("notice_days = 1", "valid_to = 2026-01-01", r"notice_days: expected at most a third|not after"),
        ("notice_days = 1", "notice_days = 1, valid_to = 2026-01-01", r"valid_to 2026-01-01 is not after"),
        ("2026-01-01", "2026-01-01T00:00:00", r"valid_from: expected date"),
        ('"d"', '"week"', r"unit: expected one of"),
        ('"INF"', '"RUMOUR"', r"mark: expected one of"),
        ("verified = false", "verified = true", r"house_check.C: verified: only a value found"),
        ("verified = false", "verified = 'no'", r"verified: expected bool"),
        ('category = "C"', 'category = "unknown"', r"never written"),
        ("CN-330784", "Yongkang", r"own.toml: jurisdiction: expected"),
        ("jurisdiction =", "place =", r"own.toml: unknown key 'place'"),
        ("[[subject]]", "[[subject]", r"own.toml: not TOML"),
        ("categories", "classes", r"house_check: expected `categories`"),
        ("}]", "}, { category = 'C', amount = 3, notice_days = 1 }]", r"two rules hold on 2026-01-01"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_by_name(
    own: Callable[[str], Path], old: str, new: str, reason: str
) -> None:
    assert old in GOOD
    with pytest.raises(LawError, match=reason):
        rules(own(GOOD.replace(old, new)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LawError, match="cannot be read"):
        rules(tmp_path / "none.toml")
