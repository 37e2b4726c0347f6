"""Sheets and tables of text as offices deliver them: every filled row is read or named, nothing is guessed."""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import python_calamine
import shapely
import xlsxwriter
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from api.cli import main
from gis.errors import DeliveryError
from gis.store.formats import comma, table, xlsx
from gis.store.formats.cell_form import Form, form_of, formed, number
from gis.store.formats.delivered import Asked, Delivered, Fault, shown
from gis.store.formats.grid import letters
from gis.store.formats.xlsx import NO_VALUE, column_of
from gis.store.reading import read

NAMES = ("用户编号", "户名", "楼层", "软管安装日期", "镇街", "经度", "纬度")
ASKED = Asked(names=NAMES)
TEN_DIGITS = 10**9


def columns(found: Delivered) -> dict[str, list[object]]:
    return {name: values.to_pylist() for name, values in found.columns.items()}


def numbers(found: Delivered) -> list[int]:
    assert found.numbers is not None
    given_numbers: list[int] = found.numbers.to_pylist()
    return given_numbers


def sheet(
    folder: Path,
    rows: Sequence[object],
    merges: Sequence[str] = (),
    change: Callable[[openpyxl.worksheet.worksheet.Worksheet], object] = lambda _: None,
) -> Path:
    """Write rows to the one sheet of a workbook and give its path."""
    book = openpyxl.Workbook()
    page = book.active
    for row in rows:
        assert isinstance(row, list)
        page.append(row)
    for each in merges:
        page.merge_cells(each)
    change(page)
    path = folder / "表.xlsx"
    book.save(path)
    return path


def taken(path: Path, asked: Asked = ASKED) -> Delivered:
    return xlsx.read(str(path), asked)


def csv(folder: Path, data: bytes | str, asked: Asked = ASKED) -> Delivered:
    path = folder / "表.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return comma.read(str(path), asked)


def parts(cells: str, **more: str) -> dict[str, str]:
    """Give the parts of a workbook of one sheet, whose rows are given as XML."""
    main_space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    related = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    return {
        "_rels/.rels": f'<Relationships {relations}><Relationship Id="a" Type="{kinds}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main_space} {related}><sheets><sheet name="表" sheetId="1" r:id="b"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships {relations}><Relationship Id="b" Type="{kinds}/worksheet" '
        'Target="/xl/worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main_space}><sheetData>{cells}</sheetData></worksheet>",
    } | {name.replace("__", "/"): text for name, text in more.items()}


def packed(folder: Path, contents: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "表.xlsx"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, text in contents.items():
            file.writestr(name, text)
    return path


HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>用户编号</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>户名</t></is></c></row>'
)


# Cells


