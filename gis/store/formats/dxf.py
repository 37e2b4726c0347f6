"""Read DXF drawings: every entity is a row or a fault; points and lines become shapes, a closed line stays a line.

The entities are listed from the file's own tags, and ezdxf gives the shape of each. Consecutive entities with one key
of ours (extended data of the application WANGGE) are parts of one row. Arcs and curves become chords that leave them by
at most `FLATNESS` drawing units. A drawing names no coordinate system. Its layers are sublayers; without a choice all
are read.
"""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked, Delivered, Fault, shown
from gis.store.formats.encoding import Claim, Value, told

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from shapely.geometry.base import BaseGeometry

APPLICATION = "WANGGE"
FLATNESS = 0.01
BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
PARTS = frozenset({"VERTEX", "SEQEND", "ATTRIB"})
CURVES = frozenset({"ARC", "CIRCLE", "ELLIPSE", "SPLINE"})
READ = "POINT, LINE, LWPOLYLINE, POLYLINE, ARC, CIRCLE, ELLIPSE or SPLINE"
VERSION = re.compile(rb"\$ACADVER\s+1\s+(AC\d{4})")
CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\w+)")
UNICODE_FROM = b"AC1021"
HEAD_BYTES = 100_000
BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
)
"""What ezdxf and its tags raise where a drawing contradicts itself, beside its own errors."""


@dataclass(slots=True)
class Entity:
    """An entity as the file lists it: its kind, its handle where it has one, its layer, and a key of ours."""

    kind: str
    handle: str = ""
    layer: str = "0"
    key: str | None = None
    paper: bool = False


@dataclass(slots=True)
class Row:
    """One row: what its entities are, and their shapes, or what is wrong with one of them."""

    entity: Entity
    shapes: "list[BaseGeometry]"
    fault: tuple[str, str] | None = None


def read(path: str, asked: Asked) -> Delivered:
    """Give all entities of a drawing, or those of the layer that is named; DeliveryError where it is damaged."""
    import ezdxf.filemanagement
    from ezdxf.lldxf.const import DXFError

    codec, notes = _codec(Path(path), asked.encoding)
    try:
        listed = list(_listed(_tags(Path(path), codec)))
        drawing = ezdxf.filemanagement.readfile(path, encoding=codec)
        rows = list(_joined(_shaped(listed, drawing)))
    except (DXFError, OSError, *BROKEN) as error:
        told_so = (str(error) or type(error).__name__).splitlines()[0]
        raise DeliveryError(f"expected a readable DXF drawing, got: {shown(told_so)}") from None
    names = tuple(sorted({each.layer for each in listed}))
    if asked.sublayer is not None:
        if asked.sublayer not in names:
            raise DeliveryError(f"expected one of the layers {', '.join(names)}, got {asked.sublayer!r}")
        rows = [row for row in rows if row.entity.layer == asked.sublayer]
    joined = len(listed) - len(rows) if asked.sublayer is None else 0
    if joined:
        notes.append(f"{joined} 个实体与前一个同号，合为一行 · {joined} entities were joined to the row with their key")
    return _handed_over(rows, asked.sublayer or "", names, notes)


def _handed_over(rows: list[Row], sublayer: str, names: tuple[str, ...], notes: list[str]) -> Delivered:
    import pyarrow as pa
    import shapely

    faults = [Fault(number, "geometry", "entity", *row.fault) for number, row in enumerate(rows, 1) if row.fault]
    columns: dict[str, list[str | None]] = {
        "key": [row.entity.key for row in rows],
        "layer": [row.entity.layer for row in rows],
        "entity": [row.entity.kind for row in rows],
        "handle": [row.entity.handle or None for row in rows],
    }
    for name in ("key", "handle"):
        if not any(columns[name]):
            del columns[name]
    for name, values in columns.items():
        for place, value in enumerate(values):
            if value is not None and any("\ud800" <= letter <= "\udfff" or letter == "\x00" for letter in value):
                faults.append(Fault(place + 1, name, "text", "text in the drawing's encoding", shown(value)))
                values[place] = None
    shapes = [None if row.fault else _whole(row.shapes) for row in rows]
    wkb = shapely.to_wkb(np.array(shapes, dtype=object)).tolist() if shapes else []
    return Delivered(
        columns={name: pa.chunked_array([pa.array(values, pa.string())]) for name, values in columns.items()},
        wkb=pa.chunked_array([pa.array(wkb, pa.binary())]),
        crs=None,
        crs_declared=False,
        faults=sorted(faults),
        sublayer=sublayer,
        sublayers=names,
        notes=tuple(notes),
    )


def _codec(path: Path, asked: str | None) -> tuple[str, list[str]]:
    """Give the encoding of a drawing's text: as said, else as the file says unless its bytes contradict it."""
    data = path.read_bytes()
    if data.startswith(BINARY):
        return "utf-8", []
    version, page = VERSION.search(data, 0, HEAD_BYTES), CODE_PAGE.search(data, 0, HEAD_BYTES)
    claims = []
    if version is not None and version[1] >= UNICODE_FROM:
        claims = [Claim("UTF-8", "DXF 版本", "version of the DXF")]
    elif page is not None:
        claims = [Claim(page[1].decode("ascii", "replace"), "$DWGCODEPAGE", "$DWGCODEPAGE")]
    lines = {line.rstrip(b"\r") for line in data.split(b"\n") if not line.isascii()}
    encoding = told((Value(line, full=False) for line in sorted(lines)), claims, asked)
    return encoding.codec, list(encoding.notes)


