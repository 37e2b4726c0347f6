"""Positions from the columns of a table: longitude and latitude, metres east and north, both in one, or WKT.

Nothing is guessed: X and Y alone do not say which is east (Chinese surveyors' X is north), so such positions are handed
over as X, Y and `Axes.open`, and the reader turns them round where the declared system's area allows one order only.
"""

import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gis.errors import DeliveryError
from gis.store.formats.cell_form import Cell
from gis.store.formats.degrees import angle
from gis.store.formats.delivered import Axes, Fault, shown

NAMES: dict[str, tuple[str, ...]] = {
    "wkt": ("wkt", "ewkt", "wkb", "ewkb", "geom", "geometry", "the_geom", "wkb_geometry", "shape", "图形", "几何"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标"),
    "lat": ("lat", "latitude", "纬度", "北纬", "纬度坐标"),
    "east": ("east", "easting", "东坐标", "东向坐标", "横坐标"),
    "north": ("north", "northing", "北坐标", "北向坐标", "纵坐标"),
    "x": ("x", "x坐标", "坐标x", "x_coord", "coord_x", "point_x"),
    "y": ("y", "y坐标", "坐标y", "y_coord", "coord_y", "point_y"),
    "lonlat": ("经纬度", "经纬度坐标", "lonlat", "lnglat"),
    "latlon": ("纬经度", "latlon", "latlng"),
    "xy": ("坐标", "位置坐标", "中心坐标", "点位坐标", "coordinates", "coordinate"),
}
"""What columns are called that hold a position, or one half of it."""
KNOWN = frozenset(name for names in NAMES.values() for name in names)
PAIRS = (("lon", "lat"), ("east", "north"), ("x", "y"))
SINGLE = ("lonlat", "latlon", "xy")
SYSTEMS = (
    (re.compile(r"gcj[-_ ]?02|火星坐标?系?|高德|腾讯|amap"), "GCJ-02"),
    (re.compile(r"bd[-_ ]?09|百度|baidu"), "BD-09"),
    (re.compile(r"wgs[-_ ]?(19)?84"), "EPSG:4326"),
    (re.compile(r"cgcs[-_ ]?2000"), "EPSG:4490"),
)
"""A system named in the name of a column of degrees is the file's own word for it."""
BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
EWKT = re.compile(r"\s*SRID\s*=\s*(\d{1,6})\s*;\s*(.*)", re.IGNORECASE | re.DOTALL)
SHAPE = re.compile(r"\s*(SRID\s*=|[A-Z]+\s*(Z|M|ZM)?\s*(\(|EMPTY))", re.IGNORECASE)
HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){9,}")
A_DEGREE = "degrees such as 120.0123 or 120°01′12.5″"
A_NUMBER = "a number of metres"


@dataclass(slots=True)
class Positions:
    """The shapes of all rows as WKB, None where a row has none; without any, no column holds a position."""

    wkb: list[bytes | None] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    crs: str | None = None
    axes: Axes | None = None
    notes: list[str] = field(default_factory=list)


Columns = Mapping[str, Sequence[Cell]]


def positions(columns: Columns, named: Mapping[str, str], passed: set[int]) -> Positions:
    """Give the position of each row, from the columns that `named` or their names tell.

    Rows in `passed` have a fault already and get none. A row whose columns are all empty has no position; one with half
    a position, or one that cannot be read, is a fault. DeliveryError where the columns contradict each other.
    """
    roles = _named(columns, named) if named else _told(columns)
    for role in ("wkt", *SINGLE):
        if role in roles:
            found = _from_wkt if role == "wkt" else _from_one
            values = _whole_text(columns, roles[role]) if role == "wkt" else columns[roles[role]]
            return _said(found(roles[role], values, role, passed), [roles[role]])
    for pair in PAIRS:
        if all(role in roles for role in pair):
            names = roles[pair[0]], roles[pair[1]]
            return _said(_from_two(names, columns, pair, passed), names)
    half = [name for role, name in roles.items() if role in {"lon", "lat", "east", "north"}]
    if half and named:
        raise DeliveryError(f"expected both columns of the position, got {half[0]!r} alone")
    return Positions()


