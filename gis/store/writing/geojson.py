"""Write GeoJSON (RFC 7946), one feature a line; another system than EPSG:4326 is named as GeoJSON 2008 did."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import shapely
from pyproj import CRS

from gis.crs import EXCHANGE
from gis.store.writing import gdal
from gis.store.writing.names import distinct
from gis.store.writing.rows import Cell, Chunk, Rows, size, text_of


def write(path: Path, rows: Rows) -> None:
    """Write rows as a FeatureCollection whose coordinates read back as the same numbers."""
    names = [json.dumps(name, ensure_ascii=False) for name in distinct(rows.names)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_head(rows))
        for place, line in enumerate(_lines(rows, names)):
            file.write(",\n" if place else "\n")
            file.write(line)
        _tail(file)


def _tail(file: TextIO) -> None:
    file.write("\n]}\n")


def _head(rows: Rows) -> str:
    named = {"name": rows.name, "title": rows.title} if rows.title else {"name": rows.name}
    members = {"type": "FeatureCollection", **named, **_system(rows.crs if rows.shape else None)}
    return json.dumps(members, ensure_ascii=False)[:-1] + ', "features": ['


def _system(crs: str | None) -> dict[str, object]:
    text = gdal.wkt(crs)
    if text is None:
        return {}
    authority = CRS.from_wkt(text).to_authority(min_confidence=90)
    if authority in {None, ("EPSG", str(EXCHANGE)), ("OGC", "CRS84")}:
        return {}
    assert authority is not None
    return {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{authority[0]}::{authority[1]}"}}}


def _lines(rows: Rows, names: list[str]) -> Iterator[str]:
    for chunk in rows.chunks:
        shapes = _shapes(chunk)
        for place in range(size(chunk)):
            pairs = ", ".join(
                f"{name}: {_value(cells[place])}" for name, cells in zip(names, chunk.values, strict=True)
            )
            yield f'{{"type": "Feature", "properties": {{{pairs}}}, "geometry": {shapes[place]}}}'


def _shapes(chunk: Chunk) -> list[str]:
    if chunk.geometry is None:
        return ["null"] * size(chunk)
    return ["null" if text is None else text for text in shapely.to_geojson(chunk.geometry).tolist()]


def _value(cell: Cell) -> str:
    plain = cell if cell is None or isinstance(cell, (str, int, float, dict, list)) else text_of(cell)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, default=str)
