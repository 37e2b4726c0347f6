"""A workbook of several tables, as planners take it into a meeting."""

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

Table = tuple[str, Sequence[str], Sequence[Sequence[object]]]
"""A sheet: its name, its head and its rows."""


def write(path: Path, sheets: Sequence[Table]) -> None:
    """Write sheets of plain values, each with a frozen head; text never becomes a formula."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    try:
        bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, head, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, max(len(head) - 1, 0), 16)
            for column, title in enumerate(head):
                sheet.write_string(0, column, title, bold)
            for line, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(line, column, value, *([day] if hasattr(value, "isoformat") else []))
    finally:
        book.close()