def _whole_text(columns: Columns, name: str) -> Sequence[Cell]:
    """Give a column of text with what goes on in the columns `NAME 2`, `NAME 3`: a cell holds 32,767 characters."""
    values = list(columns[name])
    number = 2
    while f"{name} {number}" in columns:
        more = columns[f"{name} {number}"]
        values = [one if rest is None else f"{one}{rest}" for one, rest in zip(values, more, strict=True)]
        number += 1
    return values


def _said(found: Positions, names: Sequence[str]) -> Positions:
    count = sum(wkb is not None for wkb in found.wkb)
    found.notes.append(f"位置取自列 {'、'.join(names)}：{count} 行 · positions from these columns: {count} rows")
    return found


def _bare(name: str) -> tuple[str, str | None]:
    """Give a column's name without brackets and without the coordinate system that it names, and that system."""
    plain = unicodedata.normalize("NFKC", name).lower().replace(" ", "")
    for pattern, system in SYSTEMS:
        if pattern.search(plain):
            plain = pattern.sub("", plain)
            return BRACKETS.sub("", plain).strip("_-"), system
    return BRACKETS.sub("", plain).strip("_-"), None


def _told(columns: Columns) -> dict[str, str]:
    """Give the columns by what their names say; DeliveryError where two say the same and both hold something."""
    roles: dict[str, str] = {}
    role_of = {name: role for role, names in NAMES.items() for name in names}
    for name, values in columns.items():
        role = role_of.get(_bare(name)[0])
        if role is None or all(value is None for value in values) or (role == "wkt" and not _any_shape(values)):
            continue
        if role in roles:
            raise DeliveryError(
                f"expected one column of the position, got {roles[role]!r} and {name!r}; name it, such as "
                f"--map {role}={name}"
            )
        roles[role] = name
    return roles


def _any_shape(values: Sequence[Cell]) -> bool:
    """Whether a column called `shape` or `geometry` holds shapes, and not words such as 点 or 矩形."""
    texts = (value for value in values if isinstance(value, str))
    return any(
        EWKT.match(text) or HEX.fullmatch(text.strip()) or re.match(r"\s*[A-Za-z]+\s*[(zZmMeE]", text) for text in texts
    )


def _named(columns: Columns, named: Mapping[str, str]) -> dict[str, str]:
    for role, name in named.items():
        if name not in columns:
            raise DeliveryError(f"--map {role}={name}: no column {name!r}; there are: {', '.join(columns)}")
    return dict(named)


def _system(names: Sequence[str]) -> str | None:
    systems = {_bare(name)[1] for name in names} - {None}
    if len(systems) > 1:
        raise DeliveryError(f"expected one coordinate system, got two in the names {' and '.join(names)}")
    return next(iter(systems), None)


def _from_two(names: tuple[str, str], columns: Columns, pair: tuple[str, str], passed: set[int]) -> Positions:
    """Make points of two columns, the first of which counts east unless `x` and `y` leave that open."""
    degrees = pair == ("lon", "lat")
    found = Positions(
        crs=_system(names) if degrees else None, axes=Axes(names, degrees=degrees, open=pair == ("x", "y"))
    )
    for row, (one, two) in enumerate(zip(columns[names[0]], columns[names[1]], strict=True), 1):
        if row in passed or (one is None and two is None):
            found.wkb.append(None)
            continue
        if one is None or two is None:
            name, other = (names[1], one) if one is not None else (names[0], two)
            found.faults.append(Fault(row, name, "position", "both halves of the position", f"{shown(other)} alone"))
            found.wkb.append(None)
            continue
        read = [_number(row, name, role, value) for name, role, value in zip(names, pair, (one, two), strict=True)]
        found.faults += [each for each in read if isinstance(each, Fault)]
        numbers = [each for each in read if not isinstance(each, Fault)]
        found.wkb.append(_point(*numbers) if len(numbers) == 2 else None)
    return found


def _number(row: int, name: str, role: str, value: Cell) -> float | Fault:
    """Give a cell as degrees or metres, or the fault of its row."""
    degrees = role in {"lon", "lat"}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        plain = unicodedata.normalize("NFKC", value).strip().replace("−", "-")
        if re.fullmatch(r"[-+]?\d{1,9}(?:\.\d{0,20})?", plain):
            return float(plain)
        read = angle(value) if role not in {"east", "north"} else None
        if read is not None and (not read[1] or not degrees or read[1] == role):
            return read[0]
    return Fault(row, name, "position", A_DEGREE if degrees else A_NUMBER, shown(value))