def test_cells_of_every_kind_come_as_what_they_are(tmp_path: Path) -> None:
    morning, last = datetime(2023, 4, 1, 9, 30), datetime(1999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - a sheet has no zone
    rows = [
        ["用户编号", "户名", "整", "实", "真", "日", "时刻", "钟"],
        [330784100, "王\n小明", 3, 0.1, True, date(2023, 4, 1), morning, time(9, 30)],
        ["007", " 李四 ", -5, 2, False, date(1900, 1, 1), last, timedelta(hours=26)],
    ]
    found = taken(sheet(tmp_path, rows))
    assert columns(found) == {
        "用户编号": ["330784100", "007"],
        "户名": ["王\n小明", " 李四 "],
        "整": [3, -5],
        "实": [0.1, 2.0],
        "真": [True, False],
        "日": ["2023-04-01", "1900-01-01"],
        "时刻": ["2023-04-01T09:30:00", "1999-12-31T23:59:59"],
        "钟": ["09:30:00", "26:00:00"],
    }
    assert found.faults == []
    assert numbers(found) == [2, 3]
    assert (found.sublayer, found.sublayers, found.crs) == ("Sheet", ("Sheet",), None)


def test_a_code_of_more_digits_than_a_sheet_keeps_comes_as_the_sheet_shows_it(tmp_path: Path) -> None:
    rows = [["用户编号", "户名"], [330784198001011234, "a"], [999999999999999, "b"], [10**15, "c"], [1e300, "d"]]
    found = taken(sheet(tmp_path, rows))
    assert columns(found)["用户编号"] == ["3.30784198001011E+17", "999999999999999", "1E+15", "1E+300"]


def test_a_date_shown_without_its_day_has_none(tmp_path: Path) -> None:
    days = [date(2023, 4, 1), date(2023, 4, 2), date(2023, 1, 1), date(2023, 4, 1), date(2023, 4, 1)]
    codes = ['yyyy"年"m"月"', 'yyyy"年"m"月"', "yyyy", 'yyyy"年"m"月"d"日";@', "[$-804]aaaa"]

    def shown(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for place, code in enumerate(codes):
            page.cell(place + 2, 2).number_format = code

    found = taken(
        sheet(tmp_path, [["用户编号", "户名"], *([str(place), day] for place, day in enumerate(days))], (), shown)
    )
    assert columns(found)["户名"] == ["2023-04", "2023-04-02", "2023", "2023-04-01", "2023-04-01"]


def test_days_counted_from_1904_are_those_days(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path, {"date_1904": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["用户编号", "户名"])
    for row, day in enumerate((datetime(2023, 4, 1), datetime(1904, 1, 2), datetime(2000, 2, 29)), 1):  # noqa: DTZ001
        page.write_string(row, 0, "a")
        page.write_datetime(row, 1, day, book.add_format({"num_format": 14}))
    book.close()
    assert columns(taken(path))["户名"] == ["2023-04-01", "1904-01-02", "2000-02-29"]


@pytest.mark.parametrize(
    ("number_format", "code", "form"),
    [
        (0, None, Form.NUMBER),
        (14, None, Form.DAY),
        (31, None, Form.DAY),
        (57, None, Form.MONTH),
        (58, None, Form.DAY),
        (33, None, Form.CLOCK),
        (10, None, Form.SHARE),
        (46, None, Form.SPAN),
        (164, "General", Form.NUMBER),
        (164, '0.00"元"', Form.NUMBER),
        (164, '"d"0', Form.NUMBER),
        (164, "[Red]0.0;[Blue]-0.0", Form.NUMBER),
        (164, "0.00E+00", Form.NUMBER),
        (164, "000000", Form.PADDED),
        (164, "0", Form.NUMBER),
        (164, "0.0%", Form.SHARE),
        (164, "[h]:mm:ss", Form.SPAN),
        (164, "h:mm AM/PM", Form.CLOCK),
        (164, "[$-F800]dddd, mmmm dd, yyyy", Form.DAY),
        (164, "yyyy-mm-dd hh:mm:ss.000", Form.DAY),
        (164, "mmm-yy", Form.MONTH),
        (164, 'm"月"', Form.MONTH),
        (164, "@", Form.NUMBER),
    ],
)
def test_the_form_of_a_number_is_told_from_its_format(number_format: int, code: str | None, form: Form) -> None:
    assert form_of(number_format, code) is form


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)), st.integers(0, 86399))
def test_a_serial_number_is_the_moment_that_it_counts(day: date, second: int) -> None:
    since = (day - date(1899, 12, 30)).days
    moment = datetime.combine(day, time()) + timedelta(seconds=second)
    wanted = day.isoformat() if not second else moment.isoformat()
    assert formed(since + second / 86400, Form.DAY, 0, from_1904=False) == wanted
    if since >= 1462:
        assert formed(since - 1462 + second / 86400, Form.DAY, 0, from_1904=True) == wanted


@pytest.mark.parametrize("serial", [60, 60.5, 0, -1, 2958466, 1e12])
def test_a_serial_number_that_is_no_day_stays_a_number(serial: float) -> None:
    assert formed(serial, Form.DAY, 0, from_1904=False) == serial


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1.0", 1), ("1E3", 1000), ("0.1", 0.1), ("-0", 0), ("1_0", "1_0"), ("nan", "nan"), ("1e999", "1e999")],
)
def test_a_number_is_whole_where_it_can_be(text: str, value: object) -> None:
    assert number(text) == value
    assert type(number(text)) is type(value)


