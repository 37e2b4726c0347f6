"""Write a File Geodatabase: a folder whose coordinates are whole numbers of a tenth of a micrometre."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from gis.layer import Kind
from gis.store.writing import gdal
from gis.store.writing.kinds import of_one_kind
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import POINTS, Chunk, Column, Rows, numbered, refuse

FORM = "File Geodatabase (.gdb)"
OWN = ("OBJECTID", "SHAPE", "SHAPE_Length", "SHAPE_Area")
EXACT_MOST = 2**53
"""Whole numbers are kept as reals: the integers of 64 bits that exist since 2023 are read by few programs."""


def write(path: Path, rows: Rows) -> None:
    """Write rows as the one feature class or table; DeliveryError for mixed shapes and whole numbers above 2^53."""
    names = distinct(rows.names, reserved=OWN, case=False)
    options = {"LAYER_ALIAS": rows.title or rows.name}
    if rows.shape:
        rows = of_one_kind(rows, FORM)
        rows = replace(rows, shape=rows.shape if rows.shape in POINTS else f"Multi{rows.shape}")
        options |= grid(rows.crs)
    fitting = replace(rows, columns=renamed(rows.columns, names), chunks=_exact(rows.chunks, rows.columns))
    gdal.write(path, fitting, gdal.Target("OpenFileGDB", rows.name, options))


def _exact(chunks: Iterable[Chunk], columns: tuple[Column, ...]) -> Iterator[Chunk]:
    for first, chunk in numbered(chunks):
        for column, cells in zip(columns, chunk.values, strict=True):
            large = [at for at, cell in enumerate(cells) if isinstance(cell, int) and abs(cell) > EXACT_MOST]
            if large and column.kind is Kind.INTEGER:
                row, came = first + large[0], cells[large[0]]
                told = f"第 {row} 行 {column.name} 为 {came}，整数最大 2^53 · row {row}: a whole number above 2^53"
                raise refuse(FORM, told, better=".gpkg")
        yield chunk


def grid(crs: str | None) -> dict[str, str]:
    """Give the grid of whole numbers on which coordinates are kept: 53 bits, from well west and south of all places."""
    from pyproj import CRS

    text = gdal.wkt(crs)
    if text is not None and CRS.from_wkt(text).is_geographic:
        return {"XORIGIN": "-400", "YORIGIN": "-400", "XYSCALE": "1e13", "XYTOLERANCE": "1e-9"}
    return {"XORIGIN": "-1e8", "YORIGIN": "-1e8", "XYSCALE": "1e7", "XYTOLERANCE": "0.001"}
