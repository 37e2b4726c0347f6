"""Addresses of the invented county: the standard form, and what clerks make of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.synth.address import (
    AT_REST,
    HEADS,
    Hand,
    Place,
    all_written,
    chinese,
    former,
    hands,
    spelt,
    standard,
    told,
    written,
)

FLAT = Place("子虚镇", "桃源村", "虚拟路", 12, "合成小区", 3, 2, 501)
STRIP = Place("子虚镇", "桃源村", number=103)


def heard(text: str) -> int:
    """Give the number that Chinese numerals say, by the rule for hearing them: unit by unit."""
    total, digit = 0, 0
    for each in text:
        if each in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(each)
        else:
            total += max(digit, 1) * {"十": 10, "百": 100, "千": 1000}[each]
            digit = 0
    return total + digit


@given(st.integers(1, 9999))
def test_chinese_numerals_say_their_number(number: int) -> None:
    assert heard(chinese(number)) == number


@pytest.mark.parametrize(
    ("number", "said"),
    [(2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (103, "一百零三"), (115, "一百一十五"), (2050, "二千零五十")],
)
def test_chinese_numerals_are_those_people_write(number: int, said: str) -> None:
    assert chinese(number) == said


def test_a_room_is_spelt_digit_by_digit() -> None:
    assert spelt(501) == "五〇一"


def test_the_standard_form_goes_from_the_town_to_the_room() -> None:
    assert standard(FLAT) == "子虚镇桃源村虚拟路12号合成小区3幢2单元501室"
    assert standard(STRIP) == "子虚镇桃源村103号"


@pytest.mark.parametrize(
    ("hand", "text"),
    [
        (Hand(script="chinese"), "子虚镇桃源村虚拟路十二号合成小区三幢二单元五〇一室"),
        (Hand(script="full", block="栋"), "子虚镇桃源村虚拟路１２号合成小区３栋２单元５０１室"),
        (Hand(script="short"), "子虚镇桃源村虚拟路12号合成小区3-2-501"),
        (Hand(head="county"), "乌有县子虚镇桃源村虚拟路12号合成小区3幢2单元501室"),
        (Hand(head="village", mark=""), "桃源村虚拟路12合成小区3幢2单元501室"),
        (Hand(head="town", mark="#"), "子虚镇虚拟路12#合成小区3幢2单元501室"),
        (Hand(blot=" "), "子虚镇 桃源村 虚拟路12号 合成小区 3幢2单元501室"),
        (Hand(blot="（）", block="号楼"), "子虚镇桃源村虚拟路12号合成小区（3号楼2单元501室）"),
        (Hand(swap=True), "子虚镇桃源村合成小区3幢2单元501室虚拟路12号"),
        (Hand(slip=0), "子虚镇陶源村虚拟路12号合成小区3幢2单元501室"),
        (Hand(beside="旁边"), "子虚镇桃源村虚拟路14号合成小区3幢2单元501室旁边"),
    ],
)
def test_each_habit_writes_the_address_its_way(hand: Hand, text: str) -> None:
    assert written(FLAT, hand) == text


def test_a_strip_village_keeps_its_name_whatever_the_clerk_leaves_out() -> None:
    assert {written(STRIP, Hand(head=head)) for head in HEADS} == {
        "子虚镇桃源村103号",
        "乌有县子虚镇桃源村103号",
        "桃源村103号",
    }


def test_a_lane_goes_by_either_word() -> None:
    lane = STRIP._replace(street="也许巷")
    assert written(lane, Hand(mark="弄")) == "子虚镇桃源村也许弄103号"
    assert written(lane._replace(street="也许弄"), Hand(mark="弄")) == "子虚镇桃源村也许巷103号"


@given(st.integers(0, 63))
def test_a_slip_is_one_wrong_character(slip: int) -> None:
    right, wrong = standard(FLAT), written(FLAT, Hand(slip=slip))
    assert len(right) == len(wrong)
    assert sum(a != b for a, b in zip(right, wrong, strict=True)) == 1


def test_a_third_of_the_addresses_is_in_the_standard_form_and_every_habit_occurs() -> None:
    drawn = hands(5000, np.random.default_rng(7))
    habits = [told(each).split("+") for each in drawn]
    assert 0.25 < sum(each == ["standard"] for each in habits) / 5000 < 0.45
    assert {each for habit in habits for each in habit} == {*Hand._fields, "standard"}


def test_what_is_told_of_a_hand_is_what_it_did() -> None:
    texts, told_of = all_written([FLAT] * 2000, np.random.default_rng(7))
    assert {text == standard(FLAT) for text, did in zip(texts, told_of, strict=True) if did == told(AT_REST)} == {True}
    assert all(text != standard(FLAT) for text, did in zip(texts, told_of, strict=True) if did in {"head", "script"})


def test_former_names_are_few_and_unlike_each_other_within_a_town() -> None:
    towns = [place // 40 for place in range(400)]
    found = former(towns, np.random.default_rng(7))
    assert 30 < sum(bool(each) for each in found) < 110
    for town in range(10):
        own = [name for name, its in zip(found, towns, strict=True) if name and its == town]
        assert len(own) == len(set(own))