def _tags(path: Path, codec: str) -> Iterator[tuple[int, Any]]:
    """Give the file's tags, each a code and its value."""
    from ezdxf.lldxf.tagger import ascii_tags_loader, binary_tags_loader

    data = path.read_bytes()
    if data.startswith(BINARY):
        for code, value in binary_tags_loader(data, errors="surrogateescape"):
            yield code, value
        return
    with path.open(encoding=codec, errors="surrogateescape") as stream:
        for code, value in ascii_tags_loader(stream):
            yield code, value


def _listed(tags: Iterable[tuple[int, Any]]) -> Iterator[Entity]:
    """Give the entities of the section ENTITIES, in order."""
    section: Any = ""
    entity: Entity | None = None
    opened, application = False, ""
    for code, value in tags:
        if code == 0:
            if entity is not None:
                yield entity
            entity, opened = None, value == "SECTION"
            if value == "ENDSEC":
                section = ""
            elif section == "ENTITIES" and value not in PARTS:
                entity = Entity(str(value))
            application = ""
        elif code == 2 and opened:
            section, opened = value, False
        elif entity is not None:
            application = _told(entity, code, value, application)


def _told(entity: Entity, code: int, value: Any, application: str) -> str:
    """Note what a tag says of its entity; give the application whose extended data follow."""
    if code == 1001:
        return str(value)
    if code == 5:
        entity.handle = str(value).upper()
    elif code == 8:
        entity.layer = str(value)
    elif code == 67:
        entity.paper = str(value).strip() == "1"
    elif code == 1000 and application == APPLICATION and entity.key is None:
        entity.key = str(value)
    return application


def _shaped(listed: list[Entity], drawing: "Drawing") -> Iterator[Row]:
    """Give a row for each entity, with its shape or what is wrong with it."""
    from ezdxf.lldxf.const import DXFError

    by_handle = len({each.handle for each in listed if each.handle}) == len(listed)
    in_order = dict(enumerate(drawing.modelspace()))
    model = [place for place, each in enumerate(listed) if not each.paper]
    if not by_handle and len(model) != len(in_order):
        raise DeliveryError(f"expected {len(model)} entities with a handle each, ezdxf gave {len(in_order)}")
    at = {place: number for number, place in enumerate(model)}
    for place, entity in enumerate(listed):
        if entity.paper:
            yield Row(entity, [], ("an entity of the drawing itself", "one of a sheet's layout"))
            continue
        found = drawing.entitydb.get(entity.handle) if by_handle else in_order[at[place]]
        if found is None or found.dxftype() != entity.kind:
            yield Row(entity, [], ("a readable entity", f"a broken {shown(entity.kind)}"))
            continue
        try:
            shape = _shape(found)
        except (DXFError, *BROKEN):
            yield Row(entity, [], ("a readable entity", f"a broken {entity.kind}"))
            continue
        yield Row(entity, [shape]) if shape is not None else Row(entity, [], (READ, shown(entity.kind)))


def _shape(entity: Any) -> "BaseGeometry | None":
    """Give a point or line, None where the entity is neither."""
    import shapely
    from ezdxf.path import make_path

    kind = entity.dxftype()
    if kind == "POINT":
        return shapely.Point(_flat([entity.dxf.location])[0])
    if kind == "LINE":
        return shapely.LineString(_flat([entity.dxf.start, entity.dxf.end]))
    if kind in CURVES or (kind in {"LWPOLYLINE", "POLYLINE"} and getattr(entity, "has_arc", False)):
        return shapely.LineString(_flat(make_path(entity).flattening(FLATNESS)))
    if kind == "LWPOLYLINE":
        points = list(entity.vertices_in_wcs())
    elif kind == "POLYLINE" and (entity.is_2d_polyline or entity.is_3d_polyline):
        points = list(entity.points_in_wcs())
    else:
        return None
    closed = entity.closed if kind == "LWPOLYLINE" else entity.is_closed
    return shapely.LineString(_flat([*points, points[0]] if closed and points[0] != points[-1] else points))


def _flat(points: Iterable[Any]) -> list[tuple[float, ...]]:
    """Give coordinates without a height where none of them has one."""
    given = [tuple(point) for point in points]
    return given if any(point[2] for point in given) else [point[:2] for point in given]


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the rows with consecutive entities of one key made one, as long as they are sound."""
    last: Row | None = None
    for row in rows:
        same = last is not None and row.entity.key is not None and row.entity.key == last.entity.key
        if last is not None and same and not (row.fault or last.fault) and row.entity.kind == last.entity.kind:
            last.shapes += row.shapes
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _whole(shapes: "list[BaseGeometry]") -> "BaseGeometry":
    import shapely

    if len(shapes) == 1:
        return shapes[0]
    if shapes[0].geom_type == "Point":
        return shapely.MultiPoint([each for each in shapes if isinstance(each, shapely.Point)])
    return shapely.MultiLineString([each for each in shapes if isinstance(each, shapely.LineString)])
