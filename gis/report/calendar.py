"""The calendar of checks as a workbook: the days of each worker, what cannot be met, what moved, and the loads."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from gis.errors import Refused

ROWS_MOST = 1_048_575
WIDTHS = {"layer": 14, "object_key": 20, "kind": 14, "why": 24, "moved_for": 18}


def workbook(
    path: Path,
    sheets: Mapping[str, pd.DataFrame],
    *,
    names: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]],
) -> None:
    """Write frames as the sheets of a workbook: a frozen header, dates as dates, no text that becomes a formula.

    `names` are the headings of columns, `words` what stands for the values of a column; what they lack stands as it is.
    Empty cells are what pandas calls missing. Refused where a frame has more rows than a sheet.
    """
    for title, frame in sheets.items():
        if len(frame) > ROWS_MOST:
            raise Refused(
                f"{path.name} {title}: 行数超过一张表 · expected at most {ROWS_MOST:,} rows, got {len(frame):,}; "
                "`wangge export planned_visit FILE.csv` writes all"
            )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for title, frame in sheets.items():
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(frame.columns):
                sheet.set_column(place, place, WIDTHS.get(str(column), 12))
                sheet.write_string(0, place, names.get(str(column), str(column)), bold)
            _fill(sheet, frame, words, day)


def _fill(
    sheet: Any, frame: pd.DataFrame, words: Mapping[str, Mapping[str, str]], day: object
) -> None:  # the library has no types
    columns = [_shown(frame[column], words.get(str(column), {})) for column in frame.columns]
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        for place, value in enumerate(cells):
            if value is None:
                continue
            if isinstance(value, date):
                sheet.write_datetime(row, place, value, day)
            elif isinstance(value, str):
                sheet.write_string(row, place, value)
            else:
                sheet.write_number(row, place, value)


def _shown(column: "pd.Series[Any]", words: Mapping[str, str]) -> list[Any]:  # whatever a frame holds
    values = [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    if plain and isinstance(plain[0], float):
        plain = [None if value is None else round(value, 2) for value in plain]
    return [words.get(value, value) if isinstance(value, str) else value for value in plain]