def test_errors_and_formulas_without_a_value_are_told_apart_from_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write_row(0, 0, ["用户编号", "户名"])
    page.write_row(1, 0, ["a"])
    page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    page.write_row(2, 0, ["b"])
    page.write_formula(2, 1, '="x"', None, "x")
    book.close()
    found = taken(path)
    assert columns(found)["户名"] == ["#DIV/0!", "x"]
    assert "2 格是公式，取文件里存着的值，写文件的程序可能没有算过它们" in found.notes[0]
    unsaved = taken(sheet(tmp_path, [["用户编号", "户名"], ["a", "=1+1"], ["b", "#REF!"]]))
    assert columns(unsaved)["户名"] == [NO_VALUE, "#REF!"]


def test_padded_codes_shares_rich_and_escaped_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write_row(0, 0, ["用户编号", "户名", "楼层"])
    page.write_number(1, 0, 7, book.add_format({"num_format": "00000"}))
    page.write_rich_string(1, 1, "王", book.add_format({"bold": True}), "小", "明")
    page.write_number(1, 2, 0.15, book.add_format({"num_format": "0%"}))
    page.write_string(2, 0, "a_x000D_b")
    page.write_string(2, 1, "c\r\nd\ne")
    book.close()
    found = taken(path)
    assert columns(found) == {"用户编号": ["00007", "a_x000D_b"], "户名": ["王小明", "c\nd\ne"], "楼层": [0.15, None]}
    assert found.notes == (
        "有按百分比显示的数，按其数值读（15% 是 0.15）· shares shown in percent are read as 0.15 for 15%",
    )


def test_cells_without_references_and_with_prefixed_names_are_read(tmp_path: Path) -> None:
    names = "<row><c t='str'><v>用户编号</v></c><c t='str'><v>户名</v></c></row>"
    rows = names + "<row><c><v>1</v></c><c t='d'><v>2023-04-01</v></c></row>"
    contents = parts(rows)
    name = "xl/worksheets/sheet1.xml"
    contents[name] = '<x:worksheet xmlns:x="a">' + rows.replace("</", "</x:").replace("<row", "<x:row").replace(
        "<c", "<x:c"
    ).replace("<v", "<x:v").join(("<x:sheetData>", "</x:sheetData></x:worksheet>"))
    assert columns(taken(packed(tmp_path, contents))) == {"用户编号": [1], "户名": ["2023-04-01"]}


def test_readings_beside_characters_are_left_out(tmp_path: Path) -> None:
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>東</t><rPh sb="0" eb="1"><t>ヒガシ</t></rPh></is></c></row>'
    assert columns(taken(packed(tmp_path, parts(HEADER + row))))["用户编号"] == ["東"]


# Headers


def test_the_header_is_found_under_titles_and_its_merged_groups_give_the_lower_names(tmp_path: Path) -> None:
    rows = [
        ["永康市燃气用户清单"],
        ["填报单位：某某公司", None, None, None, "2023年4月"],
        [],
        ["序号", "用户\n编号", "户  名", "位置", None],
        [None, None, None, "经度", "纬度"],
        [1, "a", "甲", 120.1, 28.9],
    ]
    found = taken(sheet(tmp_path, rows, ["A1:E1", "A4:A5", "B4:B5", "C4:C5", "D4:E4"]))
    assert list(found.columns) == ["序号", "用户编号", "户名", "经度", "纬度"]
    assert shapely.from_wkb(found.wkb[0].as_py()) == shapely.Point(120.1, 28.9)
    assert numbers(found) == [6]
    assert "表头在第 4–5 行，以上是标题" in found.notes[0]


def test_a_header_in_two_rows_needs_no_merged_cells(tmp_path: Path) -> None:
    found = csv(tmp_path, "标题,,,\n用户编号,户名,位置,\n,,经度,纬度\na,甲,120.1,28.9\n")
    assert list(found.columns) == ["用户编号", "户名", "经度", "纬度"]
    assert numbers(found) == [4]


