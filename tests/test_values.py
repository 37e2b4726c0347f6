"""Delivered values become what their field holds, or are named as unreadable; nothing is guessed."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.layer import Choice, Field, Kind
from gis.store.load import values

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNREADABLE = object()
GRADE = Field(
    "grade",
    Kind.TEXT,
    "Grade.",
    choices=(
        Choice("1", "一级", title_en="First", source=("I", "甲")),
        Choice("2", "二级", title_en="Second", source=("1",)),
    ),
)
USE = Field("use", Kind.TEXT, "Use.", choices=(Choice("home", "住宅"), Choice("other", "其他", source=("*",))))


def field(kind: Kind) -> Field:
    return Field("asked", kind, "A field.")


def read(asked: Field, delivered: "Sequence[object] | pd.Series[float]") -> list[object]:
    """Give each delivered value as read, UNREADABLE where it was not."""
    series = delivered if isinstance(delivered, pd.Series) else pd.Series(list(delivered), dtype=object)
    found = values.read(asked, series, SHANGHAI)
    assert len(found.values) == len(found.unreadable) == len(series)
    pairs = zip(found.values, found.unreadable, strict=True)
    return [UNREADABLE if unreadable else value for value, unreadable in pairs]


EMPTY = [None, "", "   ", "\t\n", math.nan, np.nan, pd.NA, pd.NaT]


@pytest.mark.parametrize("kind", Kind)
def test_what_is_empty_is_none_in_every_kind_and_never_unreadable(kind: Kind) -> None:
    assert read(field(kind), EMPTY) == [None] * len(EMPTY)
    assert read(field(kind), []) == []


@pytest.mark.parametrize(
    ("delivered", "text"),
    [
        (" 解放街12号 ", "解放街12号"),
        ("a\u3000", "a"),
        ("a b", "a b"),
        (12, "12"),
        (12.0, "12"),
        (12.5, "12.5"),
        (np.int64(7), "7"),
        (True, "True"),
        ("007", "007"),
        ("NULL", "NULL"),
        ({"a": "街"}, '{"a": "街"}'),
        ([1, 2], "[1, 2]"),
        (np.array([1, 2]), "[1, 2]"),
        ("a\x00b", UNREADABLE),
        ("\ud800", UNREADABLE),
        (b"bytes", UNREADABLE),
    ],
)
def test_text(delivered: object, text: object) -> None:
    assert read(field(Kind.TEXT), [delivered]) == [text]


@pytest.mark.parametrize(
    ("delivered", "number"),
    [
        (3, 3),
        ("3", 3),
        (" 3 ", 3),
        ("-9", -9),
        ("+9", 9),
        (3.0, 3),
        ("3.0", 3),
        ("1e3", 1000),
        (np.float64(2020), 2020),
        ("9007199254740993", 9007199254740993),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, UNREADABLE),
        ("9223372036854775808", UNREADABLE),
        (1e30, UNREADABLE),
        (3.5, UNREADABLE),
        ("3层", UNREADABLE),
        ("3 m", UNREADABLE),
        ("1,200", UNREADABLE),
        ("1_200", UNREADABLE),
        ("0x10", UNREADABLE),
        ("三", UNREADABLE),
        (True, UNREADABLE),
        (math.inf, UNREADABLE),
        ("nan", UNREADABLE),
        ("inf", UNREADABLE),
        (date(2024, 1, 1), UNREADABLE),
        ("1\x00", UNREADABLE),
    ],
)
def test_whole_numbers(delivered: object, number: object) -> None:
    assert read(field(Kind.INTEGER), [delivered]) == [number]


@pytest.mark.parametrize(
    ("delivered", "number"),
    [
        (0.4, 0.4),
        ("0.4", 0.4),
        ("-1.5e-3", -0.0015),
        (3, 3.0),
        ("0.4 MPa", UNREADABLE),
        ("0.4MPa", UNREADABLE),
        ("1.5%", UNREADABLE),
        ("0,4", UNREADABLE),
        ("1_0.5", UNREADABLE),
        (-math.inf, UNREADABLE),
        ("1e999", UNREADABLE),
        ("NaN", UNREADABLE),
        (False, UNREADABLE),
        (datetime(2024, 1, 1, tzinfo=UTC), UNREADABLE),
    ],
)
def test_numbers(delivered: object, number: object) -> None:
    assert read(field(Kind.REAL), [delivered]) == [number]


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(-1e15, 1e15)))
def test_a_number_written_out_is_the_number_again(number: float) -> None:
    assert read(field(Kind.REAL), [str(number)]) == [float(number)]
    if isinstance(number, int):
        assert read(field(Kind.INTEGER), [str(number), number]) == [number, number]


@pytest.mark.parametrize(
    ("delivered", "truth"),
    [
        *(
            (yes, True)
            for yes in ("是", "有", "真", "√", "✓", "Ｙ", "true", "TRUE", "T", "1", "yes", "Y", 1, 1.0, True, np.True_)
        ),
        *(
            (no, False)
            for no in ("否", "无", "假", "×", "✗", "false", "False", "f", "0", "no", "N", 0, 0.0, False, np.False_)
        ),
        *((neither, UNREADABLE) for neither in ("是的", "不", "2", 2, -1, 0.5, "ok", "x", "对不对")),
    ],
)
def test_truth_values(delivered: object, truth: object) -> None:
    assert read(field(Kind.BOOLEAN), [delivered]) == [truth]


@pytest.mark.parametrize(
    ("delivered", "day"),
    [
        *(
            (same, date(2024, 5, 6))
            for same in (
                "2024-05-06",
                "2024/05/06",
                "2024/5/6",
                "2024.5.6",
                "2024年5月6日",
                "2024年05月06",
                "20240506",
                20240506,
                20240506.0,
                " 2024-05-06 ",
                "2024-05-06 00:00:00",
                "2024-05-06T23:59:59.999",
                "2024/5/6 9:30",
                date(2024, 5, 6),
                datetime(2024, 5, 6, 23, 59),  # noqa: DTZ001 - a naive instant is the case
                pd.Timestamp("2024-05-06 12:00"),
                np.datetime64("2024-05-06"),
            )
        ),
        ("2024-02-29", date(2024, 2, 29)),
        ("2023-02-29", UNREADABLE),
        ("2024-13-01", UNREADABLE),
        ("2024-06-31", UNREADABLE),
        ("0000-01-01", UNREADABLE),
        ("2024-05", UNREADABLE),
        ("2024年5月", UNREADABLE),
        ("202405", UNREADABLE),
        (202411, UNREADABLE),
        ("2024111", UNREADABLE),
        ("2024", UNREADABLE),
        (45418, UNREADABLE),
        ("45418", UNREADABLE),
        ("06/05/2024", UNREADABLE),
        ("6 May 2024", UNREADABLE),
        ("2024-05-06 to 2025-01-01", UNREADABLE),
        ("2024-05-06 x", UNREADABLE),
        ("24-05-06", UNREADABLE),
        ("12024-05-06", UNREADABLE),
        ("二〇二四年五月六日", UNREADABLE),
        ("2024-05-06\x00", UNREADABLE),
        (True, UNREADABLE),
        (1.5, UNREADABLE),
    ],
)
def test_days(delivered: object, day: object) -> None:
    assert read(field(Kind.DATE), [delivered]) == [day]


def test_an_instant_with_an_offset_is_the_countys_day_it_falls_on() -> None:
    evening = datetime(2024, 5, 5, 16, 0, tzinfo=UTC)
    forms = [
        evening,
        pd.Timestamp(evening),
        "2024-05-05T16:00:00Z",
        "2024/05/05 12:00:00-0400",
        "2024-05-05T16:00+00:00",
    ]
    assert read(field(Kind.DATE), forms) == [date(2024, 5, 6)] * len(forms)
    assert read(field(Kind.DATE), ["2024-05-05T15:59:59Z"]) == [date(2024, 5, 5)]


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_every_day_comes_back_in_each_form(day: date) -> None:
    year = f"{day.year:04d}"
    forms: list[object] = [
        day,
        day.isoformat(),
        f"{year}年{day.month}月{day.day}日",
        f"{year}/{day.month:02d}/{day.day:02d}",
        f"{year}{day.month:02d}{day.day:02d}",
    ]
    assert read(field(Kind.DATE), forms) == [day] * len(forms)


@pytest.mark.parametrize(
    ("delivered", "instant"),
    [
        ("2026-03-04T09:30+08:00", datetime(2026, 3, 4, 1, 30, tzinfo=UTC)),
        ("2026-03-04T01:30:00Z", datetime(2026, 3, 4, 1, 30, tzinfo=UTC)),
        ("2026-03-04 09:30", datetime(2026, 3, 4, 1, 30, tzinfo=UTC)),
        ("2026/03/04 09:30:00", datetime(2026, 3, 4, 1, 30, tzinfo=UTC)),
        ("2026-03-04", datetime(2026, 3, 3, 16, 0, tzinfo=UTC)),
        (date(2026, 3, 4), datetime(2026, 3, 3, 16, 0, tzinfo=UTC)),
        (pd.Timestamp("2026-03-04 09:30"), datetime(2026, 3, 4, 1, 30, tzinfo=UTC)),
        (datetime(2026, 3, 4, 1, 30, tzinfo=timezone(timedelta(0))), datetime(2026, 3, 4, 1, 30, tzinfo=UTC)),
        ("2026-03-04T25:00", UNREADABLE),
        ("yesterday", UNREADABLE),
        (20, UNREADABLE),
        (1.5, UNREADABLE),
        ("2026-03-04T09:30\x00", UNREADABLE),
    ],
)
def test_instants_without_a_zone_are_the_countys(delivered: object, instant: object) -> None:
    assert read(field(Kind.INSTANT), [delivered]) == [instant]


def test_identifiers_and_objects() -> None:
    known = UUID("018f2c5e-7a00-7000-8000-000000000001")
    given_ids = [known, str(known), str(known).upper(), "{" + str(known) + "}", "018f", 5]
    assert read(field(Kind.UUID), given_ids) == [known, known, known, known, UNREADABLE, UNREADABLE]
    objects: list[object] = ['{"a": 1}', {"a": [1, {"b": None}]}, "[1]", "5", "{", '{"a": "\x00"}']
    wanted = [{"a": 1}, {"a": [1, {"b": None}]}, *[UNREADABLE] * 4]
    assert read(field(Kind.JSON), objects) == wanted


def test_a_choice_is_read_by_its_value_its_titles_and_its_other_names() -> None:
    assert read(GRADE, ["1", 1, 1.0, " 1 ", "一级", "First", "I", "甲"]) == ["1"] * 8
    assert read(GRADE, ["2", "二级", "Second"]) == ["2"] * 3
    assert read(USE, ["home", "住宅", "other", "其他", "barn", 5]) == ["home", "home", *["other"] * 4]


def test_a_value_outside_the_choices_is_left_for_the_constraint_to_name() -> None:
    assert read(GRADE, ["3", "first", "一", 2.5]) == ["3", "first", "一", "2.5"]
    assert read(GRADE, ["a\x00"]) == [UNREADABLE]


def test_values_that_python_holds_equal_are_read_by_their_own_kind() -> None:
    assert read(field(Kind.INTEGER), [True, 1, 1.0, False, 0]) == [UNREADABLE, 1, 1, UNREADABLE, 0]
    assert read(field(Kind.TEXT), [1, True, 1.0]) == ["1", "True", "1"]


@pytest.mark.parametrize(
    ("kind", "column", "wanted"),
    [
        (Kind.INTEGER, pd.Series([1.0, math.nan, 3.0]), [1, None, 3]),
        (Kind.INTEGER, pd.Series([1, None], dtype="Int64"), [1, None]),
        (Kind.REAL, pd.Series([1, 2]), [1.0, 2.0]),
        (Kind.BOOLEAN, pd.Series([True, False]), [True, False]),
        (Kind.DATE, pd.Series([pd.Timestamp("2024-05-06"), pd.NaT]), [date(2024, 5, 6), None]),
        (Kind.TEXT, pd.Series(["a", None], dtype="category"), ["a", None]),
        (Kind.TEXT, pd.Series(["a", None], dtype="string"), ["a", None]),
    ],
)
def test_columns_of_every_type_that_frames_have_are_read(
    kind: Kind, column: "pd.Series[float]", wanted: list[object]
) -> None:
    assert read(field(kind), column) == wanted


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.datetimes(),
    st.uuids(),
    st.binary(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
TYPE = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.REAL: float,
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.INSTANT: datetime,
    Kind.UUID: UUID,
    Kind.JSON: dict,
}


@given(st.sampled_from([*Kind]), st.lists(ANY, max_size=8))
def test_whatever_is_delivered_is_of_the_fields_type_or_empty_or_unreadable(
    kind: Kind, delivered: list[object]
) -> None:
    column = pd.Series(delivered, dtype=object)
    found = values.read(field(kind), column, SHANGHAI)
    alone = [values.read(field(kind), column.iloc[place : place + 1], SHANGHAI) for place in range(len(delivered))]
    for value, unreadable, single in zip(found.values, found.unreadable, alone, strict=True):
        assert value is None or (type(value) is TYPE[kind] and not unreadable)
        assert (value, unreadable) == (single.values[0], single.unreadable[0])
        if isinstance(value, str):
            assert value == value.strip() != ""
            assert "\x00" not in value.encode().decode()


@pytest.mark.parametrize(
    "text",
    [
        "王\ufffd明",
        "锟斤拷锟斤拷",
        "解放街锟斤拷号",
        "烫烫烫烫",
        "屯屯屯",
        "娴嬭瘯",
        "燃气用户".encode().decode("gbk"),
        "测试".encode().decode("latin-1"),
        "测试".encode("gb2312").decode("latin-1"),
        "#REF!",
        "#N/A",
        "#DIV/0!",
        "########",
        "#公式无值!",
        "??",
        "？？？",
    ],
)
def test_destroyed_text_is_unreadable_in_every_kind_and_said_to_be_so(text: str) -> None:
    for kind in Kind:
        assert read(field(kind), [text]) == [UNREADABLE]
        assert values.expected(field(kind), text) == "intact text"
    assert values.expected(field(Kind.DATE), "2024-05") == values.EXPECTED[Kind.DATE]


@pytest.mark.parametrize(
    "text",
    [
        "#1号楼",
        "#",
        "?",
        "什么？",
        "烫发店",
        "屯溪路",
        "Zürich",
        "éàüö?",
        "㙟",
        "永康".encode().decode("gbk"),
        "喆",
        "联通",
        "东城街道",
        "C+",
        "1E+5",
        "a#REF!",
    ],
)
def test_text_that_only_looks_odd_is_read(text: str) -> None:
    assert read(field(Kind.TEXT), [text]) == [text]


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=8))
def test_no_text_of_usual_characters_is_taken_for_destroyed(text: str) -> None:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return
    if not any(mark in text for mark in ("锟斤拷", "烫烫烫", "屯屯屯")):
        assert read(field(Kind.TEXT), [text]) == [text]


@pytest.mark.parametrize("text", ["3.30784198001011E+17", "1E+15", "1.2e+100"])
def test_a_code_that_was_rounded_is_no_text_and_no_whole_number_but_a_number(text: str) -> None:
    assert read(field(Kind.TEXT), [text]) == [UNREADABLE]
    assert read(field(Kind.INTEGER), [text]) == [UNREADABLE]
    assert read(field(Kind.REAL), [text]) == [float(text)]


def test_full_width_digits_and_signs_are_plain_ones_in_numbers_days_codes_and_choices() -> None:
    assert read(field(Kind.INTEGER), ["１２", "－３", "−3"]) == [12, -3, -3]
    assert read(field(Kind.REAL), ["０．４", "１２。５"]) == [0.4, 12.5]
    assert (
        read(field(Kind.DATE), ["２０２４－０５－０６", "2024 年 5 月 6 日", "２０２４年５月６日"])
        == [date(2024, 5, 6)] * 3
    )
    assert read(field(Kind.TEXT), ["ＡＢ１２", "１２号", "（甲）", "\u200bA\ufeff"]) == [
        "AB12",
        "１２号",
        "（甲）",
        "A",
    ]
    assert read(GRADE, ["１", "Ｆirst"]) == ["1", "1"]


@pytest.mark.parametrize(
    ("unit", "delivered", "number"),
    [
        ("kg", "15kg", 15.0),
        ("kg", "15 公斤", 15.0),
        ("kg", "１５千克", 15.0),
        ("kg", "15", 15.0),
        ("kg", 15, 15.0),
        ("kg", "15g", UNREADABLE),
        ("kg", "15吨", UNREADABLE),
        ("kg", "kg", UNREADABLE),
        ("m2", "15㎡", 15.0),
        ("m2", "15m²", 15.0),
        ("m2", "15m", UNREADABLE),
        ("m", "15mm", UNREADABLE),
        ("MPa", "0.4MPa", 0.4),
        ("MPa", "0.4 KPa", UNREADABLE),
        ("", "15kg", UNREADABLE),
    ],
)
def test_a_number_may_carry_its_fields_own_unit_and_no_other(unit: str, delivered: object, number: object) -> None:
    assert read(Field("asked", Kind.REAL, "A field.", unit=unit), [delivered]) == [number]


@pytest.mark.parametrize(
    ("title", "delivered", "number"),
    [
        ("层数", "3层", 3),
        ("层数", "３ 层", 3),
        ("楼栋数", "12栋", 12),
        ("建成年份", "1996年", 1996),
        ("层数", "3栋", UNREADABLE),
        ("层数", "三层", UNREADABLE),
        ("层数", "层", UNREADABLE),
        ("层级", "3层", UNREADABLE),
    ],
)
def test_a_whole_number_may_carry_the_word_by_which_its_title_counts(
    title: str, delivered: str, number: object
) -> None:
    assert read(Field("asked", Kind.INTEGER, "A field.", zh=title), [delivered]) == [number]
    assert read(Field("asked", Kind.TEXT, "A field.", zh=title), [delivered]) != [3]


def test_an_instant_may_begin_with_a_day_in_any_form() -> None:
    forms = [
        "2026年3月4日 9:30",
        "2026年3月4日9:30",
        "2026/3/4 09:30",
        "2026.3.4 9:30:00",
        "２０２６年３月４日　９：３０",
    ]
    assert read(field(Kind.INSTANT), forms) == [datetime(2026, 3, 4, 1, 30, tzinfo=UTC)] * len(forms)
    assert read(field(Kind.INSTANT), ["2026年3月", "2026年3月4日 25:00", "3月4日"]) == [UNREADABLE] * 3


@given(st.from_regex(values.PLAIN, fullmatch=True))
def test_plain_text_is_read_as_any_other_text_is(text: str) -> None:
    """The short way must not differ from the long one, which a column of mixed types takes."""
    mixed = pd.Series([text, 1.5], dtype=object)
    long_way = values._intact(field(Kind.TEXT), values._parser(field(Kind.TEXT), UTC))
    assert values._read_once(text, long_way) == (text, False)
    assert read(field(Kind.TEXT), [text]) == [text]
    assert values.read(field(Kind.TEXT), mixed).values.tolist() == [text, "1.5"]


REALS = st.floats(-2, 2).map(lambda number: number + 0.0)  # zero has two signs, which Python calls equal


@given(
    st.lists(
        st.none() | st.text("1０ 是.") | st.integers(-2, 2) | st.booleans() | REALS | st.dates() | st.just(math.nan)
    ),
    st.sampled_from([each for each in Kind if each is not Kind.JSON]),
)
def test_a_column_is_read_as_its_values_are_one_by_one(delivered: list[object], kind: Kind) -> None:
    whole = values.read(field(kind), pd.Series(delivered, dtype=object))
    single = [values.read(field(kind), pd.Series([value], dtype=object)) for value in delivered]
    assert list(map(repr, whole.values)) == [repr(each.values[0]) for each in single]
    assert whole.unreadable.tolist() == [bool(each.unreadable[0]) for each in single]
