"""Ways from one coordinate system to another, for systems that a registry names and for the two shifted ones."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gis.crs.china import Shifted, shifted
from gis.errors import CrsError

EXCHANGE = 4326
_ONE_DATUM = frozenset(
    {"china 2000", "world geodetic system 1984", "world geodetic system 1984 ensemble", "wgs 1984", "wgs84"}
)

Geometries = npt.NDArray[np.object_]
Places = npt.NDArray[np.float64]
System = CRS | Shifted


def to_storage(geometries: Geometries, crs: str | int | CRS | None, srid: int) -> Geometries:
    """Give delivered geometries in the county's metres, flat (2D); empty places (None) stay empty.

    CrsError where the delivered system is missing or unknown, has no published way to the storage datum, or a
    coordinate cannot be transformed: the message names the first row, counted from 0.
    """
    return _transformed(geometries, understood(crs), registered(srid))


def from_storage(geometries: Geometries, crs: str | int | CRS | None, srid: int) -> Geometries:
    """Give stored geometries in another system, flat (2D); empty places (None) stay empty. Raises as `to_storage`."""
    return _transformed(geometries, registered(srid), understood(crs))


def _transformed(geometries: Geometries, origin: System, target: System) -> Geometries:
    moved = _flat(geometries) if origin == target else _moved(geometries, way(origin, target))
    coordinates, rows = shapely.get_coordinates(moved, return_index=True)
    wrong = ~np.isfinite(coordinates).all(axis=1)
    if wrong.any():
        row = int(rows[wrong.argmax()])
        raise CrsError(
            f"row {row}: a coordinate has no place in {_called(target)}; {np.unique(rows[wrong]).size} of {moved.size} "
            f"rows do not fit the declared system {_called(origin)}"
        )
    return moved


def _flat(geometries: Geometries) -> Geometries:
    raised = shapely.has_z(geometries).any() or shapely.has_m(geometries).any()
    return np.asarray(shapely.force_2d(geometries), dtype=object) if raised else geometries


def _moved(geometries: Geometries, onto: Callable[[Places], Places]) -> Geometries:
    moved: Geometries = np.asarray(
        shapely.transform(np.asarray(geometries, dtype=object), onto, include_z=False), dtype=object
    )
    return moved


def way(origin: System, target: System) -> Callable[[Places], Places]:
    """Give what moves places (x, y in rows) from one system to the other; one without a place becomes infinite."""
    if isinstance(origin, Shifted):
        onward = way(registered(EXCHANGE), target)
        return lambda places: onward(origin.undone(places))
    if isinstance(target, Shifted):
        before = way(origin, registered(EXCHANGE))
        return lambda places: target.applied(before(places))
    published = _published(origin, target)
    return lambda places: np.column_stack(published.transform(places[:, 0], places[:, 1]))


@lru_cache(maxsize=64)
def _published(origin: CRS, target: CRS) -> Transformer:
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


def registered(system: str | int | CRS | None) -> CRS:
    """Give a system that a registry names; CrsError where it is missing or unknown."""
    if system is None:
        raise CrsError("expected a coordinate system such as EPSG:4490, got None; name it with --crs")
    return _looked_up(system)


@lru_cache(maxsize=64)
def _looked_up(system: str | int | CRS) -> CRS:
    try:
        return CRS.from_user_input(system)
    except CRSError:
        raise CrsError(f"expected a coordinate system such as EPSG:4490, got {system!r}") from None


def understood(system: str | int | CRS | None) -> System:
    """Give a system by any name, the shifted ones too; CrsError where it is missing or unknown."""
    return shifted(system) or registered(system)


def _called(system: System) -> str:
    return system.value if isinstance(system, Shifted) else system.name


def same_system(one: str, other: str) -> bool:
    """Whether two names mean one coordinate system; the order of axes is not looked at, x is always east.

    CrsError where one of them is not known.
    """
    first, second = understood(one), understood(other)
    if isinstance(first, Shifted) or isinstance(second, Shifted):
        return first is second
    return bool(first.equals(second, ignore_axis_order=True))


def overrules(declared: str | None, named: str | None) -> bool:
    """Whether a declared system stands although the file names another one.

    GCJ-02 and BD-09 over degrees of WGS 84 or CGCS2000: no file can name a shifted system, so those that hold one are
    written under such a tag. CrsError where the named system is not known.
    """
    if shifted(declared) is None or named is None or shifted(named) is not None:
        return False
    system = registered(named)
    return system.is_geographic and _datum(system) in _ONE_DATUM


def tagged(name: str | None) -> str | None:
    """Give the system that a file of such rows is written under: EPSG:4326 for GCJ-02 and BD-09, else its own."""
    return f"EPSG:{EXCHANGE}" if shifted(name) is not None else name


def local_metres(geometries: Geometries, crs: str | int | CRS | None) -> Geometries:
    """Give geometries in metres of an equal-area projection about their own middle, where no county says in which.

    Areas are true (to the ellipsoid), lengths nearly so near the middle; what cannot be placed becomes None.
    """
    origin = understood(crs)
    bounds = shapely.total_bounds(geometries)
    if not np.isfinite(bounds).all():
        return geometries
    middle = np.array([[(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]])
    longitude, latitude = way(origin, registered(EXCHANGE))(middle)[0].tolist()
    if not (np.isfinite(longitude) and np.isfinite(latitude)):
        longitude, latitude = 0.0, 0.0
    local = CRS.from_proj4(f"+proj=laea +lat_0={latitude} +lon_0={longitude} +datum=WGS84")
    moved = _moved(geometries, _local(origin, local))
    coordinates, rows = shapely.get_coordinates(moved, return_index=True)
    moved[np.unique(rows[~np.isfinite(coordinates).all(axis=1)])] = None
    return moved


def _local(origin: System, local: CRS) -> Callable[[Places], Places]:
    """Give the way into a system of our own making, about which nothing is published."""
    plain = registered(EXCHANGE) if isinstance(origin, Shifted) else origin
    onto = Transformer.from_crs(plain, local, always_xy=True)

    def move(places: Places) -> Places:
        told = origin.undone(places) if isinstance(origin, Shifted) else places
        return np.column_stack(onto.transform(told[:, 0], told[:, 1]))

    return move