def test_doubled_names_are_told_apart_by_their_group_or_a_count(tmp_path: Path) -> None:
    rows = [
        ["用户编号", "户名", "起点", None, "终点", None],
        [None, None, "经度", "纬度", "经度", "纬度"],
        ["a", "b", 1, 2, 3, 4],
    ]
    grouped = taken(sheet(tmp_path, rows, ["A1:A2", "B1:B2", "C1:D1", "E1:F1"]))
    assert list(grouped.columns) == ["用户编号", "户名", "起点·经度", "起点·纬度", "终点·经度", "终点·纬度"]
    assert grouped.wkb.to_pylist() == [None]  # which of the two is meant is not guessed
    counted = csv(tmp_path, "用户编号,户名,备注,备注,\na,b,c,d,e\n")
    assert list(counted.columns) == ["用户编号", "户名", "备注", "备注_2", "E列"]
    assert counted.notes == ("重名的列已区分：备注_2 · columns of one name were told apart",)


def test_the_row_of_most_known_names_beats_an_earlier_row_of_texts(tmp_path: Path) -> None:
    text = "单位,永康,日期\n甲,乙,丙\n用户编号*,户名（必填）,其他\na,b,c\n"
    assert columns(csv(tmp_path, text)) == {"用户编号": ["a"], "户名": ["b"], "其他": ["c"]}
    unknown = csv(tmp_path, text, Asked())
    assert list(unknown.columns) == ["单位", "永康", "日期"]
    assert len(unknown.wkb) == 3
    by_hand = csv(tmp_path, text, Asked(header_row=2))
    assert list(by_hand.columns) == ["甲", "乙", "丙"]
    with pytest.raises(DeliveryError, match="--header-row 9: expected a row that names the columns, got an empty one"):
        csv(tmp_path, text, Asked(header_row=9))


def test_a_sheet_of_numbers_alone_is_refused_with_what_to_say(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"表头.*found none; name it with --header-row"):
        taken(sheet(tmp_path, [[1, 2], [3, 4]]))


# Bodies


def test_values_merged_down_hold_for_all_their_rows_and_those_merged_across_for_the_first_column(
    tmp_path: Path,
) -> None:
    rows = [
        ["镇街", "用户编号", "户名", "楼层"],
        ["东城", "a", "甲", 1],
        [None, "b", "乙", 2],
        [],
        [None, "c", "丙", None],
    ]
    found = taken(sheet(tmp_path, rows, ["A2:A5", "C5:D5"]))
    assert columns(found) == {
        "镇街": ["东城"] * 3,
        "用户编号": ["a", "b", "c"],
        "户名": ["甲", "乙", "丙"],
        "楼层": [1, 2, None],
    }
    assert numbers(found) == [2, 3, 5]
    assert found.notes == (
        "跳过 1 个空行 · 1 empty rows were skipped",
        "合并单元格的值填入 2 格 · 2 cells got the value of the merged cell they are part of",
        "1 处横向合并，值只归第一列 · 1 cells merged over columns hold for the first alone",
    )


def test_totals_signatures_captions_and_column_numbers_are_rows_with_a_fault(tmp_path: Path) -> None:
    rows = [
        ["用户编号", "户名", "镇街", "楼层", "备注", "数"],
        [1, 2, 3, 4, 5, 6],
        ["一、东城街道"],
        ["a", "甲", None, 3, None, None],
        ["小 计", None, None, 3, None, None],
        ["b", "乙", None, 3, "备注：好", None],
        [None, "合计：", None, 6, None, None],
        ["制表人：张三", None, None, "审核：李四"],
        ["注：本表由各镇街填报"],
    ]
    found = taken(sheet(tmp_path, rows, ["A3:F3", "A9:F9"]))
    assert [(fault.row, fault.constraint, fault.actual) for fault in found.faults] == [
        (1, "data_row", '"1 2 3 4 5 6"'),
        (2, "data_row", '"一、东城街道"'),
        (4, "data_row", '"小计"'),
        (6, "data_row", '"合计："'),
        (7, "data_row", '"制表人：张三"'),
        (8, "data_row", '"注：本表由各镇街填报"'),
    ]
    assert len(found.wkb) == 8
    assert numbers(found) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_rows_that_only_look_like_footers_are_data(tmp_path: Path) -> None:
    found = csv(tmp_path, "用户编号,户名,备注\n1,2,3\n备注：一,甲,\nS1,Total,\n合计街1号,乙,\n")
    assert found.faults == []
    assert len(found.wkb) == 4


