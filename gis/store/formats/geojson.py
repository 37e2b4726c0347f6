"""Read GeoJSON: GDAL gives the shapes, and the raw JSON is judged beside it, because GDAL drops what it does not like.

GDAL answers a wrong geometry key, coordinates as text or a mislabelled shape with an empty geometry and no error,
leaves out null features, and takes an unknown or null crs for EPSG:4326. So rows are counted and values are taken from
the JSON itself (RFC 7946), and where GDAL's shape differs from the JSON's, the shape is rebuilt from the JSON. Members
that nothing is stored from (`bbox`, foreign members beside `properties`) are not judged.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import DeliveryError
from gis.store.formats.delivered import Delivered, Fault, shown
from gis.store.formats.geojson_shape import TYPE_ID, Sketch, WrongShape, sketch, wkb
from gis.store.formats.geojson_text import Document, collected, decoded

if TYPE_CHECKING:
    import pyarrow as pa

NAMED_CRS = re.compile(r"(?:urn:(?:x-)?ogc:def:crs:)?([A-Za-z]+):(?:[0-9.]*:)?([A-Za-z0-9]+)")
DEFAULT_CRS = "EPSG:4326"
COLUMNS_MOST = 1000
"""More names of properties than this are a mistake, and would fill the memory with empty values."""
EXACT_MOST = 2**53
"""Whole numbers above this change when they stand in a column of reals."""


@dataclass(slots=True)
class Judged:
    """What the JSON holds: per row its values and the sketch of its shape, the faults, and the crs.

    `objects` are the rows that GDAL reads too: the features that are objects of the type Feature.
    """

    rows: int = 0
    values: dict[str, dict[int, object]] = field(default_factory=dict)
    ids: dict[int, object] = field(default_factory=dict)
    sketches: dict[int, Sketch] = field(default_factory=dict)
    objects: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    crs: str | None = DEFAULT_CRS
    crs_declared: bool = False

    def columns(self) -> dict[str, list[object]]:
        """Give each property in full length, None where a row lacks it; the features' own ids are the column `id`."""
        sparse = self.values if "id" in self.values or not self.ids else {"id": self.ids, **self.values}
        return {name: [values.get(row) for row in range(1, self.rows + 1)] for name, values in sparse.items()}


def read(path: str, sublayer: str | None) -> Delivered:
    """Give all rows of a GeoJSON file; DeliveryError where the file as a whole is none.

    A FeatureCollection, a single Feature and a bare geometry are all accepted.
    """
    name = Path(path).stem
    if sublayer not in {None, name}:
        raise DeliveryError(f"expected the sublayer {name!r}, the only one of a GeoJSON file, got {sublayer!r}")
    text = collected(decoded(Path(path).read_bytes()))
    judged = judge(text)  # before GDAL, which then sees nothing but GeoJSON
    return handed_over(text, judged, _given_by_gdal(path), name)


def judge(text: str) -> Judged:
    """Give what a GeoJSON text holds, every feature accounted for; DeliveryError where the whole is not GeoJSON."""
    document = Document(text)
    judged = Judged()
    for feature, doubled in document.features():
        _take(judged, feature, doubled)
    members = document.members
    kind = members.get("type")
    if kind == "FeatureCollection" and not document.listed:
        came = shown(members["features"]) if "features" in members else "none"
        raise DeliveryError(f"expected a list of features in the FeatureCollection, got {came}")
    if kind != "FeatureCollection":
        judged = Judged()
        _take(judged, _single(members), document.doubled)
    judged.crs, judged.crs_declared = _crs(members)
    return judged