def _from_one(name: str, values: Sequence[Cell], role: str, passed: set[int]) -> Positions:
    """Make points of a column that holds both numbers; letters (E, N) tell their order, else the column's name does."""
    found = Positions(crs=_system([name]), axes=Axes((name,), degrees=role != "xy", open=role == "xy"))
    spoken = 0
    for row, value in enumerate(values, 1):
        if row in passed or value is None:
            found.wkb.append(None)
            continue
        pair, told = _pair(value, role)
        spoken += told
        found.wkb.append(None if pair is None else _point(*pair))
        if pair is None:
            expected = "longitude and latitude such as 120.0123,28.9" if role != "xy" else "two numbers"
            found.faults.append(Fault(row, name, "position", expected, shown(value)))
    if spoken and spoken == sum(wkb is not None for wkb in found.wkb):
        found.axes = Axes((name,), degrees=True)
    elif spoken and role == "xy":
        raise DeliveryError(f"{name}: expected letters (E, N) in all positions or in none, got them in {spoken} rows")
    return found


def _pair(value: Cell, role: str) -> tuple[tuple[float, float] | None, bool]:
    """Give the two numbers of a cell, east first where that is known, and whether letters told it."""
    text = unicodedata.normalize("NFKC", value).strip().strip("()[]{} ") if isinstance(value, str) else ""
    halves = [half for half in re.split(r"\s*[,;、/]\s*", text) if half]
    if len(halves) != 2:
        halves = (
            re.findall(r"[NSEW东西北南][^NSEW东西北南]+?(?=[NSEW东西北南]|$)|[^NSEW]+?[NSEW]", text) or text.split()
        )
    read = [angle(half) or _plain(half) for half in halves]
    if len(read) != 2 or read[0] is None or read[1] is None:
        return None, False
    (one, first), (two, second) = read[0], read[1]
    sides = first, second
    if sides in {("lon", "lat"), ("lat", "lon")}:
        return ((one, two) if first == "lon" else (two, one)), True
    if sides != ("", ""):
        return None, False
    return ((two, one) if role == "latlon" else (one, two)), False


def _plain(text: str) -> tuple[float, str] | None:
    return (float(text), "") if re.fullmatch(r"[-+]?\d{1,9}(?:\.\d{0,20})?", text.strip()) else None


def _point(x: float, y: float) -> bytes:
    return struct.pack("<BIdd", 1, 1, x, y)


def _from_wkt(name: str, values: Sequence[Cell], role: str, passed: set[int]) -> Positions:
    """Read WKT, EWKT and the hexadecimal form of both; the SRID that most rows name is that of the file."""
    import numpy as np
    import shapely

    del role
    found = Positions(axes=Axes((name,)))
    texts = [None if row in passed else value for row, value in enumerate(values, 1)]
    srids: list[str | None] = [None] * len(texts)
    bare: list[str | None] = [None] * len(texts)
    for place, value in enumerate(texts):
        if isinstance(value, str) and not HEX.fullmatch(value.strip()):
            match = EWKT.fullmatch(value)
            srids[place], bare[place] = match.groups() if match else (None, value)
    shapes = shapely.from_wkt(np.array(bare, dtype=object), on_invalid="ignore")
    for place, value in enumerate(texts):
        if isinstance(value, str) and HEX.fullmatch(value.strip()):
            shapes[place] = shapely.from_wkb(bytes.fromhex(value.strip()), on_invalid="ignore")
            srid = shapely.get_srid(shapes[place]) if shapes[place] is not None else 0
            srids[place] = str(srid) if srid else None
    counted = Counter(srid for srid, shape in zip(srids, shapes, strict=True) if shape is not None)
    most = max(counted, key=lambda srid: (counted[srid], srid is not None), default=None)
    found.crs = None if most is None else f"EPSG:{int(most)}"
    for row, (value, srid, shape) in enumerate(zip(texts, srids, shapes, strict=True), 1):
        if value is not None and shape is None:
            found.faults.append(Fault(row, name, "position", "a geometry as WKT", shown(value)))
        elif shape is not None and srid != most:
            expected, came = (f"SRID={each}" if each else "no SRID" for each in (most, srid))
            found.faults.append(Fault(row, name, "position", f"{expected} as in most rows", came))
    found.wkb = [None if shape is None else shapely.to_wkb(shape, include_srid=False) for shape in shapes]
    return found