def test_hidden_rows_columns_and_sheets_are_told(tmp_path: Path) -> None:
    def hide(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        page.row_dimensions[2].hidden = True
        page.column_dimensions["B"].hidden = True
        other = page.parent.create_sheet("字典")
        other.append(["居民"])
        other.sheet_state = "hidden"

    path = sheet(tmp_path, [["用户编号", "户名"], ["a", "甲"], ["b", "乙"]], (), hide)
    found = taken(path)
    assert columns(found)["户名"] == ["甲", "乙"]
    assert found.notes == (
        "隐藏的工作表没有读：字典 · hidden sheets were not read",
        "1 行是隐藏的（如筛选），照样读入 · 1 hidden rows were read too",
        "有隐藏的列，照样读入 · hidden columns were read too",
    )
    assert found.sublayers == ("Sheet", "字典")
    assert list(taken(path, Asked(sublayer="字典", header_row=1)).columns) == ["居民"]


def test_one_sheet_with_cells_is_taken_and_of_several_the_named_one(tmp_path: Path) -> None:
    path = sheet(tmp_path, [["用户编号", "户名"], ["a", "甲"]], (), lambda page: page.parent.create_sheet("空"))
    assert taken(path).sublayer == "Sheet"
    with pytest.raises(DeliveryError, match="one of the sheets Sheet, 空, got 'x'"):
        taken(path, Asked(sublayer="x"))
    two = sheet(tmp_path, [["用户编号"], ["a"]], (), lambda page: page.parent.create_sheet("二").append(["b"]))
    with pytest.raises(DeliveryError, match=r"有 2 个工作表.*got 2: Sheet, 二; name the one that is meant"):
        taken(two)


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "gbk"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_of_text_is_read_in_every_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    lines = [["用户编号", "户名", "备注"], ["007", "王小明", '"一行\n二行"'], ["330784100", "李四光", ""]]
    data = end.join(separator.join(line) for line in lines).encode(encoding)
    found = csv(tmp_path, data)
    assert columns(found) == {
        "用户编号": ["007", "330784100"],
        "户名": ["王小明", "李四光"],
        "备注": ["一行\n二行", None],
    }
    assert found.faults == []
    assert numbers(found) == [2, 3]
    assert [note[:12] for note in found.notes] == (["文字编码 GB18030"[:12]] if encoding in {"gb18030", "gbk"} else [])


def test_big5_is_read_where_it_is_said_and_unknown_encodings_are_refused(tmp_path: Path) -> None:
    data = "編號,戶名\n1,臺北\n2,國語\n".encode("big5")
    assert columns(csv(tmp_path, data, Asked(encoding="Big5")))["戶名"] == ["臺北", "國語"]
    with pytest.raises(DeliveryError, match="expected --encoding such as"):
        csv(tmp_path, data, Asked(encoding="klingon"))
    with pytest.raises(DeliveryError, match="marked as UTF-8"):
        csv(tmp_path, "\ufeff用户编号,户名\n1,a\n", Asked(encoding="GBK"))
    with pytest.raises(DeliveryError, match="bytes of 0"):
        csv(tmp_path, "用户编号,户名\n1,a\n".encode("utf-16-le"))
    assert columns(csv(tmp_path, "用户编号,户名\n1,a\n".encode("utf-16-le"), Asked(encoding="UTF-16LE")))["户名"] == [
        "a"
    ]


def test_a_broken_line_costs_its_own_text_alone(tmp_path: Path) -> None:
    lines = ["用户编号,户名", *(f"{place},王小明" for place in range(9))]
    data = "\n".join(lines).encode() + b"\n9,\xe7\x8e\n"
    found = csv(tmp_path, data)
    assert columns(found)["户名"] == ["王小明"] * 9 + ["\ufffd\ufffd"]
    assert any("1 行有读不出的文字" in note for note in found.notes)


def test_ragged_rows_are_faults_with_what_was_expected_and_came(tmp_path: Path) -> None:
    found = csv(tmp_path, "用户编号,户名,备注\na,甲,x\nb,乙\nc,丙,y,\nd,丁,z,多\n\n,,\ne,戊,w\n")
    assert found.faults == [Fault(2, "", "columns", "3 columns", "2"), Fault(4, "", "columns", "3 columns", "4")]
    assert columns(found)["户名"] == ["甲", "乙", "丙", "丁", "戊"]
    assert numbers(found) == [2, 3, 4, 5, 8]
    assert found.notes == ("跳过 2 个空行 · 2 empty rows were skipped",)


def test_what_spreadsheets_write_into_text_is_understood(tmp_path: Path) -> None:
    assert columns(csv(tmp_path, 'sep=;\r\n用户编号;户名,别名\r\n="007";"a,b"\r\n')) == {
        "用户编号": ["007"],
        "户名,别名": ["a,b"],
    }
    assert numbers(csv(tmp_path, "sep=;\n用户编号;户名\n1;2\n")) == [2]


def test_a_separator_that_cannot_be_told_and_an_open_quote_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"分隔符不明.*逗号 comma \(2 columns\), 分号 semicolon \(2 columns\)"):
        csv(tmp_path, "a;b,c\n1;2,3\n4;5,6\n")
    assert list(csv(tmp_path, "用户编号;户名,别名;备注\n1;2,3;4\n").columns) == ["用户编号", "户名,别名", "备注"]
    with pytest.raises(DeliveryError, match="引号没有配对 · expected quotes in pairs, got one from line 3 on"):
        csv(tmp_path, '用户编号,户名\n1,"甲"\n2,"乙\n3,丙\n')
    with pytest.raises(DeliveryError, match="nothing but space"):
        csv(tmp_path, " \n\n")