def handed_over(text: str, judged: Judged, given: Sequence[bytes | None] | None, name: str) -> Delivered:
    """Give all rows of a judged text; `given` are the shapes that GDAL read of it, None where it refused."""
    import pyarrow as pa

    shapes = shapes_of(text, judged, given)
    columns = {each: pa.chunked_array([_column(values)]) for each, values in judged.columns().items()}
    wkb_column = pa.array([shapes.get(row) for row in range(1, judged.rows + 1)], pa.binary())
    return Delivered(
        columns=columns,
        wkb=pa.chunked_array([wkb_column]),
        crs=judged.crs,
        crs_declared=judged.crs_declared,
        faults=judged.faults,
        sublayer=name,
        sublayers=(name,),
    )


def shapes_of(text: str, judged: Judged, given: Sequence[bytes | None] | None) -> dict[int, bytes]:
    """Give the WKB of every row with a good shape: GDAL's where it agrees with the JSON, else rebuilt from the JSON.

    `given` are GDAL's shapes of `judged.objects`, None where GDAL refused the file.
    """
    shapes = _agreed(judged, given) if given is not None and len(given) == len(judged.objects) else {}
    missing = judged.sketches.keys() - shapes.keys()
    if missing:
        document = Document(text)
        features = [(row, each) for row, (each, _) in enumerate(document.features(), 1) if row in missing]
        if document.members["type"] != "FeatureCollection":
            features = [(1, _single(document.members))]
        shapes |= {row: _rebuilt(feature) for row, feature in features}
    return shapes


def _single(members: dict[str, object]) -> dict[str, object]:
    kind = members.get("type")
    if kind == "Feature":
        return members
    if isinstance(kind, str) and kind in TYPE_ID:
        return {"type": "Feature", "properties": None, "geometry": members}
    came = shown(kind) if "type" in members else "none"
    raise DeliveryError(f"expected the type FeatureCollection, Feature or that of a geometry, got {came}")


def _take(judged: Judged, feature: object, doubled: Iterable[str]) -> None:
    """Add one feature as the next row."""
    judged.rows += 1
    row = judged.rows
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        came = shown(feature) if not isinstance(feature, dict) else f"the type {shown(feature.get('type'))}"
        judged.faults.append(Fault(row, "", "feature", "an object of the type Feature", came))
        return
    judged.objects.append(row)
    judged.faults += [Fault(row, shown(name), "once", "each name once in an object", "twice") for name in doubled]
    _take_geometry(judged, feature)
    _take_id(judged, feature)
    properties = feature.get("properties", feature)
    if properties is feature or not isinstance(properties, dict | None):
        came = "none" if properties is feature else shown(properties)
        judged.faults.append(Fault(row, "properties", "properties", "an object or null", came))
    elif properties:
        _take_properties(judged, properties)


def _take_geometry(judged: Judged, feature: Mapping[str, object]) -> None:
    if "geometry" not in feature:
        expected = "a member `geometry`, null where there is none"
        judged.faults.append(Fault(judged.rows, "geometry", "geometry", expected, "none"))
    elif feature["geometry"] is not None:
        try:
            judged.sketches[judged.rows] = sketch(feature["geometry"])
        except WrongShape as error:
            judged.faults.append(Fault(judged.rows, "geometry", "geometry", error.expected, error.actual))


def _take_id(judged: Judged, feature: Mapping[str, object]) -> None:
    given = feature.get("id")
    if given is None:
        return
    if isinstance(given, str | int | float) and not isinstance(given, bool):
        _take_value(judged, judged.ids, "id", given)
    else:
        judged.faults.append(Fault(judged.rows, "id", "id", "text or a number", shown(given)))


def _take_properties(judged: Judged, properties: Mapping[str, object]) -> None:
    for name, value in properties.items():
        if not _storable(name):
            judged.faults.append(Fault(judged.rows, shown(name), "text", "a name in valid Unicode", shown(name)))
        elif value is not None or name not in judged.values:
            _take_value(judged, judged.values.setdefault(name, {}), name, value)
    if len(judged.values) > COLUMNS_MOST:
        raise DeliveryError(f"expected at most {COLUMNS_MOST} different properties, got more by row {judged.rows}")


