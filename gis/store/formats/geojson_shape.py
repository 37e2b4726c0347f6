"""Judge a geometry object of GeoJSON by itself, and write it as WKB."""

import math
import struct
from collections.abc import Iterator

from gis.store.formats.delivered import shown

TYPE_ID = {
    "Point": 0,
    "LineString": 1,
    "Polygon": 3,
    "MultiPoint": 4,
    "MultiLineString": 5,
    "MultiPolygon": 6,
    "GeometryCollection": 7,
}
"""The numbers shapely gives the kinds; WKB says 1 and 2 for the first two."""
LISTS = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
COLLECTIONS_MOST = 32
"""Collections nested deeper than this; GDAL has the same limit."""
NUMBERS = frozenset({int, float})

Sketch = tuple[int, int, float, float]
"""Shapely's number of the kind, number of positions, first x and y: enough to see whether GDAL read the same shape."""


class WrongShape(Exception):
    """A geometry that is not one: what was expected, and what came."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


def sketch(geometry: object, depth: int = 0) -> Sketch:
    """Give the kind, number of positions and first position of a geometry object; WrongShape where it is none.

    Empty coordinates are an empty shape (RFC 7946 3.1). Rings may be open or short: that is judged when mending.
    """
    if not isinstance(geometry, dict):
        raise WrongShape("a geometry object", shown(geometry))
    kind = _kind(geometry)
    if kind == "GeometryCollection":
        return _collection(geometry, depth)
    if "coordinates" not in geometry:
        raise WrongShape(f"coordinates of a {kind}", "none")
    positions = list(_positions(geometry["coordinates"], kind))
    for position in positions:
        _check(position, kind)
    first = positions[0] if positions else (math.nan, math.nan)
    return TYPE_ID[kind], len(positions), float(first[0]), float(first[1])


def wkb(geometry: dict[str, object]) -> bytes:
    """Give the ISO WKB of a geometry object that `sketch` has passed; a fourth coordinate is left out, a third kept."""
    return _written(geometry, raised=any(len(position) > 2 for position in _all_positions(geometry)))


def _kind(geometry: dict[str, object]) -> str:
    if "type" not in geometry:
        raise WrongShape("a geometry with a type", "none")
    kind = geometry["type"]
    if not isinstance(kind, str) or kind not in TYPE_ID:
        raise WrongShape(f"one of {', '.join(TYPE_ID)}", shown(kind))
    return kind


def _collection(geometry: dict[str, object], depth: int) -> Sketch:
    parts = geometry.get("geometries")
    if not isinstance(parts, list):
        raise WrongShape("a list of geometries", shown(parts) if "geometries" in geometry else "none")
    if depth >= COLLECTIONS_MOST:
        raise WrongShape(f"at most {COLLECTIONS_MOST} collections inside each other", "more")
    sketches = [sketch(part, depth + 1) for part in parts]
    _, _, x, y = next((each for each in sketches if each[1]), (0, 0, math.nan, math.nan))
    return TYPE_ID["GeometryCollection"], sum(each[1] for each in sketches), x, y


def _positions(coordinates: object, kind: str, depth: int = 0) -> Iterator[list[float]]:
    if not isinstance(coordinates, list):
        raise WrongShape(f"positions inside {LISTS[kind]} lists for a {kind}", f"{shown(coordinates)} at depth {depth}")
    if depth == LISTS[kind]:
        if coordinates or depth:
            yield coordinates
    elif depth + 1 == LISTS[kind]:
        yield from coordinates
    else:
        for each in coordinates:
            yield from _positions(each, kind, depth + 1)


def _check(position: object, kind: str) -> None:
    if not isinstance(position, list):
        raise WrongShape(f"positions inside {LISTS[kind]} lists for a {kind}", shown(position))
    if len(position) < 2:
        raise WrongShape("a position of at least two numbers", shown(position))
    for number in position:
        if type(number) not in NUMBERS:
            raise WrongShape("numbers in a position", shown(number))
    if not (math.isfinite(position[0]) and math.isfinite(position[1])):
        raise WrongShape("finite coordinates", f"{position[0]!r} {position[1]!r}")


def _all_positions(geometry: dict[str, object]) -> Iterator[list[float]]:
    kind = _kind(geometry)
    if kind != "GeometryCollection":
        yield from _positions(geometry["coordinates"], kind)
        return
    parts = geometry["geometries"]
    if isinstance(parts, list):
        for part in parts:
            yield from _all_positions(part)


def _written(geometry: dict[str, object], *, raised: bool) -> bytes:
    kind = _kind(geometry)
    if kind == "GeometryCollection":
        given = geometry["geometries"]
        parts = [_written(part, raised=raised) for part in given] if isinstance(given, list) else []
        return _head(kind, raised=raised) + struct.pack("<I", len(parts)) + b"".join(parts)
    return _shape(kind, geometry["coordinates"], raised=raised)


def _head(kind: str, *, raised: bool) -> bytes:
    code = TYPE_ID[kind] if TYPE_ID[kind] > 2 else TYPE_ID[kind] + 1
    return struct.pack("<BI", 1, code + (1000 if raised else 0))


def _shape(kind: str, coordinates: object, *, raised: bool) -> bytes:
    given = coordinates if isinstance(coordinates, list) else []
    if kind == "Point":
        body = _packed([given or [math.nan, math.nan]], raised=raised)
    elif kind == "LineString":
        body = _run(given, raised=raised)
    elif kind == "Polygon":
        body = struct.pack("<I", len(given)) + b"".join(_run(ring, raised=raised) for ring in given)
    else:
        single = kind.removeprefix("Multi")
        body = struct.pack("<I", len(given)) + b"".join(_shape(single, part, raised=raised) for part in given)
    return _head(kind, raised=raised) + body


def _run(positions: list[list[float]], *, raised: bool) -> bytes:
    return struct.pack("<I", len(positions)) + _packed(positions, raised=raised)


def _packed(positions: list[list[float]], *, raised: bool) -> bytes:
    size = 3 if raised else 2
    numbers = [number for position in positions for number in (*position, 0.0)[:size]]
    return struct.pack(f"<{len(numbers)}d", *numbers)