def test_a_row_whose_quotes_are_out_of_order_is_a_fault_and_the_next_row_is_read(tmp_path: Path) -> None:
    found = csv(tmp_path, '用户编号,户名\n1,5" 管\n2,"5" 管"\n3,"丙\n丁"x\n4,"戊"\n')
    assert found.faults == [
        Fault(2, "", "quotes", "quotes around whole cells, and doubled within them", shown('2,5 管"')),
        Fault(3, "", "quotes", "quotes around whole cells, and doubled within them", shown("3,丙\n丁x")),
    ]
    assert columns(found)["户名"][0::3] == ['5" 管', "戊"]
    assert numbers(found) == [2, 3, 4, 5]


def test_one_column_and_very_long_cells_and_zero_bytes_are_read(tmp_path: Path) -> None:
    assert columns(csv(tmp_path, "用户编号\na\nb\n")) == {"用户编号": ["a", "b"]}
    long = "长" * 300_000
    assert columns(csv(tmp_path, f"用户编号,户名\na,{long}\nb,x\x00y\n"))["户名"] == [long, "x\x00y"]


# Hostile files


ENTITY = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"xl/worksheets/sheet1.xml": ENTITY + "<worksheet>&b;</worksheet>"}, "without a document type"),
        ({"xl/workbook.xml": ENTITY + "<workbook/>"}, "without a document type"),
        ({"xl/worksheets/sheet1.xml": "<worksheet><sheetData>"}, "broken XML"),
        ({"xl/worksheets/sheet1.xml": "\x00"}, "broken XML"),
        ({"xl/vbaProject.bin": "x"}, "without macros"),
        ({"xl/macrosheets/sheet1.xml": "x"}, "without macros"),
        ({"xl/workbook.xml": "<workbook/>"}, "expected a worksheet, got none"),
        ({"xl/workbook.bin": "x"}, "binary one"),
        ({"XL\\Workbook.xml": "<workbook/>"}, "each part of the Excel file once"),
    ],
)
def test_hostile_and_damaged_workbooks_are_refused(tmp_path: Path, change: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence):
        taken(packed(tmp_path, parts(HEADER) | dict(change)))


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ('<row r="1"><c r="A1" t="s"><v>7</v></c></row>', "one of the workbook's 0 texts"),
        ('<row r="1048577"><c r="A1"><v>7</v></c></row>', "row 1048577"),
        ('<row r="1"/><row r="1"/>', "row 1 again"),
        ('<row r="1"><c r="XFE1"><v>7</v></c></row>', "a column from A to XFD"),
        ('<row r="1"><c r="AAAAAAA1"><v>7</v></c></row>', "a column from A to XFD"),
        ('<row r="1"><c r="7"><v>7</v></c></row>', "a column from A to XFD"),
        ('<row r="1"><c r="B1"><v>7</v></c><c r="A1"><v>7</v></c></row>', "each cell once and in order"),
        ("".join(f'<row r="{row}"><c r="XFD{row}"><v>7</v></c></row>' for row in range(1, 4000)), "spans at most"),
    ],
)
def test_sheets_that_cannot_be_are_refused(tmp_path: Path, cells: str, sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence):
        taken(packed(tmp_path, parts(cells)))