def _take_value(judged: Judged, column: dict[int, object], name: str, value: object) -> None:
    try:
        kept = json.dumps(value, ensure_ascii=False, allow_nan=False) if isinstance(value, dict | list) else value
    except ValueError:
        kept = math.nan
    if isinstance(kept, float) and not math.isfinite(kept):
        judged.faults.append(Fault(judged.rows, name, "number", "a finite number", repr(kept)))
    elif isinstance(kept, str) and not _storable(kept):
        judged.faults.append(Fault(judged.rows, name, "text", "valid Unicode without NUL", shown(kept)))
    elif kept is not None:
        column[judged.rows] = kept


def _storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, no half of a surrogate pair."""
    if "\x00" in text or (text[:1] in {"{", "["} and "\\u0000" in text):
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _crs(members: Mapping[str, object]) -> tuple[str | None, bool]:
    """Give the crs and whether the file names it: without a word EPSG:4326 (RFC 7946), with null unknown."""
    if "crs" not in members:
        return DEFAULT_CRS, False
    crs = members["crs"]
    if crs is None:
        return None, False
    properties = crs.get("properties") if isinstance(crs, dict) else None
    if isinstance(crs, dict) and isinstance(properties, dict):
        if crs.get("type") == "EPSG" and isinstance(properties.get("code"), int):
            return f"EPSG:{properties['code']}", True
        name = properties.get("name")
        match = NAMED_CRS.fullmatch(name) if crs.get("type") == "name" and isinstance(name, str) else None
        if match:
            return f"{match[1].upper()}:{match[2]}", True
        crs = name
    raise DeliveryError(f"expected a crs by name such as urn:ogc:def:crs:EPSG::4490, got {shown(crs)}")


def _given_by_gdal(path: str) -> list[bytes | None] | None:
    """Give the WKB of the features that GDAL reads, None where it refuses the file."""
    from pyogrio.errors import DataSourceError
    from pyogrio.raw import read_arrow

    try:
        _, table = read_arrow(path, columns=[])
    except DataSourceError:
        return None
    given: list[bytes | None] = table.column(table.num_columns - 1).to_pylist()
    return given


def _agreed(judged: Judged, given: Sequence[bytes | None]) -> dict[int, bytes]:
    """Give GDAL's shapes of the rows where kind, number of positions and first position are those of the JSON."""
    import numpy as np
    import shapely

    with np.errstate(invalid="ignore"):
        geometry = shapely.from_wkb(np.array(given, dtype=object), on_invalid="ignore")
    kinds = shapely.get_type_id(geometry)
    counts = shapely.get_num_coordinates(geometry)
    first = np.full((len(geometry), 2), np.nan)
    coordinates, places = shapely.get_coordinates(geometry, return_index=True)
    with_any, starts = np.unique(places, return_index=True)
    first[with_any] = coordinates[starts]
    shapes: dict[int, bytes] = {}
    for place, row in enumerate(judged.objects):
        wanted, shape = judged.sketches.get(row), given[place]
        found = (kinds[place], counts[place], *first[place])
        if wanted is not None and shape is not None and (found == wanted or found[:2] == wanted[:2] == (wanted[0], 0)):
            shapes[row] = shape
    return shapes


def _rebuilt(feature: object) -> bytes:
    geometry = feature["geometry"] if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        raise TypeError("only a row with a good shape can be rebuilt")
    return wkb(geometry)


def _column(values: list[object]) -> "pa.Array":
    """Give an Arrow column of whole numbers, reals or truth values where all are such; else of text."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    whole = [value for value in values if isinstance(value, int)]
    largest = max((abs(value) for value in whole), default=0)
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and largest < 2**63:
        return pa.array(values, pa.int64())
    if kinds in ({float}, {int, float}) and largest <= EXACT_MOST:
        return pa.array(values, pa.float64())
    texts = [value if isinstance(value, str | None) else json.dumps(value) for value in values]
    return pa.array(texts, pa.string())
