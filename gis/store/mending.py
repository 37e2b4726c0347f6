"""Mend delivered geometry where no guess is needed, and say what was mended and what could not be.

What is mended and counted: an unclosed ring, a repeated vertex, a Z or M that no layer keeps, an empty part, a
collection that holds only parts of the wanted kind, a ring that touches itself, a closed line where an area is wanted
(drawings have no areas). Ring order and the step from a single
line or polygon to a multi part are put right and not counted: RFC 7946 is the only standard that asks for an order.
"""

from typing import NamedTuple, SupportsIndex

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType
from shapely.geometry.base import BaseGeometry

from gis.layer import Geometry

Geometries = NDArray[np.object_]

SINGLE = {
    Geometry.POINT: GeometryType.POINT,
    Geometry.LINE: GeometryType.LINESTRING,
    Geometry.POLYGON: GeometryType.POLYGON,
}
MULTI = {
    Geometry.POINT: GeometryType.MULTIPOINT,
    Geometry.LINE: GeometryType.MULTILINESTRING,
    Geometry.POLYGON: GeometryType.MULTIPOLYGON,
}
COLLECTIONS = (
    GeometryType.MULTIPOINT,
    GeometryType.MULTILINESTRING,
    GeometryType.MULTIPOLYGON,
    GeometryType.GEOMETRYCOLLECTION,
)
AREA_TOLERANCE = 0.001

RING_CLOSED = "ring closed"
LINE_FILLED = "closed line taken as polygon"
Z_DROPPED = "z dropped"
M_DROPPED = "m dropped"
EMPTY_PART_DROPPED = "empty part dropped"
UNWRAPPED = "taken out of a collection"
VERTEX_DROPPED = "repeated vertex dropped"
RING_TURNED = "ring order turned"
RING_UNTANGLED = "self-touching ring untangled"


class Mended(NamedTuple):
    """Geometry as far as it could be mended, with what was done and what failed, both by place in the array.

    A place with a fault holds None. A place that was None when delivered stays None and has no fault.
    """

    geometry: Geometries
    repairs: list[tuple[int, str]]
    faults: list[tuple[int, str, str]]


def decode(wkb: Geometries) -> Mended:
    """Give shapely geometries of an array of WKB or None; open rings are closed, what is no shape is a fault."""
    with np.errstate(invalid="ignore"):  # NaN coordinates are judged by `mend`
        try:
            geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
        except NotImplementedError:  # one curve stops the whole array
            geometry = np.array([_decode_one(each) for each in wkb], dtype=object)
        repairs, faults = [], []
        for place in np.flatnonzero(shapely.is_missing(geometry)):
            if wkb[place] is None:
                continue
            try:
                geometry[place] = shapely.from_wkb(wkb[place], on_invalid="fix") or shapely.from_wkb(wkb[place])
                repairs.append((int(place), RING_CLOSED))
            except (shapely.errors.ShapelyError, NotImplementedError) as error:
                faults.append((int(place), "a readable geometry", str(error).strip().removeprefix("ParseException: ")))
    return Mended(geometry, repairs, faults)


def mend(geometry: Geometries, wanted: Geometry) -> Mended:
    """Give each geometry as the wanted kind in two dimensions; a million good ones are never looked at one by one.

    Sizes are compared in the units that come in; none of the tests depends on them.
    """
    work = _Work(np.array(geometry, dtype=object), wanted)
    work.judge_coordinates()
    work.flatten()
    work.drop_empty_parts()
    work.convert()
    work.drop_repeated_vertices()
    work.refuse_without_extent()
    if wanted is Geometry.POLYGON:
        work.orient()
    work.untangle()
    failed = {place for place, _, _ in work.faults}
    repairs = sorted((place, what) for place, what in work.repairs if place not in failed)
    return Mended(work.geometry, repairs, sorted(work.faults))


def _decode_one(wkb: object) -> BaseGeometry | None:
    if not isinstance(wkb, bytes):
        return None
    try:
        return shapely.from_wkb(wkb, on_invalid="ignore")
    except NotImplementedError:
        return None


