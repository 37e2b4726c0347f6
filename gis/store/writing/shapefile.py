"""Write a shapefile, alone or zipped: UTF-8 with .cpg, names of 10 bytes, and no value cut short.

GDAL writes reals with fifteen decimals; one that needs more digits is put into the table after it, as the shortest
text that is the number. A text of more than 254 bytes is refused: a shapefile has no room for it.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry

from gis.layer import Kind
from gis.store.writing import gdal
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import ANY_SHAPE, POINT, Cell, Chunk, Column, Rows, numbered, refuse, text_of

FORM = "Shapefile (.shp)"
NAME_BYTES = 10
TEXT_BYTES = 254
REAL_WIDTH = 24
LINES, AREAS, POINTS = "LineString", "Polygon", "MultiPoint"
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
    columns = renamed(rows.columns, distinct(rows.names, most_bytes=NAME_BYTES, case=False))
    kind, chunks = _kind(rows)
    long = _Long()
    fitting = replace(rows, columns=columns, shape=kind, chunks=_fitting(chunks, rows.columns, kind, long))
    gdal.write(path, fitting, gdal.Target("ESRI Shapefile", path.stem))
    if long.found:
        _put(path.with_suffix(".dbf"), long)


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


def _kind(rows: Rows) -> tuple[str, Iterable[Chunk]]:
    """Give the one kind of all shapes as a shapefile names it, and the chunks again; a kind not said is looked for."""
    if rows.shape != ANY_SHAPE:
        return _flat(rows.shape), rows.chunks
    chunks = iter(rows.chunks)
    seen: list[Chunk] = []
    for chunk in chunks:
        seen.append(chunk)
        kinds = {_flat(each.geom_type) for each in _shapes(chunk) if each is not None}
        if kinds:
            return kinds.pop(), chain(seen, chunks)
    return POINT, seen


def _flat(kind: str) -> str:
    return kind if kind in {POINT, POINTS} else kind.removeprefix("Multi")


def _shapes(chunk: Chunk) -> Iterable[BaseGeometry | None]:
    return chunk.geometry if chunk.geometry is not None else ()


def _fitting(chunks: Iterable[Chunk], columns: tuple[Column, ...], kind: str, long: _Long) -> Iterator[Chunk]:
    for first, chunk in numbered(chunks):
        kinds = {_flat(each.geom_type) for each in _shapes(chunk) if each is not None}
        if kinds - {kind}:
            raise refuse(FORM, f"几何类型混杂 · mixed shapes: {', '.join(sorted({kind, *kinds}))}", better=".gpkg")
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


def _put(table: Path, long: _Long) -> None:
    """Write numbers into their places of a dBASE table: its header tells where each column of a record begins."""
    content = np.memmap(table, dtype=np.uint8, mode="r+")
    head, record = (int.from_bytes(content[at : at + 2].tobytes(), "little") for at in (8, 10))
    widths = [int(content[32 + 32 * place + 16]) for place in range((head - 33) // 32)]
    for row, column, text in long.found:
        start = head + row * record + 1 + sum(widths[:column])
        width = widths[column]
        content[start : start + width] = np.frombuffer(text.rjust(width).encode("ascii"), dtype=np.uint8)
    content.flush()
