"""Lists as an Excel workbook: a sheet each, heading frozen and filtered, numbers as numbers, no text as a formula."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from gis.errors import Refused

WIDEST, NARROWEST, LOOKED_AT = 48, 8, 200
ROWS_MOST = 1_048_576
_NOT_IN_SHEET = re.compile(r"[\[\]:*?/\\]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A list: its name, the sentences above it, and a frame whose columns are the headings a reader sees."""

    name: str
    rows: pd.DataFrame
    above: tuple[str, ...] = ()


def workbook(sheets: Sequence[Sheet], *, day: date) -> bytes:
    """Give the sheets as an .xlsx that bears the day; the same sheets and day give the same bytes.

    Cells hold text, numbers, days, truth (是, 否) or nothing. Control characters are left out. Refused where a list has
    more rows than a sheet.
    """
    for each in sheets:
        if len(each.rows) + len(each.above) >= ROWS_MOST:
            raise Refused(
                f"{each.name}: 行数超过一张表 · expected fewer than {ROWS_MOST:,} rows, got {len(each.rows):,}; "
                "`wangge export` writes all of a layer as CSV"
            )
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": datetime.combine(day, time(), UTC)})
        forms = {
            "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4", "text_wrap": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "whole": book.add_format({"num_format": "#,##0"}),
            "real": book.add_format({"num_format": "#,##0.##"}),
            "above": book.add_format({"bold": True, "font_color": "#B5271F"}),
        }
        for each in sheets:
            _fill(book.add_worksheet(_NOT_IN_SHEET.sub(" ", each.name)[:31]), each, forms)
    return out.getvalue()


def _fill(page: Any, sheet: Sheet, forms: dict[str, object]) -> None:  # the library has no types
    first = len(sheet.above)
    for row, sentence in enumerate(sheet.above):
        page.write_string(row, 0, _printed(sentence), forms["above"])
    names = [str(each) for each in sheet.rows.columns]
    columns = [sheet.rows.iloc[:, column].tolist() for column in range(len(names))]
    for column, (name, values) in enumerate(zip(names, columns, strict=True)):
        page.set_column(column, column, _wide([name, *map(_text, values[:LOOKED_AT])]))
        page.write_string(first, column, name, forms["head"])
    for row, cells in enumerate(zip(*columns, strict=True), start=first + 1):
        for column, value in enumerate(cells):
            _put(page, (row, column), value, forms)
    page.freeze_panes(first + 1, 0)
    if names and len(sheet.rows):
        page.autofilter(first, 0, first + len(sheet.rows), len(names) - 1)


def _put(page: Any, at: tuple[int, int], value: object, forms: dict[str, object]) -> None:
    plain = value.item() if isinstance(value, np.generic) else value
    if _empty(plain):
        return
    if isinstance(plain, bool):
        page.write_string(*at, "是" if plain else "否")
    elif isinstance(plain, (int, float)):
        page.write_number(*at, plain, forms["whole" if float(plain).is_integer() else "real"])
    elif isinstance(plain, date) and not isinstance(plain, datetime):
        page.write_datetime(*at, datetime.combine(plain, time()), forms["day"])
    else:
        page.write_string(*at, _printed(str(plain)))


def _empty(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value))


def _text(value: object) -> str:
    return "" if _empty(value) else f"{value:,.2f}" if isinstance(value, float) else str(value)


def _printed(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _wide(texts: Sequence[str]) -> int:
    longest = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in text) for text in texts)
    return min(WIDEST, max(NARROWEST, longest + 2))
