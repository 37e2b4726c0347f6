"""Storage, exchange and tile systems: which metres a county is kept in, and the way into and out of them.

Coordinates are always x (east, longitude) before y (north, latitude), whatever order a system's authority names.
CGCS2000 and WGS 84 are taken as one datum: they differ by centimetres, and EPSG names no transformation between them.
Every other pair of datums needs a published transformation; without one PROJ would pass coordinates through unshifted,
so such a delivery is refused (Beijing 1954 or Xian 1980 read as CGCS2000 would lie some 100 m off).
"""

import math
import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from gis.errors import CrsError

EXCHANGE = 4326
TILE = 3857
DISTORTION_LIMIT = 1 / 2000

_ONE_DATUM = frozenset(
    {"china 2000", "world geodetic system 1984", "world geodetic system 1984 ensemble", "wgs 1984", "wgs84"}
)
_CHINESE = re.compile(r"CN(-.+)?|[1-9][0-9]{5}")
_GRID = 24
_MARGIN = 3.0

Geometries = npt.NDArray[np.object_]


class Box(NamedTuple):
    """An upright rectangle in the units of its own coordinate system."""

    west: float
    south: float
    east: float
    north: float


class Tile(NamedTuple):
    """A web map tile: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int


def is_chinese(jurisdiction: str) -> bool:
    """Whether a jurisdiction lies in China by its code: `CN`, `CN-…`, or six digits of GB/T 2260."""
    return _CHINESE.fullmatch(jurisdiction) is not None


def storage_srid(outline: BaseGeometry, *, china: bool) -> int:
    """Give the EPSG code of the metres a county is kept in, from its outline in EPSG:4326.

    In China the CGCS2000 3-degree Gauss-Kruger zone of the centroid, without zone prefix; elsewhere its WGS 84 UTM
    zone. `china` is said by the caller: coarse country outlines are wrong exactly at the border. CrsError where the
    outline is empty, no degrees, or outside all zones.
    """
    if outline.is_empty:
        raise CrsError("county outline: expected an area in EPSG:4326, got an empty geometry")
    longitude, latitude = outline.centroid.coords[0]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise CrsError(f"county outline: expected degrees in EPSG:4326, got a centre of {longitude:g}, {latitude:g}")
    return _gauss_kruger(longitude) if china else _utm(longitude, latitude)


def _gauss_kruger(longitude: float) -> int:
    meridian = 3 * math.floor((longitude + 1.5) / 3)
    if not 75 <= meridian <= 135:
        raise CrsError(f"county outline: expected a centre in China (73.5°E to 136.5°E), got {longitude:.4f}°")
    return 4534 + (meridian - 75) // 3


def _utm(longitude: float, latitude: float) -> int:
    if not -80 <= latitude <= 84:
        raise CrsError(f"county outline: UTM covers 80°S to 84°N, the centre is at {latitude:.4f}°; name an --srid")
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return (32600 if latitude >= 0 else 32700) + zone


def scale_error(outline: BaseGeometry, srid: int) -> float:
    """Give the largest |k − 1| of a projected system over an outline in EPSG:4326 (k is the local scale, 1 is true).

    Both Tissot axes are looked at, on the densified border and an interior grid of 24 by 24; where the projection
    cannot be computed at all the answer is infinite. From `pyproj.Proj.get_factors`.
    """
    places = _sample(outline)
    factors = Proj(_crs(srid)).get_factors(places[:, 0], places[:, 1], errcheck=False)
    axes = np.stack([np.asarray(factors.tissot_semimajor), np.asarray(factors.tissot_semiminor)])
    return float(np.abs(axes - 1).max()) if np.isfinite(axes).all() else math.inf


def _sample(outline: BaseGeometry) -> npt.NDArray[np.float64]:
    west, south, east, north = outline.bounds
    step = max(east - west, north - south) / _GRID
    border = shapely.get_coordinates(shapely.segmentize(outline, step) if step > 0 else outline)
    columns, rows = np.meshgrid(np.linspace(west, east, _GRID), np.linspace(south, north, _GRID))
    grid = np.column_stack([columns.ravel(), rows.ravel()])
    inside = shapely.contains_xy(outline, grid[:, 0], grid[:, 1])
    return np.vstack([border, grid[inside]])


def refuse_distortion(outline: BaseGeometry, srid: int) -> None:
    """Raise CrsError unless `srid` measures metres truer than 1:2000 everywhere in an outline in EPSG:4326."""
    system = _crs(srid)
    if not system.is_projected:
        raise CrsError(f"storage: expected a projected system in metres, got EPSG:{srid} ({system.name}) in degrees")
    units = sorted({axis.unit_name for axis in system.axis_info})
    if units != ["metre"]:
        raise CrsError(f"storage: expected metres, got EPSG:{srid} ({system.name}) in {', '.join(units)}")
    error = scale_error(outline, srid)
    if error > DISTORTION_LIMIT:
        raise CrsError(
            f"storage: EPSG:{srid} ({system.name}) measures 100 m up to {100 * error:.2f} m wrong here (scale error "
            f"{error:.6f}, more than 1:2000); choose a system whose central meridian crosses the county with --srid, "
            "or split the county"
        )


def to_storage(geometries: Geometries, crs: str | int | CRS | None, srid: int) -> Geometries:
    """Give delivered geometries in the county's metres, flat (2D); empty places (None) stay empty.

    CrsError where the delivered system is missing or unknown, has no published way to the storage datum, or a
    coordinate cannot be transformed: the message names the first row, counted from 0.
    """
    return _transformed(geometries, _crs(crs), _crs(srid))


def from_storage(geometries: Geometries, crs: str | int | CRS | None, srid: int) -> Geometries:
    """Give stored geometries in another system, flat (2D); empty places (None) stay empty. Raises as `to_storage`."""
    return _transformed(geometries, _crs(srid), _crs(crs))


def _transformed(geometries: Geometries, origin: CRS, target: CRS) -> Geometries:
    way = _way(origin, target)

    def move(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(way.transform(places[:, 0], places[:, 1]))

    moved: Geometries = np.asarray(shapely.transform(np.asarray(geometries, dtype=object), move, include_z=False))
    coordinates, rows = shapely.get_coordinates(moved, return_index=True)
    wrong = ~np.isfinite(coordinates).all(axis=1)
    if wrong.any():
        row = int(rows[wrong.argmax()])
        raise CrsError(
            f"row {row}: a coordinate has no place in {target.name}; {np.unique(rows[wrong]).size} of {moved.size} "
            f"rows do not fit the declared system {origin.name}"
        )
    return moved


def _way(origin: CRS, target: CRS) -> Transformer:
    try:
        return Transformer.from_crs(origin, target, always_xy=True, allow_ballpark=_one_datum(origin, target))
    except ProjError:
        raise CrsError(
            f"no published transformation leads from {origin.name} to {target.name}: without one the rows would lie "
            "unshifted on another datum; have the delivery transformed to CGCS2000 or WGS 84 by its publisher"
        ) from None


def _one_datum(origin: CRS, target: CRS) -> bool:
    return _datum(origin) in _ONE_DATUM and _datum(target) in _ONE_DATUM


def _datum(system: CRS) -> str:
    geodetic = system.geodetic_crs
    name = geodetic.datum.name if geodetic is not None and geodetic.datum is not None else ""
    return name.lower().replace("_", " ").removeprefix("d ")


def _crs(system: str | int | CRS | None) -> CRS:
    if system is None:
        raise CrsError("expected a coordinate system such as EPSG:4490, got None; name it with --crs")
    try:
        return CRS.from_user_input(system)
    except CRSError:
        raise CrsError(f"expected a coordinate system such as EPSG:4490, got {system!r}") from None


def same_system(one: str, other: str) -> bool:
    """Whether two names mean one coordinate system; the order of axes is not looked at, x is always east.

    CrsError where one of them is not known.
    """
    return bool(_crs(one).equals(_crs(other), ignore_axis_order=True))


def out_of_reach(geometries: Geometries, crs: str | int | CRS | None, srid: int) -> npt.NDArray[np.bool_]:
    """Tell which geometries reach to where `srid` measures worse than 1:2000, or has no place; empty ones do not."""
    bounds = shapely.bounds(geometries)
    found = np.zeros(len(bounds), dtype=bool)
    present = np.isfinite(bounds).all(axis=1)
    if not present.any():
        return found
    west, south, east, north = bounds[present].T
    way = _way(_crs(crs), CRS.from_epsg(EXCHANGE))
    proj = Proj(_crs(srid))
    reached = np.zeros(len(west), dtype=bool)
    for x, y in ((west, south), (east, south), (east, north), (west, north)):
        longitude, latitude = way.transform(x, y)
        placed = np.isfinite(longitude) & np.isfinite(latitude) & (np.abs(latitude) <= 90) & (np.abs(longitude) <= 360)
        reached |= ~placed
        factors = proj.get_factors(np.where(placed, longitude, 0), np.where(placed, latitude, 0), errcheck=False)
        error = np.maximum(np.abs(factors.tissot_semimajor - 1), np.abs(factors.tissot_semiminor - 1))
        reached |= ~(error <= DISTORTION_LIMIT)
    found[present] = reached
    return found


def within_use(box: Box, srid: int) -> Box | None:
    """Give the part of a box in EPSG:4326 that lies within 3° of where `srid` is used; None where none does.

    What is measured truer than 1:2000 lies there; a box around the world has no place in any metres.
    """
    use = _crs(srid).area_of_use
    if use is None:
        return box
    west, south = max(box.west, use.west - _MARGIN), max(box.south, use.south - _MARGIN)
    east, north = min(box.east, use.east + _MARGIN), min(box.north, use.north + _MARGIN)
    return Box(west, south, east, north) if west <= east and south <= north else None


def local_metres(geometries: Geometries, crs: str | int | CRS | None) -> Geometries:
    """Give geometries in metres of an equal-area projection about their own middle, where no county says in which.

    Areas are true (to the ellipsoid), lengths nearly so near the middle; what cannot be placed becomes None.
    """
    origin = _crs(crs)
    centre = CRS.from_epsg(EXCHANGE)
    bounds = shapely.total_bounds(geometries)
    if not np.isfinite(bounds).all():
        return geometries
    longitude, latitude = _way(origin, centre).transform((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    if not (np.isfinite(longitude) and np.isfinite(latitude)):
        longitude, latitude = 0.0, 0.0
    way = Transformer.from_crs(
        origin, CRS.from_proj4(f"+proj=laea +lat_0={latitude} +lon_0={longitude} +datum=WGS84"), always_xy=True
    )
    moved: Geometries = np.asarray(
        shapely.transform(
            np.asarray(geometries, dtype=object),
            lambda at: np.column_stack(way.transform(at[:, 0], at[:, 1])),
            include_z=False,
        )
    )
    coordinates, rows = shapely.get_coordinates(moved, return_index=True)
    moved[np.unique(rows[~np.isfinite(coordinates).all(axis=1)])] = None
    return moved
