"""Which of two columns counts east, where their names do not say: told by the declared system's area, or not at all."""

import numpy as np
import shapely

from gis.crs import Geometries, Shifted
from gis.crs.ways import System, registered, understood, way
from gis.errors import DeliveryError
from gis.store.formats.delivered import Axes

MARGIN = 2.0
"""Degrees that positions may lie beyond a system's area of use."""
MOST, FEW = 0.9, 0.1
"""Shares of the positions within the area by which an order is right, and by which the other is wrong."""
CHINA = (72.0, 3.0, 136.0, 54.5)
"""West, south, east and north of where shifted coordinates (GCJ-02, BD-09) are used."""


def settled(axes: Axes | None, geometry: Geometries, crs: str | None) -> Geometries:
    """Give the shapes with east first; shapes that do not come from columns, or whose columns tell it, as they are.

    DeliveryError where columns of degrees are declared to be in metres, and where both orders or none fit the area.
    """
    if axes is None or crs is None or all(shape is None for shape in geometry):
        return geometry
    system = understood(crs)
    if axes.degrees and not isinstance(system, Shifted) and not system.is_geographic:
        listed = "、".join(axes.columns)
        raise DeliveryError(
            f"列 {listed} 是经纬度，而 {crs} 以米计 · expected a system in degrees for the columns {listed}, got {crs}"
        )
    if not axes.open:
        return geometry
    turned: Geometries = np.asarray(shapely.transform(geometry, lambda places: places[:, ::-1]))
    shares = _share_within(geometry, system), _share_within(turned, system)
    if shares[0] >= MOST and shares[1] <= FEW:
        return geometry
    if shares[1] >= MOST and shares[0] <= FEW:
        return turned
    listed = "、".join(axes.columns)
    raise DeliveryError(
        f"列 {listed} 哪个是东坐标说不准，请用 --map east=列 --map north=列 说明 · expected columns that say "
        f"which is east, got {' and '.join(axes.columns)}; name them with --map east=COLUMN --map north=COLUMN"
    )


def _share_within(geometry: Geometries, system: System) -> float:
    """Give the share of the shapes that lie in the system's area of use; 0 where it has none."""
    places = shapely.get_coordinates(geometry)
    west, south, east, north = CHINA
    if not isinstance(system, Shifted):
        area = system.area_of_use
        if area is None:
            return 0.0
        west, south, east, north = area.bounds
        places = way(system, registered(system.geodetic_crs))(places)
    low = np.maximum([west - MARGIN, south - MARGIN], [-180, -90])
    high = np.minimum([east + MARGIN, north + MARGIN], [180, 90])
    return float(((places >= low) & (places <= high)).all(axis=1).mean())