def test_a_part_that_grows_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = parts(HEADER) | {"xl/worksheets/sheet1.xml": "<worksheet>" + " " * (40 * 2**20) + "</worksheet>"}
    with pytest.raises(DeliveryError, match=r"a part that grows \d+ times when unpacked"):
        taken(packed(tmp_path, bomb))
    with pytest.raises(DeliveryError, match="unknown compression"):
        taken(packed(tmp_path, parts(HEADER), zipfile.ZIP_LZMA))


def test_old_and_encrypted_office_files_are_told(tmp_path: Path) -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    old = tmp_path / "a.xls"
    old.write_bytes(head + b"Workbook")
    with pytest.raises(DeliveryError, match=r"a\.xls: .*请另存为 \.xlsx"):
        read(old)
    locked = tmp_path / "b.xlsx"
    locked.write_bytes(head + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(DeliveryError, match=r"b\.xlsx: 文件有密码"):
        read(locked)


@given(st.binary(max_size=200))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_a_reader_fail_with_anything_but_a_sentence(tmp_path: Path, data: bytes) -> None:
    try:
        found = csv(tmp_path, data)
    except DeliveryError:
        pass
    else:
        assert len(found.wkb) == len(numbers(found))
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as file:
        for name, text in parts(HEADER).items():
            file.writestr(name, text)
    spoiled = bytearray(broken.getvalue())
    for place, byte in enumerate(data):
        spoiled[(place * 7919 + byte * 31) % len(spoiled)] = byte
    path = tmp_path / "b.xlsx"
    path.write_bytes(spoiled)
    with contextlib.suppress(DeliveryError):
        taken(path)


# Whole tables

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
SOLID = TEXT.filter(lambda text: text == text.strip() and not text.startswith(("=", "'")) and "_x" not in text)
CELL = st.one_of(
    st.none(),
    SOLID,
    st.integers(-TEN_DIGITS, TEN_DIGITS),
    st.integers(-TEN_DIGITS, TEN_DIGITS).filter(lambda value: value % 1000 > 0).map(lambda value: value / 1000),
    st.booleans(),
)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_written_into_a_sheet_is_read_from_it_and_another_reader_sees_the_same(
    tmp_path: Path, rows: list[tuple[object, ...]]
) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path, {"strings_to_numbers": False})
    page = book.add_worksheet()
    page.write_row(0, 0, ["用户编号", "户名", "楼层"])
    for number_, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(number_, place, value)
            elif value is not None:
                page.write(number_, place, value)
    book.close()
    found = taken(path)
    kept = [(number_, row) for number_, row in enumerate(rows, 2) if any(value is not None for value in row)]
    assert numbers(found) == [number_ for number_, _ in kept]
    given_columns = zip(*(row for _, row in kept), strict=True)
    for values, given_values in zip(columns(found).values(), given_columns, strict=False):
        pairs = list(zip(values, given_values, strict=True))
        assert [written(value, one) for value, one in pairs] == [written(one, one) for _, one in pairs]
    other = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    seen = [[None if cell == "" else cell for cell in row] for row in other[1:]]
    assert [[None if value is None else value for value in row] for row in rows][: len(seen)] == seen


