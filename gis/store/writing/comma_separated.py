"""Write CSV as spreadsheets take it: UTF-8 with a byte order mark, and no text that they would run as a formula.

A text that begins with = + - @ (or a tab) gets one apostrophe before it, as one types it in a spreadsheet; one that
begins with apostrophes and then one of these gets one more. Reading takes exactly one away (`formats.apostrophe`), so
no value changes on its way out and back. Numbers are written as numbers, also negative ones.
"""

import csv
from pathlib import Path

from gis.layer import Kind
from gis.store.formats.apostrophe import guarded
from gis.store.writing.names import distinct
from gis.store.writing.rows import Cell, Chunk, Column, Rows, size, text_of
from gis.store.writing.shape_text import DEGREES, SHAPE, ewkt

BARE = frozenset({Kind.INTEGER, Kind.REAL, Kind.BOOLEAN, Kind.DATE, Kind.INSTANT, Kind.UUID})


def write(path: Path, rows: Rows) -> None:
    """Write rows under one header; shapes are the last column, EWKT, and points stand before it in degrees too."""
    extra = [*(DEGREES if rows.points else ()), *([SHAPE] if rows.shape else ())]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([guarded(name) for name in [*distinct(rows.names, reserved=extra), *extra]])
        for chunk in rows.chunks:
            columns = [_texts(column, cells) for column, cells in zip(rows.columns, chunk.values, strict=True)]
            writer.writerows(zip(*columns, *_places(rows, chunk), strict=True))


def _texts(column: Column, cells: list[Cell]) -> list[str]:
    if column.kind in BARE:
        return ["" if cell is None else text_of(cell) for cell in cells]
    return ["" if cell is None else guarded(text_of(cell)) for cell in cells]


def _places(rows: Rows, chunk: Chunk) -> list[list[str]]:
    found: list[list[str]] = []
    if rows.points:
        halves = rows.points(chunk.geometry) if chunk.geometry is not None else ([], [])
        found += [["" if each != each else repr(float(each)) for each in half] for half in halves]  # noqa: PLR0124 NaN
    if rows.shape:
        found.append([text or "" for text in ewkt(chunk, rows)] or [""] * size(chunk))
    return found