class _Work:
    """An array of geometries on its way through the steps of mending."""

    def __init__(self, geometry: Geometries, wanted: Geometry) -> None:
        self.geometry = geometry
        self.wanted = wanted
        self.repairs: list[tuple[int, str]] = []
        self.faults: list[tuple[int, str, str]] = []
        self.repeating: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def _refuse(self, place: SupportsIndex, expected: str, actual: str) -> None:
        self.faults.append((int(place), expected, actual))
        self.geometry[place] = None

    def _repaired(self, place: SupportsIndex, geometry: BaseGeometry, what: str) -> None:
        self.repairs.append((int(place), what))
        self.geometry[place] = geometry

    def judge_coordinates(self) -> None:
        coordinates, places = shapely.get_coordinates(self.geometry, return_index=True)
        same = (coordinates[1:] == coordinates[:-1]).all(axis=1) & (places[1:] == places[:-1])
        self.repeating = np.unique(places[1:][same])
        bad = ~np.isfinite(coordinates).all(axis=1)
        for place, at in zip(*np.unique(places[bad], return_index=True), strict=True):
            x, y = coordinates[bad][at]
            self._refuse(place, "finite coordinates", f"{x:g} {y:g}")

    def flatten(self) -> None:
        has_z = shapely.has_z(self.geometry)
        has_m = shapely.has_m(self.geometry)
        self.repairs += [(int(place), Z_DROPPED) for place in np.flatnonzero(has_z)]
        self.repairs += [(int(place), M_DROPPED) for place in np.flatnonzero(has_m)]
        raised = has_z | has_m
        self.geometry[raised] = shapely.force_2d(self.geometry[raised])

    def drop_empty_parts(self) -> None:
        for place in np.flatnonzero(shapely.is_empty(self.geometry)):
            self._refuse(place, f"a {self.wanted.value}", f"an empty {self.geometry[place].geom_type}")
        several = np.flatnonzero(np.isin(shapely.get_type_id(self.geometry), COLLECTIONS))
        parts, places = shapely.get_parts(self.geometry[several], return_index=True)
        for place in several[np.unique(places[shapely.is_empty(parts)])]:
            kept = [part for part in shapely.get_parts(self.geometry[place]) if not part.is_empty]
            self._repaired(place, type(self.geometry[place])(kept), EMPTY_PART_DROPPED)

    def convert(self) -> None:
        kind = shapely.get_type_id(self.geometry)
        single, multi = SINGLE[self.wanted], MULTI[self.wanted]
        stays = (kind == -1) | (kind == (single if self.wanted is Geometry.POINT else multi))
        promoted = kind == single
        if self.wanted is not Geometry.POINT:
            self.geometry[promoted] = _gathered(self.geometry[promoted], np.arange(promoted.sum()), self.wanted)
        for place in np.flatnonzero(~stays & ~promoted):
            self._unwrap(int(place), single)

    def _unwrap(self, place: int, single: GeometryType) -> None:
        given = self.geometry[place]
        leaves = _leaves(given)
        kinds = sorted({leaf.geom_type for leaf in leaves})
        fits = bool(leaves) and all(shapely.get_type_id(leaf) == single for leaf in leaves)
        if fits and self.wanted is not Geometry.POINT:
            self._repaired(place, _multi(leaves, self.wanted), UNWRAPPED)
        elif fits and len(leaves) == 1:
            self._repaired(place, leaves[0], UNWRAPPED)
        elif self.wanted is Geometry.POLYGON and given.geom_type == "LineString" and _encloses(given):
            self._repaired(place, _multi([shapely.Polygon(given)], self.wanted), LINE_FILLED)
        else:
            held = f" of {len(leaves)} parts ({', '.join(kinds)})" if given.geom_type not in kinds else ""
            self._refuse(place, self.wanted.value, given.geom_type + held)

    def drop_repeated_vertices(self) -> None:
        if self.wanted is Geometry.POINT:
            return
        for place in self.repeating:
            given = self.geometry[place]
            if given is None:
                continue
            try:
                slim = shapely.remove_repeated_points(given, 0)
            except shapely.errors.GEOSException:  # a ring of one position; judged by its extent
                continue
            if shapely.get_num_coordinates(slim) < shapely.get_num_coordinates(given):
                self._repaired(place, slim, VERTEX_DROPPED)

    def refuse_without_extent(self) -> None:
        if self.wanted is Geometry.POINT:
            return
        measure, word = (shapely.length, "a length") if self.wanted is Geometry.LINE else (shapely.area, "an area")
        several = np.flatnonzero(shapely.get_num_geometries(self.geometry) > 1)
        parts, places = shapely.get_parts(self.geometry[several], return_index=True)
        flat = ~(measure(self.geometry) > 0) & ~shapely.is_missing(self.geometry)
        flat[several[places[~(measure(parts) > 0)]]] = True
        for place in np.flatnonzero(flat):
            self._refuse(place, f"{word} above zero in every part", f"{word} of zero")

    def orient(self) -> None:
        """Turn every outer ring counter-clockwise and every hole clockwise (RFC 7946 3.1.6)."""
        turned = np.asarray(shapely.orient_polygons(self.geometry, exterior_cw=False), dtype=object)
        for place in np.flatnonzero(~shapely.equals_identical(self.geometry, turned) & ~shapely.is_missing(turned)):
            self.repairs.append((int(place), RING_TURNED))
        self.geometry = turned

    def untangle(self) -> None:
        for place in np.flatnonzero(~shapely.is_valid(self.geometry) & ~shapely.is_missing(self.geometry)):
            given = self.geometry[place]
            whole = _untangled(given) if self.wanted is Geometry.POLYGON else None
            if whole is None:
                self._refuse(place, f"a valid {self.wanted.value}", shapely.is_valid_reason(given))
            else:
                self._repaired(place, shapely.orient_polygons(whole, exterior_cw=False), RING_UNTANGLED)