def written(value: object, like: object) -> str | None:
    """Give a cell as text; a whole number that came in a column of reals as the whole number that it was."""
    assert value is None or isinstance(value, str | int | float)
    whole = isinstance(value, float) and isinstance(like, int)
    return None if value is None else table.written(int(value) if whole and isinstance(value, float) else value)


@given(st.lists(st.tuples(SOLID, SOLID, SOLID), min_size=1, max_size=6), st.sampled_from(",;\t"))
@hypothesis_settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_text_written_with_quotes_is_read_from_them(
    tmp_path: Path, rows: list[tuple[str, str, str]], separator: str
) -> None:
    quoted = [
        [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in [("用户编号", "户名", "楼层"), *rows]
    ]
    found = csv(tmp_path, "\ufeff" + "\n".join(separator.join(row) for row in quoted))
    assert list(zip(*columns(found).values(), strict=True)) == rows
    assert numbers(found) == list(range(2, len(rows) + 2))


@given(st.integers(0, 2**14 - 1))
def test_a_column_has_the_letters_that_lead_back_to_it(column: int) -> None:
    assert column_of(letters(column)) == column
    assert letters(column) == openpyxl.utils.get_column_letter(column + 1)


# As a steward runs it


def test_a_messy_office_sheet_is_judged_by_the_command(tmp_path: Path) -> None:
    rows = [
        ["永康市2023年瓶装燃气用户清单"],
        ["（截至2023年4月1日）"],
        ["填报单位：某某燃气公司", None, None, None, None, None, None, "单位：户"],
        ["序号", "镇街", "用户编号", "用户类别", "供气方式", "位置", None, "软管安装日期", "存瓶量（公斤）", "报警器"],
        [None, None, None, None, None, "经度", "纬度", None, None, None],
        [1, "东城街道", 330784100, "居民", "瓶装", "120°01′12.5″E", "28°54′N", date(2023, 4, 1), 15, "√"],
        [2, None, "00123", "餐饮", "瓶装气", "120度2分", 28.9, "2023年4月2日", "１５公斤", "有"],
        [3, None, 123456789012345678, "居民", "瓶装", 120.03, 28.9, "2023年4月", 15, "否"],
        [],
        [4, "西城街道", "A4", "居民", "瓶装", 120.04, None, None, "30吨", "是"],
        ["合计", None, 4, None, None, None, None, None, 75, None],
        ["制表人：张三", None, None, None, None, None, None, "审核：李四"],
    ]
    merges = ["A1:J1", "A2:J2", *(f"{name}4:{name}5" for name in "ABCDEHIJ"), "F4:G4", "B6:B8"]
    path = sheet(tmp_path, rows, merges)
    words = ["load", "gas_user", str(path), "--dry-run", "--json", "--crs", "EPSG:4490"]
    state = {"WANGGE_STATE": str(tmp_path / "state"), "DATABASE_URL": None, "WANGGE_DATABASE": None}
    try:
        result = CliRunner().invoke(main, words, env=state)
    finally:
        CliRunner().invoke(main, ["db", "down"], env=state)
    assert result.exit_code == 1
    answer = json.loads(result.stdout.splitlines()[-1])
    assert (answer["delivered"], answer["stored"], answer["rejected"]) == (6, 2, 4)
    faults = {(fault["row"], fault["field"]): (fault["constraint"], fault["actual"]) for fault in answer["faults"]}
    assert faults == {
        (8, "code"): ("readable", '"1.23456789012346E+17"'),
        (8, "hose_on"): ("readable", '"2023年4月"'),
        (10, "纬度"): ("position", "120.04 alone"),
        (11, "序号"): ("data_row", '"合计"'),
        (12, "序号"): ("data_row", '"制表人：张三"'),
    }
    assert "表头在第 4–5 行，以上是标题 · columns are named in row 4–5, above it are titles" in answer["notes"]
    assert "跳过 1 个空行 · 1 empty rows were skipped" in answer["notes"]
    assert any(note.startswith("合并单元格的值填入 2 格") for note in answer["notes"])
