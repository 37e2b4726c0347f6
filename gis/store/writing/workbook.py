"""Write an Excel workbook: a frozen header, dates as dates, codes as text, and no text that becomes a formula.

Instants are text with their offset, because a workbook's times have no zone. Shapes are EWKT, which names their system;
one longer than a cell goes on in the columns `WKT 2`, `WKT 3` …; points are shown as longitude and latitude too.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from gis.layer import Kind
from gis.store.writing.names import distinct
from gis.store.writing.rows import Cell, Chunk, Column, Rows, numbered, refuse, size, text_of
from gis.store.writing.shape_text import DEGREES, SHAPE, ewkt

ROWS_MOST = 1_048_575
COLUMNS_MOST = 16_384
TEXT_MOST = 32_767
EXACT_MOST = 2**53
POINT_CHARACTERS = 40
NOT_IN_SHEET = re.compile(r"[\[\]:*?/\\]")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0d-\x1f\ufffe\uffff]")
FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a 29 February that never was."""
WIDTHS = {Kind.INTEGER: 10, Kind.REAL: 12, Kind.BOOLEAN: 8, Kind.DATE: 12, Kind.INSTANT: 26}
FORM = "Excel (.xlsx)"
BETTER = ".gpkg"


class Exact(float):
    """A number that the writer puts down with all its digits; by itself it would round to sixteen."""

    def __format__(self, _: str) -> str:
        """Give the shortest text that is this number."""
        return repr(float(self))


def write(path: Path, rows: Rows) -> None:
    """Write rows as one sheet; DeliveryError where they are more than a sheet or a cell can hold."""
    pieces = max(1, math.ceil(rows.most_points * POINT_CHARACTERS / TEXT_MOST)) if rows.shape else 0
    extra = [SHAPE if not place else f"{SHAPE} {place + 1}" for place in range(pieces)]
    extra = [*(DEGREES if rows.points else ()), *extra]
    names = distinct(rows.names, reserved=extra)
    if len(names) + len(extra) > COLUMNS_MOST:
        raise refuse(FORM, f"{len(names)} 列，最多 {COLUMNS_MOST} 列 · columns at most", better=BETTER)
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "nan_inf_to_errors": False}
    )
    try:
        sheet = book.add_worksheet(_sheet_name(rows.title or rows.name))
        _head(book, sheet, rows, names, extra)
        put = _Cells(sheet, book.add_format({"num_format": "yyyy-mm-dd"}), names)
        for first, chunk in numbered(rows.chunks):
            if first + size(chunk) - 1 > ROWS_MOST:
                raise refuse(FORM, f"超过 {ROWS_MOST:,} 行 · more rows than a sheet has", better=f"{BETTER} / .csv")
            _fill(put, rows, chunk, first, pieces)
    finally:
        book.close()


def _sheet_name(title: str) -> str:
    return NOT_IN_SHEET.sub(" ", title)[:31].strip("' ") or "rows"


def _head(book: Any, sheet: Any, rows: Rows, names: list[str], extra: list[str]) -> None:  # the library has no types
    bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"})
    for place, name in enumerate([*names, *extra]):
        kind = rows.columns[place].kind if place < len(names) else Kind.REAL
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in name) + 2
        sheet.set_column(place, place, min(40, max(WIDTHS.get(kind, 16), wide)))
    for place, name in enumerate([*names, *extra]):
        sheet.write_string(0, place, name, bold)
    sheet.freeze_panes(1, 0)


def _fill(put: "_Cells", rows: Rows, chunk: Chunk, first: int, pieces: int) -> None:
    shapes = ewkt(chunk, rows) if pieces else []
    shown = list(zip(*rows.points(chunk.geometry), strict=True)) if rows.points and chunk.geometry is not None else []
    for place in range(size(chunk)):
        line = first + place
        for column, cells in enumerate(chunk.values):
            put.cell(line, column, rows.columns[column], cells[place])
        after = len(rows.columns)
        if rows.points:
            for column, degrees in enumerate(shown[place] if shown else ()):
                put.number(line, after + column, degrees)
            after += len(DEGREES)
        if pieces:
            put.pieces(line, after, pieces, shapes[place])


class _Cells:
    """A sheet to which cells are written one row after the other."""

    def __init__(self, sheet: Any, day: object, names: list[str]) -> None:
        self._sheet, self._day, self._names = sheet, day, names

    def number(self, row: int, column: int, value: float) -> None:
        if math.isfinite(value):
            self._sheet.write_number(row, column, Exact(value))

    def text(self, row: int, column: int, text: str) -> None:
        if len(text.encode("utf-16-le")) > 2 * TEXT_MOST:
            raise self._refused(row, column, f"{len(text)} 个字符，最多 {TEXT_MOST} · characters at most")
        if NOT_IN_XML.search(text):
            raise self._refused(row, column, f"{text!a:.40} 含控制字符 · a control character")
        self._sheet.write_string(row, column, text)

    def cell(self, row: int, column: int, wanted: Column, value: Cell) -> None:
        if value is None:
            return
        write = _writer(wanted.kind, value)
        if write is None:
            self.text(row, column, text_of(value))
        else:
            write(self, row, column, value)

    def day(self, row: int, column: int, value: date) -> None:
        self._sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self._day)  # noqa: DTZ001 a day has no zone

    def truth(self, row: int, column: int, value: object) -> None:
        self._sheet.write_boolean(row, column, bool(value))

    def pieces(self, row: int, column: int, pieces: int, text: str | None) -> None:
        if text is None:
            return
        if len(text) > pieces * TEXT_MOST:
            raise refuse(FORM, f"第 {row} 行的图形太长 · the shape of row {row} is too long", better=BETTER)
        for place in range(math.ceil(len(text) / TEXT_MOST)):
            self._sheet.write_string(row, column + place, text[place * TEXT_MOST : (place + 1) * TEXT_MOST])

    def _refused(self, row: int, column: int, what: str) -> Exception:
        return refuse(FORM, f"第 {row} 行 {self._names[column]} · row {row}: {what}", better=BETTER)


def _writer(kind: Kind, value: Cell) -> Callable[[_Cells, int, int, Any], None] | None:
    """Give how a value is written as what it is; None where only text keeps it."""
    if kind is Kind.BOOLEAN:
        return _Cells.truth
    if kind is Kind.DATE and isinstance(value, date) and value >= FIRST_DAY:
        return _Cells.day
    if kind is Kind.REAL and isinstance(value, (int, float)):
        return _Cells.number
    return _Cells.number if kind is Kind.INTEGER and isinstance(value, int) and abs(value) <= EXACT_MOST else None
