"""Storage, exchange and tile systems: which metres a county is kept in, and the way into and out of them.

Coordinates are always x (east, longitude) before y (north, latitude), whatever order a system's authority names.
CGCS2000 and WGS 84 are taken as one datum: they differ by centimetres, and EPSG names no transformation between them.
Every other pair of datums needs a published transformation; without one PROJ would pass coordinates through unshifted,
so such a delivery is refused (Beijing 1954 or Xian 1980 read as CGCS2000 would lie some 100 m off). GCJ-02 and BD-09
stand in no registry: wherever a system is named here, those two names are understood too (`china`).
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Proj
from shapely.geometry.base import BaseGeometry

from gis.crs.china import Shifted, shifted
from gis.crs.ways import (
    EXCHANGE,
    Geometries,
    from_storage,
    local_metres,
    overrules,
    registered,
    same_system,
    tagged,
    to_storage,
    understood,
    way,
)
from gis.errors import CrsError

__all__ = [
    "DISTORTION_LIMIT",
    "EXCHANGE",
    "TILE",
    "Box",
    "Geometries",
    "Shifted",
    "Tile",
    "core",
    "from_storage",
    "is_chinese",
    "local_metres",
    "out_of_reach",
    "overrules",
    "refuse_distortion",
    "same_system",
    "scale_error",
    "shifted",
    "storage_srid",
    "tagged",
    "to_storage",
    "within_use",
]

TILE = 3857
DISTORTION_LIMIT = 1 / 2000

_CHINESE = re.compile(r"CN(-.+)?|[1-9][0-9]{5}")
_GRID = 24
_CLEARLY = 0.95
"""Where a grid over all rows is truer than this share of the limit, each row is: scale changes slowly."""
_MARGIN = 3.0
_SLACK = 1.0
"""Metres left to the sides of a box: far more than two releases of PROJ differ by."""


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
    factors = Proj(registered(srid)).get_factors(places[:, 0], places[:, 1], errcheck=False)
    axes = np.stack([np.asarray(factors.tissot_semimajor), np.asarray(factors.tissot_semiminor)])
    return float(np.abs(axes - 1).max()) if np.isfinite(axes).all() else math.inf


def _sample(outline: BaseGeometry) -> npt.NDArray[np.float64]:
    box = Box(*outline.bounds)
    step = max(box.east - box.west, box.north - box.south) / _GRID
    border = shapely.get_coordinates(shapely.segmentize(outline, step) if step > 0 else outline)
    grid = _grid(box)
    inside = shapely.contains_xy(outline, grid[:, 0], grid[:, 1])
    return np.vstack([border, grid[inside]])


def refuse_distortion(outline: BaseGeometry, srid: int) -> None:
    """Raise CrsError unless `srid` measures metres truer than 1:2000 everywhere in an outline in EPSG:4326."""
    system = registered(srid)
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


def out_of_reach(geometries: Geometries, crs: str | int | CRS | None, srid: int) -> npt.NDArray[np.bool_]:
    """Tell which geometries reach to where `srid` measures worse than 1:2000, or has no place; empty ones do not."""
    bounds = shapely.bounds(geometries)
    found = np.zeros(len(bounds), dtype=bool)
    present = np.isfinite(bounds).all(axis=1)
    if not present.any():
        return found
    onto = way(understood(crs), registered(EXCHANGE))
    west, south, east, north = bounds[present].T
    everywhere = _grid(Box(west.min(), south.min(), east.max(), north.max()))
    if (_errors(onto, everywhere, srid) <= _CLEARLY * DISTORTION_LIMIT).all():
        return found
    reached = np.zeros(len(west), dtype=bool)
    for x, y in ((west, south), (east, south), (east, north), (west, north)):
        reached |= ~(_errors(onto, np.column_stack([x, y]), srid) <= DISTORTION_LIMIT)
    found[present] = reached
    return found


def _errors(
    onto: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]], places: npt.NDArray[np.float64], srid: int
) -> npt.NDArray[np.float64]:
    """Give the scale error of `srid` at places that `onto` moves to EPSG:4326; infinite where one has no place."""
    longitude, latitude = onto(places).T
    placed = np.isfinite(longitude) & np.isfinite(latitude) & (np.abs(latitude) <= 90) & (np.abs(longitude) <= 360)
    factors = Proj(registered(srid)).get_factors(
        np.where(placed, longitude, 0), np.where(placed, latitude, 0), errcheck=False
    )
    error = np.maximum(np.abs(factors.tissot_semimajor - 1), np.abs(factors.tissot_semiminor - 1))
    return np.where(placed & ~np.isnan(error), error, np.inf)


def _grid(box: Box) -> npt.NDArray[np.float64]:
    columns, rows = np.meshgrid(np.linspace(box.west, box.east, _GRID), np.linspace(box.south, box.north, _GRID))
    return np.column_stack([columns.ravel(), rows.ravel()])


def within_use(box: Box, srid: int) -> Box | None:
    """Give the part of a box in EPSG:4326 that lies within 3° of where `srid` is used; None where none does.

    What is measured truer than 1:2000 lies there; a box around the world has no place in any metres.
    """
    use = registered(srid).area_of_use
    if use is None:
        return box
    west, south = max(box.west, use.west - _MARGIN), max(box.south, use.south - _MARGIN)
    east, north = min(box.east, use.east + _MARGIN), min(box.north, use.north + _MARGIN)
    return Box(west, south, east, north) if west <= east and south <= north else None


def core(box: Box, srid: int, *, step: float) -> Box | None:
    """Give an upright box in storage metres that lies within a box of EPSG:4326 whose sides follow their parallels.

    The sides are looked at every `step` degrees. What lies in the core meets the box and needs no look at its sides.
    None where nothing is left between them.
    """
    if box.west >= box.east or box.south >= box.north:
        return None
    outline = shapely.segmentize(shapely.box(*box), step)
    degrees = shapely.get_coordinates(outline)
    x, y = shapely.get_coordinates(to_storage(np.array([outline]), EXCHANGE, srid)).T
    west, south = x[degrees[:, 0] == box.west].max() + _SLACK, y[degrees[:, 1] == box.south].max() + _SLACK
    east, north = x[degrees[:, 0] == box.east].min() - _SLACK, y[degrees[:, 1] == box.north].min() - _SLACK
    return Box(float(west), float(south), float(east), float(north)) if west < east and south < north else None