def _gathered(singles: Geometries, places: NDArray[np.int64], wanted: Geometry) -> Geometries:
    gather = shapely.multilinestrings if wanted is Geometry.LINE else shapely.multipolygons
    return np.asarray(gather(singles, indices=places), dtype=object)


def _multi(leaves: list[BaseGeometry], wanted: Geometry) -> BaseGeometry:
    whole: BaseGeometry = _gathered(np.array(leaves, dtype=object), np.zeros(len(leaves), dtype=np.int64), wanted)[0]
    return whole


def _leaves(geometry: BaseGeometry) -> list[BaseGeometry]:
    if shapely.get_type_id(geometry) not in COLLECTIONS:
        return [geometry]
    return [leaf for part in shapely.get_parts(geometry) for leaf in _leaves(part)]


def _encloses(line: BaseGeometry) -> bool:
    """Tell whether a line is closed and crosses itself nowhere: then it encloses one area, as in a drawing."""
    return bool(shapely.get_num_coordinates(line) >= 4 and shapely.is_ring(line))


def _untangled(given: BaseGeometry) -> BaseGeometry | None:
    """Give the valid form, or None where a part falls in two or the two methods of GEOS disagree on what is inside."""
    pieces: list[BaseGeometry] = []
    for part in shapely.get_parts(given):
        piece = _agreed(part)
        if len(piece) != 1:
            return None
        pieces += piece
    whole = _agreed(_multi(pieces, Geometry.POLYGON))
    fits = 0 < len(whole) <= len(pieces) and _alike(sum(shapely.area(whole)), sum(shapely.area(pieces)))
    return _multi(whole, Geometry.POLYGON) if fits else None


def _agreed(given: BaseGeometry) -> list[BaseGeometry]:
    linework = _polygons(shapely.make_valid(given, method="linework"))
    structure = _polygons(shapely.make_valid(given, method="structure", keep_collapsed=False))
    alike = _alike(sum(shapely.area(linework)), sum(shapely.area(structure)))
    return structure if alike and len(linework) == len(structure) else []


def _alike(area: float, other: float) -> bool:
    return abs(area - other) <= AREA_TOLERANCE * other


def _polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [leaf for leaf in _leaves(geometry) if leaf.geom_type == "Polygon"]
