"""Write a shapefile, alone or zipped: UTF-8 with .cpg, names of 10 bytes, and no value cut short.

GDAL writes reals with fifteen decimals; one that needs more digits is put into the table after it, as the shortest
text that is the number. A text of more than 254 bytes is refused: a shapefile has no room for it.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from gis.layer import Kind
from gis.store.writing import gdal
from gis.store.writing.kinds import of_one_kind
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import Cell, Chunk, Column, Rows, numbered, refuse, text_of

FORM = "Shapefile (.shp)"
NAME_BYTES = 10
TEXT_BYTES = 254
REAL_WIDTH = 24
NUMERIC, ASTERISK, BLANK = frozenset("NF"), ord("*"), ord(" ")
ROWS_AT_ONCE = 100_000
NUMBERS = frozenset({Kind.INTEGER, Kind.REAL, Kind.BOOLEAN, Kind.DATE})


@dataclass(slots=True)
class _Long:
    """Reals that fifteen decimals do not hold: their row and column from 0, and their text."""

    found: list[tuple[int, int, str]] = field(default_factory=list)


def write(path: Path, rows: Rows) -> None:
    """Write .shp, .shx, .dbf, .prj and .cpg; DeliveryError where the rows have no shapes, mixed ones or long texts."""
    if not rows.shape:
        raise refuse(FORM, "图层没有图形 · the rows have no shapes", better=".xlsx / .csv / .gpkg")
    if not rows.columns:
        raise refuse(FORM, "没有字段 · the rows have no columns", better=".gpkg")
    names = [column.short or column.name for column in rows.columns]
    columns = renamed(rows.columns, distinct(names, most_bytes=NAME_BYTES, case=False))
    alike = of_one_kind(rows, FORM)
    long = _Long()
    fitting = replace(alike, columns=columns, chunks=_fitting(alike.chunks, rows.columns, long))
    gdal.write(path, fitting, gdal.Target("ESRI Shapefile", path.stem))
    table = _Table(path.with_suffix(".dbf"))
    for row, column, text in long.found:
        table.put(row, column, text)
    table.blank()
    table.content.flush()


def write_zipped(path: Path, rows: Rows) -> None:
    """Write a shapefile into a .zip, its parts named after the rows."""
    folder = path.with_name("shapefile")
    folder.mkdir()
    write(folder / f"{rows.name}.shp", rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
            part.unlink()
    folder.rmdir()


def _fitting(chunks: Iterable[Chunk], columns: tuple[Column, ...], long: _Long) -> Iterator[Chunk]:
    for first, chunk in numbered(chunks):
        values = [
            _fitted(column, cells, first, place, long)
            for place, (column, cells) in enumerate(zip(columns, chunk.values, strict=True))
        ]
        yield Chunk(values, chunk.geometry)


def _fitted(column: Column, cells: list[Cell], first: int, place: int, long: _Long) -> list[Cell]:
    if column.kind is Kind.REAL:
        return [_real(cell, first + index - 1, place, long) for index, cell in enumerate(cells)]
    if column.kind not in NUMBERS:
        for index, cell in enumerate(cells):
            _refuse_long(column, cell, first + index)
    return cells


def _real(cell: Cell, row: int, column: int, long: _Long) -> Cell:
    if not isinstance(cell, (int, float)):
        return cell
    fixed = f"{cell:.15f}"
    if len(fixed) <= REAL_WIDTH and float(fixed) == cell:
        return cell
    long.found.append((row, column, repr(float(cell))))
    return 0.0


def _refuse_long(column: Column, cell: Cell, row: int) -> None:
    if cell is None or isinstance(cell, date):
        return
    came = len(text_of(cell).encode())
    if came > TEXT_BYTES:
        told = f"第 {row} 行 {column.name} 有 {came} 字节 · row {row}: {came} bytes, at most {TEXT_BYTES}"
        raise refuse(FORM, told, better=".gpkg")


class _Table:
    """A dBASE table on disk: its header tells where each column of a record begins."""

    def __init__(self, path: Path) -> None:
        self.content = np.memmap(path, dtype=np.uint8, mode="r+")
        self.head, self.record = (int.from_bytes(self.content[at : at + 2].tobytes(), "little") for at in (8, 10))
        places = range(32, self.head - 1, 32)
        self.kinds = [chr(self.content[at + 11]) for at in places]
        self.widths = [int(self.content[at + 16]) for at in places]

    def put(self, row: int, column: int, text: str) -> None:
        """Write a number into its place, both counted from 0."""
        start = self.head + row * self.record + 1 + sum(self.widths[:column])
        width = self.widths[column]
        self.content[start : start + width] = np.frombuffer(text.rjust(width).encode("ascii"), dtype=np.uint8)

    def blank(self) -> None:
        """Make the asterisks that GDAL writes for an empty number blanks, which every program reads as empty."""
        count = int.from_bytes(self.content[4:8].tobytes(), "little")
        records = self.content[self.head : self.head + count * self.record].reshape(count, self.record)
        for column, kind in enumerate(self.kinds):
            start = 1 + sum(self.widths[:column])
            for first in range(0, count if kind in NUMERIC else 0, ROWS_AT_ONCE):
                cells = records[first : first + ROWS_AT_ONCE, start : start + self.widths[column]]
                cells[(cells == ASTERISK).all(axis=1)] = BLANK
