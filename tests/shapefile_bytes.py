"""Shapefiles written byte by byte, so that a test says what is wrong with them."""

import struct
from collections.abc import Sequence
from pathlib import Path

CGCS2000_120E = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)
Column = tuple[bytes, str, int]
"""Name, kind and width in bytes; numbers have no decimals."""


def dbf(
    columns: Sequence[Column], rows: Sequence[Sequence[bytes]], *, language: int = 0, deleted: Sequence[int] = ()
) -> bytes:
    """Give a table whose cells are the bytes given, filled up with blanks; `deleted` are row numbers from 1."""
    width = 1 + sum(size for _, _, size in columns)
    header = struct.pack("<B3BIHH16xBB2x", 3, 124, 1, 1, len(rows), 33 + 32 * len(columns), width, 0, language)
    for name, kind, size in columns:
        header += struct.pack("<11sc4xBB14x", name, kind.encode(), size, 0)
    body = b""
    for number, row in enumerate(rows, 1):
        cells = [cell.ljust(size)[:size] for cell, (_, _, size) in zip(row, columns, strict=True)]
        body += (b"*" if number in deleted else b" ") + b"".join(cells)
    return header + b"\r" + body + b"\x1a"


def square(x: float = 500_000, y: float = 3_200_000, size: float = 10) -> bytes:
    """Give the record of a polygon of one ring, clockwise as the format wants it."""
    ring = [(x, y), (x, y + size), (x + size, y + size), (x + size, y), (x, y)]
    points = b"".join(struct.pack("<2d", *point) for point in ring)
    return struct.pack("<i4d3i", 5, x, y, x + size, y + size, 1, 5, 0) + points


def squares(count: int) -> list[bytes]:
    return [square(500_000 + 20 * place) for place in range(count)]


NULL_SHAPE = struct.pack("<i", 0)


def _header(kind: int, size: int) -> bytes:
    return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, size // 2) + struct.pack("<2i8d", 1000, kind, *[0.0] * 8)


def shp(records: Sequence[bytes], kind: int = 5) -> tuple[bytes, bytes]:
    """Give the bytes of a .shp and its .shx."""
    body, index = b"", b""
    for number, record in enumerate(records, 1):
        index += struct.pack(">2i", (100 + len(body)) // 2, len(record) // 2)
        body += struct.pack(">2i", number, len(record) // 2) + record
    return _header(kind, 100 + len(body)) + body, _header(kind, 100 + len(index)) + index


def written(
    folder: Path,
    table: bytes | None,
    records: Sequence[bytes],
    *,
    cpg: str | None = None,
    prj: str | None = CGCS2000_120E,
    name: str = "delivery",
) -> Path:
    """Write the parts that are not None and give the path of the .shp."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.shp"
    shapes, index = shp(records)
    parts = {".shp": shapes, ".shx": index, ".dbf": table, ".cpg": cpg, ".prj": prj}
    for ending, part in parts.items():
        if part is not None:
            path.with_suffix(ending).write_bytes(part.encode() if isinstance(part, str) else part)
    return path
