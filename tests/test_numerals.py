import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.find.numerals import counted, number, plain
from tests.test_find_address import said


@given(st.integers(1, 999))
def test_a_number_that_is_said_is_read(value: int) -> None:
    assert number(said(value)) == value


@given(st.integers(0, 10**6))
def test_a_number_that_is_spelt_is_read(value: int) -> None:
    assert number("".join("〇一二三四五六七八九"[int(each)] for each in str(value))) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10),
        ("一十二", 12),
        ("二十", 20),
        ("廿三", 23),
        ("卅", 30),
        ("两百", 200),
        ("一千零五", 1005),
        ("壹佰", 100),
    ],
)
def test_other_ways_to_say_a_number(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "百", "十百", "二三十", "一百二百", "零十"])
def test_what_says_no_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("１２号", "12号"),
        ("12—1号", "12-1号"),
        ("子 虚 镇", "子虚镇"),
        ("路12 501室", "路12|501室"),
        ("（东）号", "东|号"),
        ("a座", "A座"),
        ("No. 12", "12"),
    ],
)
def test_signs_are_brought_to_one_form(text: str, form: str) -> None:
    assert plain(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("十二号", "12号"),
        ("五〇一室", "501室"),
        ("八一路", "八一路"),
        ("三村", "三村"),
        ("百货", "百货"),
        ("三-二", "3-2"),
    ],
)
def test_numerals_are_numbers_where_they_count(text: str, form: str) -> None:
    assert counted(text) == form
